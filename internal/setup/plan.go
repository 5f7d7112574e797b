package setup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/sheet"
	"gongzhi/internal/sqldb"
)

// planned is a row of a table that would create or change an entry.
type planned struct {
	Row int
	Key string
	Was record // nil: it is new
	Now record
}

// plan is what a table would do, found out without doing it.
type plan struct {
	Info     sheet.Info
	Read     int // rows
	Same     int // rows that say what is so already
	Rows     []planned
	Problems []sheet.Problem
	Skipped  []string // columns of the file that we do not know
}

// Created counts the rows that make new entries.
func (p *plan) Created() int {
	n := 0
	for _, r := range p.Rows {
		if r.Was == nil {
			n++
		}
	}
	return n
}

// Changed counts the rows that change entries.
func (p *plan) Changed() int { return len(p.Rows) - p.Created() }

// digest stands for what a plan would do: when it differs between preview and
// confirmation, somebody has edited in between.
func (p *plan) digest() string {
	text, _ := json.Marshal(p.Rows) // strings and numbers only
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// mostProblems end the reading: nobody mends more at once.
const mostProblems = 500

// mapping is a kind as package sheet knows tables: headers in Chinese, the
// English ones understood too.
func (k *kind) mapping(lang locale.Lang) (*sheet.Mapping, error) {
	type field struct {
		To       string `json:"to"`
		From     string `json:"from"`
		Optional bool   `json:"optional"`
		Required bool   `json:"required"`
		Note     string `json:"note,omitempty"`
		Example  string `json:"example,omitempty"`
	}
	fields, aliases := make([]field, len(k.columns)), map[string][]string{}
	for i := range k.columns {
		c := &k.columns[i]
		header := k.header(locale.ZH, c)
		fields[i] = field{To: c.name, From: header, Optional: !c.required, Required: c.required, Note: k.note(lang, c), Example: k.example(c)}
		aliases[header] = []string{k.header(locale.EN, c), c.name}
	}
	text, err := json.Marshal(map[string]any{"name": k.name, "source": k.name, "aliases": aliases, "fields": fields})
	if err != nil {
		return nil, err
	}
	return sheet.LoadMapping(bytes.NewReader(text))
}

func (k *kind) header(lang locale.Lang, c *column) string { return locale.T(lang, k.word(c.name)) }

// note is what belongs into a column, in words.
func (k *kind) note(lang locale.Lang, c *column) string {
	if own := ownNote(k, lang, c); own != "" {
		return own
	}
	switch c.sort {
	case choice, many:
		key := "setup.note_choice"
		if c.sort == many {
			key = "setup.note_many"
		}
		return locale.T(lang, key, c.choices())
	case line, text:
		return ""
	}
	return locale.T(lang, "setup.note_"+sortNames[c.sort])
}

// ownNote is what is said of this column and of no other.
func ownNote(k *kind, lang locale.Lang, c *column) string {
	if key := k.word(c.name + "_note"); locale.Has(lang, key) {
		return locale.T(lang, key)
	}
	return ""
}

var sortNames = map[sort]string{code: "code", truth: "truth", count: "count", degree: "degree", words: "words", day: "day", limit: "limit",
	unit: "unit", lead: "lead", category: "category", anyCategory: "any_category", area: "area", scope: "scope"}

// example shows a filled cell; examples are in the language of the tables.
func (k *kind) example(c *column) string {
	if key := k.word(c.name + "_eg"); locale.Has(locale.ZH, key) {
		return locale.T(locale.ZH, key)
	}
	return ""
}

// makePlan reads a table (of a workbook, the worksheet of that name, or the
// first) and finds out what it would do. Faults of the file as a
// whole are errors; faults of rows are the plan's problems.
func makePlan(tx *sqldb.Tx, w *world, k *kind, name, table string, file []byte) (*plan, error) {
	m, err := k.mapping(locale.ZH)
	if err != nil {
		return nil, err
	}
	o := m.Options()
	o.Sheet = table
	d, err := sheet.Open(name, bytes.NewReader(file), int64(len(file)), o)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	if err := m.Check(d.Header); err != nil {
		return nil, err
	}
	rows, err := readAll(d)
	if err != nil {
		return nil, err
	}
	p := &planner{plan: plan{Info: d.Info, Read: len(rows), Skipped: k.strangers(d.Header)}, tx: tx, w: w, k: k, m: m}
	p.present(d.Header)
	return p.run(rows)
}

func readAll(d *sheet.Reader) ([]sheet.Row, error) {
	var rows []sheet.Row
	for {
		row, err := d.Next()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
}

// planner turns rows into a plan.
type planner struct {
	plan
	tx    *sqldb.Tx
	w     *world
	k     *kind
	m     *sheet.Mapping
	given map[string]bool // columns that the file has: others keep their value
	was   map[string]record
}

func (p *planner) present(h *sheet.Header) {
	p.given = map[string]bool{}
	for i := range p.k.columns {
		c := &p.k.columns[i]
		for _, name := range []string{p.k.header(locale.ZH, c), p.k.header(locale.EN, c), c.name} {
			if _, ok := h.Index(name); ok {
				p.given[c.name] = true
			}
		}
	}
}

// strangers are the columns of a file that the kind does not have: often a
// header that was misspelt.
func (k *kind) strangers(h *sheet.Header) []string {
	var ours []string
	for i := range k.columns {
		c := &k.columns[i]
		ours = append(ours, k.header(locale.ZH, c), k.header(locale.EN, c), c.name)
	}
	known, out := sheet.NewHeader(ours...), []string(nil)
	for _, name := range h.Names {
		if _, ok := known.Index(name); !ok && name != "" {
			out = append(out, name)
		}
	}
	return out
}

func (p *planner) run(rows []sheet.Row) (*plan, error) {
	typed := make([]sheet.Record, len(rows))
	keys := make([]string, len(rows))
	key := p.k.column(p.k.key)
	for i, row := range rows {
		typed[i], _ = p.m.Apply(row) // what is required is checked below, once
		// Rows may name what other rows of the file bring.
		keys[i], _, _ = key.read(typed[i][key.name], p.w)
		p.w.fresh[p.k.name+"/"+keys[i]] = true
	}
	var err error
	if p.was, err = p.k.lookup(p.tx, keys); err != nil {
		return nil, err
	}
	first := map[string]int{}
	for i, row := range rows {
		if len(p.Problems) >= mostProblems {
			break
		}
		p.row(row.Number, typed[i], first)
	}
	if p.k.order != nil {
		p.k.order(p.Rows)
	}
	return &p.plan, nil
}

// row plans one row. first remembers on which row each key stood.
func (p *planner) row(n int, typed sheet.Record, first map[string]int) {
	before := len(p.Problems)
	add := func(column, key string, args ...any) {
		p.Problems = append(p.Problems, sheet.Problem{Row: n, Column: p.k.header(locale.ZH, p.k.column(column)), Value: shown(typed[column]), Key: key, Args: args})
	}
	was := p.was[p.keyOf(typed)]
	now := p.k.take(p.w, p.filled(typed, was), add)
	key := now[p.k.key]
	if at := first[key]; at > 0 && key != "" {
		add(p.k.key, "setup.row_twice", at)
	} else {
		first[key] = n
	}
	if p.k.check != nil && len(p.Problems) == before {
		p.k.check(p.w, now, was, add)
	}
	switch {
	case len(p.Problems) > before:
	case was != nil && p.k.same(was, now):
		p.Same++
	default:
		p.Rows = append(p.Rows, planned{n, key, was, now})
	}
}

func (p *planner) keyOf(typed sheet.Record) string {
	v, _, _ := p.k.column(p.k.key).read(typed[p.k.key], p.w)
	return v
}

// filled adds what the file has no column for: the present value, or what a
// new entry holds.
func (p *planner) filled(typed sheet.Record, was record) record {
	out := record{}
	for i := range p.k.columns {
		c := &p.k.columns[i]
		switch {
		case p.given[c.name] && (typed[c.name] != "" || c.blank == ""):
			out[c.name] = typed[c.name]
		case was != nil: // an empty cell of what is usually so, such as in use, changes nothing
			out[c.name] = was[c.name]
		}
		if was == nil && out[c.name] == "" {
			out[c.name] = c.blank
		}
	}
	return out
}

const mostShown = 40

func shown(s string) string {
	if r := []rune(s); len(r) > mostShown {
		return string(r[:mostShown]) + "…"
	}
	return s
}

// apply does what a plan says, in the unit of work of tx. made is told of each
// row before it is kept.
func (p *plan) apply(tx *sqldb.Tx, w *world, k *kind, made func(planned) error) error {
	if len(p.Problems) > 0 {
		return fault.New(fault.Invalid, "setup.import_wrong", nil, len(p.Problems))
	}
	for _, r := range p.Rows {
		if made != nil {
			if err := made(r); err != nil {
				return err
			}
		}
		if err := k.keep(tx, w.who, r.Now, r.Was); err != nil {
			return fmt.Errorf("row %d: %w", r.Row, err)
		}
		if k.sealed {
			if err := k.deed(tx, w.who, r.Now, r.Was); err != nil {
				return err
			}
		}
	}
	return nil
}
