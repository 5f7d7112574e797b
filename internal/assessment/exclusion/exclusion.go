// Package exclusion 剔除 is the procedure by which a request is left out of rates:
// a unit asks, somebody else decides, the unit may appeal once, and a third person
// decides again. A unit appeals against a rating or a count in the same way. What
// is left out is the counting alone: the request, its call-back and the rights of
// who asked stay as they are.
package exclusion

import (
	"database/sql"
	"fmt"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/blob"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
)

// Service offers the verbs and pages of the procedure.
type Service struct {
	DB      *sqldb.DB
	Blobs   blob.Store
	Catalog *catalog.Shelf
	Base    page.Maker
	Case    show.CaseFunc // the page of one request
}

// States of an application.
const (
	Asked    = "asked"
	Appealed = "appealed"
	Granted  = "granted"
	Refused  = "refused"
)

// Exclusion is one application with what became of it.
type Exclusion struct {
	ID         string
	Matter     matter.ID
	Unit       string
	UnitName   string
	Kind       string // catalog.GroundKinds
	Ground     string
	GroundName string // as it was called when it was asked
	GroundRev  int64
	Rates      []string
	State      string
	Open       bool
	Seq        int64 // the deed that asked
	AskedAt    time.Time
	AskedBy    string
	DueAt      time.Time // of the decision that is awaited, or was
	Decided    string    // the first decision, "" not yet
	DecidedAt  time.Time
	DecidedBy  string
	AppealedAt time.Time
	FinalAt    time.Time // of the decision on the appeal
	FinalBy    string
	Number     string // of the request
	Title      string
}

const columns = `x.id, x.matter_id, x.unit_id, u.name, x.kind, x.ground, x.ground_name, x.ground_rev, x.rates, x.state, x.open, x.asked_seq, x.asked_at, x.asked_by, x.due_at,
	x.decided, x.decided_at, x.decided_by, x.appealed_at, x.final_at, x.final_by, m.number, m.title`

const tables = ` from assessment_exclusion x join actor_unit u on u.id = x.unit_id join matter m on m.id = x.matter_id join request_order r on r.matter_id = m.id`

func scan(row func(...any) error) (Exclusion, error) {
	var x Exclusion
	var rates string
	var asked, due int64
	var decided, appealed, final sql.NullInt64
	err := row(&x.ID, &x.Matter, &x.Unit, &x.UnitName, &x.Kind, &x.Ground, &x.GroundName, &x.GroundRev, &rates, &x.State, &x.Open, &x.Seq, &asked, &x.AskedBy, &due,
		&x.Decided, &decided, &x.DecidedBy, &appealed, &final, &x.FinalBy, &x.Number, &x.Title)
	x.Rates = strings.Split(rates, ",")
	x.AskedAt, x.DueAt = sqldb.FromMicros(asked), sqldb.FromMicros(due)
	x.DecidedAt, x.AppealedAt, x.FinalAt = sqldb.FromMicros(decided.Int64), sqldb.FromMicros(appealed.Int64), sqldb.FromMicros(final.Int64)
	return x, err
}

// Of are the applications about one request, oldest first.
func Of(tx *sqldb.Tx, m matter.ID) ([]Exclusion, error) {
	return read(tx, `select `+columns+tables+` where x.matter_id = $1 order by x.asked_at, x.id`, m)
}

func read(tx *sqldb.Tx, q string, args ...any) ([]Exclusion, error) {
	rows, err := tx.Query(q, args...)
	if err != nil {
		return nil, fmt.Errorf("exclusions: %w", err)
	}
	defer rows.Close()
	var out []Exclusion
	for rows.Next() {
		x, err := scan(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("exclusions: %w", err)
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// one is an application about a request, or NotFound.
func one(tx *sqldb.Tx, m matter.ID, id string) (Exclusion, error) {
	list, err := Of(tx, m)
	for _, x := range list {
		if x.ID == id {
			return x, err
		}
	}
	if err == nil {
		err = fault.New(fault.NotFound, "exclusion.not_found", nil)
	}
	return Exclusion{}, err
}

// load is how each verb begins: may the actor, and is the request as he saw it.
func load(tx *sqldb.Tx, a actor.Actor, action actor.Action, m matter.ID, version int64) (*request.Order, error) {
	if err := actor.Can(a, action); err != nil {
		return nil, err
	}
	return request.Load(tx, a, m, version)
}

// limit is a date so many working days from now, by a setting.
func (s *Service) limit(from time.Time, setting string, otherwise int) time.Time {
	book := s.Catalog.Book()
	return book.Calendar.Due(from, calendar.Limit{N: book.Settings.Int(setting, otherwise), Unit: "wd"})
}

// Limits in working days: to ask after the request was closed, to decide, to
// appeal, to decide on the appeal.
const (
	setAsk, usualAsk       = "exclusion.ask_days", 10
	setDecide, usualDecide = "exclusion.decide_days", 5
	setAppeal, usualAppeal = "exclusion.appeal_days", 5
)

// sentence notes a text that says too little, or nothing.
func sentence(f *fault.Fields, field, text, key string) {
	if len([]rune(strings.TrimSpace(text))) < 2 {
		f.Add(field, key)
	}
}
