package exclusion

import (
	"net/http"

	"gongzhi/internal/actor"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// uploads is the largest form with pictures.
const uploads = 64 << 20

// Routes lists this procedure's ways in.
func (s *Service) Routes() []web.Route {
	return []web.Route{
		s.act("exclusion", "assessment.exclusion_ask", s.postAsk),
		s.act("exclusion_appeal", "assessment.exclusion_ask", s.postAppeal),
		s.act("exclusion_rule", "assessment.exclusion_rule", s.postRule),
		{Method: "GET", Path: "/exclusions", Policy: "assessment.exclusion_look", Do: s.showList},
		{Method: "GET", Path: "/exclusions/figures", Policy: "public", Do: s.showFigures},
	}
}

type do func(r *http.Request, a actor.Actor, id matter.ID, version int64, v *web.Values) error

func (s *Service) act(panel, policy string, f do) web.Route {
	handler := show.Act(func(w http.ResponseWriter, r *http.Request, number string, failed *show.Failed) error {
		return s.Case(w, r, number, failed)
	},
		panel, func(r *http.Request, a actor.Actor, number string, version int64, v *web.Values) error {
			var o *request.Order
			err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
				o, err = request.FindNumber(tx, a, number)
				return err
			})
			if err != nil {
				return err
			}
			return f(r, a, o.ID, version, v)
		})
	return web.Route{Method: "POST", Path: "/case/{number}/" + panel, Policy: policy, Do: handler, Body: uploads}
}

func (s *Service) postAsk(r *http.Request, a actor.Actor, id matter.ID, version int64, v *web.Values) error {
	c := Ask{ID: id, Version: version, Ground: v.String("exclusion.ground"), Reason: v.Text("exclusion.reason", textMax)}
	files := v.Files("exclusion.proof", mostProof)
	if err := v.Err(); err != nil {
		return err
	}
	var err error
	if c.Proof, err = s.keep(r.Context(), files); err != nil {
		return err
	}
	return s.DB.Update(r.Context(), func(tx *sqldb.Tx) error { return s.AskTx(tx, a, c) })
}

// textMax is the longest text of a form, in characters.
const textMax = 2000

func (s *Service) postAppeal(r *http.Request, a actor.Actor, id matter.ID, version int64, v *web.Values) error {
	c := Appeal{id, version, v.String("exclusion"), v.Text("exclusion_appeal.reason", textMax)}
	if err := v.Err(); err != nil {
		return err
	}
	return s.DB.Update(r.Context(), func(tx *sqldb.Tx) error { return s.AppealTx(tx, a, c) })
}

func (s *Service) postRule(r *http.Request, a actor.Actor, id matter.ID, version int64, v *web.Values) error {
	c := Rule{id, version, v.String("exclusion"), v.Bool("grant"), v.Text("exclusion_rule.reason", textMax)}
	if err := v.Err(); err != nil {
		return err
	}
	return s.DB.Update(r.Context(), func(tx *sqldb.Tx) error { return s.RuleTx(tx, a, c) })
}
