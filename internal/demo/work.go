package demo

import (
	"hash/fnv"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/demo/content"
	"gongzhi/internal/fault"
	"gongzhi/internal/handling"
	"gongzhi/internal/request"
)

// work is what the unit does until it answers.
func (l *life) work() error {
	t, who, err := l.lead()
	if err != nil {
		return err
	}
	start := l.now
	if l.rng.Float64() < 0.7 {
		if err := l.office(l.minutes(20, 500)); err != nil {
			return err
		}
		c := handling.Contact{ID: l.id, Way: "phone", Outcome: "reached", Text: "已电话联系，了解具体情况。"}
		if err := l.app.Handling.ContactTx(l.tx, who, c); err != nil {
			return err
		}
	}
	if err := l.assists(); err != nil {
		return err
	}
	if t.Limit.Unit == "wd" && l.rng.Float64() < content.ExtensionShare {
		if err := l.extend(who); err != nil {
			return err
		}
	} else if l.rng.Float64() < content.HoldShare {
		if err := l.hold(who); err != nil {
			return err
		}
	}
	if err := l.until(start, t); err != nil {
		return err
	}
	return l.answer(who)
}

// until moves the clock to the day of the answer.
func (l *life) until(start time.Time, t request.Task) error {
	days := content.Handling(l.rng, l.kind, content.Limit{N: t.Limit.N, Unit: t.Limit.Unit}) * l.pace(t.Unit)
	end := l.cal.Due(start, calendar.Limit{N: int(days), Unit: "wd"}).Add(-time.Duration(l.rng.Int64N(int64(8 * time.Hour))))
	if days < 1 {
		end = start.Add(time.Duration(days * float64(9*time.Hour)))
	}
	o, err := l.load()
	if err != nil {
		return err
	}
	if last := o.DueAt.Add(-10 * time.Minute); end.After(last) && l.rng.Float64() > content.LateShare*6*l.pace(t.Unit) {
		end = last // people work towards the date
	}
	if !end.After(l.now) {
		end = l.now.Add(l.minutes(10, 90))
	}
	if t.Limit.Unit == "h" {
		return l.pass(end.Sub(l.now))
	}
	return l.office(end.Sub(l.now))
}

// pace is how slow a unit is beside the others, the same all through: 0.7 to 1.5.
func (h *history) pace(unit string) float64 {
	return 0.7 + 0.8*float64(sum(unit)%1000)/1000
}

func sum(s string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(s))
	return h.Sum32()
}

func (l *life) assists() error {
	tasks, err := request.Tasks(l.tx, l.id)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		if t.Lead || !t.Open || l.rng.Float64() < 0.25 {
			continue
		}
		if err := l.office(l.minutes(10, 120)); err != nil {
			return err
		}
		who := l.desk[t.Unit]
		if err := l.app.Handling.AssistAcceptTx(l.tx, who, handling.AssistAccept{ID: l.id, Task: t.ID}); err != nil {
			return err
		}
		if err := l.pass(l.minutes(5, 50)); err != nil {
			return err
		}
		if err := l.app.Handling.AssistAnswerTx(l.tx, who, handling.AssistAnswer{ID: l.id, Task: t.ID, Text: "已到现场核实，情况属实，配合主办单位处理。"}); err != nil {
			return err
		}
	}
	return nil
}

func (l *life) extend(who actor.Actor) error {
	if err := l.office(l.minutes(60, 900)); err != nil {
		return err
	}
	c := handling.AskExtension{ID: l.id, Days: 3 + l.rng.IntN(3), Reason: l.Rules.ExtensionReason(l.rng, l.leaf, l.slots)}
	if err := l.app.Handling.AskExtensionTx(l.tx, who, c); err != nil {
		if kind := fault.KindOf(err); kind == fault.Invalid || kind == fault.Conflict {
			return nil // too late in the day
		}
		return err
	}
	if err := l.pass(l.minutes(15, 180)); err != nil {
		return err
	}
	ruling := handling.Ruling{ID: l.id, Grant: l.rng.Float64() < 0.8, Reason: "请在原期限内抓紧办理。"}
	return l.app.Handling.RuleExtensionTx(l.tx, l.one(actor.Dispatcher), ruling)
}

func (l *life) hold(who actor.Actor) error {
	if err := l.office(l.minutes(60, 900)); err != nil {
		return err
	}
	reason := l.Rules.HoldReason(l.rng, l.leaf, l.slots)
	c := handling.AskHold{ID: l.id, Reason: reason, Measures: "现场设置警示并每周巡查一次，条件具备立即施工。", Until: l.now.AddDate(0, 0, 20+l.rng.IntN(30))}
	if err := l.app.Handling.AskHoldTx(l.tx, who, c); err != nil {
		return err
	}
	if err := l.pass(l.minutes(30, 200)); err != nil {
		return err
	}
	if err := l.app.Handling.RuleHoldTx(l.tx, l.one(actor.Supervisor), handling.Ruling{ID: l.id, Grant: true}); err != nil {
		return err
	}
	if err := l.office(c.Until.Sub(l.now)); err != nil {
		return err
	}
	return l.app.Handling.ResumeTx(l.tx, who, handling.Resume{ID: l.id, Text: "条件已具备，恢复办理。"})
}

func (l *life) answer(who actor.Actor) error {
	unit, ok := l.Rules.Unit(who.UnitID)
	if !ok {
		u := l.units[who.UnitID]
		unit = content.Unit{Code: u.ID, Name: u.Name, Short: u.Short, Kind: u.Kind, Phone: u.Phone}
	}
	record, public := l.Rules.Answer(l.rng, l.leaf, unit, l.slots)
	c := handling.Answer{ID: l.id, Solved: "yes", Record: record, Text: public, Contacted: true}
	if l.rng.Float64() < 0.08 {
		c.Solved, c.Why = "partly", "受客观条件限制，其余部分列入下一步计划。"
	}
	if careless(who.UnitID, l.number) {
		c.Contacted, c.Text = false, "您好，您反映的问题已安排工作人员处理，我单位将尽快落实，感谢您的关心和支持。"
	}
	l.answered = true
	return l.app.Handling.AnswerTx(l.tx, who, c)
}
