package outbox

import (
	"net/http"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/notice"
	"gongzhi/internal/page"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// messagePage is one message with all that became of it.
type messagePage struct {
	page.Base
	M        row
	Steps    []notice.Step
	People   map[string]string // names of staff in the steps
	Typed    string
	Problems page.Problems
	May      bool // send it again
	Cases    bool
	Demo     bool
	Replies  bool // the demonstration can answer it as the resident would
}

func (s *Service) showMessage(w http.ResponseWriter, r *http.Request) error {
	return s.drawMessage(w, r, http.StatusOK, "", nil)
}

func (s *Service) drawMessage(w http.ResponseWriter, r *http.Request, status int, typed string, failed error) error {
	a := actor.From(r.Context())
	p := &messagePage{Base: s.Base(w, r, "outbox.message"), Typed: typed, Demo: s.Demo, Cases: actor.Allowed(a, "request.show")}
	if failed != nil {
		p.Problems = p.Base.Problems(failed)
	}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		m, err := notice.Get(tx, r.PathValue("id"))
		if err != nil {
			return err
		}
		one, err := rows(tx, []notice.Message{m})
		if err != nil {
			return err
		}
		p.M = one[0]
		if p.Steps, err = notice.Steps(tx, m.ID); err != nil {
			return err
		}
		var who []string
		for _, st := range p.Steps {
			who = append(who, st.Actor)
		}
		p.People, err = actor.Names(tx, who)
		return err
	})
	if err != nil {
		return err
	}
	p.May = actor.Allowed(a, "notice.resend") && p.M.State != notice.Queued
	p.Replies = s.Demo && p.M.Channel == notice.SMS && !p.M.Sealed && actor.Allowed(a, "notice.resend")
	return page.View{}.Render(w, r, status, messageView(p))
}

// facts are what is known about the message.
func (p *messagePage) facts() []page.Pair {
	m := p.M
	out := []page.Pair{{Term: p.T("outbox.kind"), Text: show.NoticeKind(p.Base, m.Template)}, {Term: p.T("outbox.channel"), Text: show.NoticeChannel(p.Base, m.Channel)}}
	add := func(key, text string) {
		if text != "" {
			out = append(out, page.Pair{Term: p.T(key), Text: text})
		}
	}
	add("outbox.to", m.To)
	add("outbox.queued_at", p.DateTime(m.At))
	if !m.Sent.IsZero() {
		add("outbox.accepted_at", p.DateTime(m.Sent))
	}
	add("outbox.via", m.Via)
	add("outbox.ref", m.Ref)
	if m.Channel == notice.SMS && !m.Sealed {
		n, parts := notice.Segments(m.Words())
		add("outbox.size", p.T("outbox.size_text", n, parts))
	}
	return out
}

// ledger is the message's history, the newest line first.
func (p *messagePage) ledger() []page.Entry {
	var out []page.Entry
	for i := len(p.Steps) - 1; i >= 0; i-- {
		st := p.Steps[i]
		e := page.Entry{At: p.Stamp(st.At), Machine: machine(st.At), Title: p.T("notice.state_" + st.State), Text: show.Reason(p.Base, st.Reason), Who: p.People[st.Actor]}
		switch st.State {
		case "again":
			e.Text = st.Reason
		case "trying":
			e.Text = show.NoticeChannel(p.Base, st.Channel)
		case notice.Delivered:
			e.Kind = "key"
		case notice.Failed:
			e.Kind, e.Text = "bad", show.NoticeChannel(p.Base, st.Channel)+p.T("request.colon")+e.Text
		}
		out = append(out, e)
	}
	return append(out, page.Entry{At: p.Stamp(p.M.At), Machine: machine(p.M.At), Title: p.T("notice.state_queued")})
}

// postAgain sends a message once more.
func (s *Service) postAgain(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	reason := v.String("reason", 200)
	if err = v.Err(); err == nil {
		err = s.Office.Resend(r.Context(), actor.From(r.Context()), notice.Again{ID: r.PathValue("id"), Reason: reason})
	}
	switch fault.KindOf(err) {
	case "":
		page.SetFlash(w, r, "good", "outbox.again_done")
		return web.See(w, r, "/outbox/"+r.PathValue("id"))
	case fault.Invalid, fault.Conflict:
		return s.drawMessage(w, r, web.Status(err), reason, err)
	}
	return err
}
