package demo

import (
	"errors"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/demo/content"
	"gongzhi/internal/dispatch"
	"gongzhi/internal/fault"
	"gongzhi/internal/handling"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// errLater ends a life for now: its next step lies after the plan's end.
var errLater = errors.New("later")

// live takes the request through its life, in one unit of work with many times.
func (l *life) live(tx *sqldb.Tx) error {
	l.tx = tx
	tx.Now = l.now
	got, err := l.app.Intake.ReceiveTx(tx, l.agent, l.report())
	if err != nil {
		return err
	}
	l.id = got.ID
	err = l.afterwards()
	l.openStill = errors.Is(err, errLater)
	if l.openStill {
		return nil
	}
	return err
}

func (l *life) afterwards() error {
	direct := 0.0
	if p, ok := content.DirectShares[l.kind]; ok {
		direct = p
	}
	switch p := l.rng.Float64(); {
	case l.kind != content.Report && p < direct:
		return l.answerAtOnce()
	case p > 1-content.RefusedShare:
		return l.divert()
	case l.same != "" && p > 0.3:
		if err := l.merge(); fault.KindOf(err) != fault.Conflict && fault.KindOf(err) != fault.Invalid {
			return err
		}
	}
	if err := l.send(""); err != nil {
		return err
	}
	return l.handle(0)
}

// pass moves the clock. It gives errLater when that goes beyond the plan.
func (l *life) pass(d time.Duration) error {
	l.now = l.now.Add(d)
	if l.now.After(l.plan.Until) {
		return errLater
	}
	l.tx.Now = l.now
	return nil
}

// office moves the clock to the next office hour after d. What has a limit of
// hours does not wait for the office to open.
func (l *life) office(d time.Duration) error {
	if l.leaf.Limit.Unit == "h" && !l.answered {
		return l.pass(d / 12)
	}
	t := l.now.Add(d).In(l.cal.Zone)
	for !l.cal.Working(t) || t.Hour() >= 18 || t.Hour() < 9 {
		day := t
		if t.Hour() >= 18 || !l.cal.Working(t) {
			day = t.AddDate(0, 0, 1)
		}
		t = time.Date(day.Year(), day.Month(), day.Day(), 9, l.rng.IntN(50), l.rng.IntN(60), 0, l.cal.Zone)
	}
	return l.pass(t.Sub(l.now))
}

func (l *life) minutes(from, to int) time.Duration {
	return time.Duration(from)*time.Minute + time.Duration(l.rng.Int64N(int64(time.Duration(to-from)*time.Minute)))
}

func (l *life) load() (*request.Order, error) { return request.Load(l.tx, actor.System, l.id, 0) }

func (l *life) answerAtOnce() error {
	if err := l.pass(l.minutes(1, 9)); err != nil {
		return err
	}
	o, err := l.load()
	if err != nil {
		return err
	}
	who := l.agent
	if who.ID == "" {
		who = l.one(actor.Agent)
	}
	unit, _ := l.Rules.Unit("hotline")
	if err := l.publish(o, l.one(actor.Dispatcher)); err != nil {
		return err
	}
	return l.app.Dispatch.AnswerTx(l.tx, who, o, l.Rules.Direct(l.rng, l.leaf, unit, l.slots))
}

// grounds of refusal as often as they occur.
var grounds = []content.Share{{Code: "legal_route", Part: 0.4}, {Code: "repeat_no_new", Part: 0.2}, {Code: "beyond_duty", Part: 0.2}, {Code: "not_this_city", Part: 0.15}, {Code: "other_power", Part: 0.05}}

func (l *life) divert() error {
	if err := l.pass(l.minutes(2, 20)); err != nil {
		return err
	}
	o, err := l.load()
	if err != nil {
		return err
	}
	who := l.one(actor.Dispatcher)
	if err := l.publish(o, who); err != nil {
		return err
	}
	return l.app.Dispatch.DivertTx(l.tx, who, o, content.Draw(l.rng, grounds), "经核实，该事项属于上述情形。", "")
}

// publish is what the dispatcher does who has just read the request.
func (l *life) publish(o *request.Order, who actor.Actor) error {
	if o.Publicity != "public" || o.Sealed {
		return nil
	}
	return request.Publish(l.tx, who, o.ID, request.Hide(o.Title), request.Hide(o.Address))
}

func (l *life) merge() error {
	if err := l.pass(l.minutes(3, 30)); err != nil {
		return err
	}
	on := dispatch.On{Number: l.number}
	return l.app.Dispatch.MergeTx(l.tx, l.one(actor.Dispatcher), dispatch.Merge{On: on, Into: l.same, Reason: "同一地点、同一件事"})
}

func (l *life) send(lead string) error {
	if lead == "" && l.rng.Float64() < 0.015 {
		if err := l.consult(); err != nil {
			return err
		}
	}
	wait := l.minutes(2, 24)
	if l.plan.Until.Sub(l.now) < 5*time.Hour { // today's queue has not been worked off yet
		wait *= 8
	}
	if hour := l.now.In(l.cal.Zone).Hour(); !l.leaf.Urgent && (hour < 7 || hour >= 22) {
		wait += time.Duration((31-hour)%24)*time.Hour + l.minutes(10, 70) // the night shift dispatches what cannot wait
	}
	if err := l.pass(wait); err != nil {
		return err
	}
	o, err := l.load()
	if err != nil {
		return err
	}
	who := l.one(actor.Dispatcher)
	if err := l.publish(o, who); err != nil {
		return err
	}
	err = l.app.Dispatch.SendTx(l.tx, who, o, lead, nil)
	if fault.KindOf(err) != fault.Invalid {
		return err
	}
	// Without a place the duty list may name nobody: the dispatcher decides.
	return l.app.Dispatch.SendTx(l.tx, who, o, "services", nil)
}

// consult talks a hard case over before it is dispatched.
func (l *life) consult() error {
	if err := l.pass(l.minutes(4, 30)); err != nil {
		return err
	}
	o, err := l.load()
	if err != nil {
		return err
	}
	who := l.one(actor.Dispatcher)
	if err := l.app.Dispatch.ConsultTx(l.tx, who, o, dispatch.Consult{Text: "涉及多个部门，权属不清，请会商确定主办单位。", Units: []string{"services", "housing"}}); err != nil {
		return err
	}
	if err := l.office(l.minutes(120, 240)); err != nil {
		return err
	}
	if o, err = l.load(); err != nil {
		return err
	}
	view := dispatch.ConsultSay{View: "assist", Text: "主体不在我们的设施清单内，需要现场配合时可以协办。"}
	if err := l.app.Dispatch.ConsultSayTx(l.tx, l.desk["services"], o, view); err != nil {
		return err
	}
	if err := l.office(l.minutes(120, 900)); err != nil {
		return err
	}
	if o, err = l.load(); err != nil {
		return err
	}
	return l.app.Dispatch.ConsultEndTx(l.tx, who, o, dispatch.ConsultEnd{Text: "会商明确主办单位，按职责清单派单。"})
}

// lead is the unit that handles the request now, and who signs there.
func (l *life) lead() (request.Task, actor.Actor, error) {
	t, err := request.OpenLead(l.tx, l.id)
	return t, l.desk[t.Unit], err
}

// handle is one round: acceptance to answer, review and call-back.
func (l *life) handle(round int) error {
	if round == 0 {
		if err := l.accept(); err != nil {
			return err
		}
		if l.rng.Float64() < content.ReturnShare {
			if back, err := l.giveBack(); back || err != nil {
				return err
			}
		}
	}
	if err := l.work(); err != nil {
		return err
	}
	if err := l.review(); err != nil {
		return err
	}
	return l.callback(round)
}

func (l *life) accept() error {
	if err := l.office(l.minutes(6, 240)); err != nil {
		return err
	}
	_, who, err := l.lead()
	if err != nil {
		return err
	}
	return l.app.Handling.AcceptTx(l.tx, who, handling.Accept{ID: l.id})
}

// giveBack is a return. back says that the life went on elsewhere.
func (l *life) giveBack() (back bool, err error) {
	t, who, err := l.lead()
	if err != nil {
		return false, err
	}
	other := "services"
	if t.Unit == other {
		return false, nil
	}
	reason := l.Rules.ReturnReason(l.rng, l.leaf, l.units[other].Short, l.slots)
	if err := l.office(l.minutes(20, 300)); err != nil {
		return false, err
	}
	if err := l.app.Handling.ObjectTx(l.tx, who, handling.Object{ID: l.id, Reason: reason}); err != nil {
		return false, err
	}
	if err := l.office(l.minutes(30, 600)); err != nil {
		return false, err
	}
	o, err := l.load()
	if err != nil {
		return false, err
	}
	uphold := l.rng.Float64() < content.ReturnUpheld
	c := dispatch.RuleObjection{On: dispatch.On{Number: l.number}, Uphold: uphold, Reason: "按职责清单，该事项仍由你单位主办，请依法办理。"}
	if uphold {
		c.Reason = "经核实，该事项不属你单位职责，同意退回重新派单。"
	}
	if err := l.app.Dispatch.RuleObjectionTx(l.tx, l.one(actor.Dispatcher), o, c); err != nil {
		return false, err
	}
	if !uphold {
		return false, l.accept()
	}
	if err := l.send(other); err != nil {
		return true, err
	}
	if err := l.accept(); err != nil {
		return true, err
	}
	return true, l.rest()
}

// rest is a round without a second return.
func (l *life) rest() error {
	for _, step := range []func() error{l.work, l.review} {
		if err := step(); err != nil {
			return err
		}
	}
	return l.callback(0)
}
