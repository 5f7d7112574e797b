package outbox

import (
	"context"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/notice"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
)

// API declares the operations of this feature.
func (s *Service) API(a *api.API) {
	a.Chapter("notice")
	api.Add(a, api.Op{ID: "outbox", Method: "GET", Path: "/outbox", Policy: "notice.look", Pages: []string{"GET /outbox"}},
		func(ctx context.Context, in *outboxIn) (api.List[LetterItem], error) { return s.apiList(ctx, a, in) })
	api.Add(a, api.Op{ID: "outbox-one", Method: "GET", Path: "/outbox/{id}", Policy: "notice.look", Pages: []string{"GET /outbox/{id}"}}, s.apiMessage)
	api.Add(a, api.Op{ID: "outbox-again", Method: "POST", Path: "/outbox/{id}/again", Policy: "notice.resend", Pages: []string{"POST /outbox/{id}/again"}},
		func(ctx context.Context, in *againIn) (api.None, error) {
			return api.None{}, s.Office.Resend(ctx, actor.From(ctx), notice.Again{ID: in.ID, Reason: in.Body.Reason})
		})
	s.gatewayAPI(a)
}

type outboxIn struct {
	api.Page
	State    string `query:"state" maxLength:"20"`
	Channel  string `query:"channel" maxLength:"20"`
	Template string `query:"template" maxLength:"40"`
}

// LetterItem is a notice and how far it truly came. Of a report of wrongdoing
// neither the recipient nor the text leaves its own page.
type LetterItem struct {
	ID       string     `json:"id"`
	At       time.Time  `json:"at"`
	Number   string     `json:"number"`
	Channel  string     `json:"channel"`
	Template string     `json:"template"`
	State    string     `json:"state"`
	To       string     `json:"to"`
	Text     string     `json:"text"`
	Sealed   bool       `json:"sealed"`
	Via      string     `json:"via"`
	SentAt   *time.Time `json:"sent_at,omitempty"`
	DoneAt   *time.Time `json:"done_at,omitempty"`
}

func (r row) item() LetterItem {
	out := LetterItem{ID: r.ID, At: r.At.UTC(), Number: r.Number, Channel: r.Channel, Template: r.Template, State: r.State, To: r.To, Sealed: r.Sealed,
		Via: r.Via, SentAt: show.Moment(r.Sent), DoneAt: show.Moment(r.Done)}
	if !r.Sealed {
		out.Text = r.Words()
	}
	return out
}

func (s *Service) apiList(ctx context.Context, a *api.API, in *outboxIn) (out api.List[LetterItem], err error) {
	f := notice.Filter{State: known(in.State, notice.States), Channel: known(in.Channel, notice.ChannelNames), Template: known(in.Template, codes()), Size: in.Limit}
	list := "outbox/" + f.State + "/" + f.Channel + "/" + f.Template
	if f.Before, err = a.Position(list, in.Cursor); err != nil {
		return out, err
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		found, next, err := f.Find(tx)
		if err != nil {
			return err
		}
		all, err := rows(tx, found)
		for _, r := range all {
			out.Items = append(out.Items, r.item())
		}
		out.Next = a.Next(list, next)
		return err
	})
	return out, err
}

type messageIn struct {
	ID string `path:"id" maxLength:"60"`
}

type letterOne struct {
	LetterItem
	Steps []stepItem `json:"steps"`
}

type stepItem struct {
	At      time.Time `json:"at"`
	State   string    `json:"state"`
	Channel string    `json:"channel"`
	Reason  string    `json:"reason"`
}

func (s *Service) apiMessage(ctx context.Context, in *messageIn) (out letterOne, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		m, err := notice.Get(tx, in.ID)
		if err != nil {
			return err
		}
		one, err := rows(tx, []notice.Message{m})
		if err != nil {
			return err
		}
		out.LetterItem = one[0].item()
		steps, err := notice.Steps(tx, m.ID)
		for _, x := range steps {
			out.Steps = append(out.Steps, stepItem{x.At.UTC(), x.State, x.Channel, x.Reason})
		}
		return err
	})
	return out, err
}

type againIn struct {
	ID   string `path:"id" maxLength:"60"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200"`
	}
}
