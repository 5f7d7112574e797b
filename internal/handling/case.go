package handling

import (
	"cmp"
	"net/http"
	"slices"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
	"gongzhi/internal/page"
	"gongzhi/internal/place/citymap"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// casePage is the page of one request.
type casePage struct {
	page.Base
	O         *request.Order
	A         actor.Actor
	Book      *catalog.Book
	Where     string
	Map       string // of the surroundings, "" without a point
	TakenBy   string
	Pauses    []request.Pause
	Flags     []string
	Alarm     request.Alarm // why it is urgent
	Acts      []show.Panel
	Asked     string // the act that the address asks to open
	Failed    *show.Failed
	Changed   []page.Entry // what others did since the failed form was opened
	Lines     []request.Line
	Files     []request.File // of the report itself
	Tasks     []request.Task
	Contacts  []request.Masked
	Protected bool
	Links     []related
	Repeats   request.Repeats  // what of them is told
	Again     []*request.Order // by which the same person reported the matter before
	Merged    int
	Limit     explanation
	Checks    []check
}

// showCase answers GET /case/{number}.
func (s *Service) showCase(w http.ResponseWriter, r *http.Request) error {
	return s.Case(w, r, r.PathValue("number"), nil)
}

// Case shows the page of one request; with f it shows it again with the failed
// form open and filled.
func (s *Service) Case(w http.ResponseWriter, r *http.Request, number string, f *show.Failed) error {
	p := &casePage{Base: s.Base(w, r, "handling.case_title"), A: actor.From(r.Context()), Book: s.Catalog.Book(), Failed: f, Asked: r.URL.Query().Get("act")}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		o, err := request.FindNumber(tx, p.A, number)
		if err != nil {
			return err
		}
		p.O, p.Title, p.Path, p.Query = o, o.Title, show.Path(o), ""
		return s.fill(tx, p)
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, statusOf(f), caseView(p))
}

func statusOf(f *show.Failed) int {
	if f == nil {
		return http.StatusOK
	}
	return web.Status(f.Err)
}

func (s *Service) fill(tx *sqldb.Tx, p *casePage) error {
	for _, step := range []func(*sqldb.Tx, *casePage) error{s.fillHistory, s.fillPeople, s.fillAround, s.fillActs} {
		if err := step(tx, p); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) fillHistory(tx *sqldb.Tx, p *casePage) (err error) {
	if p.Lines, err = request.Timeline(tx, p.A, p.O); err != nil {
		return err
	}
	if p.Tasks, err = request.Tasks(tx, p.O.ID); err != nil {
		return err
	}
	if p.Pauses, err = request.Pauses(tx, p.O.ID); err != nil {
		return err
	}
	alarms, err := request.AlarmsOf(tx, p.O.ID)
	if err != nil {
		return err
	}
	p.Alarm = alarms[p.O.ID]
	for _, l := range p.Lines {
		if l.Seq == 1 {
			p.Files = l.Files
		}
	}
	p.Limit = explain(p)
	p.Checks = checks(p.Base, p.O, p.Tasks, p.Lines)
	if p.Failed != nil && fault.KindOf(p.Failed.Err) == fault.Conflict {
		p.Changed = show.Ledger(p.Base, since(p.Lines, p.Failed.Seen), photoURL(p.Base))
	}
	return nil
}

// since are the lines written after a version.
func since(lines []request.Line, version int64) []request.Line {
	var out []request.Line
	for _, l := range lines {
		if l.Seq > version {
			out = append(out, l)
		}
	}
	return out
}

func (s *Service) fillPeople(tx *sqldb.Tx, p *casePage) (err error) {
	p.Protected = request.Protected(p.A, p.O)
	if p.Contacts, err = request.Contacts(tx, p.A, p.O); err != nil {
		return err
	}
	if err := s.fillRepeats(tx, p); err != nil {
		return err
	}
	names, err := actor.Names(tx, []string{p.O.TakenBy})
	p.TakenBy = names[p.O.TakenBy]
	return err
}

// fillRepeats tells how often the matter has come, where the city wants it told.
func (s *Service) fillRepeats(tx *sqldb.Tx, p *casePage) (err error) {
	counts, err := request.RepeatsOf(tx, []string{string(p.O.ID)})
	if err != nil {
		return err
	}
	if p.Repeats = counts[p.O.ID].Worth(s.Catalog.Book().Settings); p.Repeats.Nth > 0 {
		p.Again, err = request.Earlier(tx, p.A, p.O)
	}
	return err
}

func (s *Service) fillAround(tx *sqldb.Tx, p *casePage) (err error) {
	p.Where = show.Where(s.Atlas.Atlas().Name(p.O.Area), p.O.Address)
	p.Map = s.around(p)
	if p.Flags, err = flagsOf(tx, p.O.ID); err != nil {
		return err
	}
	p.Links, err = relatedTo(tx, p.A, p.O.ID)
	for _, l := range p.Links {
		if l.Kind == "merged" && l.Incoming {
			p.Merged++
		}
	}
	return err
}

// fillActs collects what each feature offers: the usual next act first, the
// others in the order in which the features offer them.
func (s *Service) fillActs(tx *sqldb.Tx, p *casePage) error {
	for _, offer := range s.Panels {
		more, err := offer(tx, p.Base, p.A, p.O, p.Failed)
		if err != nil {
			return err
		}
		p.Acts = append(p.Acts, more...)
	}
	rank := func(x show.Panel) int {
		if x.Primary {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(p.Acts, func(a, b show.Panel) int { return cmp.Compare(rank(a), rank(b)) })
	return nil
}

// open reports whether the panel's form stands open: it was just refused, or
// the link that led here asked for it.
func (p *casePage) open(panel string) bool {
	if p.Failed != nil {
		return p.Failed.Panel == panel
	}
	return p.Asked == panel
}

// gone reports whether the refused form belongs to an act that is offered no
// longer, so that what was typed must be shown apart.
func (p *casePage) gone() bool {
	return p.Failed != nil && !slices.ContainsFunc(p.Acts, func(x show.Panel) bool { return x.ID == p.Failed.Panel })
}

// typed are the texts of a form whose act is offered no longer.
func (p *casePage) typed() []string {
	var out []string
	for name, values := range p.Failed.Values {
		if name == "csrf" || name == "version" || name == "next" {
			continue
		}
		for _, v := range values {
			if len([]rune(v)) > 3 {
				out = append(out, v)
			}
		}
	}
	slices.Sort(out)
	return out
}

// around draws the surroundings of the place. What lies near is best seen at
// the scale of a few streets.
func (s *Service) around(p *casePage) string {
	if s.Land == nil || !p.O.HasPoint() {
		return ""
	}
	at := geo.Point{Lat: p.O.Lat, Lng: p.O.Lng}
	return s.Land.Map().SVG(citymap.View{Center: at, Zoom: 16, Width: 308, Height: 170, ID: "case", Title: p.T("handling.map_title", p.place()),
		Markers: []citymap.Marker{{At: at, Shape: citymap.Pin}}, Metres: p.T("handling.metres"), Kilometres: p.T("handling.kilometres")})
}
