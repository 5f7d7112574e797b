package intake

import (
	"crypto/rand"
	"net/http"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// reason is one answer to "why": what about, and sentences.
type reason struct {
	Name string   // code, with words intake.why_NAME
	Text []string // the first is what was decided, the others why
}

// whyPage says why a request went where it went, and lets its reporter ask that
// a person looks again (个人信息保护法 第二十四条).
type whyPage struct {
	page.Base
	Number   string
	Back     string
	Own      bool
	Sealed   bool
	Reasons  []reason
	Asked    time.Time // that a person should look, zero not now
	By       time.Time // until when he is answered
	May      bool      // the holder may ask
	Answers  []answered
	Once     string
	Typed    string
	Problems page.Problems
}

// answered is what a person said who looked again.
type answered struct {
	At   time.Time
	Text string
}

func (s *Service) showWhy(w http.ResponseWriter, r *http.Request) error {
	t, err := s.ticketOf(r)
	if err != nil {
		return err
	}
	return s.drawWhy(w, r, t, "", nil)
}

func (s *Service) drawWhy(w http.ResponseWriter, r *http.Request, t ticket, typed string, failed error) error {
	p := whyPage{Base: s.Base(w, r, "intake.why"), Back: t.Path(), Once: rand.Text(), Typed: typed}
	status := http.StatusOK
	if failed != nil {
		p.Problems, status = p.Base.Problems(failed), web.Status(failed)
	}
	if err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error { return s.fillWhy(tx, &p, t) }); err != nil {
		return err
	}
	return page.View{}.Render(w, r, status, whyView(p))
}

// fillWhy reads what the holder of a ticket may know: who follows a request only
// what is published of it.
func (s *Service) fillWhy(tx *sqldb.Tx, p *whyPage, t ticket) error {
	o, err := request.Find(tx, actor.System, t.ID)
	if err != nil {
		return err
	}
	if p.Own = t.Follower == ""; !p.Own {
		row, err := publishedRow(tx, o.Number)
		if err != nil {
			return err
		}
		return s.reasons(tx, p, o, row.Worded)
	}
	if err := s.reasons(tx, p, o, true); err != nil {
		return err
	}
	if p.Asked, err = request.Flagged(tx, o.ID, request.FlagHuman); err != nil {
		return err
	}
	p.By, p.May = s.recheckBy(p.Asked), o.Open && p.Asked.IsZero()
	return nil
}

// showPublicWhy is the short form for everybody.
func (s *Service) showPublicWhy(w http.ResponseWriter, r *http.Request) error {
	p := whyPage{Base: s.Base(w, r, "intake.why")}
	if err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error { return s.fillPublicWhy(tx, &p, r.PathValue("number")) }); err != nil {
		return err
	}
	p.Back = "/public/" + p.Number
	return page.View{}.Render(w, r, http.StatusOK, whyView(p))
}

func (s *Service) fillPublicWhy(tx *sqldb.Tx, p *whyPage, number string) error {
	row, err := publishedRow(tx, number)
	if err != nil {
		return err
	}
	return s.reasons(tx, p, &row.Order, row.Worded)
}
