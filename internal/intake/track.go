package intake

import (
	"net/http"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// trackPage is the look-up by number and code.
type trackPage struct {
	page.Base
	Number, Code string // as typed
	Problems     page.Problems
	Order        *request.Order // what the number alone tells: its state
}

// Kind and Word are the state as a shape and a word.
func (p trackPage) Kind() string {
	kind, _ := show.State(p.Base, p.Order)
	return kind
}

// Word is the state's name.
func (p trackPage) Word() string {
	_, word := show.State(p.Base, p.Order)
	return word
}

func (s *Service) showTrack(w http.ResponseWriter, r *http.Request) error {
	return s.drawTrack(w, r, http.StatusOK, trackPage{})
}

func (s *Service) drawTrack(w http.ResponseWriter, r *http.Request, status int, p trackPage) error {
	p.Base = s.Base(w, r, "intake.track")
	return page.View{}.Render(w, r, status, track(p))
}

// postTrack leads to the receipt when number and code fit. The number alone
// tells the state and nothing else.
func (s *Service) postTrack(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	p := trackPage{Number: v.String("number", 60), Code: v.String("code", 60)}
	var t ticket
	switch {
	case id.CleanNumber(p.Number) == "":
		err = fault.Fields{{Name: "number", Key: "intake.number_wrong"}}
	case p.Code == "":
		if p.Order, err = s.state(r, id.CleanNumber(p.Number)); err == nil {
			return s.drawTrack(w, r, http.StatusOK, p)
		}
	default:
		if t, err = s.open(r, p.Number, p.Code); err == nil {
			return web.See(w, r, t.Path())
		}
	}
	switch fault.KindOf(err) {
	case fault.Invalid, fault.NotFound, fault.TooMany:
		p.Problems = s.Base(w, r, "intake.track").Problems(err)
		return s.drawTrack(w, r, web.Status(err), p)
	}
	return err
}

// state is a request of which only the state may be shown.
func (s *Service) state(r *http.Request, number string) (o *request.Order, err error) {
	if err := web.LimitAddress(r, "intake.state", web.Rate{N: 5, Per: time.Minute}); err != nil {
		return nil, err
	}
	err = s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		o, err = request.FindNumber(tx, actor.System, number)
		return err
	})
	if fault.KindOf(err) == fault.NotFound {
		return nil, fault.New(fault.NotFound, "intake.no_number", nil)
	}
	return o, err
}
