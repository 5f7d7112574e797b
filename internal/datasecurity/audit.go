package datasecurity

import (
	"net/http"
	"slices"

	"gongzhi/internal/actor"
	"gongzhi/internal/id"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// auditPage shows who looked at what, when and why.
type auditPage struct {
	page.Base
	F     Search
	From  string // as typed
	To    string
	Lines []Line
	Links page.PageLinks
	Wrong page.Problems
	Cases bool // the reader may open the requests
}

// audit answers GET /audit.
func (s *Service) audit(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Query(r)
	if err != nil {
		return err
	}
	a, zone := actor.From(r.Context()), s.Catalog.Book().Calendar.Zone
	p := &auditPage{Base: s.Base(w, r, "datasecurity.audit"), From: v.String("from", 20), To: v.String("to", 20), Cases: actor.Allowed(a, "request.show")}
	p.F = Search{Kind: v.String("kind", 20), Person: v.String("person", 60), Number: id.CleanNumber(v.String("number", 40)), From: v.Time("from", zone), To: v.Time("to", zone), After: v.String("after")}
	if !slices.Contains(Kinds, p.F.Kind) {
		p.F.Kind = Kinds[0]
	}
	if !p.F.To.IsZero() {
		p.F.To = p.F.To.AddDate(0, 0, 1) // the day itself is meant
	}
	status := http.StatusOK
	if err := v.Err(); err != nil {
		p.Wrong, status = p.Problems(err), http.StatusUnprocessableEntity
	}
	err = s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		var next string
		if p.Lines, next, err = Read(tx, a, p.F); next != "" {
			p.Links.Next = p.With("after", next)
		}
		return err
	})
	if err != nil {
		return err
	}
	if p.F.After != "" {
		p.Links.Prev = p.With("after", "")
	}
	return page.View{}.Render(w, r, status, auditView(p))
}

func (p *auditPage) segments() []page.Segment {
	var out []page.Segment
	for _, k := range Kinds {
		out = append(out, page.Segment{Label: p.T("datasecurity.kind_" + k), Path: p.With("kind", k), Count: -1, Current: k == p.F.Kind})
	}
	return out
}

func (p *auditPage) columns() []page.Column {
	names := map[string][]string{Looks: {"at", "who", "unit", "number", "why"}, Deeds: {"at", "who", "unit", "deed", "about", "detail"}, SignIns: {"at", "who", "unit"}}
	var out []page.Column
	for _, n := range names[p.F.Kind] {
		out = append(out, page.Column{Label: p.T("datasecurity.col_" + n)})
	}
	return out
}

// deed is the word for a deed, its code where there is none.
func (p *auditPage) deed(l Line) string {
	key := "datasecurity.deed_" + l.Deed
	if !locale.Has(p.Lang, key) {
		return l.Deed
	}
	return p.T(key)
}
