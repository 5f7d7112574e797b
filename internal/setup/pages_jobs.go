package setup

import (
	"context"
	"net/http"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/job"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// JobsPage shows the background work: what waits, and what failed for good.
type JobsPage struct {
	page.Base
	Can    bool
	Counts []job.Count
	Dead   []job.Letter
}

func (s *Service) jobsPage(w http.ResponseWriter, r *http.Request) error {
	p := JobsPage{Base: s.Base(w, r, "setup.jobs"), Can: actor.Allowed(actor.From(r.Context()), "setup.city")}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if p.Counts, err = job.Counts(tx); err != nil {
			return err
		}
		p.Dead, err = job.Dead(tx)
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, jobsPage(p))
}

func (s *Service) retryJob(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	err = s.Retry(r.Context(), actor.From(r.Context()), v.String("id", 40))
	if err != nil && fault.KindOf(err) != fault.Conflict { // somebody else was faster: it is on its way
		return err
	}
	page.SetFlash(w, r, "good", "setup.retried")
	return web.See(w, r, "/setup/jobs")
}

// Retry has background work that failed for good done again.
func (s *Service) Retry(ctx context.Context, a actor.Actor, id string) error {
	if err := actor.Can(a, "setup.city"); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := job.Retry(tx, id); err != nil {
			return err
		}
		return actor.Deed(tx, a, "setup.retry", id, "")
	})
}
