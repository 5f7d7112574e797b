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

// explain counts the days again in front of the reader, and names each later
// move of the date with its event. days are the calendar's named exceptions.
func explain(p *casePage, days []catalog.Day) explanation {
	if p.O.DueAt.IsZero() {
		return explanation{}
	}
	t, has := lastLead(p.Tasks)
	var moves []shiftBody
	var at []time.Time
	for _, l := range p.Lines {
		if m, ok := shiftOf(l); ok && (!has || !l.At.Before(t.SentAt)) {
			moves, at = append(moves, m), append(at, l.At)
		}
	}
	first := p.O.DueAt
	if len(moves) > 0 {
		first = sqldb.FromMicros(moves[0].Was)
	}
	var x explanation
	x.begin(p, days, t, first)
	var more int64
	for i, m := range moves {
		x.move(p.Base, m, at[i])
		more += m.Days
	}
	if more > 0 {
		x.Short += p.T("handling.explain_short_more", more)
	}
	if p.Book.Calendar.Provisional(p.O.DueAt) {
		x.add(p.T("handling.explain_provisional"))
	}
	return x
}

func (x *explanation) add(step string) { x.Steps = append(x.Steps, step) }

// begin finds from which moment, by which limit the date was counted: the
// task's, the category's, the city's usual or a signal's, from receipt, dispatch or redo. When none of them
// gives the date, somebody set it, and that is said.
func (x *explanation) begin(p *casePage, days []catalog.Day, t request.Task, first time.Time) {
	from, limit, word := origin(p, t, first)
	if from.IsZero() {
		x.Short = p.T("handling.explain_set", p.Short(first))
		x.add(x.Short)
		return
	}
	cal, words := p.Book.Calendar, limitWord(p.Base, limit)
	if bySignal(p, limit) {
		x.add(p.T("handling.explain_signal", p.Alarm.Name, strings.Join(p.Alarm.Found, "”“"), words, p.Alarm.Rev))
		defer func() { x.Short = p.T("handling.explain_short_signal", x.Short, p.Alarm.Name) }()
	}
	x.add(p.T(word, p.DateTime(from), words))
	if limit.Unit == "h" {
		x.Short = words
		x.add(p.T("handling.explain_hours", p.Short(first)))
		return
	}
	worked, skipped := cal.Between(from, first)
	if limit.Unit == "cd" {
		x.Short = words
		x.add(p.T("handling.explain_calendar_days", worked+skipped, p.Short(first)))
		return
	}
	x.Short = p.T("handling.explain_short", words, skipped)
	x.add(p.T("handling.explain_next_day", worked, p.Short(first)))
	if skipped > 0 {
		x.add(p.T("handling.explain_skipped", skipped, skippedDays(p.Base, cal, days, from, first)))
	}
}

func origin(p *casePage, t request.Task, first time.Time) (from time.Time, limit calendar.Limit, word string) {
	sent := "handling.explain_from_dispatch"
	if t.Round > 0 {
		sent = "handling.explain_from_redo"
	}
	for _, l := range []calendar.Limit{t.Limit, usual(p), p.Alarm.Limit} {
		switch {
		case l.N == 0:
		case p.Book.Calendar.Due(p.O.OpenedAt, l).Equal(first):
			return p.O.OpenedAt, l, "handling.explain_from_receipt"
		case p.Book.Calendar.Due(t.SentAt, l).Equal(first):
			return t.SentAt, l, sent
		}
	}
	return time.Time{}, calendar.Limit{}, ""
}

// usual is the limit without a signal: the category's, or the city's.
func usual(p *casePage) calendar.Limit {
	if c, ok := p.Book.Tree.Find(p.O.Category); ok && c.Limit.N > 0 {
		return c.Limit
	}
	return calendar.Limit{N: p.Book.Settings.Int("default.limit", 5), Unit: "wd"}
}

// bySignal reports whether a signal of danger set the limit, and not the
// category, whose limit may be as short.
func bySignal(p *casePage, l calendar.Limit) bool {
	return p.Alarm.Signal != "" && l == p.Alarm.Limit && l != usual(p)
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
