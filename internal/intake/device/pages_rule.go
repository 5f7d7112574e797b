package device

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// rulesPage lists the rules.
type rulesPage struct {
	page.Base
	Can   bool
	Rules []Rule
	Names map[string]string // of categories
}

func (s *Service) showRules(w http.ResponseWriter, r *http.Request) error {
	p := rulesPage{Base: s.Base(w, r, "device.rules"), Can: actor.Allowed(actor.From(r.Context()), "device.edit"), Names: map[string]string{}}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		p.Rules, err = Rules(tx)
		return err
	})
	if err != nil {
		return err
	}
	for _, x := range p.Rules {
		p.Names[x.Category] = s.Catalog.Book().Tree.Name(x.Category)
	}
	return page.View{}.Render(w, r, http.StatusOK, rulesView(p))
}

// says is a rule in a sentence.
func (r Rule) says(b page.Base) string {
	end := b.T("device.rule_over_above", r.show(r.Clear))
	if r.Below {
		end = b.T("device.rule_over_below", r.show(r.Clear))
	}
	if r.Times > 1 {
		return b.T("device.rule_says_times", r.Metric, r.limit(b.Lang), r.Minutes, r.Times, end)
	}
	return b.T("device.rule_says", r.Metric, r.limit(b.Lang), end)
}

// rulePage is the form of one rule.
type rulePage struct {
	page.Base
	Can      bool
	New      bool
	Rule     Rule
	Typed    map[string]string
	Problems page.Problems
	Kinds    []string
	Leaves   []page.Option
	Edits    []page.Entry
}

func (s *Service) showNewRule(w http.ResponseWriter, r *http.Request) error {
	return s.drawRule(w, r, http.StatusOK, rulePage{New: true, Rule: Rule{Metric: DefaultMetric, Times: 1, Minutes: 10, Urgency: "normal", RedoHours: 24, Active: true}})
}

func (s *Service) showRule(w http.ResponseWriter, r *http.Request) error {
	return s.drawRule(w, r, http.StatusOK, rulePage{Rule: Rule{ID: r.PathValue("rule")}})
}

func (s *Service) drawRule(w http.ResponseWriter, r *http.Request, status int, p rulePage) error {
	title := "device.rule"
	if p.New {
		title = "device.rule_new"
	}
	p.Base, p.Can = s.Base(w, r, title), actor.Allowed(actor.From(r.Context()), "device.edit")
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if p.Kinds, err = Kinds(tx); err != nil {
			return err
		}
		if !p.New && p.Typed == nil {
			if p.Rule, err = FindRule(tx, p.Rule.ID); err != nil {
				return err
			}
		}
		if !p.New {
			p.Edits, err = catalog.Edits(tx, p.Base, "device_rule", p.Rule.ID, labelOf(p.Base, "device.rule_"))
		}
		return err
	})
	if err != nil {
		return err
	}
	if p.Path = "/setup/devices/rules/new"; !p.New {
		p.Path = "/setup/devices/rules/" + p.Rule.ID
	}
	tree := s.Catalog.Book().Tree
	p.Leaves = []page.Option{{Label: p.T("device.choose")}}
	for _, c := range tree.Leaves("") {
		group := tree.Path(c.Code)[0]
		top, _ := tree.Find(group)
		p.Leaves = append(p.Leaves, page.Option{Value: c.Code, Label: c.Name + " " + c.Code, Group: top.Name})
	}
	return page.View{}.Render(w, r, status, ruleView(p))
}

// values of the form by field.
func (r Rule) values() map[string]string {
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	out := map[string]string{"kind": r.Kind, "name": r.Name, "metric": r.Metric, "unit": r.Unit, "trip": number(r.Trip), "clear": number(r.Clear), "times": strconv.FormatInt(r.Times, 10),
		"minutes": strconv.FormatInt(r.Minutes, 10), "category": r.Category, "urgency": r.Urgency, "redo_hours": strconv.FormatInt(r.RedoHours, 10), "advice": r.Advice, "below": "above"}
	if r.Below {
		out["below"] = "below"
	}
	if r.Active {
		out["active"] = "1"
	}
	return out
}

func (p rulePage) field(name string) page.Field {
	v := p.Typed
	if v == nil {
		v = p.Rule.values()
	}
	f := page.Field{Name: name, Label: p.T("device.rule_" + name), Value: v[name], Error: p.Problems.Of(name), Class: "w-m"}
	if key := "device.rule_hint_" + name; locale.Has(p.Lang, key) {
		f.Hint = p.T(key)
	}
	switch name {
	case "trip", "clear":
		f.Inputmode, f.Class = "decimal", "w-s"
	case "times", "minutes", "redo_hours":
		f.Inputmode, f.Class = "numeric", "w-s"
	}
	return f
}

func (s *Service) postRule(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	x := Rule{ID: r.PathValue("rule"), Kind: v.String("kind"), Name: v.String("name"), Metric: v.String("metric"), Unit: v.String("unit"), Below: v.String("below") == "below",
		Trip: v.Float("trip"), Clear: v.Float("clear"), Times: int64(v.Int("times")), Minutes: int64(v.Int("minutes")), Category: v.String("category"),
		Urgency: v.String("urgency"), RedoHours: int64(v.Int("redo_hours")), Advice: v.Text("advice"), Active: v.Bool("active"), Rev: int64(v.Int("rev"))}
	if err = v.Err(); err == nil {
		_, err = s.PutRule(r.Context(), actor.From(r.Context()), x)
	}
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Conflict:
		p := rulePage{New: r.PathValue("rule") == "", Rule: x, Typed: map[string]string{}, Problems: s.Base(w, r, "device.rule").Problems(err)}
		for name := range x.values() {
			p.Typed[name] = strings.TrimSpace(v.Raw(name))
		}
		p.Typed["active"] = v.Raw("active")
		return s.drawRule(w, r, web.Status(err), p)
	}
	if err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "device.rule_saved")
	return web.See(w, r, "/setup/devices/rules")
}

// PutRule creates or changes a rule; it holds from the next reading. It gives the
// rule's id.
func (s *Service) PutRule(ctx context.Context, a actor.Actor, r Rule) (name string, err error) {
	if err := actor.Can(a, "device.edit"); err != nil {
		return "", err
	}
	if err := r.check(s.Catalog.Book().Tree); err != nil {
		return "", err
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		name, err = SaveRule(tx, a.HistoryID(), r)
		return err
	})
	return name, err
}

// PutSource creates or changes a system that speaks for devices.
func (s *Service) PutSource(ctx context.Context, a actor.Actor, x Source) error {
	if err := actor.Can(a, "device.edit"); err != nil {
		return err
	}
	var wrong fault.Fields
	if !plainCode(x.Code) {
		wrong.Add("code", "device.code_wrong")
	}
	if err := wrong.Err(); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := SaveSource(tx, x); err != nil {
			return err
		}
		return actor.Deed(tx, a, "device.source", x.Code, "")
	})
}

// sourcesPage lists the systems that speak for devices.
type sourcesPage struct {
	page.Base
	Can      bool
	Rows     []sourceRow
	Code     string // just given a key
	Secret   string
	Typed    map[string]string
	Problems page.Problems
}

type sourceRow struct {
	Source
	Devices int64
	Keys    []Key
}

func (s *Service) showSources(w http.ResponseWriter, r *http.Request) error {
	return s.drawSources(w, r, http.StatusOK, sourcesPage{})
}

func (s *Service) drawSources(w http.ResponseWriter, r *http.Request, status int, p sourcesPage) error {
	p.Base, p.Can = s.Base(w, r, "device.sources"), actor.Allowed(actor.From(r.Context()), "device.edit")
	p.Path = "/setup/devices/sources"
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		p.Rows, err = sourceRows(tx)
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, status, sourcesView(p))
}

// sourceRows are the systems with their devices counted, and their keys.
func sourceRows(tx *sqldb.Tx) (out []sourceRow, err error) {
	keys, err := liveKeys(tx, OfSource, "")
	if err != nil {
		return nil, err
	}
	const q = `select s.code, s.name, s.active, cast(count(d.code) as bigint) from intake_device_source s left join intake_device d on d.source = s.code
		group by s.code, s.name, s.active order by s.code`
	rows, err := tx.Query(q)
	if err != nil {
		return nil, fmt.Errorf("sources of devices: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var x sourceRow
		if err := rows.Scan(&x.Code, &x.Name, &x.Active, &x.Devices); err != nil {
			return nil, err
		}
		x.Keys = keys[x.Code]
		out = append(out, x)
	}
	return out, rows.Err()
}

func (s *Service) postSource(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	x := Source{Code: v.Required("code", 40), Name: v.Required("name", 40), Active: v.Bool("active")}
	if err = v.Err(); err == nil {
		err = s.PutSource(r.Context(), actor.From(r.Context()), x)
	}
	if fault.KindOf(err) == fault.Invalid {
		p := sourcesPage{Typed: map[string]string{"code": v.Raw("code"), "name": v.Raw("name"), "active": v.Raw("active")}, Problems: s.Base(w, r, "device.sources").Problems(err)}
		return s.drawSources(w, r, web.Status(err), p)
	}
	if err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "device.source_saved")
	return web.See(w, r, "/setup/devices/sources")
}

// knownSource is nil for a system that there is.
func (s *Service) knownSource(ctx context.Context, code string) error {
	return s.DB.View(ctx, func(tx *sqldb.Tx) error {
		list, err := Sources(tx)
		for _, x := range list {
			if x.Code == code {
				return err
			}
		}
		return fault.New(fault.NotFound, "device.source_unknown", err, code)
	})
}

func (s *Service) postSourceKey(w http.ResponseWriter, r *http.Request) error {
	code := r.PathValue("source")
	if err := s.knownSource(r.Context(), code); err != nil {
		return err
	}
	secret, err := s.Issue(r.Context(), actor.From(r.Context()), Owner{OfSource, code})
	if err != nil {
		return err
	}
	return s.drawSources(w, r, http.StatusOK, sourcesPage{Code: code, Secret: secret})
}

func (s *Service) postSourceRevoke(w http.ResponseWriter, r *http.Request) error {
	code := r.PathValue("source")
	if err := s.knownSource(r.Context(), code); err != nil {
		return err
	}
	if err := s.Revoke(r.Context(), actor.From(r.Context()), Owner{OfSource, code}); err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "device.revoked")
	return web.See(w, r, "/setup/devices/sources")
}
