package catalog

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// Rung is one step of the ladder of reminders: at which share of a limit what is
// done about it.
type Rung struct {
	Code    string
	Stage   string // handle, assist, accept
	Percent int64  // of the time from the start to the date; over 100 it is late
	Urgency string // "" all
	Act     string // one of RungActs
	Words   string // what the unit is told, "" only the share
	Active  bool
	Rev     int64
}

// RungActs are what can be done: remind whoever works on it, put it before the
// unit's head, have it supervised (督办).
var RungActs = []string{"remind", "push", "supervise"}

// RungStages are the limits that have a ladder.
var RungStages = []string{"handle", "assist", "accept"}

const rungColumns = `code, stage, percent, urgency, act, words, active, rev`

func scanRung(scan func(...any) error) (x Rung, err error) {
	return x, scan(&x.Code, &x.Stage, &x.Percent, &x.Urgency, &x.Act, &x.Words, &x.Active, &x.Rev)
}

// Ladder is all rungs, the lowest first.
func Ladder(tx *sqldb.Tx) ([]Rung, error) {
	rows, err := tx.Query(`select ` + rungColumns + ` from catalog_rung order by stage, percent, code`)
	if err != nil {
		return nil, fmt.Errorf("list rungs: %w", err)
	}
	defer rows.Close()
	var out []Rung
	for rows.Next() {
		x, err := scanRung(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list rungs: %w", err)
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// SaveRung creates or changes a rung and keeps the former one as a revision.
func SaveRung(tx *sqldb.Tx, by string, x Rung, rev int64) error {
	if x.Code == "" || x.Percent < 1 || !slices.Contains(RungActs, x.Act) || !slices.Contains(RungStages, x.Stage) {
		return fault.New(fault.Invalid, "catalog.rung_incomplete", nil, x.Code)
	}
	before, err := scanRung(tx.QueryRow(`select `+rungColumns+` from catalog_rung where code = $1`, x.Code).Scan)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if before.Rev != rev {
		return fault.New(fault.Conflict, "catalog.changed_meanwhile", nil)
	}
	x.Rev = rev + 1
	const q = `insert into catalog_rung(` + rungColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (code) do update set stage = excluded.stage,
		percent = excluded.percent, urgency = excluded.urgency, act = excluded.act, words = excluded.words, active = excluded.active, rev = excluded.rev`
	if err := tx.Exec(q, x.Code, x.Stage, x.Percent, x.Urgency, x.Act, x.Words, x.Active, x.Rev); err != nil {
		return fmt.Errorf("save rung %s: %w", x.Code, err)
	}
	if err := Revise(tx, by, "rung", x.Code, x.Rev, before, x); err != nil {
		return err
	}
	// What went by before there was a ladder is owed to nobody.
	const since = `insert into catalog_setting(name, value) values ($1, $2) on conflict (name) do nothing`
	return tx.Exec(since, ladderSince, strconv.FormatInt(tx.Now.UnixMicro(), 10))
}

const ladderSince = "ladder.since"

// LadderSince is when the city's ladder began.
func (s Settings) LadderSince() time.Time {
	n, err := strconv.ParseInt(s[ladderSince], 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// Above is the next active rung of a stage above a share, for a request of an
// urgency. Of several at the same share all count: they are told one by one.
func Above(ladder []Rung, stage, urgency string, after Rung) (Rung, bool) {
	best, found := Rung{}, false
	for _, x := range ladder {
		if !x.Active || x.Stage != stage || x.Urgency != "" && x.Urgency != urgency || x.order(after) <= 0 {
			continue
		}
		if !found || x.order(best) < 0 {
			best, found = x, true
		}
	}
	return best, found
}

func (x Rung) order(y Rung) int {
	return cmp.Or(cmp.Compare(x.Percent, y.Percent), cmp.Compare(x.Code, y.Code))
}

// PlantLadder gives a city without a ladder the usual one.
func PlantLadder(tx *sqldb.Tx, by string) error {
	there, err := Ladder(tx)
	if err != nil || len(there) > 0 {
		return err
	}
	for _, x := range []Rung{{Code: "handle-050", Stage: "handle", Percent: 50, Act: "remind"}, {Code: "handle-080", Stage: "handle", Percent: 80, Act: "remind"},
		{Code: "handle-100", Stage: "handle", Percent: 100, Act: "push"}, {Code: "handle-120", Stage: "handle", Percent: 120, Act: "supervise"},
		{Code: "assist-080", Stage: "assist", Percent: 80, Act: "remind"}, {Code: "assist-100", Stage: "assist", Percent: 100, Act: "push"},
		{Code: "accept-100", Stage: "accept", Percent: 100, Act: "remind"}} {
		x.Active = true
		if err := SaveRung(tx, by, x, 0); err != nil {
			return err
		}
	}
	return nil
}
