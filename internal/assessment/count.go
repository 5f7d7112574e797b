package assessment

import (
	"fmt"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// The board reads a dozen grouped counts, each narrowed to what the actor may
// see. None is made for a single unit, category or area: those are added up
// from the groups.

const (
	hour = int64(time.Hour / time.Microsecond)
	day  = 24 * hour
	week = 7 * day
)

const over = ` from matter m join request_order r on r.matter_id = m.id where m.kind = 'request'`

// openGroup counts open requests of one unit, category and street that stand
// alike.
type openGroup struct {
	Unit, Topic, Street, Ran string
	N                        int64
	Worst                    time.Time // the earliest date among them
}

func openGroups(tx *sqldb.Tx, a actor.Actor) ([]openGroup, error) {
	scope, args := request.Scope(a, 2)
	q := `select m.unit, m.topic, substr(m.area, 1, 9), ` + request.RanSQL(1) + `, cast(count(*) as bigint), min(coalesce(m.due_at, 0))` + over +
		` and m.open and ` + scope + ` group by 1, 2, 3, 4`
	var out []openGroup
	return out, each(tx, q, append([]any{tx.Now.UnixMicro()}, args...), func(scan func(...any) error) error {
		var g openGroup
		var worst int64
		err := scan(&g.Unit, &g.Topic, &g.Street, &g.Ran, &g.N, &worst)
		g.Worst = sqldb.FromMicros(worst)
		out = append(out, g)
		return err
	})
}

// takenGroup counts requests of one unit and category that came in the span.
type takenGroup struct {
	Unit, Topic                  string
	N, Reopened, Reached, Solved int64
}

func takenGroups(tx *sqldb.Tx, a actor.Actor, s Span) ([]takenGroup, error) {
	scope, args := request.Scope(a, 3)
	q := `select m.unit, m.topic, cast(count(*) as bigint), cast(sum(case when r.round > 0 then 1 else 0 end) as bigint),
		cast(sum(case when r.solved <> '' then 1 else 0 end) as bigint), cast(sum(case when r.solved = 'yes' then 1 else 0 end) as bigint)` + over +
		` and m.opened_at >= $1 and m.opened_at < $2 and ` + scope + ` group by 1, 2`
	var out []takenGroup
	return out, each(tx, q, append([]any{s.From.UnixMicro(), s.To.UnixMicro()}, args...), func(scan func(...any) error) error {
		var g takenGroup
		err := scan(&g.Unit, &g.Topic, &g.N, &g.Reopened, &g.Reached, &g.Solved)
		out = append(out, g)
		return err
	})
}

// formerTopics counts by category what came in the span before.
func formerTopics(tx *sqldb.Tx, a actor.Actor, s Span) (map[string]int64, error) {
	from, to := s.before()
	scope, args := request.Scope(a, 3)
	q := `select m.topic, cast(count(*) as bigint)` + over + ` and m.opened_at >= $1 and m.opened_at < $2 and ` + scope + ` group by 1`
	out := map[string]int64{}
	return out, each(tx, q, append([]any{from.UnixMicro(), to.UnixMicro()}, args...), func(scan func(...any) error) error {
		var topic string
		var n int64
		err := scan(&topic, &n)
		out[topic] = n
		return err
	})
}

// returns are the requests of the span with the units that asked to return
// them. They are few, and one that two units of a branch returned counts once.
func returns(tx *sqldb.Tx, a actor.Actor, s Span) (map[string][]string, error) {
	scope, args := request.Scope(a, 3)
	q := `select distinct p.unit_id, m.id from request_plea p join matter m on m.id = p.matter_id join request_order r on r.matter_id = m.id
		where m.kind = 'request' and p.kind = 'return' and p.asked_at >= $1 and m.opened_at >= $1 and m.opened_at < $2 and ` + scope
	out := map[string][]string{}
	return out, each(tx, q, append([]any{s.From.UnixMicro(), s.To.UnixMicro()}, args...), func(scan func(...any) error) error {
		var unit, m string
		err := scan(&unit, &m)
		out[unit] = append(out[unit], m)
		return err
	})
}

// durations are how long the requests took that were closed in the span.
func durations(tx *sqldb.Tx, a actor.Actor, s Span) (map[string]hist, error) {
	scope, args := request.Scope(a, 3)
	q := fmt.Sprintf(`select m.unit, (m.closed_at - m.opened_at) / %d, cast(count(*) as bigint)`, hour) + over +
		` and not m.open and m.state in ('closed', 'archived') and m.closed_at >= $1 and m.closed_at < $2 and ` + scope + ` group by 1, 2`
	out := map[string]hist{}
	return out, each(tx, q, append([]any{s.From.UnixMicro(), s.To.UnixMicro()}, args...), func(scan func(...any) error) error {
		var unit string
		var hours, n int64
		err := scan(&unit, &hours, &n)
		if out[unit] == nil {
			out[unit] = hist{}
		}
		out[unit][hours] += n
		return err
	})
}

// promise counts requests with a date that fell due, and those that kept none
// or not all of them.
type promise struct{ Due, Broken int64 }

func promises(tx *sqldb.Tx, a actor.Actor, s Span) (map[string]promise, error) {
	scope, args := request.Scope(a, 4)
	q := `select m.unit, cast(count(distinct m.id) as bigint), cast(count(distinct case when ` + request.BrokenSQL(3) + ` then m.id end) as bigint)
		from request_task t join matter m on m.id = t.matter_id join request_order r on r.matter_id = m.id
		where m.kind = 'request' and m.state <> 'on_hold' and ` + request.Promised + ` and t.due_at >= $1 and t.due_at < $2 and ` + scope + ` group by 1`
	out := map[string]promise{}
	args = append([]any{s.From.UnixMicro(), s.dueTo().UnixMicro(), s.Now.UnixMicro()}, args...)
	return out, each(tx, q, args, func(scan func(...any) error) error {
		var unit string
		var p promise
		err := scan(&unit, &p.Due, &p.Broken)
		out[unit] = p
		return err
	})
}

// sparkWeeks is how far the small lines of the table reach back.
const sparkWeeks = 8

// weekly counts by unit what came in each of the last weeks, the oldest first.
func weekly(tx *sqldb.Tx, a actor.Actor, tomorrow time.Time) (map[string][]float64, error) {
	base := tomorrow.AddDate(0, 0, -7*sparkWeeks).UnixMicro()
	scope, args := request.Scope(a, 3)
	q := fmt.Sprintf(`select m.unit, (m.opened_at - $1) / %d, cast(count(*) as bigint)`, week) + over + ` and m.opened_at >= $1 and m.opened_at < $2 and ` + scope + ` group by 1, 2`
	out := map[string][]float64{}
	return out, each(tx, q, append([]any{base, tomorrow.UnixMicro()}, args...), func(scan func(...any) error) error {
		var unit string
		var at, n int64
		err := scan(&unit, &at, &n)
		if out[unit] == nil {
			out[unit] = make([]float64, sparkWeeks)
		}
		if at >= 0 && at < sparkWeeks {
			out[unit][at] += float64(n)
		}
		return err
	})
}

// daily counts what came on each of the days before tomorrow, the oldest first.
// A day is 24 hours from the first midnight: in a zone with summer time the
// counts after a change begin an hour off.
func daily(tx *sqldb.Tx, a actor.Actor, tomorrow time.Time, days int) ([]float64, error) {
	base := tomorrow.AddDate(0, 0, -days).UnixMicro()
	scope, args := request.Scope(a, 3)
	q := fmt.Sprintf(`select (m.opened_at - $1) / %d, cast(count(*) as bigint)`, day) + over + ` and m.opened_at >= $1 and m.opened_at < $2 and ` + scope + ` group by 1`
	out := make([]float64, days)
	return out, each(tx, q, append([]any{base, tomorrow.UnixMicro()}, args...), func(scan func(...any) error) error {
		var at, n int64
		err := scan(&at, &n)
		if at >= 0 && at < int64(days) {
			out[at] += float64(n)
		}
		return err
	})
}

// each reads all rows of a query.
func each(tx *sqldb.Tx, q string, args []any, row func(scan func(...any) error) error) error {
	rows, err := tx.Query(q, args...)
	if err != nil {
		return fmt.Errorf("board: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return fmt.Errorf("board: %w", err)
		}
	}
	return rows.Err()
}
