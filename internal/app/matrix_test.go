package app_test

import (
	"cmp"
	"flag"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/app"
	"gongzhi/internal/calendar"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/setup"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

var update = flag.Bool("update", false, "write the golden files anew")

const matrixFile = "testdata/matrix.golden"

// TestAuthorisationMatrix calls every registered route as every role, with a
// request of the role's own unit and with one of another unit, and compares
// who gets through with a table that a person can review.
func TestAuthorisationMatrix(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	m := newMatrix(t, a)
	var out strings.Builder
	fmt.Fprintf(&out, "# who gets through to which route: yes · no (denied) · sign (must sign in) · none (not found: not his to see)\n# own = a request of his unit, other = of another unit\n%-7s %-44s %-22s %-6s", "method", "path", "policy", "object")
	for _, p := range m.people {
		fmt.Fprintf(&out, " %-10s", p.name)
	}
	out.WriteString("\n")
	cells := 0
	routes := slices.SortedStableFunc(slices.Values(a.Server.Routes()), func(x, y web.Route) int {
		return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.Method, y.Method))
	})
	for _, route := range routes { // in an order that no registration changes
		for _, object := range objects(route) {
			fmt.Fprintf(&out, "%-7s %-44s %-22s %-6s", route.Method, route.Path, route.Policy, object)
			for _, p := range m.people {
				got := m.call(route, p, object)
				m.check(route, p, object, got)
				fmt.Fprintf(&out, " %-10s", got)
				cells++
			}
			out.WriteString("\n")
		}
	}
	t.Logf("%d routes, %d people, %d cells", len(a.Server.Routes()), len(m.people), cells)
	compareGolden(t, matrixFile, out.String())
}

func compareGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) == got {
		return
	}
	old := strings.Split(string(want), "\n")
	for _, line := range strings.Split(got, "\n") {
		if !slices.Contains(old, line) {
			t.Errorf("differs from %s: %s", file, line)
		}
	}
	t.Errorf("review the change and run: go test ./internal/app -run Matrix -update")
}

func objects(r web.Route) []string {
	if strings.Contains(r.Path, "{number}") && !strings.Contains(r.Path, "{code}") && !strings.HasPrefix(r.Path, "/public/") {
		return []string{"own", "other"}
	}
	return []string{"-"}
}

// person is one column of the matrix.
type person struct {
	name  string
	login string
	who   actor.Actor
	seat  *browser
}

type matrix struct {
	t          *testing.T
	app        *app.App
	people     []*person
	own, other *request.Order
	ownFile    string
	ownContact string
}

func newMatrix(t *testing.T, a *app.App) *matrix {
	m := &matrix{t: t, app: a}
	m.people = []*person{{name: "resident"}}
	var staff []actor.Staff
	m.update(func(tx *sqldb.Tx) (err error) {
		if err := oneOfEach(tx); err != nil {
			return err
		}
		staff, err = actor.AllStaff(tx)
		return err
	})
	for _, role := range actor.Roles {
		i := slices.IndexFunc(staff, func(s actor.Staff) bool { return s.Login == "matrix-"+string(role) })
		s := staff[i]
		m.people = append(m.people, &person{name: string(role), login: s.Login, who: actor.Actor{ID: s.ID, Roles: s.Roles, UnitID: s.UnitID}})
	}
	for _, p := range m.people {
		m.seat(p)
	}
	m.own, m.other = m.request("lighting"), m.request("water")
	return m
}

// oneOfEach adds an account for each role; those of handling units work in the
// same one.
func oneOfEach(tx *sqldb.Tx) error {
	hash := actor.HashPassword(setup.DemoPassword)
	for _, role := range actor.Roles {
		unit := "hotline"
		if role == actor.Clerk || role == actor.Lead {
			unit = "lighting"
		}
		_, err := actor.SaveStaff(tx, actor.Staff{Login: "matrix-" + string(role), Name: string(role), UnitID: unit, Roles: []actor.Role{role}, Active: true, Demo: true}, hash)
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *matrix) update(f func(*sqldb.Tx) error) {
	m.t.Helper()
	if err := m.app.DB.Update(m.t.Context(), f); err != nil {
		m.t.Fatal(err)
	}
}

func (m *matrix) seat(p *person) {
	if p.login == "" {
		p.seat = newBrowser(m.t, m.app.Handler())
		return
	}
	p.seat = signedIn(m.t, m.app.Handler(), p.login)
}

// request makes one that the unit is handling.
func (m *matrix) request(unit string) *request.Order {
	var o *request.Order
	m.update(func(tx *sqldb.Tx) (err error) {
		d := request.Draft{ID: matter.ID(id.New(tx.Now)), Title: "路灯不亮", Body: "路灯坏了三天", Type: "help", Channel: "phone", Category: "010101",
			Publicity: request.Public, State: request.ToDispatch, Due: tx.Now.AddDate(0, 0, 7), Contact: request.Contact{Name: "李芳", Phone: "13800005521", Masked: "李** 138****5521"}}
		if err := tx.Lock(string(d.ID)); err != nil {
			return err
		}
		last, err := request.TakeNumbers(tx, "260302", 1)
		if err != nil {
			return err
		}
		d.Number = id.Number(tx.Now, last)
		if o, err = request.Create(tx, keys, actor.System, d); err != nil {
			return err
		}
		if _, err = request.AddTask(tx, request.Task{Matter: o.ID, Unit: unit, Lead: true, Limit: calendar.Limit{N: 5, Unit: "wd"}, DueAt: d.Due}); err != nil {
			return err
		}
		o.Unit = unit
		return o.Record(tx, actor.System, request.Deed{Name: request.DeedDispatched})
	})
	return o
}

// call takes the route as the person and says how far he came.
func (m *matrix) call(r web.Route, p *person, object string) string {
	path := m.path(r, object)
	if r.Path == "/signout" { // ends the session: a new one for what follows
		defer m.seat(p)
	}
	switch {
	case strings.HasPrefix(r.Path, api.Prefix):
		p.seat.sendJSON(r.Method, path)
	case r.Method == "GET" || r.Method == "OPTIONS":
		p.seat.once(r.Method, path, "")
	default:
		p.seat.open("/design")
		p.seat.once("POST", path, url.Values{"csrf": {p.seat.csrf()}}.Encode())
	}
	to := p.seat.header.Get("Location")
	switch status := p.seat.status; {
	case status >= 500:
		m.t.Errorf("%s %s as %s: status %d", r.Method, path, p.name, status)
		return "broken"
	case status == 303 && strings.HasPrefix(to, "/signin?"):
		return "sign"
	case status == 401 && strings.HasPrefix(r.Path, api.Prefix):
		return "sign"
	case status == 401, status == 403, status == 415: // a form with a session is not what a program sends
		return "no"
	case status == 404:
		return "none"
	}
	return "yes"
}

func (m *matrix) path(r web.Route, object string) string {
	o := m.own
	if object == "other" {
		o = m.other
	}
	return strings.NewReplacer("{number}", o.Number, "{$}", "", "{name}", "none").Replace(wild(r.Path))
}

// wild fills the remaining places of a path with something that does not exist.
func wild(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, "{") && part != "{number}" && part != "{$}" && part != "{name}" {
			parts[i] = "none"
		}
	}
	return strings.Join(parts, "/")
}

// check compares one cell with the table of policies.
func (m *matrix) check(r web.Route, p *person, object, got string) {
	allowed := actor.Allowed(p.who, actor.Action(r.Policy))
	rule := actor.Policies[actor.Action(r.Policy)]
	switch {
	case rule.Key && got == "yes":
		m.t.Errorf("%s %s: %s gets through without a key", r.Method, r.Path, p.name)
	case rule.Key:
	case allowed && (got == "no" || got == "sign"):
		m.t.Errorf("%s %s: %s is allowed by the table and got %q", r.Method, r.Path, p.name, got)
	case !allowed && got != "no" && got != "sign":
		m.t.Errorf("%s %s: %s is not allowed by the table and got %q", r.Method, r.Path, p.name, got)
	case allowed && rule.Own && object == "other" && !actor.SeesAll(p.who) && got != "none":
		m.t.Errorf("%s %s: %s reaches a request of another unit: %q", r.Method, r.Path, p.name, got)
	}
}
