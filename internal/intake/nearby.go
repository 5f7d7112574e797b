package intake

import (
	"cmp"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/place/citymap"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// nearRow is a published request in a list.
type nearRow struct {
	Number    string
	Title     string
	Kind      string // how it stands: shape and word
	Word      string
	Unit      string
	Where     string
	Followers int64
	Metres    float64 // how far, -1 unknown
	At        time.Time
	Ruler     page.Ruler
	Open      bool
	Worded    bool // its words may be read
	Point     geo.Point
}

// nearRow shows of a request what is published.
func (s *Service) nearRow(b page.Base, r request.Row) nearRow {
	cal := s.Catalog.Book().Calendar
	n := nearRow{Number: r.Number, Title: request.Hide(r.Title), Unit: r.UnitName, Followers: r.Followers, Metres: -1, At: r.OpenedAt, Open: r.Open, Worded: r.Worded,
		Where: show.Where(s.Atlas.Atlas().Name(r.Area), request.Hide(r.Address)), Point: geo.Point{Lat: r.Lat, Lng: r.Lng}}
	if n.Title == "" {
		n.Title = b.T("intake.not_sorted")
	}
	n.Kind, n.Word = show.State(b, &r.Order)
	if r.Open {
		n.Ruler = show.Ruler(b, cal, &r.Order, r.Pauses, b.Now, false)
		if kind, word := show.Due(b, cal, &r.Order, b.Now); kind == "late" || kind == "due" {
			n.Kind, n.Word = kind, word
		}
	} else {
		n.At = r.ClosedAt
	}
	return n
}

// Day is when, to the day: the hour together with the place might name a person.
func (n nearRow) Day(b page.Base) string { return day(b, n.At) }

func day(b page.Base, t time.Time) string {
	zone := cmp.Or(b.Zone, time.UTC)
	today, that := b.Now.In(zone).Format(time.DateOnly), t.In(zone).Format(time.DateOnly)
	if today == that {
		return b.T("intake.today")
	}
	noon := func(d string) time.Time { // an age in whole days, by the words of every other list
		t, _ := time.ParseInLocation(time.DateOnly, d, zone)
		return t.Add(12 * time.Hour)
	}
	return locale.Ago(b.Lang, noon(that), noon(today), zone)
}

// Far says where and when: 40米 · 昨天 · 2人跟进.
func (n nearRow) Far(b page.Base) string {
	parts := []string{n.Where, n.Day(b)}
	if n.Metres >= 0 && n.Metres < 20 {
		parts[0] = b.T("intake.right_here")
	} else if n.Metres >= 0 {
		parts[0] = b.T("intake.metres", int(math.Round(n.Metres/10)*10))
	}
	if n.Followers > 0 {
		parts = append(parts, b.T("intake.followers", n.Followers))
	}
	return strings.Join(parts, " · ")
}

// nearbyPage is the list and the map of published requests: twins, of which each
// shows what the other does.
type nearbyPage struct {
	page.Base
	Rows      []nearRow
	Map       string // SVG
	Area      string
	Group     string
	Show      string // "" open, "done", "all"
	Since     string // days, "" whenever
	Text      string
	Districts []page.Option
	Streets   []page.Option
	Groups    []page.Option
	Pages     page.PageLinks
	Count     int64
	Squares   map[geo.Point]int64 // at people's homes, by square
	AtHome    int64
	Week      request.Week
	Problems  page.Problems
}

const nearbySize = 30

// sinces are the spans to choose from, in days.
var sinces = []string{"7", "30", "90", "365"}

// doneStates are those in which an answer stands.
var doneStates = []string{request.Closed, request.Archived, request.ToCallback}

func (s *Service) showNearby(w http.ResponseWriter, r *http.Request) error {
	p, after, err := s.nearbyPage(w, r)
	if err != nil {
		return err
	}
	err = s.DB.View(r.Context(), func(tx *sqldb.Tx) error { return s.fillNearby(tx, p, after) })
	status := http.StatusOK
	if fault.KindOf(err) == fault.Invalid { // words that cannot be searched for, a broken address
		p.Problems, status, err = p.Base.Problems(err), web.Status(err), nil
	}
	if err != nil {
		return err
	}
	s.choices(p)
	p.Map = s.nearbyMap(p)
	return page.View{}.Render(w, r, status, nearby(*p))
}

func (s *Service) nearbyPage(w http.ResponseWriter, r *http.Request) (*nearbyPage, string, error) {
	q, err := web.Query(r)
	if err != nil {
		return nil, "", err
	}
	p := &nearbyPage{Base: s.Base(w, r, "intake.nearby"), Area: q.String("area", 20), Group: q.String("group", 20), Show: q.String("show", 10), Since: q.String("since", 10), Text: q.String("q", 60)}
	if street := q.String("street", 20); strings.HasPrefix(street, p.Area) {
		p.Area = or(street, p.Area)
	}
	if !slices.Contains(sinces, p.Since) {
		p.Since = ""
	}
	p.Feed = feedPath(p.Area, p.Group)
	return p, q.String("after", 200), nil
}

// filter is what the page shows, by the words of its form.
func (p *nearbyPage) filter(tree *catalog.Tree) request.Filter {
	f := request.Filter{Published: true, Listed: true, Area: p.Area, Text: p.Text}
	switch p.Show {
	case "done":
		f.States = doneStates
	case "all":
	default:
		f.Open = "yes"
	}
	if days, err := strconv.Atoi(p.Since); err == nil {
		zone := cmp.Or(p.Zone, time.UTC)
		today := p.Now.In(zone)
		f.From = time.Date(today.Year(), today.Month(), today.Day()-days, 0, 0, 0, 0, zone)
	}
	if p.Group != "" {
		f.Categories = append(codes(tree.Leaves(p.Group)), p.Group)
	}
	return f
}

func (s *Service) fillNearby(tx *sqldb.Tx, p *nearbyPage, after string) error {
	f := p.filter(s.Catalog.Book().Tree)
	rows, next, err := request.List(tx, actor.System, f, request.Page{After: after, Size: nearbySize})
	if err != nil {
		return err
	}
	for _, row := range rows {
		p.Rows = append(p.Rows, s.nearRow(p.Base, row))
	}
	if next != "" {
		p.Pages.Next = p.With("after", next)
	}
	if after != "" {
		p.Pages.Prev = p.With("after", "")
	}
	if p.Count, err = request.Count(tx, actor.System, f); err != nil || !p.showsHomes() {
		return err
	}
	p.Week = request.WeekOf(p.Now, cmp.Or(p.Zone, time.UTC))
	p.Squares, p.AtHome, err = request.Squares(tx, p.Area, p.Week)
	return err
}

// showsHomes reports whether squares are counted: never by category, words or
// day, since what differs between two such counts would be somebody's report.
func (p *nearbyPage) showsHomes() bool {
	return p.Group == "" && p.Text == "" && p.Since == "" && p.Show != "done"
}

// fewest is the number from which a count is told; below it only that it is small.
const fewest = 5

func few(b page.Base, n int64) string {
	if n < fewest {
		return b.T("intake.fewer_than", fewest)
	}
	return b.T("intake.found", n)
}

func codes(list []catalog.Category) []string {
	var out []string
	for _, c := range list {
		out = append(out, c.Code)
	}
	return out
}

// choices are what the list can be narrowed to.
func (s *Service) choices(p *nearbyPage) {
	atlas := s.Atlas.Atlas()
	p.Districts, p.Streets = []page.Option{{Label: p.T("intake.all_city")}}, []page.Option{{Label: p.T("intake.all_streets")}}
	for _, a := range atlas.Below("") {
		p.Districts = append(p.Districts, page.Option{Value: a.Code, Label: a.Name, Selected: strings.HasPrefix(p.Area, a.Code)})
	}
	if len(p.Area) >= 6 {
		for _, a := range atlas.Below(p.Area[:6]) {
			p.Streets = append(p.Streets, page.Option{Value: a.Code, Label: a.Name, Selected: strings.HasPrefix(p.Area, a.Code)})
			for _, c := range atlas.Below(a.Code) {
				p.Streets = append(p.Streets, page.Option{Value: c.Code, Label: a.Name + " · " + c.Name, Selected: p.Area == c.Code})
			}
		}
	}
	tree := s.Catalog.Book().Tree
	p.Groups = []page.Option{{Label: p.T("intake.all_categories")}}
	for _, c := range tree.Children("") {
		if !c.Active {
			continue
		}
		p.Groups = append(p.Groups, page.Option{Value: c.Code, Label: p.T("intake.whole", c.Name), Group: c.Name, Selected: p.Group == c.Code})
		for _, below := range tree.Children(c.Code) {
			if below.Active {
				p.Groups = append(p.Groups, page.Option{Value: below.Code, Label: below.Name, Group: c.Name, Selected: p.Group == below.Code})
			}
		}
	}
}

// nearbyMap numbers the places of the list on the map, and draws the squares
// that stand for requests at people's homes.
func (s *Service) nearbyMap(p *nearbyPage) string {
	bounds := s.Atlas.Atlas().Bounds()
	if bounds.Empty() {
		return ""
	}
	v := citymap.View{Bounds: bounds, Width: 480, Height: 440, Borders: citymap.Districts, Title: p.T("intake.map_title"), ID: "near"}
	if a, ok := s.Atlas.Atlas().Find(p.Area); ok && a.Border != "" {
		if g, err := geo.DecodeGeometry([]byte(a.Border)); err == nil {
			v.Bounds, v.Borders = g.Box(), citymap.Streets
		}
		if a.Level != place.District {
			v.Borders = citymap.Communities
		}
	}
	for at, n := range p.Squares {
		v.Markers = append(v.Markers, citymap.Marker{At: at, Shape: citymap.Square, Title: p.T("intake.square", few(p.Base, n))})
	}
	slices.SortFunc(v.Markers, func(a, b citymap.Marker) int {
		return cmp.Or(cmp.Compare(a.At.Lat, b.At.Lat), cmp.Compare(a.At.Lng, b.At.Lng))
	})
	for i, row := range p.Rows {
		if row.Point.Zero() {
			continue
		}
		m := citymap.Marker{At: row.Point, Label: strconv.Itoa(i + 1), Title: row.Title, Link: p.URL("/public/" + row.Number)}
		switch {
		case !row.Open:
			m.Shape = citymap.Done
		case row.Kind == "late":
			m.Shape = citymap.Late
		}
		v.Markers = append(v.Markers, m)
	}
	return s.Land.Map().SVG(v)
}
