package intake

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// homePage is the resident's first page.
type homePage struct {
	page.Base
	Rows    []nearRow
	Figures []page.Figure
	Since   time.Time
}

// homeRows is how many open requests the first page shows.
const homeRows = 5

func (s *Service) showHome(w http.ResponseWriter, r *http.Request) error {
	p := homePage{Base: s.Base(w, r, "intake.home")}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		rows, _, err := request.List(tx, actor.System, request.Filter{Published: true, Listed: true, Open: "yes"}, request.Page{Size: homeRows})
		for _, row := range rows {
			p.Rows = append(p.Rows, s.nearRow(p.Base, row))
		}
		return err
	})
	if err != nil {
		return err
	}
	m, err := s.monthly(r.Context())
	if err != nil {
		return err
	}
	p.Since, p.Figures = m.since, figures(p.Base, m)
	p.Title = ""
	return page.View{}.Render(w, r, http.StatusOK, home(p))
}

// month is how the city did in this month so far.
type month struct {
	since         time.Time
	due, onTime   int     // promises that fell due, and of them kept
	asked, solved int     // who was asked, and of them who said it is solved
	done          int     // requests answered
	days          float64 // median time to the answer
}

// freshFor is how long the figures of the first page are kept: they are
// counted from all of the month's requests.
const freshFor = 10 * time.Minute

type keptMonth struct {
	mu sync.Mutex
	at time.Time
	month
}

// monthly is the month so far, at most ten minutes old.
func (s *Service) monthly(ctx context.Context) (month, error) {
	now := s.DB.Now()
	s.month.mu.Lock()
	defer s.month.mu.Unlock()
	if !s.month.at.IsZero() && now.Sub(s.month.at) < freshFor && now.After(s.month.at) {
		return s.month.month, nil
	}
	zone := s.Catalog.Book().Calendar.Zone
	first := now.In(zone)
	first = time.Date(first.Year(), first.Month(), 1, 0, 0, 0, 0, zone)
	m := month{since: first}
	err := s.DB.View(ctx, func(tx *sqldb.Tx) error { return m.read(tx, first, now) })
	if err == nil {
		s.month.month, s.month.at = m, now
	}
	return m, err
}

// answeredAt is when a request was first answered.
const answeredAt = `(select min(e.at) from matter_event e where e.matter_id = m.id and e.name in ('replied', 'answered'))`

// answers are the answers given in a span of time.
const answers = `from matter_event a join matter m on m.id = a.matter_id where a.name = 'replied' and a.at >= $1 and a.at < $2 and m.kind = 'request'`

func (m *month) read(tx *sqldb.Tx, from, to time.Time) error {
	// What fell due or was said this month was opened not long before; the bound
	// lets an index find it among the requests of many years.
	lo, hi, old := from.UnixMicro(), to.UnixMicro(), from.AddDate(0, -4, 0).UnixMicro()
	const promises = `select cast(count(*) as bigint), cast(coalesce(sum(case when ` + answeredAt + ` <= m.due_at then 1 else 0 end), 0) as bigint)
		from matter m where m.kind = 'request' and m.opened_at >= $3 and m.due_at >= $1 and m.due_at < $2 and m.unit <> '' and m.state not in ('withdrawn', 'merged', 'terminated')`
	if err := tx.QueryRow(promises, lo, hi, old).Scan(&m.due, &m.onTime); err != nil {
		return fmt.Errorf("promises of the month: %w", err)
	}
	const words = `select cast(count(*) as bigint), cast(coalesce(sum(case when r.solved = 'yes' then 1 else 0 end), 0) as bigint)
		from matter m join request_order r on r.matter_id = m.id where m.kind = 'request' and m.opened_at >= $3 and r.solved <> '' and m.changed_at >= $1 and m.changed_at < $2`
	if err := tx.QueryRow(words, lo, hi, old).Scan(&m.asked, &m.solved); err != nil {
		return fmt.Errorf("residents' words of the month: %w", err)
	}
	if err := tx.QueryRow(`select cast(count(*) as bigint) `+answers, lo, hi).Scan(&m.done); err != nil || m.done == 0 {
		return err
	}
	var micros int64
	const middle = `select a.at - m.opened_at ` + answers + ` order by 1 limit 1 offset $3`
	if err := tx.QueryRow(middle, lo, hi, m.done/2).Scan(&micros); err != nil {
		return fmt.Errorf("median of the month: %w", err)
	}
	m.days = (time.Duration(micros) * time.Microsecond).Hours() / 24
	return nil
}

// least is the number below which a share says nothing.
const least = 30

// figures never stand alone: each has its n, and a share its interval.
func figures(b page.Base, m month) []page.Figure {
	kept := figure(b, "intake.on_time", m.due, func() (string, string, string) {
		return locale.Decimal(100*float64(m.onTime)/float64(m.due), 1), "%", b.T("intake.on_time_n", m.due)
	})
	kept.Path = b.URL("/nearby?show=done")
	solved := figure(b, "intake.solved_share", m.asked, func() (string, string, string) {
		share := float64(m.solved) / float64(m.asked)
		half := 196 * math.Sqrt(share*(1-share)/float64(m.asked))
		return locale.Decimal(100*share, 1), "%", b.T("intake.solved_n", locale.Decimal(half, 1), m.asked)
	})
	median := figure(b, "intake.median", m.done, func() (string, string, string) {
		return locale.Decimal(m.days, 1), b.T("intake.days_unit"), b.T("intake.median_n", m.done)
	})
	return []page.Figure{kept, solved, median}
}

func figure(b page.Base, label string, n int, say func() (value, unit, note string)) page.Figure {
	f := page.Figure{Label: b.T(label), Value: "–", Note: b.T("intake.too_few", n, least)}
	if n >= least {
		f.Value, f.Unit, f.Note = say()
	}
	return f
}
