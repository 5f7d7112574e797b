package intake

import (
	"context"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// End is how a call ends: exactly one of answer now, name the lawful way,
// dispatch, leave to the dispatcher, or join what is already known
// (北京条例 第十一条；济南条例 第二十三条；潍坊条例 第十八、十九条).
type End struct {
	Call    string
	Fields  Fields
	Outcome string
	Number  string    // Joined: of the request
	Began   time.Time // for a call that was never saved before
}

// EndCall ends a call. The request, its dispatch and the end of the draft are
// one unit of work: after a power cut there is all of it or the draft. Ending a
// call twice changes nothing.
func (s *Service) EndCall(ctx context.Context, a actor.Actor, e End) error {
	number, err := "", actor.Can(a, "intake.desk")
	if err != nil {
		return err
	}
	if e.Outcome != Joined {
		if number, err = s.Numbers.Next(ctx, s.DB.Now()); err != nil {
			return err
		}
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error { return s.EndCallTx(tx, a, e, number) })
}

// EndCallTx is EndCall inside a unit of work; number is for the new request.
func (s *Service) EndCallTx(tx *sqldb.Tx, a actor.Actor, e End, number string) error {
	c, err := s.findCall(tx, a, e.Call)
	if err != nil || c.State == callDone {
		return err
	}
	if !c.stored && !e.Began.IsZero() {
		c.Began = e.Began
	}
	c.Fields = e.Fields
	if _, _, err := s.findPlaces(tx, &c.Fields); err != nil {
		return err
	}
	r := s.reportOf(c)
	r.Number = number
	switch e.Outcome {
	case Dispatched:
		return s.dispatchCall(tx, a, c, r)
	case Registered:
		return s.registerCall(tx, a, c, r)
	case Answered:
		return s.answerCall(tx, a, c, r)
	case Diverted:
		return s.divertCall(tx, a, c, r)
	case Joined:
		return s.joinCall(tx, a, c, e.Number)
	}
	return fault.New(fault.Invalid, "desk.outcome_unknown", nil)
}

// dispatchCall registers the call and sends it to whom the duty list names.
func (s *Service) dispatchCall(tx *sqldb.Tx, a actor.Actor, c *Call, r Report) error {
	if err := actor.Can(a, "dispatch.send"); err != nil {
		return err
	}
	p, err := s.propose(tx, c.Fields)
	if err != nil {
		return err
	}
	filled := r
	if err := both(s.fill(&filled), s.complete(c.Fields, p)); err != nil {
		return err
	}
	out, err := s.ReceiveTx(tx, a, r)
	if err != nil {
		return err
	}
	if out.Order != nil {
		var assists []string
		for _, x := range p.Assists {
			assists = append(assists, x.Unit.ID)
		}
		if err := s.Sender.SendTx(tx, a, out.Order, p.Lead.ID, assists); err != nil {
			return err
		}
	}
	return closeCall(tx, c, Dispatched, out.ID)
}

// registerCall leaves to the dispatcher whom it goes to.
func (s *Service) registerCall(tx *sqldb.Tx, a actor.Actor, c *Call, r Report) error {
	filled := r
	if err := both(s.fill(&filled), nil); err != nil {
		return err
	}
	out, err := s.ReceiveTx(tx, a, r)
	if err != nil {
		return err
	}
	return closeCall(tx, c, Registered, out.ID)
}

// answerCall keeps what was answered at once.
func (s *Service) answerCall(tx *sqldb.Tx, a actor.Actor, c *Call, r Report) error {
	var wrong fault.Fields
	if strings.TrimSpace(c.Fields.Answer) == "" {
		wrong.Add("answer", "desk.answer_missing")
	}
	long(&wrong, "answer", c.Fields.Answer, MaxBody)
	d := request.Deed{Name: request.DeedAnswered, Body: map[string]string{"knowledge": c.Fields.Knowledge},
		Notes: []request.Note{{Kind: "answer", Audience: request.Resident, Text: c.Fields.Answer}}}
	return s.settle(tx, a, c, r, settlement{Answered, wrong.Err(), d, "direct", map[string]string{"答复": c.Fields.Answer}})
}

// divertCall keeps on which ground the call is not dispatched, and which lawful
// way was named.
func (s *Service) divertCall(tx *sqldb.Tx, a actor.Actor, c *Call, r Report) error {
	g, err := ground(tx, c.Fields.Refusal)
	if err != nil {
		return err
	}
	var wrong fault.Fields
	switch {
	case g.Code == "":
		wrong.Add("refusal", "desk.refusal_missing")
	case g.NeedsText && strings.TrimSpace(c.Fields.Reason) == "":
		wrong.Add("reason", "desk.reason_missing")
	}
	long(&wrong, "reason", c.Fields.Reason, MaxBody)
	told := strings.TrimSpace(g.words(c.Fields.Reason))
	d := request.Deed{Name: request.DeedDiverted, Body: map[string]string{"refusal": g.Code}, Notes: []request.Note{
		{Kind: "reason", Audience: request.Resident, Text: told}, {Kind: "route", Audience: request.Resident, Text: g.Route}}}
	return s.settle(tx, a, c, r, settlement{Diverted, wrong.Err(), d, "refused", map[string]string{"原因": g.Name, "途径": g.Route}})
}

// settlement is the deed with which a call needs no unit.
type settlement struct {
	outcome string
	wrong   error // with its own fields
	deed    request.Deed
	notice  string
	values  map[string]string
}

func (s *Service) settle(tx *sqldb.Tx, a actor.Actor, c *Call, r Report, x settlement) error {
	r.State = request.Registered
	filled := r
	if err := both(s.fill(&filled), x.wrong); err != nil {
		return err
	}
	out, err := s.ReceiveTx(tx, a, r)
	if err != nil {
		return err
	}
	if out.Order != nil {
		if err := out.Order.Record(tx, a, x.deed); err != nil {
			return err
		}
		if err := out.Order.Tell(tx, x.notice, x.values); err != nil {
			return err
		}
	}
	return closeCall(tx, c, x.outcome, out.ID)
}

// joinCall adds the caller to an open request instead of making another one: he
// gets a code of his own, will be told of it like the others, and what he said
// goes to those who work on it.
func (s *Service) joinCall(tx *sqldb.Tx, a actor.Actor, c *Call, number string) error {
	o, err := request.FindNumber(tx, a, id.CleanNumber(number))
	if err != nil {
		return err
	}
	if o, err = request.Load(tx, a, o.ID, 0); err != nil {
		return err
	}
	if !o.Open {
		return fault.New(fault.Conflict, "desk.join_closed", nil, id.ShowNumber(o.Number))
	}
	var wrong fault.Fields
	known := c.Fields.KnownPhone()
	if reach(&wrong, &known, &c.Fields.Email, &c.Fields.Prefer); len(wrong) > 0 {
		return wrong.Err()
	}
	draft := s.receiptOf(c.ID)
	got := Receipt{ID: o.ID, Number: o.Number, Code: s.code(draft)}
	if err := s.join(tx, a, o, got, c.Fields.contact("follower"), draft, ""); err != nil {
		return err
	}
	if c.Fields.What != "" {
		d := request.Deed{Name: request.DeedNoted, Notes: []request.Note{{Kind: "supplement", Audience: request.Internal, Text: c.Fields.What}}}
		if err := o.Record(tx, a, d); err != nil {
			return err
		}
	}
	return closeCall(tx, c, Joined, o.ID)
}

// Ground is one on which a call is not dispatched.
type Ground struct{ catalog.Refusal }

// words are what the caller is told: the ground's own sentence with the reason
// in its place, or after it.
func (g Ground) words(reason string) string {
	if strings.Contains(g.Tell, "{依据}") {
		return catalog.Fill(g.Tell, map[string]string{"依据": or(reason, "……")})
	}
	return g.Tell + reason
}

func ground(tx *sqldb.Tx, code string) (Ground, error) {
	all, err := catalog.Refusals(tx)
	for _, r := range all {
		if r.Code == code {
			return Ground{r}, err
		}
	}
	return Ground{}, err
}
