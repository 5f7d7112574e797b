package dispatch

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/advice"
	"gongzhi/internal/api"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// directPage lists the categories with what was measured of their proposals.
type directPage struct {
	page.Base
	Rows []directRow
	May  bool // the person may switch
}

type directRow struct {
	advice.Trust
	Name   string
	Person string // who switched it on
	Left   int64  // decisions until it can be judged
}

// direct answers GET /dispatch/direct.
func (s *Service) direct(w http.ResponseWriter, r *http.Request) error {
	p := &directPage{Base: s.Base(w, r, "dispatch.direct"), May: actor.Allowed(actor.From(r.Context()), "dispatch.direct")}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		p.Rows, err = s.directRows(tx)
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, directView(p))
}

// directRows are the leaves of the tree that were decided on or switched, those
// switched first, then the most decided.
func (s *Service) directRows(tx *sqldb.Tx) ([]directRow, error) {
	list, err := advice.Trusts(tx)
	if err != nil {
		return nil, err
	}
	var staff []string
	for _, t := range list {
		staff = append(staff, t.By)
	}
	names, err := actor.Names(tx, staff)
	if err != nil {
		return nil, err
	}
	tree := s.Catalog.Book().Tree
	var out []directRow
	for _, t := range list {
		if t.At.IsZero() && (t.Decisions == 0 || !tree.Leaf(t.Category)) {
			continue
		}
		out = append(out, directRow{Trust: t, Name: tree.Name(t.Category), Person: names[t.By], Left: max(0, advice.DirectDecisions-t.Decisions)})
	}
	slices.SortStableFunc(out, func(a, b directRow) int {
		switch {
		case a.On() != b.On():
			return order2(a.On())
		case a.Sunk() != b.Sunk():
			return order2(a.Sunk())
		case a.Allowed() != b.Allowed():
			return order2(a.Allowed())
		}
		return int(b.Decisions - a.Decisions)
	})
	return out, nil
}

// order2 puts what is true first.
func order2(first bool) int {
	if first {
		return -1
	}
	return 1
}

// mostDirect is how many of those that nothing can be switched at are listed: the
// nearest to it. The table has all.
const mostDirect = 20

// shown are the rows the page lists.
func (p *directPage) shown() []directRow {
	n := 0
	for i, r := range p.Rows {
		if r.On() || r.Sunk() || r.Allowed() {
			n = i + 1
		}
	}
	return p.Rows[:min(len(p.Rows), n+mostDirect)]
}

// standing says in a sentence where the city is.
func (p *directPage) standing() string {
	on, may, most := 0, 0, p.Rows[0]
	for _, r := range p.Rows {
		switch {
		case r.On():
			on++
		case r.Allowed():
			may++
		}
		if r.Decisions > most.Decisions {
			most = r
		}
	}
	if on+may == 0 && most.Left > 0 {
		return p.T("dispatch.direct_far", advice.DirectDecisions, most.Name, most.Decisions)
	}
	return p.T("dispatch.direct_now", on, may)
}

// Measured is the share that came true, and of how many: of few it would say
// nothing.
func (r directRow) Measured(b page.Base) string {
	if r.Decisions < leastAgreed {
		return b.T("dispatch.direct_few", r.Right)
	}
	return b.T("dispatch.direct_measured", r.Right, r.Precision())
}

// Precision is the share that came true.
func (r directRow) Precision() string { return tenths(r.Right, r.Decisions) }

// tenths is a share in tenths of a percent, cut and never rounded up: 97.99 % is
// not 98.
func tenths(part, of int64) string {
	if of == 0 {
		return "–"
	}
	n := 1000 * part / of
	return strconv.FormatInt(n/10, 10) + "." + strconv.FormatInt(n%10, 10) + "%"
}

// percent is a share for a sentence, cut.
func percent(share float64) string { return strconv.Itoa(int(share*100)) + "%" }

func (r directRow) stateKey() string {
	switch {
	case r.On():
		return "dispatch.direct_on"
	case r.Sunk():
		return "dispatch.direct_sunk_word"
	}
	return "dispatch.direct_off"
}

// Why says why a category may not be switched on, "" it may.
func (r directRow) Why(b page.Base) string {
	switch {
	case r.Allowed():
		return ""
	case r.Left > 0:
		return b.T("dispatch.direct_left", r.Left)
	}
	return b.T("dispatch.direct_low", r.Precision())
}

func (s *Service) postDirectSwitch(on bool) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, err := web.Form(r); err != nil {
			return err
		}
		key := "dispatch.direct_done_off"
		if on {
			key = "dispatch.direct_done_on"
		}
		if err := s.Advice.Direct(r.Context(), actor.From(r.Context()), r.PathValue("category"), on); err != nil {
			return err
		}
		page.SetFlash(w, r, "", key)
		return web.See(w, r, "/dispatch/direct")
	}
}

func (s *Service) directAPI(a *api.API) {
	api.Add(a, api.Op{ID: "direct", Method: "GET", Path: "/dispatch/direct", Policy: "advice.look", Pages: []string{"GET /dispatch/direct"}}, s.apiDirect)
	for name, on := range map[string]bool{"on": true, "off": false} {
		api.Add(a, api.Op{ID: "direct-" + name, Method: "POST", Path: "/dispatch/direct/" + name + "/{category}", Policy: "dispatch.direct",
			Pages: []string{"POST /dispatch/direct/" + name + "/{category}"}}, func(ctx context.Context, in *directIn) (api.None, error) {
			return api.None{}, s.Advice.Direct(ctx, actor.From(ctx), in.Category, on)
		})
	}
}

type directIn struct {
	Category string `path:"category" maxLength:"20"`
}

type directList struct {
	Items []directItem `json:"items"`
}

type directItem struct {
	Category  string     `json:"category"`
	Name      string     `json:"name"`
	Decisions int64      `json:"decisions"`
	Right     int64      `json:"right"`
	Allowed   bool       `json:"allowed"`
	On        bool       `json:"on"`
	Sunk      bool       `json:"sunk"`
	Since     *time.Time `json:"since,omitempty"`
}

func (s *Service) apiDirect(ctx context.Context, _ *struct{}) (out directList, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		rows, err := s.directRows(tx)
		for _, r := range rows {
			x := directItem{Category: r.Category, Name: r.Name, Decisions: r.Decisions, Right: r.Right, Allowed: r.Allowed(), On: r.On(), Sunk: r.Sunk()}
			if r.On() {
				at := r.At.UTC()
				x.Since = &at
			}
			out.Items = append(out.Items, x)
		}
		return err
	})
	return out, err
}
