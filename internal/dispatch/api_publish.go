package dispatch

import (
	"context"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
)

// publishAPI is reading what residents may read, before they do.
func (s *Service) publishAPI(a *api.API) {
	api.Add(a, api.Op{ID: "publish-queue", Method: "GET", Path: "/dispatch/publish", Policy: "dispatch.publish", Pages: []string{"GET /publish"}},
		func(ctx context.Context, in *screenIn) (api.List[screenItem], error) { return s.apiScreen(ctx, a, in) })
	api.Add(a, api.Op{ID: "case-publish", Method: "POST", Path: "/cases/{number}/publish", Policy: "dispatch.publish",
		Pages: []string{"POST /publish", "POST /case/{number}/publish"}}, s.apiPublish)
}

type screenIn struct{ api.Page }

// screenItem is one that nobody has read yet, with the words that are proposed.
type screenItem struct {
	show.Item
	Text  string `json:"text"`
	Place string `json:"place"`
	Warn  bool   `json:"warn"`
}

func (s *Service) apiScreen(ctx context.Context, a *api.API, in *screenIn) (out api.List[screenItem], err error) {
	part, err := show.ListPage(a, "publish", in.Page)
	if err != nil {
		return out, err
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		rows, next, err := request.List(tx, actor.From(ctx), request.Filter{Unscreened: true, Sort: "old"}, part)
		for _, r := range rows {
			out.Items = append(out.Items, screenItem{show.ItemOf(r), request.Hide(r.Title), request.Hide(r.Address), request.Tells(r.Title) || request.Tells(r.Address)})
		}
		out.Next = a.Next("publish", next)
		return err
	})
	return out, err
}

type publishIn struct {
	Number string `path:"number" maxLength:"40"`
	Body   struct {
		Text  string `json:"text,omitempty" maxLength:"120"`
		Place string `json:"place,omitempty" maxLength:"120"`
	}
}

func (s *Service) apiPublish(ctx context.Context, in *publishIn) (api.None, error) {
	return api.None{}, s.Publish(ctx, actor.From(ctx), Publish{Number: clean(in.Number), Text: in.Body.Text, Place: in.Body.Place})
}
