package setup

import (
	"encoding/json"
	"strings"

	"gongzhi/internal/catalog"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

func categoryKind() *kind {
	k := &kind{name: "categories", what: "category", change: "setup.catalog", key: "code", parent: "parent",
		columns: []column{
			{name: "code", sort: code, required: true, max: 20},
			{name: "name", required: true, max: 40, list: true},
			{name: "parent", sort: category},
			{name: "description", sort: text, max: 300},
			{name: "keywords", sort: words, max: 500},
			{name: "limit", sort: limit, list: true},
			{name: "type", row: "type", sort: choice, options: request.Types, labels: "request.type_"},
			{name: "urgency", row: "type", sort: choice, options: []string{"normal", "urgent"}, labels: "request.urgency_", required: true, blank: "normal"},
			{name: "publicity", row: "type", sort: choice, options: []string{"public", "masked", "private"}, labels: "request.publicity_", list: true},
			{name: "place", sort: truth},
			{name: "legal", max: 200},
			{name: "hint", sort: text, max: 200},
		},
		all: allCategories, save: saveCategory, check: checkCategory, order: parentsFirst("code", "parent"),
		decode: decode(categoryRecord), next: nextCategory}
	for _, n := range []string{"1", "2", "3"} {
		k.columns = append(k.columns, column{name: "ask" + n, row: "ask" + n, max: 60}, column{name: "answers" + n, row: "ask" + n, sort: words, max: 120})
	}
	k.columns = append(k.columns, column{name: "sort", sort: count, hi: 1_000_000}, column{name: "active", sort: truth, blank: "1", list: true})
	return k
}

// decode reads what the catalogue itself keeps of an entry.
func decode[T any](to func(T) record) func([]byte) (record, error) {
	return func(text []byte) (record, error) {
		var v T
		err := json.Unmarshal(text, &v)
		return to(v), err
	}
}

func records[T any](list []T, err error, to func(T) record) ([]record, error) {
	out := make([]record, len(list))
	for i, v := range list {
		out[i] = to(v)
	}
	return out, err
}

func allCategories(tx *sqldb.Tx) ([]record, error) {
	t, err := catalog.LoadTree(tx)
	if err != nil {
		return nil, err
	}
	var list []catalog.Category
	var walk func(code string, depth int)
	walk = func(code string, depth int) {
		for _, c := range t.Children(code) {
			if list = append(list, c); depth < 8 {
				walk(c.Code, depth+1)
			}
		}
	}
	walk("", 0)
	return records(list, nil, categoryRecord)
}

func categoryRecord(c catalog.Category) record {
	r := record{"code": c.Code, "name": c.Name, "parent": c.Parent, "description": c.Description, "keywords": strings.Join(c.Keywords, "、"),
		"limit": limitText(c.Limit), "type": c.Type, "urgency": c.Urgency, "publicity": c.Publicity, "place": yes(c.NeedsPlace), "legal": c.Legal,
		"hint": c.Hint, "sort": number(c.Sort), "active": yes(c.Active), "_rev": number(c.Rev)}
	for i, q := range c.Questions {
		r["ask"+number(i+1)], r["answers"+number(i+1)] = q.Text, strings.Join(q.Options, "、")
	}
	return r
}

func saveCategory(tx *sqldb.Tx, by string, r, was record) error {
	c := catalog.Category{Code: r["code"], Name: r["name"], Parent: r["parent"], Description: r["description"], Keywords: apart(r["keywords"]),
		Limit: limitOf(r["limit"]), Type: r["type"], Urgency: r["urgency"], Publicity: r["publicity"], NeedsPlace: r["place"] == "1", Legal: r["legal"],
		Hint: r["hint"], Sort: whole(r["sort"]), Active: r["active"] == "1"}
	for _, n := range []string{"1", "2", "3"} {
		if r["ask"+n] != "" {
			c.Questions = append(c.Questions, catalog.Question{Text: r["ask"+n], Options: apart(r["answers"+n])})
		}
	}
	return catalog.SaveCategory(tx, by, c, whole(was["_rev"]))
}

func checkCategory(w *world, now, _ record, add problem) {
	for _, n := range []string{"1", "2", "3"} {
		if now["ask"+n] == "" && now["answers"+n] != "" {
			add("ask"+n, "setup.categories_answers")
		}
	}
	depth := 1
	for at := now["parent"]; at != "" && depth <= 8; depth++ {
		if at == now["code"] {
			add("parent", "setup.below_itself", now["name"])
			return
		}
		c, _ := w.tree.Find(at)
		at = c.Parent
	}
	if depth > 4 {
		add("parent", "setup.categories_deep")
	}
}

// nextCategory counts on from the last one below the same parent.
func nextCategory(w *world, all []record, q record) string {
	var below []record
	for _, r := range all {
		if r["parent"] == q["parent"] {
			below = append(below, r)
		}
	}
	if next := nextCode(below, "code"); next != "" || q["parent"] == "" {
		return next
	}
	return q["parent"] + "01"
}

// assists is how many assisting units a line of the table has columns for.
const assists = 4

func dutyKind() *kind {
	k := &kind{name: "duties", what: "duty", change: "setup.catalog", key: "id",
		columns: []column{
			{name: "id", sort: code, required: true, max: 40},
			{name: "category", sort: anyCategory, required: true, list: true},
			{name: "area", sort: area, list: true},
			{name: "scope", sort: scope, list: true},
			{name: "lead", sort: lead, required: true, list: true},
		},
		all: allDuties, save: saveDuty, check: checkDuty, decode: decode(dutyRecord),
		next: func(_ *world, all []record, _ record) string { return nextCode(all, "id") }}
	for i := range assists {
		n := number(i + 1)
		k.columns = append(k.columns, column{name: "assist" + n, row: "assist" + n, sort: lead}, column{name: "limit" + n, row: "assist" + n, sort: limit})
	}
	k.columns = append(k.columns, column{name: "reason", sort: text, max: 300}, column{name: "from", row: "days", sort: day}, column{name: "to", row: "days", sort: day},
		column{name: "ceded", sort: truth}, column{name: "active", sort: truth, blank: "1", list: true})
	return k
}

func allDuties(tx *sqldb.Tx) ([]record, error) {
	list, err := catalog.Duties(tx)
	return records(list, err, dutyRecord)
}

func dutyRecord(d catalog.Duty) record {
	r := record{"id": d.ID, "category": d.Category, "area": d.Area, "scope": d.Scope, "lead": d.Lead, "reason": d.Reason, "from": d.ValidFrom,
		"to": d.ValidTo, "ceded": yes(d.Ceded), "active": yes(d.Active), "_rev": number(d.Rev)}
	for i, a := range d.Assists {
		r["assist"+number(i+1)], r["limit"+number(i+1)] = a.Unit, limitText(a.Limit)
	}
	return r
}

func saveDuty(tx *sqldb.Tx, by string, r, was record) error {
	return catalog.SaveDuty(tx, by, dutyOf(r), whole(was["_rev"]))
}

func dutyOf(r record) catalog.Duty {
	d := catalog.Duty{ID: r["id"], Category: r["category"], Area: r["area"], Scope: r["scope"], Lead: r["lead"], Reason: r["reason"],
		ValidFrom: r["from"], ValidTo: r["to"], Ceded: r["ceded"] == "1", Active: r["active"] == "1"}
	for i := range assists {
		if n := number(i + 1); r["assist"+n] != "" {
			d.Assists = append(d.Assists, catalog.Assist{Unit: r["assist"+n], Limit: limitOf(r["limit"+n])})
		}
	}
	return d
}

func checkDuty(w *world, now, _ record, add problem) {
	for i := range assists {
		n := number(i + 1)
		switch {
		case now["assist"+n] != "" && now["limit"+n] == "":
			add("limit"+n, "setup.duties_assist_limit")
		case now["assist"+n] == "" && now["limit"+n] != "":
			add("assist"+n, "setup.duties_assist_unit")
		case now["assist"+n] != "" && now["assist"+n] == now["lead"]:
			add("assist"+n, "setup.duties_assist_lead")
		}
	}
	if now["from"] != "" && now["to"] != "" && now["from"] > now["to"] {
		add("to", "setup.duties_days", now["from"])
	}
	if u, ok := w.units[now["lead"]]; ok && !u.Active && now["active"] == "1" {
		add("lead", "setup.unit_off", u.Name)
	}
	if others := w.clashes(dutyOf(now)); len(others) > 0 {
		add("lead", "setup.duties_clash", strings.Join(others, "、"))
	}
}

func communityKind() *kind {
	return &kind{name: "community", what: "community", change: "setup.catalog", key: "category",
		columns: []column{
			{name: "category", sort: category, required: true, list: true},
			{name: "kind", sort: choice, options: []string{"duty", "assist"}, labels: "setup.community_kind_", required: true, list: true},
			{name: "note", sort: text, max: 500, list: true},
		},
		all: func(tx *sqldb.Tx) ([]record, error) {
			list, err := catalog.CommunityItems(tx)
			return records(list, err, func(c catalog.CommunityItem) record {
				return record{"category": c.Category, "kind": c.Kind, "note": c.Note}
			})
		},
		save: func(tx *sqldb.Tx, _ string, r, _ record) error {
			return catalog.SaveCommunityItem(tx, catalog.CommunityItem{Category: r["category"], Kind: r["kind"], Note: r["note"]})
		},
		remove: catalog.RemoveCommunityItem}
}

// streetKind is the 属地管理事项责任清单.
func streetKind() *kind {
	return &kind{name: "streets", what: "street", change: "setup.catalog", key: "category",
		columns: []column{
			{name: "category", sort: category, required: true, list: true},
			{name: "kind", sort: choice, options: []string{"lead", "assist", "none"}, labels: "setup.streets_kind_", required: true, list: true},
			{name: "note", sort: text, max: 500, list: true},
		},
		all: func(tx *sqldb.Tx) ([]record, error) {
			list, err := catalog.StreetItems(tx)
			return records(list, err, func(x catalog.StreetItem) record {
				return record{"category": x.Category, "kind": x.Kind, "note": x.Note}
			})
		},
		save: func(tx *sqldb.Tx, _ string, r, _ record) error {
			return catalog.SaveStreetItem(tx, catalog.StreetItem{Category: r["category"], Kind: r["kind"], Note: r["note"]})
		},
		remove: catalog.RemoveStreetItem}
}

func refusalKind() *kind {
	return &kind{name: "refusals", what: "refusal", change: "setup.catalog", key: "code",
		columns: []column{
			{name: "code", sort: code, required: true, max: 40},
			{name: "name", required: true, max: 40, list: true},
			{name: "tell", sort: text, required: true, max: 500, list: true},
			{name: "route", sort: text, max: 300, list: true},
			{name: "own_words", sort: truth},
			{name: "sort", sort: count, hi: 1_000_000},
		},
		all: func(tx *sqldb.Tx) ([]record, error) {
			list, err := catalog.Refusals(tx)
			return records(list, err, func(x catalog.Refusal) record {
				return record{"code": x.Code, "name": x.Name, "tell": x.Tell, "route": x.Route, "own_words": yes(x.NeedsText), "sort": number(x.Sort)}
			})
		},
		save: func(tx *sqldb.Tx, _ string, r, _ record) error {
			return catalog.SaveRefusal(tx, catalog.Refusal{Code: r["code"], Name: r["name"], Tell: r["tell"], Route: r["route"], NeedsText: r["own_words"] == "1", Sort: whole(r["sort"])})
		}}
}
