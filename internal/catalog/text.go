package catalog

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// Text is a wording kept by the city: a reply template, a module for the desk,
// what to say in a call-back, or the words of a notice. Placeholders stand in braces: {编号}.
type Text struct {
	Code     string
	Kind     string // reply, module, callback, notice
	Pinyin   string // initials typed to find it
	Category string // for which categories, "" all
	Title    string
	Body     string
	Active   bool
	Rev      int64
}

// Texts are the texts of one kind, "" all.
func Texts(tx *sqldb.Tx, kind string) ([]Text, error) {
	rows, err := tx.Query(`select code, kind, pinyin, category, title, body, active, rev from catalog_text where kind = $1 or $1 = '' order by kind, code`, kind)
	if err != nil {
		return nil, fmt.Errorf("list texts: %w", err)
	}
	defer rows.Close()
	var out []Text
	for rows.Next() {
		var t Text
		if err := rows.Scan(&t.Code, &t.Kind, &t.Pinyin, &t.Category, &t.Title, &t.Body, &t.Active, &t.Rev); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

// SaveText creates or changes a text and keeps the former one as a revision.
// t.Rev is the revision the editor saw, 0 for a new one.
func SaveText(tx *sqldb.Tx, by string, t Text) error {
	var before Text
	err := tx.QueryRow(`select code, kind, pinyin, category, title, body, active, rev from catalog_text where code = $1`, t.Code).
		Scan(&before.Code, &before.Kind, &before.Pinyin, &before.Category, &before.Title, &before.Body, &before.Active, &before.Rev)
	if err = seen(err, before.Rev, t.Rev); err != nil {
		return fmt.Errorf("save text %s: %w", t.Code, err)
	}
	t.Rev++
	const q = `insert into catalog_text(code, kind, pinyin, category, title, body, active, rev) values ($1, $2, $3, $4, $5, $6, $7, $8)
		on conflict (code) do update set kind = excluded.kind, pinyin = excluded.pinyin, category = excluded.category, title = excluded.title,
		body = excluded.body, active = excluded.active, rev = excluded.rev`
	if err := tx.Exec(q, t.Code, t.Kind, t.Pinyin, t.Category, t.Title, t.Body, t.Active, t.Rev); err != nil {
		return fmt.Errorf("save text %s: %w", t.Code, err)
	}
	return Revise(tx, by, "text", t.Code, t.Rev, before, t)
}

// seen refuses to save what somebody else has changed since it was read. err
// is that of reading the present state.
func seen(err error, now, rev int64) error {
	switch {
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return err
	case now != rev:
		return fault.New(fault.Conflict, "catalog.changed_meanwhile", nil)
	}
	return nil
}

// Fill puts values into a text's placeholders in one pass: a value that itself
// looks like a placeholder stays as it is, an unknown placeholder stays too.
func Fill(body string, values map[string]string) string {
	var pairs []string
	for k, v := range values {
		pairs = append(pairs, "{"+k+"}", v)
	}
	return strings.NewReplacer(pairs...).Replace(body)
}

// Knowledge is one entry of the knowledge base.
type Knowledge struct {
	Code     string
	Question string
	Answer   string
	Unit     string
	Keywords string // separated by 、
	Active   bool
	Rev      int64
}

// AllKnowledge is the whole knowledge base.
func AllKnowledge(tx *sqldb.Tx) ([]Knowledge, error) {
	rows, err := tx.Query(`select code, question, answer, unit, keywords, active, rev from catalog_knowledge order by code`)
	if err != nil {
		return nil, fmt.Errorf("list knowledge: %w", err)
	}
	defer rows.Close()
	var out []Knowledge
	for rows.Next() {
		var k Knowledge
		if err := rows.Scan(&k.Code, &k.Question, &k.Answer, &k.Unit, &k.Keywords, &k.Active, &k.Rev); err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, rows.Err()
}

// SaveKnowledge creates or changes an entry and keeps the former one as a
// revision. k.Rev is the revision the editor saw, 0 for a new one.
func SaveKnowledge(tx *sqldb.Tx, by string, k Knowledge) error {
	var before Knowledge
	err := tx.QueryRow(`select code, question, answer, unit, keywords, active, rev from catalog_knowledge where code = $1`, k.Code).
		Scan(&before.Code, &before.Question, &before.Answer, &before.Unit, &before.Keywords, &before.Active, &before.Rev)
	if err = seen(err, before.Rev, k.Rev); err != nil {
		return fmt.Errorf("save knowledge %s: %w", k.Code, err)
	}
	k.Rev++
	const q = `insert into catalog_knowledge(code, question, answer, unit, keywords, active, rev) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (code) do update set question = excluded.question, answer = excluded.answer, unit = excluded.unit, keywords = excluded.keywords,
		active = excluded.active, rev = excluded.rev`
	if err := tx.Exec(q, k.Code, k.Question, k.Answer, k.Unit, k.Keywords, k.Active, k.Rev); err != nil {
		return fmt.Errorf("save knowledge %s: %w", k.Code, err)
	}
	return Revise(tx, by, "knowledge", k.Code, k.Rev, before, k)
}

// Refusal is a ground on which a request is answered with the lawful route
// instead of being dispatched.
type Refusal struct {
	Code      string
	Name      string
	Tell      string // what the resident is told
	Route     string // the lawful route, "" none
	NeedsText bool
	Sort      int64
}

// Refusals are the grounds in their order.
func Refusals(tx *sqldb.Tx) ([]Refusal, error) {
	rows, err := tx.Query(`select code, name, tell, route, text_required, sort from catalog_refusal order by sort, code`)
	if err != nil {
		return nil, fmt.Errorf("list refusals: %w", err)
	}
	defer rows.Close()
	var out []Refusal
	for rows.Next() {
		var r Refusal
		if err := rows.Scan(&r.Code, &r.Name, &r.Tell, &r.Route, &r.NeedsText, &r.Sort); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// SaveRefusal creates or changes a ground.
func SaveRefusal(tx *sqldb.Tx, r Refusal) error {
	const q = `insert into catalog_refusal(code, name, tell, route, text_required, sort) values ($1, $2, $3, $4, $5, $6)
		on conflict (code) do update set name = excluded.name, tell = excluded.tell, route = excluded.route, text_required = excluded.text_required, sort = excluded.sort`
	return tx.Exec(q, r.Code, r.Name, r.Tell, r.Route, r.NeedsText, r.Sort)
}
