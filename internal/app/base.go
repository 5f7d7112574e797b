package app

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/datasecurity"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// base is what every page knows about its visitor.
func (a *App) base(w http.ResponseWriter, r *http.Request, titleKey string, args ...any) page.Base {
	lang, who, book := web.Lang(r), actor.From(r.Context()), a.Catalog.Book()
	mode, theme := page.ReadMode(r)
	b := page.Base{
		Lang: lang, Title: locale.T(lang, titleKey, args...), Path: r.URL.Path, Query: r.URL.RawQuery, CSRF: web.CSRF(r),
		City: book.Settings["city.name"], Flash: page.TakeFlash(w, r, lang), Mode: mode, Theme: theme, Large: page.ReadLarge(r), DemoMode: a.opt.Demo,
		Now: a.opt.Now(), Zone: book.Calendar.Zone,
	}
	if b.City == "" {
		b.City = a.Config.City
	}
	if who.Staff() {
		b.User = &page.User{Name: who.Name, Role: roleWords(lang, who.Roles), Unit: who.UnitName}
		b.Place = who.UnitName
	}
	b.Nav = nav(b, who)
	if who.Staff() {
		b.Nav = a.bell(r.Context(), b, who)
	}
	return b
}

// bell adds what waits for the person to the masthead: tables that lie ready,
// and those that somebody wants his word on.
func (a *App) bell(ctx context.Context, b page.Base, who actor.Actor) []page.NavItem {
	n := 0
	err := a.DB.Look(ctx, func(tx *sqldb.Tx) (err error) {
		n, err = datasecurity.Bell(tx, who)
		return err
	})
	current := b.Path == "/exports" || strings.HasPrefix(b.Path, "/exports/")
	if err != nil || n == 0 && !current { // a page is worth more than its bell
		return b.Nav
	}
	return append(b.Nav, page.NavItem{Label: b.T("app.nav_exports"), Path: b.URL("/exports"), Current: current, Count: n})
}

func roleWords(lang locale.Lang, roles []actor.Role) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = locale.T(lang, "actor.role_"+string(r))
	}
	return strings.Join(words, " ")
}

func (a *App) view() page.View { return page.View{} }

// entry is a place in the masthead and who finds it there.
type entry struct {
	key, path string
	roles     []actor.Role
}

// public is the masthead of residents, work that of staff.
var (
	public = []entry{{key: "app.nav_home", path: "/"}, {key: "app.nav_nearby", path: "/nearby"}, {key: "app.nav_track", path: "/track"}}
	work   = []entry{
		{"app.nav_desk", "/desk", []actor.Role{actor.Agent}},
		{"app.nav_mail", "/mail", []actor.Role{actor.Agent}},
		{"app.nav_sms", "/sms", []actor.Role{actor.Agent}},
		{"app.nav_dispatch", "/dispatch", []actor.Role{actor.Dispatcher}},
		{"app.nav_publish", "/publish", []actor.Role{actor.Dispatcher}},
		{"app.nav_today", "/today", []actor.Role{actor.Clerk, actor.Lead}},
		{"app.nav_review", "/review", []actor.Role{actor.Reviewer}},
		{"app.nav_callback", "/callback", []actor.Role{actor.Reviewer}},
		{"app.nav_board", "/board", []actor.Role{actor.Supervisor, actor.Dispatcher, actor.Lead, actor.Auditor}},
		{"app.nav_scores", "/scores", []actor.Role{actor.Supervisor, actor.Dispatcher, actor.Reviewer, actor.Auditor}},
		{"app.nav_supervise", "/supervise", []actor.Role{actor.Supervisor}},
		{"app.nav_exclusions", "/exclusions", []actor.Role{actor.Supervisor, actor.Reviewer, actor.Lead}},
		{"app.nav_signals", "/signals", []actor.Role{actor.Supervisor, actor.Reviewer}},
		{"app.nav_list", "/list", []actor.Role{actor.Agent, actor.Dispatcher, actor.Clerk, actor.Lead, actor.Reviewer, actor.Supervisor, actor.Auditor}},
		{"app.nav_audit", "/audit", []actor.Role{actor.Auditor, actor.SecAdmin}},
		{"app.nav_outbox", "/outbox", []actor.Role{actor.SysAdmin, actor.Supervisor, actor.Dispatcher}},
		{"app.nav_setup", "/setup", []actor.Role{actor.SysAdmin, actor.SecAdmin, actor.Auditor, actor.Supervisor, actor.Dispatcher}},
		{"app.nav_import", "/import", []actor.Role{actor.SysAdmin}},
	}
)

func nav(b page.Base, who actor.Actor) []page.NavItem {
	list := public
	if who.Staff() {
		list = work
	}
	var out []page.NavItem
	for _, e := range list {
		if len(e.roles) == 0 || who.Is(e.roles...) {
			current := b.Path == e.path || e.path != "/" && strings.HasPrefix(b.Path, e.path+"/")
			out = append(out, page.NavItem{Label: b.T(e.key), Path: b.URL(e.path), Current: current})
		}
	}
	return out
}

// Home is where a member of staff begins: the first place of the masthead.
func Home(who actor.Actor) string {
	i := slices.IndexFunc(work, func(e entry) bool { return who.Is(e.roles...) })
	if i < 0 {
		return "/"
	}
	return work[i].path
}

// errorWords are heading and sentence of an error for a person.
func errorWords(b page.Base, _ *http.Request, err error) (heading, text string) {
	kind := fault.KindOf(err)
	if key, args := fault.KeyOf(err); key != "" && kind != fault.Internal && locale.Has(b.Lang, key) {
		text = b.T(key, args...)
	} else {
		text = b.T("app.error_text_" + string(kind))
	}
	return b.T("app.error_" + string(kind)), text
}
