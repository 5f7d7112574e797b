package assessment

import (
	"context"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/matter"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// API declares the operations of this feature.
func (s *Service) API(a *api.API) {
	a.Chapter("assessment")
	for _, q := range []queue{reviewQueue, callbackQueue} {
		api.Add(a, api.Op{ID: q.name, Method: "GET", Path: q.path(), Policy: "assessment." + q.name, Pages: []string{"GET " + q.path()}},
			func(ctx context.Context, in *waitingIn) (api.List[waitingItem], error) {
				return s.apiQueue(ctx, a, q, in)
			})
	}
	api.Add(a, api.Op{ID: "case-answer-checked", Method: "GET", Path: "/cases/{number}/answer-check", Policy: "assessment.review", Pages: []string{"GET /review"}}, s.apiAnswer)
	actOn(s, a, "review-pass", "assessment.review", []string{"review_pass"}, func(on on, b *passIn) ReviewPass { return ReviewPass{on.id, on.version, b.Checked} }, s.ReviewPassTx)
	actOn(s, a, "review-fail", "assessment.review", []string{"review_fail"}, func(on on, b *reasonIn) ReviewFail { return ReviewFail{on.id, on.version, b.Reason} }, s.ReviewFailTx)
	actOn(s, a, "callback-try", "assessment.callback", []string{"callback"}, func(on on, b *tryIn) CallbackTry { return CallbackTry{on.id, on.version, b.Outcome, b.Remark} }, s.CallbackTryTx)
	actOn(s, a, "callback-close", "assessment.callback", []string{"callback"}, func(on on, b *closeIn) CallbackClose {
		return CallbackClose{on.id, on.version, b.Solved, b.Rating, b.Remark}
	}, s.CallbackCloseTx)
	actOn(s, a, "reopen", "assessment.callback", []string{"reopen", "callback"}, func(on on, b *reopenIn) Reopen { return Reopen{on.id, on.version, b.Rating, b.Remark} }, s.ReopenTx)
	actOn(s, a, "supervise", "assessment.supervise", []string{"supervise"}, func(on on, b *superviseIn) Supervise {
		return Supervise{ID: on.id, Version: on.version, Instruction: b.Instruction, Due: b.due(), Unit: b.Unit}
	}, s.SuperviseTx)
	actOn(s, a, "escalate", "assessment.supervise", []string{"escalate"}, func(on on, b *escalateIn) Escalate { return Escalate{on.id, on.version, b.Level, b.Instruction} }, s.EscalateTx)
	actOn(s, a, "release", "assessment.supervise", []string{"release"}, func(on on, b *remarkIn) Release { return Release{on.id, on.version, b.Remark} }, s.ReleaseTx)
	api.Add(a, api.Op{ID: "supervised", Method: "GET", Path: "/supervised", Policy: "assessment.supervise", Pages: []string{"GET /supervise"}},
		func(ctx context.Context, in *supervisedIn) (api.List[supervisedItem], error) {
			return s.apiSupervised(ctx, a, in)
		})
	api.Add(a, api.Op{ID: "board", Method: "GET", Path: "/board", Policy: "assessment.board", Pages: []string{"GET /board"}}, s.apiBoard)
}

// on is the request of an act as its caller has read it.
type on struct {
	id      matter.ID
	version int64
}

// actOn declares an act on one request whose body becomes a command.
func actOn[B, C any](s *Service, a *api.API, name string, policy actor.Action, panels []string, command func(on, *B) C, verb func(*sqldb.Tx, actor.Actor, C) error) {
	op := api.Op{ID: "case-" + name, Method: "POST", Path: "/cases/{number}/" + name, Policy: string(policy)}
	for _, p := range panels {
		op.Pages = append(op.Pages, "POST /case/{number}/"+p)
	}
	api.Add(a, op, func(ctx context.Context, in *show.On[B]) (out show.Done, err error) {
		who := actor.From(ctx)
		err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
			o, err := request.FindNumber(tx, who, in.Clean())
			if err != nil {
				return err
			}
			return verb(tx, who, command(on{o.ID, any(&in.Body).(show.Versioned).At()}, &in.Body))
		})
		if err != nil {
			return out, err
		}
		err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
			out, err = show.Now(tx, who, in.Clean())
			return err
		})
		return out, err
	})
}

type answerIn struct {
	Number string `path:"number" maxLength:"40"`
}

// apiAnswer is what the reply check finds in the answer that was sent last.
func (s *Service) apiAnswer(ctx context.Context, in *answerIn) (out show.FindingsItem, err error) {
	who := actor.From(ctx)
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		o, err := request.FindNumber(tx, who, show.On[struct{}]{Number: in.Number}.Clean())
		if err != nil {
			return err
		}
		found, err := s.latestAnswer(tx, who, o)
		out = show.FindingsOf(page.Base{Lang: web.Lang(api.Request(ctx))}, found.Report, found.Sent)
		return err
	})
	return out, err
}

type passIn struct {
	show.Seen
	Checked bool `json:"checked"`
}

type reasonIn struct {
	show.Seen
	Reason string `json:"reason" minLength:"1" maxLength:"2000"`
}

type remarkIn struct {
	show.Seen
	Remark string `json:"remark,omitempty" maxLength:"2000"`
}

type tryIn struct {
	show.Seen
	Outcome string `json:"outcome" enum:"none,refused,wrong"`
	Remark  string `json:"remark,omitempty" maxLength:"2000"`
}

type closeIn struct {
	show.Seen
	Solved string `json:"solved" enum:"yes,partly"`
	Rating int64  `json:"rating" minimum:"1" maximum:"5"`
	Remark string `json:"remark,omitempty" maxLength:"2000"`
}

type reopenIn struct {
	show.Seen
	Rating int64  `json:"rating,omitempty" minimum:"0" maximum:"5"`
	Remark string `json:"remark" minLength:"1" maxLength:"2000"`
}

type superviseIn struct {
	show.Seen
	Instruction string     `json:"instruction" minLength:"1" maxLength:"2000"`
	Unit        string     `json:"unit,omitempty" maxLength:"100"`
	Due         *time.Time `json:"due,omitempty"`
}

func (b *superviseIn) due() time.Time {
	if b.Due == nil || b.Due.Year() < 1900 || b.Due.Year() >= 2200 {
		return time.Time{}
	}
	return *b.Due
}

type escalateIn struct {
	show.Seen
	Level       string `json:"level" enum:"district,city"`
	Instruction string `json:"instruction" minLength:"1" maxLength:"2000"`
}

type waitingIn struct{ api.Page }

// waitingItem is one that waits for its review or its call.
type waitingItem struct {
	show.Item
	Calls   int64  `json:"calls"`
	Outcome string `json:"outcome"`
}

func (s *Service) apiQueue(ctx context.Context, a *api.API, q queue, in *waitingIn) (out api.List[waitingItem], err error) {
	part, err := show.ListPage(a, q.name, in.Page)
	if err != nil {
		return out, err
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		rows, next, err := request.List(tx, actor.From(ctx), request.Filter{States: []string{q.state}, Sort: "old"}, part)
		if err != nil {
			return err
		}
		called, err := callsOf(tx, rows)
		for _, r := range rows {
			out.Items = append(out.Items, waitingItem{show.ItemOf(r), called[r.ID].N, called[r.ID].Outcome})
		}
		out.Next = a.Next(q.name, next)
		return err
	})
	return out, err
}
