package assessment

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Why a request is closed without asking the resident; the setting
// callback.skip lists those that the city applies, separated by commas: all
// three when unset, and any other word for none.
const (
	SkipNoReply   = "no_reply"   // he wished no answer
	SkipNoContact = "no_contact" // he left no telephone number
	SkipConsult   = "consult"    // he only asked something
)

const skipSetting, skipDefault = "callback.skip", SkipNoReply + "," + SkipNoContact + "," + SkipConsult

// ReviewPass 审核通过: the answer may be put to the resident's judgement. Each
// answer is read by a person: Checked is his word that it answers what was
// asked (济南市12345市民服务热线条例 第二十七条：逐件审核).
type ReviewPass struct {
	ID      matter.ID
	Version int64
	Checked bool
}

type closedBody struct {
	Why   string `json:"why"` // SkipNoReply …, "answered", "unreachable"
	Tries int64  `json:"tries,omitempty"`
}

// ReviewPass is ReviewPassTx in a unit of work of its own.
func (s *Service) ReviewPass(ctx context.Context, a actor.Actor, c ReviewPass) error {
	return update(ctx, s, a, c, s.ReviewPassTx)
}

// ReviewPassTx passes an answer on to the call-back, or closes the request where
// there is nobody to ask.
func (s *Service) ReviewPassTx(tx *sqldb.Tx, a actor.Actor, c ReviewPass) error {
	o, err := load(tx, a, "assessment.review", c.ID, c.Version)
	if err != nil {
		return err
	}
	if err := in(o, request.DeedReviewPassed); err != nil {
		return err
	}
	if !c.Checked {
		f := fault.Fields{}
		f.Add("review_pass.checked", "assessment.check_missing")
		return f.Err()
	}
	if err := o.Record(tx, a, request.Deed{Name: request.DeedReviewPassed}); err != nil {
		return err
	}
	why, err := s.skip(tx, o)
	if err != nil {
		return err
	}
	if why == "" { // he may say it by himself before he is called
		return o.Tell(tx, "callback", map[string]string{"链接": locale.T(locale.ZH, "assessment.track_hint")})
	}
	return closeIt(tx, a, o, closedBody{Why: why})
}

// skip is the reason to close without a call-back, "" when he is to be asked.
func (s *Service) skip(tx *sqldb.Tx, o *request.Order) (string, error) {
	on := strings.Split(cmp.Or(s.Catalog.Book().Settings[skipSetting], skipDefault), ",")
	switch {
	case o.NoReply && slices.Contains(on, SkipNoReply):
		return SkipNoReply, nil
	case o.Type == "consult" && slices.Contains(on, SkipConsult):
		return SkipConsult, nil
	case !slices.Contains(on, SkipNoContact):
		return "", nil
	}
	known, err := request.Contacts(tx, actor.System, o)
	if slices.ContainsFunc(known, func(m request.Masked) bool { return m.Kind == "requester" && m.Phone }) {
		return "", err
	}
	return SkipNoContact, err
}

// closeIt closes a request that nobody was asked about.
func closeIt(tx *sqldb.Tx, a actor.Actor, o *request.Order, body closedBody) error {
	if err := o.Record(tx, a, request.Deed{Name: request.DeedClosed, Body: body}); err != nil {
		return err
	}
	return tellClosed(tx, o)
}

// tellClosed tells whoever follows the request. Where the notice has room for a
// link it names the page: the address is the city's own business.
func tellClosed(tx *sqldb.Tx, o *request.Order) error {
	return o.Tell(tx, "closed", map[string]string{"链接": locale.T(locale.ZH, "assessment.track_hint")})
}

// ReviewFail 审核退回: the answer is not good enough, and the unit goes on. Its
// date does not move: an answer that does not hold buys no time.
type ReviewFail struct {
	ID      matter.ID
	Version int64
	Reason  string
}

type redoBody struct {
	Task string `json:"task"`
	Unit string `json:"unit"`
	Due  int64  `json:"due"`
}

// ReviewFail is ReviewFailTx in a unit of work of its own.
func (s *Service) ReviewFail(ctx context.Context, a actor.Actor, c ReviewFail) error {
	return update(ctx, s, a, c, s.ReviewFailTx)
}

// ReviewFailTx sends an answer back: the lead unit's task is open again.
func (s *Service) ReviewFailTx(tx *sqldb.Tx, a actor.Actor, c ReviewFail) error {
	o, err := load(tx, a, "assessment.review", c.ID, c.Version)
	if err != nil {
		return err
	}
	if err := in(o, request.DeedReviewFailed); err != nil {
		return err
	}
	var f fault.Fields
	sentence(&f, "review_fail.reason", c.Reason, "assessment.reason_missing")
	if err := f.Err(); err != nil {
		return err
	}
	t, err := request.LastLead(tx, o.ID)
	if fault.KindOf(err) == fault.NotFound {
		return fault.New(fault.Conflict, "request.nobody_to_redo", err)
	}
	if err != nil {
		return err
	}
	o.Unit = t.Unit
	err = o.Record(tx, a, request.Deed{Name: request.DeedReviewFailed, Body: redoBody{t.ID, t.Unit, t.DueAt.UnixMicro()},
		Notes: []request.Note{{Kind: "reason", Text: c.Reason}}})
	if err != nil {
		return err
	}
	return request.MoveTask(tx, t.ID, request.TaskWorking)
}
