package handling

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
)

// explanation says how the deadline came about, step by step, and in one line.
type explanation struct {
	Short string
	Steps []string
}

// explain counts the days again in front of the reader, and names each later
// move of the date with its event.
func explain(p *casePage) explanation {
	if p.O.DueAt.IsZero() {
		return explanation{}
	}
	t, has := lastLead(p.Tasks)
	var moves []request.Shift
	for _, l := range p.Lines {
		if m, ok := shiftOf(l); ok && (!has || !l.At.Before(t.SentAt)) {
			moves = append(moves, m)
		}
	}
	var x explanation
	x.begin(p, t, moves)
	var more int64
	for _, m := range moves {
		x.move(p.Base, m)
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
func (x *explanation) begin(p *casePage, t request.Task, moves []request.Shift) {
	from, limit, word := origin(p, t, moves)
	if from.IsZero() {
		first := p.O.DueAt
		if len(moves) > 0 {
			first = sqldb.FromMicros(moves[0].Was)
		}
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
	if rule := ruleOf(p, from, limit); rule.Code != "" {
		x.add(p.T("handling.explain_rule", cmp.Or(rule.Applies, rule.Code), cmp.Or(rule.Source, p.T("handling.explain_own"))))
	}
	due, steps, _ := cal.Count(from, limit, nil)
	x.Steps = append(x.Steps, show.Steps(p.Lang, cal.Zone, steps)...)
	x.add(p.T("handling.explain_until", p.Short(due)))
	x.Short = words
	if skipped := rest(steps); skipped > 0 && limit.Unit == calendar.WorkingDays {
		x.Short = p.T("handling.explain_short", words, skipped)
	}
}

// rest is how many days were skipped because nobody works.
func rest(steps []calendar.Step) (n int) {
	for _, s := range steps {
		if s.Why == calendar.Weekend || s.Why == calendar.Holiday {
			n++
		}
	}
	return n
}

// ruleOf is the city's rule that gives the limit to what starts at a moment.
func ruleOf(p *casePage, from time.Time, l calendar.Limit) catalog.LimitRule {
	x := p.Book.Allow(catalog.LimitCase{Type: p.O.Type, Category: p.O.Category, Urgency: p.O.Urgency}, from)
	if x.Limit != l {
		return catalog.LimitRule{}
	}
	return x.Rule
}

func origin(p *casePage, t request.Task, moves []request.Shift) (from time.Time, limit calendar.Limit, word string) {
	sent := "handling.explain_from_dispatch"
	if t.Round > 0 {
		sent = "handling.explain_from_redo"
	}
	for _, l := range []calendar.Limit{t.Limit, usual(p), p.Alarm.Limit} {
		switch {
		case l.N == 0:
		case begins(p, l, p.O.OpenedAt, moves):
			return p.O.OpenedAt, l, "handling.explain_from_receipt"
		case begins(p, l, t.SentAt, moves):
			return t.SentAt, l, sent
		}
	}
	return time.Time{}, calendar.Limit{}, ""
}

// begins reports whether a limit that starts at from gives the first date; after
// the dates were counted anew, whether it gives the one in force with all that
// moved it.
func begins(p *casePage, l calendar.Limit, from time.Time, moves []request.Shift) bool {
	anew := slices.ContainsFunc(moves, func(m request.Shift) bool { return m.Reason == "recount" })
	switch {
	case anew:
		return replay(p.Book, &request.Clock{Moves: moves}, l, from, true).Equal(p.O.DueAt)
	case len(moves) > 0:
		return p.Book.Calendar.Due(from, l).Equal(sqldb.FromMicros(moves[0].Was))
	}
	return p.Book.Calendar.Due(from, l).Equal(p.O.DueAt)
}

// usual is the limit without a signal: by the city's rules.
func usual(p *casePage) calendar.Limit {
	return p.Book.Allow(catalog.LimitCase{Type: p.O.Type, Category: p.O.Category, Urgency: p.O.Urgency}, p.O.OpenedAt).Limit
}

// bySignal reports whether a signal of danger set the limit, and not the
// category, whose limit may be as short.
func bySignal(p *casePage, l calendar.Limit) bool {
	return p.Alarm.Signal != "" && l == p.Alarm.Limit && l != usual(p)
}

func (x *explanation) move(b page.Base, m request.Shift) {
	due := b.Short(sqldb.FromMicros(m.Due))
	switch m.Reason {
	case "extension":
		x.add(b.T("handling.explain_extension", b.Day(m.At), m.Days, due))
		return
	case "recount":
		x.add(b.T("handling.explain_recount", b.Day(m.At), b.Short(sqldb.FromMicros(m.Was)), due))
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
func shiftOf(l request.Line) (request.Shift, bool) {
	m := request.Shift{At: l.At}
	if l.Name != request.DeedResumed && l.Name != request.DeedExtensionGranted && l.Name != request.DeedRecounted {
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
	return show.Limit(b.Lang, l)
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
