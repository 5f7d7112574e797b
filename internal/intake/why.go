package intake

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/advice"
	"gongzhi/internal/api"
	"gongzhi/internal/calendar"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/matter"
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

// recheckBy is when who asked at a time has his answer.
func (s *Service) recheckBy(asked time.Time) time.Time {
	book := s.Catalog.Book()
	return book.Calendar.Due(asked, calendar.Limit{N: book.Settings.Int("recheck.days", 1), Unit: "wd"})
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

// story is what a request's history says of how it was decided.
type story struct {
	birth request.Birth
	taken string        // who registered it
	sent  *request.Line // the latest dispatch that was not taken back
	order struct {
		Rule   string `json:"rule"`
		Direct bool   `json:"direct"`
	}
}

// reasons are the answers for one reader. Of a confidential report nothing is
// said: what decided might name whom it is about.
func (s *Service) reasons(tx *sqldb.Tx, p *whyPage, o *request.Order, worded bool) error {
	p.Number, p.Sealed = o.Number, o.Sealed
	lines, err := request.Timeline(tx, actor.System, o)
	if err != nil {
		return err
	}
	if p.Own {
		p.Answers = rechecks(lines)
	}
	if o.Sealed {
		return nil
	}
	st, err := readStory(lines)
	if err != nil {
		return err
	}
	c, known, err := advice.CaseOf(tx, o.ID)
	if err != nil {
		return err
	}
	p.category(s, o, st, c, known)
	if err := p.unit(tx, s, o, st, worded); err != nil {
		return err
	}
	p.who(o, st, c)
	if p.Own {
		if err := p.more(tx, o); err != nil {
			return err
		}
	}
	p.add("you", p.T("intake.why_you_text"))
	return nil
}

func (p *whyPage) add(name string, text ...string) {
	text = slices.DeleteFunc(text, func(s string) bool { return s == "" })
	p.Reasons = append(p.Reasons, reason{name, text})
}

func rechecks(lines []request.Line) (out []answered) {
	for _, l := range lines {
		if l.Name == request.DeedRechecked {
			out = append(out, answered{l.At, lastNote([]request.Line{l}, "ruling")})
		}
	}
	return out
}

func readStory(lines []request.Line) (st story, err error) {
	for i, l := range lines {
		switch l.Name {
		case request.DeedReceived, request.DeedImported:
			st.taken = l.Actor
			err = json.Unmarshal([]byte(l.Body), &st.birth)
		case request.DeedDispatched:
			st.sent, st.order.Rule, st.order.Direct = &lines[i], "", false
			err = json.Unmarshal([]byte(l.Body), &st.order)
		case request.DeedRecalled, request.DeedObjectionUpheld:
			st.sent = nil
		}
		if err != nil {
			return st, err
		}
	}
	return st, nil
}

func (p *whyPage) category(s *Service, o *request.Order, st story, c advice.Case, known bool) {
	tree := s.Catalog.Book().Tree
	if o.Category == "" {
		p.add("category", p.T("intake.why_category_none"))
		return
	}
	list := []string{p.T("intake.why_category_is", tree.Name(o.Category))}
	switch {
	case st.birth.Category != o.Category && st.birth.Category != "":
		list = append(list, p.T("intake.why_category_changed", tree.Name(st.birth.Category)))
	case st.birth.Category == "":
		list = append(list, p.T("intake.why_category_later"))
	case st.birth.Guessed:
		list = append(list, p.T("intake.why_category_proposed"))
	case st.birth.Source != "" || o.Channel == "mail" || o.Channel == "device":
		list = append(list, p.T("intake.why_category_source"))
	case st.taken != actor.ResidentID && st.taken != actor.SystemID:
		list = append(list, p.T("intake.why_category_agent"))
	case p.Own:
		list = append(list, p.T("intake.why_category_own"))
	default:
		list = append(list, p.T("intake.why_category_reporter"))
	}
	if p.Own && known && c.Category == o.Category {
		list = append(list, p.proposed(c)...)
	} else if p.Own && known {
		list = append(list, p.T("intake.why_category_not", tree.Name(c.Category)))
	}
	p.add("category", list...)
}

// proposed are the words that decided, and how sure the program was.
func (p *whyPage) proposed(c advice.Case) (out []string) {
	if len(c.Words) > 0 {
		out = append(out, p.T("intake.why_words", strings.Join(c.Words, "”“")))
	}
	if c.Learnt {
		out = append(out, p.T("intake.why_sure", strconv.Itoa(int(c.Share*100))))
	}
	return out
}

func (p *whyPage) unit(tx *sqldb.Tx, s *Service, o *request.Order, st story, worded bool) error {
	list, err := s.handlers(tx, o)
	if err != nil {
		return err
	}
	var text []string
	for _, h := range list {
		switch {
		case h.Expected && h.Lead:
			text = append(text, p.T("intake.why_unit_expected", h.Name))
		case h.Lead:
			text = append(text, p.T("intake.why_unit_lead", h.Name))
		default:
			text = append(text, p.T("intake.why_unit_assist", h.Name))
		}
	}
	if len(text) == 0 {
		text = append(text, p.T("intake.why_unit_none"))
	}
	if st.sent == nil {
		p.add("unit", text...)
		return nil
	}
	if st.order.Rule != "" {
		text = append(text, p.T("intake.why_rule", st.order.Rule))
	} else {
		text = append(text, p.T("intake.why_rule_person"))
	}
	if why := lastNote([]request.Line{*st.sent}, "reason"); why != "" && worded {
		text = append(text, p.T("intake.why_reason", request.Hide(why)))
	}
	p.add("unit", append(text, p.T("intake.why_law", dispatchLaw))...)
	return nil
}

// dispatchLaw is where the rules of dispatching stand, as the lifecycle names it.
var dispatchLaw = func() string {
	for _, m := range request.Life.Moves {
		if m.Event == request.DeedDispatched {
			return m.Source
		}
	}
	return ""
}()

func (p *whyPage) who(o *request.Order, st story, c advice.Case) {
	switch {
	case st.sent == nil && (o.State == request.Answered || o.State == request.Diverted):
		p.add("who", p.T("intake.why_who_line"))
	case st.sent == nil:
		p.add("who", p.T("intake.why_who_nobody"))
	case st.order.Direct:
		share := ""
		if p.Own {
			share = p.T("intake.why_sure", strconv.Itoa(int(c.Share*100)))
		}
		p.add("who", p.T("intake.why_who_program"), share, p.T("intake.why_who_rules", advice.DirectDecisions))
	case st.sent.Actor == actor.SystemID:
		p.add("who", p.T("intake.why_who_system"))
	default:
		p.add("who", p.T("intake.why_who_person"))
	}
}

// more is what else the program noticed, where it had consequences.
func (p *whyPage) more(tx *sqldb.Tx, o *request.Order) error {
	alarms, err := request.AlarmsOf(tx, o.ID)
	if err != nil {
		return err
	}
	if x := alarms[o.ID]; x.Live() {
		p.add("urgent", p.T("intake.why_urgent_text", x.Name, strings.Join(x.Found, "”“")))
	} else if o.Urgency == "urgent" {
		p.add("urgent", p.T("intake.why_urgent_person"))
	}
	main, err := readMain(tx, o)
	if err == nil && main != nil {
		p.add("same", p.T("intake.why_same_text", number(main.Order.Number)))
	}
	return err
}

// Words of the heading of a reason.
func (p whyPage) head(r reason) string { return p.T("intake.why_" + r.Name) }

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

// whyItem is the same for programs.
type whyItem struct {
	Number  string       `json:"number"`
	Sealed  bool         `json:"sealed"`
	Reasons []reasonItem `json:"reasons"`
	Asked   *time.Time   `json:"asked,omitempty"`
	By      *time.Time   `json:"by,omitempty"`
	May     bool         `json:"may_ask"`
	Answers []string     `json:"answers"`
}

type reasonItem struct {
	About string   `json:"about"`
	Text  []string `json:"text"`
}

func (p whyPage) item() whyItem {
	out := whyItem{Number: p.Number, Sealed: p.Sealed, May: p.May}
	for _, r := range p.Reasons {
		out.Reasons = append(out.Reasons, reasonItem{r.Name, r.Text})
	}
	for _, a := range p.Answers {
		out.Answers = append(out.Answers, a.Text)
	}
	if !p.Asked.IsZero() {
		at, by := p.Asked.UTC(), p.By.UTC()
		out.Asked, out.By = &at, &by
	}
	return out
}

func (s *Service) whyAPI(a *api.API) {
	api.Add(a, api.Op{ID: "receipt-why", Method: "GET", Path: "/receipts/{number}/why", Policy: "public", Pages: []string{"GET /r/{number}/{code}/why"}},
		func(ctx context.Context, in *TicketIn) (whyItem, error) {
			t, err := s.ticketFor(ctx, in)
			if err != nil {
				return whyItem{}, err
			}
			p := whyPage{Base: s.apiBase(ctx)}
			err = s.DB.View(ctx, func(tx *sqldb.Tx) error { return s.fillWhy(tx, &p, t) })
			return p.item(), err
		})
	api.Add(a, api.Op{ID: "receipt-recheck", Method: "POST", Path: "/receipts/{number}/recheck", Policy: "public", Rate: recheckRate, Pages: []string{"POST /r/{number}/{code}/why"}},
		func(ctx context.Context, in *recheckIn) (api.None, error) {
			return s.apiDeed(ctx, &in.TicketIn, func(t ticket) (deed, error) {
				return func(tx *sqldb.Tx) error { return s.RecheckTx(tx, holder, t.ID, in.Body.Text) }, own(t)
			})
		})
	api.Add(a, api.Op{ID: "published-why", Method: "GET", Path: "/public/requests/{number}/why", Policy: "public", Pages: []string{"GET /public/{number}/why"}},
		func(ctx context.Context, in *numberIn) (whyItem, error) {
			p := whyPage{Base: s.apiBase(ctx)}
			err := s.DB.View(ctx, func(tx *sqldb.Tx) error { return s.fillPublicWhy(tx, &p, in.Number) })
			return p.item(), err
		})
}

type recheckIn struct {
	TicketIn
	Body struct {
		Text string `json:"text,omitempty" maxLength:"300"`
	}
}
