package setup

import (
	"net/http"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
)

// OverviewPage is the city at a glance: what there is, and what needs a look.
type OverviewPage struct {
	page.Base
	Groups   []Group
	Findings []Finding
	First    bool // the city is not open yet: the guide leads on
}

// Group is some kinds that belong together.
type Group struct {
	Title string
	Cards []Card
}

// Card leads to one list. N is how many entries it has, -1 where counting
// means nothing.
type Card struct {
	Label, About, Path string
	N                  int64
}

// groups are the cards in their order.
var groups = []struct {
	name  string
	kinds []string
}{
	{"people", []string{"units", "staff", "tokens", "signin"}},
	{"ground", []string{"areas", "addresses", "facilities", "points"}},
	{"rules", []string{"categories", "duties", "community", "streets", "refusals", "signals", "checks", "grounds", "watches", "schemes"}},
	{"words", []string{"texts", "knowledge"}},
	{"time", []string{"days", "settings"}},
	{"doors", []string{"open311", "devices", "webhooks"}},
	{"running", []string{"jobs", "outbox", "mail", "wechat", "backup"}},
}

func (s *Service) overview(w http.ResponseWriter, r *http.Request) error {
	who := actor.From(r.Context())
	p := OverviewPage{Base: s.Base(w, r, "setup.overview")}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		world, err := newWorld(tx, who)
		if err != nil {
			return err
		}
		if p.Findings, err = s.findings(tx, world, p.Base); err != nil {
			return err
		}
		set, err := catalog.LoadSettings(tx)
		if err != nil {
			return err
		}
		p.First = set[opened] == ""
		for _, g := range groups {
			group := Group{Title: p.T("setup.group_" + g.name)}
			for _, name := range g.kinds {
				c, err := card(tx, p.Base, name, who)
				if err != nil {
					return err
				}
				group.Cards = append(group.Cards, c)
			}
			p.Groups = append(p.Groups, group)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, overviewPage(p))
}

// elsewhere are the cards that are not lists of a kind.
var elsewhere = map[string]string{
	"open311": "/setup/open311", "schemes": "/setup/schemes",
	"devices": "/setup/devices", "webhooks": "/setup/webhooks",
	"settings": "/setup/settings", "points": "/setup/points", "signin": "/setup/signin", "jobs": "/setup/jobs", "outbox": "/outbox", "mail": "/setup/mail", "wechat": "/setup/wechat", "backup": "/setup/backup", "days": "/setup/calendar", "tokens": "/setup/tokens",
}

var counted = map[string]string{
	"units": `select cast(count(*) as bigint) from actor_unit where active`, "staff": `select cast(count(*) as bigint) from actor_staff where active`,
	"areas": `select cast(count(*) as bigint) from place_area where active`, "addresses": `select cast(count(*) as bigint) from place_address`,
	"facilities": `select cast(count(*) as bigint) from place_facility where active`,
	"categories": `select cast(count(*) as bigint) from catalog_category where active`, "duties": `select cast(count(*) as bigint) from catalog_duty where active`,
	"streets":   `select cast(count(*) as bigint) from catalog_street`,
	"community": `select cast(count(*) as bigint) from catalog_community`, "refusals": `select cast(count(*) as bigint) from catalog_refusal`,
	"signals": `select cast(count(*) as bigint) from catalog_signal where active`,
	"texts":   `select cast(count(*) as bigint) from catalog_text where active`, "knowledge": `select cast(count(*) as bigint) from catalog_knowledge where active`,
	"days": `select cast(count(*) as bigint) from catalog_day`, "jobs": `select cast(count(*) as bigint) from job where state <> 'done'`,
	"points": `select cast(count(*) as bigint) from place_default where verdict = ''`,
	"outbox": `select cast(count(*) as bigint) from notice_message`,
}

// card leads to a list; to one that the reader may not open it does not lead.
func card(tx *sqldb.Tx, b page.Base, name string, who actor.Actor) (Card, error) {
	c := Card{Label: b.T("setup." + name), About: b.T("setup." + name + "_about"), Path: elsewhere[name], N: -1}
	if c.Path == "" {
		k, err := findKind(name)
		if err != nil {
			return c, err
		}
		c.Path = k.path()
	}
	if c.Path = b.URL(c.Path); (name == "staff" || name == "tokens" || name == "signin") && !actor.Allowed(who, "setup.staff") {
		c.Path = ""
	}
	if counted[name] == "" {
		return c, nil
	}
	return c, tx.QueryRow(counted[name]).Scan(&c.N)
}

// CheckPage lists what one check found.
type CheckPage struct {
	page.Base
	Finding Finding
}

func (s *Service) checkPage(w http.ResponseWriter, r *http.Request) error {
	p := CheckPage{Base: s.Base(w, r, "setup.overview")}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		world, err := newWorld(tx, actor.From(r.Context()))
		if err != nil {
			return err
		}
		all, err := s.findings(tx, world, p.Base)
		for _, f := range all {
			if f.Name == r.PathValue("name") {
				p.Finding = f
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	if p.Finding.Name == "" {
		return fault.New(fault.NotFound, "setup.no_kind", nil)
	}
	p.Title = p.Finding.Title
	return page.View{}.Render(w, r, http.StatusOK, checkList(p))
}
