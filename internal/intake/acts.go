package intake

import (
	"fmt"
	"net/http"
	"slices"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/matter"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// deed is what a form of a receipt's page does, inside one unit of work.
type deed func(tx *sqldb.Tx) error

// act is one form of a receipt's page: it does the deed and comes back. What is
// wrong is shown on the page with everything typed still there. The same form
// sent twice is one act.
func (s *Service) act(form string, read func(r *http.Request, t ticket, v *web.Values) (deed, error)) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		t, err := s.ticketOf(r)
		if err != nil {
			return err
		}
		v, err := web.Form(r)
		if err != nil {
			return err
		}
		do, err := read(r, t, v)
		if err == nil {
			err = s.DB.Update(r.Context(), func(tx *sqldb.Tx) error { return once(tx, t.ID, v.String("once", 60), do) })
		}
		if err != nil {
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

// once does a deed unless this very form has done it before.
func once(tx *sqldb.Tx, m matter.ID, form string, do deed) error {
	if err := tx.Lock(string(m)); err != nil {
		return err
	}
	if form != "" {
		n, err := tx.ExecN(`insert into intake_act(matter_id, once, at) values ($1, $2, $3) on conflict do nothing`, m, form, tx.Now.UnixMicro())
		if err != nil {
			return fmt.Errorf("note act: %w", err)
		}
		if n == 0 {
			return nil
		}
	}
	return do(tx)
}

// own lets only who reported it do a deed.
func own(t ticket) error {
	if t.Follower != "" {
		return fault.New(fault.Denied, "intake.only_reporter", nil)
	}
	return nil
}

// A member of staff who opens a receipt acts as whoever holds it.
var holder = actor.Actor{}

func (s *Service) postSupplement(r *http.Request, t ticket, v *web.Values) (deed, error) {
	c := Supplement{ID: t.ID, Text: v.Text("supplement.text", MaxBody), Follower: t.Follower != ""}
	photos, err := s.keepPhotos(r.Context(), v, "supplement.photos", 0)
	if err != nil {
		return nil, err
	}
	if err := v.Err(); err != nil {
		return nil, unprefixed(err, "supplement.")
	}
	c.Photos = photos
	return func(tx *sqldb.Tx) error { return s.SupplementTx(tx, holder, c) }, nil
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

func (s *Service) postUrge(_ *http.Request, t ticket, _ *web.Values) (deed, error) {
	return func(tx *sqldb.Tx) error { return s.UrgeTx(tx, holder, t.ID) }, own(t)
}

// Whys are the usual reasons to withdraw.
var Whys = []string{"solved", "mistake", "double", "other"}

func (s *Service) postWithdraw(_ *http.Request, t ticket, v *web.Values) (deed, error) {
	why, words := v.String("withdraw.why", 20), v.String("withdraw.reason", 200)
	if !slices.Contains(Whys, why) {
		return nil, fault.Fields{{Name: "why", Key: "intake.withdraw_why_missing"}}
	}
	reason := locale.T(locale.ZH, "intake.withdraw_why_"+why) // texts are kept in the city's language
	if words != "" {
		reason += "：" + words
	}
	return func(tx *sqldb.Tx) error { return s.WithdrawTx(tx, holder, t.ID, reason) }, own(t)
}

func (s *Service) postRate(_ *http.Request, t ticket, v *web.Values) (deed, error) {
	c := Rating{ID: t.ID, Solved: v.String("rate.solved"), Stars: int64(v.Int("rate.stars")), Text: v.Text("rate.text", MaxBody)}
	return func(tx *sqldb.Tx) error { return s.RateTx(tx, holder, c) }, own(t)
}

func (s *Service) postUnsolved(_ *http.Request, t ticket, v *web.Values) (deed, error) {
	text := v.Text("unsolved.text", MaxBody)
	return func(tx *sqldb.Tx) error { return s.UnsolvedTx(tx, holder, t.ID, text) }, own(t)
}

func (s *Service) postHears(_ *http.Request, t ticket, v *web.Values) (deed, error) {
	if t.Follower == "" {
		return nil, fault.New(fault.Denied, "intake.only_reporter", nil)
	}
	return func(tx *sqldb.Tx) error { return s.Hear(tx, t, v.String("hears", 20)) }, nil
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
