package request

import (
	"database/sql"
	"fmt"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
)

// Kinds of pleas.
const (
	PleaReturn      = "return"      // 退单
	PleaExtension   = "extension"   // 延期
	PleaHold        = "hold"        // 挂账
	PleaTermination = "termination" // 终止
)

// Plea is what a unit asks the hotline for and somebody else rules on.
type Plea struct {
	ID       string
	Matter   matter.ID
	Task     string
	Kind     string
	State    string // asked, granted, refused, void
	Unit     string
	UnitName string
	Proposed string // return: the unit that should have it
	Days     int64  // extension: working days
	Until    time.Time
	Seq      int64 // the deed that asked; its note is the reason
	AskedAt  time.Time
	RuledAt  time.Time
	RuledBy  string
	Reason   string // filled by PleasOf only
}

const pleaQuery = `select p.id, p.matter_id, p.task_id, p.kind, p.state, p.unit_id, u.name, p.proposed, p.days, p.until, p.asked_seq, p.asked_at, p.ruled_at, p.ruled_by
	from request_plea p join actor_unit u on u.id = p.unit_id`

func scanPlea(scan func(...any) error, more ...any) (Plea, error) {
	var p Plea
	var asked int64
	var until, ruled sql.NullInt64
	dst := []any{&p.ID, &p.Matter, &p.Task, &p.Kind, &p.State, &p.Unit, &p.UnitName, &p.Proposed, &p.Days, &until, &p.Seq, &asked, &ruled, &p.RuledBy}
	err := scan(append(dst, more...)...)
	p.Until, p.AskedAt, p.RuledAt = sqldb.FromMicros(until.Int64), sqldb.FromMicros(asked), sqldb.FromMicros(ruled.Int64)
	return p, err
}

// Ask records a plea. It returns its id.
func Ask(tx *sqldb.Tx, p Plea) (string, error) {
	p.ID = id.New(tx.Now)
	var until any
	if !p.Until.IsZero() {
		until = p.Until.UnixMicro()
	}
	const q = `insert into request_plea(id, matter_id, task_id, kind, state, open, unit_id, proposed, days, until, asked_seq, asked_at, ruled_by)
		values ($1, $2, $3, $4, 'asked', $5, $6, $7, $8, $9, $10, $11, '')`
	if err := tx.Exec(q, p.ID, p.Matter, p.Task, p.Kind, true, p.Unit, p.Proposed, p.Days, until, p.Seq, tx.Now.UnixMicro()); err != nil {
		return "", fmt.Errorf("plea for %s: %w", p.Matter, err)
	}
	return p.ID, nil
}

// OpenPlea is the plea of a kind that waits for a ruling, or NotFound.
func OpenPlea(tx *sqldb.Tx, m matter.ID, kind string) (Plea, error) {
	p, err := scanPlea(tx.QueryRow(pleaQuery+` where p.matter_id = $1 and p.kind = $2 and p.open order by p.asked_at desc limit 1`, m, kind).Scan)
	return p, notFound(err)
}

// Pleas are all pleas of a request.
func Pleas(tx *sqldb.Tx, m matter.ID) ([]Plea, error) {
	rows, err := tx.Query(pleaQuery+` where p.matter_id = $1 order by p.asked_at, p.id`, m)
	if err != nil {
		return nil, fmt.Errorf("pleas of %s: %w", m, err)
	}
	defer rows.Close()
	var out []Plea
	for rows.Next() {
		p, err := scanPlea(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

// PleasOf are the pleas of several requests in one query, oldest first, each
// with the reason the unit gave.
func PleasOf(tx *sqldb.Tx, ids ...matter.ID) (map[matter.ID][]Plea, error) {
	marks, args := sqldb.In(1, ids)
	rows, err := tx.Query(`select p.id, p.matter_id, p.task_id, p.kind, p.state, p.unit_id, u.name, p.proposed, p.days, p.until, p.asked_seq, p.asked_at,
		p.ruled_at, p.ruled_by, coalesce(n.text, '') from request_plea p join actor_unit u on u.id = p.unit_id
		left join request_note n on n.matter_id = p.matter_id and n.seq = p.asked_seq and n.kind = 'reason'
		where p.matter_id in (`+marks+`) order by p.asked_at, p.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("pleas: %w", err)
	}
	defer rows.Close()
	out := map[matter.ID][]Plea{}
	for rows.Next() {
		var reason string
		p, err := scanPlea(rows.Scan, &reason)
		if err != nil {
			return nil, err
		}
		p.Reason = reason
		out[p.Matter] = append(out[p.Matter], p)
	}
	return out, rows.Err()
}

// Redirect sets the unit that a return is to go to, when the ruling names
// another than the unit that asked.
func Redirect(tx *sqldb.Tx, plea, unit string) error {
	return tx.Exec(`update request_plea set proposed = $1 where id = $2`, unit, plea)
}

// Rule closes a plea with "granted", "refused" or "void".
func Rule(tx *sqldb.Tx, plea, state, by string) error {
	n, err := tx.ExecN(`update request_plea set state = $1, open = $2, ruled_at = $3, ruled_by = $4 where id = $5 and open`, state, false, tx.Now.UnixMicro(), by, plea)
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "request.plea_ruled", nil)
	}
	return err
}
