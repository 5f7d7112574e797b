package gaming

import (
	"context"
	"net/url"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/export"
	"gongzhi/internal/page"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
)

// API declares the operations.
func (s *Service) API(a *api.API) {
	a.Chapter("assessment")
	api.Add(a, api.Op{ID: "signals", Method: "GET", Path: "/signals", Policy: "assessment.signals", Pages: []string{"GET /signals"}}, s.apiList)
	api.Add(a, api.Op{ID: "signal", Method: "GET", Path: "/signals/{id}", Policy: "assessment.signals", Pages: []string{"GET /signals/{id}"}}, s.apiOne)
	api.Add(a, api.Op{ID: "signal-settle", Method: "POST", Path: "/signals/{id}", Policy: "assessment.signals_settle", Pages: []string{"POST /signals/{id}"}}, s.apiSettle)
}

type monthIn struct {
	Month string `query:"month" maxLength:"7"`
}

type signalsOut struct {
	Month string       `json:"month"`
	Items []SignalItem `json:"items"`
}

// SignalItem is a signal as a program reads it.
type SignalItem struct {
	ID       string     `json:"id"`
	Month    string     `json:"month"`
	Unit     string     `json:"unit"`
	UnitName string     `json:"unit_name"`
	Kind     string     `json:"kind"`
	Cases    int64      `json:"cases"`
	Total    int64      `json:"total"`
	Seen     bool       `json:"seen"`
	Verdict  string     `json:"verdict"`
	Remark   string     `json:"remark"`
	SeenAt   *time.Time `json:"seen_at,omitempty"`
}

func signalItemOf(g Signal) SignalItem {
	return SignalItem{g.ID, g.Month, g.Unit, g.UnitName, g.Kind, g.Cases, g.Total, g.Seen, g.Verdict, g.Remark, show.Moment(g.SeenAt)}
}

func (s *Service) apiList(ctx context.Context, in *monthIn) (out signalsOut, err error) {
	out.Items = []SignalItem{}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		out.Month = month(in.Month, tx.Now, s.Catalog.Book().Calendar.Zone).Format("2006-01")
		list, err := Signals(tx, out.Month)
		for _, g := range list {
			out.Items = append(out.Items, signalItemOf(g))
		}
		return err
	})
	return out, err
}

type oneIn struct {
	ID string `path:"id" maxLength:"60"`
}

type oneOut struct {
	SignalItem
	Numbers []string `json:"numbers"` // of its cases
}

func (s *Service) apiOne(ctx context.Context, in *oneIn) (out oneOut, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		g, err := find(tx, in.ID)
		if err != nil {
			return err
		}
		cases, err := casesOf(tx, actor.From(ctx), g.ID)
		out = oneOut{signalItemOf(g), []string{}}
		for _, c := range cases {
			out.Numbers = append(out.Numbers, c.Number)
		}
		return err
	})
	return out, err
}

type settleIn struct {
	ID   string `path:"id" maxLength:"60"`
	Body struct {
		Verdict string `json:"verdict" enum:"fine,talk"`
		Remark  string `json:"remark,omitempty" maxLength:"1000"`
	}
}

func (s *Service) apiSettle(ctx context.Context, in *settleIn) (out SignalItem, err error) {
	if err := s.Settle(ctx, actor.From(ctx), Settle{in.ID, in.Body.Verdict, in.Body.Remark}); err != nil {
		return out, err
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		g, err := find(tx, in.ID)
		out = signalItemOf(g)
		return err
	})
	return out, err
}

// Exports are the signals of a month as a table.
func (s *Service) Exports() []export.List {
	return []export.List{{Name: "signals", Back: "/signals", Policy: "assessment.signals", Open: func(tx *sqldb.Tx, b page.Base, _ actor.Actor, q url.Values) (export.Table, error) {
		m := month(q.Get("month"), tx.Now, s.Catalog.Book().Calendar.Zone).Format("2006-01")
		list, err := Signals(tx, m)
		var rows [][]any
		for _, g := range list {
			_, word := g.status(b)
			rows = append(rows, []any{b.T("catalog.watch_" + g.Kind), g.UnitName, g.Cases, g.Total, word, g.Remark})
		}
		return export.Rows(export.Columns("signal", "unit", "cases", "total", "state", "remark"), m, rows), err
	}}}
}
