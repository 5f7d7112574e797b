package request

import (
	"fmt"
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
