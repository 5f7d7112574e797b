package app

import (
	"fmt"
	"net/http"
	"slices"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/web"
)

// grave are the acts that are too much for a desk left open: whoever calls them
// must just have proved who sits there. What opens a door asks, what closes one
// does not: a key that has leaked is revoked at once. A page that is nothing but
// the form asks before it is shown; a page that also shows how things stand is
// shown to all who may, and asks when its form is sent, which then waits.
//
// docs/ops/signin.md tells people the same list.
var grave = []string{
	// accounts and how people come in
	"GET /setup/staff/new", "POST /setup/staff/new", "POST /setup/staff/reset/{key}", "POST /setup/staff/second/{key}",
	"GET /setup/signin", "POST /setup/signin", "GET /setup/signin/provider/{provider}", "POST /setup/signin/provider/{provider}",
	"POST /account/second", "POST /account/second/codes", "POST /account/second/off",
	"GET /account/link", "POST /account/link", "POST /account/unlink",
	"POST /account/tokens",

	// doors for machines: keys, addresses, secrets
	"GET /setup/devices/new", "POST /setup/devices/new", "GET /setup/devices/import", "POST /setup/devices/import",
	"POST /setup/devices/entry/{code}", "POST /setup/devices/entry/{code}/key",
	"POST /setup/devices/sources", "POST /setup/devices/sources/{source}/key",
	"GET /setup/webhooks/new", "POST /setup/webhooks/new", "POST /setup/webhooks/entry/{id}", "POST /setup/webhooks/entry/{id}/secret",
	"POST /setup/open311/settings", "POST /setup/open311/key", "POST /setup/open311/partner/{partner}",

	// channels to residents
	"GET /setup/sms/new", "POST /setup/sms/new", "GET /setup/sms/gateway/{id}", "POST /setup/sms/gateway/{id}", "POST /setup/sms/gateway/{id}/door",
	"POST /setup/wechat",

	// decisions without a person
	"POST /dispatch/direct/on/{category}",

	// the limits on all this, copies of everything, and others' exports
	"POST /setup/settings", "POST /setup/backup", "POST /exports/{id}/rule",
}

// sometimesGrave are acts of which the verb decides whether they are: a look at
// a contact, for as long as the city says; an export that holds contact data; a
// change of an account that gives it more; the second factor of who has none.
var sometimesGrave = []string{
	"POST /case/{number}/contact/{id}", "POST /export/", "POST /exports/{id}/go", "POST /exports/{id}/file",
	"POST /setup/staff/entry/{key}", "POST /setup/staff/import/{upload}", "GET /account/second",
}

// askFresh marks the routes of grave acts, those of the API that stand for one
// of them too. It panics on an act that no route has: the list must not rot.
func askFresh(list []web.Route, ops []*api.Op) []web.Route {
	missing := slices.Clone(grave)
	twins := map[string]bool{}
	for _, op := range ops {
		twins[op.Method+" "+api.Prefix+op.Path] = op.Fresh
	}
	for i, r := range list {
		name := r.Method + " " + r.Path
		list[i].Fresh = slices.Contains(grave, name) || twins[name]
		missing = slices.DeleteFunc(missing, func(x string) bool { return x == name })
	}
	if len(missing) > 0 {
		panic(fmt.Sprintf("app: no routes for the grave acts %q", missing))
	}
	return list
}

// graveOp reports whether an operation of the API stands for a grave act.
func graveOp(op *api.Op) bool {
	return op.Method != http.MethodGet && slices.ContainsFunc(op.Pages, func(p string) bool { return slices.Contains(grave, p) })
}

// fresh is the proof that a grave act needs. A program has none to give: its
// token was made with one, and has the scope actor.StepUp when its owner wanted
// it to do grave acts too.
func (a *App) fresh(r *http.Request) error { return actor.Fresh(actor.From(r.Context()), a.DB.Now()) }
