package catalog

import (
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
)

// Allowed is how long something may take, and by what right.
type Allowed struct {
	Limit calendar.Limit
	By    string    // rule, category, usual, statute
	Rule  LimitRule // of a rule or a statute
}

// Allow is the limit for a case that starts at a moment: by the rule that names
// its category, else the category's own, else the rule for its urgency or type,
// else the city's usual one. A statutory limit that is longer goes before all of
// them (济南市12345市民服务热线条例 第二十四条第二项).
func (b *Book) Allow(c LimitCase, start time.Time) Allowed {
	c.Day = b.Calendar.DayOf(start)
	if c.Stage == "" {
		c.Stage = "handle"
	}
	out := b.allow(c)
	later := func(x, y calendar.Limit) bool { return b.Calendar.Due(start, x).After(b.Calendar.Due(start, y)) }
	if law, ok := b.Limits.Statute(c, later); ok && out.Rule.Code != law.Code && later(law.Limit, out.Limit) {
		return Allowed{law.Limit, "statute", law}
	}
	return out
}

func (b *Book) allow(c LimitCase) Allowed {
	rule, found := b.Limits.Find(c)
	if found && rule.Category != "" {
		return Allowed{rule.Limit, "rule", rule}
	}
	if k, ok := b.Tree.Find(c.Category); c.Stage == "handle" && ok && k.Limit.N > 0 {
		return Allowed{Limit: k.Limit, By: "category"}
	}
	if found {
		return Allowed{rule.Limit, "rule", rule}
	}
	if c.Stage != "handle" {
		return Allowed{}
	}
	return Allowed{Limit: calendar.Limit{N: b.Settings.Int("default.limit", 5), Unit: calendar.WorkingDays}, By: "usual"}
}

// Clock is the city's calendar with the duty hours of a unit, where it has such
// that can be read.
func (b *Book) Clock(u actor.Unit) *calendar.Calendar {
	if h, ok := calendar.ParseHours(u.Hours); ok {
		return b.Calendar.On(h)
	}
	return b.Calendar
}
