package request

import (
	"fmt"
	"slices"
	"strconv"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
)

// Repeats are facts about a matter: how often it has come, and how many people
// have it. They are counted per matter, and no list of persons by such a count
// exists anywhere.
type Repeats struct {
	Nth    int64 // the time that its reporter reports it: the same category in the same community
	People int64 // who reported it, with those who joined and those of merged ones
}

// Numbers of the settings: from which count a repeat is told, and how far back one
// person's reports count as the same matter.
const (
	repeatTimes  = 3
	repeatPeople = 5
	repeatDays   = 90
)

// Worth leaves of the counts those that the city wants to be told.
func (r Repeats) Worth(s catalog.Settings) Repeats {
	if r.Nth < int64(s.Int("repeat.times", repeatTimes)) {
		r.Nth = 0
	}
	if r.People < int64(s.Int("repeat.people", repeatPeople)) {
		r.People = 0
	}
	return r
}

// repeatDeeds are the deeds after which other counts are true.
var repeatDeeds = []string{DeedReceived, DeedImported, DeedReclassified, DeedFollowed, DeedAbsorbed, DeedParted, DeedUnmerged}

// Repeater counts repeats after the commit. Reports of wrongdoing are not counted:
// who reports them is nobody's business.
func Repeater() matter.Watcher {
	return matter.Watcher{Name: "request/repeats", Batch: 100, Rest: 2, Handle: func(tx *sqldb.Tx, events []matter.Entry) error {
		var ids []string
		for _, e := range events {
			if slices.Contains(repeatDeeds, e.Name) {
				ids = append(ids, string(e.Matter))
			}
		}
		return countRepeats(tx, unique(ids))
	}}
}

// earlier pairs a request with those that the same person, by any way he can be
// reached, reported before of the same category in the same community.
const earlier = `select %[3]s from (select c.matter_id, e.matter_id as before_id from request_contact c join request_contact e on e.phone_token = c.phone_token and e.kind = 'requester'
		where c.kind = 'requester' and c.phone_token <> '' and c.matter_id in (%[1]s)
	union select c.matter_id, e.matter_id from request_contact c join request_contact e on e.email_token = c.email_token and e.email_token <> '' and e.kind = 'requester'
		where c.kind = 'requester' and c.email_token <> '' and c.matter_id in (%[1]s)
	union select c.matter_id, e.matter_id from request_contact c join request_contact e on e.openid_token = c.openid_token and e.openid_token <> '' and e.kind = 'requester'
		where c.kind = 'requester' and c.openid_token <> '' and c.matter_id in (%[1]s)) p
	join matter o on o.id = p.matter_id and not o.sealed and o.topic <> ''
	join matter m on m.id = p.before_id and m.id <> o.id and not m.sealed and m.topic = o.topic and substr(m.area, 1, 12) = substr(o.area, 1, 12)
		and (m.opened_at, m.id) < (o.opened_at, o.id) and m.opened_at >= o.opened_at - %[2]s`

func countRepeats(tx *sqldb.Tx, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	s, err := catalog.LoadSettings(tx)
	if err != nil {
		return err
	}
	marks, args := sqldb.In(1, ids)
	nth, err := numbersBy(tx, fmt.Sprintf(earlier+` group by 1`, marks, "$"+strconv.Itoa(len(args)+1), `p.matter_id, cast(count(distinct m.id) as bigint)`),
		append(slices.Clone(args), repeatSpan(s))...)
	if err != nil {
		return err
	}
	people, err := numbersBy(tx, `select r.matter_id, r.followers + 1 from request_order r join matter m on m.id = r.matter_id and not m.sealed where r.matter_id in (`+marks+`)`, args...)
	if err != nil {
		return err
	}
	if err := tx.Exec(`delete from request_repeat where matter_id in (`+marks+`)`, args...); err != nil {
		return fmt.Errorf("forget repeats: %w", err)
	}
	var rows [][]any
	for _, m := range ids {
		if nth[matter.ID(m)] > 0 || people[matter.ID(m)] > 1 {
			rows = append(rows, []any{m, nth[matter.ID(m)] + 1, people[matter.ID(m)]})
		}
	}
	return tx.InsertRows(`insert into request_repeat(matter_id, nth, people) values (`, rows)
}

// repeatSpan is how far back one person's reports count as the same matter.
func repeatSpan(s catalog.Settings) int64 {
	return int64(s.Int("repeat.days", repeatDays)) * 24 * 3600 * 1_000_000
}

func numbersBy(tx *sqldb.Tx, q string, args ...any) (map[matter.ID]int64, error) {
	rows, err := tx.Query(q, args...)
	if err != nil {
		return nil, fmt.Errorf("count repeats: %w", err)
	}
	defer rows.Close()
	out := map[matter.ID]int64{}
	for rows.Next() {
		var m matter.ID
		var n int64
		if err := rows.Scan(&m, &n); err != nil {
			return nil, err
		}
		out[m] = n
	}
	return out, rows.Err()
}

// RepeatsOf are the counts of requests, for those that have more than one.
func RepeatsOf(tx *sqldb.Tx, ids []string) (map[matter.ID]Repeats, error) {
	marks, args := sqldb.In(1, ids)
	rows, err := tx.Query(`select matter_id, nth, people from request_repeat where matter_id in (`+marks+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("repeats: %w", err)
	}
	defer rows.Close()
	out := map[matter.ID]Repeats{}
	for rows.Next() {
		var m matter.ID
		var r Repeats
		if err := rows.Scan(&m, &r.Nth, &r.People); err != nil {
			return nil, err
		}
		out[m] = r
	}
	return out, rows.Err()
}

// Earlier are the requests by which the same person reported the matter before, as
// far as the actor may see them, the newest first.
func Earlier(tx *sqldb.Tx, a actor.Actor, o *Order) ([]*Order, error) {
	s, err := catalog.LoadSettings(tx)
	if err != nil || o.Sealed {
		return nil, err
	}
	scope, more := Scope(a, 3)
	q := orderQuery + fmt.Sprintf(` where m.id in (`+earlier+`) and `, "$1", "$2", `m.id`) + scope + ` order by m.opened_at desc, m.id desc limit 20`
	rows, err := tx.Query(q, append([]any{o.ID, repeatSpan(s)}, more...)...)
	if err != nil {
		return nil, fmt.Errorf("earlier reports of one matter: %w", err)
	}
	defer rows.Close()
	var out []*Order
	for rows.Next() {
		x, err := scanOrder(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// repeats narrows a list to what one person reported again, or many did.
func (f Filter) repeats(tx *sqldb.Tx, w *where) error {
	if f.Repeat == "" {
		return nil
	}
	s, err := catalog.LoadSettings(tx)
	if err != nil {
		return err
	}
	const again, many = `m.id in (select x.matter_id from request_repeat x where x.nth >= ?)`, `m.id in (select x.matter_id from request_repeat x where x.people >= ?)`
	switch f.Repeat {
	case "again":
		w.add(again, s.Int("repeat.times", repeatTimes))
	case "many":
		w.add(many, s.Int("repeat.people", repeatPeople))
	default:
		w.add(`(`+again+` or `+many+`)`, s.Int("repeat.times", repeatTimes), s.Int("repeat.people", repeatPeople))
	}
	return nil
}
