package content

import (
	"slices"
	"strings"
)

// Units named by the place instead of by code.
const (
	OfStreet    = "@street"    // the 街道办事处 of the place
	OfDistrict  = "@district"  // the 区政府 of the place
	OfCommunity = "@community" // the 居民委员会 of the place: assists only, within the list
	OfBureau    = "@bureau:"   // followed by a bureau's code: that bureau of the place's district
)

// Duty is one line of the duty list: who leads and who assists for a category
// in a place.
type Duty struct {
	Category string   `json:"category"` // a code, or the beginning of one
	Place    *Scope   `json:"place,omitempty"`
	Lead     string   `json:"lead"` // unit code or one of the @ words
	Assists  []Assist `json:"assist,omitempty"`
	Reason   string   `json:"reason"`
	From     string   `json:"from,omitempty"`  // first day in force, 2026-03-01; empty means always
	Until    string   `json:"until,omitempty"` // last day in force
}

// Scope limits a duty to some places; what is empty does not limit.
type Scope struct {
	Estate   *bool  `json:"estate,omitempty"`   // inside (true) or outside (false) an estate's walls
	Facility string `json:"facility,omitempty"` // at a facility of this kind: park, school, hospital …
	Area     string `json:"area,omitempty"`     // a district, street or community code
}

// Assist is a unit that helps the lead, with a limit and a task of its own.
type Assist struct {
	Unit  string `json:"unit"`
	Limit Limit  `json:"limit"`
	Task  string `json:"task"`
}

// Community is one line of the list of what a community may be asked to do.
// Anything a community is asked for outside these lines is refused.
type Community struct {
	Code     string `json:"code"`
	Name     string `json:"name"`
	Kind     string `json:"kind"`     // "statutory" 依法履职, "assist" 依法协助
	Category string `json:"category"` // a code, or the beginning of one
	Task     string `json:"task"`     // what exactly may be asked
	Not      string `json:"not"`      // what may not
}

// Spot is what is known of a place when a duty is looked for.
type Spot struct {
	Estate   bool
	Facility string
	Areas    []string // its district, street and community codes
}

// Resolve finds the duty for a category in a place on a day (2026-11-23; empty
// for no matter which): the closest category first, then the rule that says
// more about the place.
func (c *City) Resolve(category string, s Spot, day string) (Duty, bool) {
	best, score := Duty{}, -1
	for _, d := range c.Duties {
		if !strings.HasPrefix(category, d.Category) || !d.Place.covers(s) || !d.inForce(day) {
			continue
		}
		if n := len(d.Category)*10 + d.Place.weight(); n > score {
			best, score = d, n
		}
	}
	return best, score >= 0
}

func (d Duty) inForce(day string) bool {
	return day == "" || (d.From <= day && (d.Until == "" || day <= d.Until))
}

func (p *Scope) covers(s Spot) bool {
	if p == nil {
		return true
	}
	if p.Estate != nil && *p.Estate != s.Estate {
		return false
	}
	if p.Facility != "" && p.Facility != s.Facility {
		return false
	}
	return p.Area == "" || slices.Contains(s.Areas, p.Area)
}

func (p *Scope) weight() int {
	n := 0
	if p == nil {
		return n
	}
	if p.Estate != nil {
		n++
	}
	if p.Facility != "" {
		n += 2
	}
	if p.Area != "" {
		n += 4
	}
	return n
}

// MayAsk lists the lines that let a community be asked for this category.
func (c *City) MayAsk(category string) []Community {
	var lines []Community
	for _, line := range c.Communities {
		if strings.HasPrefix(category, line.Category) {
			lines = append(lines, line)
		}
	}
	return lines
}
