package datasecurity

import (
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/locale"
	"gongzhi/internal/sqldb"
)

// States of an export.
const (
	Asked    = "asked"    // waits for a second person
	Approved = "approved" // may be made by who asked
	Refused  = "refused"
	Making   = "making"
	Ready    = "ready" // may be fetched, once, in the session that asked
	Fetched  = "fetched"
	Expired  = "expired"
	Failed   = "failed"
)

// Limits of exports: rows in all, and rows with contact data that one person may
// take without a second.
const (
	rowsSetting, rowsDefault       = "export.rows", 50_000
	approveSetting, approveDefault = "export.approve", 200
)

const (
	fetchWithin   = 15 * time.Minute // a file lies ready so long
	approvedFor   = 24 * time.Hour   // an approval is good so long
	waitsFor      = 72 * time.Hour   // a second person has so long
	madeAtOnce    = 2_000            // rows; more are made in the background
	fewestLetters = 4                // of a reason
)

// Export is one table that somebody asked for: what, why, and what became of it.
type Export struct {
	ID, Number           string
	List                 string
	Query                url.Values
	Lang                 locale.Lang
	Format               string
	Columns              []string
	Contact              bool
	Reason               string
	Staff, Unit, Session string
	State                string
	Total, Done          int64
	Filter               string
	File                 string
	Size                 int64
	Trouble              string
	Decider, Remark      string
	AskedAt, DecidedAt   time.Time
	ReadyAt, EndedAt     time.Time

	// Read along for pages.
	Who, Login, UnitName, DeciderName string
}

// Open reports whether something may still come of it.
func (e *Export) Open() bool {
	return slices.Contains([]string{Asked, Approved, Making, Ready}, e.State)
}

// FetchUntil is when the file is gone.
func (e *Export) FetchUntil() time.Time { return e.ReadyAt.Add(fetchWithin) }

// Percent is how far the work has come.
func (e *Export) Percent() int64 { return min(100, 100*e.Done/max(1, e.Total)) }

const exportColumns = `e.id, e.number, e.list, e.query, e.lang, e.format, e.columns, e.contact, e.reason, e.staff_id, e.unit_id, e.session, e.state, e.total, e.done,
	e.filter, e.file, e.size, e.trouble, e.decider, e.remark, e.asked_at, e.decided_at, e.ready_at, e.ended_at,
	coalesce(s.name, e.staff_id), coalesce(s.login, ''), coalesce(u.name, ''), coalesce(d.name, '')`

const exportQuery = `select ` + exportColumns + ` from datasecurity_export e left join actor_staff s on s.id = e.staff_id
	left join actor_unit u on u.id = e.unit_id left join actor_staff d on d.id = e.decider`

func scanExport(scan func(...any) error) (*Export, error) {
	var e Export
	var query, columns string
	var asked, decided, ready, ended int64
	err := scan(&e.ID, &e.Number, &e.List, &query, &e.Lang, &e.Format, &columns, &e.Contact, &e.Reason, &e.Staff, &e.Unit, &e.Session, &e.State, &e.Total, &e.Done,
		&e.Filter, &e.File, &e.Size, &e.Trouble, &e.Decider, &e.Remark, &asked, &decided, &ready, &ended, &e.Who, &e.Login, &e.UnitName, &e.DeciderName)
	if err != nil {
		return nil, err
	}
	if columns != "" {
		e.Columns = strings.Split(columns, ",")
	}
	e.AskedAt, e.DecidedAt, e.ReadyAt, e.EndedAt = sqldb.FromMicros(asked), sqldb.FromMicros(decided), sqldb.FromMicros(ready), sqldb.FromMicros(ended)
	e.Query, err = url.ParseQuery(query)
	return &e, err
}

// find reads one export without asking who wants to see it.
func find(tx *sqldb.Tx, export string) (*Export, error) {
	e, err := scanExport(tx.QueryRow(exportQuery+` where e.id = $1`, export).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "datasecurity.export_not_found", err)
	}
	return e, err
}

// FindExport is find for somebody: his own, or one he may rule on or audit.
func FindExport(tx *sqldb.Tx, a actor.Actor, export string) (*Export, error) {
	e, err := find(tx, export)
	if err == nil && e.Staff != a.ID && !actor.Allowed(a, "datasecurity.audit") && !actor.Allowed(a, "datasecurity.approve") {
		err = fault.New(fault.NotFound, "datasecurity.export_not_found", nil)
	}
	return e, err
}

// loadExport locks an export for a change.
func loadExport(tx *sqldb.Tx, export string) (*Export, error) {
	if err := tx.Lock("export/" + export); err != nil {
		return nil, err
	}
	return find(tx, export)
}

// add keeps a new export under the next number of its day.
func (e *Export) add(tx *sqldb.Tx, zone *time.Location) error {
	if err := tx.Lock("export/number"); err != nil {
		return err
	}
	day := "E" + tx.Now.In(zone).Format("20060102") + "-"
	var n int64
	if err := tx.QueryRow(`select cast(count(*) as bigint) from datasecurity_export where number >= $1 and number < $2`, day, day+"~").Scan(&n); err != nil {
		return fmt.Errorf("number of export: %w", err)
	}
	e.ID, e.Number, e.AskedAt = id.New(tx.Now), fmt.Sprintf("%s%04d", day, n+1), tx.Now
	const q = `insert into datasecurity_export(id, number, list, query, lang, format, columns, contact, reason, staff_id, unit_id, session, state, total, done,
		filter, file, size, trouble, decider, remark, asked_at, decided_at, ready_at, ended_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, $15, '', 0, '', '', '', $16, 0, 0, 0)`
	err := tx.Exec(q, e.ID, e.Number, e.List, e.Query.Encode(), string(e.Lang), e.Format, strings.Join(e.Columns, ","), e.Contact, e.Reason, e.Staff, e.Unit, e.Session,
		e.State, e.Total, e.Filter, sqldb.Micros(e.AskedAt))
	if err != nil {
		return fmt.Errorf("keep export %s: %w", e.Number, err)
	}
	return nil
}

// save writes what changes in the life of an export.
func (e *Export) save(tx *sqldb.Tx) error {
	const q = `update datasecurity_export set session = $1, state = $2, total = $3, done = $4, file = $5, size = $6, trouble = $7, decider = $8, remark = $9,
		decided_at = $10, ready_at = $11, ended_at = $12 where id = $13`
	err := tx.Exec(q, e.Session, e.State, e.Total, e.Done, e.File, e.Size, e.Trouble, e.Decider, e.Remark,
		sqldb.Micros(e.DecidedAt), sqldb.Micros(e.ReadyAt), sqldb.Micros(e.EndedAt), e.ID)
	if err != nil {
		return fmt.Errorf("save export %s: %w", e.Number, err)
	}
	return nil
}

// deed notes a step of the export where the auditor reads: what, narrowed how,
// how many rows and columns, why.
func (e *Export) deed(tx *sqldb.Tx, a actor.Actor, deed string) error {
	t := func(key string, args ...any) string { return locale.T(locale.ZH, key, args...) } // the log is kept in one language
	parts := []string{t("export.list_" + e.List), e.Filter, t("datasecurity.export_rows", e.Total), strings.ToUpper(e.Format)}
	if len(e.Columns) > 0 {
		parts = append(parts, t("datasecurity.export_columns", strings.Join(e.Columns, " ")))
	}
	if e.Contact {
		parts = append(parts, t("datasecurity.export_with_contact"))
	}
	if e.Reason != "" {
		parts = append(parts, t("datasecurity.export_because", e.Reason))
	}
	if e.Remark != "" {
		parts = append(parts, e.Remark)
	}
	return actor.Deed(tx, a, deed, e.Number, strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · "))
}

// exportsShown is how many exports make a page of their list.
const exportsShown = 50

// Exports are one page of what the actor may see, newest first: his own, for an
// auditor all, for who approves also what waits for him.
func Exports(tx *sqldb.Tx, a actor.Actor, after string) (list []*Export, next string, err error) {
	where, args := ` where 1 = 1`, []any{}
	if !actor.Allowed(a, "datasecurity.audit") {
		where, args = ` where e.staff_id = $1`, []any{a.ID}
	}
	if after != "" {
		at, last, err := readCursor(after)
		if err != nil {
			return nil, "", err
		}
		n := len(args)
		where += fmt.Sprintf(` and (e.asked_at, e.id) < ($%d, $%d)`, n+1, n+2)
		args = append(args, at, last)
	}
	if list, err = exports(tx, where+` order by e.asked_at desc, e.id desc limit `+strconv.Itoa(exportsShown+1), args...); err != nil {
		return nil, "", err
	}
	if len(list) > exportsShown {
		list = list[:exportsShown]
		last := list[exportsShown-1]
		next = base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(last.AskedAt.UnixMicro(), 10) + " " + last.ID))
	}
	return list, next, nil
}

// Waiting are the exports that somebody else asked for and the actor may rule on.
func Waiting(tx *sqldb.Tx, a actor.Actor) ([]*Export, error) {
	if !actor.Allowed(a, "datasecurity.approve") {
		return nil, nil
	}
	return exports(tx, ` where e.state = 'asked' and e.staff_id <> $1 order by e.asked_at limit 100`, a.ID)
}

func exports(tx *sqldb.Tx, tail string, args ...any) ([]*Export, error) {
	rows, err := tx.Query(exportQuery+tail, args...)
	if err != nil {
		return nil, fmt.Errorf("list exports: %w", err)
	}
	defer rows.Close()
	var out []*Export
	for rows.Next() {
		e, err := scanExport(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list exports: %w", err)
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

// Bell counts what lies ready for the actor or waits for his word.
func Bell(tx *sqldb.Tx, a actor.Actor) (n int, err error) {
	const q = `select cast(count(*) as bigint) from datasecurity_export where state in ('asked', 'approved', 'making', 'ready')
		and (staff_id = $1 and state in ('approved', 'ready') or $2 and state = 'asked' and staff_id <> $1)`
	err = tx.QueryRow(q, a.ID, actor.Allowed(a, "datasecurity.approve")).Scan(&n)
	return n, err
}
