package signin

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// RulePage is what the city demands of those who sign in, and the places that
// know them.
type RulePage struct {
	page.Base
	Rule      Rule
	Without   int // accounts of the demanded roles that have no second factor yet
	Providers []Provider
	Problems  page.Problems
}

func (s *Service) rulePage(w http.ResponseWriter, r *http.Request) error {
	return s.showRule(w, r, http.StatusOK, nil, nil)
}

func (s *Service) showRule(w http.ResponseWriter, r *http.Request, status int, typed *Rule, fail error) error {
	p := RulePage{Base: s.Base(w, r, "signin.rule")}
	p.Problems = p.Base.Problems(fail)
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		set, err := catalog.LoadSettings(tx)
		if err != nil {
			return err
		}
		p.Rule = RuleOf(set)
		if p.Without, err = without(tx, p.Rule); err != nil {
			return err
		}
		p.Providers, err = providers(tx)
		return err
	})
	if err != nil {
		return err
	}
	if typed != nil {
		p.Rule = *typed
	}
	return page.View{}.Render(w, r, status, rulePage(p))
}

// without counts the accounts that would be stopped by the rule.
func without(tx *sqldb.Tx, r Rule) (n int, err error) {
	if len(r.Roles) == 0 {
		return 0, nil
	}
	marks, args := sqldb.In(1, r.Roles)
	q := `select cast(count(distinct s.id) as bigint) from actor_staff s join actor_role r on r.staff_id = s.id
		where s.active and r.role in (` + marks + `) and not exists (select 1 from actor_second e where e.staff_id = s.id)`
	err = tx.QueryRow(q, args...).Scan(&n)
	return n, err
}

func (p RulePage) roles() []page.Option {
	var out []page.Option
	for _, role := range actor.Roles {
		out = append(out, page.Option{Value: string(role), Label: p.T("actor.role_" + string(role)), Selected: slices.Contains(p.Rule.Roles, role)})
	}
	return out
}

// SaveRule keeps what the city demands, with its former value.
func (s *Service) SaveRule(ctx context.Context, a actor.Actor, c Rule) error {
	if err := actor.Can(a, "setup.signin"); err != nil {
		return err
	}
	if c.Look < 1 || c.Look > 720 {
		return fault.Fields{{Name: "look", Key: "signin.look_range"}}
	}
	names := []string{}
	for _, role := range c.Roles {
		names = append(names, string(role))
	}
	values := [][2]string{{"signin.second", strings.Join(names, ",")}, {"signin.grace", c.Grace}, {"signin.look", strconv.Itoa(c.Look)}}
	if len(names) == 0 {
		values[0][1] = nobody
	}
	err := s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := actor.Fresh(a, tx.Now); err != nil {
			return err
		}
		if err := tx.Lock("setup.settings"); err != nil {
			return err
		}
		return keepRule(tx, a, values)
	})
	if err != nil {
		return err
	}
	return s.Setup.Reload(ctx)
}

func keepRule(tx *sqldb.Tx, a actor.Actor, values [][2]string) error {
	now, err := catalog.LoadSettings(tx)
	if err != nil {
		return err
	}
	for _, x := range values {
		if now[x[0]] == x[1] {
			continue
		}
		if err := catalog.SaveSetting(tx, x[0], x[1]); err != nil {
			return err
		}
		if err := catalog.Revise(tx, a.HistoryID(), "signin", x[0], 0, now[x[0]], x[1]); err != nil {
			return err
		}
		if err := actor.Deed(tx, a, "setup.setting", x[0], x[1]); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) saveRule(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	c := Rule{Look: v.Int("look")}
	for _, name := range v.Strings("second") {
		if role := actor.Role(name); slices.Contains(actor.Roles, role) {
			c.Roles = append(c.Roles, role)
		}
	}
	if day := v.Time("grace", time.UTC); !day.IsZero() {
		c.Grace = day.Format(time.DateOnly)
	}
	if err = v.Err(); err == nil {
		err = s.SaveRule(r.Context(), actor.From(r.Context()), c)
	}
	switch {
	case fault.KindOf(err) == fault.Invalid:
		return s.showRule(w, r, http.StatusUnprocessableEntity, &c, err)
	case err != nil:
		return err
	}
	page.SetFlash(w, r, "good", "setup.saved")
	return web.See(w, r, "/setup/signin")
}

// ProviderPage is the form of one provider.
type ProviderPage struct {
	page.Base
	Provider Provider
	New      bool
	Callback string
	Problems page.Problems
}

// newProvider is the name of the form for one more.
const newProvider = "new"

func (s *Service) providerPage(w http.ResponseWriter, r *http.Request) error {
	p := Provider{Active: true}
	if name := r.PathValue("provider"); name != newProvider {
		err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
			p, err = findProvider(tx, name)
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.showProvider(w, r, http.StatusOK, p, nil)
}

func (s *Service) showProvider(w http.ResponseWriter, r *http.Request, status int, x Provider, fail error) error {
	p := ProviderPage{Base: s.Base(w, r, "signin.provider"), Provider: x, New: x.ID == ""}
	p.Problems = p.Base.Problems(fail)
	if !p.New {
		p.Callback = s.callback(r, x.ID)
	}
	return page.View{}.Render(w, r, status, providerPage(p))
}

func (s *Service) saveProvider(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	p := Provider{ID: r.PathValue("provider"), Name: v.String("name", 40), Issuer: v.String("issuer", 300), ClientID: v.String("client_id", 200), Secret: v.String("secret", 500), Creates: v.Bool("creates"), Active: v.Bool("active")}
	if p.ID == newProvider {
		p.ID = ""
	}
	made, err := "", v.Err()
	if err == nil {
		made, err = s.KeepProvider(r.Context(), actor.From(r.Context()), p)
	}
	switch {
	case fault.KindOf(err) == fault.Invalid:
		return s.showProvider(w, r, http.StatusUnprocessableEntity, p, err)
	case err != nil:
		return err
	}
	page.SetFlash(w, r, "good", "setup.saved")
	return web.See(w, r, "/setup/signin/provider/"+made)
}
