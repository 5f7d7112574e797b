package intake

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
	"gongzhi/internal/id"
	"gongzhi/internal/locale"
	"gongzhi/internal/notice"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/place/citymap"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// DeskPage is the desk with one call on it.
type DeskPage struct {
	page.Base
	Head     page.DeskHead
	Number   string // the agent's staff number
	Call     *Call
	Look     Look
	Book     *catalog.Book
	Atlas    *place.Atlas
	Map      string // SVG
	Phrases  []catalog.Text
	Grounds  []Ground
	Units    []actor.Unit // a report of wrongdoing may be about
	Undo     *Call        // discarded a moment ago
	Done     *Done        // what became of the call before
	Problems page.Problems
}

// Done is what the agent tells the caller at the end.
type Done struct {
	Outcome string
	Order   *request.Order
	Code    string // to read out once
	Lead    string
	Told    tells // what of a person stands in its words
}

// doneCookie names the call that was just ended, so that the next page says
// once what became of it; the query code itself is never in an address.
const doneCookie = "desk_done"

func (s *Service) openDesk(w http.ResponseWriter, r *http.Request) error {
	return web.See(w, r, "/desk/"+id.New(s.DB.Now()))
}

func (s *Service) showDesk(w http.ResponseWriter, r *http.Request) error {
	return s.drawDesk(w, r, http.StatusOK, r.PathValue("call"), nil)
}

// drawDesk shows a call as it is saved; with an error it says what is wrong.
func (s *Service) drawDesk(w http.ResponseWriter, r *http.Request, status int, call string, problem error) error {
	a := actor.From(r.Context())
	p := DeskPage{Base: s.Base(w, r, "desk.title"), Book: s.Catalog.Book(), Atlas: s.Atlas.Atlas()}
	p.Number, p.Place, p.Title = a.Number, p.T("desk.title"), ""
	done := takeDone(w, r)
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if p.Call, err = s.findCall(tx, a, call); err != nil || p.Call.State != callOpen {
			return err
		}
		if p.Look, err = s.look(tx, a, &p.Call.Fields); err != nil {
			return err
		}
		if p.Done, err = s.doneWith(tx, a, done); err != nil {
			return err
		}
		if p.Done != nil {
			o := p.Done.Order
			p.Done.Told = toldOf(p.Base, "desk.told_done", passage{"", o.Body}, passage{p.T("desk.where"), o.Address})
		}
		return s.surround(tx, a, &p)
	})
	if err != nil {
		return err
	}
	if p.Call.State != callOpen {
		return web.See(w, r, "/desk")
	}
	p.Problems = p.Base.Problems(problem)
	p.Map = s.drawMap(p)
	return page.View{}.Render(w, r, status, deskPage(p))
}

// surround reads what stands around a call: the agent's other calls, texts,
// grounds, units.
func (s *Service) surround(tx *sqldb.Tx, a actor.Actor, p *DeskPage) error {
	open, undo, err := s.openCalls(tx, a)
	if err != nil {
		return err
	}
	today, err := callsToday(tx, a, p.Book.Calendar.Zone)
	if err != nil {
		return err
	}
	p.Undo, p.Head = undo, p.head(open, today)
	if p.Phrases, err = catalog.Texts(tx, ""); err != nil {
		return err
	}
	return p.readAround(tx)
}

// readAround reads the lists that a part of the form may need.
func (p *DeskPage) readAround(tx *sqldb.Tx) error {
	refusals, err := catalog.Refusals(tx)
	if err != nil {
		return err
	}
	for _, x := range refusals {
		p.Grounds = append(p.Grounds, Ground{x})
	}
	if p.report() {
		p.Units = slices.Clone(p.Book.Resolver.Units)
	}
	return nil
}

// tells is what of a person stands in the words of the call, the place and the
// answer that would be published.
func (p DeskPage) tells() tells {
	f := p.Call.Fields
	return toldOf(p.Base, "desk.tells", passage{"", f.What}, passage{p.T("desk.where"), f.Address}, passage{p.T("desk.answer_words"), f.Answer})
}

func (p DeskPage) report() bool { return p.Call.Fields.typeOf(p.Book.Tree) == "report" }

// doneWith is what became of the agent's call of that id, nil when there is none.
func (s *Service) doneWith(tx *sqldb.Tx, a actor.Actor, call string) (*Done, error) {
	c, err := s.findCall(tx, a, call)
	if fault.KindOf(err) == fault.NotFound || err == nil && c.State != callDone {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d := &Done{Outcome: c.Outcome, Code: s.code(s.receiptOf(c.ID))}
	if d.Order, err = request.Find(tx, a, c.Matter); err != nil {
		return nil, err
	}
	lead, err := request.OpenLead(tx, c.Matter)
	if fault.KindOf(err) == fault.NotFound {
		return d, nil
	}
	d.Lead = lead.UnitName
	return d, err
}

func takeDone(w http.ResponseWriter, r *http.Request) string {
	c, err := r.Cookie(doneCookie)
	if err != nil {
		return ""
	}
	http.SetCookie(w, &http.Cookie{Name: doneCookie, Path: "/", MaxAge: -1, HttpOnly: true})
	return c.Value
}

func setDone(w http.ResponseWriter, call string) {
	http.SetCookie(w, &http.Cookie{Name: doneCookie, Value: call, Path: "/", MaxAge: 60, HttpOnly: true, SameSite: http.SameSiteStrictMode})
}

// saveDesk is the desk's automatic saving.
func (s *Service) saveDesk(w http.ResponseWriter, r *http.Request) error {
	c, _, err := s.keepForm(r)
	if err != nil {
		return err
	}
	w.Header().Set("X-Draft", c.ID)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// keepForm saves the form that was sent.
func (s *Service) keepForm(r *http.Request) (*Call, *web.Values, error) {
	v, err := web.Form(r)
	if err != nil {
		return nil, nil, err
	}
	more, err := s.button(r, v.String("act"))
	if err != nil {
		return nil, nil, err
	}
	c, err := s.KeepCall(r.Context(), actor.From(r.Context()), v.String("draft"), func(f *Fields) {
		f.read(v, s.Catalog.Book().Tree)
		more(f)
	})
	return c, v, err
}

// button is what a button puts into the form: scripts do the same without the
// way to the server.
func (s *Service) button(r *http.Request, act string) (func(*Fields), error) {
	name, arg, _ := strings.Cut(act, ":")
	switch name {
	case "phone":
		return func(f *Fields) { f.Phone = "" }, nil
	case "place":
		h, ok := parseHit(arg)
		return func(f *Fields) {
			if ok {
				f.choose(h)
			}
		}, nil
	case "use":
		k, err := s.knowledge(r, arg)
		return func(f *Fields) { f.Answer, f.Knowledge = k.Answer, k.Code }, err
	}
	return func(*Fields) {}, nil
}

func (s *Service) knowledge(r *http.Request, code string) (found catalog.Knowledge, err error) {
	err = s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		all, err := catalog.AllKnowledge(tx)
		for _, k := range all {
			if k.Code == code && k.Active {
				found = k
			}
		}
		return err
	})
	return found, err
}

// lookDesk saves the form and answers with all that follows from it. The form
// comes in the body of a POST, so that nothing of it stands in an address.
func (s *Service) lookDesk(w http.ResponseWriter, r *http.Request) error {
	c, _, err := s.keepForm(r)
	if err != nil {
		return err
	}
	return s.drawParts(w, r, c.ID, &c.Fields, deskParts)
}

// liveDesk is what others may have changed meanwhile.
func (s *Service) liveDesk(w http.ResponseWriter, r *http.Request) error {
	return s.drawParts(w, r, r.PathValue("call"), nil, deskTwins)
}

// drawParts answers with pieces of the desk: for the fields just sent, or for
// those that are saved.
func (s *Service) drawParts(w http.ResponseWriter, r *http.Request, call string, sent *Fields, parts func(DeskPage) templ.Component) error {
	a := actor.From(r.Context())
	p := DeskPage{Base: s.Base(w, r, "desk.title"), Book: s.Catalog.Book(), Atlas: s.Atlas.Atlas()}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if p.Call, err = s.findCall(tx, a, call); err != nil {
			return err
		}
		if sent != nil {
			p.Call.Fields = *sent
		}
		if p.Look, err = s.look(tx, a, &p.Call.Fields); err != nil {
			return err
		}
		return p.readAround(tx)
	})
	if err != nil {
		return err
	}
	p.Map = s.drawMap(p)
	return page.View{}.Render(w, r, http.StatusOK, parts(p))
}

// postDesk takes what a button of the desk says. Whatever it is, what was typed
// is saved first, so that no answer of ours can lose it.
func (s *Service) postDesk(w http.ResponseWriter, r *http.Request) error {
	c, v, err := s.keepForm(r)
	if err != nil {
		return err
	}
	act, arg, _ := strings.Cut(v.String("act"), ":")
	e := End{Call: c.ID, Fields: c.Fields, Began: began(v, s.DB.Now()), Outcome: outcomes[act], Number: arg}
	if err := v.Err(); err != nil && e.Outcome != "" {
		return s.drawDesk(w, r, web.Status(err), c.ID, err)
	}
	if err := s.takeAct(r, act, e); err != nil {
		switch fault.KindOf(err) {
		case fault.Invalid, fault.Conflict, fault.TooMany:
			return s.drawDesk(w, r, web.Status(err), c.ID, err)
		}
		return err
	}
	switch {
	case e.Outcome != "":
		setDone(w, c.ID)
		return web.See(w, r, "/desk")
	case act == "discard":
		return web.See(w, r, "/desk")
	case act == "restore":
		return web.See(w, r, "/desk/"+arg)
	case act == "urge":
		page.SetFlash(w, r, "good", "desk.urged")
	}
	return web.See(w, r, "/desk/"+c.ID)
}

// began is when the page of the call was opened; nobody talks for hours.
func began(v *web.Values, now time.Time) time.Time {
	t := time.UnixMilli(int64(v.Int("began")))
	if t.After(now) || now.Sub(t) > 2*time.Hour {
		return now
	}
	return t
}

// outcomes are the buttons that end a call.
var outcomes = map[string]string{"dispatch": Dispatched, "register": Registered, "answer": Answered, "divert": Diverted, "join": Joined}

func (s *Service) takeAct(r *http.Request, act string, e End) error {
	a := actor.From(r.Context())
	switch {
	case e.Outcome != "":
		return s.EndCall(r.Context(), a, e)
	case act == "discard":
		return s.DiscardCall(r.Context(), a, e.Call)
	case act == "restore":
		return s.RestoreCall(r.Context(), a, e.Number)
	case act == "urge":
		return s.UrgeNumber(r.Context(), a, e.Number)
	}
	return nil
}

func (p DeskPage) head(open []*Call, today tally) page.DeskHead {
	h := page.DeskHead{Right: []string{p.T("desk.today", today.Calls)}}
	if today.Calls > 0 {
		h.Right = append(h.Right, p.T("desk.mean", int(today.Mean.Minutes()), int(today.Mean.Seconds())%60))
	}
	for _, k := range [][2]string{{"Ctrl+K", "palette"}, {"::", "phrases"}, {"Alt", "alt"}, {"?", "help"}} {
		h.Keys = append(h.Keys, page.KeyHint{Keys: k[0], Does: p.T("desk.key_" + k[1])})
	}
	current := false
	for _, c := range open {
		current = current || c.ID == p.Call.ID
		h.Tabs = append(h.Tabs, page.Tab{Label: p.tab(c), Path: p.URL("/desk/" + c.ID), Current: c.ID == p.Call.ID})
	}
	h.Tabs = append(h.Tabs, page.Tab{Label: p.T("desk.new_call"), Path: p.URL("/desk"), Current: !current, Key: "N"})
	return h
}

// tab names a draft: by the masked number, or by when it was begun.
func (p DeskPage) tab(c *Call) string {
	if m := c.Fields.Masked(); m != "" {
		return p.T("desk.tab_call", m)
	}
	return p.T("desk.tab_draft", locale.Clock(c.Began, p.Book.Calendar.Zone))
}

// drawMap shows the place of the call with its numbered neighbours.
func (s *Service) drawMap(p DeskPage) string {
	if s.Land == nil {
		return ""
	}
	v := citymap.View{Width: 344, Height: 150, ID: "desk", Title: p.T("desk.map_title"), Metres: p.T("desk.metres"), Kilometres: p.T("desk.kilometres"), Borders: citymap.Communities}
	v.Center, v.Zoom = p.Call.Fields.point(), 16
	if v.Center.Zero() {
		v.Center, v.Zoom = p.middle()
	} else {
		v.Markers = append(v.Markers, citymap.Marker{At: v.Center, Shape: citymap.Pin, Title: p.Call.Fields.Address})
	}
	for i, t := range p.Look.Twins {
		if !t.HasPoint() {
			continue
		}
		m := citymap.Marker{At: geo.Point{Lat: t.Lat, Lng: t.Lng}, Label: string(rune('1' + i)), Title: t.Title}
		if show.Standing(p.Book.Calendar, &t.Order, p.Now) == show.Over {
			m.Shape = citymap.Late
		}
		v.Markers = append(v.Markers, m)
	}
	return s.Land.Map().SVG(v)
}

// middle is the middle of the area that is known, else of the city.
func (p DeskPage) middle() (geo.Point, float64) {
	if a, ok := p.Atlas.Find(p.Call.Fields.Area); ok {
		return geo.Point{Lat: a.Lat, Lng: a.Lng}, 14.5
	}
	var points []geo.Point
	for _, d := range p.Atlas.Below("") {
		points = append(points, geo.Point{Lat: d.Lat, Lng: d.Lng})
	}
	if len(points) == 0 {
		return geo.Point{}, 12
	}
	return geo.BoxOf(points...).Center(), 11.5
}

// lastTold says what the caller was told last and how far it came.
func lastTold(b page.Base, m notice.Message) string {
	_, word := show.Notice(b, m)
	return show.NoticeKind(b, m.Template) + b.T("request.colon") + word
}
