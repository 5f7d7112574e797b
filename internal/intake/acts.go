package intake

import (
	"net/http"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/web"
)

// act is one form of a receipt's page: it does the deed and comes back. What is
// wrong is shown on the page with everything typed still there.
func (s *Service) act(form string, own bool, do func(r *http.Request, a actor.Actor, t ticket, v *web.Values) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		t, err := s.ticketOf(r)
		if err != nil {
			return err
		}
		v, err := web.Form(r)
		if err != nil {
			return err
		}
		if own && t.Follower != "" {
			return fault.New(fault.Denied, "intake.only_reporter", nil)
		}
		// A member of staff who opens a receipt acts as whoever holds it.
		if err := do(r, actor.Actor{}, t, v); err != nil {
			switch fault.KindOf(err) {
			case fault.Invalid, fault.Conflict, fault.TooMany:
				return s.drawReceipt(w, r, t, web.Status(err), form, v.All(), err)
			}
			return err
		}
		page.SetFlash(w, r, "", "intake.done_"+form)
		return web.See(w, r, t.Path())
	}
}

func (s *Service) postSupplement(r *http.Request, a actor.Actor, t ticket, v *web.Values) error {
	c := Supplement{ID: t.ID, Text: v.Text("supplement.text", MaxBody)}
	photos, err := s.keepPhotos(r.Context(), v, "supplement.photos", 0)
	if err != nil {
		return err
	}
	if err := v.Err(); err != nil {
		return unprefixed(err, "supplement.")
	}
	c.Photos = photos
	return s.Supplement(r.Context(), a, c)
}

// unprefixed takes the form's name off the fields again: the page puts it back.
func unprefixed(err error, prefix string) error {
	fields := fault.FieldsOf(err)
	for i, f := range fields {
		if len(f.Name) > len(prefix) && f.Name[:len(prefix)] == prefix {
			fields[i].Name = f.Name[len(prefix):]
		}
	}
	return fields.Err()
}

func (s *Service) postUrge(r *http.Request, a actor.Actor, t ticket, _ *web.Values) error {
	return s.Urge(r.Context(), a, t.ID)
}

func (s *Service) postWithdraw(r *http.Request, a actor.Actor, t ticket, v *web.Values) error {
	return s.Withdraw(r.Context(), a, t.ID, v.String("withdraw.reason", 200))
}

func (s *Service) postRate(r *http.Request, a actor.Actor, t ticket, v *web.Values) error {
	c := Rating{ID: t.ID, Solved: v.String("rate.solved"), Stars: int64(v.Int("rate.stars")), Text: v.Text("rate.text", MaxBody)}
	return s.Rate(r.Context(), a, c)
}

// postUnfollow forgets a follower; his ticket opens nothing afterwards.
func (s *Service) postUnfollow(w http.ResponseWriter, r *http.Request) error {
	t, err := s.ticketOf(r)
	if err != nil {
		return err
	}
	if t.Follower == "" {
		return fault.New(fault.Denied, "intake.only_reporter", nil)
	}
	if err := s.Unfollow(r.Context(), t); err != nil {
		return err
	}
	page.SetFlash(w, r, "", "intake.done_unfollow")
	return web.See(w, r, "/nearby")
}
