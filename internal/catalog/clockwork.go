package catalog

import "gongzhi/internal/calendar"

// Clockwork is all that the dates of a city are counted by, in a form that can be
// kept: with the former one it can be told which dates a change moves.
type Clockwork struct {
	Zone       string                `json:"zone"`
	Close      string                `json:"close"`
	Hours      string                `json:"hours"`
	Usual      string                `json:"usual"`
	Days       map[calendar.Day]bool `json:"days"`
	Limits     []LimitRule           `json:"limits"`
	Categories []clockCategory       `json:"categories"`
}

type clockCategory struct {
	Code   string         `json:"code"`
	Parent string         `json:"parent,omitempty"`
	Limit  calendar.Limit `json:"limit"`
}

// Clockwork is that of a book.
func (b *Book) Clockwork() Clockwork {
	c := Clockwork{Zone: b.Settings["city.zone"], Close: b.Settings["office.close"], Hours: b.Settings["office.hours"], Usual: b.Settings["default.limit"], Days: b.Calendar.Days,
		Limits: b.Limits.rules}
	for _, k := range b.Tree.All {
		c.Categories = append(c.Categories, clockCategory{k.Code, k.Parent, k.Limit})
	}
	return c
}

// Book can answer what dates are, and nothing else.
func (c Clockwork) Book() *Book {
	var all []Category
	for _, k := range c.Categories {
		all = append(all, Category{Code: k.Code, Parent: k.Parent, Limit: k.Limit})
	}
	b := &Book{Tree: NewTree(all), Settings: Settings{"city.zone": c.Zone, "office.close": c.Close, "office.hours": c.Hours, "default.limit": c.Usual}}
	b.Limits = NewLimits(c.Limits, b.Tree)
	b.Calendar = b.Settings.calendar()
	b.Calendar.Days = c.Days
	return b
}
