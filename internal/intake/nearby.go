package intake

import (
	"context"
	"crypto/rand"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
	"gongzhi/internal/id"
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
	Point     geo.Point
}

// nearRow shows of a request what is published. Of one at somebody's home that
// is the kind of matter and the community: the resident's own sentence might
// name the door.
func (s *Service) nearRow(b page.Base, r request.Row) nearRow {
	cal := s.Catalog.Book().Calendar
	n := nearRow{Number: r.Number, Title: Hide(r.Title), Unit: r.UnitName, Followers: r.Followers, Metres: -1, At: r.OpenedAt, Open: r.Open,
		Where: show.Where(s.Atlas.Atlas().Name(r.Area), r.Address), Point: geo.Point{Lat: r.Lat, Lng: r.Lng}}
	if r.Publicity != "public" {
		n.Title, n.Where = r.CategoryName, s.Atlas.Atlas().Name(r.Area)
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

// Far says where and when: 40米 · 昨天 · 2人跟进.
func (n nearRow) Far(b page.Base) string {
	parts := []string{n.Where, b.Ago(n.At)}
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

// nearbyPage is the list and the map of published requests.
type nearbyPage struct {
	page.Base
	Rows      []nearRow
	Map       string // SVG
	Area      string
	Group     string
	Show      string // "" open, "done"
	Districts []page.Option
	Streets   []page.Option
	Groups    []page.Option
	Pages     page.PageLinks
	Count     int64
}

const nearbySize = 30

func (s *Service) showNearby(w http.ResponseWriter, r *http.Request) error {
	q, err := web.Query(r)
	if err != nil {
		return err
	}
	p := nearbyPage{Base: s.Base(w, r, "intake.nearby"), Area: q.String("area"), Group: q.String("group"), Show: q.String("show")}
	if street := q.String("street"); strings.HasPrefix(street, p.Area) {
		p.Area = or(street, p.Area)
	}
	f := s.publishedFilter(p.Area, p.Group, p.Show == "done")
	next := ""
	err = s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		rows, more, err := request.List(tx, actor.System, f, request.Page{After: q.String("after"), Size: nearbySize})
		if err != nil {
			return err
		}
		for _, row := range rows {
			p.Rows = append(p.Rows, s.nearRow(p.Base, row))
		}
		next = more
		p.Count, err = request.Count(tx, actor.System, f)
		return err
	})
	if err != nil {
		return err
	}
	if next != "" {
		p.Pages.Next = p.With("after", next)
	}
	s.choices(&p)
	p.Map = s.nearbyMap(p)
	return page.View{}.Render(w, r, http.StatusOK, nearby(p))
}

// publishedFilter lets through what residents may read: open or done, of an area
// and a branch of the tree.
func (s *Service) publishedFilter(area, group string, done bool) request.Filter {
	f := request.Filter{Published: true, Area: area, Open: "yes"}
	if done {
		f.Open, f.States = "", []string{request.Closed, request.Archived, request.ToCallback}
	}
	if group != "" {
		f.Categories = codes(s.Catalog.Book().Tree.Leaves(group))
	}
	return f
}

func codes(list []catalog.Category) []string {
	out := []string{"-"} // a branch without leaves matches nothing
	for _, c := range list {
		out = append(out, c.Code)
	}
	return out
}

// choices are what the list can be narrowed to.
func (s *Service) choices(p *nearbyPage) {
	atlas := s.Atlas.Atlas()
	all := page.Option{Label: p.T("intake.all_city")}
	p.Districts, p.Streets = []page.Option{all}, []page.Option{{Label: p.T("intake.all_streets")}}
	for _, a := range atlas.Below("") {
		p.Districts = append(p.Districts, page.Option{Value: a.Code, Label: a.Name, Selected: strings.HasPrefix(p.Area, a.Code)})
	}
	if len(p.Area) >= 6 {
		for _, a := range atlas.Below(p.Area[:6]) {
			p.Streets = append(p.Streets, page.Option{Value: a.Code, Label: a.Name, Selected: p.Area == a.Code})
		}
	}
	p.Groups = []page.Option{{Label: p.T("intake.all_categories")}}
	for _, c := range s.Catalog.Book().Tree.Children("") {
		if c.Active {
			p.Groups = append(p.Groups, page.Option{Value: c.Code, Label: c.Name, Selected: p.Group == c.Code})
		}
	}
}

// nearbyMap numbers the places of the list on the map.
func (s *Service) nearbyMap(p nearbyPage) string {
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

// publicPage is one published request.
type publicPage struct {
	page.Base
	Row      nearRow
	Category string
	Handlers []handler
	Lines    []request.Line
	Ruler    page.Ruler
	Due      time.Time
	Open     bool
}

func (s *Service) showPublic(w http.ResponseWriter, r *http.Request) error {
	p := publicPage{Base: s.Base(w, r, "intake.public")}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		row, err := publishedRow(tx, r.PathValue("number"))
		if err != nil {
			return err
		}
		p.Row, p.Category, p.Open, p.Due = s.nearRow(p.Base, row), s.Catalog.Book().Tree.Name(row.Category), row.Open, row.DueAt
		p.Ruler = show.Ruler(p.Base, s.Catalog.Book().Calendar, &row.Order, row.Pauses, p.Now, false)
		if p.Handlers, err = s.handlers(tx, &row.Order); err != nil {
			return err
		}
		p.Lines, err = request.Timeline(tx, actor.Actor{}, &row.Order)
		p.Lines = published(p.Lines)
		return err
	})
	if err != nil {
		return err
	}
	p.Title = p.Row.Title
	return page.View{}.Render(w, r, http.StatusOK, public(p))
}

// publishedRow is a published request by its number.
func publishedRow(tx *sqldb.Tx, number string) (request.Row, error) {
	number = id.CleanNumber(number)
	if number == "" {
		return request.Row{}, fault.New(fault.NotFound, "intake.not_public", nil)
	}
	rows, _, err := request.List(tx, actor.System, request.Filter{Text: number, Published: true}, request.Page{Size: 1})
	if err == nil && len(rows) == 0 {
		err = fault.New(fault.NotFound, "intake.not_public", nil)
	}
	if err != nil {
		return request.Row{}, err
	}
	return rows[0], nil
}

// Ledger is the published history.
func (p publicPage) Ledger() []page.Entry {
	return show.Ledger(p.Base, p.Lines, func(f request.File) (string, string) {
		at := p.URL("/public/" + p.Row.Number + "/file/" + f.ID)
		return at, at + "/thumb"
	})
}

// showPublicFile is a published photo of a published request.
func (s *Service) showPublicFile(w http.ResponseWriter, r *http.Request) error {
	f, err := s.publicFile(r.Context(), r.PathValue("number"), r.PathValue("file"))
	if err != nil {
		return err
	}
	return s.serveFile(w, r, f)
}

func (s *Service) publicFile(ctx context.Context, number, file string) (f request.File, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		row, err := publishedRow(tx, number)
		if err != nil {
			return err
		}
		if f, err = request.FindFile(tx, file); err == nil && (f.Matter != row.ID || f.Audience != request.Public) {
			err = fault.New(fault.NotFound, "request.not_found", nil)
		}
		return err
	})
	return f, err
}

// drawFollow asks who joins a request how he can be told.
func (s *Service) drawFollow(w http.ResponseWriter, r *http.Request, status int, back string, v *web.Values, failed error) error {
	p := followPage{Base: s.Base(w, r, "intake.follow"), Action: r.URL.Path, Back: back, Once: rand.Text()}
	if failed != nil {
		p.Problems = p.Base.Problems(failed)
		p.Typed = map[string]string{"phone": v.Raw("phone")}
		p.Once = or(v.Raw("once"), p.Once)
	}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		row, err := publishedRow(tx, r.PathValue("number"))
		if err == nil && !row.Open {
			err = fault.New(fault.NotFound, "intake.not_public", nil)
		}
		p.Row = s.nearRow(p.Base, row)
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, status, follow(p))
}

func showWhere(area, address string) string { return show.Where(area, address) }
