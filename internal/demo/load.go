// Package demo makes the demonstration city: 云泽市, its land, its rules, its
// people, and ninety days of requests that went through the same verbs as real
// ones. The same seed gives the same city.
package demo

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/demo/content"
	"gongzhi/internal/demo/geography"
	"gongzhi/internal/geo"
	"gongzhi/internal/notice"
	"gongzhi/internal/place"
	"gongzhi/internal/setup"
	"gongzhi/internal/sqldb"
)

// City is the fictional city before it is written to a database.
type City struct {
	Land  geography.City
	Rules *content.City
}

// NewCity makes the city of a seed.
func NewCity(seed uint64) (*City, error) {
	rules, err := content.Load()
	if err != nil {
		return nil, err
	}
	return &City{Land: geography.Generate(seed), Rules: rules}, nil
}

// Load writes the city's data, in one unit of work.
func (c *City) Load(tx *sqldb.Tx) error {
	for _, step := range []func(*sqldb.Tx) error{c.areas, c.addresses, c.features, c.units, c.staff, c.categories, c.duties, c.signals, c.texts, c.days} {
		if err := step(tx); err != nil {
			return fmt.Errorf("load the demonstration city: %w", err)
		}
	}
	return nil
}

// level maps towns and villages to the level on which they stand.
var level = map[geography.Kind]string{
	geography.District: place.District, geography.Street: place.Street, geography.Town: place.Street,
	geography.Community: place.Community, geography.Village: place.Community, geography.Grid: place.Grid,
}

func (c *City) areas(tx *sqldb.Tx) error {
	for _, list := range [][]geography.Area{c.Land.Districts, c.Land.Streets, c.Land.Communities, c.Land.Grids} {
		for _, a := range list {
			border, err := json.Marshal(geo.AreaGeometry(a.Shape...))
			if err != nil {
				return err
			}
			parent := a.Parent
			if level[a.Kind] == place.District {
				parent = ""
			}
			err = place.SaveArea(tx, place.Area{Code: a.Code, Parent: parent, Level: level[a.Kind], Name: a.Name, Aliases: strings.Join(a.Aliases, "、"),
				Lat: a.Center.Lat, Lng: a.Center.Lng, Border: string(border), Population: int64(a.Population), Active: true})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *City) addresses(tx *sqldb.Tx) error {
	estates := map[string]string{}
	for _, e := range c.Land.Estates {
		estates[e.Code] = e.Name
		err := place.SaveFacility(tx, place.Facility{ID: e.Code, Kind: "estate", Name: e.Name, Area: e.Grid, Lat: e.Point.Lat, Lng: e.Point.Lng, Active: true})
		if err != nil {
			return err
		}
		for i, g := range e.Gates {
			err := place.SaveAddress(tx, place.Address{ID: e.Code + "-" + strconv.Itoa(i), Text: e.Name + g.Name, Area: e.Grid, Estate: e.Name, Lat: g.Point.Lat, Lng: g.Point.Lng})
			if err != nil {
				return err
			}
		}
	}
	for i, a := range c.Land.Addresses {
		err := place.SaveAddress(tx, place.Address{ID: "a" + strconv.Itoa(i), Text: a.Text, Area: a.Grid, Estate: estates[a.Estate], Lat: a.Point.Lat, Lng: a.Point.Lng})
		if err != nil {
			return err
		}
	}
	for _, f := range c.Land.Facilities {
		err := place.SaveFacility(tx, place.Facility{ID: f.Code, Kind: string(f.Kind), Code: f.Code, Name: f.Name, Area: f.Grid, Lat: f.Point.Lat, Lng: f.Point.Lng, Active: true})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *City) features(tx *sqldb.Tx) error {
	for i, f := range c.Land.Features() {
		kind := f.Text("kind")
		if kind == "border" {
			continue // drawn from the areas themselves
		}
		shape, err := json.Marshal(f.Geometry)
		if err != nil {
			return err
		}
		class := f.Text("use")
		if n := f.Number("class"); n > 0 {
			class = strconv.Itoa(int(n))
		}
		err = place.SaveFeature(tx, place.Feature{ID: fmt.Sprintf("%05d", i), Kind: kind, Class: class, Name: f.Text("name"), Rank: int64(f.Number("rank")), Shape: string(shape)})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *City) units(tx *sqldb.Tx) error {
	root := c.Rules.Units[0].Code
	if err := c.below(tx, ""); err != nil {
		return err
	}
	for i, d := range c.Land.Districts {
		u := content.Unit{Code: d.Code, Name: d.Name + "人民政府", Short: d.Name + "政府", Kind: "district", Parent: root, Phone: fmt.Sprintf("0XXX-66%02d000", i+1), Remit: "组织解决本区责任单位不明和跨单位的诉求。", Hours: "全天值守"}
		if err := saveUnit(tx, u, d.Code, 100+i); err != nil {
			return err
		}
		for j, b := range c.Rules.Bureaus {
			if err := saveUnit(tx, b.Of(d.Code, d.Name, i+1), "", 200+j); err != nil {
				return err
			}
		}
	}
	for i, s := range c.Land.Streets {
		name, short := s.Name+"办事处", s.Name
		if s.Kind == geography.Town {
			name = s.Name + "人民政府"
		}
		u := content.Unit{Code: s.Code, Name: name, Short: short, Kind: "street", Parent: s.Parent, Phone: fmt.Sprintf("0XXX-67%02d000", i+1), Remit: "统筹辖区诉求，召集部门共同处置。", Hours: "工作日 9:00–12:00、13:30–17:30，节假日有人值守"}
		if err := saveUnit(tx, u, s.Code, 300+i); err != nil {
			return err
		}
	}
	for i, a := range c.Land.Communities {
		name := a.Name + "居民委员会"
		if a.Kind == geography.Village {
			name = a.Name + "村民委员会"
		}
		u := content.Unit{Code: a.Code, Name: name, Short: a.Name, Kind: "community", Parent: a.Parent, Phone: fmt.Sprintf("0XXX-68%04d", i+1), Remit: "按清单协助街道和部门。", Hours: "工作日 8:30–12:00、14:00–17:30；周六上午有人"}
		if err := saveUnit(tx, u, a.Code, 400+i); err != nil {
			return err
		}
	}
	return nil
}

// below saves the city-wide units under a parent, each before those below it.
func (c *City) below(tx *sqldb.Tx, parent string) error {
	for i, u := range c.Rules.Units {
		if u.Parent != parent {
			continue
		}
		if err := saveUnit(tx, u, "", i); err != nil {
			return err
		}
		if err := c.below(tx, u.Code); err != nil {
			return err
		}
	}
	return nil
}

func saveUnit(tx *sqldb.Tx, u content.Unit, area string, sort int) error {
	return actor.SaveUnit(tx, actor.Unit{ID: u.Code, Parent: u.Parent, Name: u.Name, Short: u.Short, Kind: u.Kind, Area: area,
		Phone: u.Phone, Hours: u.Hours, Remit: u.Remit, Active: true, Sort: int64(sort)})
}

// staff have one password, which only the demonstration accepts accounts with.
func (c *City) staff(tx *sqldb.Tx) error {
	hash := actor.HashPassword(setup.DemoPassword)
	for _, p := range c.Rules.Staff {
		unit, err := c.unitOf(p.Unit)
		if err != nil {
			return err
		}
		_, err = actor.SaveStaff(tx, actor.Staff{ID: "staff-" + p.Number, Login: p.Role + p.Number, Name: p.Name, Number: p.Number, UnitID: unit,
			Roles: []actor.Role{actor.Role(p.Role)}, Active: true, Demo: true}, hash)
		if err != nil {
			return err
		}
	}
	return nil
}

// unitOf reads "street:3", the third street, beside plain codes.
func (c *City) unitOf(name string) (string, error) {
	kind, nth, counted := strings.Cut(name, ":")
	if !counted {
		return name, nil
	}
	list := map[string][]geography.Area{"district": c.Land.Districts, "street": c.Land.Streets, "community": c.Land.Communities}[kind]
	n, err := strconv.Atoi(nth)
	if err != nil || n < 1 || n > len(list) {
		return "", fmt.Errorf("unit %q: no such area", name)
	}
	return list[n-1].Code, nil
}

func (c *City) categories(tx *sqldb.Tx) error {
	for i, k := range c.Rules.Categories {
		x := catalog.Category{Code: k.Code, Parent: k.Parent, Name: k.Name, Description: k.Description, Keywords: k.Keywords, Limit: limit(k.Limit),
			Type: k.Type, Urgency: "normal", Publicity: k.Publicity, NeedsPlace: k.Place, Legal: k.Law, Hint: k.Next, Active: true, Sort: int64(i)}
		if k.Urgent {
			x.Urgency = "urgent"
		}
		for _, q := range k.Questions {
			x.Questions = append(x.Questions, catalog.Question{Text: q.Ask, Options: q.Choices})
		}
		if err := catalog.SaveCategory(tx, actor.SystemID, x, 0); err != nil {
			return err
		}
	}
	return nil
}

func limit(l content.Limit) calendar.Limit {
	if l.N == 0 {
		return calendar.Limit{N: 5, Unit: "wd"}
	}
	return calendar.Limit{N: l.N, Unit: l.Unit}
}

func (c *City) duties(tx *sqldb.Tx) error {
	for i, d := range c.Rules.Duties {
		x := catalog.Duty{ID: fmt.Sprintf("D%03d", i+1), Category: d.Category, Lead: d.Lead, Reason: d.Reason, ValidFrom: d.From, ValidTo: d.Until, Active: true}
		if x.Category == "" {
			x.Category = "*"
		}
		if d.Place != nil {
			x.Area, x.Scope = d.Place.Area, scope(d.Place)
		}
		for _, a := range d.Assists {
			x.Assists = append(x.Assists, catalog.Assist{Unit: a.Unit, Limit: limit(a.Limit)})
		}
		if err := catalog.SaveDuty(tx, actor.SystemID, x, 0); err != nil {
			return err
		}
	}
	for _, m := range c.Rules.Communities {
		kind := "assist"
		if m.Kind == "statutory" {
			kind = "duty"
		}
		if err := catalog.SaveCommunityItem(tx, catalog.CommunityItem{Category: m.Category, Kind: kind, Note: m.Name + "：" + m.Task + "。" + m.Not}); err != nil {
			return err
		}
	}
	return nil
}

func scope(s *content.Scope) string {
	switch {
	case s.Facility != "":
		return "facility:" + s.Facility
	case s.Estate != nil && *s.Estate:
		return "estate"
	case s.Estate != nil:
		return "street"
	}
	return ""
}

func (c *City) signals(tx *sqldb.Tx) error {
	if _, err := catalog.PlantSignals(tx, actor.SystemID); err != nil {
		return err
	}
	return catalog.PlantLadder(tx, actor.SystemID)
}

func (c *City) texts(tx *sqldb.Tx) error {
	for _, t := range c.Rules.Templates {
		kind := "module"
		if t.Use == "callback" && strings.HasPrefix(t.Keys, "hf") { // the others of this use are words of the review
			kind = "callback"
		}
		if t.Use == "reply" || t.Use == "unit" {
			kind = "reply"
		}
		if err := catalog.SaveText(tx, actor.SystemID, catalog.Text{Code: t.Code, Kind: kind, Pinyin: t.Keys, Category: t.Category, Title: t.Name, Body: t.Body, Active: true}); err != nil {
			return err
		}
	}
	for _, m := range c.Rules.Messages {
		if err := catalog.SaveText(tx, actor.SystemID, catalog.Text{Code: m.Event, Kind: "notice", Title: m.Name, Body: m.SMS, Active: true}); err != nil {
			return err
		}
		if _, sent := notice.KindOf(m.Event); !sent {
			continue
		}
		if err := catalog.SaveText(tx, actor.SystemID, catalog.Text{Code: notice.Variant(m.Event, notice.Mail), Kind: "notice", Title: m.Title, Body: m.Body, Active: true}); err != nil {
			return err
		}
	}
	for i, r := range c.Rules.Refusals {
		x := catalog.Refusal{Code: r.Code, Name: r.Name, Tell: r.Tell, Route: strings.Join(r.Routes, "；"), NeedsText: r.Code == "other_lawful", Sort: int64(i)}
		if err := catalog.SaveRefusal(tx, x); err != nil {
			return err
		}
	}
	for _, k := range c.Rules.Knowledge {
		x := catalog.Knowledge{Code: k.Code, Question: k.Question, Answer: k.Answer, Unit: k.Unit, Keywords: strings.Join(k.Keywords, "、"), Active: true}
		if err := catalog.SaveKnowledge(tx, actor.SystemID, x); err != nil {
			return err
		}
	}
	return nil
}

func (c *City) days(tx *sqldb.Tx) error {
	known := 0
	for _, d := range c.Rules.Days {
		if err := catalog.SaveDay(tx, catalog.Day{Day: d.Date, Worked: !d.Off, Name: d.Name}); err != nil {
			return err
		}
		if y, err := strconv.Atoi(d.Date[:4]); err == nil {
			known = max(known, y)
		}
	}
	for name, value := range map[string]string{"city.name": c.Land.Name, "city.phone": "12345", "repeat.times": "2", "repeat.people": "3", "office.close": "18", "signin.second": "none", "city.opened": "2026-01-01", "calendar.known": strconv.Itoa(known)} {
		if err := catalog.SaveSetting(tx, name, value); err != nil {
			return err
		}
	}
	return nil
}
