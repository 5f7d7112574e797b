package intake

import (
	"net/http"
	"strings"
	"time"

	"gongzhi/internal/catalog"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/web"
)

// alarm makes a request urgent whose words speak of danger, whichever door it
// came through, and keeps why.
func (s *Service) alarm(now time.Time, r Report, d *request.Draft) {
	if r.Old {
		return
	}
	f, ok := s.Catalog.Book().Alarm.First(r.Title + "\n" + r.Body)
	if !ok {
		return
	}
	d.Alarm = &request.Alarm{Signal: f.Code, Rev: f.Rev, Name: f.Name, Found: f.Found, Phone: s.urgentPhone(f.Signal), Service: f.Service, Advice: f.Advice, Limit: f.Limit}
	word := "intake.alarm_kept"
	if r.Calm {
		d.Alarm.Ended, d.Alarm.EndedBy = now, request.AtIntake
		word = "intake.alarm_calmed"
	} else if f.Urgency == "urgent" {
		d.Urgency = f.Urgency
		if due := s.Catalog.Book().Calendar.Due(now, f.Limit); f.Limit.N > 0 && due.Before(d.Due) {
			d.Due = due
		}
	}
	d.Notes = append(d.Notes, request.Note{Kind: "remark", Audience: request.Internal, Text: locale.T(locale.ZH, word, f.Name, strings.Join(f.Found, "、"))})
}

// urgentPhone is whom to call first; a signal without a number means the city's
// own line.
func (s *Service) urgentPhone(x catalog.Signal) string {
	return or(x.Phone, s.Catalog.Book().Settings["city.phone"], "12345")
}

// Heed is what a person who writes should know before he sends: whom to call
// first, and what of himself stands in his words.
type heed struct {
	Name    string `json:"name,omitempty"` // of the signal, "" no danger
	Phone   string `json:"phone,omitempty"`
	Call    string `json:"call,omitempty"`
	Service string `json:"service,omitempty"`
	Advice  string `json:"advice,omitempty"`
	tells
}

// heed reads words that are typed or were sent a moment ago, and the place typed
// with them.
func (s *Service) heed(b page.Base, text, address string) heed {
	var h heed
	if f, ok := s.Catalog.Book().Alarm.First(text); ok {
		h = s.danger(b, f.Name, s.urgentPhone(f.Signal), f.Service, f.Advice)
	}
	h.tells = toldOf(b, "intake.heed_tells", passage{"", text}, passage{b.T("intake.where"), address})
	return h
}

func (s *Service) danger(b page.Base, name, phone, service, advice string) heed {
	return heed{Name: name, Phone: phone, Call: b.T("intake.heed_call", phone), Service: service, Advice: advice}
}

// postHeed answers while somebody types. The words come in the body of a POST
// and are kept nowhere.
func (s *Service) postHeed(w http.ResponseWriter, r *http.Request) error {
	if err := limit(r, "intake.heed", heedRate); err != nil {
		return err
	}
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	return web.JSON(w, http.StatusOK, s.heed(s.Base(w, r, "intake.report"), v.Text("what"), v.String("address")))
}

// heedRate lets a whole office block type.
var heedRate = web.Rate{N: 6000, Per: time.Hour}
