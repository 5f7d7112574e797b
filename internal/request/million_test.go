package request

import (
	"context"
	"fmt"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// The city of these tests: 10 offices with 50 units each below them, 300
// categories in 20 branches, 200 communities. One request in 40 is open. Unit 1 of
// office 1 is small: its last tasks are three years old.
const (
	offices    = 10
	unitsEach  = 50
	categories = 300
)

var (
	agent      = actor.Actor{ID: "agent", Roles: []actor.Role{actor.Agent}, UnitID: "center", UnitPath: "/center/"}
	smallUnit  = clerkOf("o01u01", "/o01/u01/")
	usualUnit  = clerkOf("o02u07", "/o02/u07/")
	largeUnit  = clerkOf("o03", "/o03/")
	beginning  = time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)
	threeYears = 3 * 365 * 24 * time.Hour
)

func clerkOf(unit, path string) actor.Actor {
	return actor.Actor{ID: "clerk", Roles: []actor.Role{actor.Clerk}, UnitID: unit, UnitPath: path}
}

// numbered begins a statement that makes rows out of 0 … $1-1. u is a unit's
// number spread over the requests, so that no unit has its own stretch of time.
const numbered = ` with recursive n(i) as (select cast(0 as bigint) union all select i + 1 from n where i + 1 < cast($1 as bigint)) select `

// fillCity writes n requests with their tasks and first events, oldest first, the
// same on both engines.
func fillCity(ctx context.Context, db *sqldb.DB, n int) error {
	step := threeYears.Microseconds() / int64(n)
	id := `'M' || substr(cast(100000000 + i as text), 2)`
	unit := func(i string) string {
		pick := `(` + i + ` * 7919 % 500)`
		return `'o' || substr(cast(101 + ` + pick + ` / 50 as text), 2) || 'u' || substr(cast(101 + ` + pick + ` % 50 as text), 2)`
	}
	open := `(i % 40 = 0 or i >= cast($1 as bigint) - cast($1 as bigint) / 100)`
	at := fmt.Sprintf(`%d + i * %d`, beginning.UnixMicro(), step)
	due := at + ` + 432000000000 + i % 7 * 86400000000`
	state := `case when not ` + open + ` then 'closed' when i % 5 = 0 then 'to_dispatch' when i % 5 = 1 then 'to_accept' else 'handling' end`
	topic := `'t' || substr(cast(100 + i % 1009 % 20 as text), 2) || substr(cast(100 + i % 1009 % 15 as text), 2)`
	area := `'110101' || substr(cast(1000 + i * 31 % 10 as text), 2) || substr(cast(1000 + i * 31 % 200 as text), 2)`
	closed := `case when ` + open + ` then null else ` + at + ` + 300000000000 end`
	steps := []struct {
		q string
		n int
	}{
		{`insert into actor_unit(id, parent_id, path, name, short, kind, area, phone, hours, remit, active, sort)` + numbered +
			`'o' || substr(cast(101 + i as text), 2), '', '/o' || substr(cast(101 + i as text), 2) || '/', '', '', 'office', '', '', '', '', true, 0 from n`, offices},
		{`insert into actor_unit(id, parent_id, path, name, short, kind, area, phone, hours, remit, active, sort)` + numbered +
			unit(`i`) + `, '', '/' || substr(` + unit(`i`) + `, 1, 3) || '/' || substr(` + unit(`i`) + `, 4) || '/', '', '', 'unit', '', '', '', '', true, 0 from n`, offices * unitsEach},
		{`insert into matter(id, kind, number, state, open, version, title, topic, area, unit, sealed, opened_at, due_at, closed_at, changed_at)` + numbered +
			id + `, 'request', substr(cast(100000000000 + i as text), 2), ` + state + `, ` + open + `, 1, '路灯不亮', ` + topic + `, ` + area + `, ` + unit(`i`) + `, false, ` +
			at + `, ` + due + `, ` + closed + `, ` + at + ` from n`, n},
		{`insert into matter_event(matter_id, seq, name, actor, unit, at, body)` + numbered + id + `, 1, 'received', 'resident', '', ` + at + `, '{}' from n`, n},
		{`insert into request_order(matter_id, type, channel, body, category, category_rev, answers, address, area, district, lat, lng, urgency, publicity,
			no_reply, code_hash, source, source_id, taken_by, round, ruled, followers, reply_count, solved, rating)` + numbered +
			id + `, 'help', case when i % 3 = 0 then 'phone' else 'web' end, '小区南门口的路灯坏了三天', ` + topic + `, 1, '[]', '', ` + area + `, '110101', null, null,
			case when i % 50 = 0 then 'urgent' else 'normal' end, 'public', false, '', '', null, '', 0, false, 0, 0, '', 0 from n`, n},
		{`insert into request_task(id, matter_id, unit_id, role, state, open, round, limit_n, limit_unit, reason, sent_at, due_at, accepted_at, done_at)` + numbered +
			`'T' || ` + id + `, ` + id + `, ` + unit(`i`) + `, 'lead', case when ` + open + ` then 'working' else 'done' end, ` + open + `, 0, 5, 'wd', '', ` + at + `, ` + due + `, null, ` + closed +
			` from n where not (i % 5 = 0 and ` + open + `)`, n},
	}
	for _, s := range steps {
		if err := db.Update(ctx, func(tx *sqldb.Tx) error { return patiently(tx, s.q, s.n) }); err != nil {
			return fmt.Errorf("fill: %w\n%s", err, s.q)
		}
	}
	if err := shrink(ctx, db); err != nil {
		return err
	}
	return db.Analyze(ctx)
}

// patiently runs a statement that may take minutes.
func patiently(tx *sqldb.Tx, q string, args ...any) error {
	if tx.Dialect == sqldb.Postgres {
		if err := tx.Exec(`set local statement_timeout = 0`); err != nil {
			return err
		}
	}
	return tx.Exec(q, args...)
}

// shrink leaves the small unit only its oldest tasks.
func shrink(ctx context.Context, db *sqldb.DB) error {
	return db.Update(ctx, func(tx *sqldb.Tx) error {
		return patiently(tx, `update request_task set unit_id = 'o01u02' where unit_id = 'o01u01' and id not in
			(select id from request_task where unit_id = 'o01u01' order by id limit 5)`)
	})
}

// city gives a database with n requests.
func city(tb testing.TB, d sqldb.Dialect, n int) *sqldb.DB {
	tb.Helper()
	db := sqldbtest.New(tb, d)
	sqldbtest.ClockOf(db).Set(beginning.Add(threeYears))
	if err := fillCity(tb.Context(), db, n); err != nil {
		tb.Fatal(err)
	}
	return db
}

// looks are the lists and counts that people open all day.
var looks = []struct {
	name   string
	who    actor.Actor
	filter Filter
	count  string // a Tally by it
	walks  bool   // its order is that of an index, whatever the engine
}{
	{name: "newest, agent", who: agent, walks: true},
	{name: "newest, small unit", who: smallUnit},
	{name: "newest, usual unit", who: usualUnit},
	{name: "newest, large unit", who: largeUnit, walks: true},
	{name: "newest of a unit, agent", who: agent, filter: Filter{Unit: "o02u07"}},
	{name: "newest of an office, agent", who: agent, filter: Filter{Unit: "o03"}},
	{name: "one category", who: agent, filter: Filter{Categories: []string{"t0510"}}},
	{name: "a branch", who: agent, filter: Filter{Categories: []string{"t0500", "t0505", "t0510"}}},
	{name: "a community", who: agent, filter: Filter{Area: "110101003103"}},
	{name: "a street", who: agent, filter: Filter{Area: "110101003"}},
	{name: "overdue", who: agent, filter: Filter{Overdue: true}},
	{name: "overdue, usual unit", who: usualUnit, filter: Filter{Overdue: true}},
	{name: "today, usual unit", who: usualUnit, filter: Filter{Task: "o02u07", Open: "yes", Sort: "due"}},
	{name: "to dispatch, urgent by due", who: agent, filter: Filter{States: []string{"to_dispatch"}, Open: "yes", Urgency: "urgent", Sort: "due"}, walks: true},
	{name: "to dispatch and consulted, urgent by due", who: agent, filter: Filter{States: []string{"to_dispatch", "pre_consult"}, Open: "yes", Urgency: "urgent", Sort: "due"}},
	{name: "to dispatch", who: agent, filter: Filter{States: []string{"to_dispatch"}, Open: "yes", Sort: "old"}},
	{name: "by number", who: agent, filter: Filter{Text: "00000012345"}},
	{name: "tally of the open", who: agent, filter: Filter{Open: "yes"}, count: "state"},
	{name: "tally of a usual unit", who: usualUnit, count: "state"},
	{name: "tally of all", who: agent, count: "state"},
}
