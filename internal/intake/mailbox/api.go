package mailbox

import (
	"context"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/id"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// API declares the operations of this feature.
func (s *Service) API(a *api.API) {
	const agents = "intake.desk"
	a.Chapter("mailbox")
	api.Add(a, api.Op{ID: "mails", Method: "GET", Path: "/mails", Policy: agents, Pages: []string{"GET /mail"}},
		func(ctx context.Context, in *mailsIn) (api.List[MailItem], error) { return s.apiMails(ctx, a, in) })
	api.Add(a, api.Op{ID: "mail", Method: "GET", Path: "/mails/{mail}", Policy: agents, Pages: []string{"GET /mail/{mail}"}}, s.apiMail)
	api.Add(a, api.Op{ID: "mail-case", Method: "POST", Path: "/mails/{mail}/case", Policy: agents, Create: true, Pages: []string{"POST /mail/{mail}/case"}}, s.apiCase)
	api.Add(a, api.Op{ID: "mail-add", Method: "POST", Path: "/mails/{mail}/add", Policy: agents, Pages: []string{"POST /mail/{mail}/add"}}, s.apiAdd)
	api.Add(a, api.Op{ID: "mail-discard", Method: "POST", Path: "/mails/{mail}/discard", Policy: agents, Pages: []string{"POST /mail/{mail}/discard"}}, s.apiDiscard)
	api.Add(a, api.Op{ID: "mail-health", Method: "GET", Path: "/setup/mail", Policy: "setup.look", Pages: []string{"GET /setup/mail"}}, s.apiHealth)
	api.Add(a, api.Op{ID: "mail-test", Method: "POST", Path: "/setup/mail/test", Policy: "setup.city", Pages: []string{"POST /setup/mail"}}, s.apiTest)
}

type mailsIn struct {
	api.Page
	Tab string `query:"tab" enum:"wait,quiet,done" default:"wait"`
}

// MailItem is a message as lists show it: who wrote is masked.
type MailItem struct {
	ID         string     `json:"id"`
	At         time.Time  `json:"at"`
	From       string     `json:"sender"`
	Subject    string     `json:"title"`
	State      string     `json:"state"`
	Reason     string     `json:"reason"`
	Attention  bool       `json:"attention"`
	Size       int64      `json:"size"`
	Deliveries int64      `json:"deliveries"`
	Number     string     `json:"number"`
	By         string     `json:"by"`
	Settled    *time.Time `json:"settled_at,omitempty"`
	Note       string     `json:"note"`
}

func (m Mail) item() MailItem {
	return MailItem{m.ID, m.At.UTC(), m.Masked, m.Subject, m.State, m.Reason, m.Attention, m.Size, m.Deliveries, m.Number, m.By, show.Moment(m.Settled), m.Note}
}

func (s *Service) apiMails(ctx context.Context, a *api.API, in *mailsIn) (api.List[MailItem], error) {
	return api.Behind(a, "mails/"+in.Tab, in.Page, func(after string, n int) (list []Mail, err error) {
		err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
			list, err = List(tx, Filter{in.Tab, after}, n)
			return err
		})
		return list, err
	}, func(x Mail) string { return x.ID }, Mail.item)
}

type mailIn struct {
	Mail string `path:"mail" maxLength:"60"`
}

// mailOne is a message read safely: its words, with numbers that name a person
// hidden, and the names of its files.
type mailOne struct {
	MailItem
	Text  string     `json:"text"`
	Files []fileItem `json:"files" doc:"api.field_mail_files"`
	Gone  bool       `json:"gone"` // it is no longer kept, or cannot be read
}

type fileItem struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Size int    `json:"size"`
}

func (s *Service) apiMail(ctx context.Context, in *mailIn) (out mailOne, err error) {
	l, err := s.look(ctx, in.Mail)
	if err != nil {
		return out, err
	}
	if out.MailItem, out.Gone = l.item(), l.msg == nil; out.Gone {
		return out, nil
	}
	out.Text = request.Hide(cut(l.msg.Text, mostShown))
	for _, f := range l.msg.Files {
		out.Files = append(out.Files, fileItem{f.Name, f.Kind, len(f.Bytes)})
	}
	return out, nil
}

type caseIn struct {
	Mail string `path:"mail" maxLength:"60"`
	Body struct {
		Title string `json:"title,omitempty" maxLength:"60"`
		Text  string `json:"text" minLength:"1" maxLength:"2000"`
	}
}

// numberItem names a request.
type numberItem struct {
	Number string `json:"number"`
}

func (s *Service) apiCase(ctx context.Context, in *caseIn) (out numberItem, err error) {
	out.Number, err = s.ToCase(ctx, actor.From(ctx), ToCase{in.Mail, in.Body.Title, in.Body.Text})
	return out, err
}

type addIn struct {
	Mail string `path:"mail" maxLength:"60"`
	Body struct {
		Number string `json:"number" minLength:"1" maxLength:"40"`
		Text   string `json:"text,omitempty" maxLength:"2000"`
	}
}

func (s *Service) apiAdd(ctx context.Context, in *addIn) (api.None, error) {
	return api.None{}, s.ToRequest(ctx, actor.From(ctx), ToRequest{in.Mail, id.CleanNumber(in.Body.Number), in.Body.Text})
}

type discardIn struct {
	Mail string `path:"mail" maxLength:"60"`
	Body struct {
		Reason string `json:"reason" minLength:"2" maxLength:"200"`
	}
}

func (s *Service) apiDiscard(ctx context.Context, in *discardIn) (api.None, error) {
	return api.None{}, s.Discard(ctx, actor.From(ctx), in.Mail, in.Body.Reason)
}

// healthItem says how the ways in and out stand. Passwords are in the
// configuration of the machine and nowhere else.
type healthItem struct {
	Address string         `json:"address"`
	Listen  string         `json:"listen"`
	Polls   string         `json:"polls"`
	Server  string         `json:"server"`
	Polled  *time.Time     `json:"polled_at,omitempty"`
	Trouble string         `json:"trouble"`
	Last    *time.Time     `json:"last_at,omitempty"`
	Counts  map[string]int `json:"counts"`
	Wait    int            `json:"waiting"`
}

func (s *Service) apiHealth(ctx context.Context, _ *struct{}) (healthItem, error) {
	p, err := s.health(ctx)
	return healthItem{p.Mailbox, p.Listen, p.Polls, p.Out, show.Moment(p.Polled.At), p.Polled.Trouble, show.Moment(p.Last), p.Counts, p.Wait}, err
}

type testIn struct {
	Body struct {
		To string `json:"to" doc:"api.field_mail_to" minLength:"3" maxLength:"254"`
	}
}

// testItem is what the mail server said about a mail to try the way out.
type testItem struct {
	Taken bool   `json:"taken" doc:"api.field_test_taken"`
	Said  string `json:"said"`
}

func (s *Service) apiTest(ctx context.Context, in *testIn) (testItem, error) {
	sent, refused, err := s.Try(ctx, actor.From(ctx), in.Body.To, page.Base{Lang: web.Lang(api.Request(ctx)), City: s.Catalog.Book().Settings["city.name"]})
	if refused != nil {
		return testItem{Said: said(refused)}, nil
	}
	return testItem{Taken: sent != nil}, err
}
