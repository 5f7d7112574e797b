package handling

import (
	"context"
	"io"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

func (s *Service) caseAPI(a *api.API) {
	api.Add(a, api.Op{ID: "case", Method: "GET", Path: "/cases/{number}", Policy: "request.show", Pages: []string{"GET /case/{number}", "GET /case/{number}/print"}}, s.apiCase)
	api.Add(a, api.Op{ID: "file", Method: "GET", Path: "/files/{id}", Policy: "request.show", Media: "image/jpeg", Pages: []string{"GET /file/{id}"}},
		s.apiFile(func(f request.File) string { return f.Hash }))
	api.Add(a, api.Op{ID: "file-thumb", Method: "GET", Path: "/files/{id}/thumb", Policy: "request.show", Media: "image/jpeg", Pages: []string{"GET /file/{id}/thumb"}},
		s.apiFile(func(f request.File) string { return f.Thumb }))
}

type caseIn struct {
	Number string `path:"number" maxLength:"40"`
}

// caseItem is one request as the page shows it to the caller.
type caseItem struct {
	show.Item
	Body      string        `json:"body"`
	Answers   []answerItem  `json:"answers"`
	Publicity string        `json:"publicity"`
	NoReply   bool          `json:"no_reply"`
	Sealed    bool          `json:"sealed"`
	TakenBy   string        `json:"taken_by"`
	Acts      []string      `json:"acts"`
	Timeline  []show.Entry  `json:"timeline"`
	Tasks     []taskItem    `json:"tasks"`
	Pauses    []pauseItem   `json:"pauses"`
	Contacts  []contactItem `json:"contacts"`
	Protected bool          `json:"protected"`
	Related   []relatedItem `json:"related"`
	Notices   []noticeItem  `json:"notices"`
	Deadline  []string      `json:"deadline"`
}

type answerItem struct {
	Question string `json:"question"`
	Answer   string `json:"answer"`
}

type taskItem struct {
	ID         string     `json:"id"`
	Unit       string     `json:"unit"`
	UnitName   string     `json:"unit_name"`
	Lead       bool       `json:"lead"`
	State      string     `json:"state"`
	Open       bool       `json:"open"`
	Round      int64      `json:"round"`
	Limit      int        `json:"limit"`
	LimitUnit  string     `json:"limit_unit"`
	Reason     string     `json:"reason"`
	SentAt     time.Time  `json:"sent_at"`
	DueAt      *time.Time `json:"due_at,omitempty"`
	AcceptedAt *time.Time `json:"accepted_at,omitempty"`
	DoneAt     *time.Time `json:"done_at,omitempty"`
}

type pauseItem struct {
	Reason string     `json:"reason"`
	From   time.Time  `json:"from"`
	To     *time.Time `json:"to,omitempty"`
}

// contactItem is masked: who needs more gives a reason, see the operation
// contact-reveal.
type contactItem struct {
	ID    string `json:"id"`
	Kind  string `json:"kind"`
	Text  string `json:"text"`
	Phone bool   `json:"phone"`
}

type relatedItem struct {
	Kind     string `json:"kind"`
	Incoming bool   `json:"incoming"`
	Number   string `json:"number"`
	Title    string `json:"title"`
	State    string `json:"state"`
}

type noticeItem struct {
	At       time.Time `json:"at"`
	Channel  string    `json:"channel"`
	Template string    `json:"template"`
	State    string    `json:"state"`
	Text     string    `json:"text"`
}

func (s *Service) apiCase(ctx context.Context, in *caseIn) (out caseItem, err error) {
	b := page.Base{Lang: web.Lang(api.Request(ctx)), Zone: s.zone()}
	p := &casePage{Base: b, A: actor.From(ctx), Book: s.Catalog.Book()}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		p.Now = tx.Now
		if p.O, err = request.FindNumber(tx, p.A, show.On[struct{}]{Number: in.Number}.Clean()); err != nil {
			return err
		}
		if err := s.fill(tx, p); err != nil {
			return err
		}
		out = p.item()
		return s.nameItem(tx, p, &out)
	})
	return out, err
}

// nameItem adds the names that the page reads elsewhere.
func (s *Service) nameItem(tx *sqldb.Tx, p *casePage, out *caseItem) error {
	out.CategoryName, out.AreaName = p.Book.Tree.Name(p.O.Category), s.Atlas.Atlas().Name(p.O.Area)
	names, err := actor.UnitNames(tx, []string{p.O.Unit})
	out.UnitName = names[p.O.Unit]
	return err
}

func (p *casePage) item() caseItem {
	out := caseItem{Item: show.ItemOf(request.Row{Order: *p.O, Flags: p.Flags}), Body: p.O.Body, Publicity: p.O.Publicity, NoReply: p.O.NoReply,
		Sealed: p.O.Sealed, TakenBy: p.TakenBy, Timeline: show.EntriesOf(p.Lines), Protected: p.Protected, Deadline: p.Limit.Steps}
	for _, x := range p.O.Answers {
		out.Answers = append(out.Answers, answerItem(x))
	}
	for _, x := range p.Acts {
		out.Acts = append(out.Acts, x.ID)
	}
	for _, t := range p.Tasks {
		out.Tasks = append(out.Tasks, taskItem{t.ID, t.Unit, t.UnitName, t.Lead, t.State, t.Open, t.Round, t.Limit.N, t.Limit.Unit, t.Reason,
			t.SentAt.UTC(), show.Moment(t.DueAt), show.Moment(t.Accepted), show.Moment(t.DoneAt)})
	}
	for _, x := range p.Pauses {
		out.Pauses = append(out.Pauses, pauseItem{x.Reason, x.From.UTC(), show.Moment(x.To)})
	}
	for _, x := range p.Contacts {
		out.Contacts = append(out.Contacts, contactItem{x.ID, x.Kind, x.Text, x.Phone})
	}
	for _, x := range p.Links {
		out.Related = append(out.Related, relatedItem(x))
	}
	for _, l := range p.Lines {
		for _, x := range l.Told {
			out.Notices = append(out.Notices, noticeItem{x.At.UTC(), x.Channel, x.Template, x.State, x.Words()})
		}
	}
	return out
}

type fileIn struct {
	ID string `path:"id" maxLength:"60"`
}

// apiFile gives a photo to who may see its request.
func (s *Service) apiFile(which func(request.File) string) func(context.Context, *fileIn) (api.File, error) {
	return func(ctx context.Context, in *fileIn) (api.File, error) {
		f, err := s.findFile(ctx, actor.From(ctx), in.ID)
		if err != nil {
			return api.File{}, err
		}
		body, err := s.Blobs.Open(which(f))
		if err != nil {
			return api.File{}, err
		}
		defer body.Close()
		data, err := io.ReadAll(body)
		return api.File{Type: "image/jpeg", Data: data}, err
	}
}
