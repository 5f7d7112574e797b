package demo

import (
	"gongzhi/internal/actor"
	"gongzhi/internal/assessment"
	"gongzhi/internal/demo/content"
	"gongzhi/internal/request"
)

func (l *life) review() error {
	if err := l.office(l.minutes(20, 420)); err != nil {
		return err
	}
	who := l.one(actor.Reviewer)
	if l.rng.Float64() > 0.03 {
		return l.app.Assessment.ReviewPassTx(l.tx, who, assessment.ReviewPass{ID: l.id, Checked: true})
	}
	c := assessment.ReviewFail{ID: l.id, Reason: "答复没有说明处理结果，请补充办理情况后重新答复。"}
	if err := l.app.Assessment.ReviewFailTx(l.tx, who, c); err != nil {
		return err
	}
	if err := l.office(l.minutes(60, 600)); err != nil {
		return err
	}
	_, desk, err := l.lead()
	if err != nil {
		return err
	}
	if err := l.answer(desk); err != nil {
		return err
	}
	if err := l.office(l.minutes(20, 300)); err != nil {
		return err
	}
	return l.app.Assessment.ReviewPassTx(l.tx, who, assessment.ReviewPass{ID: l.id, Checked: true})
}

// marks are the ratings on the page for the content's words.
var marks = map[string][]int64{content.Satisfied: {5, 5, 4}, content.Basic: {3}, content.Unsatisfied: {2, 2, 1}}

func (l *life) callback(round int) error {
	o, err := l.load()
	if err != nil || o.State != request.ToCallback {
		return err // closed by the review: nobody to ask
	}
	who, result := l.one(actor.Reviewer), content.Draw(l.rng, content.Ratings)
	if round > 0 && result == content.Unsatisfied && l.rng.Float64() < 0.7 {
		result = content.Basic
	}
	if err := l.office(l.minutes(60, 1200)); err != nil {
		return err
	}
	if result == content.Unreachable {
		return l.unreached(who)
	}
	rating := marks[result][l.rng.IntN(len(marks[result]))]
	remark := l.Rules.Remark(l.rng, l.leaf, result, l.slots)
	if result != content.Unsatisfied || l.rng.Float64() > 0.75 {
		solved := "yes"
		if result != content.Satisfied && l.rng.Float64() < 0.5 {
			solved = "partly"
		}
		return l.app.Assessment.CallbackCloseTx(l.tx, who, assessment.CallbackClose{ID: l.id, Solved: solved, Rating: rating, Remark: remark})
	}
	c := assessment.Reopen{ID: l.id, Rating: rating, Reason: l.Rules.Dissatisfaction(l.rng, l.leaf, l.slots)}
	if err := l.app.Assessment.ReopenTx(l.tx, who, c); err != nil || round > 1 {
		return err
	}
	return l.handle(round + 1)
}

func (l *life) unreached(who actor.Actor) error {
	for range 6 {
		err := l.app.Assessment.CallbackTryTx(l.tx, who, assessment.CallbackTry{ID: l.id, Outcome: assessment.CallNone})
		if err != nil {
			return err
		}
		o, err := l.load()
		if err != nil || o.State != request.ToCallback {
			return err
		}
		if err := l.office(l.minutes(120, 700)); err != nil {
			return err
		}
	}
	return nil
}
