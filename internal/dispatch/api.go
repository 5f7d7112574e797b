package dispatch

import (
	"context"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/calendar"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
)

// API declares the operations of this feature.
func (s *Service) API(a *api.API) {
	a.Chapter("dispatch")
	s.queueAPI(a)
	s.publishAPI(a)
	s.directAPI(a)
	act(s, a, "send", "dispatch.send", s.sendCommand, s.Send)
	act(s, a, "consult", "dispatch.rule", func(on On, b *consultBody) Consult { return Consult{on, b.Units, b.Text} }, s.Consult)
	act(s, a, "consult-end", "dispatch.rule", func(on On, b *consultEndBody) ConsultEnd { return ConsultEnd{on, b.Lead, b.Text} }, s.ConsultEnd)
	act(s, a, "consult-say", "handling.work", func(on On, b *consultSayBody) ConsultSay { return ConsultSay{on, b.View, b.Other, b.Text} }, s.ConsultSay)
	act(s, a, "objection", "dispatch.rule", func(on On, b *objectionBody) RuleObjection {
		return RuleObjection{on, b.Uphold, b.Unit, b.Reason}
	}, s.RuleObjection)
	act(s, a, "recall", "dispatch.rule", func(on On, b *textBody) Recall { return Recall{on, b.Text} }, s.Recall)
	act(s, a, "recheck", "dispatch.rule", func(on On, b *textBody) Recheck { return Recheck{on, b.Text} }, s.Recheck)
	act(s, a, "reclassify", "request.edit", reclassifyCommand, s.Reclassify)
	act(s, a, "place", "request.edit", func(on On, b *takePlaceBody) TakePlace { return TakePlace{on, b.N} }, s.TakePlace)
	act(s, a, "calm", "request.edit", func(on On, b *calmBody) Calm { return Calm{on, b.Reason} }, s.Calm)
	act(s, a, "merge", "dispatch.merge", func(on On, b *mergeBody) Merge { return Merge{on, clean(b.Into), b.Reason} }, s.Merge)
	act(s, a, "unmerge", "dispatch.merge", func(on On, b *reasonBody) Unmerge { return Unmerge{on, b.Reason} }, s.Unmerge)
	act(s, a, "direct", "dispatch.send", func(on On, b *textBody) DirectAnswer { return DirectAnswer{on, b.Text} }, s.DirectAnswer)
	act(s, a, "divert", "dispatch.send", func(on On, b *divertBody) Divert { return Divert{on, b.Code, b.Text, b.Route} }, s.Divert)
	act(s, a, "urge", "request.urge", func(on On, b *urgeBody) Urge { return Urge{on, b.Text} }, s.Urge)
	api.Add(a, api.Op{ID: "case-split", Method: "POST", Path: "/cases/{number}/split", Policy: "dispatch.split", Create: true,
		Pages: []string{"POST /case/{number}/split"}}, s.apiSplit)
}

// act declares an act on one request: the body becomes a command, the command
// goes to its verb.
func act[B, C any](s *Service, a *api.API, name, policy string, command func(On, *B) C, verb func(context.Context, actor.Actor, C) error) {
	op := api.Op{ID: "case-" + name, Method: "POST", Path: "/cases/{number}/" + name, Policy: policy,
		Pages: []string{"POST /case/{number}/" + strings.ReplaceAll(name, "-", "_")}, Fields: placesInBody}
	api.Add(a, op, func(ctx context.Context, in *show.On[B]) (out show.Done, err error) {
		who := actor.From(ctx)
		if err := verb(ctx, who, command(On{in.Clean(), any(&in.Body).(show.Versioned).At()}, &in.Body)); err != nil {
			return out, err
		}
		err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
			out, err = show.Now(tx, who, in.Clean())
			return err
		})
		return out, err
	})
}

// placesInBody are the fields whose names in the forms differ.
var placesInBody = map[string]string{"consult.unit1": "body.units", "send.assist1": "body.assists[0]", "send.assist2": "body.assists[1]",
	"send.assist3": "body.assists[2]", "send.assist4": "body.assists[3]", "send.assist5": "body.assists[4]"}

type textBody struct {
	show.Seen
	Text string `json:"text" minLength:"1" maxLength:"2000"`
}

type urgeBody struct {
	show.Seen
	Text string `json:"text,omitempty" maxLength:"2000"`
}

type sendBody struct {
	show.Seen
	Lead        string       `json:"lead,omitempty" maxLength:"100"`
	Assists     []assistBody `json:"assists,omitempty" maxItems:"5"`
	Category    string       `json:"category,omitempty" maxLength:"20"`
	Reason      string       `json:"reason,omitempty" maxLength:"300"`
	Instruction string       `json:"instruction,omitempty" maxLength:"2000"`
}

type assistBody struct {
	Unit      string `json:"unit" maxLength:"100"`
	Limit     int    `json:"limit,omitempty" minimum:"0" maximum:"99"`
	LimitUnit string `json:"limit_unit,omitempty" enum:"wd,cd,h"`
}

type consultBody struct {
	show.Seen
	Units []string `json:"units" minItems:"1" maxItems:"4"`
	Text  string   `json:"text" minLength:"1" maxLength:"2000"`
}

type consultEndBody struct {
	show.Seen
	Lead string `json:"lead,omitempty" maxLength:"100"`
	Text string `json:"text" minLength:"1" maxLength:"2000"`
}

type consultSayBody struct {
	show.Seen
	View  string `json:"view" enum:"lead,assist,no"`
	Other string `json:"other,omitempty" maxLength:"100"`
	Text  string `json:"text" minLength:"1" maxLength:"2000"`
}

type objectionBody struct {
	show.Seen
	Uphold bool   `json:"uphold"`
	Unit   string `json:"unit,omitempty" maxLength:"100"`
	Reason string `json:"reason" minLength:"1" maxLength:"2000"`
}

type mergeBody struct {
	show.Seen
	Into   string `json:"into" minLength:"1" maxLength:"40"`
	Reason string `json:"reason,omitempty" maxLength:"300"`
}

type reasonBody struct {
	show.Seen
	Reason string `json:"reason,omitempty" maxLength:"300"`
}

type divertBody struct {
	show.Seen
	Code  string `json:"code" minLength:"1" maxLength:"40"`
	Text  string `json:"text,omitempty" maxLength:"2000"`
	Route string `json:"route,omitempty" maxLength:"2000"`
}

type reclassifyBody struct {
	show.Seen
	Category  string     `json:"category,omitempty" maxLength:"20"`
	Type      string     `json:"type,omitempty" maxLength:"20"`
	Urgency   string     `json:"urgency,omitempty" enum:"normal,urgent"`
	Publicity string     `json:"publicity,omitempty" enum:"public,masked,private"`
	Place     *placeBody `json:"place,omitempty"`
	Subject   string     `json:"subject,omitempty" maxLength:"100"`
	Reason    string     `json:"reason,omitempty" maxLength:"300"`
}

type calmBody struct {
	show.Seen
	Reason string `json:"reason" minLength:"2" maxLength:"300"`
}

// takePlaceBody names a place by its number in the queue's list.
type takePlaceBody struct {
	show.Seen
	N int `json:"n" minimum:"1" maximum:"20"`
}

type placeBody struct {
	Address string  `json:"address" maxLength:"300"`
	Area    string  `json:"area" maxLength:"20"`
	Lat     float64 `json:"lat,omitempty" minimum:"-90" maximum:"90"`
	Lng     float64 `json:"lng,omitempty" minimum:"-180" maximum:"180"`
}

type splitBodyIn struct {
	show.Seen
	Title    string `json:"title" minLength:"1" maxLength:"60"`
	Text     string `json:"text" minLength:"1" maxLength:"2000"`
	Category string `json:"category,omitempty" maxLength:"20"`
	Reason   string `json:"reason" minLength:"1" maxLength:"300"`
}

func (s *Service) sendCommand(on On, b *sendBody) Send {
	c := Send{On: on, Lead: b.Lead, Category: b.Category, Reason: b.Reason, Instruction: b.Instruction}
	for _, x := range b.Assists {
		c.Assists = append(c.Assists, Assist{x.Unit, calendar.Limit{N: x.Limit, Unit: orWorkingDays(x.LimitUnit)}})
	}
	return c
}

func orWorkingDays(unit string) string {
	if unit == "" {
		return "wd"
	}
	return unit
}

func reclassifyCommand(on On, b *reclassifyBody) Reclassify {
	c := Reclassify{On: on, Category: b.Category, Type: b.Type, Urgency: b.Urgency, Publicity: b.Publicity, Subject: b.Subject, Reason: b.Reason}
	if b.Place != nil {
		c.Place = (*Place)(b.Place)
	}
	return c
}

type partItem struct {
	Number string `json:"number"`
}

func (s *Service) apiSplit(ctx context.Context, in *show.On[splitBodyIn]) (partItem, error) {
	b := in.Body
	part, err := s.Split(ctx, actor.From(ctx), Split{On: On{in.Clean(), b.Version}, Title: b.Title, Body: b.Text, Category: b.Category, Reason: b.Reason})
	return partItem{part}, err
}
