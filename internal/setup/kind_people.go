package setup

import (
	"fmt"
	"slices"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/sqldb"
)

func unitKind() *kind {
	return &kind{name: "units", what: "unit", change: "setup.city", key: "id", parent: "parent",
		columns: []column{
			{name: "id", sort: code, required: true, max: 40},
			{name: "name", row: "name", required: true, max: 60, list: true},
			{name: "short", row: "name", max: 20},
			{name: "kind", sort: choice, options: actor.UnitKinds, labels: "actor.unit_", required: true, list: true},
			{name: "parent", sort: unit},
			{name: "area", sort: area, list: true},
			{name: "phone", row: "phone", max: 40, list: true},
			{name: "hours", row: "phone", max: 120},
			{name: "remit", sort: text, max: 1000},
			{name: "sort", sort: count, hi: 1_000_000},
			{name: "active", sort: truth, blank: "1", list: true},
		},
		all: allUnits, save: saveUnit, check: checkUnit, order: parentsFirst("id", "parent")}
}

func allUnits(tx *sqldb.Tx) ([]record, error) {
	list, err := actor.Units(tx)
	out := make([]record, len(list))
	for i, u := range list {
		out[i] = record{"id": u.ID, "name": u.Name, "short": u.Short, "kind": u.Kind, "parent": u.Parent, "area": u.Area, "phone": u.Phone,
			"hours": u.Hours, "remit": u.Remit, "sort": number(u.Sort), "active": yes(u.Active)}
	}
	return out, err
}

func saveUnit(tx *sqldb.Tx, _ string, r, _ record) error {
	return actor.SaveUnit(tx, actor.Unit{ID: r["id"], Parent: r["parent"], Name: r["name"], Short: r["short"], Kind: r["kind"], Area: r["area"],
		Phone: r["phone"], Hours: r["hours"], Remit: r["remit"], Sort: whole(r["sort"]), Active: r["active"] == "1"})
}

func checkUnit(w *world, now, was record, add problem) {
	if strings.ContainsAny(now["id"], "/%_ ") {
		add("id", "setup.code_wrong", now["id"])
	}
	p, known := w.units[now["parent"]]
	if known && strings.Contains("/"+p.Path, "/"+now["id"]+"/") {
		add("parent", "actor.unit_below_itself", now["name"])
	}
	if now["parent"] == "" && now["kind"] != "city" {
		add("parent", "setup.units_root")
	}
	if was["active"] == "1" && now["active"] == "" {
		if n, err := openTasks(w.tx, now["id"]); err == nil && n > 0 {
			add("active", "setup.units_busy", n)
		}
	}
}

// openTasks is how many tasks a unit has in hand: it cannot be switched off
// while residents wait for it.
func openTasks(tx *sqldb.Tx, unit string) (n int64, err error) {
	err = tx.QueryRow(`select cast(count(*) as bigint) from request_task where unit_id = $1 and open`, unit).Scan(&n)
	return n, err
}

func staffKind() *kind {
	names := make([]string, len(actor.Roles))
	for i, r := range actor.Roles {
		names[i] = string(r)
	}
	return &kind{name: "staff", change: "setup.staff", key: "login", sealed: true,
		columns: []column{
			{name: "login", sort: code, required: true, max: 64},
			{name: "name", required: true, max: 40, list: true},
			{name: "number", max: 20, list: true},
			{name: "unit", sort: unit, required: true, list: true},
			{name: "roles", sort: many, options: names, labels: "actor.role_", list: true},
			{name: "active", sort: truth, blank: "1", list: true},
		},
		all: allStaff, save: saveStaff, check: checkStaff}
}

func allStaff(tx *sqldb.Tx) ([]record, error) {
	list, err := actor.AllStaff(tx)
	out := make([]record, len(list))
	for i, s := range list {
		out[i] = staffRecord(s)
	}
	return out, err
}

func staffRecord(s actor.Staff) record {
	var roles []string
	for _, r := range actor.Roles {
		if slices.Contains(s.Roles, r) {
			roles = append(roles, string(r))
		}
	}
	return record{"_id": s.ID, "_demo": yes(s.Demo), "login": s.Login, "name": s.Name, "number": s.Number, "unit": s.UnitID,
		"roles": strings.Join(roles, "、"), "active": yes(s.Active)}
}

// saveStaff keeps an account. A new one can be entered only after a password
// was made for it; _hash holds it.
func saveStaff(tx *sqldb.Tx, _ string, r, was record) error {
	s := actor.Staff{ID: was["_id"], Login: r["login"], Name: r["name"], Number: r["number"], UnitID: r["unit"], Roles: roles(r["roles"]),
		Active: r["active"] == "1", Demo: was["_demo"] == "1"}
	staff, err := actor.SaveStaff(tx, s, r["_hash"])
	if err != nil {
		return err
	}
	if r["_hash"] != "" {
		if err := demandChange(tx, staff); err != nil {
			return err
		}
	}
	// Rights are read anew with every request, but a person who lost some
	// should notice, and one who was switched off is out at once.
	if was != nil && (was["roles"] != r["roles"] || was["unit"] != r["unit"] || r["active"] == "") {
		if err := actor.EndSessions(tx, staff); err != nil {
			return err
		}
	}
	r["_id"] = staff
	return nil
}

// apartRoles are held by different people: who rules the data, who rules the
// accounts, and who watches both.
var apartRoles = []actor.Role{actor.SysAdmin, actor.SecAdmin, actor.Auditor}

func checkStaff(w *world, now, was record, add problem) {
	held := 0
	for _, r := range roles(now["roles"]) {
		if slices.Contains(apartRoles, r) {
			held++
		}
	}
	if held > 1 {
		add("roles", "setup.roles_apart")
	}
	if was["_id"] == w.who.ID && w.who.ID != "" {
		for _, c := range []string{"roles", "unit", "active"} {
			if was[c] != now[c] {
				add(c, "setup.own_account")
			}
		}
	}
	if u, ok := w.units[now["unit"]]; ok && !u.Active && now["active"] == "1" {
		add("unit", "setup.unit_off", u.Name)
	}
}

// staffDetail says in codes what changed: history must not hold names.
func staffDetail(diff []change) string {
	var out []string
	for _, d := range diff {
		switch d.Column.name {
		case "roles", "unit", "active":
			out = append(out, fmt.Sprintf("%s:%s>%s", d.Column.name, d.Was, d.Now))
		default:
			out = append(out, d.Column.name)
		}
	}
	return strings.Join(out, " ")
}
