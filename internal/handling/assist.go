package handling

import (
	"context"
	"fmt"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// CallAssist 请协办: the lead unit asks others to help, each by its own date.
type CallAssist struct {
	ID      matter.ID
	Version int64
	Units   []Helper
	Text    string // what they are asked to do
}

// Helper is a unit that is asked to help, with its own limit.
type Helper struct {
	Unit  string         `json:"unit"`
	Limit calendar.Limit `json:"limit"`
}

type helpersBody struct {
	Units []helperBody `json:"units"`
}

type helperBody struct {
	Helper
	Task string `json:"task"`
	Due  int64  `json:"due"`
}

// CallAssist is CallAssistTx in a unit of work of its own.
func (s *Service) CallAssist(ctx context.Context, a actor.Actor, c CallAssist) error {
	return update(ctx, s, a, c, s.CallAssistTx)
}

// CallAssistTx gives each helper a task. The lead stays responsible
// (北京条例 14). A community gets nothing outside its list, and the unit that
// the request is about gets nothing at all.
func (s *Service) CallAssistTx(tx *sqldb.Tx, a actor.Actor, c CallAssist) error {
	o, t, err := lead(tx, a, c.ID, c.Version)
	if err != nil {
		return err
	}
	var f fault.Fields
	sentence(&f, "assist.text", c.Text, "handling.assist_text_missing")
	if len(c.Units) == 0 {
		f.Add("assist.unit", "handling.assist_unit_missing")
	}
	tasks, err := request.Tasks(tx, o.ID)
	if err != nil {
		return err
	}
	taken := map[string]bool{t.Unit: true}
	for _, x := range tasks {
		taken[x.Unit] = taken[x.Unit] || x.Open
	}
	for _, h := range c.Units { // a form offers three
		if err := helpable(tx, &f, s.Catalog.Book().Tree, o, h, taken); err != nil {
			return err
		}
		taken[h.Unit] = true
	}
	if err := f.Err(); err != nil {
		return err
	}
	return s.callAll(tx, a, o, c)
}

func helpable(tx *sqldb.Tx, f *fault.Fields, tree *catalog.Tree, o *request.Order, h Helper, taken map[string]bool) error {
	u, err := actor.FindUnit(tx, h.Unit)
	if fault.KindOf(err) == fault.NotFound || err == nil && !u.Active {
		f.Add("assist.unit", "handling.unit_unknown")
		return nil
	}
	if err != nil {
		return err
	}
	if taken[h.Unit] {
		f.Add("assist.unit", "handling.assist_taken", u.Name)
		return nil
	}
	if h.Limit.N < 1 || h.Limit.N > 99 || h.Limit.Unit != "wd" && h.Limit.Unit != "h" {
		f.Add("assist.days", "handling.assist_limit", u.Name)
	}
	accused, err := isSubject(tx, o.ID, u)
	if err != nil {
		return err
	}
	if accused {
		f.Add("assist.unit", "handling.assist_accused")
	}
	err = catalog.MayAsk(tx, tree, u, o.Category, false)
	if key, args := fault.KeyOf(err); key != "" && fault.KindOf(err) == fault.Invalid {
		f.Add("assist.unit", key, args...)
		return nil
	}
	return err
}

// isSubject reports whether the request is about the unit, one above it or one
// below it.
func isSubject(tx *sqldb.Tx, m matter.ID, u actor.Unit) (bool, error) {
	const q = `select cast(count(*) as bigint) from request_subject s join actor_unit su on su.id = s.unit_id
		where s.matter_id = $1 and (su.path >= $2 and su.path < $3 or $4 like su.path || '%')`
	var n int64
	if err := tx.QueryRow(q, m, u.Path, actor.PathEnd(u.Path), u.Path).Scan(&n); err != nil {
		return false, fmt.Errorf("subjects of %s: %w", m, err)
	}
	return n > 0, nil
}

func (s *Service) callAll(tx *sqldb.Tx, a actor.Actor, o *request.Order, c CallAssist) error {
	cal := s.Catalog.Book().Calendar
	var body helpersBody
	for _, h := range c.Units {
		due := cal.Due(tx.Now, h.Limit)
		task, err := request.AddTask(tx, request.Task{Matter: o.ID, Unit: h.Unit, Round: o.Round, Limit: h.Limit, Reason: c.Text, DueAt: due})
		if err != nil {
			return err
		}
		body.Units = append(body.Units, helperBody{h, task, sqldb.Micros(due)})
	}
	return o.Record(tx, a, request.Deed{Name: request.DeedAssistCalled, Body: body, Notes: []request.Note{{Kind: "instruction", Text: c.Text}}})
}

// AssistAccept 协办签收.
type AssistAccept struct {
	ID      matter.ID
	Version int64
	Task    string
}

// AssistAccept is AssistAcceptTx in a unit of work of its own.
func (s *Service) AssistAccept(ctx context.Context, a actor.Actor, c AssistAccept) error {
	return update(ctx, s, a, c, s.AssistAcceptTx)
}

// AssistAcceptTx lets an assistant take its task on.
func (s *Service) AssistAcceptTx(tx *sqldb.Tx, a actor.Actor, c AssistAccept) error {
	o, t, err := assistant(tx, a, c.ID, c.Version, c.Task)
	if err != nil {
		return err
	}
	if t.State != request.TaskToAccept {
		return fault.New(fault.Conflict, "handling.no_open_task", nil)
	}
	if err := o.Record(tx, a, request.Deed{Name: request.DeedAssistAccepted, Body: taskBody{t.ID}}); err != nil {
		return err
	}
	return request.MoveTask(tx, t.ID, request.TaskWorking)
}

// AssistAnswer 协办反馈: what the assistant did, for the lead.
type AssistAnswer struct {
	ID      matter.ID
	Version int64
	Task    string
	Text    string
	Photos  []Photo
}

// AssistAnswer is AssistAnswerTx in a unit of work of its own.
func (s *Service) AssistAnswer(ctx context.Context, a actor.Actor, c AssistAnswer) error {
	return update(ctx, s, a, c, s.AssistAnswerTx)
}

// AssistAnswerTx ends an assistant's task with its report.
func (s *Service) AssistAnswerTx(tx *sqldb.Tx, a actor.Actor, c AssistAnswer) error {
	o, t, err := assistant(tx, a, c.ID, c.Version, c.Task)
	if err != nil {
		return err
	}
	var f fault.Fields
	sentence(&f, "assist-answer.text", c.Text, "handling.assist_answer_missing")
	if err := f.Err(); err != nil {
		return err
	}
	err = o.Record(tx, a, request.Deed{Name: request.DeedAssistAnswered, Body: taskBody{t.ID}, Notes: []request.Note{{Kind: "result", Text: c.Text}}})
	if err != nil {
		return err
	}
	if err := attach(tx, o, request.Internal, c.Photos); err != nil {
		return err
	}
	return request.MoveTask(tx, t.ID, request.TaskDone)
}

// AssistObject: the assistant says that this is not its part. The lead and the
// dispatcher read it in the history; the task ends.
type AssistObject struct {
	ID      matter.ID
	Version int64
	Task    string
	Reason  string
}

// AssistObject is AssistObjectTx in a unit of work of its own.
func (s *Service) AssistObject(ctx context.Context, a actor.Actor, c AssistObject) error {
	return update(ctx, s, a, c, s.AssistObjectTx)
}

// AssistObjectTx releases an assistant that gives a reason.
func (s *Service) AssistObjectTx(tx *sqldb.Tx, a actor.Actor, c AssistObject) error {
	o, t, err := assistant(tx, a, c.ID, c.Version, c.Task)
	if err != nil {
		return err
	}
	var f fault.Fields
	sentence(&f, "assist-object.reason", c.Reason, "handling.reason_missing")
	if err := f.Err(); err != nil {
		return err
	}
	err = o.Record(tx, a, request.Deed{Name: request.DeedAssistReleased, Body: taskBody{t.ID}, Notes: []request.Note{{Kind: "reason", Text: c.Reason}}})
	if err != nil {
		return err
	}
	return request.MoveTask(tx, t.ID, request.TaskReturned)
}
