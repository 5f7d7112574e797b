package dispatch

import (
	"context"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/id"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

func (s *Service) queueAPI(a *api.API) {
	api.Add(a, api.Op{ID: "queue", Method: "GET", Path: "/dispatch/queue", Policy: "dispatch.queue", Pages: []string{"GET /dispatch"}},
		func(ctx context.Context, in *queueIn) (api.List[queueItem], error) { return s.apiQueue(ctx, a, in) })
	api.Add(a, api.Op{ID: "advice", Method: "GET", Path: "/dispatch/advice", Policy: "advice.look", Pages: []string{"GET /dispatch/advice"}}, s.apiAdvice)
	api.Add(a, api.Op{ID: "advice-choose", Method: "POST", Path: "/dispatch/advice/{model}", Policy: "advice.choose", Pages: []string{"POST /dispatch/advice"}}, func(ctx context.Context, in *chooseIn) (api.None, error) {
		return api.None{}, s.Advice.Choose(ctx, actor.From(ctx), in.Model)
	})
	api.Add(a, api.Op{ID: "queue-counts", Method: "GET", Path: "/dispatch/counts", Policy: "dispatch.queue", Pages: []string{"GET /dispatch/counts"}}, s.apiCounts)
	api.Add(a, api.Op{ID: "queue-send", Method: "POST", Path: "/dispatch/queue", Policy: "dispatch.queue", Pages: []string{"POST /dispatch"}}, s.apiSendQueue)
	api.Add(a, api.Op{ID: "queue-merge", Method: "POST", Path: "/dispatch/merge", Policy: "dispatch.merge",
		Pages: []string{"GET /dispatch/merge", "POST /dispatch/merge", "POST /dispatch/unmerge"}}, s.apiMergeMany)
}

type mergeManyIn struct {
	Body struct {
		Into   string     `json:"into" minLength:"1" maxLength:"40"`
		From   []fromBody `json:"from" minItems:"1" maxItems:"20"`
		Reason string     `json:"reason,omitempty" maxLength:"300"`
	}
}

// fromBody is one that is to be merged, as the caller saw it.
type fromBody struct {
	Number  string `json:"number" minLength:"1" maxLength:"40"`
	Version int64  `json:"version" minimum:"1"`
}

// apiMergeMany merges several requests into one, all or none.
func (s *Service) apiMergeMany(ctx context.Context, in *mergeManyIn) (out show.Done, err error) {
	who := actor.From(ctx)
	c := MergeMany{Into: clean(in.Body.Into), Reason: in.Body.Reason}
	for _, f := range in.Body.From {
		c.From = append(c.From, On{clean(f.Number), f.Version})
	}
	if err := s.MergeMany(ctx, who, c); err != nil {
		return out, err
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		out, err = show.Now(tx, who, c.Into)
		return err
	})
	return out, err
}

type queueIn struct {
	api.Page
	Part   string `query:"part" enum:"to_dispatch,urgent,human,pre_consult,objection_review,extension_review,hold_review,termination_review" default:"to_dispatch"`
	Repeat string `query:"repeat" enum:"again,many,any"`
}

type queueItem struct {
	show.Item
	Proposal *proposalItem `json:"proposal,omitempty"`
	Plea     *pleaItem     `json:"plea,omitempty"`
	Near     []nearItem    `json:"near"`
	Places   []namedItem   `json:"places"`
}

// namedItem is a place that the words name, for a person to take: the case-place
// operation takes it by its number.
type namedItem struct {
	N    int     `json:"n"`
	Text string  `json:"text"`
	Kind string  `json:"kind"`
	Area string  `json:"area"`
	Lat  float64 `json:"lat"`
	Lng  float64 `json:"lng"`
}

// proposalItem is what the duty list says, and why.
type proposalItem struct {
	Lead      string       `json:"lead"`
	LeadName  string       `json:"lead_name"`
	Certain   bool         `json:"certain"`
	Rule      string       `json:"rule"`
	Reason    string       `json:"reason"`
	Assists   []assistItem `json:"assists"`
	Copy      string       `json:"copy"`
	Limit     int          `json:"limit"`
	LimitUnit string       `json:"limit_unit"`
	DueAt     *time.Time   `json:"due_at,omitempty"`
	Steps     []string     `json:"steps"`
}

type assistItem struct {
	Unit      string `json:"unit"`
	Name      string `json:"name"`
	Limit     int    `json:"limit"`
	LimitUnit string `json:"limit_unit"`
}

type pleaItem struct {
	Kind         string     `json:"kind"`
	Unit         string     `json:"unit"`
	UnitName     string     `json:"unit_name"`
	Proposed     string     `json:"proposed"`
	ProposedName string     `json:"proposed_name"`
	Days         int64      `json:"days"`
	Until        *time.Time `json:"until,omitempty"`
	Reason       string     `json:"reason"`
	AskedAt      time.Time  `json:"asked_at"`
}

// nearItem may be the same matter. Metres is -1 where a place is unknown, Alike the
// share of the words that both have, 0 where only place and category agree.
type nearItem struct {
	Number    string  `json:"number"`
	Title     string  `json:"title"`
	Metres    float64 `json:"metres"`
	Alike     float64 `json:"alike"`
	Followers int64   `json:"followers"`
}

func (s *Service) apiQueue(ctx context.Context, a *api.API, in *queueIn) (out api.List[queueItem], err error) {
	who := actor.From(ctx)
	list, part := "queue/"+in.Part+"/"+in.Repeat, partOf(in.Part)
	part.repeat = in.Repeat
	after, err := a.Position(list, in.Cursor)
	if err != nil {
		return out, err
	}
	b := page.Base{Lang: web.Lang(api.Request(ctx)), Zone: s.Catalog.Book().Calendar.Zone}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		b.Now = tx.Now
		rows, next, err := s.queueRows(tx, who, part, request.Page{After: after, Size: in.Limit})
		for _, r := range rows {
			out.Items = append(out.Items, r.item(b, part.sends()))
		}
		out.Next = a.Next(list, next)
		return err
	})
	return out, err
}

func (r queueRow) item(b page.Base, sends bool) queueItem {
	out := queueItem{Item: show.ItemOf(r.Row)}
	if sends {
		out.Proposal = r.Proposal.item(b)
	}
	if p := r.Plea; p != nil {
		out.Plea = &pleaItem{p.Kind, p.Unit, p.UnitName, p.Proposed, r.Proposed, p.Days, show.Moment(p.Until), p.Reason, p.AskedAt.UTC()}
	}
	for _, n := range r.Near {
		out.Near = append(out.Near, nearItem{n.Number, n.Title, n.Metres, n.Alike, n.Followers})
	}
	for _, x := range r.Places {
		out.Places = append(out.Places, namedItem{x.N, x.Text, x.Kind, x.Area, x.Lat, x.Lng})
	}
	return out
}

func (p Proposal) item(b page.Base) *proposalItem {
	out := &proposalItem{Lead: p.Lead.ID, LeadName: p.Lead.Name, Certain: p.Certain(), Rule: p.Rule, Reason: p.Reason, Copy: p.Copy.ID,
		Limit: p.Limit.N, LimitUnit: p.Limit.Unit, DueAt: show.Moment(p.Due)}
	for _, x := range p.Assists {
		out.Assists = append(out.Assists, assistItem{x.Unit.ID, x.Unit.Name, x.Limit.N, x.Limit.Unit})
	}
	for _, step := range p.Steps {
		out.Steps = append(out.Steps, stepWords(b, step))
	}
	return out
}

type countsItem struct {
	Parts map[string]int64 `json:"parts"`
}

func (s *Service) apiCounts(ctx context.Context, _ *struct{}) (out countsItem, err error) {
	out.Parts = map[string]int64{}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		counts, err := countParts(tx, actor.From(ctx))
		for i, p := range parts {
			out.Parts[p.name] = counts[i]
		}
		return err
	})
	return out, err
}

type sendQueueIn struct {
	Body struct {
		Picks []pickBody `json:"picks" minItems:"1" maxItems:"20"`
	}
}

// pickBody is what the caller saw, so that nothing else is sent.
type pickBody struct {
	Number  string `json:"number" minLength:"1" maxLength:"40"`
	Version int64  `json:"version" minimum:"1"`
	Lead    string `json:"lead" minLength:"1" maxLength:"100"`
}

type sentItem struct {
	Sent []string   `json:"sent"`
	Kept []keptItem `json:"kept"`
}

type keptItem struct {
	Number string `json:"number"`
	Why    string `json:"why" enum:"changed,unsure,refused"`
}

func (s *Service) apiSendQueue(ctx context.Context, in *sendQueueIn) (out sentItem, err error) {
	var rep report
	for _, p := range in.Body.Picks {
		if err := s.sendOne(ctx, actor.From(ctx), pick{id.CleanNumber(p.Number), p.Version, p.Lead}, true, &rep); err != nil {
			return out, err
		}
	}
	out.Sent = rep.Sent
	for _, k := range rep.Kept {
		out.Kept = append(out.Kept, keptItem{k.Number, k.Why})
	}
	return out, nil
}

func clean(number string) string { return id.CleanNumber(number) }
