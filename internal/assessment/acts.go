package assessment

import (
	"net/http"
	"strconv"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// do is one act on a request that was found by its number.
type do func(r *http.Request, a actor.Actor, o *request.Order, version int64, v *web.Values) error

// act is the route of one panel. A form that came from a queue and is wrong is
// shown again in that queue.
func (s *Service) act(panel, policy string, f do) web.Route {
	handler := show.Act(s.again, panel, func(r *http.Request, a actor.Actor, number string, version int64, v *web.Values) error {
		o, err := s.find(r, a, number)
		if err != nil {
			return err
		}
		return f(r, a, o, version, v)
	})
	return web.Route{Method: "POST", Path: "/case/{number}/" + panel, Policy: policy, Do: handler}
}

func (s *Service) find(r *http.Request, a actor.Actor, number string) (o *request.Order, err error) {
	err = s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		o, err = request.FindNumber(tx, a, number)
		return err
	})
	return o, err
}

func (s *Service) again(w http.ResponseWriter, r *http.Request, number string, f *show.Failed) error {
	switch next := f.Values.Get("next"); {
	case strings.HasSuffix(next, "/review"):
		return s.showQueue(w, r, reviewQueue, number, f)
	case strings.HasSuffix(next, "/callback"):
		return s.showQueue(w, r, callbackQueue, number, f)
	}
	return s.Case(w, r, number, f)
}

func (s *Service) acts() []web.Route {
	return []web.Route{
		s.act("review_pass", "assessment.review", s.reviewPass),
		s.act("review_fail", "assessment.review", s.reviewFail),
		s.act("callback", "assessment.callback", s.callback),
		s.act("reopen", "assessment.callback", s.reopen),
		s.act("supervise", "assessment.supervise", s.supervise),
		s.act("escalate", "assessment.supervise", s.escalate),
		s.act("release", "assessment.supervise", s.release),
	}
}

func (s *Service) reviewPass(r *http.Request, a actor.Actor, o *request.Order, version int64, v *web.Values) error {
	return s.ReviewPass(r.Context(), a, ReviewPass{o.ID, version, v.Bool("review_pass.checked")})
}

func (s *Service) reviewFail(r *http.Request, a actor.Actor, o *request.Order, version int64, v *web.Values) error {
	c := ReviewFail{o.ID, version, v.Text("review_fail.reason", textMax)}
	if err := v.Err(); err != nil {
		return err
	}
	return s.ReviewFail(r.Context(), a, c)
}

// textMax is the longest text of a form, in characters.
const textMax = 2000

// callback reads the one form of the call-back: how the call went decides what
// is done.
func (s *Service) callback(r *http.Request, a actor.Actor, o *request.Order, version int64, v *web.Values) error {
	outcome, solved, remark := v.String("callback.outcome"), v.String("callback.solved"), v.Text("callback.remark", textMax)
	rating := int64(v.Int("callback.rating"))
	if err := v.Err(); err != nil {
		return err
	}
	switch {
	case outcome != CallAnswered:
		return s.CallbackTry(r.Context(), a, CallbackTry{o.ID, version, outcome, remark})
	case solved == "no":
		return s.Reopen(r.Context(), a, Reopen{o.ID, version, rating, remark})
	}
	return s.CallbackClose(r.Context(), a, CallbackClose{o.ID, version, solved, rating, remark})
}

func (s *Service) reopen(r *http.Request, a actor.Actor, o *request.Order, version int64, v *web.Values) error {
	c := Reopen{ID: o.ID, Version: version, Reason: v.Text("callback.remark", textMax)}
	if err := v.Err(); err != nil {
		return err
	}
	return s.Reopen(r.Context(), a, c)
}

func (s *Service) supervise(r *http.Request, a actor.Actor, o *request.Order, version int64, v *web.Values) error {
	c := Supervise{ID: o.ID, Version: version, Instruction: v.Text("supervise.instruction", textMax), Unit: v.String("supervise.unit"),
		Due: v.Time("supervise.due", s.Catalog.Book().Calendar.Zone)}
	if err := v.Err(); err != nil {
		return err
	}
	return s.Supervise(r.Context(), a, c)
}

func (s *Service) escalate(r *http.Request, a actor.Actor, o *request.Order, version int64, v *web.Values) error {
	c := Escalate{o.ID, version, v.String("escalate.level"), v.Text("escalate.instruction", textMax)}
	if err := v.Err(); err != nil {
		return err
	}
	return s.Escalate(r.Context(), a, c)
}

func (s *Service) release(r *http.Request, a actor.Actor, o *request.Order, version int64, v *web.Values) error {
	c := Release{o.ID, version, v.Text("release.remark", textMax)}
	if err := v.Err(); err != nil {
		return err
	}
	return s.Release(r.Context(), a, c)
}

func hinted(f page.Field, hint string) page.Field {
	f.Hint = hint
	return f
}

func across(f page.Field) page.Field {
	f.Class = "across"
	return f
}

func moment(f page.Field) page.Field {
	f.Type, f.Class = "datetime-local", "w-m"
	return f
}

// keyed gives the options a key each: 1, 2, 3 …
func (x act) keyed(prefix string, codes ...string) []page.Option {
	out := x.options(prefix, codes...)
	for i := range out {
		out[i].Key = strconv.Itoa(i + 1)
	}
	return out
}
