package setup

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/job"
	"gongzhi/internal/notice"
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

// OutboxPage shows the newest notices and what became of them.
type OutboxPage struct {
	page.Base
	Letters []Letter
	Paging  page.PageLinks
}

// Letter is one notice as the page shows it.
type Letter struct {
	Number, When, Machine, To, Body, State, Kind string
	Sealed                                       bool
}

func (s *Service) outbox(w http.ResponseWriter, r *http.Request) error {
	q, err := web.Query(r)
	if err != nil {
		return err
	}
	p := OutboxPage{Base: s.Base(w, r, "setup.outbox")}
	err = s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		before := tx.Now.Add(time.Second)
		if n := q.Int("before"); n > 0 {
			before = sqldb.FromMicros(int64(n))
			p.Paging.Prev = p.With("before", "")
		}
		list, err := notice.Newest(tx, before, onPage)
		if err != nil {
			return err
		}
		if len(list) == onPage {
			p.Paging.Next = p.With("before", number(list[onPage-1].At.UnixMicro()))
		}
		return p.fill(tx, list)
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, outboxPage(p))
}

// queryCode is what opens a request to who holds it: the office does not need
// it to see that a notice went out.
var queryCode = regexp.MustCompile(`[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}`)

func (p *OutboxPage) fill(tx *sqldb.Tx, list []notice.Message) error {
	to, err := masked(tx, list)
	if err != nil {
		return err
	}
	for _, m := range list {
		l := Letter{Number: id.ShowNumber(m.Number), When: p.DateTime(m.At), Machine: m.At.Format(time.RFC3339), To: to[m.Contact].text,
			Body: queryCode.ReplaceAllString(m.Body, "****-****-****"), State: p.T("setup.notice_" + m.State), Kind: noticeKinds[m.State], Sealed: to[m.Contact].sealed}
		if l.Sealed { // a report: neither who made it nor what it says leaves its own page
			l.To, l.Body = "", ""
		}
		p.Letters = append(p.Letters, l)
	}
	return nil
}

var noticeKinds = map[string]string{notice.Kept: "wait", notice.Queued: "new", notice.Delivered: "done", notice.Failed: "late"}

// recipient is a contact as lists may show it.
type recipient struct {
	text   string
	sealed bool
}

func masked(tx *sqldb.Tx, list []notice.Message) (map[string]recipient, error) {
	contacts := make([]string, len(list))
	for i, m := range list {
		contacts[i] = m.Contact
	}
	marks, args := sqldb.In(1, contacts)
	rows, err := tx.Query(`select c.id, c.masked, m.sealed from request_contact c join matter m on m.id = c.matter_id where c.id in (`+marks+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("contacts of notices: %w", err)
	}
	defer rows.Close()
	out := map[string]recipient{}
	for rows.Next() {
		var key string
		var x recipient
		if err := rows.Scan(&key, &x.text, &x.sealed); err != nil {
			return nil, err
		}
		out[key] = x
	}
	return out, rows.Err()
}
