package assessment

import (
	"context"
	"fmt"
	"slices"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Outcomes of one attempt to call.
const (
	CallAnswered = "answered"
	CallNone     = "none"    // nobody answered
	CallRefused  = "refused" // he does not want to be asked
	CallWrong    = "wrong"   // the number is not his
)

// missed are the outcomes in which he could not be asked.
var missed = []string{CallNone, CallRefused, CallWrong}

// CallbackTry 回访未果: an attempt to ask that failed. After as many as the
// setting callback.tries says the request is closed as not reached; such ones
// are counted apart and are in no rate.
type CallbackTry struct {
	ID      matter.ID
	Version int64
	Outcome string // CallNone, CallRefused, CallWrong
	Remark  string
}

type triedBody struct {
	Outcome string `json:"outcome"`
	Try     int64  `json:"try"`
}

// CallbackTry is CallbackTryTx in a unit of work of its own.
func (s *Service) CallbackTry(ctx context.Context, a actor.Actor, c CallbackTry) error {
	return update(ctx, s, a, c, s.CallbackTryTx)
}

// CallbackTryTx records it.
func (s *Service) CallbackTryTx(tx *sqldb.Tx, a actor.Actor, c CallbackTry) error {
	o, err := toAsk(tx, a, c.ID, c.Version)
	if err != nil {
		return err
	}
	if !slices.Contains(missed, c.Outcome) {
		f := fault.Fields{}
		f.Add("callback.outcome", "assessment.choose_one")
		return f.Err()
	}
	before, err := tries(tx, o)
	if err != nil {
		return err
	}
	err = o.Record(tx, a, request.Deed{Name: request.DeedCallbackTried, Body: triedBody{c.Outcome, before + 1},
		Notes: []request.Note{{Kind: "remark", Text: c.Remark}}})
	if err != nil {
		return err
	}
	if err := keepCall(tx, a, o, c.Outcome, "", 0); err != nil {
		return err
	}
	if before+1 < int64(s.Tries()) {
		return nil
	}
	return closeIt(tx, a, o, closedBody{"unreachable", before + 1})
}

// Tries is how often a resident is called before he counts as not reached.
func (s *Service) Tries() int { return max(1, s.Catalog.Book().Settings.Int("callback.tries", 3)) }

// CallbackClose 回访办结: the resident says it is solved, or lets it rest.
type CallbackClose struct {
	ID      matter.ID
	Version int64
	Solved  string // yes, partly
	Rating  int64  // 5 very satisfied … 1 very dissatisfied
	Remark  string
}

type resultBody struct {
	Why    string `json:"why"`
	Solved string `json:"solved"`
	Rating int64  `json:"rating"`
}

// CallbackClose is CallbackCloseTx in a unit of work of its own.
func (s *Service) CallbackClose(ctx context.Context, a actor.Actor, c CallbackClose) error {
	return update(ctx, s, a, c, s.CallbackCloseTx)
}

// CallbackCloseTx closes. That it is not redone although he is dissatisfied has
// to be explained.
func (s *Service) CallbackCloseTx(tx *sqldb.Tx, a actor.Actor, c CallbackClose) error {
	o, err := toAsk(tx, a, c.ID, c.Version)
	if err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	o.Solved, o.Rating = c.Solved, c.Rating
	err = o.Record(tx, a, request.Deed{Name: request.DeedClosed, Body: resultBody{CallAnswered, c.Solved, c.Rating},
		Notes: []request.Note{{Kind: "remark", Text: c.Remark}}})
	if err != nil {
		return err
	}
	if err := keepCall(tx, a, o, CallAnswered, c.Solved, c.Rating); err != nil {
		return err
	}
	return tellClosed(tx, o)
}

func (c CallbackClose) check() error {
	var f fault.Fields
	if c.Solved != "yes" && c.Solved != "partly" {
		f.Add("callback.solved", "assessment.choose_one")
	}
	if c.Rating < 1 || c.Rating > 5 {
		f.Add("callback.rating", "assessment.choose_one")
	}
	if c.Rating == 1 || c.Rating == 2 {
		sentence(&f, "callback.remark", c.Remark, "assessment.dissatisfied_why")
	}
	return f.Err()
}

// Reopen 重办: the resident says it is not solved. The unit that had it first
// keeps it (首接负责); for a second time it is supervised by itself.
type Reopen struct {
	ID      matter.ID
	Version int64
	Rating  int64  // 0 he was not asked
	Reason  string // what is not solved, in his words
}

// Reopen is ReopenTx in a unit of work of its own.
func (s *Service) Reopen(ctx context.Context, a actor.Actor, c Reopen) error {
	return update(ctx, s, a, c, s.ReopenTx)
}

// ReopenTx reopens, from the call-back or after the request was closed.
func (s *Service) ReopenTx(tx *sqldb.Tx, a actor.Actor, c Reopen) error {
	o, err := load(tx, a, "assessment.callback", c.ID, c.Version)
	if err != nil {
		return err
	}
	if err := in(o, request.DeedReopened); err != nil {
		return err
	}
	var f fault.Fields
	sentence(&f, "callback.remark", c.Reason, "assessment.unsolved_what")
	if c.Rating < 0 || c.Rating > 5 {
		f.Add("callback.rating", "assessment.choose_one")
	}
	if err := f.Err(); err != nil {
		return err
	}
	o.Rating = c.Rating
	if err := keepCall(tx, a, o, CallAnswered, "no", c.Rating); err != nil {
		return err
	}
	return request.Reopen(tx, s.Catalog.Book().Calendar, a, o, c.Reason)
}

// toAsk loads a request that waits for its call-back.
func toAsk(tx *sqldb.Tx, a actor.Actor, m matter.ID, version int64) (*request.Order, error) {
	o, err := load(tx, a, "assessment.callback", m, version)
	if err != nil {
		return nil, err
	}
	return o, in(o, request.DeedCallbackTried)
}

func keepCall(tx *sqldb.Tx, a actor.Actor, o *request.Order, outcome, solved string, rating int64) error {
	const q = `insert into assessment_call(id, matter_id, round, at, actor, outcome, solved, rating) values ($1, $2, $3, $4, $5, $6, $7, $8)`
	if err := tx.Exec(q, id.New(tx.Now), o.ID, o.Round, tx.Now.UnixMicro(), a.HistoryID(), outcome, solved, rating); err != nil {
		return fmt.Errorf("keep call about %s: %w", o.ID, err)
	}
	return nil
}

// tries is how often he was called in vain in this round.
func tries(tx *sqldb.Tx, o *request.Order) (n int64, err error) {
	const q = `select cast(count(*) as bigint) from assessment_call where matter_id = $1 and round = $2 and outcome <> 'answered'`
	return n, tx.QueryRow(q, o.ID, o.Round).Scan(&n)
}
