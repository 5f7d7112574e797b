package intake

import (
	"context"
	"time"

	"gongzhi/internal/api"
	"gongzhi/internal/sqldb"
)

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
