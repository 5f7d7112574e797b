package app

import (
	"context"
	"net/http"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// operations builds the JSON API: each feature declares its own part.
func (a *App) operations() *api.API {
	out := api.New(api.Options{DB: a.DB, Vault: a.Vault, Base: a.base, Guard: a.seesCase,
		Who:   func(ctx context.Context) string { return actor.From(ctx).ID },
		Areas: func(policy string) string { return actor.Area(actor.Action(policy)) },
		Fresh: graveOp})
	out.Chapter("app")
	api.Add(out, api.Op{ID: "me", Method: "GET", Path: "/me", Policy: "account"}, a.me)
	for _, feature := range []interface{ API(*api.API) }{a.Intake, a.Mailbox, a.WeChat, a.Open311, a.Devices, a.Dispatch, a.Handling, a.Assessment, a.Exclusion, a.Gaming, a.Scoring,
		a.Setup, a.SignIn, a.DataSecurity, a.Outbox, a.Webhooks} {
		feature.API(out)
	}
	return out
}

// seesCase refuses a request that the caller may not see before anything of
// what he sends is looked at: he must not learn that it exists.
func (a *App) seesCase(r *http.Request, op *api.Op) error {
	if !strings.HasPrefix(op.Path, "/cases/{number}") {
		return nil
	}
	return a.DB.Look(r.Context(), func(tx *sqldb.Tx) error {
		_, err := request.FindNumber(tx, actor.From(r.Context()), id.CleanNumber(r.PathValue("number")))
		return err
	})
}

// bearer is who comes with a token, when one came.
func (a *App) bearer(r *http.Request) (who actor.Actor, first error, came bool, err error) {
	head := r.Header.Get("Authorization")
	if head == "" || !strings.HasPrefix(r.URL.Path, "/api/v") {
		return who, nil, false, nil
	}
	scheme, token, _ := strings.Cut(head, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return who, nil, true, web.ErrToken
	}
	writes := r.Method != http.MethodGet && r.Method != http.MethodHead
	var stale bool
	err = a.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if who, stale, err = actor.TokenHolder(tx, strings.TrimSpace(token), writes); err != nil {
			return err
		}
		first, err = a.first(tx, who)
		return err
	})
	if fault.KindOf(err) == fault.NotFound {
		return who, nil, true, web.ErrToken
	}
	if err == nil && stale {
		err = a.DB.Update(r.Context(), func(tx *sqldb.Tx) error { return actor.TouchToken(tx, who) })
	}
	return who, first, true, err
}

type account struct {
	ID       string   `json:"id"`
	Login    string   `json:"login"`
	Name     string   `json:"name"`
	Roles    []string `json:"roles"`
	Unit     string   `json:"unit"`
	UnitName string   `json:"unit_name"`
	Scopes   []string `json:"scopes"` // of the token; empty for a person at a page
	Actions  []string `json:"actions"`
}

// me tells a program for whom it acts, and what he may do.
func (a *App) me(ctx context.Context, _ *struct{}) (account, error) {
	who := actor.From(ctx)
	out := account{ID: who.ID, Login: who.Login, Name: who.Name, Unit: who.UnitID, UnitName: who.UnitName, Scopes: who.Scopes}
	for _, r := range who.Roles {
		out.Roles = append(out.Roles, string(r))
	}
	for _, action := range actor.Actions() {
		if actor.Allowed(who, action) {
			out.Actions = append(out.Actions, string(action))
		}
	}
	return out, nil
}
