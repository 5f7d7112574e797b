package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"gongzhi/internal/page"
	"gongzhi/internal/web"
)

// docsPage is the description for people. It is drawn from the same document
// that programs read, so it cannot say anything else.
type docsPage struct {
	page.Base
	About    string
	Chapters []chapter
	Host     string
}

type chapter struct {
	Name string
	Ops  []described
}

// described is one operation in words.
type described struct {
	ID, Method, Path, Summary string
	Scope                     string // "" nobody needs a token
	Create, StepUp            bool
	Params, Body, Result      []property
	Statuses                  []property
	Curl                      string
}

// property is a row of a table: a parameter, a field, a status.
type property struct {
	Name, In, Kind, Meaning string
	Required                bool
}

// document is what of OpenAPI the page needs.
type document struct {
	Info  struct{ Description string }
	Paths map[string]map[string]struct {
		OperationID string `json:"operationId"`
		Summary     string
		Tags        []string
		Scope       string `json:"x-scope"`
		Parameters  []struct {
			Name, In, Description string
			Required              bool
			Schema                schema
		}
		RequestBody struct {
			Content map[string]struct{ Schema schema }
		} `json:"requestBody"`
		Responses map[string]struct {
			Ref         string `json:"$ref"`
			Description string
			Content     map[string]struct{ Schema schema }
		}
	}
	Components struct {
		Schemas   map[string]schema
		Responses map[string]struct{ Description string }
	}
}

type schema struct {
	Ref                  string `json:"$ref"`
	Type                 any
	Format               string
	Description          string
	ContentEncoding      string `json:"contentEncoding"`
	Enum                 []any
	Items                *schema
	Properties           map[string]schema
	Required             []string
	AdditionalProperties any `json:"additionalProperties"`
	MinLength, MaxLength *int
	Minimum, Maximum     *float64
	Default              any
}

func (a *API) showDocs(w http.ResponseWriter, r *http.Request) error {
	text, err := a.Document(web.Lang(r))
	if err != nil {
		return err
	}
	var doc document
	if err := json.Unmarshal(text, &doc); err != nil {
		return fmt.Errorf("read the description: %w", err)
	}
	p := docsPage{Base: a.opt.Base(w, r, "api.docs_title"), About: doc.Info.Description, Host: "https://" + r.Host}
	for _, op := range a.ops {
		p.add(&doc, op)
	}
	return page.View{}.Render(w, r, http.StatusOK, docsView(p))
}

func (p *docsPage) add(doc *document, op *Op) {
	x := doc.Paths[Prefix+op.Path][strings.ToLower(op.Method)]
	d := described{ID: x.OperationID, Method: op.Method, Path: Prefix + op.Path, Summary: x.Summary, Scope: x.Scope, Create: op.Create, StepUp: op.Fresh}
	for _, q := range x.Parameters {
		d.Params = append(d.Params, property{q.Name, q.In, q.Schema.words(), q.Description, q.Required})
	}
	body := x.RequestBody.Content["application/json"].Schema
	d.Body = doc.fields(body)
	for _, status := range slices.Sorted(maps.Keys(x.Responses)) {
		answer := x.Responses[status]
		if answer.Ref != "" {
			answer.Description = doc.Components.Responses[status].Description
		} else {
			d.Result = doc.fields(answer.Content["application/json"].Schema)
		}
		d.Statuses = append(d.Statuses, property{Name: status, Meaning: answer.Description})
	}
	d.Curl = p.curl(doc, d, body)
	i := slices.IndexFunc(p.Chapters, func(c chapter) bool { return c.Name == x.Tags[0] })
	if i < 0 {
		p.Chapters, i = append(p.Chapters, chapter{Name: x.Tags[0]}), len(p.Chapters)
	}
	p.Chapters[i].Ops = append(p.Chapters[i].Ops, d)
}

func (doc *document) find(s schema) schema {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return doc.Components.Schemas[name]
	}
	return s
}

// fields are the properties of an object, and one level below.
func (doc *document) fields(s schema) []property { return doc.below(doc.find(s), "", 0) }

func (doc *document) below(s schema, path string, depth int) []property {
	var out []property
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		f := s.Properties[name]
		inner, mark := doc.find(f), ""
		if f.Items != nil {
			inner, mark = doc.find(*f.Items), "[]"
		}
		out = append(out, property{Name: path + name, Kind: f.words(), Meaning: f.Description, Required: slices.Contains(s.Required, name)})
		if len(inner.Properties) > 0 && depth < 2 {
			out = append(out, doc.below(inner, path+name+mark+".", depth+1)...)
		}
	}
	return out
}

// words is the type of a value as short as it can be said.
func (s schema) words() string {
	kind := fmt.Sprint(s.Type)
	switch {
	case s.Ref != "":
		return "object"
	case len(s.Enum) > 0:
		list := make([]string, len(s.Enum))
		for i, x := range s.Enum {
			list[i] = fmt.Sprint(x)
		}
		return strings.Join(list, " | ")
	case s.Items != nil:
		return s.Items.words() + "[]"
	case s.ContentEncoding != "":
		return s.ContentEncoding
	case s.Format == "date" || s.Format == "date-time":
		kind = s.Format
	}
	switch {
	case s.MaxLength != nil:
		kind += " ≤" + strconv.Itoa(*s.MaxLength)
	case s.Minimum != nil && s.Maximum != nil:
		kind += fmt.Sprintf(" %v–%v", *s.Minimum, *s.Maximum)
	}
	return kind
}

// curl is a call that can be copied: with what is required and nothing else.
func (p *docsPage) curl(doc *document, d described, body schema) string {
	var b strings.Builder
	fmt.Fprintf(&b, "curl -X %s '%s%s'", d.Method, p.Host, d.Path)
	if d.Scope != "" {
		b.WriteString(" \\\n  -H 'Authorization: Bearer gongzhi_…'")
	}
	for _, q := range d.Params {
		if q.In == "header" && q.Required {
			fmt.Fprintf(&b, " \\\n  -H '%s: …'", q.Name)
		}
	}
	if len(d.Body) > 0 {
		text, _ := json.Marshal(doc.example(body, 0)) // strings and numbers
		fmt.Fprintf(&b, " \\\n  -H 'Content-Type: application/json' \\\n  -d '%s'", text)
	}
	return b.String()
}

// example is the smallest value that fits.
func (doc *document) example(s schema, depth int) any {
	s = doc.find(s)
	switch {
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Items != nil && depth < 4:
		return []any{doc.example(*s.Items, depth+1)}
	case s.Format == "date":
		return "2026-12-01"
	case s.Format == "date-time":
		return "2026-12-01T01:00:00Z"
	}
	switch s.Type {
	case "object":
		out := map[string]any{}
		for _, name := range s.Required {
			out[name] = doc.example(s.Properties[name], depth+1)
		}
		return out
	case "integer", "number":
		return 1
	case "boolean":
		return true
	}
	return "…"
}

func (p docsPage) columns(in bool) []page.Column {
	out := []page.Column{{Label: p.T("api.docs_field")}}
	if in {
		out = append(out, page.Column{Label: p.T("api.docs_in")})
	}
	return append(out, page.Column{Label: p.T("api.docs_kind")}, page.Column{Label: p.T("api.docs_meaning")})
}
