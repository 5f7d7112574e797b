package handling

import (
	"encoding/json"
	"strings"
	"time"

	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// explanation says how the deadline came about, step by step, and in one line.
type explanation struct {
	Short string
	Steps []string
}

// explain counts the days of the last lead task again, in front of the reader,
// and names each later move of the date with its event.
func explain(b page.Base, cal *calendar.Calendar, days []catalog.Day, o *request.Order, tasks []request.Task, lines []request.Line) explanation {
	if o.DueAt.IsZero() {
		return explanation{}
	}
	t, has := lastLead(tasks)
	var moves []shiftBody
	var at []time.Time
	for _, l := range lines {
		if m, ok := shiftOf(l); ok && (!has || !l.At.Before(t.SentAt)) {
			moves, at = append(moves, m), append(at, l.At)
		}
	}
	first := o.DueAt
	if len(moves) > 0 {
		first = sqldb.FromMicros(moves[0].Was)
	}
	var x explanation
	x.begin(b, cal, days, o, t, has, first)
	var more int64
	for i, m := range moves {
		x.move(b, m, at[i])
		more += m.Days
	}
	if more > 0 {
		x.Short += b.T("handling.explain_short_more", more)
	}
	if cal.Provisional(o.DueAt) {
		x.add(b.T("handling.explain_provisional"))
	}
	return x
}

func (x *explanation) add(step string) { x.Steps = append(x.Steps, step) }

// begin finds from which moment the limit was counted. When neither the
// request's nor the task's gives the date, somebody set it, and that is said.
func (x *explanation) begin(b page.Base, cal *calendar.Calendar, days []catalog.Day, o *request.Order, t request.Task, has bool, first time.Time) {
	var from time.Time
	word := ""
	switch {
	case has && cal.Due(o.OpenedAt, t.Limit).Equal(first):
		from, word = o.OpenedAt, "handling.explain_from_receipt"
	case has && cal.Due(t.SentAt, t.Limit).Equal(first):
		from, word = t.SentAt, "handling.explain_from_dispatch"
		if t.Round > 0 {
			word = "handling.explain_from_redo"
		}
	default:
		x.Short = b.T("handling.explain_set", b.Short(first))
		x.add(x.Short)
		return
	}
	limit := limitWord(b, t.Limit)
	x.add(b.T(word, b.DateTime(from), limit))
	if t.Limit.Unit == "h" {
		x.Short = limit
		x.add(b.T("handling.explain_hours", b.Short(first)))
		return
	}
	worked, skipped := cal.Between(from, first)
	x.Short = b.T("handling.explain_short", limit, skipped)
	x.add(b.T("handling.explain_next_day", worked, b.Short(first)))
	if list := skippedDays(b, cal, days, from, first); skipped > 0 && t.Limit.Unit == "wd" {
		x.add(b.T("handling.explain_skipped", skipped, list))
	}
}

// skippedDays names the days that were not counted: weekends and holidays, and
// the weekend days that were worked are counted and so not among them.
func skippedDays(b page.Base, cal *calendar.Calendar, days []catalog.Day, from, to time.Time) string {
	names := map[calendar.Day]string{}
	for _, d := range days {
		names[calendar.Day(d.Day)] = d.Name
	}
	var out []string
	for day := from; cal.DayOf(day) < cal.DayOf(to) && len(out) < 20; {
		day = day.AddDate(0, 0, 1)
		if cal.Working(day) {
			continue
		}
		word := b.Day(day)
		if n := names[cal.DayOf(day)]; n != "" && b.Lang == locale.ZH {
			word += n
		}
		out = append(out, word)
	}
	return strings.Join(out, b.T("handling.list_comma"))
}

func (x *explanation) move(b page.Base, m shiftBody, at time.Time) {
	due := b.Short(sqldb.FromMicros(m.Due))
	if m.Reason == "extension" {
		x.add(b.T("handling.explain_extension", b.Day(at), m.Days, due))
		return
	}
	from, to := sqldb.FromMicros(m.From), sqldb.FromMicros(m.To)
	stood := locale.Span(b.Lang, to.Sub(from))
	switch {
	case m.Was == m.Due:
		x.add(b.T("handling.explain_pause_same_day", b.Short(from), b.Short(to), stood))
	case m.Days == 0:
		x.add(b.T("handling.explain_pause_clock", b.Short(from), b.Short(to), stood, due))
	default:
		x.add(b.T("handling.explain_pause", b.Short(from), b.Short(to), stood, m.Days, due))
	}
}

// shiftOf is the moved date that a line tells of.
func shiftOf(l request.Line) (shiftBody, bool) {
	var m shiftBody
	if l.Name != request.DeedResumed && l.Name != request.DeedExtensionGranted {
		return m, false
	}
	return m, json.Unmarshal([]byte(l.Body), &m) == nil && m.Was != 0
}

func lastLead(tasks []request.Task) (request.Task, bool) {
	for i := len(tasks) - 1; i >= 0; i-- {
		if tasks[i].Lead {
			return tasks[i], true
		}
	}
	return request.Task{}, false
}

// limitWord is a limit in words: 5个工作日.
func limitWord(b page.Base, l calendar.Limit) string {
	if l.N == 0 {
		return b.T("handling.limit_none")
	}
	return b.T("handling.limit_"+l.Unit, l.N)
}

// check is one thing to look at before answering.
type check struct {
	OK   bool
	Text string
}

// checks are the things a reviewer will look for. They remind; none forbids.
func checks(b page.Base, o *request.Order, tasks []request.Task, lines []request.Line) []check {
	if o.State != request.InProgress {
		return nil
	}
	var contacted, photos bool
	waits := ""
	for _, l := range lines {
		contacted = contacted || l.Name == request.DeedContacted && strings.Contains(l.Body, `"reached"`)
		photos = photos || l.Seq > 1 && len(l.Files) > 0
	}
	for _, t := range tasks {
		if !t.Lead && t.Open {
			waits = t.UnitName
		}
	}
	out := []check{{contacted, choose(b, contacted, "handling.check_contacted", "handling.check_not_contacted")}}
	if waits != "" {
		out = append(out, check{false, b.T("handling.check_assist_open", waits)})
	}
	return append(out, check{photos, choose(b, photos, "handling.check_photos", "handling.check_no_photos")})
}

func choose(b page.Base, yes bool, key, otherwise string) string {
	if yes {
		return b.T(key)
	}
	return b.T(otherwise)
}
