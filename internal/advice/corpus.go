package advice

import (
	"encoding/json"
	"fmt"
	"strings"

	"gongzhi/internal/catalog"
	"gongzhi/internal/classifier"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// corpus is what a subject is learnt from.
type corpus struct {
	examples []classifier.Example // decisions, the newest first
	names    []classifier.Example // what the catalogue says of the classes
	more     []classifier.Doc
	decided  int // decisions among the examples
}

// mostDecisions and mostTexts bound what is read: the newest.
const (
	mostDecisions = 200_000
	mostTexts     = 12_000
	// named is how much an entry of the catalogue counts beside a decision: it says
	// what a category is meant for, not what people write.
	named = 0.3
)

// decision is a request with what was finally chosen for it.
type decision struct {
	Question
	category, kind, unit string
}

const decisionQuery = `select m.title, r.body, m.area, r.answers, c.chosen, c.chosen_type, c.chosen_unit
	from advice_case c join matter m on m.id = c.matter_id join request_order r on r.matter_id = c.matter_id
	where not m.sealed and c.decided_at > 0 order by c.decided_at desc, c.matter_id desc limit $1`

const textQuery = `select m.title, r.body, m.area, r.answers, '', '', ''
	from matter m join request_order r on r.matter_id = m.id where m.kind = 'request' and not m.sealed order by m.opened_at desc, m.id desc limit $1`

func decisions(tx *sqldb.Tx, q string, n int) ([]decision, error) {
	rows, err := tx.Query(q, n)
	if err != nil {
		return nil, fmt.Errorf("read what was decided: %w", err)
	}
	defer rows.Close()
	var out []decision
	for rows.Next() {
		var d decision
		var answers string
		if err := rows.Scan(&d.Title, &d.Text, &d.Area, &answers, &d.category, &d.kind, &d.unit); err != nil {
			return nil, fmt.Errorf("read what was decided: %w", err)
		}
		if err := json.Unmarshal([]byte(answers), &d.Answers); err != nil {
			return nil, fmt.Errorf("read answers: %w", err)
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// corpora reads what each subject is learnt from.
func (a *Advisor) corpora(tx *sqldb.Tx) (map[string]corpus, error) {
	decided, err := decisions(tx, decisionQuery, mostDecisions)
	if err != nil {
		return nil, err
	}
	texts, err := decisions(tx, textQuery, mostTexts)
	if err != nil {
		return nil, err
	}
	book := a.Catalog.Book()
	out := map[string]corpus{}
	add := func(subject, class string, d classifier.Doc) {
		c := out[subject]
		c.examples = append(c.examples, classifier.Example{Doc: d, Class: class})
		out[subject] = c
	}
	for _, d := range decided {
		if book.Tree.Leaf(d.category) {
			add(Category, d.category, d.doc())
		}
		if d.kind != "" {
			add(Type, d.kind, d.doc())
		}
		if u, ok := book.Resolver.Unit(d.unit); ok && u.Kind != "hotline" && u.Kind != "city" {
			d.Category = d.category
			add(Unit, d.unit, d.withDuty(a.onDuty(d.Question)))
		}
	}
	var more []classifier.Doc
	for _, d := range texts {
		more = append(more, d.doc())
	}
	for _, s := range subjects {
		c := out[s]
		c.more, c.decided = more, len(decided)
		out[s] = c
	}
	c := out[Category]
	c.names = names(book.Tree)
	out[Category] = c
	return out, nil
}

// names are the categories by what the catalogue says of them: enough to begin
// with before anything was decided.
func names(t *catalog.Tree) []classifier.Example {
	var out []classifier.Example
	for _, c := range t.Leaves("") {
		whole := []string{t.Name(c.Code), c.Description, strings.Join(c.Keywords, "，")}
		for _, q := range c.Questions {
			whole = append(whole, q.Text)
		}
		for _, text := range []string{c.Name, strings.Join(whole, "，")} {
			out = append(out, classifier.Example{Doc: classifier.Doc{Parts: []string{text}}, Class: c.Code, Weight: named})
		}
	}
	return out
}

// path are the classes of a subject from the top down.
func (a *Advisor) path(subject string) func(string) []string {
	if subject != Category {
		return nil
	}
	return a.Catalog.Book().Tree.Path
}

func question(o *request.Order) Question {
	return Question{Title: o.Title, Text: o.Body, Area: o.Area, Answers: o.Answers}
}
