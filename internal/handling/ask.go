package handling

import (
	"context"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Ask 请诉求人补充: the unit cannot go on without something only the requester
// knows. The clock stands still until he answers, or until the days are over.
type Ask struct {
	ID       matter.ID
	Version  int64
	Question string
	Days     int // working days to wait, 0 as the city sets
}

type untilBody struct {
	Until int64 `json:"until"` // microseconds
}

// Ask is AskTx in a unit of work of its own.
func (s *Service) Ask(ctx context.Context, a actor.Actor, c Ask) error {
	return update(ctx, s, a, c, s.AskTx)
}

// AskTx asks the requester and stops the clock.
func (s *Service) AskTx(tx *sqldb.Tx, a actor.Actor, c Ask) error {
	o, _, err := lead(tx, a, c.ID, c.Version)
	if err != nil {
		return err
	}
	book := s.Catalog.Book()
	most := book.Settings.Int("ask.days", 3)
	if c.Days == 0 {
		c.Days = most
	}
	var f fault.Fields
	sentence(&f, "ask.question", c.Question, "handling.question_missing")
	if c.Days < 1 || c.Days > most {
		f.Add("ask.days", "handling.days_between", 1, most)
	}
	if err := f.Err(); err != nil {
		return err
	}
	until := book.Calendar.Due(tx.Now, calendar.Limit{N: c.Days, Unit: "wd"})
	err = o.Record(tx, a, request.Deed{Name: request.DeedAsked, Body: untilBody{sqldb.Micros(until)},
		Notes: []request.Note{{Kind: "question", Audience: request.Resident, Text: c.Question}}})
	if err != nil {
		return err
	}
	if err := stop(tx, o, "waiting", until); err != nil {
		return err
	}
	return o.Tell(tx, "ask", map[string]string{"补充内容": c.Question, "链接": s.track()})
}
