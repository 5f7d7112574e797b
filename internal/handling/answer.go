package handling

import (
	"context"
	"slices"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/reply"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Results of handling, in the unit's own words; whether it is solved is for
// the resident to say.
var Results = []string{"yes", "partly", "no"}

// Answer 答复: the lead unit reports what it did and answers the resident. The
// two texts are apart: what happened is for the office, the answer for people.
type Answer struct {
	ID        matter.ID
	Version   int64
	Solved    string // Results
	Why       string // when not solved, or only in part
	Record    string // 办理情况, internal
	Text      string // 公开答复
	Contacted bool
	Photos    []Photo // before and after
	Ask       bool    // refuse once when the reply check warns, so that the writer looks again
}

type answerBody struct {
	Task      string   `json:"task"`
	Solved    string   `json:"solved"`
	Contacted bool     `json:"contacted"`
	Photos    int      `json:"photos"`
	Warned    []string `json:"warned,omitempty"` // what the reply check warned of, and the unit sent all the same
}

// LookAgain is the sentence of an answer that is not sent yet because the reply
// check found something. It is no fault of the form: sending stays possible.
const LookAgain = "handling.look_again"

// Answer is AnswerTx in a unit of work of its own.
func (s *Service) Answer(ctx context.Context, a actor.Actor, c Answer) error {
	return update(ctx, s, a, c, s.AnswerTx)
}

// AnswerTx answers. The lead's task is done, and assistants who have not
// reported are needed no longer: there is one answer to the resident. When the
// review fails, the request comes back with a new task.
func (s *Service) AnswerTx(tx *sqldb.Tx, a actor.Actor, c Answer) error {
	o, t, err := lead(tx, a, c.ID, c.Version)
	if err != nil {
		return err
	}
	if err := c.check(o); err != nil {
		return err
	}
	found, err := s.read(tx, a, o, c)
	if err != nil {
		return err
	}
	if c.Ask && found.Warns() {
		return fault.New(fault.Invalid, LookAgain, nil)
	}
	o.Replies++
	err = o.Record(tx, a, request.Deed{Name: request.DeedReplied, Body: answerBody{t.ID, c.Solved, c.Contacted, len(c.Photos), warned(found)},
		Notes: []request.Note{{Kind: "record", Text: c.Record}, {Kind: "answer", Audience: request.Public, Text: c.Text}, {Kind: "reason", Audience: request.Resident, Text: c.Why}}})
	if err != nil {
		return err
	}
	if err := attach(tx, o, request.Public, c.Photos); err != nil {
		return err
	}
	if err := request.MoveTask(tx, t.ID, request.TaskDone); err != nil {
		return err
	}
	if err := request.ReleaseTasks(tx, o.ID); err != nil || o.NoReply {
		return err
	}
	return o.Tell(tx, "answered", map[string]string{"承办单位": t.UnitName, "答复": c.Text, "链接": s.track()})
}

// read is the reply check of an answer. Who wants no answer gets none to check.
func (s *Service) read(tx *sqldb.Tx, a actor.Actor, o *request.Order, c Answer) (reply.Report, error) {
	if c.Text == "" {
		return reply.Report{}, nil
	}
	return request.CheckAnswer(tx, s.Catalog.Book().Replies, a, o, request.AnswerDraft{Text: c.Text, Solved: c.Solved, Contacted: c.Contacted})
}

// warned are the kinds of what was warned of, each once. History keeps no words.
func warned(r reply.Report) []string {
	var out []string
	for _, f := range r.Findings {
		if f.Level == reply.Warn && !slices.Contains(out, string(f.Kind)) {
			out = append(out, string(f.Kind))
		}
	}
	return out
}

func (c Answer) check(o *request.Order) error {
	var f fault.Fields
	if !request.Known(Results, c.Solved) {
		f.Add("answer.solved", "handling.choose_one")
	}
	if c.Solved == "no" || c.Solved == "partly" {
		sentence(&f, "answer.why", c.Why, "handling.why_missing")
	}
	sentence(&f, "answer.record", c.Record, "handling.record_missing")
	if !o.NoReply || c.Text != "" {
		sentence(&f, "answer.text", c.Text, "handling.answer_missing")
	}
	return f.Err()
}
