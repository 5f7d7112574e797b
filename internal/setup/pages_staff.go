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

func (s *Service) resetPassword(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	who, key := actor.From(r.Context()), r.PathValue("key")
	c, err := s.Reset(r.Context(), who, key, Proof{v.String("reset_reason", 200)})
	switch {
	case fault.KindOf(err) == fault.Invalid:
		return s.showEntry(w, r, http.StatusUnprocessableEntity, key, func(p *EntryPage, now record) {
			p.Typed, p.Seen, p.Problems, p.ResetReason = now, p.Kind.seenText(now), p.Base.Problems(err), v.String("reset_reason")
		})
	case err != nil:
		return err
	}
	return s.showCredentials(w, r, staffKind(), []Credential{c})
}

// endSessions ends one session of an account, or all.
func (s *Service) endSessions(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	login := r.PathValue("key")
	if err := s.EndSessionsOf(r.Context(), actor.From(r.Context()), login, v.String("session", 20)); err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "setup.session_ended")
	return web.See(w, r, "/setup/staff/entry/"+url.PathEscape(login))
}

// EndSessionsOf ends one session of an account, or all.
func (s *Service) EndSessionsOf(ctx context.Context, a actor.Actor, login, visit string) error {
	if err := actor.Can(a, "setup.staff"); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		account, err := staffKind().one(tx, login)
		if err != nil {
			return err
		}
		if visit != "" {
			err = actor.EndSession(tx, account["_id"], visit)
		} else {
			err = actor.EndSessions(tx, account["_id"])
		}
		if err != nil {
			return err
		}
		return actor.Deed(tx, a, "staff.end", account["_id"], "")
	})
}
