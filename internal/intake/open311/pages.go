package open311

import (
	"context"
	"net/http"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// adminRoutes are the pages on which the city keeps this door.
func (s *Service) adminRoutes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: "/setup/open311", Policy: "setup.look", Do: s.showSetup},
		{Method: "POST", Path: "/setup/open311/settings", Policy: "setup.city", Do: s.postSettings},
		{Method: "POST", Path: "/setup/open311/key", Policy: "setup.city", Do: s.postKey},
		{Method: "POST", Path: "/setup/open311/key/{key}/revoke", Policy: "setup.city", Do: s.postRevoke},
		{Method: "GET", Path: "/setup/open311/partner/{partner}", Policy: "setup.look", Do: s.showDestination},
		{Method: "POST", Path: "/setup/open311/partner/{partner}", Policy: "setup.city", Do: s.postDestination},
		{Method: "POST", Path: "/setup/open311/partner/{partner}/mapping", Policy: "setup.city", Do: s.postMapping},
		{Method: "POST", Path: "/setup/open311/partner/{partner}/check", Policy: "setup.city", Do: s.postCheck},
		{Method: "POST", Path: "/case/{number}/handon", Policy: "open311.send", Do: s.postHandOn()},
	}
}

// aboutPage tells people what the address is that programs call.
type aboutPage struct {
	page.Base
	Here      string // address of this city
	Contact   string
	Changeset time.Time
	Groups    []group
	Count     int
	Example   string // code of a service, for the examples
}

// group is the services of one branch.
type group struct {
	Name     string
	Services []catalog.Category
}

// about is the discovery document for people.
func (s *Service) about(w http.ResponseWriter, r *http.Request) error {
	p := aboutPage{Base: s.Base(w, r, "georeport.about"), Here: s.base(r), Contact: s.contact()}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		p.Changeset, err = changeset(tx)
		return err
	})
	if err != nil {
		return err
	}
	tree := s.Catalog.Book().Tree
	for _, top := range tree.Children("") {
		g := group{Name: top.Name}
		for _, leaf := range tree.Leaves(top.Code) {
			if offered(leaf) {
				g.Services = append(g.Services, leaf)
			}
		}
		if p.Count += len(g.Services); len(g.Services) > 0 {
			p.Groups = append(p.Groups, g)
			if p.Example == "" {
				p.Example = g.Services[0].Code
			}
		}
	}
	return page.View{}.Render(w, r, http.StatusOK, aboutDoor(p))
}

// setupPage is this door for the administrator.
type setupPage struct {
	page.Base
	Can      bool
	Here     string
	Keys     []Key
	Partners []Destination
	Settings map[string]string
	Problems page.Problems
	Typed    map[string]string
	Picked   []string // scopes as picked
	Secret   string   // of the key that was just made, shown this once
	DemoKey  string
}

func (s *Service) showSetup(w http.ResponseWriter, r *http.Request) error {
	return s.drawSetup(w, r, http.StatusOK, setupPage{Picked: []string{scopeCreate, scopeRead}})
}

func (s *Service) drawSetup(w http.ResponseWriter, r *http.Request, status int, p setupPage) error {
	p.Base, p.Here = s.Base(w, r, "georeport.setup"), s.base(r)
	p.Can = actor.Allowed(actor.From(r.Context()), "setup.city")
	p.Path = "/setup/open311"
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if p.Keys, err = Keys(tx); err != nil {
			return err
		}
		if p.Partners, err = Destinations(tx); err != nil {
			return err
		}
		settings, err := catalog.LoadSettings(tx)
		p.Settings = map[string]string{"jurisdiction": settings[setJurisdiction], "contact": settings[setContact], "description": or(settings[setDescription], "title"), "from": or(settings[setFrom], "received")}
		return err
	})
	if err != nil {
		return err
	}
	for _, k := range p.Keys {
		if s.Demo && p.Can && k.ID == DemoKeyID && k.Live(p.Now) {
			p.DemoKey = DemoKey
		}
	}
	for name, v := range p.Typed {
		if _, ok := p.Settings[name]; ok {
			p.Settings[name] = v
		}
	}
	return page.View{}.Render(w, r, status, setupDoor(p))
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// SaveSettings are the rules of this door, as typed.
type SaveSettings struct{ Jurisdiction, Contact, Description, From string }

// SaveSettings changes the rules of this door.
func (s *Service) SaveSettings(ctx context.Context, a actor.Actor, c SaveSettings) error {
	if err := actor.Can(a, "setup.city"); err != nil {
		return err
	}
	var wrong fault.Fields
	if c.Jurisdiction != "" && strings.ContainsAny(c.Jurisdiction, " /?&#") {
		wrong.Add("jurisdiction", "georeport.jurisdiction_wrong")
	}
	if c.Description != "title" && c.Description != "full" && c.Description != "none" {
		wrong.Add("description", "georeport.choose")
	}
	if c.From != "received" && c.From != "dispatched" {
		wrong.Add("from", "georeport.choose")
	}
	if err := wrong.Err(); err != nil {
		return err
	}
	err := s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		before, err := catalog.LoadSettings(tx)
		if err != nil {
			return err
		}
		for name, v := range map[string]string{setJurisdiction: c.Jurisdiction, setContact: c.Contact, setDescription: c.Description, setFrom: c.From} {
			if before[name] == v {
				continue
			}
			if err := catalog.SaveSetting(tx, name, v); err != nil {
				return err
			}
			if err := revise(tx, a, "setting/"+name, before[name], v); err != nil {
				return err
			}
		}
		return actor.Deed(tx, a, "open311.settings", "", "")
	})
	if err != nil {
		return err
	}
	return s.Catalog.Reload(ctx)
}

func (s *Service) postSettings(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	c := SaveSettings{v.String("jurisdiction", 60), v.String("contact", 200), v.String("description"), v.String("from")}
	if err = v.Err(); err == nil {
		err = s.SaveSettings(r.Context(), actor.From(r.Context()), c)
	}
	if fault.KindOf(err) == fault.Invalid {
		p := setupPage{Picked: []string{scopeCreate, scopeRead}, Typed: map[string]string{"jurisdiction": c.Jurisdiction, "contact": c.Contact, "description": c.Description, "from": c.From}}
		p.Problems = s.Base(w, r, "georeport.setup").Problems(err)
		return s.drawSetup(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "georeport.saved")
	return web.See(w, r, "/setup/open311")
}

func (s *Service) postKey(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	zone := s.Catalog.Book().Calendar.Zone
	g := GrantKey{Name: v.String("name", 60), Scopes: v.Strings("scopes"), Destination: v.String("destination", 60)}
	if day := v.Time("expires", zone); !day.IsZero() {
		g.Expires = day.AddDate(0, 0, 1)
	}
	p := setupPage{Picked: g.Scopes, Typed: map[string]string{"name": g.Name, "expires": v.Raw("expires"), "destination": g.Destination}}
	if err = v.Err(); err == nil {
		p.Secret, err = s.GrantKey(r.Context(), actor.From(r.Context()), g)
	}
	switch fault.KindOf(err) {
	case "":
		p.Typed, p.Picked = nil, []string{scopeCreate, scopeRead}
		return s.drawSetup(w, r, http.StatusOK, p) // not a redirect: the secret is in this answer only
	case fault.Invalid:
		p.Secret = ""
		p.Problems = s.Base(w, r, "georeport.setup").Problems(err)
		return s.drawSetup(w, r, http.StatusUnprocessableEntity, p)
	}
	return err
}

func (s *Service) postRevoke(w http.ResponseWriter, r *http.Request) error {
	if err := s.RevokeKey(r.Context(), actor.From(r.Context()), r.PathValue("key")); err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "georeport.key_revoked")
	return web.See(w, r, "/setup/open311")
}

// state is how a key stands: shape and word.
func (p setupPage) state(k Key) (kind, word string) {
	switch {
	case !k.Revoked.IsZero():
		return "late", p.T("georeport.key_is_revoked")
	case !k.Live(p.Now):
		return "late", p.T("georeport.key_is_expired")
	}
	return "done", p.T("georeport.key_is_live")
}

func (p setupPage) scopes(k Key) string {
	var out []string
	for _, x := range k.Scopes {
		out = append(out, p.T("georeport.scope_"+x))
	}
	return strings.Join(out, p.T("georeport.and"))
}

// value is what was typed into the form of a new key.
func (p setupPage) value(name string) string { return p.Typed[name] }

func (p setupPage) partnerOptions() []page.Option {
	out := []page.Option{{Value: "", Label: p.T("georeport.key_no_partner")}}
	for _, d := range p.Partners {
		out = append(out, page.Option{Value: d.ID, Label: d.Name})
	}
	return out
}

func (p setupPage) scopeOptions() []page.Option {
	var out []page.Option
	for _, x := range scopes {
		o := page.Option{Value: x, Label: p.T("georeport.scope_" + x), Hint: p.T("georeport.scope_" + x + "_hint")}
		for _, y := range p.Picked {
			o.Selected = o.Selected || x == y
		}
		out = append(out, o)
	}
	return out
}
