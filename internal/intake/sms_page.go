package intake

import (
	"net/http"
	"net/url"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/export"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// smsRoutes are the pages on which agents look after SMS.
func (s *Service) smsRoutes() []web.Route {
	const agents = "intake.desk"
	return []web.Route{
		{Method: "GET", Path: "/sms", Policy: agents, Do: s.showSMSList},
		{Method: "GET", Path: "/sms/{sms}", Policy: agents, Do: s.showSMS},
		{Method: "POST", Path: "/sms/{sms}/case", Policy: agents, Do: s.postSMSCase},
		{Method: "POST", Path: "/sms/{sms}/add", Policy: agents, Do: s.postSMSAdd},
		{Method: "POST", Path: "/sms/{sms}/drop", Policy: agents, Do: s.postSMSDrop},
	}
}

const smsOnPage = 50

// smsListPage is the SMS of one tab.
type smsListPage struct {
	page.Base
	Tab   string
	Wait  int64
	List  []SMS
	Links page.PageLinks
}

func smsTab(q string) string {
	if q == SMSRest {
		return SMSRest
	}
	return SMSWait
}

func (s *Service) showSMSList(w http.ResponseWriter, r *http.Request) error {
	q, err := web.Query(r)
	if err != nil {
		return err
	}
	p := smsListPage{Base: s.Base(w, r, "intake.sms"), Tab: smsTab(q.String("tab", 10))}
	before := q.String("before", 40)
	err = s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if p.Wait, err = smsCount(tx, SMSWait); err != nil {
			return err
		}
		p.List, err = s.SMSList(tx, p.Tab, before, smsOnPage+1)
		return err
	})
	if err != nil {
		return err
	}
	if len(p.List) > smsOnPage {
		p.List = p.List[:smsOnPage]
		p.Links.Next = p.With("before", p.List[smsOnPage-1].ID)
	}
	if before != "" {
		p.Links.Prev = p.With("before", "")
	}
	return page.View{}.Render(w, r, http.StatusOK, smsListView(p))
}

func (p smsListPage) segments() (out []page.Segment) {
	for _, t := range []string{SMSWait, SMSRest} {
		x := page.Segment{Label: p.T("intake.sms_tab_" + t), Path: p.URL("/sms?tab=" + t), Count: -1, Current: t == p.Tab}
		if t == SMSWait {
			x.Count = int(p.Wait)
		}
		out = append(out, x)
	}
	return out
}

// became is the shape and word of what became of an SMS.
func (x SMS) became(b page.Base) (kind, word string) {
	kinds := map[string]string{SMSDone: "done", SMSAsked: "wait", SMSRefused: "wait", SMSCase: "done", SMSUnread: "due", SMSAdded: "done", SMSDropped: "info"}
	kind = kinds[x.State]
	if x.Attention {
		kind = "due"
	}
	if x.State == SMSDone {
		return kind, b.T("intake.sms_deed_" + x.Deed)
	}
	return kind, b.T("intake.sms_state_" + x.State)
}

// why says what stood in the way.
func (x SMS) why(b page.Base) string {
	if x.Why != "" && locale.Has(b.Lang, x.Why) {
		return b.T(x.Why)
	}
	if x.State == SMSUnread && x.Deed != "add" {
		return b.T("intake.sms_nothing_" + x.Deed)
	}
	return ""
}

// said is what a page shows of the words.
func (x SMS) said(b page.Base) string {
	switch {
	case x.Hidden:
		return b.T("intake.sms_hidden")
	case x.words == "":
		return b.T("intake.sms_gone")
	}
	return x.Words
}

// smsPage is one SMS and what can be done about it.
type smsPage struct {
	page.Base
	X        SMS
	Theirs   []*request.Order // requests of the same number
	Act      string           // that failed
	Typed    map[string]string
	Problems page.Problems
}

func (s *Service) showSMS(w http.ResponseWriter, r *http.Request) error {
	return s.drawSMS(w, r, http.StatusOK, smsPage{})
}

func (s *Service) drawSMS(w http.ResponseWriter, r *http.Request, status int, p smsPage) error {
	a := actor.From(r.Context())
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if p.X, err = s.findSMS(tx, r.PathValue("sms")); err != nil || !p.X.Attention || p.X.phone == "" {
			return err
		}
		phone, err := s.Vault.Open(p.X.phone, smsRow(p.X.ID, "phone"))
		if err != nil || phone == "" {
			return err
		}
		p.Theirs, err = request.ByPhone(tx, s.Vault, a, phone, 5)
		return err
	})
	if err != nil {
		return err
	}
	p.Base = s.Base(w, r, "intake.sms_one")
	p.Path = "/sms/" + p.X.ID
	return page.View{}.Render(w, r, status, smsView(p))
}

func (p smsPage) value(name, otherwise string) string {
	if v, typed := p.Typed[name]; typed {
		return v
	}
	return otherwise
}

func (p smsPage) facts() []page.Pair {
	out := []page.Pair{{Term: p.T("intake.sms_from"), Text: p.X.Masked}, {Term: p.T("intake.sms_at"), Text: p.DateTime(p.X.At)}}
	if p.X.Deliveries > 1 {
		out = append(out, page.Pair{Term: p.T("intake.sms_deliveries"), Text: p.T("intake.sms_times", locale.Count(int(p.X.Deliveries)))})
	}
	if p.X.By != "" {
		out = append(out, page.Pair{Term: p.T("intake.sms_by"), Text: p.X.By + " " + p.DateTime(p.X.Settled)})
	}
	if p.X.Note != "" {
		out = append(out, page.Pair{Term: p.T("intake.sms_note"), Text: p.X.Note})
	}
	return out
}

// smsAct does one act of the page; what is wrong comes back with what was typed.
func (s *Service) smsAct(w http.ResponseWriter, r *http.Request, act string, do func(a actor.Actor, v *web.Values) (to string, err error)) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	to, err := do(actor.From(r.Context()), v)
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Conflict:
		p := smsPage{Act: act, Typed: map[string]string{}, Problems: s.Base(w, r, "intake.sms_one").Problems(err)}
		for _, name := range []string{"case.text", "add.number", "add.text", "drop.note"} {
			if v.Has(name) {
				p.Typed[name] = v.Raw(name)
			}
		}
		return s.drawSMS(w, r, web.Status(err), p)
	}
	if err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "intake.sms_done_"+act)
	return web.See(w, r, to)
}

func (s *Service) postSMSCase(w http.ResponseWriter, r *http.Request) error {
	return s.smsAct(w, r, "case", func(a actor.Actor, v *web.Values) (string, error) {
		number, err := s.SMSToCase(r.Context(), a, r.PathValue("sms"), plainLines(v.Raw("case.text")))
		return "/case/" + number, err
	})
}

func (s *Service) postSMSAdd(w http.ResponseWriter, r *http.Request) error {
	return s.smsAct(w, r, "add", func(a actor.Actor, v *web.Values) (string, error) {
		return "/sms", s.SMSToRequest(r.Context(), a, r.PathValue("sms"), v.Raw("add.number"), plainLines(v.Raw("add.text")))
	})
}

func (s *Service) postSMSDrop(w http.ResponseWriter, r *http.Request) error {
	return s.smsAct(w, r, "drop", func(a actor.Actor, v *web.Values) (string, error) {
		return "/sms", s.DropSMS(r.Context(), a, r.PathValue("sms"), firstRunes(v.Raw("drop.note"), 200))
	})
}

func plainLines(s string) string { return firstRunes(strings.ReplaceAll(s, "\r\n", "\n"), MaxBody+1) }

// exportSMS is one tab as a table, senders masked as on the page.
func (s *Service) exportSMS(tx *sqldb.Tx, b page.Base, _ actor.Actor, q url.Values) (export.Table, error) {
	tab := smsTab(q.Get("tab"))
	n, err := smsCount(tx, tab)
	next := func(before string) (list []SMS, last string, err error) {
		if list, err = s.SMSList(tx, tab, before, smsLot); len(list) == smsLot {
			last = list[smsLot-1].ID
		}
		return list, last, err
	}
	columns := export.Columns("at", "from", "words", "state", "notice_why", "number", "deliveries", "who", "ended", "detail")
	return export.Lots(columns, b.T("intake.sms_tab_"+tab), n, next, func(x SMS) []any {
		_, word := x.became(b)
		return []any{export.When(b, x.At), x.Masked, x.said(b), word, x.why(b), x.Number, x.Deliveries, x.By, export.When(b, x.Settled), x.Note}
	}), err
}

const smsLot = 200
