package exclusion

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// listSize is how many applications one page lists.
const listSize = 50

// views are the lists: what waits for a decision, what was decided, all.
var views = []string{"open", "closed", "all"}

type listPage struct {
	page.Base
	View string
	Open int64
	Rows []Exclusion
	Next string
}

// showList answers GET /exclusions.
func (s *Service) showList(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p := &listPage{Base: s.Base(w, r, "exclusion.title"), View: q.Get("view")}
	if !slices.Contains(views, p.View) {
		p.View = views[0]
	}
	a := actor.From(r.Context())
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if p.Open, err = count(tx, a, "open"); err != nil {
			return err
		}
		var next string
		if p.Rows, next, err = list(tx, a, p.View, q.Get("after"), listSize); next != "" {
			p.Next = p.With("after", next)
		}
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, listView(p))
}

// narrowed is the condition of a view over what the actor may see. A unit sees
// its own applications and those of units below; who sees all requests sees all.
func narrowed(a actor.Actor, view string, n int) (string, []any) {
	scope, args := request.Scope(a, n)
	cond := ` where ` + scope
	if !actor.SeesAll(a) {
		cond += ` and u.path >= $` + strconv.Itoa(n+len(args)) + ` and u.path < $` + strconv.Itoa(n+len(args)+1)
		args = append(args, a.UnitPath, actor.PathEnd(a.UnitPath))
	}
	switch view {
	case "open":
		cond += ` and x.open`
	case "closed":
		cond += ` and not x.open`
	}
	return cond, args
}

func count(tx *sqldb.Tx, a actor.Actor, view string) (n int64, err error) {
	cond, args := narrowed(a, view, 1)
	return n, tx.QueryRow(`select cast(count(*) as bigint)`+tables+cond, args...).Scan(&n)
}

// list is one page: what waits by its date, the rest with the newest first.
func list(tx *sqldb.Tx, a actor.Actor, view, after string, size int) ([]Exclusion, string, error) {
	cond, args := narrowed(a, view, 1)
	order := ` order by x.asked_at desc, x.id desc`
	key, op := `x.asked_at`, `<`
	if view == "open" {
		order, key, op = ` order by x.due_at, x.id`, `x.due_at`, `>`
	}
	if after != "" {
		at, id, err := position(after)
		if err != nil {
			return nil, "", err
		}
		cond += ` and (` + key + `, x.id) ` + op + ` ($` + strconv.Itoa(len(args)+1) + `, $` + strconv.Itoa(len(args)+2) + `)`
		args = append(args, at, id)
	}
	rows, err := read(tx, `select `+columns+tables+cond+order+` limit `+strconv.Itoa(size+1), args...)
	if err != nil || len(rows) <= size {
		return rows, "", err
	}
	last := rows[size-1]
	at := last.AskedAt
	if view == "open" {
		at = last.DueAt
	}
	return rows[:size], strconv.FormatInt(at.UnixMicro(), 10) + "." + last.ID, nil
}

func position(after string) (int64, string, error) {
	at, id, _ := strings.Cut(after, ".")
	n, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return 0, "", fault.New(fault.Invalid, "web.malformed", err)
	}
	return n, id, nil
}

func (p *listPage) segments() []page.Segment {
	var out []page.Segment
	for _, v := range views {
		s := page.Segment{Label: p.T("exclusion.view_" + v), Path: p.With("view", v), Count: -1, Current: v == p.View}
		if v == "open" {
			s.Count = int(p.Open)
		}
		out = append(out, s)
	}
	return out
}

func (p *listPage) columns() []page.Column {
	var out []page.Column
	for _, name := range []string{"request", "unit", "ground", "rates", "state", "due"} {
		out = append(out, page.Column{Label: p.T("exclusion.col_" + name)})
	}
	return out
}
