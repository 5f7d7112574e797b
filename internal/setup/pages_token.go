package setup

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// TokenPage shows API tokens: one's own, or for the security administrator all.
type TokenPage struct {
	page.Base
	All      bool
	List     []actor.Token
	Scopes   []page.Option
	Name     string // as typed
	Days     string
	Secret   string // of a token just made, shown once
	Problems page.Problems
}

// usualDays is how long a token lives unless somebody says otherwise.
const usualDays = 90

func (s *Service) tokensPage(w http.ResponseWriter, r *http.Request) error {
	return s.showTokens(w, r, http.StatusOK, TokenPage{Days: strconv.Itoa(usualDays)}, nil, nil)
}

func (s *Service) showTokens(w http.ResponseWriter, r *http.Request, status int, p TokenPage, chosen []string, fail error) error {
	who := actor.From(r.Context())
	p.Base = s.Base(w, r, "setup.tokens")
	p.Problems = p.Base.Problems(fail)
	for _, scope := range actor.Scopes() {
		if reaches(who, scope) {
			o := page.Option{Value: scope, Label: p.scopeWord(scope), Hint: scope, Selected: slices.Contains(chosen, scope)}
			if scope == actor.StepUp {
				o.Hint = p.T("setup.token_step_up_hint", scope)
			}
			p.Scopes = append(p.Scopes, o)
		}
	}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		p.List, err = actor.TokensOf(tx, who.ID)
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, status, ownTokens(p))
}

// reaches reports whether a scope could give the actor anything.
func reaches(a actor.Actor, scope string) bool {
	if scope == actor.StepUp {
		return true
	}
	area, _, _ := strings.Cut(scope, ":")
	return slices.ContainsFunc(actor.Actions(), func(x actor.Action) bool { return actor.Area(x) == area && actor.Allowed(a, x) })
}

// newToken makes a token, for who has just proved who they are.
func (s *Service) newToken(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	who := actor.From(r.Context())
	p, scopes := TokenPage{Name: v.String("name", 60), Days: v.String("days", 4)}, v.Strings("scopes")
	days := v.Int("days")
	if err = v.Err(); err == nil {
		err = s.DB.Update(r.Context(), func(tx *sqldb.Tx) (err error) {
			p.Secret, err = actor.NewToken(tx, who, p.Name, scopes, days)
			return err
		})
	}
	switch {
	case fault.KindOf(err) == fault.Invalid:
		return s.showTokens(w, r, http.StatusUnprocessableEntity, p, scopes, err)
	case err != nil:
		return err
	}
	return s.showTokens(w, r, http.StatusOK, TokenPage{Secret: p.Secret, Days: strconv.Itoa(usualDays)}, nil, nil)
}

func (s *Service) allTokensPage(w http.ResponseWriter, r *http.Request) error {
	p := TokenPage{Base: s.Base(w, r, "setup.tokens_all"), All: true}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		p.List, err = actor.AllTokens(tx)
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, allTokens(p))
}

// revokeToken ends a token and comes back to the page it was asked on.
func (s *Service) revokeToken(back string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := s.DB.Update(r.Context(), func(tx *sqldb.Tx) error {
			return actor.RevokeToken(tx, actor.From(r.Context()), r.PathValue("id"))
		})
		if err != nil {
			return err
		}
		page.SetFlash(w, r, "good", "setup.token_revoked")
		return web.See(w, r, back)
	}
}

func (p TokenPage) columns() []page.Column {
	names := []string{"token_name", "token_scopes", "token_expires", "token_seen", "token_state"}
	if p.All {
		names = slices.Insert(names, 1, "token_owner")
	}
	var out []page.Column
	for _, n := range names {
		out = append(out, page.Column{Label: p.T("setup." + n)})
	}
	return out
}

// scopeWord is a scope in words: 派单 · 读取.
func (p TokenPage) scopeWord(scope string) string {
	if scope == actor.StepUp {
		return p.T("setup.way_step_up")
	}
	area, way, _ := strings.Cut(scope, ":")
	if key := "setup.area_" + area; locale.Has(p.Lang, key) {
		area = p.T(key)
	}
	return p.T("setup.scope_way", area, p.T("setup.way_"+way))
}
