package gaming

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// Signal is one pattern in one unit's month.
type Signal struct {
	ID       string
	Month    string
	Unit     string
	UnitName string
	Kind     string // catalog.WatchCodes
	Cases    int64
	Total    int64
	Seen     bool
	Verdict  string // Verdicts, "" nobody has looked
	Remark   string
	SeenAt   time.Time
	SeenBy   string
}

// Verdicts are what a reviewer makes of a signal: nothing in it, to be talked
// over with the unit.
var Verdicts = []string{"fine", "talk"}

const signalQuery = `select g.id, g.month, g.unit_id, u.name, g.kind, g.cases, g.total, g.seen, g.verdict, g.remark, g.seen_at, coalesce(s.name, '')
	from assessment_signal g join actor_unit u on u.id = g.unit_id left join actor_staff s on s.id = g.seen_by`

func scanSignal(scan func(...any) error) (Signal, error) {
	var g Signal
	var at sql.NullInt64
	err := scan(&g.ID, &g.Month, &g.Unit, &g.UnitName, &g.Kind, &g.Cases, &g.Total, &g.Seen, &g.Verdict, &g.Remark, &at, &g.SeenBy)
	g.SeenAt = sqldb.FromMicros(at.Int64)
	return g, err
}

// Signals are those of a month, those nobody has looked at first.
func Signals(tx *sqldb.Tx, month string) (out []Signal, err error) {
	err = each(tx, signalQuery+` where g.month = $1 order by g.seen, g.kind, g.cases desc, g.id`, []any{month}, func(scan func(...any) error) error {
		g, err := scanSignal(scan)
		out = append(out, g)
		return err
	})
	return out, err
}

func find(tx *sqldb.Tx, id string) (Signal, error) {
	g, err := scanSignal(tx.QueryRow(signalQuery+` where g.id = $1`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return g, fault.New(fault.NotFound, "gaming.not_found", err)
	}
	return g, err
}

// caseRow is a case of a signal.
type caseRow struct{ Number, Title, State string }

// casesOf are the cases of a signal that the actor may see.
func casesOf(tx *sqldb.Tx, a actor.Actor, id string) (out []caseRow, err error) {
	scope, args := request.Scope(a, 2)
	q := `select m.number, m.title, m.state from assessment_signal_case c join matter m on m.id = c.matter_id join request_order r on r.matter_id = m.id
		where c.signal_id = $1 and ` + scope + ` order by m.number limit 500`
	err = each(tx, q, append([]any{id}, args...), func(scan func(...any) error) error {
		var c caseRow
		err := scan(&c.Number, &c.Title, &c.State)
		out = append(out, c)
		return err
	})
	return out, err
}

// Settle is what a reviewer makes of a signal.
type Settle struct {
	ID      string
	Verdict string
	Remark  string
}

// Settle notes it. Nothing follows by itself: neither a deduction nor a notice.
func (s *Service) Settle(ctx context.Context, a actor.Actor, c Settle) error {
	if err := actor.Can(a, "assessment.signals_settle"); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if _, err := find(tx, c.ID); err != nil {
			return err
		}
		var f fault.Fields
		if !request.Known(Verdicts, c.Verdict) {
			f.Add("verdict", "gaming.choose")
		}
		if c.Verdict == "talk" && len([]rune(strings.TrimSpace(c.Remark))) < 2 {
			f.Add("remark", "gaming.remark_missing")
		}
		if err := f.Err(); err != nil {
			return err
		}
		const q = `update assessment_signal set seen = $1, verdict = $2, remark = $3, seen_at = $4, seen_by = $5 where id = $6`
		if err := tx.Exec(q, true, c.Verdict, c.Remark, tx.Now.UnixMicro(), a.HistoryID(), c.ID); err != nil {
			return fmt.Errorf("settle signal %s: %w", c.ID, err)
		}
		return nil
	})
}

// listPage are the signals of a month.
type listPage struct {
	page.Base
	Month         string
	Former, Later string
	Rows          []Signal
	Watches       []catalog.Watch
}

// month is one that was asked for, the present one when it cannot be read.
func month(asked string, now time.Time, zone *time.Location) time.Time {
	if t, err := time.ParseInLocation("2006-01", asked, zone); err == nil && t.Year() >= 2000 && !t.After(now) {
		return t
	}
	local := now.In(zone)
	return time.Date(local.Year(), local.Month(), 1, 0, 0, 0, 0, zone)
}

// showList answers GET /signals.
func (s *Service) showList(w http.ResponseWriter, r *http.Request) error {
	p := &listPage{Base: s.Base(w, r, "gaming.title")}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		first := month(r.URL.Query().Get("month"), tx.Now, s.Catalog.Book().Calendar.Zone)
		p.Month, p.Former = first.Format("2006-01"), p.With("month", first.AddDate(0, -1, 0).Format("2006-01"))
		if next := first.AddDate(0, 1, 0); !next.After(tx.Now) {
			p.Later = p.With("month", next.Format("2006-01"))
		}
		if p.Watches, err = catalog.Watches(tx); err != nil {
			return err
		}
		p.Rows, err = Signals(tx, p.Month)
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, listView(p))
}

// onePage is one signal with its cases.
type onePage struct {
	page.Base
	G       Signal
	Cases   []caseRow
	Can     bool
	Verdict page.Field
	Remark  page.Field
	Wrong   page.Problems
}

func (s *Service) showOne(w http.ResponseWriter, r *http.Request) error {
	return s.drawOne(w, r, http.StatusOK, nil, nil)
}

func (s *Service) drawOne(w http.ResponseWriter, r *http.Request, status int, v *web.Values, fail error) error {
	a := actor.From(r.Context())
	p := &onePage{Base: s.Base(w, r, "gaming.title"), Can: actor.Allowed(a, "assessment.signals_settle")}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if p.G, err = find(tx, r.PathValue("id")); err != nil {
			return err
		}
		p.Cases, err = casesOf(tx, a, p.G.ID)
		return err
	})
	if err != nil {
		return err
	}
	p.Path, p.Query = "/signals/"+p.G.ID, ""
	p.Wrong = p.Problems(fail)
	p.Verdict = page.Field{Name: "verdict", Label: p.T("gaming.f_verdict"), Value: p.G.Verdict, Class: "across"}
	p.Remark = page.Field{Name: "remark", Label: p.T("gaming.f_remark"), Hint: p.T("gaming.h_remark"), Value: p.G.Remark}
	if v != nil {
		p.Verdict.Value, p.Remark.Value = v.String("verdict"), v.Text("remark", textMax)
		p.Verdict.Error, p.Remark.Error = p.Wrong.Of("verdict"), p.Wrong.Of("remark")
	}
	return page.View{}.Render(w, r, status, oneView(p))
}

const textMax = 1000

func (s *Service) settle(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	c := Settle{r.PathValue("id"), v.String("verdict"), v.Text("remark", textMax)}
	if err = v.Err(); err == nil {
		err = s.Settle(r.Context(), actor.From(r.Context()), c)
	}
	if fault.KindOf(err) == fault.Invalid {
		return s.drawOne(w, r, web.Status(err), v, err)
	}
	if err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "gaming.settled")
	return web.See(w, r, "/signals/"+c.ID)
}

// Routes lists the ways in.
func (s *Service) Routes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: "/signals", Policy: "assessment.signals", Do: s.showList},
		{Method: "GET", Path: "/signals/{id}", Policy: "assessment.signals", Do: s.showOne},
		{Method: "POST", Path: "/signals/{id}", Policy: "assessment.signals_settle", Do: s.settle},
	}
}

func (g Signal) status(b page.Base) (kind, word string) {
	if !g.Seen {
		return "new", b.T("gaming.unseen")
	}
	return "done", b.T("gaming.verdict_" + g.Verdict)
}

func (g Signal) share() string {
	if g.Total == 0 {
		return "–"
	}
	return locale.Percent(float64(g.Cases) / float64(g.Total))
}

func count64(n int64) string { return locale.Count(int(n)) }

func (p *listPage) columns() []page.Column {
	return []page.Column{{Label: p.T("gaming.col_kind")}, {Label: p.T("gaming.col_unit")}, {Label: p.T("gaming.col_cases"), Number: true}, {Label: p.T("gaming.col_total"), Number: true},
		{Label: p.T("gaming.col_share"), Number: true}, {Label: p.T("gaming.col_state")}}
}

func verdicts(b page.Base) []page.Option {
	var out []page.Option
	for _, v := range Verdicts {
		out = append(out, page.Option{Value: v, Label: b.T("gaming.verdict_" + v)})
	}
	return out
}
