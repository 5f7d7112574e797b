package scoring

import (
	"context"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/score"
	"gongzhi/internal/sqldb"
)

// API declares the operations of this room.
func (s *Service) API(a *api.API) {
	const see, look, edit = "assessment.scores", "setup.look", "setup.city"
	const one = "/setup/schemes/{scheme}"
	a.Chapter("scoring")
	api.Add(a, api.Op{ID: "scores", Method: "GET", Path: "/scores", Policy: see, Pages: []string{"GET /scores"}}, s.apiScores)
	api.Add(a, api.Op{ID: "score-unit", Method: "GET", Path: "/scores/{unit}", Policy: see, Pages: []string{"GET /scores/{unit}"}}, s.apiUnit)
	api.Add(a, api.Op{ID: "score-give", Method: "POST", Path: "/scores/{unit}/given", Policy: "assessment.give", Pages: []string{"POST /scores/{unit}/given"}}, s.apiGive)
	api.Add(a, api.Op{ID: "rates", Method: "GET", Path: "/rates", Policy: see, Pages: []string{"GET /rates"}}, s.apiRates)
	api.Add(a, api.Op{ID: "schemes", Method: "GET", Path: "/schemes", Policy: look, Pages: []string{"GET /setup/schemes"}},
		func(ctx context.Context, in *schemesIn) (api.List[schemeItem], error) {
			return s.apiSchemes(ctx, a, in)
		})
	api.Add(a, api.Op{ID: "scheme-create", Method: "POST", Path: "/schemes", Policy: edit, Create: true, Pages: []string{"GET /setup/schemes/new", "POST /setup/schemes/new"}}, s.apiCreate)
	api.Add(a, api.Op{ID: "scheme", Method: "GET", Path: "/schemes/{scheme}", Policy: look, Pages: []string{"GET " + one, "GET " + one + "/scheme.json", "GET " + one + "/items.xlsx"}}, s.apiScheme)
	api.Add(a, api.Op{ID: "scheme-save", Method: "PUT", Path: "/schemes/{scheme}", Policy: edit, Pages: []string{"POST " + one}}, s.apiSave)
	api.Add(a, api.Op{ID: "scheme-force", Method: "POST", Path: "/schemes/{scheme}/force", Policy: edit, Pages: []string{"POST " + one + "/force"}}, s.apiForce)
	api.Add(a, api.Op{ID: "scheme-copy", Method: "POST", Path: "/schemes/{scheme}/copy", Policy: edit, Create: true, Pages: []string{"POST " + one + "/copy"}}, s.apiCopy)
	api.Add(a, api.Op{ID: "scheme-remove", Method: "POST", Path: "/schemes/{scheme}/remove", Policy: edit, Pages: []string{"POST " + one + "/remove"}}, s.apiRemove)
}

type MonthIn struct {
	Month string `query:"month" maxLength:"7"`
	If    string `query:"if" maxLength:"60"`
}

type unitIn struct {
	MonthIn
	Unit string `path:"unit" maxLength:"100"`
}

// leagueItem is a month scored. Figures are decimals as text, so that no digit is
// lost; each rate comes with its two counts and the filters of their lists.
type leagueItem struct {
	Month  string     `json:"month"`
	Scheme string     `json:"scheme"` // id of the version that scored it, "" none was in force
	Name   string     `json:"name"`
	Units  []unitItem `json:"units"`
	Idle   int        `json:"idle"` // units without a request
}

type unitItem struct {
	Group      string     `json:"group"`
	Unit       string     `json:"unit"`
	Name       string     `json:"name"`
	Taken      int64      `json:"taken"`
	Base       string     `json:"base"`
	Deductions string     `json:"deductions"`
	Bonus      string     `json:"bonus"`
	Total      string     `json:"total"` // "" no total
	Sum        string     `json:"sum"`
	Rank       int        `json:"rank"` // 0 not ranked
	Of         int        `json:"of"`
	Apart      string     `json:"apart"` // why not ranked: none, absent, few
	Grade      string     `json:"grade"`
	Items      []itemItem `json:"items"`
}

type itemItem struct {
	Code        string `json:"code"`
	Name        string `json:"name"`
	State       string `json:"state"` // "" scored, absent, none
	Rate        string `json:"rate"`  // of the program
	Numerator   int64  `json:"numerator"`
	Denominator int64  `json:"denominator"`
	Met         string `json:"numerator_filter"`
	Among       string `json:"denominator_filter"`
	Interval    string `json:"interval"`
	Rule        string `json:"rule"`
	Sum         string `json:"sum"`
	Points      string `json:"points"`
	Full        string `json:"full"`
}

func (s *Service) apiScores(ctx context.Context, in *MonthIn) (out leagueItem, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		l, other, span, err := s.month(tx, actor.From(ctx), in.Month, in.If)
		if err != nil {
			return err
		}
		if other != nil {
			l = other
		}
		out = s.leagueItem(l, span.Name)
		return nil
	})
	return out, err
}

func (s *Service) leagueItem(l *League, month string) leagueItem {
	out := leagueItem{Month: month}
	if l == nil {
		return out
	}
	out.Scheme, out.Name, out.Idle = l.Version.ID, l.Version.Scheme.Name, l.Idle
	for _, g := range l.Groups {
		for _, r := range g.Rows {
			out.Units = append(out.Units, s.unitItem(l, g.Code, r))
		}
	}
	return out
}

func (s *Service) unitItem(l *League, group string, r Row) unitItem {
	p := &leaguePage{Base: page.Base{}, L: l}
	out := unitItem{Group: group, Unit: r.Unit.ID, Name: r.Unit.Name, Taken: r.Came, Rank: r.Rank, Of: r.Of, Apart: r.Apart, Grade: r.Grade}
	if l == nil {
		return out
	}
	out.Base, out.Deductions, out.Bonus = r.Base.String(), p.fixed(r.Lost), p.fixed(r.Bonus)
	if r.Total != nil {
		out.Total, out.Sum = p.fixed(*r.Total), r.Result.Sum(l.Version.Scheme.Total.Round)
	}
	for _, it := range r.Items {
		out.Items = append(out.Items, s.itemItem(l, r, it))
	}
	return out
}

func (s *Service) itemItem(l *League, r Row, it score.Points) itemItem {
	out := itemItem{Code: it.Item.Code, Name: it.Item.Name, State: it.State, Rate: it.Item.Rate, Rule: it.Item.Words("zh"), Sum: it.Sum(), Full: it.Item.Full.String()}
	if it.State == score.Scored {
		out.Points = points(it)
	}
	if c, ok := r.Counts[it.Item.Rate]; ok {
		met, of := l.filters(it.Item.Rate, r.Unit.ID)
		out.Numerator, out.Denominator, out.Interval = c.K, c.N, interval(c)
		out.Met, out.Among = s.query(met), s.query(of)
	}
	return out
}

// query is a filter in the form that the operation cases takes.
func (s *Service) query(f request.Filter) string {
	return f.Query(s.Catalog.Book().Calendar.Zone).Encode()
}

func (s *Service) apiUnit(ctx context.Context, in *unitIn) (out unitItem, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		l, other, _, err := s.month(tx, actor.From(ctx), in.Month, in.If)
		if err != nil {
			return err
		}
		if other != nil {
			l = other
		}
		r, err := unitOf(tx, l, in.Unit)
		if err != nil {
			return err
		}
		out = s.unitItem(l, r.Group, r)
		return nil
	})
	return out, err
}

type giveIn struct {
	Unit string `path:"unit" maxLength:"100"`
	Body struct {
		Month  string `json:"month" minLength:"7" maxLength:"7"`
		Item   string `json:"item" minLength:"1" maxLength:"60"`
		Value  string `json:"value" maxLength:"40"` // a decimal; "" takes it away
		Reason string `json:"reason" minLength:"2" maxLength:"500"`
	}
}

func (s *Service) apiGive(ctx context.Context, in *giveIn) (unitItem, error) {
	b := in.Body
	if err := s.Give(ctx, actor.From(ctx), Give{Month: b.Month, Unit: in.Unit, Item: b.Item, Value: b.Value, Reason: b.Reason}); err != nil {
		return unitItem{}, err
	}
	return s.apiUnit(ctx, &unitIn{MonthIn: MonthIn{Month: b.Month}, Unit: in.Unit})
}

type ratesIn struct {
	Month string `query:"month" maxLength:"7"`
	Unit  string `query:"unit" maxLength:"100"`
}

type ratesItem struct {
	Month string     `json:"month"`
	Unit  string     `json:"unit"`
	Rates []rateItem `json:"rates"`
}

type rateItem struct {
	Name        string `json:"name"`
	Rate        string `json:"rate"` // "–" nothing was to be counted
	Interval    string `json:"interval"`
	Numerator   int64  `json:"numerator"`
	Denominator int64  `json:"denominator"`
	Excluded    int64  `json:"excluded"` // requests left out of it by procedure
	Met         string `json:"numerator_filter"`
	Among       string `json:"denominator_filter"`
}

func (s *Service) apiRates(ctx context.Context, in *ratesIn) (out ratesItem, err error) {
	p := &ratePage{Unit: in.Unit}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		units, err := actor.Units(tx)
		if err != nil {
			return err
		}
		p.offer(units)
		return s.rates(tx, actor.From(ctx), in.Month, p)
	})
	out.Month, out.Unit = p.Month, p.Unit
	for _, r := range p.Rows {
		out.Rates = append(out.Rates, rateItem{r.Name, r.rate(), interval(r.Count), r.Count.K, r.Count.N, r.Out, s.query(r.Met), s.query(r.Of)})
	}
	return out, err
}
