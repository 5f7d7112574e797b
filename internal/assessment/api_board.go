package assessment

import (
	"context"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
)

type supervisedIn struct {
	api.Page
	Kind string `query:"kind" enum:"supervised,escalated" default:"supervised"`
}

type supervisedItem struct {
	show.Item
	Level      string     `json:"level"`
	DemandUnit string     `json:"demand_unit"`
	DemandedBy string     `json:"demanded_by"`
	DemandedAt *time.Time `json:"demanded_at,omitempty"`
	AnswerBy   *time.Time `json:"answer_by,omitempty"`
}

func (s *Service) apiSupervised(ctx context.Context, a *api.API, in *supervisedIn) (out api.List[supervisedItem], err error) {
	list := "supervised/" + in.Kind
	part, err := show.ListPage(a, list, in.Page)
	if err != nil {
		return out, err
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		rows, next, err := request.List(tx, actor.From(ctx), request.Filter{Flag: in.Kind, Open: "yes", Sort: "due"}, part)
		if err != nil {
			return err
		}
		demands, err := demandsOn(tx, rows, in.Kind)
		for _, r := range rows {
			d := demands[r.ID]
			out.Items = append(out.Items, supervisedItem{show.ItemOf(r), d.Level, d.Unit, d.By, show.Moment(d.At), show.Moment(d.Due)})
		}
		out.Next = a.Next(list, next)
		return err
	})
	return out, err
}

type boardIn struct {
	Span string `query:"span" enum:"month,last,d7,d30,d90" default:"month"`
	Unit string `query:"unit" maxLength:"100"`
}

// boardItem are the figures of the board. Each figure comes with the filter of
// the list that it counts, in the form that the operation cases takes.
type boardItem struct {
	From      time.Time      `json:"from"`
	To        time.Time      `json:"to"`
	Figures   []figureItem   `json:"figures"`
	OverUnits int            `json:"over_units"`
	Units     []unitFigures  `json:"units"`
	Topics    []topicFigures `json:"topics"`
	Areas     []areaFigures  `json:"areas"`
	Inflow    []inflowItem   `json:"inflow"`
}

type figureItem struct {
	Name   string `json:"name"`
	N      int64  `json:"n"`
	Filter string `json:"filter"`
}

// unitFigures are those of a unit with all below it. A rate is given as its two
// counts: how small the second is, the reader must see.
type unitFigures struct {
	Unit     string   `json:"unit"`
	Name     string   `json:"name"`
	Total    bool     `json:"total"`
	Taken    int64    `json:"taken"`
	Open     int64    `json:"open"`
	Overdue  int64    `json:"overdue"`
	Returned int64    `json:"returned"`
	Reopened int64    `json:"reopened"`
	Due      int64    `json:"due"`
	Kept     int64    `json:"kept"`
	Reached  int64    `json:"reached"`
	Solved   int64    `json:"solved"`
	Median   *float64 `json:"median_days,omitempty"`
	P90      *float64 `json:"p90_days,omitempty"`
}

type topicFigures struct {
	Name    string `json:"name"`
	Taken   int64  `json:"taken"`
	Former  int64  `json:"former"`
	Open    int64  `json:"open"`
	Overdue int64  `json:"overdue"`
	Redone  int64  `json:"redone"`
}

type areaFigures struct {
	Area    string `json:"area"`
	Name    string `json:"name"`
	Open    int64  `json:"open"`
	Overdue int64  `json:"overdue"`
}

type inflowItem struct {
	Day   time.Time `json:"day"`
	N     float64   `json:"n"`
	Usual float64   `json:"usual"`
	Low   float64   `json:"low"`
	High  float64   `json:"high"`
}

func (s *Service) apiBoard(ctx context.Context, in *boardIn) (out boardItem, err error) {
	book := s.Catalog.Book()
	var b *board
	err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		b, err = count(tx, actor.From(ctx), newSpan(in.Span, tx.Now, book.Calendar.Zone), in.Unit, book.Tree, s.Atlas.Atlas())
		return err
	})
	if err != nil {
		return out, err
	}
	return b.item(), nil
}

func (b *board) item() boardItem {
	out := boardItem{From: b.Span.From.UTC(), To: b.Span.To.UTC(), OverUnits: b.OverUnits}
	for _, x := range []struct {
		name string
		f    figure
	}{{"yesterday", b.Yesterday}, {"open", b.Open}, {"overdue", b.Overdue}, {"half", b.Half}, {"most", b.Most}, {"last", b.Last},
		{"stopped", b.Stopped}, {"returns", b.Returns}, {"returns_due", b.ReturnsDue}} {
		out.Figures = append(out.Figures, figureItem{x.name, x.f.N, x.f.F.Query(b.Span.From.Location()).Encode()})
	}
	for _, r := range b.Units {
		out.Units = append(out.Units, r.item())
	}
	for _, r := range b.Topics {
		out.Topics = append(out.Topics, topicFigures{r.Name, r.Taken.N, r.Former, r.Open.N, r.Overdue.N, r.Redone.N})
	}
	for _, r := range b.Areas {
		out.Areas = append(out.Areas, areaFigures{r.Area.Code, r.Area.Name, r.Open.N, r.Overdue.N})
	}
	for _, d := range b.Inflow.Days {
		out.Inflow = append(out.Inflow, inflowItem{d.From.UTC(), d.N, d.Usual, d.Low, d.High})
	}
	return out
}

func (r unitRow) item() unitFigures {
	out := unitFigures{Unit: r.Unit.ID, Name: r.Unit.Name, Total: r.Total, Taken: r.Taken.N, Open: r.Open.N, Overdue: r.Overdue.N, Returned: r.Returned.N,
		Reopened: r.Reopened.N, Due: r.Due.N, Kept: r.Kept.N, Reached: r.Reached.N, Solved: r.Solved.N}
	if r.Took.n() > 0 {
		median, p90 := r.Took.days(0.5), r.Took.days(0.9)
		out.Median, out.P90 = &median, &p90
	}
	return out
}
