package request

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// texts are the fields of a filter that are plain words, by their name in an
// address; marks are those that are set or not; times those that are instants.
// One table serves reading and writing, so that a figure's link and the list it
// leads to cannot differ.
func (f *Filter) texts() map[string]*string {
	return map[string]*string{"open": &f.Open, "unit": &f.Unit, "task": &f.Task, "area": &f.Area, "type": &f.Type, "channel": &f.Channel,
		"urgency": &f.Urgency, "flag": &f.Flag, "q": &f.Text, "plea": &f.Plea, "takenby": &f.TakenBy, "source": &f.Source, "sort": &f.Sort,
		"returnedby": &f.ReturnedBy, "ran": &f.Ran, "kept": &f.Kept, "solved": &f.Solved, "repeat": &f.Repeat, "without": &f.Without, "excluded": &f.Excluded,
		"rated": &f.Rated, "sentto": &f.SentTo, "accepted": &f.Accepted, "within": &f.Within}
}

func (f *Filter) marks() map[string]*bool {
	return map[string]*bool{"overdue": &f.Overdue, "reopened": &f.Reopened, "returned": &f.Returned, "contacted": &f.Contacted, "extended": &f.Extended}
}

func (f *Filter) times() map[string]*time.Time {
	return map[string]*time.Time{"from": &f.From, "to": &f.To, "duebefore": &f.DueBefore, "closedfrom": &f.ClosedFrom, "closedto": &f.ClosedTo,
		"duefrom": &f.DueFrom, "dueto": &f.DueTo}
}

// last are the times that a person means to include when he names a day.
var last = []string{"to", "closedto", "dueto"}

// Query writes a filter as the query of an address. Midnights in the zone are
// written as days; the end of a span is written as its last day.
func (f Filter) Query(zone *time.Location) url.Values {
	q := url.Values{}
	for name, v := range f.texts() {
		if *v != "" {
			q.Set(name, *v)
		}
	}
	for name, v := range f.marks() {
		if *v {
			q.Set(name, "1")
		}
	}
	for name, v := range f.times() {
		if v.IsZero() {
			continue
		}
		q.Set(name, writeTime(v.In(zone), slices.Contains(last, name)))
	}
	for name, list := range map[string][]string{"states": f.States, "category": f.Categories} {
		if len(list) > 0 {
			q.Set(name, strings.Join(list, ","))
		}
	}
	return q
}

func writeTime(t time.Time, end bool) string {
	if t.Hour() != 0 || t.Minute() != 0 || t.Second() != 0 || t.Nanosecond() != 0 {
		return t.UTC().Format(time.RFC3339Nano)
	}
	if end {
		t = t.AddDate(0, 0, -1)
	}
	return t.Format(time.DateOnly)
}

// ParseFilter reads what Query wrote, or a person typed. What cannot be read
// does not narrow the list.
func ParseFilter(q url.Values, zone *time.Location) Filter {
	var f Filter
	for name, v := range f.texts() {
		*v = strings.TrimSpace(q.Get(name))
	}
	for name, v := range f.marks() {
		*v = q.Get(name) == "1" || q.Get(name) == "on"
	}
	for name, v := range f.times() {
		*v = readTime(q.Get(name), zone, slices.Contains(last, name))
	}
	f.States, f.Categories = words(q["states"]), words(q["category"])
	return f
}

func readTime(s string, zone *time.Location, end bool) time.Time {
	if t, err := time.ParseInLocation(time.DateOnly, s, zone); err == nil {
		if end {
			t = t.AddDate(0, 0, 1)
		}
		return t
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

func words(list []string) []string {
	var out []string
	for _, one := range list {
		for w := range strings.SplitSeq(one, ",") {
			if w = strings.TrimSpace(w); w != "" {
				out = append(out, w)
			}
		}
	}
	return out
}
