package setup

import (
	"net/http"
	"net/url"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// onPage is how many entries of a long list one page shows.
const onPage = 50

// ListPage shows the entries of one kind.
type ListPage struct {
	page.Base
	Kind   *kind
	Can    bool // the reader may change them
	Words  string
	Head   []page.Column
	Rows   []Row
	Total  int64
	Paging page.PageLinks
	Try    *Trial // of the duty list
	Signal *SignalTrial
	Take   *ProfileBox // of the rules about time
}

// Row is one entry of a list.
type Row struct {
	Path  string
	Code  string
	Cells []string
	Depth int
	Off   bool
}

// kindOf is the kind that an address names; only the routes of accounts reach
// accounts.
func kindOf(r *http.Request) (*kind, error) {
	name := r.PathValue("kind")
	if strings.HasPrefix(r.URL.Path, "/setup/staff") {
		return findKind("staff")
	}
	if name == "staff" {
		return nil, fault.New(fault.NotFound, "setup.no_kind", nil)
	}
	return findKind(name)
}

func (s *Service) list(w http.ResponseWriter, r *http.Request) error {
	k, err := kindOf(r)
	if err != nil {
		return err
	}
	q, err := web.Query(r)
	if err != nil {
		return err
	}
	return s.drawList(w, r, http.StatusOK, k, q, "", nil)
}

// trySentence shows the list of signals with what a sentence gives. The sentence
// comes in the body of a POST, so that no address holds somebody's words.
func (s *Service) trySentence(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	return s.drawList(w, r, http.StatusOK, signalKind(), v, v.Text("try", 500), nil)
}

// drawList draws a list; failed is what was wrong with what was sent to it.
func (s *Service) drawList(w http.ResponseWriter, r *http.Request, status int, k *kind, q *web.Values, sentence string, failed error) error {
	who := actor.From(r.Context())
	p := ListPage{Base: s.Base(w, r, "setup."+k.name), Kind: k, Words: q.String("q", 60), Can: actor.Allowed(who, k.change)}
	for i := range k.columns {
		if c := &k.columns[i]; c.list {
			p.Head = append(p.Head, page.Column{Label: k.header(p.Lang, c), Number: c.sort == count})
		}
	}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		world, err := newWorld(tx, who)
		if err != nil {
			return err
		}
		if k.name == "duties" {
			if p.Try, err = s.try(tx, world, p.Base, q); err != nil {
				return err
			}
		}
		if k.name == "signals" {
			if p.Signal, err = trySignals(tx, p.Base, sentence); err != nil {
				return err
			}
		}
		if k.name == "limits" {
			p.Take = newProfileBox(p.Base, q, failed)
		}
		if k.some != nil {
			return p.fillLong(tx, world, q.String("after", 60))
		}
		return p.fill(tx, world)
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, status, listPage(p))
}

// fill shows all entries that hold the words, in their order.
func (p *ListPage) fill(tx *sqldb.Tx, w *world) error {
	all, err := p.Kind.all(tx)
	if err != nil {
		return err
	}
	p.Total = int64(len(all))
	depth := map[string]int{}
	for _, r := range all {
		key := r[p.Kind.key]
		if above := r[p.Kind.parent]; p.Kind.parent != "" && above != "" {
			depth[key] = depth[above] + 1
		}
		row := p.row(w, r)
		if p.holds(r, row) {
			if p.Words == "" {
				row.Depth = depth[key]
			}
			p.Rows = append(p.Rows, row)
		}
	}
	return nil
}

func (p *ListPage) holds(r record, row Row) bool {
	if p.Words == "" {
		return true
	}
	for _, v := range r {
		if strings.Contains(v, p.Words) {
			return true
		}
	}
	return strings.Contains(strings.Join(row.Cells, "\n"), p.Words)
}

// fillLong shows one page of very many.
func (p *ListPage) fillLong(tx *sqldb.Tx, w *world, after string) error {
	if err := tx.QueryRow(p.Kind.size).Scan(&p.Total); err != nil {
		return err
	}
	list, err := p.Kind.some(tx, p.Words, after, onPage+1)
	if err != nil {
		return err
	}
	if len(list) > onPage {
		list = list[:onPage]
		p.Paging.Next = p.With("after", list[onPage-1][p.Kind.key])
	}
	if after != "" {
		p.Paging.Prev = p.With("after", "")
	}
	for _, r := range list {
		p.Rows = append(p.Rows, p.row(w, r))
	}
	return nil
}

func (p *ListPage) row(w *world, r record) Row {
	key := r[p.Kind.key]
	row := Row{Path: p.URL(p.Kind.path() + "/entry/" + url.PathEscape(key)), Code: key, Off: p.Kind.has("active") && r["active"] == ""}
	for i := range p.Kind.columns {
		if c := &p.Kind.columns[i]; c.list {
			row.Cells = append(row.Cells, shownLong(w.show(p.Lang, c, r[c.name], false)))
		}
	}
	return row
}

// shownLong keeps a list's lines short; the entry's own page has it whole.
func shownLong(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

func indent(depth int) string { return strings.Repeat("　", depth) }
