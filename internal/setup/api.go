package setup

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// API declares the operations of this feature. The city's data and the accounts
// have the same operations, for different people.
func (s *Service) API(a *api.API) {
	a.Chapter("setup")
	api.Add(a, api.Op{ID: "kinds", Method: "GET", Path: "/setup/kinds", Policy: "setup.look", Pages: []string{"GET /setup"}}, s.apiKinds)
	api.Add(a, api.Op{ID: "findings", Method: "GET", Path: "/setup/findings", Policy: "setup.look", Pages: []string{"GET /setup", "GET /setup/check/{name}"}}, s.apiFindings)
	declareKind[listDataIn, keyDataIn, createDataIn, saveDataIn](s, a, dataSort{"data", "/setup/data/{kind}", "setup.look", "setup.city"})
	declareTables[kindData, uploadData, previewData, confirmData](s, a, dataSort{"data", "/setup/data/{kind}", "setup.look", "setup.city"})
	declareKind[listStaffIn, keyStaffIn, createStaffIn, saveStaffIn](s, a, dataSort{"staff", "/setup/staff", "setup.staff", "setup.staff"})
	declareTables[kindStaff, uploadStaff, previewStaff, confirmStaff](s, a, dataSort{"staff", "/setup/staff", "setup.staff", "setup.staff"})
	s.cityAPI(a)
	s.guideAPI(a)
	s.accountAPI(a)
}

// dataSort is one of the two sorts of lists: the city's data, and accounts.
type dataSort struct{ name, path, look, change string }

// which says what kind of data an operation is about.
type which interface{ kind() (*kind, error) }

// DataIn names a kind of the city's data.
type DataIn struct {
	Kind string `path:"kind" maxLength:"40"`
}

func (x DataIn) kind() (*kind, error) {
	if x.Kind == "staff" {
		return nil, fault.New(fault.NotFound, "setup.no_kind", nil)
	}
	return findKind(x.Kind)
}

// StaffIn are the accounts.
type StaffIn struct{}

func (StaffIn) kind() (*kind, error) { return findKind("staff") }

// The inputs stand once for the city's data and once for accounts.
type (
	listDataIn struct {
		DataIn
		ListIn
	}
	listStaffIn struct {
		StaffIn
		ListIn
	}
	keyDataIn struct {
		DataIn
		KeyIn
	}
	keyStaffIn struct {
		StaffIn
		KeyIn
	}
	createDataIn struct {
		DataIn
		CreateIn
	}
	createStaffIn struct {
		StaffIn
		CreateIn
	}
	saveDataIn struct {
		DataIn
		SaveIn
	}
	saveStaffIn struct {
		StaffIn
		SaveIn
	}
)

// ListIn asks for a part of a list.
type ListIn struct {
	api.Page
	Q string `query:"q" maxLength:"60"`
}

// KeyIn names an entry.
type KeyIn struct {
	Key string `path:"key" maxLength:"200"`
}

// CreateIn brings a new entry.
type CreateIn struct{ Body entryBody }

// SaveIn brings a change of an entry.
type SaveIn struct {
	Key  string `path:"key" maxLength:"200"`
	Body changeBody
}

func (x ListIn) listIn() ListIn       { return x }
func (x KeyIn) keyIn() KeyIn          { return x }
func (x CreateIn) createIn() CreateIn { return x }
func (x SaveIn) saveIn() SaveIn       { return x }

// entryBody is a new entry by column. Accounts also need why.
type entryBody struct {
	Values map[string]string `json:"values"`
	Reason string            `json:"reason,omitempty" maxLength:"200"`
}

// changeBody changes the columns that are named. Seen is the entry as the
// caller read it.
type changeBody struct {
	Values map[string]string `json:"values"`
	Seen   map[string]string `json:"seen"`
	Reason string            `json:"reason,omitempty" maxLength:"200"`
}

type entryItem struct {
	Key    string            `json:"key"`
	Values map[string]string `json:"values"`
}

type entryOne struct {
	Key      string            `json:"key"`
	Values   map[string]string `json:"values"`
	History  []editItem        `json:"history"`
	Password string            `json:"first_password,omitempty"` // of a new account, once
	Findings []dutyFindingItem `json:"findings,omitempty"`       // of a line of the duty list: what the check finds about it
}

type editItem struct {
	At      time.Time         `json:"at"`
	Who     string            `json:"who"`
	Change  string            `json:"change" enum:"created,changed,removed"`
	Columns []string          `json:"columns"`
	Values  map[string]string `json:"values"`
}

func declareKind[L interface {
	which
	listIn() ListIn
}, K interface {
	which
	keyIn() KeyIn
}, C interface {
	which
	createIn() CreateIn
}, V interface {
	which
	saveIn() SaveIn
}](s *Service, a *api.API, x dataSort) {
	api.Add(a, api.Op{ID: x.name + "-list", Method: "GET", Path: x.path, Policy: x.look, Pages: []string{"GET " + x.path, "GET /setup/calendar"}},
		func(ctx context.Context, in *L) (out api.List[entryItem], err error) {
			return onKind(*in, func(k *kind) (api.List[entryItem], error) { return s.apiList(ctx, a, k, (*in).listIn()) })
		})
	api.Add(a, api.Op{ID: x.name + "-one", Method: "GET", Path: x.path + "/{key}", Policy: x.look, Pages: []string{"GET " + x.path + "/entry/{key}", "GET " + x.path + "/new"}},
		func(ctx context.Context, in *K) (entryOne, error) {
			return onKind(*in, func(k *kind) (entryOne, error) { return s.apiEntry(ctx, k, (*in).keyIn().Key) })
		})
	api.Add(a, api.Op{ID: x.name + "-create", Method: "POST", Path: x.path, Policy: x.change, Create: true, Pages: []string{"POST " + x.path + "/new"}},
		func(ctx context.Context, in *C) (entryOne, error) {
			return onKind(*in, func(k *kind) (entryOne, error) { return s.apiCreate(ctx, k, (*in).createIn().Body) })
		})
	api.Add(a, api.Op{ID: x.name + "-save", Method: "PUT", Path: x.path + "/{key}", Policy: x.change, Pages: []string{"POST " + x.path + "/entry/{key}"}},
		func(ctx context.Context, in *V) (entryOne, error) {
			return onKind(*in, func(k *kind) (entryOne, error) { return s.apiSave(ctx, k, (*in).saveIn()) })
		})
	api.Add(a, api.Op{ID: x.name + "-remove", Method: "DELETE", Path: x.path + "/{key}", Policy: x.change, Pages: []string{"POST " + x.path + "/remove/{key}"}},
		func(ctx context.Context, in *K) (api.None, error) {
			return onKind(*in, func(k *kind) (api.None, error) {
				return api.None{}, s.Remove(ctx, actor.From(ctx), Remove{k.name, (*in).keyIn().Key})
			})
		})
}

// onKind does something with the kind of data that is named.
func onKind[T any](w which, do func(*kind) (T, error)) (T, error) {
	k, err := w.kind()
	if err != nil {
		var none T
		return none, err
	}
	return do(k)
}

func (s *Service) apiList(ctx context.Context, a *api.API, k *kind, in ListIn) (out api.List[entryItem], err error) {
	list := "setup/" + k.name + "/" + in.Q
	after, err := a.Position(list, in.Cursor)
	if err != nil {
		return out, err
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		rows, more, err := k.part(tx, in.Q, after, in.Limit)
		for _, r := range rows {
			out.Items = append(out.Items, entryItem{r[k.key], k.plain(r)})
		}
		if more {
			out.Next = a.Next(list, rows[len(rows)-1][k.key])
		}
		return err
	})
	return out, err
}

// part is at most n entries that hold the words, behind the one with a key.
func (k *kind) part(tx *sqldb.Tx, words, after string, n int) (rows []record, more bool, err error) {
	if k.some != nil {
		rows, err = k.some(tx, words, after, n+1)
	} else if rows, err = k.all(tx); err == nil {
		rows = slices.DeleteFunc(rows, func(r record) bool { return !k.holds(r, words) })
		if i := slices.IndexFunc(rows, func(r record) bool { return r[k.key] == after }); after != "" {
			rows = rows[i+1:]
		}
	}
	if err == nil && len(rows) > n {
		rows, more = rows[:n], true
	}
	return rows, more, err
}

func (k *kind) holds(r record, words string) bool {
	if words == "" {
		return true
	}
	for _, c := range k.columns {
		if strings.Contains(r[c.name], words) {
			return true
		}
	}
	return false
}

func (s *Service) apiEntry(ctx context.Context, k *kind, key string) (out entryOne, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		now, err := k.one(tx, key)
		if err != nil {
			return err
		}
		out.Key, out.Values = now[k.key], k.plain(now)
		if k.name == "duties" {
			if out.Findings, err = s.findingsOf(ctx, tx, key); err != nil {
				return err
			}
		}
		if k.sealed {
			return nil
		}
		past, err := history(tx, k, key)
		for _, r := range past {
			out.History = append(out.History, editOf(k, r))
		}
		return err
	})
	return out, err
}

func editOf(k *kind, r revision) editItem {
	out := editItem{At: r.At.UTC(), Who: r.Who, Change: "changed", Values: k.plain(r.Now)}
	switch {
	case r.Was == nil:
		out.Change = "created"
	case r.Now == nil:
		out.Change = "removed"
	default:
		for _, d := range r.Diff {
			out.Columns = append(out.Columns, d.Column.name)
		}
	}
	return out
}

func (s *Service) apiCreate(ctx context.Context, k *kind, b entryBody) (entryOne, error) {
	typed, err := k.columnsOf(b.Values)
	if err != nil {
		return entryOne{}, err
	}
	c := Save{Kind: k.name, Typed: typed, Proof: Proof{b.Reason}}
	password := ""
	if k.sealed {
		password = NewPassword()
		c.Typed["_hash"] = actor.HashPassword(password)
	}
	if err := s.Save(ctx, actor.From(ctx), c); err != nil {
		return entryOne{}, inValues(err)
	}
	out, err := s.apiEntry(ctx, k, strings.TrimSpace(typed[k.key]))
	out.Password = password
	return out, err
}

func (s *Service) apiSave(ctx context.Context, k *kind, in SaveIn) (entryOne, error) {
	key, b := in.Key, in.Body
	values, err := k.columnsOf(b.Values)
	if err != nil {
		return entryOne{}, err
	}
	seen, err := k.columnsOf(b.Seen)
	if err != nil {
		return entryOne{}, err
	}
	typed := maps.Clone(seen)
	maps.Copy(typed, values)
	err = s.Save(ctx, actor.From(ctx), Save{Kind: k.name, Key: key, Typed: typed, Seen: seen, Proof: Proof{b.Reason}})
	if err != nil {
		return entryOne{}, inValues(err)
	}
	return s.apiEntry(ctx, k, key)
}

// columnsOf refuses columns that the kind does not have: a misspelt one would be
// ignored without a word.
func (k *kind) columnsOf(values map[string]string) (record, error) {
	var wrong fault.Fields
	out := record{}
	for name, v := range values {
		if !k.has(name) {
			wrong.Add("body.values."+name, "api.v_unexpected")
		}
		if len(v) > 100_000 {
			wrong.Add("body.values."+name, "web.field_long", 20_000)
		}
		out[name] = v
	}
	return out, wrong.Err()
}

// inValues says of a column where it stands in the body. A Changed keeps being
// a Conflict; what it is now, the client reads anew.
func inValues(err error) error {
	var changed Changed
	if errors.As(err, &changed) {
		return changed.err
	}
	fields := fault.FieldsOf(err)
	for i, f := range fields {
		switch f.Name {
		case "reason":
			fields[i].Name = "body.reason"
		default:
			fields[i].Name = "body.values." + f.Name
		}
	}
	if len(fields) > 0 {
		return fields
	}
	return err
}

type kindsItem struct {
	Items []kindItem `json:"items"`
}

// kindItem is one sort of the city's data with its columns.
type kindItem struct {
	Name    string       `json:"name"`
	Label   string       `json:"label"`
	Key     string       `json:"key"`
	Columns []columnItem `json:"columns"`
}

type columnItem struct {
	Name     string   `json:"name"`
	Label    string   `json:"label"`
	Note     string   `json:"note"`
	Required bool     `json:"required"`
	Options  []string `json:"options"`
}

func (s *Service) apiKinds(ctx context.Context, _ *struct{}) (out kindsItem, err error) {
	lang := web.Lang(api.Request(ctx))
	for _, k := range kinds {
		item := kindItem{Name: k.name, Label: locale.T(lang, "setup."+k.name), Key: k.key}
		for i := range k.columns {
			c := &k.columns[i]
			item.Columns = append(item.Columns, columnItem{c.name, k.header(lang, c), k.note(lang, c), c.required, c.options})
		}
		out.Items = append(out.Items, item)
	}
	return out, nil
}

type findingsItem struct {
	Items []findingItem `json:"items"`
}

// findingItem is something in the city's data that needs a look.
type findingItem struct {
	Name  string      `json:"name"`
	Title string      `json:"title"`
	Why   string      `json:"why"`
	Bad   bool        `json:"bad"`
	N     int         `json:"n"`
	Items []foundItem `json:"items"` // the first of them
}

type foundItem struct {
	Label string `json:"label"`
	Note  string `json:"note"`
}

// mostFound is how many entries of a finding are listed.
const mostFound = 100

func (s *Service) apiFindings(ctx context.Context, _ *struct{}) (out findingsItem, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		w, err := newWorld(tx, actor.From(ctx))
		if err != nil {
			return err
		}
		all, err := s.findings(tx, w, s.apiBase(ctx))
		for _, f := range all {
			out.Items = append(out.Items, findingOf(f))
		}
		return err
	})
	return out, err
}

func findingOf(f Finding) findingItem {
	item := findingItem{Name: f.Name, Title: f.Title, Why: f.Why, Bad: f.Bad, N: len(f.Items)}
	for _, x := range f.Items[:min(mostFound, len(f.Items))] {
		item.Items = append(item.Items, foundItem{x.Label, x.Note})
	}
	return item
}

// apiBase is what the words of an answer need to know.
func (s *Service) apiBase(ctx context.Context) page.Base {
	return page.Base{Lang: web.Lang(api.Request(ctx)), Now: s.DB.Now(), Zone: s.Catalog.Book().Calendar.Zone}
}
