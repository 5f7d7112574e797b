package exclusion

import (
	"net/http"
	"time"

	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
)

// figuresPage is what everybody may know: how much is left out of the rates, on
// which grounds, and of which units. Confidential reports are in no count.
type figuresPage struct {
	page.Base
	Month   time.Time
	Former  string
	Later   string
	Grounds []tally
	Units   []tally
}

// tally counts the applications of a month by ground or unit.
type tally struct {
	Name    string
	Kind    string
	Asked   int64
	Waiting int64
	Granted int64
	Refused int64
	Appeals int64
	Closed  int64 // requests of the unit that were closed in the month
	Left    int64 // of them left out of some rate
}

// showFigures answers GET /exclusions/figures.
func (s *Service) showFigures(w http.ResponseWriter, r *http.Request) error {
	p := &figuresPage{Base: s.Base(w, r, "exclusion.figures")}
	zone := s.Catalog.Book().Calendar.Zone
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		p.Month = month(r.URL.Query().Get("month"), tx.Now, zone)
		p.Grounds, p.Units, err = figures(tx, p.Month)
		p.Former = p.With("month", p.Month.AddDate(0, -1, 0).Format("2006-01"))
		if next := p.Month.AddDate(0, 1, 0); !next.After(tx.Now) {
			p.Later = p.With("month", next.Format("2006-01"))
		}
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, figuresView(p))
}

// month is the first day of a month that was asked for, of the present one when
// it cannot be read.
func month(asked string, now time.Time, zone *time.Location) time.Time {
	if t, err := time.ParseInLocation("2006-01", asked, zone); err == nil && t.Year() >= 2000 && !t.After(now) {
		return t
	}
	local := now.In(zone)
	return time.Date(local.Year(), local.Month(), 1, 0, 0, 0, 0, zone)
}

const tallied = `cast(count(*) as bigint), cast(sum(case when x.open then 1 else 0 end) as bigint), cast(sum(case when x.state = 'granted' then 1 else 0 end) as bigint),
	cast(sum(case when x.state = 'refused' then 1 else 0 end) as bigint), cast(sum(case when x.appealed_at is not null then 1 else 0 end) as bigint)`

// figures counts the applications of a month.
func figures(tx *sqldb.Tx, from time.Time) (grounds, units []tally, err error) {
	span := []any{from.UnixMicro(), from.AddDate(0, 1, 0).UnixMicro()}
	const byGround = `select x.ground_name, x.kind, ` + tallied + ` from assessment_exclusion x join matter m on m.id = x.matter_id
		where x.asked_at >= $1 and x.asked_at < $2 and not m.sealed group by 1, 2 order by 3 desc, 1`
	err = each(tx, byGround, span, func(scan func(...any) error) error {
		var t tally
		err := scan(&t.Name, &t.Kind, &t.Asked, &t.Waiting, &t.Granted, &t.Refused, &t.Appeals)
		grounds = append(grounds, t)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	const byUnit = `select x.unit_id, u.name, ` + tallied + ` from assessment_exclusion x join matter m on m.id = x.matter_id join actor_unit u on u.id = x.unit_id
		where x.asked_at >= $1 and x.asked_at < $2 and not m.sealed group by 1, 2 order by 3 desc, 2`
	at := map[string]int{}
	err = each(tx, byUnit, span, func(scan func(...any) error) error {
		var t tally
		var id string
		err := scan(&id, &t.Name, &t.Asked, &t.Waiting, &t.Granted, &t.Refused, &t.Appeals)
		at[id] = len(units)
		units = append(units, t)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	const closed = `select m.unit, u.name, cast(count(*) as bigint), cast(count(distinct x.matter_id) as bigint) from matter m join actor_unit u on u.id = m.unit
		left join request_exclusion x on x.matter_id = m.id
		where not m.open and m.kind = 'request' and m.closed_at >= $1 and m.closed_at < $2 and m.state in ('closed', 'archived') and not m.sealed group by 1, 2`
	err = each(tx, closed, span, func(scan func(...any) error) error {
		var id, name string
		var n, left int64
		if err := scan(&id, &name, &n, &left); err != nil {
			return err
		}
		if i, known := at[id]; known {
			units[i].Closed, units[i].Left = n, left
		} else if left > 0 {
			units = append(units, tally{Name: name, Closed: n, Left: left})
		}
		return nil
	})
	return grounds, units, err
}

func each(tx *sqldb.Tx, q string, args []any, row func(scan func(...any) error) error) error {
	rows, err := tx.Query(q, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// share is the part of the closed requests that is left out of some rate.
func (t tally) share() string {
	if t.Closed == 0 {
		return "–"
	}
	return locale.Percent(float64(t.Left) / float64(t.Closed))
}

func (p *figuresPage) columns(first string, more ...string) []page.Column {
	out := []page.Column{{Label: p.T("exclusion.col_" + first)}}
	for _, name := range append([]string{"asked", "granted", "refused", "waiting", "appeals"}, more...) {
		out = append(out, page.Column{Label: p.T("exclusion.col_" + name), Number: true})
	}
	return out
}

func number(n int64) string { return locale.Count(int(n)) }
