package exclusion

import (
	"bytes"
	"context"
	"io"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// API declares the operations of this procedure.
func (s *Service) API(a *api.API) {
	a.Chapter("assessment")
	api.Add(a, api.Op{ID: "exclusions", Method: "GET", Path: "/exclusions", Policy: "assessment.exclusion_look", Pages: []string{"GET /exclusions"}},
		func(ctx context.Context, in *listIn) (api.List[exclusionItem], error) { return s.apiList(ctx, a, in) })
	api.Add(a, api.Op{ID: "exclusion-figures", Method: "GET", Path: "/exclusions/figures", Policy: "public", Pages: []string{"GET /exclusions/figures"}}, s.apiFigures)
	on(s, a, "exclusion", "assessment.exclusion_ask", func(ctx context.Context, id matter.ID, b *askIn) (func(*sqldb.Tx, actor.Actor) error, error) {
		var files []web.File
		for _, data := range b.Proof {
			files = append(files, web.File{Size: int64(len(data)), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }})
		}
		proof, err := s.keep(ctx, files)
		c := Ask{id, b.Version, b.Ground, b.Reason, proof}
		return func(tx *sqldb.Tx, who actor.Actor) error { return s.AskTx(tx, who, c) }, err
	})
	on(s, a, "exclusion-appeal", "assessment.exclusion_ask", func(_ context.Context, id matter.ID, b *appealIn) (func(*sqldb.Tx, actor.Actor) error, error) {
		return func(tx *sqldb.Tx, who actor.Actor) error {
			return s.AppealTx(tx, who, Appeal{id, b.Version, b.Exclusion, b.Reason})
		}, nil
	})
	on(s, a, "exclusion-rule", "assessment.exclusion_rule", func(_ context.Context, id matter.ID, b *ruleIn) (func(*sqldb.Tx, actor.Actor) error, error) {
		return func(tx *sqldb.Tx, who actor.Actor) error {
			return s.RuleTx(tx, who, Rule{id, b.Version, b.Exclusion, b.Grant, b.Reason})
		}, nil
	})
}

// on declares an act on one request.
func on[B any](s *Service, a *api.API, name string, policy actor.Action, take func(context.Context, matter.ID, *B) (func(*sqldb.Tx, actor.Actor) error, error)) {
	page := map[string]string{"exclusion": "exclusion", "exclusion-appeal": "exclusion_appeal", "exclusion-rule": "exclusion_rule"}[name]
	op := api.Op{ID: "case-" + name, Method: "POST", Path: "/cases/{number}/" + name, Policy: string(policy), Pages: []string{"POST /case/{number}/" + page}, Body: uploads}
	api.Add(a, op, func(ctx context.Context, in *show.On[B]) (out show.Done, err error) {
		who := actor.From(ctx)
		var o *request.Order
		err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
			o, err = request.FindNumber(tx, who, in.Clean())
			return err
		})
		if err != nil {
			return out, err
		}
		run, err := take(ctx, o.ID, &in.Body)
		if err != nil {
			return out, err
		}
		if err := s.DB.Update(ctx, func(tx *sqldb.Tx) error { return run(tx, who) }); err != nil {
			return out, err
		}
		err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
			out, err = show.Now(tx, who, in.Clean())
			return err
		})
		return out, err
	})
}

type askIn struct {
	show.Seen
	Ground string   `json:"ground" minLength:"1" maxLength:"40"`
	Reason string   `json:"reason" minLength:"1" maxLength:"2000"`
	Proof  [][]byte `json:"proof,omitempty" maxItems:"6"`
}

type appealIn struct {
	show.Seen
	Exclusion string `json:"exclusion" minLength:"1" maxLength:"60"`
	Reason    string `json:"reason" minLength:"1" maxLength:"2000"`
}

type ruleIn struct {
	show.Seen
	Exclusion string `json:"exclusion" minLength:"1" maxLength:"60"`
	Grant     bool   `json:"grant"`
	Reason    string `json:"reason" minLength:"1" maxLength:"2000"`
}

type listIn struct {
	api.Page
	View string `query:"view" enum:"open,closed,all" default:"open"`
}

// exclusionItem is one application as a program reads it.
type exclusionItem struct {
	ID         string     `json:"id"`
	Number     string     `json:"number"`
	Title      string     `json:"title"`
	Unit       string     `json:"unit"`
	UnitName   string     `json:"unit_name"`
	Kind       string     `json:"kind"`
	Ground     string     `json:"ground"`
	GroundName string     `json:"ground_name"`
	GroundRev  int64      `json:"ground_rev"`
	Rates      []string   `json:"rates"`
	State      string     `json:"state"`
	Open       bool       `json:"open"`
	AskedAt    time.Time  `json:"asked_at"`
	DueAt      time.Time  `json:"due_at"`
	DecidedAt  *time.Time `json:"decided_at,omitempty"`
	AppealedAt *time.Time `json:"appealed_at,omitempty"`
	FinalAt    *time.Time `json:"final_at,omitempty"`
}

func (s *Service) apiList(ctx context.Context, a *api.API, in *listIn) (out api.List[exclusionItem], err error) {
	after, err := a.Position("exclusions", in.Cursor)
	if err != nil {
		return out, err
	}
	view := in.View
	if view == "" {
		view = views[0]
	}
	size := in.Limit
	if size <= 0 || size > 200 {
		size = listSize
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		rows, next, err := list(tx, actor.From(ctx), view, after, size)
		for _, x := range rows {
			out.Items = append(out.Items, exclusionItem{x.ID, x.Number, x.Title, x.Unit, x.UnitName, x.Kind, x.Ground, x.GroundName, x.GroundRev, x.Rates, x.State, x.Open,
				x.AskedAt.UTC(), x.DueAt.UTC(), show.Moment(x.DecidedAt), show.Moment(x.AppealedAt), show.Moment(x.FinalAt)})
		}
		out.Next = a.Next("exclusions", next)
		return err
	})
	return out, err
}

type figuresIn struct {
	Month string `query:"month" maxLength:"7"`
}

type figuresOut struct {
	Month   string        `json:"month"`
	Grounds []countedItem `json:"grounds"`
	Units   []countedItem `json:"units"`
}

type countedItem struct {
	Name    string `json:"name"`
	Kind    string `json:"kind,omitempty"`
	Asked   int64  `json:"asked"`
	Waiting int64  `json:"waiting"`
	Granted int64  `json:"granted"`
	Refused int64  `json:"refused"`
	Appeals int64  `json:"appeals"`
	Closed  int64  `json:"closed"`   // of a unit: requests closed in the month
	Left    int64  `json:"left_out"` // of them left out of some rate
}

func (s *Service) apiFigures(ctx context.Context, in *figuresIn) (out figuresOut, err error) {
	zone := s.Catalog.Book().Calendar.Zone
	out.Grounds, out.Units = []countedItem{}, []countedItem{}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		from := month(in.Month, tx.Now, zone)
		out.Month = from.Format("2006-01")
		grounds, units, err := figures(tx, from)
		for _, t := range grounds {
			out.Grounds = append(out.Grounds, countedItem(t))
		}
		for _, t := range units {
			out.Units = append(out.Units, countedItem(t))
		}
		return err
	})
	return out, err
}
