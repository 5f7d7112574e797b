package dispatch

import (
	"cmp"
	"context"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// DirectAnswer 直接答复 answers at once what needs no unit.
type DirectAnswer struct {
	On
	Text string
}

// DirectAnswer is AnswerTx in a unit of work of its own.
func (s *Service) DirectAnswer(ctx context.Context, a actor.Actor, c DirectAnswer) error {
	return s.with(ctx, a, c.On, func(tx *sqldb.Tx, o *request.Order) error { return s.AnswerTx(tx, a, o, c.Text) })
}

// AnswerTx answers a request and closes it (北京市接诉即办工作条例 第十一条).
func (s *Service) AnswerTx(tx *sqldb.Tx, a actor.Actor, o *request.Order, text string) error {
	if err := actor.Can(a, "dispatch.send"); err != nil {
		return err
	}
	var f fault.Fields
	sentence(&f, "direct.text", text, "dispatch.answer_missing")
	if err := f.Err(); err != nil {
		return err
	}
	o.Replies++
	err := o.Record(tx, a, request.Deed{Name: request.DeedAnswered, Notes: []request.Note{{Kind: "answer", Audience: audience(o), Text: text}}})
	if err != nil {
		return err
	}
	if err := request.ReleaseTasks(tx, o.ID); err != nil {
		return err
	}
	return o.Tell(tx, "direct", map[string]string{"答复": text})
}

// Divert 不派单告知途径 tells why a request is not dispatched and which way is open.
type Divert struct {
	On
	Code  string // of the ground in the catalogue
	Text  string // the basis, required for some grounds
	Route string // "" what the catalogue names
}

// diverted is the body of the deed: a refusal is counted by its ground.
type diverted struct {
	Code string `json:"code"`
}

// Divert is DivertTx in a unit of work of its own.
func (s *Service) Divert(ctx context.Context, a actor.Actor, c Divert) error {
	return s.with(ctx, a, c.On, func(tx *sqldb.Tx, o *request.Order) error { return s.DivertTx(tx, a, o, c.Code, c.Text, c.Route) })
}

// DivertTx closes a request on a lawful ground. The reason is always told, and
// where another procedure is open, that one too (潍坊市12345政务服务便民热线条例 第十九条).
func (s *Service) DivertTx(tx *sqldb.Tx, a actor.Actor, o *request.Order, code, text, route string) error {
	if err := actor.Can(a, "dispatch.send"); err != nil {
		return err
	}
	ground, err := refusal(tx, code)
	if err != nil {
		return err
	}
	route = cmp.Or(route, ground.Route)
	var f fault.Fields
	if ground.NeedsText {
		sentence(&f, "divert.text", text, "dispatch.divert_text_missing")
	}
	if code == "legal_route" {
		sentence(&f, "divert.route", route, "dispatch.divert_route_missing")
	}
	if err := f.Err(); err != nil {
		return err
	}
	reason := catalog.Fill(ground.Tell, map[string]string{"依据": text})
	if text != "" && !strings.Contains(reason, text) {
		reason += "\n" + text
	}
	err = o.Record(tx, a, request.Deed{Name: request.DeedDiverted, Body: diverted{code}, Notes: []request.Note{
		{Kind: "reason", Audience: audience(o), Text: ground.Name + "：" + reason}, {Kind: "route", Audience: audience(o), Text: route}}})
	if err != nil {
		return err
	}
	if err := request.ReleaseTasks(tx, o.ID); err != nil {
		return err
	}
	return o.Tell(tx, "refused", map[string]string{"原因": ground.Name, "途径": cmp.Or(route, say("dispatch.route_none")), "依据": text, "链接": say("dispatch.see_track")})
}

func refusal(tx *sqldb.Tx, code string) (catalog.Refusal, error) {
	all, err := catalog.Refusals(tx)
	if err != nil {
		return catalog.Refusal{}, err
	}
	for _, r := range all {
		if r.Code == code {
			return r, nil
		}
	}
	return catalog.Refusal{}, fault.Fields{{Name: "divert.code", Key: "dispatch.divert_code_missing"}}
}
