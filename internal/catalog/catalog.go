// Package catalog holds a city's rules as data: the categories with their
// questions and limits, the duty list, what a community may be asked to do,
// the grounds on which a request is not dispatched, texts, knowledge, the
// working calendar and settings. Nothing of it is code; each change is kept
// as a revision.
package catalog

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"gongzhi/internal/calendar"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/sqldb"
)

// Question is asked of the resident for one category.
type Question struct {
	Text    string   `json:"text"`
	Options []string `json:"options,omitempty"` // empty: free text
}

// Category is one entry of the tree. Codes of lower levels need not begin with
// the parent's code.
type Category struct {
	Code        string
	Parent      string
	Name        string
	Description string
	Keywords    []string
	Questions   []Question // at most three
	Limit       calendar.Limit
	Type        string // default request type
	Urgency     string // normal, urgent
	Publicity   string // public, masked (100 m grid), private
	NeedsPlace  bool
	Legal       string
	Hint        string // what happens next, for the resident
	Active      bool
	Rev         int64
	Sort        int64
}

const categoryColumns = `code, parent, name, description, keywords, questions, limit_n, limit_unit, type, urgency, publicity, place_required, legal, hint, active, rev, sort`

func scanCategory(scan func(...any) error) (Category, error) {
	var c Category
	var keywords, questions string
	err := scan(&c.Code, &c.Parent, &c.Name, &c.Description, &keywords, &questions, &c.Limit.N, &c.Limit.Unit, &c.Type,
		&c.Urgency, &c.Publicity, &c.NeedsPlace, &c.Legal, &c.Hint, &c.Active, &c.Rev, &c.Sort)
	if err != nil {
		return c, err
	}
	if keywords != "" {
		c.Keywords = strings.Split(keywords, "、")
	}
	return c, json.Unmarshal([]byte(questions), &c.Questions)
}

// Categories is the whole tree, siblings by sort number, parents anywhere.
func Categories(tx *sqldb.Tx) ([]Category, error) {
	rows, err := tx.Query(`select ` + categoryColumns + ` from catalog_category order by sort, code`)
	if err != nil {
		return nil, fmt.Errorf("list categories: %w", err)
	}
	defer rows.Close()
	var out []Category
	for rows.Next() {
		c, err := scanCategory(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list categories: %w", err)
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// FindCategory reads one category, or NotFound.
func FindCategory(tx *sqldb.Tx, code string) (Category, error) {
	c, err := scanCategory(tx.QueryRow(`select `+categoryColumns+` from catalog_category where code = $1`, code).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return c, fault.New(fault.NotFound, "catalog.category_not_found", err, code)
	}
	return c, err
}

// SaveCategory creates or changes a category and keeps the former state as a
// revision. rev is the revision the editor saw, 0 for a new one; when somebody
// else saved since, the answer is a Conflict.
func SaveCategory(tx *sqldb.Tx, by string, c Category, rev int64) error {
	if err := c.check(); err != nil {
		return err
	}
	before, err := FindCategory(tx, c.Code)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	if before.Rev != rev {
		return fault.New(fault.Conflict, "catalog.changed_meanwhile", nil)
	}
	c.Rev = rev + 1
	questions, err := json.Marshal(c.Questions)
	if err != nil {
		return err
	}
	const q = `insert into catalog_category(` + categoryColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
		on conflict (code) do update set parent = excluded.parent, name = excluded.name, description = excluded.description, keywords = excluded.keywords,
		questions = excluded.questions, limit_n = excluded.limit_n, limit_unit = excluded.limit_unit, type = excluded.type, urgency = excluded.urgency,
		publicity = excluded.publicity, place_required = excluded.place_required, legal = excluded.legal, hint = excluded.hint,
		active = excluded.active, rev = excluded.rev, sort = excluded.sort`
	err = tx.Exec(q, c.Code, c.Parent, c.Name, c.Description, strings.Join(c.Keywords, "、"), string(questions), c.Limit.N, c.Limit.Unit,
		c.Type, c.Urgency, c.Publicity, c.NeedsPlace, c.Legal, c.Hint, c.Active, c.Rev, c.Sort)
	if err != nil {
		return fmt.Errorf("save category %s: %w", c.Code, err)
	}
	return Revise(tx, by, "category", c.Code, c.Rev, before, c)
}

func (c Category) check() error {
	switch {
	case c.Code == "" || c.Name == "":
		return fault.New(fault.Invalid, "catalog.category_incomplete", nil, c.Code)
	case len(c.Questions) > 3:
		return fault.New(fault.Invalid, "catalog.too_many_questions", nil, c.Name)
	case c.Limit != (calendar.Limit{}) && !c.Limit.Valid():
		return fault.New(fault.Invalid, "catalog.limit_unknown", nil, c.Name)
	}
	return nil
}

// Revise keeps what changed in one entry of the catalogue.
func Revise(tx *sqldb.Tx, by, what, code string, rev int64, before, after any) error {
	old, err := json.Marshal(before)
	if err != nil {
		return err
	}
	now, err := json.Marshal(after)
	if err != nil {
		return err
	}
	const q = `insert into catalog_revision(id, at, actor, what, code, rev, before, after) values ($1, $2, $3, $4, $5, $6, $7, $8)`
	if err := tx.Exec(q, id.New(tx.Now), tx.Now.UnixMicro(), by, what, code, rev, string(old), string(now)); err != nil {
		return fmt.Errorf("keep revision of %s %s: %w", what, code, err)
	}
	return nil
}
