package intake

import (
	"context"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/advice"
	"gongzhi/internal/api"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// publicAPI is what everybody may read, and joining a published request.
func (s *Service) publicAPI(a *api.API) {
	const path = "/public/requests"
	api.Add(a, api.Op{ID: "published", Method: "GET", Path: path, Policy: "public", Pages: []string{"GET /nearby", "GET /{$}"}},
		func(ctx context.Context, in *publishedIn) (api.List[PublicItem], error) {
			return s.apiPublished(ctx, a, in)
		})
	api.Add(a, api.Op{ID: "published-one", Method: "GET", Path: path + "/{number}", Policy: "public", Pages: []string{"GET /public/{number}"}}, s.apiPublic)
	api.Add(a, api.Op{ID: "published-file", Method: "GET", Path: path + "/{number}/files/{file}", Policy: "public", Media: "image/jpeg",
		Pages: []string{"GET /public/{number}/file/{file}", "GET /public/{number}/file/{file}/{size}"}}, s.apiPublicFile)
	api.Add(a, api.Op{ID: "follow", Method: "POST", Path: path + "/{number}/follow", Policy: "public", Create: true,
		Pages: []string{"POST /public/{number}/follow", "POST /report/{draft}/follow/{number}"}}, s.apiFollow)
	api.Add(a, api.Op{ID: "alike", Method: "POST", Path: "/public/alike", Policy: "public", Rate: web.Rate{N: 600, Per: time.Hour}, Pages: []string{"GET /report/{draft}/like"}}, s.apiAlike)
	api.Add(a, api.Op{ID: "topics", Method: "GET", Path: "/public/topics", Policy: "public", Pages: []string{"GET /report/{draft}/category", "GET /report/{draft}/about"}},
		func(ctx context.Context, in *topicsIn) (api.List[topicItem], error) { return s.apiTopics(a, in) })
	api.Add(a, api.Op{ID: "places", Method: "GET", Path: "/public/places", Policy: "public", Rate: web.Rate{N: 600, Per: time.Hour}, Pages: []string{"POST /report/{draft}/where"}}, s.apiPlaces)
	api.Add(a, api.Op{ID: "community", Method: "GET", Path: "/public/community", Policy: "public", Pages: []string{"GET /community"}}, s.apiCommunity)
}

type publishedIn struct {
	api.Page
	Area  string `query:"area" maxLength:"20"`
	Topic string `query:"topic" maxLength:"20"`
	Done  bool   `query:"done"`
}

// PublicItem is of a request what is published.
type PublicItem struct {
	Number    string  `json:"number"`
	Title     string  `json:"title"`
	State     string  `json:"state"`
	Word      string  `json:"word"`
	Open      bool    `json:"open"`
	Category  string  `json:"category_name"`
	Where     string  `json:"where"`
	Unit      string  `json:"unit_name"`
	Lat       float64 `json:"lat"`
	Lng       float64 `json:"lng"`
	Followers int64   `json:"followers"`
	Day       string  `json:"day"`
}

func (s *Service) publicItem(ctx context.Context, r request.Row) PublicItem {
	n := s.nearRow(s.apiBase(ctx), r)
	return PublicItem{n.Number, n.Title, r.State, n.Word, n.Open, r.CategoryName, n.Where, n.Unit, n.Point.Lat, n.Point.Lng, n.Followers, s.day(n.At)}
}

func (s *Service) apiPublished(ctx context.Context, a *api.API, in *publishedIn) (out api.List[PublicItem], err error) {
	list := strings.Join([]string{"published", in.Area, in.Topic, mark(in.Done)}, "/")
	part, err := show.ListPage(a, list, in.Page)
	if err != nil {
		return out, err
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		rows, next, err := request.List(tx, actor.System, s.publishedFilter(ctx, in), part)
		for _, r := range rows {
			out.Items = append(out.Items, s.publicItem(ctx, r))
		}
		out.Next = a.Next(list, next)
		return err
	})
	return out, err
}

// publishedFilter is that of the page.
func (s *Service) publishedFilter(ctx context.Context, in *publishedIn) request.Filter {
	p := nearbyPage{Base: s.apiBase(ctx), Area: in.Area, Group: in.Topic}
	if in.Done {
		p.Show = "done"
	}
	return p.filter(s.Catalog.Book().Tree)
}

func mark(on bool) string {
	if on {
		return "1"
	}
	return ""
}

type publicOne struct {
	PublicItem
	Handlers []handlerOut `json:"handlers"`
	Timeline []show.Entry `json:"timeline"`
	DueAt    *time.Time   `json:"due_at,omitempty"`
}

func (s *Service) apiPublic(ctx context.Context, in *numberIn) (out publicOne, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		row, err := publishedRow(tx, in.Number)
		if err != nil {
			return err
		}
		p := publicPage{Base: s.apiBase(ctx)}
		if err := s.fillPublic(tx, &p, in.Number); err != nil {
			return err
		}
		out.PublicItem, out.DueAt, out.Timeline = s.publicItem(ctx, row), show.Moment(p.Due), s.daily(show.EntriesOf(p.Lines))
		for _, h := range p.Handlers {
			out.Handlers = append(out.Handlers, handlerOut(h))
		}
		return nil
	})
	return out, err
}

// day is a date in the city: the hour together with the place might name a
// person.
func (s *Service) day(t time.Time) string {
	return t.In(s.Catalog.Book().Calendar.Zone).Format(time.DateOnly)
}

// daily takes the hours off a published ledger.
func (s *Service) daily(list []show.Entry) []show.Entry {
	for i, e := range list {
		y, m, d := e.At.In(s.Catalog.Book().Calendar.Zone).Date()
		list[i].At = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return list
}

type publicFileIn struct {
	Number string `path:"number" maxLength:"40"`
	File   string `path:"file" maxLength:"60"`
	Small  bool   `query:"small"`
}

func (s *Service) apiPublicFile(ctx context.Context, in *publicFileIn) (api.File, error) {
	f, err := s.publicFile(ctx, in.Number, in.File)
	if err != nil {
		return api.File{}, err
	}
	return s.readFile(f, in.Small)
}

type followIn struct {
	Number string `path:"number" maxLength:"40"`
	Body   struct {
		Phone  string `json:"phone,omitempty" maxLength:"40"`
		Email  string `json:"email,omitempty" maxLength:"254"`
		Prefer string `json:"prefer,omitempty" enum:"sms,mail"`
		Name   string `json:"name,omitempty" maxLength:"40"`
		Hears  string `json:"hears,omitempty" enum:"all,answer"`
	}
}

func (s *Service) apiFollow(ctx context.Context, in *followIn) (receiptItem, error) {
	if err := s.limitReports(api.Request(ctx)); err != nil {
		return receiptItem{}, err
	}
	out, err := s.Follow(ctx, actor.Actor{}, Follow{Number: show.On[struct{}]{Number: in.Number}.Clean(), Phone: in.Body.Phone, Email: in.Body.Email, Prefer: in.Body.Prefer, Name: in.Body.Name, Hears: hearsOf(in.Body.Hears)})
	return receiptItem{out.Number, out.Code}, err
}

type alikeIn struct {
	Body struct {
		What     string  `json:"what" minLength:"1" maxLength:"2000"`
		Category string  `json:"category,omitempty" maxLength:"20"`
		Lat      float64 `json:"lat,omitempty" minimum:"-90" maximum:"90"`
		Lng      float64 `json:"lng,omitempty" minimum:"-180" maximum:"180"`
		Datum    string  `json:"datum,omitempty" enum:"wgs84,cgcs2000,gcj02,bd09" default:"wgs84"`
	}
}

type alikeItem struct {
	Topics   []topicItem  `json:"topics"`
	Requests []PublicItem `json:"requests"`
}

// apiAlike says what a report may be about and what others have reported of the
// same kind. The text comes in the body, so that no address holds it.
func (s *Service) apiAlike(ctx context.Context, in *alikeIn) (out alikeItem, err error) {
	b, tree := in.Body, s.Catalog.Book().Tree
	for _, g := range s.Advice.Categories(advice.Question{Text: b.What}, 3) {
		out.Topics = append(out.Topics, topicOf(tree, g.Category))
	}
	if b.Category == "" && len(out.Topics) > 0 {
		b.Category = out.Topics[0].Code
	}
	at := Report{Lat: b.Lat, Lng: b.Lng, Origin: request.Origin{Datum: geo.Datum(b.Datum)}}
	var wrong fault.Fields
	if s.locate(&at, &wrong); wrong.Err() != nil {
		return out, wrong.Err()
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		twins, err := request.Similar(tx, actor.Actor{}, request.Likeness{Category: b.Category, Text: b.What, Lat: at.Lat, Lng: at.Lng, Area: at.Area, Public: true, Most: 3})
		for _, t := range twins {
			out.Requests = append(out.Requests, s.publicItem(ctx, t.Row))
		}
		return err
	})
	return out, err
}

type topicsIn struct {
	api.Page
	Q string `query:"q" maxLength:"100"`
}

// topicItem is a leaf of the category tree, with what to ask a reporter.
type topicItem struct {
	Code       string         `json:"code"`
	Name       string         `json:"name"`
	Path       string         `json:"path"`
	Limit      int            `json:"limit"`
	LimitUnit  string         `json:"limit_unit"`
	NeedsPlace bool           `json:"needs_place"`
	Questions  []questionItem `json:"questions"`
	Hint       string         `json:"hint"`
}

type questionItem struct {
	Text    string   `json:"text"`
	Options []string `json:"options"`
}

func topicOf(tree *catalog.Tree, c catalog.Category) topicItem {
	out := topicItem{Code: c.Code, Name: c.Name, Path: tree.Name(c.Code), Limit: c.Limit.N, LimitUnit: c.Limit.Unit, NeedsPlace: c.NeedsPlace, Hint: c.Hint}
	for _, q := range c.Questions {
		out.Questions = append(out.Questions, questionItem{q.Text, q.Options})
	}
	return out
}

func (s *Service) apiTopics(a *api.API, in *topicsIn) (api.List[topicItem], error) {
	tree := s.Catalog.Book().Tree
	var all []catalog.Category
	for _, c := range tree.Leaves("") {
		if in.Q == "" || strings.Contains(tree.Name(c.Code), in.Q) {
			all = append(all, c)
		}
	}
	return api.Cut(a, "topics/"+in.Q, in.Page, all, func(c catalog.Category) string { return c.Code }, func(c catalog.Category) topicItem { return topicOf(tree, c) })
}

type placesIn struct {
	Q string `query:"q" required:"true" minLength:"1" maxLength:"100"`
}

type placesItem struct {
	Items []placeItem `json:"items"`
}

type placeItem struct {
	Text     string  `json:"text"`
	Kind     string  `json:"kind"`
	Area     string  `json:"area"`
	AreaName string  `json:"area_name"`
	Lat      float64 `json:"lat"`
	Lng      float64 `json:"lng"`
}

func (s *Service) placesOf(hits []place.Hit) (out []placeItem) {
	for _, h := range hits {
		out = append(out, placeItem{h.Text, h.Kind, h.Area, s.Atlas.Atlas().Name(h.Area), h.Lat, h.Lng})
	}
	return out
}

func (s *Service) apiPlaces(ctx context.Context, in *placesIn) (out placesItem, err error) {
	if strings.TrimSpace(in.Q) == "" {
		return out, fault.Fields{{Name: "query.q", Key: "web.field_missing"}}
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		hits, err := place.Search(tx, in.Q, 20)
		out.Items = s.placesOf(hits)
		return err
	})
	return out, err
}

type communityIn struct {
	Q    string `query:"q" maxLength:"60"`
	Area string `query:"area" maxLength:"20"`
}

type communityItem struct {
	Path    []areaItem `json:"path"`
	Below   []areaItem `json:"below"`
	Units   []unitItem `json:"units"`
	Office  string     `json:"office"`
	Duties  []string   `json:"duties"`
	Assists []string   `json:"assists"`
}

type areaItem struct {
	Code  string `json:"code"`
	Name  string `json:"name"`
	Level string `json:"level"`
}

type unitItem struct {
	Name  string `json:"name"`
	Phone string `json:"phone"`
	Hours string `json:"hours"`
}

func (s *Service) apiCommunity(ctx context.Context, in *communityIn) (out communityItem, err error) {
	p := communityPage{Typed: in.Q}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error { return s.findCommunity(tx, &p, in.Area) })
	for _, x := range p.Path {
		out.Path = append(out.Path, areaItem{x.Code, x.Name, x.Level})
	}
	for _, x := range p.Below {
		out.Below = append(out.Below, areaItem{x.Code, x.Name, x.Level})
	}
	for _, x := range p.Units {
		out.Units = append(out.Units, unitItem{x.Name, x.Phone, x.Hours})
	}
	out.Office, out.Duties, out.Assists = p.Address, p.Duties, p.Assist
	return out, err
}
