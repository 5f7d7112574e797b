package assessment

import (
	"database/sql"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"gongzhi/internal/actor"
	"gongzhi/internal/matter"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
)

// supervisionPage lists what is supervised or escalated and still open, the
// nearest date first.
type supervisionPage struct {
	page.Base
	Kind  string // the mark: supervised, escalated
	Rows  []supervisedRow
	Count map[string]int64
	Next  string
}

type supervisedRow struct {
	request.Row
	Due     string // the promise to the resident, in words
	DueKind string
	Demand  demanded
}

// demanded is the latest demand on a request; At is zero when the rule made it.
type demanded struct {
	At, Due time.Time
	Level   string
	Unit    string
	By      string
}

// marks are the two lists.
var marks = []string{"supervised", "escalated"}

// showSupervision answers GET /supervise.
func (s *Service) showSupervision(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p := &supervisionPage{Base: s.Base(w, r, "assessment.supervision"), Kind: q.Get("kind"), Count: map[string]int64{}}
	if !slices.Contains(marks, p.Kind) {
		p.Kind = marks[0]
	}
	a := actor.From(r.Context())
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error { return s.fillSupervision(tx, a, p, q.Get("after")) })
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, supervisionView(p))
}

func (s *Service) fillSupervision(tx *sqldb.Tx, a actor.Actor, p *supervisionPage, after string) (err error) {
	for _, kind := range marks {
		if p.Count[kind], err = request.Count(tx, a, request.Filter{Flag: kind, Open: "yes"}); err != nil {
			return err
		}
	}
	rows, next, err := request.List(tx, a, request.Filter{Flag: p.Kind, Open: "yes", Sort: "due"}, request.Page{After: after, Size: queueSize})
	if err != nil {
		return err
	}
	if next != "" {
		p.Next = p.With("after", next)
	}
	demands, err := demandsOn(tx, rows, p.Kind)
	if err != nil {
		return err
	}
	for _, row := range rows {
		x := supervisedRow{Row: row, Demand: demands[row.ID]}
		x.DueKind, x.Due = show.Due(p.Base, s.Catalog.Book().Calendar, &row.Order, p.Now)
		p.Rows = append(p.Rows, x)
	}
	return nil
}

// demandsOn are the latest open demands of a kind on the listed requests.
func demandsOn(tx *sqldb.Tx, list []request.Row, kind string) (map[matter.ID]demanded, error) {
	var ids []matter.ID
	for _, r := range list {
		ids = append(ids, r.ID)
	}
	in, args := sqldb.In(2, ids)
	rows, err := tx.Query(`select d.matter_id, d.level, coalesce(u.name, ''), d.due_at, d.at, coalesce(s.name, '') from assessment_supervision d
		left join actor_unit u on u.id = d.unit_id left join actor_staff s on s.id = d.actor
		where d.open and d.kind = $1 and d.matter_id in (`+in+`) order by d.at`, append([]any{kind}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("demands: %w", err)
	}
	defer rows.Close()
	out := map[matter.ID]demanded{}
	for rows.Next() {
		var m matter.ID
		var d demanded
		var at int64
		var due sql.NullInt64
		if err := rows.Scan(&m, &d.Level, &d.Unit, &due, &at, &d.By); err != nil {
			return nil, err
		}
		d.At, d.Due = sqldb.FromMicros(at), sqldb.FromMicros(due.Int64)
		out[m] = d
	}
	return out, rows.Err()
}

// segments are the two lists with their counts.
func (p *supervisionPage) segments() []page.Segment {
	var out []page.Segment
	for _, kind := range marks {
		out = append(out, page.Segment{Label: p.T("assessment.kind_" + kind), Path: p.With("kind", kind), Count: int(p.Count[kind]), Current: kind == p.Kind})
	}
	return out
}

func (p *supervisionPage) columns() []page.Column {
	var out []page.Column
	for _, name := range []string{"request", "unit", "state", "overdue", "demanded", "answer_by"} {
		out = append(out, page.Column{Label: p.T("assessment.col_" + name)})
	}
	out[3].Label = p.T("assessment.promised")
	return out
}

func stateTag(p *supervisionPage, r supervisedRow) templ.Component {
	return page.StatusTag(show.State(p.Base, &r.Order))
}
