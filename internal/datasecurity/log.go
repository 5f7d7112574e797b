package datasecurity

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// Kinds of entries of the log.
const (
	Looks   = "look"   // at a contact
	Deeds   = "deed"   // administration: accounts, settings, imports, exports
	SignIns = "signin" // who came in
)

// Kinds lists them in the order of the page.
var Kinds = []string{Looks, Deeds, SignIns}

// Search narrows the log. Zero fields do not narrow.
type Search struct {
	Kind     string
	Person   string // name, login or number, or the beginning of one
	Number   string // of a request; looks only
	From, To time.Time
	After    string // cursor
	Most     int    // lines of a page, 0 as many as the page shows
}

// Line is one entry: who, when, what, why. It never holds what was seen.
type Line struct {
	ID     string
	At     time.Time
	Who    string
	Login  string
	Unit   string
	Deed   string
	About  string // number of the request, or what was changed
	Detail string // the reason, or what of it
}

// logSize is how many lines make a page.
const logSize = 50

// source is where the lines of a kind are read from. Columns are in one order:
// id, at, name, login, unit, deed, about, detail.
var sources = map[string]string{
	Looks: `select l.id, l.at, coalesce(s.name, l.actor), coalesce(s.login, ''), coalesce(u.name, ''), 'look', coalesce(m.number, ''), l.reason
		from request_look l left join actor_staff s on s.id = l.actor left join actor_unit u on u.id = l.unit left join matter m on m.id = l.matter_id where 1 = 1`,
	Deeds: `select l.id, l.at, coalesce(s.name, l.actor), coalesce(s.login, ''), coalesce(u.name, ''), l.deed, coalesce(o.name, l.subject), l.detail
		from actor_deed l left join actor_staff s on s.id = l.actor left join actor_unit u on u.id = l.unit left join actor_staff o on o.id = l.subject where l.deed not in ('signin', 'signin.failed')`,
	SignIns: `select l.id, l.at, coalesce(s.name, l.actor), coalesce(s.login, ''), coalesce(u.name, ''), l.deed, '', l.detail
		from actor_deed l left join actor_staff s on s.id = l.actor left join actor_unit u on u.id = s.unit_id where l.deed in ('signin', 'signin.failed')`,
}

// Read is one page of the log, newest first, and the cursor of the next, "" at
// the end. The log is read as it is: it ranks nobody.
func Read(tx *sqldb.Tx, a actor.Actor, f Search) (lines []Line, next string, err error) {
	if err := actor.Can(a, "datasecurity.audit"); err != nil {
		return nil, "", err
	}
	q, args, err := f.query()
	if err != nil {
		return nil, "", err
	}
	rows, err := tx.Query(q, args...)
	if err != nil {
		return nil, "", fmt.Errorf("read log: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var l Line
		var at int64
		if err := rows.Scan(&l.ID, &at, &l.Who, &l.Login, &l.Unit, &l.Deed, &l.About, &l.Detail); err != nil {
			return nil, "", fmt.Errorf("read log: %w", err)
		}
		l.At = sqldb.FromMicros(at)
		lines = append(lines, l)
	}
	if n := f.size(); len(lines) > n {
		lines = lines[:n]
		next = cursor(lines[n-1])
	}
	return lines, next, rows.Err()
}

// Count is how many lines the conditions let through, on all pages together.
func Count(tx *sqldb.Tx, a actor.Actor, f Search) (n int64, err error) {
	if err := actor.Can(a, "datasecurity.audit"); err != nil {
		return 0, err
	}
	f.After = ""
	q, args, err := f.where()
	if err != nil {
		return 0, err
	}
	if err := tx.QueryRow(`select cast(count(*) as bigint) from (`+q+`) x`, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count log: %w", err)
	}
	return n, nil
}

func (f Search) size() int {
	if f.Most > 0 {
		return f.Most
	}
	return logSize
}

func (f Search) query() (string, []any, error) {
	q, args, err := f.where()
	return q + ` order by l.at desc, l.id desc limit ` + strconv.Itoa(f.size()+1), args, err
}

func (f Search) where() (string, []any, error) {
	q, known := sources[f.Kind]
	if !known {
		return "", nil, fmt.Errorf("log of unknown kind %q", f.Kind)
	}
	var args []any
	and := func(cond string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			cond = strings.Replace(cond, "?", "$"+strconv.Itoa(len(args)), 1)
		}
		q += ` and ` + cond
	}
	if f.Person != "" {
		and(`(s.name = ? or s.login = ? or s.number = ?)`, f.Person, f.Person, f.Person)
	}
	if f.Number != "" && f.Kind == Looks {
		and(`m.number = ?`, f.Number)
	}
	if !f.From.IsZero() {
		and(`l.at >= ?`, f.From.UnixMicro())
	}
	if !f.To.IsZero() {
		and(`l.at < ?`, f.To.UnixMicro())
	}
	if f.After != "" {
		at, id, err := readCursor(f.After)
		if err != nil {
			return "", nil, err
		}
		and(`(l.at, l.id) < (?, ?)`, at, id)
	}
	return q, args, nil
}

func cursor(l Line) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(l.At.UnixMicro(), 10) + " " + l.ID))
}

func readCursor(s string) (at int64, id string, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		var digits string
		digits, id, _ = strings.Cut(string(raw), " ")
		at, err = strconv.ParseInt(digits, 10, 64)
	}
	if err != nil {
		return 0, "", fault.New(fault.Invalid, "request.cursor_bad", err)
	}
	return at, id, nil
}
