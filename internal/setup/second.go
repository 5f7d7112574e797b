package setup

import (
	"context"
	"net/http"
	"net/url"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// DropSecond takes the second factor of an account away, for a person who has
// lost both the phone and the recovery codes. All sessions of the account end.
func (s *Service) DropSecond(ctx context.Context, a actor.Actor, login string, why Proof) error {
	if err := actor.Can(a, "setup.staff"); err != nil {
		return err
	}
	if err := why.check(a, s.DB.Now(), "second_reason"); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		r, err := staffKind().one(tx, login)
		if err != nil {
			return err
		}
		if r["_id"] == a.ID {
			return fault.New(fault.Denied, "setup.own_second", nil)
		}
		if err := actor.DropSecond(tx, r["_id"]); err != nil {
			return err
		}
		if err := actor.EndSessions(tx, r["_id"]); err != nil {
			return err
		}
		if err := why.keep(tx, a, r["_id"]); err != nil {
			return err
		}
		return actor.Deed(tx, a, "staff.second", r["_id"], "")
	})
}

func (s *Service) dropSecond(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	key := r.PathValue("key")
	err = s.DropSecond(r.Context(), actor.From(r.Context()), key, Proof{v.String("second_reason", 200)})
	switch {
	case fault.KindOf(err) == fault.Invalid:
		return s.showEntry(w, r, http.StatusUnprocessableEntity, key, func(p *EntryPage, now record) {
			p.Typed, p.Seen, p.Problems = now, p.Kind.seenText(now), p.Base.Problems(err)
		})
	case err != nil:
		return err
	}
	page.SetFlash(w, r, "good", "setup.second_dropped")
	return web.See(w, r, "/setup/staff/entry/"+url.PathEscape(key))
}
