// Package api is the way in for programs: operations in JSON beside the pages,
// over the same verbs. A feature declares an operation with its own input and
// output structs; this package makes a route of it, so that policy, limits, host
// checks and logging are those of every page, and describes it in OpenAPI 3.1.
//
//	api.Add(a, api.Op{ID: "case-accept", Method: "POST", Path: "/cases/{number}/accept", Policy: "handling.work"}, s.apiAccept)
//
// Reading, checking and describing the JSON is huma's work; why, and what of
// huma is not used: docs/adr/0008-json-api.md.
package api

import (
	"context"
	"fmt"
	"net/http"
	"path"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/vault"
	"gongzhi/internal/web"
)

// Prefix is where all operations live. A change that breaks a client gets
// another one.
const Prefix = "/api/v1"

// Op is one operation.
type Op struct {
	ID     string   // "case-accept"; its name for people is the text api.op_case_accept
	Method string   // GET changes nothing
	Path   string   // below Prefix
	Policy string   // of the one table of authorisation
	Create bool     // makes something new: answers 201 and demands an Idempotency-Key
	Body   int64    // largest body in bytes; 0 as for every form
	Rate   web.Rate // how often one address may call it
	Media  string   // of an answer that is a file
	Pages  []string // the page routes it stands for: "POST /case/{number}/accept"

	// Fields gives the place in the body of what a verb calls by the name it has
	// in a form. Other names lose what comes before their dot.
	Fields map[string]string

	Fresh bool // asks a session for a fresh proof of who sits there, and a token for a scope of its own; set by Add
}

// Options is what the operations stand on.
type Options struct {
	DB    *sqldb.DB
	Vault *vault.Vault
	Who   func(context.Context) string        // whose idempotency key it is; "" a visitor's
	Guard func(r *http.Request, op *Op) error // refuses before the body is looked at
	Areas func(policy string) string          // the scope area of a policy, "" none is needed
	Fresh func(*Op) bool                      // asks for a fresh proof of who sits there
	Base  page.Maker                          // of the documentation's page
}

// API is a set of operations.
type API struct {
	huma   huma.API
	opt    Options
	ops    []*Op
	routes []web.Route
	pkg    string // of the feature that is declaring operations
	docs   documents
}

// New makes a set without operations.
func New(o Options) *API {
	adopt()
	a := &API{opt: o}
	registry := huma.NewMapRegistry("#/components/schemas/", a.schemaName)
	a.huma = huma.NewAPI(huma.Config{
		OpenAPI: &huma.OpenAPI{OpenAPI: "3.1.0", Info: &huma.Info{Title: "api.title", Version: "1", Description: "api.about"},
			Components: &huma.Components{Schemas: registry, SecuritySchemes: map[string]*huma.SecurityScheme{
				"token": {Type: "http", Scheme: "bearer", Description: "api.about_token"}}}},
		Formats:                      map[string]huma.Format{"application/json": {Marshal: marshal, Unmarshal: unmarshal}},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
	}, adapter{a})
	return a
}

// Routes are the ways in, for the server: the operations, and what describes
// them.
func (a *API) Routes() []web.Route {
	return append(a.routes,
		web.Route{Method: "GET", Path: "/api/docs", Policy: "public", Do: a.showDocs},
		web.Route{Method: "GET", Path: "/api/openapi.json", Policy: "public", Do: a.serveDocument})
}

// Chapter begins the operations of a feature.
func (a *API) Chapter(feature string) { a.pkg = feature }

// Ops are the operations in the order of their declaration.
func (a *API) Ops() []*Op { return a.ops }

// adapter hands huma's handlers to the API as routes.
type adapter struct{ *API }

func (a adapter) ServeHTTP(http.ResponseWriter, *http.Request) {}

func (a adapter) Handle(h *huma.Operation, handle func(huma.Context)) {
	op := h.Metadata["op"].(*Op)
	a.ops = append(a.ops, op)
	a.routes = append(a.routes, web.Route{Method: op.Method, Path: Prefix + op.Path, Policy: op.Policy, API: true, Body: op.Body, Rate: op.Rate,
		Do: func(w http.ResponseWriter, r *http.Request) error { return a.serve(w, r, op, h, handle) }})
}

// None is the answer of an operation that has nothing to say.
type None struct{}

// File is an answer that is no JSON.
type File struct {
	Type string
	Name string // offered for saving; "" is shown
	Data []byte
}

type out[T any] struct{ Body T }

type nothing struct{}

type raw struct {
	Type        string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

// Add declares an operation. I holds what comes in: fields with a path or query
// tag, and Body. The answer is T, None or File.
func Add[I, T any](a *API, op Op, do func(context.Context, *I) (T, error)) {
	visible(reflect.TypeFor[I]())
	visible(reflect.TypeFor[T]())
	h := a.operation(&op)
	run := func(ctx context.Context, in *I) (v T, err error) {
		tidy(reflect.ValueOf(in).Elem())
		if v, err = do(ctx, in); err != nil {
			callOf(ctx).err = place(err, &op)
		}
		return v, err
	}
	switch reflect.TypeFor[T]() {
	case reflect.TypeFor[None]():
		h.DefaultStatus = http.StatusNoContent
		huma.Register(a.huma, h, func(ctx context.Context, in *I) (*nothing, error) {
			_, err := run(ctx, in)
			return nil, err
		})
	case reflect.TypeFor[File]():
		h.Responses = map[string]*huma.Response{"200": {Content: map[string]*huma.MediaType{op.Media: {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}}
		huma.Register(a.huma, h, func(ctx context.Context, in *I) (*raw, error) {
			v, err := run(ctx, in)
			if err != nil {
				return nil, err
			}
			f := any(v).(File)
			return &raw{f.Type, disposition(f.Name), f.Data}, nil
		})
	default:
		huma.Register(a.huma, h, func(ctx context.Context, in *I) (*out[T], error) {
			v, err := run(ctx, in)
			if err != nil {
				return nil, err
			}
			o := &out[T]{v}
			whole(reflect.ValueOf(o).Elem())
			return o, nil
		})
	}
}

// visible refuses at the start of the program what would be left out without a
// word: the fields of an embedded type whose name is not exported.
func visible(t reflect.Type) {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() {
		return
	}
	for f := range t.Fields() {
		if f.Anonymous && !f.IsExported() {
			panic(fmt.Sprintf("api: %v embeds %v, which is not exported", t, f.Type))
		}
		visible(f.Type)
	}
}

// operation is the declaration in huma's words, with every status it can give.
func (a *API) operation(op *Op) huma.Operation {
	h := huma.Operation{OperationID: op.ID, Method: op.Method, Path: Prefix + op.Path, Summary: "api.op_" + strings.ReplaceAll(op.ID, "-", "_"),
		Tags: []string{a.pkg}, Metadata: map[string]any{"op": op}, Errors: statuses(op), MaxBodyBytes: -1, BodyReadTimeout: -1}
	if op.Create {
		h.DefaultStatus = http.StatusCreated
		least, most := 16, 128
		h.Parameters = append(h.Parameters, &huma.Param{Name: keyHeader, In: "header", Required: true, Description: "api.about_key",
			Schema: &huma.Schema{Type: huma.TypeString, MinLength: &least, MaxLength: &most, Pattern: `^[!-~]+$`}})
	}
	h.Security = []map[string][]string{{"token": {}}}
	op.Fresh = a.opt.Fresh != nil && a.opt.Fresh(op)
	if area := a.opt.Areas(op.Policy); area == "" {
		h.Security = append(h.Security, map[string][]string{}) // nobody needs one
	} else {
		h.Extensions = map[string]any{"x-scope": Scope(area, op.Method)}
		if op.Fresh {
			h.Extensions["x-step-up"] = true
		}
	}
	return h
}

// statuses are the answers that the way to an operation can give, and those of
// the kinds of error its verb has.
func statuses(op *Op) []int {
	list := []int{400, 401, 403, 408, 413, 415, 421, 422, 429, 500, 503}
	if op.Method != http.MethodGet || strings.Contains(op.Path, "{") {
		list = append(list, 404)
	}
	if op.Method != http.MethodGet {
		list = append(list, 409)
	}
	return list
}

// Scope is what a token must carry for calls with a method in an area:
// "dispatch:read", "dispatch:write".
func Scope(area, method string) string {
	if method == http.MethodGet || method == http.MethodHead {
		return area + ":read"
	}
	return area + ":write"
}

// schemaName is the name of a type in the document: of the feature and the type.
func (a *API) schemaName(t reflect.Type, hint string) string {
	name := strings.TrimSuffix(huma.DefaultSchemaNamer(t, hint), "InBody")
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	pkg := path.Base(t.PkgPath())
	switch {
	case strings.Contains(t.Name(), "[") || t.PkgPath() == "":
		pkg = a.pkg
	case pkg == "api" || pkg == "web":
		pkg = ""
	}
	return strings.ToUpper(pkg[:min(1, len(pkg))]) + pkg[min(1, len(pkg)):] + name
}

var adopted sync.Once
