package command

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/locale"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sheet"
)

const deadlineHelp = `gongzhi deadline explain --profile P --calendar DIR --start T [--stops FILE] --json

counts the dates that a profile of time limits gives, and tells every day or hour that was counted or was not.

  --profile   a profile that comes with the program (gongzhi deadline profiles lists them), a JSON file of that form, or a
              bare limit: 5wd working days, 60cd calendar days, 3mo months, 24h and 90min on the clock, 4wh duty hours;
              with a + behind it a last day that is no working day moves to the next one
  --calendar  a folder, or a file, of holidays: {"year": 2024, "days": [{"name", "date", "isOffDay"}]}
  --start     2024-02-05T09:30:00+08:00, or 2024-02-05 09:30 by the city's clock
  --stops     spans in which the clock stood still: JSON [{"from", "to", "reason"}] or a table with these columns; without an
              end it still stands
  --item      only this stage (handle, accept, …)      --type  only for this type (consult, help, complaint, …)
  --zone Asia/Shanghai   --close 18:00, the end of a working day   --hours 9:00-12:00,14:00-18:00, for duty hours   --lang zh|en
`

// deadline answers questions about dates.
func deadline(_ context.Context, e env, args []string) error {
	switch {
	case len(args) > 0 && args[0] == "explain":
		return explainDeadline(e, args[1:])
	case len(args) > 0 && args[0] == "profiles":
		list, err := catalog.LimitProfiles()
		if err != nil {
			return err
		}
		return e.answer(list)
	}
	fmt.Fprint(e.err, deadlineHelp)
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "--help"}, args[0]) {
		return nil
	}
	return fmt.Errorf("no command %q: gongzhi deadline explain|profiles", args[0])
}

// dated is one date of an answer.
type dated struct {
	Item        string      `json:"item"`
	Applies     string      `json:"applies_to,omitempty"`
	Types       []string    `json:"types,omitempty"`
	Limit       string      `json:"limit"`
	From        string      `json:"from"`
	Due         *string     `json:"due"`         // null while the clock stands still
	Provisional bool        `json:"provisional"` // lies in a year whose holidays are not there
	Source      string      `json:"source"`
	Statutory   bool        `json:"statutory,omitempty"`
	Note        string      `json:"note,omitempty"`
	Counted     int         `json:"counted_days,omitempty"`
	Skipped     int         `json:"skipped_days,omitempty"`
	Summary     []string    `json:"summary"`
	Steps       []datedStep `json:"steps"`
}

type datedStep struct {
	Day     string  `json:"day,omitempty"`
	From    string  `json:"from,omitempty"`
	To      *string `json:"to,omitempty"`
	Counted bool    `json:"counted"`
	Why     string  `json:"why"`
	Name    string  `json:"name,omitempty"`
	Text    string  `json:"text"`
}

// question is one use of the command.
type question struct {
	city       *calendar.Calendar
	lang       locale.Lang
	start      time.Time
	stops      []calendar.Stop
	item, sort string
}

func explainDeadline(e env, args []string) error {
	fs := flag.NewFlagSet("gongzhi deadline explain", flag.ContinueOnError)
	fs.SetOutput(e.err)
	fs.Usage = func() { fmt.Fprint(e.err, deadlineHelp) }
	fs.Bool("json", true, "")
	profile, days, start, stops := fs.String("profile", "", ""), fs.String("calendar", "", ""), fs.String("start", "", ""), fs.String("stops", "", "")
	item, kind, lang := fs.String("item", "", ""), fs.String("type", "", ""), fs.String("lang", "zh", "")
	zone, end, hours := fs.String("zone", "Asia/Shanghai", ""), fs.String("close", "18:00", ""), fs.String("hours", "", "")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if *profile == "" || *start == "" || fs.NArg() > 0 {
		return errors.New("deadline explain needs --profile and --start and nothing else; --help tells how they are written")
	}
	q := question{item: *item, sort: *kind, lang: locale.Lang(*lang)}
	var err error
	if q.city, err = cityOf(*zone, *end, *hours, *days); err != nil {
		return err
	}
	if q.start, err = moment(*start, q.city.Zone); err != nil {
		return fmt.Errorf("--start: %w", err)
	}
	if q.stops, err = readStops(*stops, q.city.Zone); err != nil {
		return err
	}
	profiles, err := profilesOf(*profile)
	if err != nil {
		return err
	}
	return e.answer(q.answer(profiles))
}

// cityOf is the calendar that the flags describe.
func cityOf(zone, end, hours, days string) (*calendar.Calendar, error) {
	c := &calendar.Calendar{}
	var err error
	if c.Zone, err = time.LoadLocation(zone); err != nil {
		return nil, fmt.Errorf("--zone: %w", err)
	}
	h, ok := calendar.ParseHours("0:00-" + end)
	if !ok {
		return nil, fmt.Errorf("--close %q: write it as 18:00", end)
	}
	c.Close = h.Spans[0].To
	if hours != "" {
		if c.Hours, ok = calendar.ParseHours(hours); !ok {
			return nil, fmt.Errorf("--hours %q: write them as 9:00-12:00,14:00-18:00", hours)
		}
	}
	if days == "" {
		return c, nil
	}
	return c, readDays(c, days)
}

// readDays takes over the holidays of a file or of all files of a folder.
func readDays(c *calendar.Calendar, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("--calendar: %w", err)
	}
	files := []string{path}
	if info.IsDir() {
		if files, err = filepath.Glob(filepath.Join(path, "*.json")); err != nil {
			return err
		}
		if len(files) == 0 {
			return fmt.Errorf("--calendar: %s has no file of holidays (*.json)", path)
		}
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		_, days, err := calendar.ReadYear(text)
		if err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
		c.Add(days)
	}
	return nil
}

// moment reads a time, by the city's clock when it names no zone.
func moment(s string, zone *time.Location) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	for _, form := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(form, s, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q: write a time as 2024-02-05T09:30:00+08:00 or 2024-02-05 09:30", s)
}

// readStops reads the spans in which a clock stood still.
func readStops(path string, zone *time.Location) ([]calendar.Stop, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--stops: %w", err)
	}
	var rows []struct{ From, To, Reason string }
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("[")) {
		if err := json.Unmarshal(text, &rows); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	} else if err := readTable(path, []string{"from", "to"}, func(r sheet.Row) error {
		rows = append(rows, struct{ From, To, Reason string }{r.Get("from"), r.Get("to"), r.Get("reason")})
		return nil
	}); err != nil {
		return nil, err
	}
	var out []calendar.Stop
	for i, r := range rows {
		s := calendar.Stop{Reason: r.Reason}
		if s.From, err = moment(r.From, zone); err != nil {
			return nil, fmt.Errorf("%s, stop %d, from: %w", path, i+1, err)
		}
		if r.To != "" {
			if s.To, err = moment(r.To, zone); err != nil {
				return nil, fmt.Errorf("%s, stop %d, to: %w", path, i+1, err)
			}
			if s.To.Before(s.From) {
				return nil, fmt.Errorf("%s, stop %d: it ends before it begins", path, i+1)
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// profilesOf are the profiles of a name, of a file, or of a bare limit.
func profilesOf(name string) ([]catalog.LimitProfile, error) {
	if _, ok := calendar.ParseLimit(name); ok {
		return []catalog.LimitProfile{{Profile: name, Rules: []catalog.ProfileRule{{Stage: "handle", Limit: name}}}}, nil
	}
	known, err := catalog.LimitProfiles()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, p := range known {
		if p.Profile == name || p.Name == name {
			return []catalog.LimitProfile{p}, nil
		}
		names = append(names, p.Profile)
	}
	text, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("--profile %q is no file, no limit and none of %s", name, strings.Join(names, ", "))
	}
	if err != nil {
		return nil, err
	}
	out, err := catalog.ReadLimitProfiles(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return out, nil
}

// explained is the whole answer. Its date is that of the first limit for
// handling, else of the first.
type explained struct {
	Profile string     `json:"profile"`
	Name    string     `json:"name,omitempty"`
	Source  string     `json:"source,omitempty"`
	Note    string     `json:"note,omitempty"`
	Zone    string     `json:"zone"`
	Close   string     `json:"close"`
	Known   int        `json:"known_until_year"`
	Start   string     `json:"start"`
	Stops   []datedGap `json:"stops,omitempty"`
	Due     *string    `json:"due"`
	Limits  []dated    `json:"limits"`
}

type datedGap struct {
	From   string  `json:"from"`
	To     *string `json:"to"`
	Reason string  `json:"reason,omitempty"`
}

func (q *question) answer(profiles []catalog.LimitProfile) explained {
	out := explained{Zone: q.city.Zone.String(), Close: clockWord(q.city.Close), Known: q.city.Known, Start: q.time(q.start), Limits: []dated{}}
	for _, s := range q.stops {
		out.Stops = append(out.Stops, datedGap{q.time(s.From), q.maybe(s.To), s.Reason})
	}
	for _, p := range profiles {
		out.Profile, out.Name, out.Source, out.Note = p.Profile, p.Name, p.Source, p.Note
		for _, r := range p.Rules {
			if (q.item == "" || q.item == r.Stage) && (q.sort == "" || len(r.Types) == 0 || slices.Contains(r.Types, q.sort)) {
				out.Limits = append(out.Limits, q.date(p, r))
			}
		}
	}
	main := slices.IndexFunc(out.Limits, func(d dated) bool { return d.Item == "handle" })
	if main < 0 && len(out.Limits) > 0 {
		main = 0
	}
	if main >= 0 {
		out.Due = out.Limits[main].Due
	}
	return out
}

func (q *question) date(p catalog.LimitProfile, r catalog.ProfileRule) dated {
	l, _ := calendar.ParseLimit(r.Limit) // a profile that was read has none that cannot be
	due, steps, ok := q.city.Count(q.start, l, q.stops)
	d := dated{Item: r.Stage, Applies: r.Applies, Types: r.Types, Limit: l.String(), From: cmp.Or(r.From, "dispatch"), Source: cmp.Or(r.Source, p.Source), Statutory: r.Statutory,
		Summary: show.Steps(q.lang, q.city.Zone, steps), Steps: []datedStep{}}
	if r.KindOpen {
		d.Note = locale.T(q.lang, "calendar.kind_open")
	}
	if ok {
		d.Due, d.Provisional = q.maybe(due), q.city.Provisional(due)
	}
	counted := 0
	for _, s := range steps {
		if s.Counted {
			counted++
		}
		x := datedStep{Counted: s.Counted, Why: s.Why, Name: s.Name, Text: show.Step(q.lang, q.city.Zone, s, counted)}
		if s.From.IsZero() {
			x.Day = string(s.Day)
			if d.Counted = counted; !s.Counted {
				d.Skipped++
			}
		} else {
			x.From, x.To = q.time(s.From), q.maybe(s.To)
		}
		d.Steps = append(d.Steps, x)
	}
	return d
}

func (q *question) time(t time.Time) string { return t.In(q.city.Zone).Format(time.RFC3339) }

func (q *question) maybe(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := q.time(t)
	return &s
}

func clockWord(d time.Duration) string {
	return strconv.Itoa(int(d.Hours())) + ":" + fmt.Sprintf("%02d", int(d.Minutes())%60)
}
