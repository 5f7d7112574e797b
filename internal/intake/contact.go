package intake

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// contactPage is the fourth question.
type contactPage struct {
	stepPage
	Typed  url.Values // after a mistake
	Accuse bool
	Fixed  bool // the category is one of reports already
	Units  []page.Option
}

// Value is what stands in a field.
func (p contactPage) Value(name string) string {
	if p.Typed != nil {
		return p.Typed.Get(name)
	}
	on := map[bool]string{true: "1"}
	return map[string]string{"phone": p.D.Phone, "email": p.D.Email, "prefer": p.D.Prefer, "name": p.D.Name, "no_reply": on[p.D.NoReply], "secret": on[p.D.Secret],
		"accuse": on[p.Accuse], "accused": p.D.Accused}[name]
}

func (s *Service) showContact(w http.ResponseWriter, r *http.Request, d *draft) error {
	return s.drawContact(w, r, http.StatusOK, d, nil, nil)
}

func (s *Service) drawContact(w http.ResponseWriter, r *http.Request, status int, d *draft, typed url.Values, failed error) error {
	c, _, _ := s.category(d)
	back := "about"
	if len(c.Questions) == 0 {
		back = "where"
	}
	p := contactPage{stepPage: s.step(w, r, d, "intake.contact", 4, back), Typed: typed, Accuse: s.accuses(d), Fixed: c.Type == "report"}
	if typed != nil {
		p.Accuse = typed.Get("accuse") == "1" || p.Fixed
	}
	if failed != nil {
		p.Problems = p.Base.Problems(failed)
	}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		p.Units, err = accusable(tx, p.Base)
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, status, contactStep(p))
}

// accusable are the units a report can be about.
func accusable(tx *sqldb.Tx, b page.Base) ([]page.Option, error) {
	units, err := actor.Units(tx)
	if err != nil {
		return nil, err
	}
	kinds := []string{"department", "utility", "district", "street", "community", "contractor"}
	slices.SortStableFunc(units, func(x, y actor.Unit) int { return slices.Index(kinds, x.Kind) - slices.Index(kinds, y.Kind) })
	out := []page.Option{{Value: "", Label: b.T("intake.accused_none")}}
	for _, u := range units {
		if u.Active && slices.Contains(kinds, u.Kind) {
			out = append(out, page.Option{Value: u.ID, Label: u.Name, Group: b.T("intake.kind_" + u.Kind)})
		}
	}
	return out, nil
}

func (s *Service) postContact(w http.ResponseWriter, r *http.Request, d *draft) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	phone, name, email, prefer := v.String("phone", MaxName), v.String("name", MaxName), v.String("email", 254), v.String("prefer", 10)
	var wrong fault.Fields
	normal := phone // what was typed is shown again as it was typed
	reach(&wrong, &normal, &email, &prefer)
	for _, f := range wrong {
		v.Add(f.Name, f.Key, f.Args...)
	}
	if err := v.Err(); err != nil {
		return s.drawContact(w, r, http.StatusUnprocessableEntity, d, v.All(), err)
	}
	d, err = s.edit(r.Context(), d.ID, func(tx *sqldb.Tx, d *draft) error {
		d.Phone, d.Email, d.Prefer, d.Name, d.NoReply, d.Secret, d.Accuse, d.Accused = phone, email, prefer, name, v.Bool("no_reply"), v.Bool("secret"), v.Bool("accuse"), ""
		if u, err := actor.FindUnit(tx, v.String("accused")); err == nil {
			d.Accused = u.ID
		} else if fault.KindOf(err) != fault.NotFound {
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	return web.See(w, r, stepPath(d, "check"))
}

// checkPage shows all answers before they are sent.
type checkPage struct {
	stepPage
	Category string
	Area     string
	Report   Report
	Asked    []catalog.Question
	Accused  string
	Lead     string // who will probably handle it
	Due      time.Time
	Hidden   bool // nothing of it will be published
}

func (s *Service) showCheck(w http.ResponseWriter, r *http.Request, d *draft) error {
	return s.drawCheck(w, r, http.StatusOK, d, nil)
}

func (s *Service) drawCheck(w http.ResponseWriter, r *http.Request, status int, d *draft, failed error) error {
	c, _, _ := s.category(d)
	p := checkPage{stepPage: s.step(w, r, d, "intake.check", 5, "contact"), Report: s.report(d), Area: s.Atlas.Atlas().Name(s.area(d)),
		Category: s.Catalog.Book().Tree.Name(c.Code), Asked: c.Questions}
	p.Then, p.Back = false, stepPath(d, "contact")
	p.Due = s.Catalog.Book().Calendar.Due(p.Now, s.limit(c, p.Report.Type, p.Report.Urgency, p.Now))
	p.Hidden = publicity(p.Report, c) == "private"
	if failed != nil {
		p.Problems = p.Base.Problems(failed)
	}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		if d.Accused != "" {
			names, err := actor.UnitNames(tx, []string{d.Accused})
			p.Accused = names[d.Accused]
			return err
		}
		if p.Report.Type == "report" || c.Code == "" {
			return nil
		}
		choice, err := catalog.Resolve(tx, s.Catalog.Book().Tree, c.Code, catalog.Place{Area: s.area(d)}, s.Catalog.Book().Calendar.DayOf(tx.Now))
		p.Lead = choice.Lead.Name
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, status, check(p))
}

// postCheck sends the report. What stands in the draft is what was shown.
func (s *Service) postCheck(w http.ResponseWriter, r *http.Request, d *draft) error {
	if err := s.limitReports(r); err != nil {
		return err
	}
	out, err := s.Receive(r.Context(), actor.Actor{}, s.report(d))
	if fault.KindOf(err) == fault.Invalid {
		return s.drawCheck(w, r, http.StatusUnprocessableEntity, d, err)
	}
	if err != nil {
		return err
	}
	return web.See(w, r, out.Path())
}
