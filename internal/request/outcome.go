package request

import (
	"fmt"
	"strconv"
	"time"
)

// ranShares are the spans of Filter.Ran in per cent of the promised time.
var ranShares = map[string][2]int64{"half": {-1, 50}, "most": {50, 80}, "last": {80, 100}}

// clockStopped are the open states in which nobody owes the resident an answer
// now: he has it, or is asked for more, or the request is held with approval.
const clockStopped = `('replied', 'to_callback', 'waiting', 'on_hold')`

// RanSQL says which span of Filter.Ran an open matter m lies in, "over" past its
// date, "" without one or while its clock stands still. It is for grouped
// counts; now is the number of its argument.
func RanSQL(now int) string {
	return fmt.Sprintf(`case when m.due_at is null or m.state in `+clockStopped+` then '' when m.due_at < $%[1]d then 'over'
		when ($%[1]d - m.opened_at) * 100 <= (m.due_at - m.opened_at) * 50 then 'half'
		when ($%[1]d - m.opened_at) * 100 <= (m.due_at - m.opened_at) * 80 then 'most' else 'last' end`, now)
}

// Promised are the lead tasks whose date is a promise that was to be kept: not
// those that were returned, or released because they were no longer needed.
const Promised = `t.role = 'lead' and t.state not in ('returned', 'released')`

// BrokenSQL says of a task t that its date was not kept. now is the number of
// its argument.
func BrokenSQL(now int) string { return fmt.Sprintf(`coalesce(t.done_at, $%d) > t.due_at`, now) }

func (f Filter) outcome(w *where, now time.Time) {
	span(w, `m.closed_at`, f.ClosedFrom, f.ClosedTo)
	if s, ok := ranShares[f.Ran]; ok {
		w.add(`m.open and m.due_at >= ? and m.state not in `+clockStopped, now.UnixMicro())
		w.add(`(? - m.opened_at) * 100 > (m.due_at - m.opened_at) * ?`, now.UnixMicro(), s[0])
		w.add(`(? - m.opened_at) * 100 <= (m.due_at - m.opened_at) * ?`, now.UnixMicro(), s[1])
	}
	if f.Ran == "none" {
		w.add(`m.open and (m.due_at is null or m.state in ` + clockStopped + `)`)
	}
	switch f.Solved {
	case "":
	case "any":
		w.add(`r.solved <> ''`)
	default:
		w.add(`r.solved = ?`, f.Solved)
	}
	if !f.DueFrom.IsZero() && !f.DueTo.IsZero() {
		f.promise(w, now)
	}
	f.rated(w)
	f.accepted(w, now)
	if f.Contacted {
		w.add(`exists (select 1 from matter_event e where e.matter_id = m.id and e.name = 'contacted' and e.body like '%"reached"%')`)
	}
	if f.Extended {
		w.add(`m.id in (select p.matter_id from request_plea p where p.kind = 'extension' and p.state = 'granted')`)
	}
}

// The levels of satisfaction: 5 very satisfied, 4 satisfied, 3 basically, 2 and
// 1 not.
var ratings = map[string]string{"any": `r.rating > 0`, "good": `r.rating >= 4`, "fair": `r.rating >= 3`, "bad": `r.rating between 1 and 2`,
	"asked": `(r.rating > 0 or exists (select 1 from matter_event e where e.matter_id = m.id and e.name = 'closed' and e.body like '%"unreachable"%'))`}

func (f Filter) rated(w *where) {
	if cond, ok := ratings[f.Rated]; ok {
		w.add(cond)
	}
}

// accepted narrows to requests with a lead task, by how soon each was accepted.
// One that is not accepted yet is late when its time is over.
func (f Filter) accepted(w *where, now time.Time) {
	const sent = `m.id in (select t.matter_id from request_task t where ` + Promised + `)`
	const late = `exists (select 1 from request_task t where t.matter_id = m.id and ` + Promised + ` and coalesce(t.accepted_at, t.done_at, ?) - t.sent_at > ?)`
	hours, err := strconv.ParseInt(f.Within, 10, 64)
	switch {
	case f.Accepted == "any" || f.Accepted != "" && (err != nil || hours < 1 || hours > 10_000):
		w.add(sent)
	case f.Accepted == "yes":
		w.add(sent+` and not `+late, now.UnixMicro(), hours*int64(time.Hour/time.Microsecond))
	case f.Accepted == "no":
		w.add(late, now.UnixMicro(), hours*int64(time.Hour/time.Microsecond))
	}
}

// promise narrows to requests with a lead task due in the span. What is held
// with approval is not measured while it is held.
func (f Filter) promise(w *where, now time.Time) {
	const due = `select t.matter_id from request_task t where ` + Promised + ` and t.due_at >= ? and t.due_at < ?`
	w.add(`m.state <> 'on_hold' and m.id in (`+due+`)`, f.DueFrom.UnixMicro(), f.DueTo.UnixMicro())
	broken := due + ` and coalesce(t.done_at, ?) > t.due_at`
	switch f.Kept {
	case "no":
		w.add(`m.id in (`+broken+`)`, f.DueFrom.UnixMicro(), f.DueTo.UnixMicro(), now.UnixMicro())
	case "yes":
		w.add(`m.id not in (`+broken+`)`, f.DueFrom.UnixMicro(), f.DueTo.UnixMicro(), now.UnixMicro())
	}
}

func span(w *where, col string, from, to time.Time) {
	if !from.IsZero() {
		w.add(col+` >= ?`, from.UnixMicro())
	}
	if !to.IsZero() {
		w.add(col+` < ?`, to.UnixMicro())
	}
}
