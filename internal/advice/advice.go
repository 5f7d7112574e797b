// Package advice proposes where a request belongs: its category, its type and
// the unit whose duty it is, from its words, its place and the answers given. It
// learns from what dispatchers finally chose, and says how sure it is and which
// words decided. It advises; a person decides (个人信息保护法 第二十四条), unless the
// city allowed a category to be dispatched directly.
//
// What is learnt is about words and places. Nothing of it is about a person:
// contact data is not read, what names a person is taken out of the texts
// first, and confidential reports are not learnt from.
package advice

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"gongzhi/internal/catalog"
	"gongzhi/internal/classifier"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// What is proposed. Each is learnt by itself.
const (
	Category = "category"
	Type     = "type"
	Unit     = "unit"
)

var subjects = []string{Category, Type, Unit}

// Question is a request as far as it is known.
type Question struct {
	Title    string // "" none yet
	Text     string
	Area     string // grid, community, street or district, "" unknown
	Answers  []request.Answer
	Category string // chosen already, "" not
}

// Suggestion is one proposal. Share is how often proposals as sure as this one
// came true, 0 to 1.
type Suggestion struct {
	Code  string
	Share float64
	Words []string
}

// Advice is what can be said of a question, the surest first, at most three each.
type Advice struct {
	Categories []Suggestion
	Types      []Suggestion
	Units      []Suggestion
	Model      string // which model spoke of the category, "" the catalogue's keywords
}

// Advisor keeps the models in force. It is safe for many goroutines.
type Advisor struct {
	DB      *sqldb.DB
	Catalog *catalog.Shelf
	now     atomic.Pointer[loaded]
}

// loaded are models by subject: those in force, and those in their shadow.
type loaded struct {
	force, shadow map[string]*version
}

type version struct {
	id    string
	model *classifier.Model
}

func (a *Advisor) models() *loaded {
	if l := a.now.Load(); l != nil {
		return l
	}
	return &loaded{}
}

// Reload reads the models anew: at the start and after a change. What has not
// changed is not decoded again.
func (a *Advisor) Reload(ctx context.Context) error {
	old, now := a.models(), &loaded{map[string]*version{}, map[string]*version{}}
	err := a.DB.View(ctx, func(tx *sqldb.Tx) error {
		for _, s := range subjects {
			for state, into := range map[string]map[string]*version{InForce: now.force, Shadow: now.shadow} {
				v, err := current(tx, s, state, old)
				if err != nil {
					return err
				}
				if v != nil {
					into[s] = v
				}
			}
		}
		return nil
	})
	if err == nil {
		a.now.Store(now)
	}
	return err
}

// current is the model of a subject in a state, nil when there is none.
func current(tx *sqldb.Tx, subject, state string, old *loaded) (*version, error) {
	var id string
	err := tx.QueryRow(`select id from advice_model where subject = $1 and state = $2 order by made_at desc, id desc limit 1`, subject, state).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find model of %s: %w", subject, err)
	}
	for _, known := range []*version{old.force[subject], old.shadow[subject]} {
		if known != nil && known.id == id {
			return known, nil
		}
	}
	var content []byte
	if err := tx.QueryRow(`select content from advice_model where id = $1`, id).Scan(&content); err != nil {
		return nil, fmt.Errorf("read model of %s: %w", subject, err)
	}
	m, err := classifier.Decode(bytes.Clone(content))
	if err != nil {
		return nil, fmt.Errorf("model %s of %s: %w", id, subject, err)
	}
	return &version{id, m}, nil
}

// most is how many proposals are made of each.
const most = 3

// Advise says all it can of a question. It reads nothing from the database.
func (a *Advisor) Advise(q Question) Advice {
	l := a.models()
	out := Advice{Categories: a.categories(l.force[Category], q), Types: a.types(l.force[Type], q)}
	if v := l.force[Category]; v != nil {
		out.Model = v.id
	}
	if q.Category == "" && len(out.Categories) > 0 {
		q.Category = out.Categories[0].Code
	}
	out.Units = a.units(l.force[Unit], q)
	return out
}

// Categories are the categories alone, in the catalogue's own words.
func (a *Advisor) Categories(q Question, n int) []catalog.Guess {
	tree := a.Catalog.Book().Tree
	var out []catalog.Guess
	for _, s := range a.categories(a.models().force[Category], q) {
		if c, ok := tree.Find(s.Code); ok && len(out) < n {
			out = append(out, catalog.Guess{Category: c, Score: s.Share, Words: s.Words})
		}
	}
	return out
}

// sureEnough is the share from which a category is taken before anybody looked:
// the resident sees it and can change it, and a dispatcher decides.
const sureEnough = 0.4

// Likely is the category to begin with, ok is false when it is better to ask.
func (a *Advisor) Likely(q Question) (g catalog.Guess, ok bool) {
	list := a.Categories(q, 1)
	if len(list) == 0 {
		return g, false
	}
	return list[0], a.models().force[Category] == nil || list[0].Score >= sureEnough
}

// unlikely is the share below which a proposal is not worth reading.
const unlikely = 0.04

func (a *Advisor) categories(v *version, q Question) []Suggestion {
	tree := a.Catalog.Book().Tree
	if v == nil {
		var out []Suggestion
		for _, g := range tree.Suggest(q.whole(), most) {
			out = append(out, Suggestion{g.Category.Code, g.Score, g.Words})
		}
		return out
	}
	return likely(v.model.Guess(q.doc(), most+2), func(code string) bool { c, ok := tree.Find(code); return ok && c.Active && tree.Leaf(code) })
}

func (a *Advisor) types(v *version, q Question) []Suggestion {
	if v != nil {
		return likely(v.model.Guess(q.doc(), most), func(string) bool { return true })
	}
	return nil
}

func (a *Advisor) units(v *version, q Question) []Suggestion {
	book := a.Catalog.Book()
	duty := a.onDuty(q)
	var out []Suggestion
	if v != nil {
		out = likely(v.model.Guess(q.withDuty(duty), most), func(id string) bool { u, ok := book.Resolver.Unit(id); return ok && u.Active })
	}
	listed := func(s Suggestion) bool { return s.Code == duty }
	if duty != "" && !slices.ContainsFunc(out, listed) {
		out = append(out, Suggestion{Code: duty})
	}
	return out[:min(most, len(out))]
}

// onDuty is the unit the duty list names, "" none.
func (a *Advisor) onDuty(q Question) string {
	book := a.Catalog.Book()
	if q.Category == "" {
		return ""
	}
	return book.Resolver.Resolve(q.Category, catalog.Place{Area: q.Area}, book.Calendar.DayOf(a.DB.Now()), nil).Lead.ID
}

func likely(all []classifier.Guess, may func(string) bool) []Suggestion {
	var out []Suggestion
	for _, g := range all {
		if g.P >= unlikely && may(g.Class) && len(out) < most {
			out = append(out, Suggestion{g.Class, g.P, g.Words})
		}
	}
	return out
}

func (q Question) whole() string {
	s := q.Title + "\n" + q.Text
	for _, x := range q.Answers {
		s += "\n" + x.Answer
	}
	return s
}

// doc is the question as a learner reads it: nothing in it names a person.
func (q Question) doc() classifier.Doc {
	d := classifier.Doc{Parts: []string{request.Scrub(q.Text)}}
	if q.Title != "" && q.Title != q.Text {
		d.Parts = []string{request.Scrub(q.Title), request.Scrub(q.Text)}
	}
	for _, x := range q.Answers {
		d.Parts = append(d.Parts, request.Scrub(x.Answer))
	}
	for level, n := range map[string]int{"district:": 6, "street:": 9} {
		if len(q.Area) >= n {
			d.Marks = append(d.Marks, level+q.Area[:n])
		}
	}
	slices.Sort(d.Marks)
	return d
}

// withDuty adds what the duty list says: how far the list is followed is learnt
// as well.
func (q Question) withDuty(unit string) classifier.Doc {
	d := q.doc()
	d.Marks = append(d.Marks, "category:"+q.Category, "duty:"+cmp.Or(unit, "none"))
	return d
}
