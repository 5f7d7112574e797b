package app_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/app"
	"gongzhi/internal/assessment"
	"gongzhi/internal/dispatch"
	"gongzhi/internal/handling"
	"gongzhi/internal/intake"
	"gongzhi/internal/matter"
	"gongzhi/internal/page/axetest"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// TestImportedMessagesGoThroughTheLoop imports 4,326 real messages into the
// fictional city and takes a thousand of them, on PostgreSQL two hundred,
// through the same verbs as any other request: dispatch, accept, answer,
// review, call-back.
func TestImportedMessagesGoThroughTheLoop(t *testing.T) {
	path := filepath.Join("..", "..", "..", "shared", "data", "messages", "stream_2019.csv")
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("GONGZHI_SHARED") == "required" {
			t.Fatalf("GONGZHI_SHARED=required, and %v", err)
		}
		t.Skipf("no real data beside the repository: %v", err)
	}
	for d, n := range map[sqldb.Dialect]int{sqldb.SQLite: 1000, sqldb.Postgres: 200} {
		t.Run(d.String(), func(t *testing.T) {
			a, clock := openCity(t, d)
			importMessages(t, a, path)
			ids := importedOpen(t, a, n)
			l := newImportLoop(t, a, clock)
			started := time.Now()
			for part := range slicesOf(ids, 25) {
				l.all(part)
			}
			t.Logf("%d imported requests closed through the loop in %.1f s", len(ids), time.Since(started).Seconds())
			done := 0
			l.update(nil, func(tx *sqldb.Tx) error {
				return tx.QueryRow(`select count(*) from matter m join request_order r on r.matter_id = m.id
					where r.source = 'messages-stream' and m.state = 'closed' and m.version >= 5`).Scan(&done)
			})
			if done != len(ids) {
				t.Errorf("%d imported requests are closed, want %d", done, len(ids))
			}
		})
	}
}

func importMessages(t *testing.T, a *app.App, path string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := intake.KeptMappings()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range kept {
		if m.Code != "messages-stream" {
			continue
		}
		run, err := a.Intake.Import(t.Context(), actor.System, intake.ImportFile{Name: "stream_2019.csv", File: f, Size: info.Size(), Mapping: m})
		if err != nil || run.Imported+run.Refused != run.Rows || run.Rows == 0 {
			t.Fatalf("%d rows, %d imported, %d refused: %v", run.Rows, run.Imported, run.Refused, err)
		}
	}
}

// importedOpen are imported requests that wait to be dispatched, the oldest first.
func importedOpen(t *testing.T, a *app.App, n int) (ids []matter.ID) {
	t.Helper()
	err := a.DB.View(t.Context(), func(tx *sqldb.Tx) error {
		rows, err := tx.Query(`select m.id from matter m join request_order r on r.matter_id = m.id where r.source = 'messages-stream' and m.state = 'to_dispatch' order by m.id limit $1`, n)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var m matter.ID
			if err := rows.Scan(&m); err != nil {
				return err
			}
			ids = append(ids, m)
		}
		return rows.Err()
	})
	if err != nil || len(ids) != n {
		t.Fatalf("%d wait to be dispatched, want %d: %v", len(ids), n, err)
	}
	return ids
}

func slicesOf(ids []matter.ID, n int) func(func([]matter.ID) bool) {
	return func(yield func([]matter.ID) bool) {
		for len(ids) > 0 {
			k := min(n, len(ids))
			if !yield(ids[:k]) {
				return
			}
			ids = ids[k:]
		}
	}
}

// importLoop has one person for each station.
type importLoop struct {
	t                    *testing.T
	app                  *app.App
	clock                *sqldbtest.Clock
	dispatcher, reviewer actor.Actor
	clerks               map[string]actor.Actor // by unit
}

func newImportLoop(t *testing.T, a *app.App, clock *sqldbtest.Clock) *importLoop {
	l := &importLoop{t: t, app: a, clock: clock, clerks: map[string]actor.Actor{},
		dispatcher: actor.Actor{ID: "d1", Roles: []actor.Role{actor.Dispatcher}, UnitID: "hotline"},
		reviewer:   actor.Actor{ID: "r1", Roles: []actor.Role{actor.Reviewer}, UnitID: "hotline"}}
	l.update(nil, func(tx *sqldb.Tx) error {
		units, err := actor.Units(tx)
		for _, u := range units {
			l.clerks[u.ID] = actor.Actor{ID: "c-" + u.ID, Roles: []actor.Role{actor.Clerk}, UnitID: u.ID, UnitName: u.Name, UnitPath: u.Path, UnitKind: u.Kind}
		}
		return err
	})
	return l
}

func (l *importLoop) update(ids []matter.ID, f func(*sqldb.Tx) error) {
	l.t.Helper()
	err := l.app.DB.Update(l.t.Context(), func(tx *sqldb.Tx) error {
		names := make([]string, len(ids))
		for i, m := range ids {
			names[i] = string(m)
		}
		if err := tx.Lock(names...); err != nil {
			return err
		}
		return f(tx)
	})
	if err != nil {
		l.t.Fatal(err)
	}
}

// all takes requests from the dispatcher's queue to their end, station by station.
func (l *importLoop) all(ids []matter.ID) {
	l.t.Helper()
	for _, station := range []func(*sqldb.Tx, matter.ID) error{l.send, l.accept, l.answer, l.review} {
		l.clock.Add(time.Minute)
		l.update(ids, func(tx *sqldb.Tx) error {
			for _, m := range ids {
				if err := station(tx, m); err != nil {
					return fmt.Errorf("request %s: %w", m, err)
				}
			}
			return nil
		})
	}
}

// send files the message under what its words suggest, for the unit of the duty
// list where that names one.
func (l *importLoop) send(tx *sqldb.Tx, m matter.ID) error {
	o, err := request.Load(tx, l.dispatcher, m, 0)
	if err != nil {
		return err
	}
	tree := l.app.Catalog.Book().Tree
	c := dispatch.Send{Category: tree.Leaves("")[0].Code}
	if g := tree.Suggest(o.Title+o.Body, 1); len(g) > 0 && g[0].Category.Type != "report" {
		c.Category = g[0].Category.Code
	}
	o.Category, o.Topic = c.Category, c.Category
	p, err := l.app.Dispatch.Propose(tx, o)
	if err != nil {
		return err
	}
	if c.Lead = p.Lead.ID; c.Lead == "" || p.Lead.Kind == "hotline" || p.Lead.Kind == "city" {
		c.Lead, c.Reason = "lighting", "职责清单没有写明"
	}
	return l.app.Dispatch.SendOrderTx(tx, l.dispatcher, o, c)
}

func (l *importLoop) clerk(tx *sqldb.Tx, m matter.ID) (actor.Actor, error) {
	t, err := request.OpenLead(tx, m)
	return l.clerks[t.Unit], err
}

func (l *importLoop) accept(tx *sqldb.Tx, m matter.ID) error {
	clerk, err := l.clerk(tx, m)
	if err != nil {
		return err
	}
	return l.app.Handling.AcceptTx(tx, clerk, handling.Accept{ID: m})
}

func (l *importLoop) answer(tx *sqldb.Tx, m matter.ID) error {
	clerk, err := l.clerk(tx, m)
	if err != nil {
		return err
	}
	return l.app.Handling.AnswerTx(tx, clerk, handling.Answer{ID: m, Solved: "yes", Record: "已到现场处理", Text: strings.Repeat("您反映的问题已经处理。", 2), Contacted: true})
}

// review passes the answer; who left a number is called back.
func (l *importLoop) review(tx *sqldb.Tx, m matter.ID) error {
	if err := l.app.Assessment.ReviewPassTx(tx, l.reviewer, assessment.ReviewPass{ID: m, Checked: true}); err != nil {
		return err
	}
	o, err := request.Find(tx, l.reviewer, m)
	if err != nil || o.State != request.ToCallback {
		return err
	}
	return l.app.Assessment.CallbackCloseTx(tx, l.reviewer, assessment.CallbackClose{ID: m, Solved: "yes", Rating: 5})
}

// TestEveryStateOfAnImportCanBeReadByEverybody looks at the page of an import
// where it is matched, running, checked, stopped and done.
func TestEveryStateOfAnImportCanBeReadByEverybody(t *testing.T) {
	if testing.Short() {
		t.Skip("opens a browser")
	}
	browser := axetest.Open(t)
	a, _ := openCity(t, sqldb.SQLite)
	g := &gallery{app: a, server: httptest.NewServer(a.Handler()), cookies: map[string]map[string]string{}}
	t.Cleanup(g.server.Close)
	admin := actor.Actor{ID: "s-admin", Roles: []actor.Role{actor.SysAdmin}}
	m, err := intake.ReadImportMapping("calls", []byte(callMapping))
	if err != nil {
		t.Fatal(err)
	}
	add := func(m *intake.ImportMapping) string {
		run, err := a.Intake.AddImport(t.Context(), admin, "calls.csv", []byte(callTable), m)
		if err != nil {
			t.Fatal(err)
		}
		return run
	}
	work := func() {
		if err := a.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	look := func(name, run string) {
		g.look(t, browser, shown{name: "import-" + name, login: "sysadmin1501", path: "/import/" + run})
	}
	look("matching", add(nil))
	run := add(m)
	look("checking", run)
	work()
	look("checked", run)
	act := func(do func(context.Context, actor.Actor, string) error) {
		if err := do(t.Context(), admin, run); err != nil {
			t.Fatal(err)
		}
	}
	act(a.Intake.StartImport)
	look("running", run)
	act(a.Intake.StopImport)
	look("stopped", run)
	act(a.Intake.ResumeImport)
	work()
	look("done", run)
}

const callMapping = `{"name": "来电登记表", "source": "calls", "id": "编号", "fields": [
	{"to": "body", "from": "诉求内容"}, {"to": "received", "from": "来电时间"}, {"to": "phone", "from": "联系电话"}, {"to": "category", "from": "分类"}]}`

const callTable = `编号,诉求内容,来电时间,联系电话,分类
1,梧桐路三盏路灯坏了三天没人修,2026/2/27 9:05,13800005521,路灯不亮
2,小区门口的下水道堵了很久,二月,13800005522,下水道
3,小区门口的下水道堵了很久,2026/2/27 9:05,12,下水道
`
