// Package content is the working data of 云泽市, a fictional city: its units
// and staff, categories, duty list, texts, knowledge, calendar, and the phrases
// from which a year of requests can be generated. All of it is plain files
// under data/, written for this product and readable by an official.
package content

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
)

//go:embed data
var files embed.FS

// City is everything the files say. Load builds it; nothing changes it later,
// so one value may be shared by any number of readers.
type City struct {
	Units       []Unit      // city-wide units, a parent always before its children
	Bureaus     []Bureau    // offices that every district has
	Staff       []Staff     // people with an account
	Categories  []Category  // the whole tree, a parent always before its children
	Duties      []Duty      // category × place → lead and assisting units
	Communities []Community // what a community may be asked to do; all else is refused
	Templates   []Template  // replies and text modules for the desk
	Messages    []Message   // words sent to residents when something happens
	Refusals    []Refusal   // the lawful reasons not to dispatch
	Knowledge   []Entry     // short answers for the desk and the public
	Days        []Day       // holidays and make-up working days

	phrases  map[string]phrases // by leaf code
	common   common
	pools    map[string][]string // by hole name
	mix      mix
	category map[string]int // code → index in Categories
	unit     map[string]int // code → index in Units
}

// Load reads the embedded files.
func Load() (*City, error) {
	c := &City{phrases: map[string]phrases{}}
	steps := []struct {
		pattern string
		into    func(string) error
	}{
		{"units.json", read(&c.Units)},
		{"bureaus.json", read(&c.Bureaus)},
		{"staff.json", read(&c.Staff)},
		{"categories/*.json", c.readCategories},
		{"duty.json", read(&c.Duties)},
		{"community.json", read(&c.Communities)},
		{"texts.json", read(&c.Templates)},
		{"messages.json", read(&c.Messages)},
		{"refusals.json", read(&c.Refusals)},
		{"knowledge.json", read(&c.Knowledge)},
		{"holidays.json", read(&c.Days)},
		{"phrases/*.json", c.readPhrases},
		{"common/*.json", into(&c.common)},
		{"pools.json", into(&c.pools)},
		{"mix.json", into(&c.mix)},
	}
	for _, s := range steps {
		names, err := fs.Glob(files, path.Join("data", s.pattern))
		if err != nil {
			return nil, err
		}
		if len(names) == 0 {
			return nil, fmt.Errorf("content: no file for %s", s.pattern)
		}
		for _, name := range names { // sorted by name, so the order is the same for everyone
			if err := s.into(name); err != nil {
				return nil, fmt.Errorf("content: %s: %w", name, err)
			}
		}
	}
	c.index()
	return c, nil
}

// read returns a step that appends a file's list to the one given.
func read[T any](list *[]T) func(string) error {
	return func(name string) error {
		var rows []T
		if err := decode(name, &rows); err != nil {
			return err
		}
		*list = append(*list, rows...)
		return nil
	}
}

// into returns a step that reads a file into one value.
func into(value any) func(string) error {
	return func(name string) error { return decode(name, value) }
}

func (c *City) readPhrases(name string) error {
	var rows []phrases
	if err := decode(name, &rows); err != nil {
		return err
	}
	for _, p := range rows {
		if _, twice := c.phrases[p.Code]; twice {
			return fmt.Errorf("phrases for %s are written twice", p.Code)
		}
		c.phrases[p.Code] = p
	}
	return nil
}

// decode refuses unknown fields: a misspelt name in a data file would
// otherwise be lost without a word.
func decode(name string, into any) error {
	f, err := files.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	d := json.NewDecoder(f)
	d.DisallowUnknownFields()
	return d.Decode(into)
}

func (c *City) index() {
	c.unit = make(map[string]int, len(c.Units))
	for i, u := range c.Units {
		c.unit[u.Code] = i
	}
	c.category = make(map[string]int, len(c.Categories))
	for i, k := range c.Categories {
		c.category[k.Code] = i
	}
}
