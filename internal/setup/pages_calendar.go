package setup

import (
	"net/http"
	"strconv"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// CalendarPage shows a year month by month, with its holidays and worked
// weekends.
type CalendarPage struct {
	page.Base
	Can      bool
	Year     int
	Years    []page.Segment
	Months   []Month
	Days     []Exception
	Known    bool
	Off      int
	Weekdays []string
}

// Month is a month in weeks; days of other months are zero.
type Month struct {
	Name  string
	Weeks [][7]Square
}

// Square is one day: N is 0 where the week belongs to another month.
type Square struct {
	N    int
	Kind string // "", weekend, rest, work
	Name string
	Path string
}

// Exception is one day that is not as its weekday.
type Exception struct {
	Day, Words, Kind, Name, Path string
}

func (s *Service) calendarPage(w http.ResponseWriter, r *http.Request) error {
	q, err := web.Query(r)
	if err != nil {
		return err
	}
	p := CalendarPage{Base: s.Base(w, r, "setup.days"), Can: actor.Allowed(actor.From(r.Context()), "setup.city")}
	zone := s.Catalog.Book().Calendar.Zone
	this := p.Now.In(zone).Year()
	if p.Year = q.Int("year"); p.Year < this-20 || p.Year > this+20 {
		p.Year = this
	}
	for y := this - 1; y <= this+1; y++ {
		p.Years = append(p.Years, page.Segment{Label: p.T("setup.year", strconv.Itoa(y)), Path: p.With("year", strconv.Itoa(y)), Count: -1, Current: y == p.Year})
	}
	err = s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		days, err := catalog.Days(tx)
		if err != nil {
			return err
		}
		settings, err := catalog.LoadSettings(tx)
		p.Known = settings.Int("calendar.known", 0) >= p.Year
		p.draw(days)
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, calendarPage(p))
}

func (p *CalendarPage) draw(days []catalog.Day) {
	by := map[string]catalog.Day{}
	for _, d := range days {
		if d.Day[:4] != strconv.Itoa(p.Year) {
			continue
		}
		by[d.Day] = d
		t, _ := time.Parse(time.DateOnly, d.Day)
		kind := dayRecord(d)["worked"]
		if kind == "rest" {
			p.Off++
		}
		p.Days = append(p.Days, Exception{d.Day, p.Day(t.Add(12 * time.Hour)), kind, d.Name, p.dayPath(d.Day)})
	}
	for wd := range 7 {
		p.Weekdays = append(p.Weekdays, p.T("setup.weekday_"+strconv.Itoa(wd)))
	}
	for m := time.January; m <= time.December; m++ {
		p.Months = append(p.Months, p.month(m, by))
	}
}

func (p *CalendarPage) dayPath(day string) string { return p.URL("/setup/data/days/entry/" + day) }

// month lays a month out in weeks that begin on Monday.
func (p *CalendarPage) month(m time.Month, by map[string]catalog.Day) Month {
	out := Month{Name: p.T("setup.month_" + strconv.Itoa(int(m)))}
	first := time.Date(p.Year, m, 1, 0, 0, 0, 0, time.UTC)
	var week [7]Square
	at := (int(first.Weekday()) + 6) % 7
	for d := first; d.Month() == m; d = d.AddDate(0, 0, 1) {
		week[at] = p.square(d, by)
		if at++; at == 7 {
			out.Weeks, week, at = append(out.Weeks, week), [7]Square{}, 0
		}
	}
	if at > 0 {
		out.Weeks = append(out.Weeks, week)
	}
	return out
}

func (p *CalendarPage) square(d time.Time, by map[string]catalog.Day) Square {
	q := Square{N: d.Day()}
	day := d.Format(time.DateOnly)
	x, special := by[day]
	switch {
	case special:
		q.Kind, q.Name, q.Path = dayRecord(x)["worked"], x.Name, p.dayPath(day)
	case d.Weekday() == time.Saturday || d.Weekday() == time.Sunday:
		q.Kind = "weekend"
	}
	if !special && p.Can {
		q.Path = p.URL("/setup/data/days/new?day=" + day)
	}
	return q
}
