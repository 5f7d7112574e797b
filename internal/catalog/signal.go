package catalog

import (
	"database/sql"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"gongzhi/internal/calendar"
	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// Signal is one sort of danger to life, limb or supply, and the words by which
// it is recognised. It speaks of what happens, never of the person who writes.
type Signal struct {
	Code    string
	Name    string
	Kind    string     // one of SignalKinds
	Words   [][]string // each group must be there with one of its words
	Window  int64      // characters within which they must stand
	Off     []string   // near them, these say that nothing happens: 演练, 没有发生
	Phone   string     // whom to call first; "" the city's own number
	Service string     // whose number it is: 消防救援
	Advice  string     // one sentence for whoever is there
	Urgency string     // normal, urgent
	Limit   calendar.Limit
	Active  bool
	Rev     int64
	Sort    int64
}

// SignalKinds are the sorts of danger in the order of pages.
var SignalKinds = []string{"gas", "fire", "power", "collapse", "trapped", "flood", "water", "heat", "outage", "poison", "goods", "road", "fall", "person", "violence"}

const signalColumns = `code, name, kind, words, within, off, phone, service, advice, urgency, limit_n, limit_unit, active, rev, sort`

func scanSignal(scan func(...any) error) (x Signal, err error) {
	var words, off string
	err = scan(&x.Code, &x.Name, &x.Kind, &words, &x.Window, &off, &x.Phone, &x.Service, &x.Advice, &x.Urgency, &x.Limit.N, &x.Limit.Unit, &x.Active, &x.Rev, &x.Sort)
	x.Words, x.Off = WordGroups(words), apart(off)
	return x, err
}

// WordGroups reads groups as people write them: 煤气、燃气 + 泄漏、味.
func WordGroups(s string) [][]string {
	var out [][]string
	for _, group := range strings.FieldsFunc(s, func(c rune) bool { return c == '+' || c == '＋' || c == '\n' }) {
		if list := apart(group); len(list) > 0 {
			out = append(out, list)
		}
	}
	return out
}

// GroupWords is the inverse of WordGroups.
func GroupWords(groups [][]string) string {
	parts := make([]string, len(groups))
	for i, g := range groups {
		parts[i] = strings.Join(g, "、")
	}
	return strings.Join(parts, " + ")
}

// apart cuts a list at the separators people use.
func apart(s string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(s, func(c rune) bool { return strings.ContainsRune("、，,;；\n", c) }) {
		if w = strings.TrimSpace(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}

// Signals is the list in its order.
func Signals(tx *sqldb.Tx) ([]Signal, error) {
	rows, err := tx.Query(`select ` + signalColumns + ` from catalog_signal order by sort, code`)
	if err != nil {
		return nil, fmt.Errorf("list signals: %w", err)
	}
	defer rows.Close()
	var out []Signal
	for rows.Next() {
		x, err := scanSignal(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list signals: %w", err)
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// FindSignal reads one signal, or NotFound.
func FindSignal(tx *sqldb.Tx, code string) (Signal, error) {
	x, err := scanSignal(tx.QueryRow(`select `+signalColumns+` from catalog_signal where code = $1`, code).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return x, fault.New(fault.NotFound, "catalog.signal_not_found", err, code)
	}
	return x, err
}

// SaveSignal creates or changes a signal and keeps the former one as a revision.
func SaveSignal(tx *sqldb.Tx, by string, x Signal, rev int64) error {
	if x.Code == "" || x.Name == "" || len(x.Words) == 0 {
		return fault.New(fault.Invalid, "catalog.signal_incomplete", nil, x.Code)
	}
	before, err := FindSignal(tx, x.Code)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	if before.Rev != rev {
		return fault.New(fault.Conflict, "catalog.changed_meanwhile", nil)
	}
	x.Rev = rev + 1
	const q = `insert into catalog_signal(` + signalColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		on conflict (code) do update set name = excluded.name, kind = excluded.kind, words = excluded.words, within = excluded.within, off = excluded.off,
		phone = excluded.phone, service = excluded.service, advice = excluded.advice, urgency = excluded.urgency, limit_n = excluded.limit_n,
		limit_unit = excluded.limit_unit, active = excluded.active, rev = excluded.rev, sort = excluded.sort`
	if err := tx.Exec(q, x.Code, x.Name, x.Kind, GroupWords(x.Words), x.Window, strings.Join(x.Off, "、"), x.Phone, x.Service, x.Advice, x.Urgency,
		x.Limit.N, x.Limit.Unit, x.Active, x.Rev, x.Sort); err != nil {
		return fmt.Errorf("save signal %s: %w", x.Code, err)
	}
	return Revise(tx, by, "signal", x.Code, x.Rev, before, x)
}

//go:embed data/signals.json
var defaultSignals []byte

// DefaultSignals is what a new city begins with.
func DefaultSignals() ([]Signal, error) {
	var file struct {
		Off     map[string]string // lists of words by name, which many share
		Signals []struct {
			Code, Name, Kind, Words, Off, Phone, Service, Advice string
			Window                                               int64
			Shared                                               []string
			Limit                                                calendar.Limit
		}
	}
	if err := json.Unmarshal(defaultSignals, &file); err != nil {
		return nil, fmt.Errorf("default signals: %w", err)
	}
	out := make([]Signal, len(file.Signals))
	for i, x := range file.Signals {
		off := apart(x.Off)
		for _, name := range x.Shared {
			off = append(off, apart(file.Off[name])...)
		}
		out[i] = Signal{Code: x.Code, Name: x.Name, Kind: x.Kind, Words: WordGroups(x.Words), Window: x.Window, Off: off, Phone: x.Phone, Service: x.Service,
			Advice: x.Advice, Urgency: "urgent", Limit: x.Limit, Active: true, Sort: int64(i+1) * 10}
	}
	return out, nil
}

// PlantSignals gives a city the signals of the default list that it does not
// have. It says how many were new.
func PlantSignals(tx *sqldb.Tx, by string) (int, error) {
	there, err := Signals(tx)
	if err != nil {
		return 0, err
	}
	known := map[string]bool{}
	for _, x := range there {
		known[x.Code] = true
	}
	all, err := DefaultSignals()
	if err != nil {
		return 0, err
	}
	n := 0
	for _, x := range all {
		if known[x.Code] {
			continue
		}
		if err := SaveSignal(tx, by, x, 0); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
