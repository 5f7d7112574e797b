package intake

import (
	"net/http"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/matter"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// mostAsked is the longest reason for asking, in characters.
const mostAsked = 300

// recheckRate is how often one address may ask.
var recheckRate = web.Rate{N: 20, Per: time.Hour}

// RecheckTx asks that a person looks at where the request went. One question is
// open at a time.
func (s *Service) RecheckTx(tx *sqldb.Tx, a actor.Actor, m matter.ID, why string) error {
	var wrong fault.Fields
	long(&wrong, "text", why, mostAsked)
	if err := wrong.Err(); err != nil {
		return err
	}
	o, err := request.Load(tx, actor.System, m, 0)
	if err != nil {
		return err
	}
	if !o.Open {
		return fault.New(fault.Conflict, "intake.recheck_over", nil)
	}
	asked, err := request.Flagged(tx, m, request.FlagHuman)
	if err != nil {
		return err
	}
	if !asked.IsZero() {
		return fault.New(fault.Conflict, "intake.recheck_open", nil)
	}
	text := locale.T(locale.ZH, "intake.recheck_note") // texts are kept in the city's language
	if why = strings.TrimSpace(why); why != "" {
		text = locale.T(locale.ZH, "intake.recheck_note_why", why)
	}
	err = o.Record(tx, a, request.Deed{Name: request.DeedSupplemented, Notes: []request.Note{{Kind: "supplement", Audience: request.Resident, Text: text}}})
	if err != nil {
		return err
	}
	return request.Flag(tx, m, request.FlagHuman, a.HistoryID())
}

func (s *Service) postWhy(w http.ResponseWriter, r *http.Request) error {
	t, err := s.ticketOf(r)
	if err != nil {
		return err
	}
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	if err = own(t); err == nil {
		err = limit(r, "intake.recheck", recheckRate)
	}
	typed := v.Raw("text")
	if err == nil {
		err = s.DB.Update(r.Context(), func(tx *sqldb.Tx) error {
			return once(tx, t.ID, v.String("once", 60), func(tx *sqldb.Tx) error { return s.RecheckTx(tx, holder, t.ID, typed) })
		})
	}
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Conflict, fault.TooMany:
		return s.drawWhy(w, r, t, typed, err)
	case "":
		page.SetFlash(w, r, "", "intake.done_recheck")
		return web.See(w, r, t.Path()+"/why")
	}
	return err
}

// recheckBy is when who asked at a time has his answer.
func (s *Service) recheckBy(asked time.Time) time.Time {
	book := s.Catalog.Book()
	return book.Calendar.Due(asked, calendar.Limit{N: book.Settings.Int("recheck.days", 1), Unit: "wd"})
}
