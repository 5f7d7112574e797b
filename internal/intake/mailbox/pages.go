package mailbox

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/intake"
	"gongzhi/internal/locale"
	"gongzhi/internal/mail"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// Routes lists this feature's ways in.
func (s *Service) Routes() []web.Route {
	const agents = "intake.desk"
	return []web.Route{
		{Method: "GET", Path: "/mail", Policy: agents, Do: s.showList},
		{Method: "GET", Path: "/mail/{mail}", Policy: agents, Do: s.showMail},
		{Method: "POST", Path: "/mail/{mail}/case", Policy: agents, Do: s.postCase},
		{Method: "POST", Path: "/mail/{mail}/add", Policy: agents, Do: s.postAdd},
		{Method: "POST", Path: "/mail/{mail}/discard", Policy: agents, Do: s.postDiscard},
		{Method: "GET", Path: "/setup/mail", Policy: "setup.look", Do: s.showHealth},
		{Method: "POST", Path: "/setup/mail", Policy: "setup.city", Do: s.postTest},
	}
}

// listPage is the messages of one tab.
type listPage struct {
	page.Base
	Tab   string
	Wait  int
	Mails []Mail
	Links page.PageLinks
}

const onPage = 30

func (s *Service) showList(w http.ResponseWriter, r *http.Request) error {
	q, err := web.Query(r)
	if err != nil {
		return err
	}
	p := listPage{Base: s.Base(w, r, "mailbox.list"), Tab: q.String("tab", 20)}
	if tabs[p.Tab] == "" {
		p.Tab = TabWait
	}
	before := q.String("before", 40)
	err = s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if p.Wait, err = Waiting(tx); err != nil {
			return err
		}
		p.Mails, err = List(tx, Filter{p.Tab, before}, onPage)
		return err
	})
	if err != nil {
		return err
	}
	if len(p.Mails) == onPage {
		p.Links.Next = p.With("before", p.Mails[onPage-1].ID)
	}
	if before != "" {
		p.Links.Prev = p.With("before", "")
	}
	return page.View{}.Render(w, r, http.StatusOK, listView(p))
}

func (p listPage) segments() (out []page.Segment) {
	for _, t := range []string{TabWait, TabQuiet, TabDone} {
		x := page.Segment{Label: p.T("mailbox.tab_" + t), Path: p.URL("/mail?tab=" + t), Count: -1, Current: t == p.Tab}
		if t == TabWait {
			x.Count = p.Wait
		}
		out = append(out, x)
	}
	return out
}

// outcome is what became of a message: the shape and the word of its mark.
func outcome(b page.Base, m Mail) (kind, word string) {
	switch m.State {
	case Case, Supplement:
		return "done", b.T("mailbox.state_" + m.State)
	case Parked:
		kind = "wait"
		if m.Attention {
			kind = "due"
		}
		return kind, b.T("mailbox.why_" + m.Reason)
	}
	return "new", b.T("mailbox.state_" + m.State)
}

// mostShown is how many letters of a message are shown.
const mostShown = 20_000

// mailPage is one message, read safely: its words as plain text, nothing loaded,
// numbers that name a person hidden.
type mailPage struct {
	page.Base
	Mail     Mail
	Text     string
	Files    []mail.File
	Gone     bool // the message is no longer kept, or cannot be read
	Problems page.Problems
	Act      string // that failed
	Typed    ToCase
	Number   string
	Reason   string
}

func (s *Service) showMail(w http.ResponseWriter, r *http.Request) error {
	return s.drawMail(w, r, http.StatusOK, mailPage{})
}

func (s *Service) drawMail(w http.ResponseWriter, r *http.Request, status int, p mailPage) error {
	l, err := s.look(r.Context(), r.PathValue("mail"))
	if err != nil {
		return err
	}
	p.Base = s.Base(w, r, "mailbox.one")
	p.Base.Path = "/mail/" + l.ID
	p.Mail, p.Gone = l.Mail, l.msg == nil
	if !p.Gone {
		p.Text, p.Files = request.Hide(cut(l.msg.Text, mostShown)), l.msg.Files
		if p.Act == "" {
			p.Typed = ToCase{Title: cut(trimSubject(l.msg.Subject), 60), Text: cut(words(l), intake.MaxBody)}
		}
	}
	return page.View{}.Render(w, r, status, mailView(p))
}

// look opens a message for a person. What cannot be read is shown as that.
func (s *Service) look(ctx context.Context, id string) (*letter, error) {
	l := &letter{}
	err := s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		l.Mail, err = find(tx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	env, raw, err := s.open(l.Mail)
	if fault.KindOf(err) == fault.NotFound {
		return l, nil
	}
	if err != nil {
		return nil, err
	}
	l.env = env
	l.msg, err = mail.Read(ctx, raw, mail.Limits{})
	if err != nil && mail.Reason(err) == "" {
		return nil, err
	}
	if l.msg == nil {
		return l, nil
	}
	l.sender = l.msg.From
	if a, e := mail.Clean(env.From); l.sender.Address == "" && e == nil {
		l.sender.Address = a
	}
	return l, nil
}

// failed shows a message again with what was typed and what is wrong with it.
func (s *Service) failed(w http.ResponseWriter, r *http.Request, p mailPage, err error) error {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Conflict:
		p.Problems = s.Base(w, r, "mailbox.one").Problems(renamed(p.Act, err))
		return s.drawMail(w, r, web.Status(err), p)
	}
	return err
}

// renamed gives intake's field its name in this form.
func renamed(act string, err error) error {
	var fields fault.Fields
	if !errors.As(err, &fields) {
		return err
	}
	out := make(fault.Fields, len(fields))
	for i, f := range fields {
		if f.Name == "what" {
			f.Name = "text"
		}
		f.Name = act + "." + f.Name
		out[i] = f
	}
	return out
}

func (s *Service) postCase(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	c := ToCase{Mail: r.PathValue("mail"), Title: v.String("case.title", 60), Text: strings.ReplaceAll(v.Raw("case.text"), "\r\n", "\n")}
	number, err := s.ToCase(r.Context(), actor.From(r.Context()), c)
	if err != nil {
		return s.failed(w, r, mailPage{Act: "case", Typed: c}, err)
	}
	page.SetFlash(w, r, "", "mailbox.done_case")
	return web.See(w, r, "/case/"+number)
}

func (s *Service) postAdd(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	p := mailPage{Act: "add", Number: v.String("add.number", 60), Typed: ToCase{Text: strings.ReplaceAll(v.Raw("add.text"), "\r\n", "\n")}}
	c := ToRequest{Mail: r.PathValue("mail"), Number: id.CleanNumber(p.Number), Text: p.Typed.Text}
	if err := s.ToRequest(r.Context(), actor.From(r.Context()), c); err != nil {
		return s.failed(w, r, p, err)
	}
	page.SetFlash(w, r, "", "mailbox.done_add")
	return web.See(w, r, "/case/"+c.Number)
}

func (s *Service) postDiscard(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	p := mailPage{Act: "discard", Reason: v.String("discard.reason", 200)}
	if err := s.Discard(r.Context(), actor.From(r.Context()), r.PathValue("mail"), p.Reason); err != nil {
		return s.failed(w, r, p, err)
	}
	page.SetFlash(w, r, "", "mailbox.done_discard")
	return web.See(w, r, "/mail")
}

// bytes is a size as people say it.
func (p mailPage) bytes(n int64) string {
	if n < 1<<20 {
		return p.T("mailbox.kilobytes", locale.Count(int(max(1, n>>10))))
	}
	return p.T("mailbox.megabytes", locale.Count(int(n>>20)))
}

// facts are the head of a message.
func (p mailPage) facts() []page.Pair {
	out := []page.Pair{
		{Term: p.T("mailbox.from"), Text: or(p.Mail.Masked, p.T("mailbox.unknown"))},
		{Term: p.T("mailbox.subject"), Text: or(p.Mail.Subject, p.T("mailbox.no_subject"))},
		{Term: p.T("mailbox.at"), Text: p.DateTime(p.Mail.At)},
		{Term: p.T("mailbox.size"), Text: p.bytes(p.Mail.Size)},
	}
	if p.Mail.Deliveries > 1 {
		out = append(out, page.Pair{Term: p.T("mailbox.deliveries"), Text: p.T("mailbox.deliveries_n", locale.Count(int(p.Mail.Deliveries)))})
	}
	if p.Mail.By != "" {
		out = append(out, page.Pair{Term: p.T("mailbox.by"), Text: p.Mail.By + " " + p.DateTime(p.Mail.Settled)})
	}
	if p.Mail.Note != "" {
		out = append(out, page.Pair{Term: p.T("mailbox.discard_reason"), Text: p.Mail.Note})
	}
	return out
}
