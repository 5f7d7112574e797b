package advice

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
)

// A category may be dispatched without a person only when the first proposal
// for it came true in so many of its last decisions, and then only what is
// proposed as surely as this.
const (
	DirectDecisions = 500
	directPercent   = 98
	DirectShare     = 0.95
)

// Trust is how far the first proposals of a category came true, in its last
// DirectDecisions decisions, and whether it is dispatched without a person.
// A proposal came true when the category was chosen as proposed and the unit did
// not give the request back with right; one that went out without a person is
// wrong, too, when it was recalled. Decisions are people's: what went out without
// one counts only when somebody has looked at it since, as a program that
// agrees with itself proves nothing.
type Trust struct {
	Category  string
	Decisions int64
	Right     int64
	At        time.Time // when it was switched on last, zero never
	By        string
	Off       time.Time // when it was switched off, zero it is on or never was
	OffBy     string    // actor.SystemID: it had sunk
	OffRight  int64     // then, of OffOf decisions
	OffOf     int64
}

// On reports whether the category is dispatched without a person.
func (t Trust) On() bool { return !t.At.IsZero() && t.Off.IsZero() }

// Allowed reports whether it may be.
func (t Trust) Allowed() bool {
	return t.Decisions >= DirectDecisions && 100*t.Right >= directPercent*t.Decisions
}

// Sunk reports whether the program itself took the permission back.
func (t Trust) Sunk() bool { return !t.Off.IsZero() && t.OffBy == actor.SystemID }

// trusts counts, for each category of a list, its last decisions by people: each
// by the index, however many there are.
const trusts = `select c.code,
		(select count(*) from (select 1 from advice_case a where a.category = c.code and a.decided_at > 0 and (not a.direct or a.touched) order by a.decided_at desc, a.matter_id desc limit 500) t),
		(select count(*) from (select a.chosen, a.returned from advice_case a where a.category = c.code and a.decided_at > 0 and (not a.direct or a.touched) order by a.decided_at desc, a.matter_id desc limit 500) t
			where t.chosen = c.code and not t.returned),
		coalesce(d.at, 0), coalesce(d.by_staff, ''), coalesce(d.off_at, 0), coalesce(d.off_by, ''), coalesce(d.off_right, 0), coalesce(d.off_of, 0)
	from catalog_category c left join advice_direct d on d.category = c.code where `

func readTrusts(tx *sqldb.Tx, where string, args ...any) ([]Trust, error) {
	rows, err := tx.Query(trusts+where+` order by c.code`, args...)
	if err != nil {
		return nil, fmt.Errorf("count what came true: %w", err)
	}
	defer rows.Close()
	var out []Trust
	for rows.Next() {
		var t Trust
		var at, off int64
		if err := rows.Scan(&t.Category, &t.Decisions, &t.Right, &at, &t.By, &off, &t.OffBy, &t.OffRight, &t.OffOf); err != nil {
			return nil, fmt.Errorf("count what came true: %w", err)
		}
		t.At, t.Off = moment(at), moment(off)
		out = append(out, t)
	}
	return out, rows.Err()
}

func moment(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return sqldb.FromMicros(micros)
}

// Trusts are the active categories of the catalogue.
func Trusts(tx *sqldb.Tx) ([]Trust, error) { return readTrusts(tx, `c.active`) }

// TrustIn is one category, NotFound when the catalogue does not have it.
func TrustIn(tx *sqldb.Tx, category string) (Trust, error) {
	list, err := readTrusts(tx, `c.code = $1`, category)
	if err == nil && len(list) == 0 {
		err = fault.New(fault.NotFound, "advice.no_category", nil)
	}
	if err != nil {
		return Trust{}, err
	}
	return list[0], nil
}

// Direct switches the direct dispatch of a category on or off. It is refused
// while what was measured does not allow it.
func (a *Advisor) Direct(ctx context.Context, who actor.Actor, category string, on bool) error {
	if err := actor.Can(who, "dispatch.direct"); err != nil {
		return err
	}
	return a.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Lock("advice/direct/" + category); err != nil {
			return err
		}
		t, err := TrustIn(tx, category)
		switch {
		case err != nil || t.On() == on:
			return err
		case on && !a.Catalog.Book().Tree.Leaf(category):
			return fault.New(fault.Conflict, "advice.not_leaf", nil)
		case on && !t.Allowed():
			return fault.New(fault.Conflict, "advice.not_trusted", nil)
		case on:
			err = switchOn(tx, who, category)
		default:
			err = switchOff(tx, who.ID, t)
		}
		if err != nil {
			return err
		}
		return actor.Deed(tx, who, "advice.direct", category, map[bool]string{true: "on", false: "off"}[on])
	})
}

func switchOn(tx *sqldb.Tx, who actor.Actor, category string) error {
	const q = `insert into advice_direct(category, at, by_staff) values ($1, $2, $3)
		on conflict (category) do update set at = excluded.at, by_staff = excluded.by_staff, off_at = 0, off_by = '', off_right = 0, off_of = 0`
	if err := tx.Exec(q, category, tx.Now.UnixMicro(), who.ID); err != nil {
		return fmt.Errorf("switch on %s: %w", category, err)
	}
	return nil
}

func switchOff(tx *sqldb.Tx, by string, t Trust) error {
	const q = `update advice_direct set off_at = $1, off_by = $2, off_right = $3, off_of = $4 where category = $5 and off_at = 0`
	if err := tx.Exec(q, tx.Now.UnixMicro(), by, t.Right, t.Decisions, t.Category); err != nil {
		return fmt.Errorf("switch off %s: %w", t.Category, err)
	}
	return nil
}

// DropDirect switches off every category that is not allowed any more.
func (a *Advisor) DropDirect(ctx context.Context) error {
	return a.DB.Update(ctx, func(tx *sqldb.Tx) error {
		list, err := readTrusts(tx, `d.at > 0 and d.off_at = 0`)
		if err != nil {
			return err
		}
		for _, t := range list {
			if t.Allowed() {
				continue
			}
			if err := switchOff(tx, actor.SystemID, t); err != nil {
				return err
			}
			if err := actor.Deed(tx, actor.System, "advice.direct", t.Category, "sunk"); err != nil {
				return err
			}
		}
		return nil
	})
}

// MayDirect reports whether the category is on and still allowed at this very
// moment. One that has sunk is switched off.
func MayDirect(tx *sqldb.Tx, category string) (bool, error) {
	t, err := TrustIn(tx, category)
	if err != nil || !t.On() {
		return false, err
	}
	if !t.Allowed() {
		return false, switchOff(tx, actor.SystemID, t)
	}
	return true, nil
}

// DirectReady are requests that wait to be dispatched, of categories that are
// dispatched without a person, proposed surely, and not changed since: at most
// n, after the id of one, in the order of their ids. What the duty list and the
// request itself say against it is the dispatcher's to know.
func DirectReady(tx *sqldb.Tx, after matter.ID, n int) ([]matter.ID, error) {
	const q = `select a.matter_id from advice_direct d join advice_case a on a.category = d.category and a.decided_at = 0
		join matter m on m.id = a.matter_id join request_order r on r.matter_id = a.matter_id
		where d.off_at = 0 and a.share >= $1 and a.model <> '' and not a.direct and a.matter_id > $2 and m.state = 'to_dispatch' and not m.sealed
			and r.urgency = 'normal' and r.type <> 'report' and r.category = a.category
			and not exists (select 1 from request_task t where t.matter_id = a.matter_id)
			and not exists (select 1 from request_flag f where f.matter_id = a.matter_id)
		order by a.matter_id limit $3`
	rows, err := tx.Query(q, DirectShare, string(after), n)
	if err != nil {
		return nil, fmt.Errorf("find what may be dispatched: %w", err)
	}
	defer rows.Close()
	var out []matter.ID
	for rows.Next() {
		var m matter.ID
		if err := rows.Scan(&m); err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, rows.Err()
}

// NoteDirect keeps that a request was dispatched without a person.
func NoteDirect(tx *sqldb.Tx, m matter.ID) error {
	if err := tx.Exec(`update advice_case set direct = true where matter_id = $1`, m); err != nil {
		return fmt.Errorf("note direct dispatch: %w", err)
	}
	return nil
}

// Case is what was proposed for a request when it came.
type Case struct {
	Category string
	Share    float64 // 0 when the catalogue's keywords spoke
	Words    []string
	Learnt   bool // a model spoke, not the catalogue's keywords
	Direct   bool // dispatched without a person
}

// CaseOf is the case of a request, ok is false when nothing was proposed.
func CaseOf(tx *sqldb.Tx, m matter.ID) (c Case, ok bool, err error) {
	var words, model string
	err = tx.QueryRow(`select category, share, words, model, direct from advice_case where matter_id = $1`, m).Scan(&c.Category, &c.Share, &words, &model, &c.Direct)
	if errors.Is(err, sql.ErrNoRows) {
		return c, false, nil
	}
	if err != nil {
		return c, false, fmt.Errorf("read what was proposed: %w", err)
	}
	if words != "" {
		c.Words = strings.Split(words, "\n")
	}
	c.Learnt = model != ""
	return c, c.Category != "", nil
}
