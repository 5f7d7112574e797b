package open311

import (
	"net/http"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// newPartner stands in the address for one that does not exist yet.
const newPartner = "new"

// partnerPage is one destination for the administrator.
type partnerPage struct {
	page.Base
	Can      bool
	New      bool
	D        Destination
	HasKey   bool
	Units    []page.Option
	Mappings []mappingRow
	Leaves   []page.Option
	Theirs   []page.Option
	Problems page.Problems
	Typed    map[string]string
	Changed  bool // somebody else saved meanwhile
	Links    []link
}

type mappingRow struct{ Category, Name, Service, Theirs string }

func (s *Service) showDestination(w http.ResponseWriter, r *http.Request) error {
	return s.drawDestination(w, r, http.StatusOK, nil, nil, nil)
}

// drawDestination shows the form; typed is nil where what is in force is shown.
func (s *Service) drawDestination(w http.ResponseWriter, r *http.Request, status int, typed *Destination, mapping map[string]string, failed error) error {
	p := partnerPage{Base: s.Base(w, r, "georeport.partner"), Can: actor.Allowed(actor.From(r.Context()), "setup.city"), New: r.PathValue("partner") == newPartner, Typed: mapping}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if p.New {
			p.D = Destination{Active: true, JSON: true, Switches: Switches{Photos: true, Extended: true}}
		} else if p.D, err = s.destination(tx, r.PathValue("partner")); err != nil {
			return err
		}
		p.HasKey, p.D.Key = p.D.Key != "", ""
		if err := s.fillPartner(tx, &p); err != nil {
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	if failed != nil {
		p.Problems = p.Base.Problems(failed)
		p.Changed = fault.KindOf(failed) == fault.Conflict
	}
	if typed != nil {
		typed.Services, typed.ID, typed.Checked, typed.Trouble = p.D.Services, p.D.ID, p.D.Checked, p.D.Trouble
		if !p.Changed {
			typed.Rev = p.D.Rev
		}
		p.D = *typed
	}
	return page.View{}.Render(w, r, status, partner(p))
}

func (s *Service) fillPartner(tx *sqldb.Tx, p *partnerPage) error {
	tree := s.Catalog.Book().Tree
	units, err := actor.Units(tx)
	if err != nil {
		return err
	}
	p.Units = []page.Option{{Value: "", Label: p.T("georeport.unit_none")}}
	for _, u := range units {
		if u.Active && u.Kind != "city" && u.Kind != "hotline" {
			p.Units = append(p.Units, page.Option{Value: u.ID, Label: u.Name})
		}
	}
	p.Leaves = []page.Option{{Value: anyCategory, Label: p.T("georeport.any_category")}}
	for _, top := range tree.Children("") {
		for _, leaf := range tree.Leaves(top.Code) {
			p.Leaves = append(p.Leaves, page.Option{Value: leaf.Code, Label: leaf.Name, Group: top.Name})
		}
	}
	names := map[string]string{}
	for _, x := range p.D.Services {
		names[x.Code] = x.Name
		p.Theirs = append(p.Theirs, page.Option{Value: x.Code, Label: x.Name + "（" + x.Code + "）", Group: x.Group})
	}
	list, err := Mappings(tx, p.D.ID)
	if err != nil {
		return err
	}
	for _, m := range list {
		row := mappingRow{m.Category, tree.Name(m.Category), m.Service, names[m.Service]}
		if m.Category == anyCategory {
			row.Name = p.T("georeport.any_category")
		}
		p.Mappings = append(p.Mappings, row)
	}
	p.Links, err = lastLinks(tx, p.D.ID)
	return err
}

func (s *Service) postDestination(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	d := Destination{Name: v.String("name", 60), Discovery: v.String("discovery", 500), Endpoint: v.String("endpoint", 500), JSON: v.String("format") != "xml",
		Jurisdiction: v.String("jurisdiction", 100), Key: v.String("key", 300), Unit: v.String("unit"), Active: v.Bool("active"), Rev: int64(v.Int("rev"))}
	d.Switches = Switches{Photos: v.Bool("photos"), Upload: v.Bool("upload"), Extended: v.Bool("extended"), Requests: v.Bool("requests"), All: v.Bool("all"), Contact: v.Bool("contact"), Mail: v.String("mail", 200), Datum: v.String("datum"), Wait: v.Int("wait")}
	if name := r.PathValue("partner"); name != newPartner {
		d.ID = name
	}
	name := ""
	if err = v.Err(); err == nil {
		name, err = s.SaveDestination(r.Context(), actor.From(r.Context()), d)
	}
	switch fault.KindOf(err) {
	case "":
		page.SetFlash(w, r, "good", "georeport.saved")
		return web.See(w, r, "/setup/open311/partner/"+name)
	case fault.Invalid, fault.Conflict:
		d.Key = ""
		return s.drawDestination(w, r, web.Status(err), &d, nil, err)
	}
	return err
}

func (s *Service) postMapping(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	m := Mapping{v.String("category"), or(v.String("service", 100), v.String("other", 100))}
	if v.Bool("remove") {
		m.Service = ""
	} else if m.Service == "" {
		v.Add("other", "georeport.mapping_service")
	}
	if err = v.Err(); err == nil {
		err = s.SaveMapping(r.Context(), actor.From(r.Context()), r.PathValue("partner"), m)
	}
	if fault.KindOf(err) == fault.Invalid {
		return s.drawDestination(w, r, http.StatusUnprocessableEntity, nil, map[string]string{"category": m.Category, "service": v.Raw("service"), "other": v.Raw("other")}, err)
	}
	if err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "georeport.saved")
	return web.See(w, r, "/setup/open311/partner/"+r.PathValue("partner"))
}

func (s *Service) postCheck(w http.ResponseWriter, r *http.Request) error {
	if err := s.Check(r.Context(), actor.From(r.Context()), r.PathValue("partner")); err != nil {
		return err
	}
	page.SetFlash(w, r, "", "georeport.checking")
	return web.See(w, r, "/setup/open311/partner/"+r.PathValue("partner"))
}

// Panels offer, on the page of a request, to hand it to a partner.
func (s *Service) Panels(tx *sqldb.Tx, b page.Base, a actor.Actor, o *request.Order, f *show.Failed) ([]show.Panel, error) {
	if !actor.Allowed(a, "open311.send") || o.Sealed || o.Type == "report" || !takesNotes(o) {
		return nil, nil
	}
	all, err := Destinations(tx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	there, err := linksOf(tx, o.ID)
	if err != nil {
		return nil, err
	}
	p := handOnPanel{Base: b, O: o, F: f, Links: there}
	for _, d := range all {
		if d.Active {
			p.To = append(p.To, page.Option{Value: d.ID, Label: d.Name})
		}
	}
	if len(p.To) == 0 && len(there) == 0 {
		return nil, nil
	}
	return []show.Panel{{ID: "handon", Label: b.T("georeport.hand_on"), Body: handOn(p)}}, nil
}

// handOnPanel is the form, and how former ones went.
type handOnPanel struct {
	page.Base
	O     *request.Order
	F     *show.Failed
	To    []page.Option
	Links []link
}

// stateOf is the shape and the word of a link.
func stateOf(b page.Base, l link) (kind, word string) {
	kind = map[string]string{Queued: "new", Sent: "info", Confirmed: "done", Retried: "wait", Failed: "late"}[l.State]
	return kind, b.T("georeport.link_" + l.State)
}

// about says what is known of a link: its number there, how it stands, or what
// was in the way.
func (l link) about(b page.Base) string {
	switch {
	case l.Trouble != "":
		return words(b.Lang, l.Trouble)
	case l.RemoteID != "" && l.RemoteStatus != "":
		return b.T("georeport.link_known", l.RemoteID, b.T("georeport.status_"+l.RemoteStatus))
	case l.RemoteID != "":
		return b.T("georeport.link_number", l.RemoteID)
	}
	return ""
}

func (s *Service) postHandOn() func(http.ResponseWriter, *http.Request) error {
	again := func(w http.ResponseWriter, r *http.Request, number string, f *show.Failed) error {
		return s.Case(w, r, number, f)
	}
	return show.Act(again, "handon", func(r *http.Request, a actor.Actor, number string, version int64, v *web.Values) error {
		return s.HandOn(r.Context(), a, HandOn{Number: number, Version: version, Destination: v.String("handon.destination")})
	})
}
