package handling

import (
	"context"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

type lookIn struct {
	Text      string `json:"text" minLength:"1" maxLength:"2000"`
	Solved    string `json:"solved,omitempty" enum:"yes,partly,no"`
	Contacted bool   `json:"contacted,omitempty"`
}

// apiLook reads an answer that has not been sent. Nothing is kept of it.
func (s *Service) apiLook(ctx context.Context, in *show.On[lookIn]) (out show.FindingsItem, err error) {
	who := actor.From(ctx)
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		o, err := request.FindNumber(tx, who, in.Clean())
		if err != nil {
			return err
		}
		r, err := s.read(tx, who, o, Answer{Text: in.Body.Text, Solved: in.Body.Solved, Contacted: in.Body.Contacted})
		out = show.FindingsOf(page.Base{Lang: web.Lang(api.Request(ctx))}, r, nil)
		return err
	})
	return out, err
}
