package handling

import (
	"bytes"
	"context"
	"io"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/calendar"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// API declares the operations of this feature.
func (s *Service) API(a *api.API) {
	a.Chapter("handling")
	s.listAPI(a)
	s.caseAPI(a)
	actOn(s, a, "accept", "handling.work", func(on on, _ *bareBody) Accept { return Accept{on.id, on.version} }, s.AcceptTx)
	actOn(s, a, "object", "handling.work", func(on on, b *objectIn) Object { return Object{on.id, on.version, b.Reason, b.Unit} }, s.ObjectTx)
	actOn(s, a, "assist", "handling.work", func(on on, b *assistIn) CallAssist { return CallAssist{on.id, on.version, b.helpers(), b.Text} }, s.CallAssistTx)
	actOn(s, a, "assist-accept", "handling.work", func(on on, b *TaskIn) AssistAccept { return AssistAccept{on.id, on.version, b.Task} }, s.AssistAcceptTx)
	actOn(s, a, "assist-object", "handling.work", func(on on, b *taskReasonIn) AssistObject { return AssistObject{on.id, on.version, b.Task, b.Reason} }, s.AssistObjectTx)
	actOn(s, a, "extension", "handling.work", func(on on, b *extensionIn) AskExtension { return AskExtension{on.id, on.version, b.Days, b.Reason} }, s.AskExtensionTx)
	actOn(s, a, "hold", "handling.work", func(on on, b *holdIn) AskHold {
		return AskHold{on.id, on.version, b.Reason, b.Measures, s.closing(b.day(s.zone()))}
	}, s.AskHoldTx)
	actOn(s, a, "termination", "handling.work", func(on on, b *terminationIn) AskTermination {
		return AskTermination{on.id, on.version, b.Ground, b.Reason}
	}, s.AskTerminationTx)
	actOn(s, a, "contact", "handling.work", func(on on, b *contactIn) Contact { return Contact{on.id, on.version, b.Way, b.Outcome, b.at(), b.Text} }, s.ContactTx)
	actOn(s, a, "ask", "handling.work", func(on on, b *askIn) Ask { return Ask{on.id, on.version, b.Question, b.Days} }, s.AskTx)
	actOn(s, a, "resume", "handling.work", func(on on, b *resumeIn) Resume { return Resume{on.id, on.version, b.Text} }, s.ResumeTx)
	ruling := func(on on, b *rulingIn) Ruling { return Ruling{on.id, on.version, b.Grant, b.Reason} }
	actOn(s, a, "rule-extension", "handling.rule_extension", ruling, s.RuleExtensionTx)
	actOn(s, a, "rule-hold", "handling.rule_hold", ruling, s.RuleHoldTx)
	actOn(s, a, "rule-termination", "handling.rule_termination", ruling, s.RuleTerminationTx)
	pictured(s, a, "answer", func(ctx context.Context, on on, b *answerIn) (Answer, error) {
		photos, err := s.keepAll(ctx, map[string][][]byte{"before": b.Before, "after": b.After})
		return Answer{ID: on.id, Version: on.version, Solved: b.Solved, Why: b.Why, Record: b.Record, Text: b.Text, Contacted: b.Contacted, Photos: photos}, err
	}, s.AnswerTx)
	api.Add(a, api.Op{ID: "case-answer-check", Method: "POST", Path: "/cases/{number}/answer-check", Policy: "handling.work", Pages: []string{"POST /case/{number}/answer"}}, s.apiLook)
	pictured(s, a, "note", func(ctx context.Context, on on, b *noteIn) (Note, error) {
		photos, err := s.keepAll(ctx, map[string][][]byte{"evidence": b.Photos})
		return Note{on.id, on.version, b.Text, photos}, err
	}, s.NoteTx)
	pictured(s, a, "assist-answer", func(ctx context.Context, on on, b *assistAnswerIn) (AssistAnswer, error) {
		photos, err := s.keepAll(ctx, map[string][][]byte{"evidence": b.Photos})
		return AssistAnswer{on.id, on.version, b.Task, b.Text, photos}, err
	}, s.AssistAnswerTx)
}

// on is the request of an act as its caller has read it.
type on struct {
	id      matter.ID
	version int64
}

// actOn declares an act on one request whose body becomes a command.
func actOn[B, C any](s *Service, a *api.API, name string, policy actor.Action, command func(on, *B) C, verb func(*sqldb.Tx, actor.Actor, C) error) {
	op := api.Op{ID: "case-" + name, Method: "POST", Path: "/cases/{number}/" + name, Policy: string(policy), Pages: []string{"POST /case/{number}/" + name}, Fields: placesInBody}
	declare(s, a, op, func(_ context.Context, x on, b *B) (C, error) { return command(x, b), nil }, verb)
}

// pictured declares an act that brings photos.
func pictured[B, C any](s *Service, a *api.API, name string, command func(context.Context, on, *B) (C, error), verb func(*sqldb.Tx, actor.Actor, C) error) {
	op := api.Op{ID: "case-" + name, Method: "POST", Path: "/cases/{number}/" + name, Policy: "handling.work", Pages: []string{"POST /case/{number}/" + name}, Body: uploads}
	declare(s, a, op, command, verb)
}

func declare[B, C any](s *Service, a *api.API, op api.Op, command func(context.Context, on, *B) (C, error), verb func(*sqldb.Tx, actor.Actor, C) error) {
	api.Add(a, op, func(ctx context.Context, in *show.On[B]) (out show.Done, err error) {
		who, x := actor.From(ctx), on{version: any(&in.Body).(show.Versioned).At()}
		err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
			o, err := request.FindNumber(tx, who, in.Clean())
			if err == nil {
				x.id = o.ID
			}
			return err
		})
		if err != nil {
			return out, err
		}
		c, err := command(ctx, x, &in.Body)
		if err != nil {
			return out, err
		}
		if err := update(ctx, s, who, c, verb); err != nil {
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
var placesInBody = map[string]string{"assist.unit": "body.units[0].unit", "assist.days": "body.units[0].limit"}

// keepAll makes photos safe and stores them, before any unit of work begins.
func (s *Service) keepAll(ctx context.Context, photos map[string][][]byte) ([]Photo, error) {
	var out []Photo
	for _, kind := range []string{"before", "after", "evidence"} {
		var files []web.File
		for _, data := range photos[kind] {
			files = append(files, web.File{Size: int64(len(data)), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }})
		}
		kept, err := s.keep(ctx, kind, files)
		if err != nil {
			return nil, err
		}
		out = append(out, kept...)
	}
	return out, nil
}

type bareBody struct{ show.Seen }

type objectIn struct {
	show.Seen
	Reason string `json:"reason" minLength:"1" maxLength:"2000"`
	Unit   string `json:"unit,omitempty" maxLength:"100"`
}

type assistIn struct {
	show.Seen
	Units []helperIn `json:"units" minItems:"1" maxItems:"3"`
	Text  string     `json:"text" minLength:"1" maxLength:"2000"`
}

type helperIn struct {
	Unit      string `json:"unit" minLength:"1" maxLength:"100"`
	Limit     int    `json:"limit" minimum:"1" maximum:"99"`
	LimitUnit string `json:"limit_unit,omitempty" enum:"wd,cd,h" default:"wd"`
}

func (b *assistIn) helpers() []Helper {
	var out []Helper
	for _, x := range b.Units {
		unit := x.LimitUnit
		if unit == "" {
			unit = "wd"
		}
		out = append(out, Helper{x.Unit, calendar.Limit{N: x.Limit, Unit: unit}})
	}
	return out
}

type TaskIn struct {
	show.Seen
	Task string `json:"task" minLength:"1" maxLength:"60"`
}

type taskReasonIn struct {
	TaskIn
	Reason string `json:"reason" minLength:"1" maxLength:"2000"`
}

type assistAnswerIn struct {
	TaskIn
	Text   string   `json:"text" minLength:"1" maxLength:"20000"`
	Photos [][]byte `json:"photos,omitempty" maxItems:"6"`
}

type extensionIn struct {
	show.Seen
	Days   int    `json:"days" minimum:"1" maximum:"999"`
	Reason string `json:"reason" minLength:"1" maxLength:"2000"`
}

type holdIn struct {
	show.Seen
	Reason   string `json:"reason" minLength:"1" maxLength:"2000"`
	Measures string `json:"measures" minLength:"1" maxLength:"2000"`
	Until    string `json:"until" format:"date"`
}

func (b *holdIn) day(zone *time.Location) time.Time {
	t, _ := time.ParseInLocation(time.DateOnly, b.Until, zone) // its form has been checked
	return t
}

type terminationIn struct {
	show.Seen
	Ground string `json:"ground" minLength:"1" maxLength:"40"`
	Reason string `json:"reason" minLength:"1" maxLength:"2000"`
}

type contactIn struct {
	show.Seen
	Way     string     `json:"way" enum:"phone,visit,message"`
	Outcome string     `json:"outcome" enum:"reached,no_answer,wrong_number,declined"`
	When    *time.Time `json:"at,omitempty"`
	Text    string     `json:"text,omitempty" maxLength:"2000"`
}

func (b *contactIn) at() time.Time {
	if b.When == nil || b.When.Year() < 1900 || b.When.Year() >= 2200 {
		return time.Time{}
	}
	return *b.When
}

type askIn struct {
	show.Seen
	Question string `json:"question" minLength:"1" maxLength:"500"`
	Days     int    `json:"days,omitempty" minimum:"0" maximum:"99"`
}

type resumeIn struct {
	show.Seen
	Text string `json:"text,omitempty" maxLength:"2000"`
}

type rulingIn struct {
	show.Seen
	Grant  bool   `json:"grant"`
	Reason string `json:"reason,omitempty" maxLength:"2000"`
}

type answerIn struct {
	show.Seen
	Solved    string   `json:"solved" enum:"yes,partly,no"`
	Why       string   `json:"why,omitempty" maxLength:"2000"`
	Record    string   `json:"record" minLength:"1" maxLength:"20000"`
	Text      string   `json:"text" minLength:"1" maxLength:"2000"`
	Contacted bool     `json:"contacted"`
	Before    [][]byte `json:"before,omitempty" maxItems:"6"`
	After     [][]byte `json:"after,omitempty" maxItems:"6"`
}

type noteIn struct {
	show.Seen
	Text   string   `json:"text" minLength:"1" maxLength:"20000"`
	Photos [][]byte `json:"photos,omitempty" maxItems:"6"`
}
