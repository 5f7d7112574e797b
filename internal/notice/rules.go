package notice

import (
	"slices"
	"strings"
	"time"

	"gongzhi/internal/catalog"
)

// Names of the settings of this package. See Rules.
const (
	SetOrder  = "notice.order"
	SetQuiet  = "notice.quiet." // + channel
	SetBudget = "notice.budget"
	SetKeep   = "notice.keep"
)

// Rules are what the city decides about telling people.
type Rules struct {
	Order  []string        // of channels, where a person has no wish
	Quiet  map[string]Span // by channel: when nobody is disturbed
	Budget int             // SMS to one number a day; 0 no bound
	Keep   time.Duration   // how long sending is tried
	Zone   *time.Location
}

// RulesOf reads them from the settings. WeChat first, because it costs nothing
// and is confirmed; then SMS, which reaches everybody; mail last.
func RulesOf(s catalog.Settings) Rules {
	r := Rules{Quiet: map[string]Span{}, Budget: s.Int(SetBudget, 10), Keep: time.Duration(s.Int(SetKeep, 48)) * time.Hour, Zone: s.Zone()}
	for _, name := range strings.Split(s[SetOrder], ",") {
		if name = strings.TrimSpace(name); slices.Contains(ChannelNames, name) && !slices.Contains(r.Order, name) {
			r.Order = append(r.Order, name)
		}
	}
	for _, name := range []string{WeChat, SMS, Mail} {
		if !slices.Contains(r.Order, name) {
			r.Order = append(r.Order, name)
		}
	}
	for name, initial := range map[string]string{SMS: "22:00-08:00", WeChat: "22:00-08:00", Mail: ""} {
		text, set := s[SetQuiet+name]
		if !set {
			text = initial
		}
		if span, ok := ParseSpan(text); ok {
			r.Quiet[name] = span
		}
	}
	return r
}

// Span is a time of the day, from one clock time to another, perhaps over
// midnight.
type Span struct{ From, To time.Duration }

// ParseSpan reads 22:00-08:00.
func ParseSpan(text string) (Span, bool) {
	a, b, ok := strings.Cut(strings.NewReplacer("—", "-", "–", "-", "－", "-", "～", "-", "~", "-", "：", ":", " ", "").Replace(text), "-")
	if !ok {
		return Span{}, false
	}
	from, e1 := time.Parse("15:04", a)
	to, e2 := time.Parse("15:04", b)
	if e1 != nil || e2 != nil || from.Equal(to) {
		return Span{}, false
	}
	clock := func(t time.Time) time.Duration {
		return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
	}
	return Span{clock(from), clock(to)}, true
}

// Until is when the span that t lies in ends, the zero time outside of it.
func (s Span) Until(t time.Time, zone *time.Location) time.Time {
	if s == (Span{}) {
		return time.Time{}
	}
	t = t.In(zone)
	y, m, d := t.Date()
	at := func(day int, clock time.Duration) time.Time {
		return time.Date(y, m, d+day, 0, int(clock/time.Minute), 0, 0, zone)
	}
	for _, day := range []int{-1, 0} { // the one that began yesterday, and today's
		from, to := at(day, s.From), at(day, s.To)
		if s.To <= s.From {
			to = at(day+1, s.To)
		}
		if !t.Before(from) && t.Before(to) {
			return to.UTC()
		}
	}
	return time.Time{}
}

// quietUntil is when a message may go out by a channel, zero at once.
func (r Rules) quietUntil(channel string, urgent bool, now time.Time) time.Time {
	if urgent {
		return time.Time{}
	}
	return r.Quiet[channel].Until(now, r.Zone)
}

// tomorrow is the beginning of the city's next day.
func (r Rules) tomorrow(now time.Time) time.Time {
	y, m, d := now.In(r.Zone).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, r.Zone).UTC()
}

func (r Rules) today(now time.Time) time.Time { return r.tomorrow(now).AddDate(0, 0, -1) }

// choose is the channel for a person: the one he wished, else the first of the
// city's order, among those that are open, lead to him and were not tried in
// vain. why says what was missing when there is none.
func (r Rules) choose(w Ways, open func(string) bool, tried []string) (channel, why string) {
	if w.Prefer == Nothing {
		return "", ReasonUnwanted
	}
	order := r.Order
	if w.Prefer != "" {
		order = append([]string{w.Prefer}, order...)
	}
	why = ReasonNoAddress
	for _, c := range order {
		if w.Person[c] == "" || slices.Contains(tried, c) {
			continue
		}
		if why = ReasonNoChannel; open(c) {
			return c, ""
		}
	}
	return "", why
}
