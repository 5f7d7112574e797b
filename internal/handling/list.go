package handling

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// listPage is a list of requests under a filter.
type listPage struct {
	page.Base
	Filter   request.Filter
	Rows     []listRow
	Total    int64
	Segments []page.Segment
	Chips    []chip
	Views    []request.View
	Units    []page.Option
	Topics   []page.Option
	Areas    []page.Option
	Sorts    []page.Segment
	Links    page.PageLinks
	Mine     bool // the list is narrowed to the actor's unit
	Name     string
	Err      error
}

type listRow struct {
	request.Row
	StateKind, State string
	DueKind, Due     string
	Ruler            page.Ruler
	Where            string
	Worth            request.Repeats // what of the repeats is told
}

// chip is one condition in force, and the address of the list without it.
type chip struct{ Label, Without string }

const listSize = 30

// groups are the states that the tabs of a list put together.
var stateGroups = []struct {
	name   string
	states []string
}{
	{"to_dispatch", []string{request.Registered, request.ToDispatch, request.PreConsult}},
	{"to_accept", []string{request.ToAccept}},
	{"in_progress", []string{request.InProgress}},
	{"ruling", []string{request.ObjectionReview, request.ExtensionReview, request.HoldReview, request.TerminationReview}},
	{"stopped", []string{request.Waiting, request.OnHold}},
	{"answered", []string{request.Replied, request.ToCallback}},
	{"ended", []string{request.Closed, request.Archived, request.Answered, request.Diverted, request.Terminated, request.Merged, request.Withdrawn}},
}

// list answers GET /list.
func (s *Service) list(w http.ResponseWriter, r *http.Request) error {
	return s.showList(w, r, r.URL.Query(), nil)
}

func (s *Service) showList(w http.ResponseWriter, r *http.Request, q url.Values, failed error) error {
	a := actor.From(r.Context())
	p := &listPage{Base: s.Base(w, r, "handling.list"), Mine: !actor.SeesAll(a), Err: failed}
	p.Path, p.Query = "/list", q.Encode()
	p.Filter = request.ParseFilter(q, s.zone())
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		if err := s.fillRows(tx, a, p, q.Get("after")); err != nil {
			return err
		}
		return s.fillFilters(tx, a, p, q)
	})
	if err != nil {
		return err
	}
	status := http.StatusOK
	if failed != nil {
		status = web.Status(failed)
	}
	return page.View{}.Render(w, r, status, listView(p))
}

func (s *Service) fillRows(tx *sqldb.Tx, a actor.Actor, p *listPage, after string) error {
	f := p.Filter
	f.Categories = s.below(f.Categories)
	rows, next, err := request.List(tx, a, f, request.Page{After: after, Size: listSize})
	if fault.KindOf(err) == fault.Invalid { // words that cannot be searched for, or a broken address
		p.Err = err
		return nil
	}
	if err != nil {
		return err
	}
	for _, row := range rows {
		p.Rows = append(p.Rows, s.listRow(p.Base, row))
	}
	if after != "" {
		p.Links.Prev = p.With("after", "")
	}
	if next != "" {
		p.Links.Next = p.With("after", next)
	}
	return s.fillCounts(tx, a, p, f)
}

func (s *Service) listRow(b page.Base, row request.Row) listRow {
	cal := s.Catalog.Book().Calendar
	out := listRow{Row: row, Worth: row.Repeats.Worth(s.Catalog.Book().Settings), Where: show.Where(row.AreaName, row.Address)}
	out.StateKind, out.State = show.State(b, &row.Order)
	if row.Open && !row.DueAt.IsZero() && row.State != request.Replied && row.State != request.ToCallback {
		out.DueKind, out.Due = show.Due(b, cal, &row.Order, b.Now)
	}
	if !row.DueAt.IsZero() {
		out.Ruler = show.Ruler(b, cal, &row.Order, row.Pauses, b.Now, false)
	}
	return out
}

// fillCounts counts each tab under all other conditions, in one query.
func (s *Service) fillCounts(tx *sqldb.Tx, a actor.Actor, p *listPage, f request.Filter) error {
	chosen := f.States
	f.States = nil
	by, err := request.Tally(tx, a, f, "state")
	if err != nil {
		return err
	}
	all := int64(0)
	for state, n := range by {
		all += n
		if len(chosen) == 0 || slices.Contains(chosen, state) {
			p.Total += n
		}
	}
	p.Segments = []page.Segment{{Label: p.T("handling.part_all"), Path: p.With("states", ""), Count: int(all), Current: len(chosen) == 0}}
	for _, g := range stateGroups {
		n := int64(0)
		for _, state := range g.states {
			n += by[state]
		}
		states := strings.Join(g.states, ",")
		p.Segments = append(p.Segments, page.Segment{Label: p.T("handling.group_" + g.name), Path: p.With("states", states), Count: int(n), Current: slices.Equal(chosen, g.states)})
	}
	return nil
}

// below adds to each category those below it, so that choosing a branch of the
// tree chooses its leaves.
func (s *Service) below(codes []string) []string {
	var out []string
	for _, c := range codes {
		out = append(out, c)
		for _, leaf := range s.Catalog.Book().Tree.Leaves(c) {
			out = append(out, leaf.Code)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (s *Service) fillFilters(tx *sqldb.Tx, a actor.Actor, p *listPage, q url.Values) (err error) {
	if p.Views, err = request.Views(tx, a); err != nil {
		return err
	}
	if p.Units, err = s.unitOptions(tx, p.Base, &request.Order{}, ""); err != nil {
		return err
	}
	p.Units[0].Label = p.T("handling.any")
	p.Topics, p.Areas = s.topicOptions(p.Base), s.areaOptions(p.Base)
	for _, name := range []string{"", "due", "old"} {
		p.Sorts = append(p.Sorts, page.Segment{Label: p.T("handling.sort_" + orAll(name)), Path: p.With("sort", name), Count: -1, Current: p.Filter.Sort == name})
	}
	p.Chips = s.chips(p, q)
	return nil
}

// topicOptions are the two upper levels of the tree; the levels below would be
// hundreds of lines.
func (s *Service) topicOptions(b page.Base) []page.Option {
	tree := s.Catalog.Book().Tree
	out := []page.Option{{Value: "", Label: b.T("handling.any")}}
	for _, top := range tree.Children("") {
		out = append(out, page.Option{Value: top.Code, Label: b.T("handling.whole", top.Name), Group: top.Name})
		for _, c := range tree.Children(top.Code) {
			out = append(out, page.Option{Value: c.Code, Label: c.Name, Group: top.Name})
		}
	}
	return out
}

func (s *Service) areaOptions(b page.Base) []page.Option {
	atlas := s.Atlas.Atlas()
	out := []page.Option{{Value: "", Label: b.T("handling.any")}}
	for _, district := range atlas.Below("") {
		out = append(out, page.Option{Value: district.Code, Label: b.T("handling.whole", district.Name), Group: district.Name})
		for _, street := range atlas.Below(district.Code) {
			out = append(out, page.Option{Value: street.Code, Label: street.Name, Group: district.Name})
			for _, c := range atlas.Below(street.Code) {
				out = append(out, page.Option{Value: c.Code, Label: street.Name + " · " + c.Name, Group: district.Name})
			}
		}
	}
	return out
}

// chips say each condition in words. What the form has no field for, because a
// figure of a board led here, is said too.
func (s *Service) chips(p *listPage, q url.Values) []chip {
	var names []string
	for name := range p.Filter.Query(s.zone()) {
		if name != "sort" && name != "after" && name != "states" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var out []chip
	for _, name := range names {
		label := p.T("handling.filter_" + name)
		if !slices.Contains([]string{"overdue", "reopened", "returned", "contacted", "extended"}, name) {
			label = p.T("handling.chip", label, s.filterWord(p, name, q.Get(name)))
		}
		out = append(out, chip{label, p.With(name, "")})
	}
	if len(p.Filter.States) > 0 && !slices.ContainsFunc(p.Segments, func(x page.Segment) bool { return x.Current }) {
		var words []string
		for _, state := range p.Filter.States {
			words = append(words, p.T("request.state_"+state))
		}
		out = append(out, chip{p.T("handling.chip", p.T("handling.filter_states"), strings.Join(words, p.T("handling.list_comma"))), p.With("states", "")})
	}
	return out
}

// filterWord is the value of a condition as people call it.
func (s *Service) filterWord(p *listPage, name, value string) string {
	switch name {
	case "unit", "task", "returnedby", "sentto":
		return optionLabel(p.Units, value)
	case "category":
		return s.Catalog.Book().Tree.Name(value)
	case "area":
		return s.Atlas.Atlas().Name(value)
	case "type", "channel", "flag", "urgency":
		return p.T("request." + name + "_" + value)
	case "solved":
		if value == "any" {
			return p.T("handling.value_any")
		}
		return p.T("request.solved_" + value)
	case "plea", "open", "ran", "kept", "repeat", "rated", "accepted":
		return p.T("handling.value_" + name + "_" + value)
	}
	if t, err := time.Parse(time.RFC3339Nano, value); err == nil {
		return p.DateTime(t)
	}
	return value
}

func optionLabel(options []page.Option, value string) string {
	for _, o := range options {
		if o.Value == value {
			return o.Label
		}
	}
	return value
}

// saveView keeps the filter of the page under a name.
func (s *Service) saveView(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	q, err := url.ParseQuery(v.String("query"))
	if err != nil {
		return fault.New(fault.Invalid, "web.malformed", err)
	}
	q.Del("after")
	err = s.DB.Update(r.Context(), func(tx *sqldb.Tx) error {
		return request.SaveView(tx, actor.From(r.Context()), v.String("name"), q.Encode())
	})
	if fault.KindOf(err) == fault.Invalid {
		return s.showList(w, r, q, err)
	}
	if err != nil {
		return err
	}
	page.SetFlash(w, r, "", "handling.view_saved")
	return web.See(w, r, "/list?"+q.Encode())
}

// dropView forgets a kept filter.
func (s *Service) dropView(w http.ResponseWriter, r *http.Request) error {
	err := s.DB.Update(r.Context(), func(tx *sqldb.Tx) error {
		return request.DropView(tx, actor.From(r.Context()), r.PathValue("id"))
	})
	if err != nil {
		return err
	}
	page.SetFlash(w, r, "", "handling.view_dropped")
	return web.See(w, r, "/list")
}

// current reports whether a kept filter is the one in force.
func (p *listPage) current(v request.View) bool {
	q, err := url.ParseQuery(p.Query)
	if err != nil {
		return false
	}
	q.Del("after")
	return q.Encode() == v.Query
}

// more reports whether a condition beyond the text is set, so that the fold of
// the form says so.
func (p *listPage) more() int { return len(p.Chips) }

func (p *listPage) field(name, value string) page.Field {
	return page.Field{Name: name, Label: p.T("handling.filter_" + name), Value: value}
}

func (p *listPage) date(name string) page.Field {
	q, _ := url.ParseQuery(p.Query)
	f := p.field(name, q.Get(name))
	f.Type = "date"
	return f
}

// codes are options of a fixed list, with "any" before them.
func (p *listPage) codes(prefix string, list []string) []page.Option {
	out := []page.Option{{Value: "", Label: p.T("handling.any")}}
	for _, c := range list {
		out = append(out, page.Option{Value: c, Label: p.T(prefix + c)})
	}
	return out
}

func mark(b bool) string {
	if b {
		return "1"
	}
	return ""
}

// numberLine is the number as it is read out.
func (r listRow) numberLine() string { return id.ShowNumber(r.Number) }
