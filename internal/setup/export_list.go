package setup

import (
	"net/url"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/export"
	"gongzhi/internal/fault"
	"gongzhi/internal/job"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
)

// Exports are lists of this feature as tables, beside those of the city's data,
// which are tables that can be mended and imported again. A token is named and
// never shown.
func (s *Service) Exports() []export.List {
	return []export.List{
		{Name: "tokens", Back: "/setup/tokens", Policy: "setup.staff", Open: exportTokens},
		{Name: "my-tokens", Back: "/account/tokens", Policy: "account", Open: exportOwnTokens},
		{Name: "sessions", Back: "/setup/staff/entry/{of}", Policy: "setup.staff", Open: exportSessions},
		{Name: "points", Back: "/setup/points", Policy: "setup.look", Open: exportPoints},
		{Name: "jobs", Back: "/setup/jobs", Policy: "setup.look", Open: exportJobs},
		{Name: "duty-check", Back: "/setup/duties/check", Policy: "setup.look", Open: s.exportDutyCheck},
		{Name: "found", Back: "/setup/check/{of}", Policy: "setup.look", Open: s.exportFound},
	}
}

func exportTokens(tx *sqldb.Tx, b page.Base, _ actor.Actor, _ url.Values) (export.Table, error) {
	list, err := actor.AllTokens(tx)
	return tokenTable(b, list), err
}

func exportOwnTokens(tx *sqldb.Tx, b page.Base, a actor.Actor, _ url.Values) (export.Table, error) {
	list, err := actor.TokensOf(tx, a.ID)
	return tokenTable(b, list), err
}

func tokenTable(b page.Base, list []actor.Token) export.Table {
	p := TokenPage{Base: b}
	rows := make([][]any, len(list))
	for i, t := range list {
		scopes := make([]string, len(t.Scopes))
		for j, x := range t.Scopes {
			scopes[j] = p.scopeWord(x)
		}
		state := b.T("setup.token_dead")
		if t.Live(b.Now) {
			state = b.T("setup.token_live")
		}
		rows[i] = []any{t.Name, t.Owner, t.Login, strings.Join(scopes, b.T("export.comma")), export.When(b, t.Created), export.When(b, t.Expires), export.When(b, t.Seen), state}
	}
	return export.Rows(export.Columns("name_of", "owner", "login", "scopes", "made", "expires", "used", "state"), "", rows)
}

// exportSessions is where one account is signed in.
func exportSessions(tx *sqldb.Tx, b page.Base, _ actor.Actor, q url.Values) (export.Table, error) {
	staff, err := actor.AllStaff(tx)
	if err != nil {
		return export.Table{}, err
	}
	for _, x := range staff {
		if x.Login != q.Get(export.Of) {
			continue
		}
		list, err := actor.Visits(tx, x.ID, "")
		rows := make([][]any, len(list))
		for i, v := range list {
			rows[i] = []any{deviceWords(b, v.Device), v.Place, export.When(b, v.Created), export.When(b, v.Seen)}
		}
		return export.Rows(export.Columns("device", "from", "at", "seen"), x.Name+" "+x.Login, rows), err
	}
	return export.Table{}, fault.New(fault.NotFound, "setup.no_entry", nil, q.Get(export.Of))
}

// exportJobs is the background work that failed for good.
func exportJobs(tx *sqldb.Tx, b page.Base, _ actor.Actor, _ url.Values) (export.Table, error) {
	list, err := job.Dead(tx)
	rows := make([][]any, len(list))
	for i, l := range list {
		rows[i] = []any{jobWords(b, l.Kind), export.When(b, l.Died), int64(l.Attempt), l.Trouble}
	}
	return export.Rows(export.Columns("work", "at", "attempts", "notice_why"), "", rows), err
}

// exportFound is what one check of the city's data found.
func (s *Service) exportFound(tx *sqldb.Tx, b page.Base, a actor.Actor, q url.Values) (export.Table, error) {
	w, err := newWorld(tx, a)
	if err != nil {
		return export.Table{}, err
	}
	all, err := s.findings(tx, w, b)
	if err != nil {
		return export.Table{}, err
	}
	for _, f := range all {
		if f.Name != q.Get(export.Of) {
			continue
		}
		rows := make([][]any, len(f.Items))
		for i, x := range f.Items {
			rows[i] = []any{x.Label, x.Note}
		}
		return export.Rows(export.Columns("about", "detail"), f.Title, rows), nil
	}
	return export.Table{}, fault.New(fault.NotFound, "setup.no_kind", nil)
}
