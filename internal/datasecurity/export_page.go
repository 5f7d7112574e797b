package datasecurity

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/export"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// exportRoutes has a page of its own for each list, since each has its own policy.
func (s *Service) exportRoutes() []web.Route {
	out := []web.Route{
		{Method: "GET", Path: "/exports", Policy: "datasecurity.exports", Do: s.showExports},
		{Method: "GET", Path: "/exports/{id}", Policy: "datasecurity.exports", Do: s.showExport},
		{Method: "GET", Path: "/exports/{id}/progress", Policy: "datasecurity.exports", Do: s.showProgress},
		{Method: "POST", Path: "/exports/{id}/go", Policy: "datasecurity.exports", Do: s.postGo},
		{Method: "POST", Path: "/exports/{id}/file", Policy: "datasecurity.exports", Do: s.postFile},
		{Method: "POST", Path: "/exports/{id}/rule", Policy: "datasecurity.approve", Do: s.postRule},
	}
	for _, l := range s.Lists {
		out = append(out, web.Route{Method: "GET", Path: "/export/" + l.Name, Policy: string(l.Policy), Do: s.askExport(l)},
			web.Route{Method: "POST", Path: "/export/" + l.Name, Policy: string(l.Policy), Do: s.postExport(l)})
	}
	return out
}

// askPage asks what of a list is wanted.
type askPage struct {
	page.Base
	L       export.List
	A       actor.Actor
	Q       url.Values // what narrows the list
	Table   export.Table
	Asker   bool // who asked can be a column
	Most    int64
	Approve int64
	Typed   url.Values
	Wrong   page.Problems
}

func (s *Service) askExport(l export.List) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		return s.drawAsk(w, r, http.StatusOK, l, narrowing(r.URL.Query()), nil, nil)
	}
}

// narrowing is a page's query without what only turns its pages.
func narrowing(q url.Values) url.Values {
	out := url.Values{}
	for name, v := range q {
		if name != "after" && name != "before" && name != "csrf" && len(v) > 0 && v[0] != "" {
			out[name] = v
		}
	}
	return out
}

func (s *Service) drawAsk(w http.ResponseWriter, r *http.Request, status int, l export.List, q, typed url.Values, failed error) error {
	settings := s.Catalog.Book().Settings
	p := &askPage{Base: s.Base(w, r, "datasecurity.export_ask", s.T(r, "export.list_"+l.Name)), L: l, A: actor.From(r.Context()), Q: q, Typed: typed,
		Most: int64(settings.Int(rowsSetting, rowsDefault)), Approve: int64(settings.Int(approveSetting, approveDefault))}
	p.Query = q.Encode()
	p.Asker = l.Contact && actor.Allowed(p.A, "request.contact")
	p.Wrong = p.Problems(failed)
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		p.Table, err = l.Open(tx, p.Base, p.A, q)
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, status, askView(p))
}

// T is a sentence in the language of the visitor.
func (s *Service) T(r *http.Request, key string) string { return locale.T(web.Lang(r), key) }

func (s *Service) postExport(l export.List) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := web.Form(r)
		if err != nil {
			return err
		}
		q, err := url.ParseQuery(v.String("query", 4000))
		if err != nil {
			return fault.New(fault.Invalid, "web.malformed", err)
		}
		c := Ask{List: l.Name, Query: narrowing(q), Lang: web.Lang(r), Format: v.String("format", 10), Columns: v.Strings("column"),
			Contact: v.Bool("contact"), Reason: v.String("reason", 200)}
		if err := v.Err(); err != nil {
			return s.drawAsk(w, r, http.StatusUnprocessableEntity, l, c.Query, v.All(), err)
		}
		e, err := s.Export(r.Context(), actor.From(r.Context()), c)
		if fault.KindOf(err) == fault.Invalid {
			return s.drawAsk(w, r, http.StatusUnprocessableEntity, l, c.Query, v.All(), err)
		}
		if err != nil {
			return err
		}
		return web.See(w, r, "/exports/"+e.ID)
	}
}

// back is the page the list belongs to, narrowed as it was.
func (p *askPage) back() string { return p.URL(p.L.BackTo(p.Q)) }

func (p *askPage) columns() []page.Option {
	var out []page.Option
	chosen := func(name string) bool { return p.Typed == nil || slices.Contains(p.Typed["column"], name) }
	for _, c := range p.Table.Columns {
		out = append(out, page.Option{Value: c.Name, Label: c.Heading(p.Base), Selected: chosen(c.Name)})
	}
	if p.Asker {
		out = append(out, page.Option{Value: askerName, Label: p.T("export.col_" + askerName), Selected: chosen(askerName)})
	}
	return out
}

// contact reports whether contact data can be asked for on this form.
func (p *askPage) contact() bool { return p.L.Contact && actor.Allowed(p.A, "datasecurity.take") }

func (p *askPage) value(name, otherwise string) string {
	if p.Typed == nil {
		return otherwise
	}
	return p.Typed.Get(name)
}

func (p *askPage) tooMany() bool { return p.Table.Count > p.Most }

// exportPage is one export, wherever it stands.
type exportPage struct {
	page.Base
	E       *Export
	A       actor.Actor
	Remark  string
	Wrong   page.Problems
	Here    bool // this is the session that asked
	Expired bool // the file is gone, though nobody has swept yet
}

func (s *Service) loadPage(w http.ResponseWriter, r *http.Request) (*exportPage, error) {
	p := &exportPage{Base: s.Base(w, r, "datasecurity.export_one"), A: actor.From(r.Context())}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if p.E, err = FindExport(tx, p.A, r.PathValue("id")); err != nil {
			return err
		}
		here, err := actor.SessionName(tx, p.A)
		p.Here = p.mine() && p.E.Session == here
		return err
	})
	if err != nil {
		return nil, err
	}
	p.Path = "/exports/" + p.E.ID
	p.Title = p.E.Number
	p.Expired = p.E.State == Ready && !p.Now.Before(p.E.FetchUntil())
	return p, nil
}

func (s *Service) showExport(w http.ResponseWriter, r *http.Request) error {
	p, err := s.loadPage(w, r)
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, exportView(p))
}

func (s *Service) showProgress(w http.ResponseWriter, r *http.Request) error {
	p, err := s.loadPage(w, r)
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, exportProgress(p))
}

func (p *exportPage) mine() bool { return p.E.Staff == p.A.ID }

func (p *exportPage) rules() bool {
	return p.E.State == Asked && !p.mine() && actor.Allowed(p.A, "datasecurity.approve")
}

// state is the shape and the word of where an export stands.
func exportState(b page.Base, e *Export) (kind, word string) {
	kinds := map[string]string{Asked: "wait", Approved: "new", Refused: "late", Making: "", Ready: "new", Fetched: "done", Expired: "info", Failed: "late"}
	return kinds[e.State], b.T("datasecurity.export_state_" + e.State)
}

func (p *exportPage) pairs() []page.Pair {
	e := p.E
	out := []page.Pair{
		{Term: p.T("datasecurity.export_note_list"), Text: p.T("export.list_" + e.List)},
		{Term: p.T("datasecurity.export_note_filter"), Text: orNone(p.Base, e.Filter)},
		{Term: p.T("datasecurity.export_note_rows"), Text: p.T("datasecurity.export_rows", e.Total) + " · " + strings.ToUpper(e.Format)},
		{Term: p.T("datasecurity.export_note_who"), Text: strings.TrimSpace(e.UnitName + " " + e.Who)},
		{Term: p.T("datasecurity.export_note_at"), Text: p.DateTime(e.AskedAt)},
	}
	add := func(key, text string) {
		if text != "" {
			out = append(out, page.Pair{Term: p.T("datasecurity.export_note_" + key), Text: text})
		}
	}
	add("reason", e.Reason)
	if e.DeciderName != "" {
		add("decider", e.DeciderName+" · "+p.DateTime(e.DecidedAt))
	}
	add("remark", e.Remark)
	return out
}

func orNone(b page.Base, s string) string {
	if s == "" {
		return b.T("datasecurity.export_unfiltered")
	}
	return s
}

// exportsPage lists exports: one's own, all for an auditor.
type exportsPage struct {
	page.Base
	Waiting []*Export
	List    []*Export
	All     bool
	Links   page.PageLinks
}

func (s *Service) showExports(w http.ResponseWriter, r *http.Request) error {
	a := actor.From(r.Context())
	p := &exportsPage{Base: s.Base(w, r, "datasecurity.exports"), All: actor.Allowed(a, "datasecurity.audit")}
	after := r.URL.Query().Get("after")
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if p.Waiting, err = Waiting(tx, a); err != nil {
			return err
		}
		var next string
		if p.List, next, err = Exports(tx, a, after); next != "" {
			p.Links.Next = p.With("after", next)
		}
		return err
	})
	if err != nil {
		return err
	}
	if after != "" {
		p.Links.Prev = p.With("after", "")
	}
	return page.View{}.Render(w, r, http.StatusOK, exportsView(p))
}

func (p *exportsPage) columns() []page.Column {
	var out []page.Column
	for _, n := range []string{"number", "list", "rows", "reason", "who", "at", "state"} {
		out = append(out, page.Column{Label: p.T("datasecurity.export_note_" + n), Number: n == "rows"})
	}
	return out
}

func (s *Service) postGo(w http.ResponseWriter, r *http.Request) error {
	if err := s.Go(r.Context(), actor.From(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	return web.See(w, r, "/exports/"+r.PathValue("id"))
}

func (s *Service) postRule(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	c := Rule{Export: r.PathValue("id"), Yes: v.String("rule", 10) == "yes", Remark: v.String("remark", 200)}
	err = s.Rule(r.Context(), actor.From(r.Context()), c)
	if fault.KindOf(err) == fault.Invalid {
		p, lost := s.loadPage(w, r)
		if lost != nil {
			return lost
		}
		p.Wrong, p.Remark = p.Problems(err), c.Remark
		return page.View{}.Render(w, r, http.StatusUnprocessableEntity, exportView(p))
	}
	if err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "datasecurity.export_ruled_flash")
	return web.See(w, r, "/exports")
}

// postFile hands the file over. It is no GET: a link that is fetched ahead, or
// twice, must not spend it.
func (s *Service) postFile(w http.ResponseWriter, r *http.Request) error {
	e, data, err := s.Take(r.Context(), actor.From(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	media := "text/csv; charset=utf-8"
	if e.Format == "xlsx" {
		media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	h := w.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Disposition", attachment(e.Number+"."+e.Format, locale.T(e.Lang, "export.list_"+e.List)+"-"+e.Number+"."+e.Format))
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(data)
	return nil
}

// attachment names a file for browsers that read UTF-8 and for those that do not.
func attachment(plain, name string) string {
	return `attachment; filename="` + plain + `"; filename*=UTF-8''` + url.PathEscape(name)
}
