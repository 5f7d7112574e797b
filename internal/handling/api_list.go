package handling

import (
	"context"
	"net/url"
	"reflect"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

func (s *Service) listAPI(a *api.API) {
	api.Add(a, api.Op{ID: "today", Method: "GET", Path: "/today", Policy: "handling.work", Pages: []string{"GET /today"}},
		func(ctx context.Context, in *todayIn) (api.List[jobItem], error) { return s.apiToday(ctx, a, in) })
	api.Add(a, api.Op{ID: "cases", Method: "GET", Path: "/cases", Policy: "request.list", Pages: []string{"GET /list"}},
		func(ctx context.Context, in *casesIn) (api.List[show.Item], error) { return s.apiCases(ctx, a, in) })
	api.Add(a, api.Op{ID: "case-counts", Method: "GET", Path: "/case-counts", Policy: "request.list", Pages: []string{"GET /list"}}, s.apiCaseCounts)
	api.Add(a, api.Op{ID: "views", Method: "GET", Path: "/views", Policy: "request.list", Pages: []string{"GET /list"}}, s.apiViews)
	api.Add(a, api.Op{ID: "view-save", Method: "POST", Path: "/views", Policy: "request.list", Create: true, Pages: []string{"POST /list/view"}}, s.apiSaveView)
	api.Add(a, api.Op{ID: "view-delete", Method: "DELETE", Path: "/views/{id}", Policy: "request.list", Pages: []string{"POST /list/view/{id}/delete"}}, s.apiDropView)
}

type todayIn struct {
	api.Page
	Part string `query:"part" enum:"accept,working,answer,assist,wait"`
}

// jobItem is one task of the caller's unit.
type jobItem struct {
	show.Item
	Task      string     `json:"task"`
	Lead      bool       `json:"lead"`
	TaskState string     `json:"task_state"`
	TaskDueAt *time.Time `json:"task_due_at,omitempty"`
	Part      string     `json:"part"`
	Standing  string     `json:"standing"`
}

func (s *Service) apiToday(ctx context.Context, a *api.API, in *todayIn) (out api.List[jobItem], err error) {
	book := s.Catalog.Book()
	p := &todayPage{Base: page.Base{Lang: web.Lang(api.Request(ctx)), Zone: book.Calendar.Zone}, Segment: in.Part}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		p.Now = tx.Now
		return s.fillToday(tx, actor.From(ctx), p)
	})
	if err != nil {
		return out, err
	}
	item := func(j job) jobItem {
		return jobItem{show.ItemOf(j.Row), j.Task.ID, j.Task.Lead, j.Task.State, show.Moment(j.Task.DueAt), j.Segment, show.Standing(book.Calendar, &j.Order, p.Now)}
	}
	return api.Cut(a, "today", in.Page, p.Jobs, func(j job) string { return j.Number }, item)
}

// FilterIn are the conditions of a list, by the names they have in the address
// of the page.
type FilterIn struct {
	States     string `query:"states" maxLength:"400"`
	Category   string `query:"category" maxLength:"400"`
	Open       string `query:"open" enum:"yes,no"`
	Unit       string `query:"unit" maxLength:"100"`
	Task       string `query:"task" maxLength:"100"`
	Area       string `query:"area" maxLength:"20"`
	Type       string `query:"type" maxLength:"20"`
	Channel    string `query:"channel" maxLength:"20"`
	Urgency    string `query:"urgency" enum:"normal,urgent"`
	Flag       string `query:"flag" maxLength:"20"`
	Q          string `query:"q" maxLength:"200"`
	Plea       string `query:"plea" enum:"return,extension,hold,termination"`
	TakenBy    string `query:"takenby" maxLength:"60"`
	Source     string `query:"source" maxLength:"100"`
	ReturnedBy string `query:"returnedby" maxLength:"100"`
	SentTo     string `query:"sentto" maxLength:"100"`
	Ran        string `query:"ran" enum:"half,most,last,none"`
	Kept       string `query:"kept" enum:"yes,no"`
	Solved     string `query:"solved" enum:"yes,partly,no,any"`
	Rated      string `query:"rated" enum:"any,good,fair,bad,asked"`
	Accepted   string `query:"accepted" enum:"any,yes,no"`
	Within     string `query:"within" maxLength:"5"`
	Contacted  bool   `query:"contacted"`
	Extended   bool   `query:"extended"`
	Overdue    bool   `query:"overdue"`
	Reopened   bool   `query:"reopened"`
	Returned   bool   `query:"returned"`
	From       string `query:"from" maxLength:"40"`
	To         string `query:"to" maxLength:"40"`
	DueBefore  string `query:"duebefore" maxLength:"40"`
	ClosedFrom string `query:"closedfrom" maxLength:"40"`
	ClosedTo   string `query:"closedto" maxLength:"40"`
	DueFrom    string `query:"duefrom" maxLength:"40"`
	DueTo      string `query:"dueto" maxLength:"40"`
}

// query is the filter as the address of the page has it.
func (f FilterIn) query() url.Values {
	q := url.Values{}
	v := reflect.ValueOf(f)
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("query")
		switch x := v.Field(i).Interface().(type) {
		case string:
			if x != "" {
				q.Set(name, x)
			}
		case bool:
			if x {
				q.Set(name, "1")
			}
		}
	}
	return q
}

// filter is what the conditions mean. A date that cannot be read would silently
// let everything through, so it is refused.
func (s *Service) filter(in FilterIn) (request.Filter, error) {
	q := in.query()
	f := request.ParseFilter(q, s.zone())
	var wrong fault.Fields
	read := f.Query(s.zone())
	for _, name := range []string{"from", "to", "duebefore", "closedfrom", "closedto", "duefrom", "dueto"} {
		if q.Get(name) != "" && read.Get(name) == "" {
			wrong.Add("query."+name, "web.field_date")
		}
	}
	f.Categories = s.below(f.Categories)
	return f, wrong.Err()
}

type casesIn struct {
	api.Page
	FilterIn
	Sort string `query:"sort" enum:"new,old,due" default:"new"`
}

func (s *Service) apiCases(ctx context.Context, a *api.API, in *casesIn) (out api.List[show.Item], err error) {
	f, err := s.filter(in.FilterIn)
	if err != nil {
		return out, err
	}
	if in.Sort != "new" {
		f.Sort = in.Sort
	}
	list := "cases/" + in.Sort + "/" + in.query().Encode()
	part, err := show.ListPage(a, list, in.Page)
	if err != nil {
		return out, err
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		rows, next, err := request.List(tx, actor.From(ctx), f, part)
		for _, r := range rows {
			out.Items = append(out.Items, show.ItemOf(r))
		}
		out.Next = a.Next(list, next)
		return err
	})
	return out, err
}

type countsIn struct{ FilterIn }

type caseCounts struct {
	Total  int64            `json:"total"`
	States map[string]int64 `json:"states"`
}

func (s *Service) apiCaseCounts(ctx context.Context, in *countsIn) (out caseCounts, err error) {
	f, err := s.filter(in.FilterIn)
	if err != nil {
		return out, err
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		out.States, err = request.Tally(tx, actor.From(ctx), f, "state")
		return err
	})
	for _, n := range out.States {
		out.Total += n
	}
	return out, err
}

// viewItem is a filter kept under a name.
type viewItem struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Query string `json:"query"`
}

type viewsItem struct {
	Items []viewItem `json:"items"`
}

func (s *Service) apiViews(ctx context.Context, _ *struct{}) (out viewsItem, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		views, err := request.Views(tx, actor.From(ctx))
		for _, v := range views {
			out.Items = append(out.Items, viewItem(v))
		}
		return err
	})
	return out, err
}

type saveViewIn struct {
	Body struct {
		Name  string `json:"name" minLength:"1" maxLength:"30"`
		Query string `json:"query" maxLength:"2000"`
	}
}

func (s *Service) apiSaveView(ctx context.Context, in *saveViewIn) (viewsItem, error) {
	q, err := url.ParseQuery(in.Body.Query)
	if err != nil {
		return viewsItem{}, fault.Fields{{Name: "query", Key: "web.malformed"}}
	}
	q.Del("after")
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error { return request.SaveView(tx, actor.From(ctx), in.Body.Name, q.Encode()) })
	if err != nil {
		return viewsItem{}, err
	}
	return s.apiViews(ctx, nil)
}

type viewIn struct {
	ID string `path:"id" maxLength:"60"`
}

func (s *Service) apiDropView(ctx context.Context, in *viewIn) (api.None, error) {
	return api.None{}, s.DB.Update(ctx, func(tx *sqldb.Tx) error { return request.DropView(tx, actor.From(ctx), in.ID) })
}
