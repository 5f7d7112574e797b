package outbox

import (
	"net/http"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/notice"
	"gongzhi/internal/page"
	"gongzhi/internal/sms"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// mostReply is the longest answer, in characters, that the demonstration sends.
const mostReply = 300

// postReplyAs plays, in the demonstration only, the resident who answers an SMS: it
// goes the way that a gateway's message goes.
func (s *Service) postReplyAs(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	words := v.Required("words", mostReply)
	if err := v.Err(); err != nil {
		return s.drawMessage(w, r, web.Status(err), "", err)
	}
	if err := actor.Can(actor.From(r.Context()), "notice.resend"); err != nil {
		return err
	}
	var phone, ref string
	err = s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		m, err := notice.Get(tx, r.PathValue("id"))
		if err != nil {
			return err
		}
		who, err := s.Office.People.Whom(tx, m)
		if err != nil {
			return err
		}
		if phone, ref = who.Phone, id.New(tx.Now); phone == "" {
			return fault.Fields{{Name: "words", Key: "outbox.reply_nobody"}}
		}
		return nil
	})
	if fault.KindOf(err) == fault.Invalid {
		return s.drawMessage(w, r, web.Status(err), "", err)
	}
	if err != nil {
		return err
	}
	if err := s.Inbound(r.Context(), RehearsalVia, []sms.Text{{ID: ref, Phone: phone, Words: strings.TrimSpace(words)}}); err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "outbox.reply_done")
	return web.See(w, r, "/outbox/"+r.PathValue("id"))
}
