package advice

import (
	"fmt"
	"slices"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Watcher notes for each request what would be proposed, then what was chosen,
// and whether a unit gave it back. It feeds the learning, the comparison of
// models and the figures.
func (a *Advisor) Watcher() matter.Watcher {
	return matter.Watcher{Name: "advice", Batch: 50, Rest: 4, Handle: a.note}
}

func (a *Advisor) note(tx *sqldb.Tx, events []matter.Entry) error {
	var born, decided, back, recalled, looked []matter.ID
	for _, e := range events {
		if slices.Contains(lookDeeds, e.Name) && e.Actor != actor.SystemID {
			looked = append(looked, e.Matter)
		}
		switch e.Name {
		case request.DeedReceived, request.DeedImported, request.DeedSplit:
			born = append(born, e.Matter)
		case request.DeedDispatched, request.DeedAnswered, request.DeedDiverted:
			decided = append(decided, e.Matter)
		case request.DeedObjectionUpheld:
			back = append(back, e.Matter)
		case request.DeedRecalled:
			recalled = append(recalled, e.Matter)
		}
	}
	if err := a.propose(tx, born); err != nil {
		return err
	}
	if err := a.decide(tx, decided); err != nil {
		return err
	}
	if err := returned(tx, recalled, true); err != nil {
		return err
	}
	if err := touched(tx, looked); err != nil {
		return err
	}
	return returned(tx, back, false)
}

// lookDeeds are those for which a person must have looked at where a request went
// and what it is about.
var lookDeeds = []string{request.DeedRecalled, request.DeedObjectionUpheld, request.DeedObjectionRejected, request.DeedRechecked, request.DeedReclassified, request.DeedSplit}

func touched(tx *sqldb.Tx, ids []matter.ID) error {
	if len(ids) == 0 {
		return nil
	}
	marks, args := sqldb.In(1, ids)
	if err := tx.Exec(`update advice_case set touched = true where direct and matter_id in (`+marks+`)`, args...); err != nil {
		return fmt.Errorf("note who looked: %w", err)
	}
	return nil
}

// propose keeps what the models say of new requests before anybody decided.
func (a *Advisor) propose(tx *sqldb.Tx, ids []matter.ID) error {
	orders, err := request.Orders(tx, ids)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, o := range orders {
		if o.Sealed {
			continue
		}
		d := a.Advise(question(o))
		var c, t, u Suggestion
		var second, third string
		for i, s := range d.Categories {
			switch i {
			case 0:
				c = s
			case 1:
				second = s.Code
			case 2:
				third = s.Code
			}
		}
		if len(d.Types) > 0 {
			t = d.Types[0]
		}
		if len(d.Units) > 0 {
			u = d.Units[0]
		}
		rows = append(rows, []any{string(o.ID), o.OpenedAt.UnixMicro(), c.Code, c.Share, second, third, t.Code, u.Code, u.Share, d.Model, "", "", "", "", 0, false, false, strings.Join(c.Words, "\n")})
	}
	const into = `insert into advice_case(matter_id, at, category, share, second, third, type, unit, unit_share, model, chosen, chosen_type, first_unit, chosen_unit, decided_at, returned, direct, words) values (`
	return tx.InsertRows(into, rows)
}

// decide keeps what was chosen. A later choice replaces an earlier one.
func (a *Advisor) decide(tx *sqldb.Tx, ids []matter.ID) error {
	marks, args := sqldb.In(1, ids)
	const q = `update advice_case set chosen = r.category, chosen_type = r.type, chosen_unit = m.unit,
		first_unit = case when first_unit = '' then m.unit else first_unit end,
		decided_at = (select max(e.at) from matter_event e where e.matter_id = m.id and e.name in ('dispatched', 'answered', 'diverted'))
		from matter m join request_order r on r.matter_id = m.id where m.id = advice_case.matter_id and advice_case.matter_id in (`
	if err := tx.Exec(q+marks+`)`, args...); err != nil {
		return fmt.Errorf("note what was decided: %w", err)
	}
	return a.judge(tx, ids)
}

// judge asks the shadows and the models in force what they would have said.
func (a *Advisor) judge(tx *sqldb.Tx, ids []matter.ID) error {
	l := a.models()
	if len(l.shadow) == 0 {
		return nil
	}
	orders, err := request.Orders(tx, ids)
	if err != nil {
		return err
	}
	for subject, shadow := range l.shadow {
		var n, right, before int
		for _, o := range orders {
			if o.Sealed {
				continue
			}
			q, truth := question(o), map[string]string{Category: o.Category, Type: o.Type, Unit: o.Unit}[subject]
			q.Category = o.Category
			n++
			right += hit(a.first(shadow, subject, q), truth)
			before += hit(a.first(l.force[subject], subject, q), truth)
		}
		const q = `update advice_model set judged = judged + $1, right_new = right_new + $2, right_old = right_old + $3 where id = $4 and state = 'shadow'`
		if err := tx.Exec(q, n, right, before, shadow.id); err != nil {
			return fmt.Errorf("compare models: %w", err)
		}
	}
	return nil
}

func (a *Advisor) first(v *version, subject string, q Question) string {
	var list []Suggestion
	switch subject {
	case Category:
		list = a.categories(v, q)
	case Type:
		list = a.types(v, q)
	default:
		list = a.units(v, q)
	}
	if len(list) == 0 {
		return ""
	}
	return list[0].Code
}

func hit(said, truth string) int {
	if said != "" && said == truth {
		return 1
	}
	return 0
}

// returned notes what a unit gave back with right; onlyDirect what a person took
// back that had gone out without one.
func returned(tx *sqldb.Tx, ids []matter.ID, onlyDirect bool) error {
	marks, args := sqldb.In(2, ids)
	const q = `update advice_case set returned = true where (direct or not $1) and matter_id in (`
	if err := tx.Exec(q+marks+`)`, append([]any{onlyDirect}, args...)...); err != nil {
		return fmt.Errorf("note returns: %w", err)
	}
	return nil
}
