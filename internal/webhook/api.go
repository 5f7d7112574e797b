package webhook

import (
	"context"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
)

// API declares the operations of this feature.
func (s *Service) API(a *api.API) {
	const look, edit = "webhook.look", "webhook.edit"
	a.Chapter("webhook")
	api.Add(a, api.Op{ID: "webhooks", Method: "GET", Path: "/webhooks", Policy: look, Pages: []string{"GET /setup/webhooks"}},
		func(ctx context.Context, in *listIn) (api.List[TargetItem], error) { return s.apiList(ctx, a, in) })
	api.Add(a, api.Op{ID: "webhook-create", Method: "POST", Path: "/webhooks", Policy: edit, Create: true, Pages: []string{"GET /setup/webhooks/new", "POST /setup/webhooks/new"}}, s.apiCreate)
	api.Add(a, api.Op{ID: "webhook", Method: "GET", Path: "/webhooks/{id}", Policy: look, Pages: []string{"GET /setup/webhooks/entry/{id}"}}, s.apiOne)
	api.Add(a, api.Op{ID: "webhook-save", Method: "PUT", Path: "/webhooks/{id}", Policy: edit, Pages: []string{"POST /setup/webhooks/entry/{id}"}}, s.apiSave)
	api.Add(a, api.Op{ID: "webhook-secret", Method: "POST", Path: "/webhooks/{id}/secret", Policy: edit, Create: true, Pages: []string{"POST /setup/webhooks/entry/{id}/secret"}}, s.apiSecret)
	api.Add(a, api.Op{ID: "webhook-log", Method: "GET", Path: "/webhooks/{id}/deliveries", Policy: look, Pages: []string{"GET /setup/webhooks/entry/{id}"}},
		func(ctx context.Context, in *logIn) (api.List[deliveryItem], error) { return s.apiLog(ctx, a, in) })
	api.Add(a, api.Op{ID: "webhook-dead", Method: "GET", Path: "/webhook-dead", Policy: look, Pages: []string{"GET /setup/webhooks/dead"}},
		func(ctx context.Context, in *listIn) (api.List[deliveryItem], error) { return s.apiDead(ctx, a, in) })
	api.Add(a, api.Op{ID: "webhook-replay", Method: "POST", Path: "/webhook-dead/replay", Policy: edit, Pages: []string{"POST /setup/webhooks/replay"}}, s.apiReplay)
}

type listIn struct{ api.Page }

// TargetItem is a target without its secrets.
type TargetItem struct {
	ID       string           `json:"id"`
	Name     string           `json:"name"`
	URL      string           `json:"url"`
	Deeds    []string         `json:"deeds"` // none: all
	Unit     string           `json:"unit"`
	Category string           `json:"category"`
	Private  bool             `json:"private"`
	Active   bool             `json:"active"`
	Since    time.Time        `json:"since"`
	Failures int64            `json:"failures"`
	Paused   *time.Time       `json:"paused_until,omitempty"`
	Rev      int64            `json:"rev"`
	Counts   map[string]int64 `json:"counts"` // of deliveries by state
}

func (x Subscription) item(counts map[string]int64) TargetItem {
	return TargetItem{x.ID, x.Name, x.URL, x.Deeds, x.Unit, x.Category, x.Private, x.Active, x.Since.UTC(), x.Failures, show.Moment(x.Paused), x.Rev, counts}
}

func (s *Service) apiList(ctx context.Context, a *api.API, in *listIn) (out api.List[TargetItem], err error) {
	var list []Subscription
	var counts map[string]map[string]int64
	err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		if list, err = Subscriptions(tx); err == nil {
			counts, err = Counts(tx)
		}
		return err
	})
	if err != nil {
		return out, err
	}
	return api.Cut(a, "webhooks", in.Page, list, func(x Subscription) string { return x.ID }, func(x Subscription) TargetItem { return x.item(counts[x.ID]) })
}

type TargetBody struct {
	Name     string   `json:"name" minLength:"1" maxLength:"60"`
	URL      string   `json:"url" minLength:"1" maxLength:"500"`
	Deeds    []string `json:"deeds,omitempty" maxItems:"60"`
	Unit     string   `json:"unit,omitempty" maxLength:"60"`
	Category string   `json:"category,omitempty" maxLength:"20"`
	Private  bool     `json:"private,omitempty"`
	Active   bool     `json:"active,omitempty"`
}

func (b TargetBody) target() Subscription {
	return Subscription{Name: b.Name, URL: b.URL, Deeds: b.Deeds, Unit: b.Unit, Category: b.Category, Private: b.Private, Active: b.Active}
}

type createIn struct{ Body TargetBody }

// createdItem is a new target with the secret that signs what it gets, which is
// said here and never again.
type createdItem struct {
	TargetItem
	Secret string `json:"signing_secret"`
}

func (s *Service) apiCreate(ctx context.Context, in *createIn) (out createdItem, err error) {
	who := actor.From(ctx)
	x, err := s.Save(ctx, who, in.Body.target())
	if err != nil {
		return out, err
	}
	out.TargetItem = x.item(nil)
	out.Secret, err = s.Issue(ctx, who, x.ID)
	return out, err
}

type targetIn struct {
	ID string `path:"id" maxLength:"60"`
}

type targetOne struct {
	TargetItem
	Keys []keyItem `json:"keys"`
}

// keyItem is a secret without the secret.
type keyItem struct {
	ID      string     `json:"id"`
	Created time.Time  `json:"created_at"`
	Expires *time.Time `json:"expires_at,omitempty"`
}

func (s *Service) apiOne(ctx context.Context, in *targetIn) (out targetOne, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		x, err := Find(tx, in.ID)
		if err != nil {
			return err
		}
		counts, err := Counts(tx)
		if err != nil {
			return err
		}
		out.TargetItem = x.item(counts[x.ID])
		keys, _, err := Keys(tx, x.ID)
		for _, k := range keys {
			out.Keys = append(out.Keys, keyItem{k.ID, k.Created.UTC(), show.Moment(k.Expires)})
		}
		return err
	})
	return out, err
}

type saveIn struct {
	ID   string `path:"id" maxLength:"60"`
	Body struct {
		TargetBody
		Rev int64 `json:"rev" minimum:"1"`
	}
}

func (s *Service) apiSave(ctx context.Context, in *saveIn) (out targetOne, err error) {
	x := in.Body.target()
	x.ID, x.Rev = in.ID, in.Body.Rev
	if _, err := s.Save(ctx, actor.From(ctx), x); err != nil {
		return out, err
	}
	return s.apiOne(ctx, &targetIn{in.ID})
}

type secretItem struct {
	Secret string `json:"signing_secret"`
}

func (s *Service) apiSecret(ctx context.Context, in *targetIn) (out secretItem, err error) {
	out.Secret, err = s.Issue(ctx, actor.From(ctx), in.ID)
	return out, err
}

type logIn struct {
	api.Page
	ID string `path:"id" maxLength:"60"`
}

// deliveryItem is one event for one target. The number of a protected request is
// left out.
type deliveryItem struct {
	ID       string     `json:"id"`
	Target   string     `json:"webhook"`
	Number   string     `json:"number"`
	Deed     string     `json:"deed"`
	Happened time.Time  `json:"at"`
	State    string     `json:"state" enum:"queued,done,dead,withheld"`
	Attempts int64      `json:"attempts"`
	Next     *time.Time `json:"next_at,omitempty"`
	Tried    *time.Time `json:"tried_at,omitempty"`
	Status   int64      `json:"status"`
	Millis   int64      `json:"millis"`
	Trouble  string     `json:"trouble"`
}

func (l Line) item() deliveryItem {
	out := deliveryItem{ID: l.ID, Target: l.Subscription, Number: l.Number, Deed: l.Deed, Happened: l.Happened.UTC(), State: l.State, Attempts: l.Attempts,
		Tried: show.Moment(l.Tried), Status: l.Status, Millis: l.Took.Milliseconds(), Trouble: l.Trouble}
	if l.State == Queued {
		out.Next = show.Moment(l.Next)
	}
	return out
}

func (s *Service) apiLog(ctx context.Context, a *api.API, in *logIn) (api.List[deliveryItem], error) {
	return s.part(ctx, a, "webhook/"+in.ID, in.Page, func(tx *sqldb.Tx, before string) ([]Delivery, error) {
		if _, err := Find(tx, in.ID); err != nil {
			return nil, err
		}
		return Log(tx, in.ID, before)
	})
}

func (s *Service) apiDead(ctx context.Context, a *api.API, in *listIn) (api.List[deliveryItem], error) {
	return s.part(ctx, a, "webhook-dead", in.Page, DeadLetters)
}

// part is a part of a list of deliveries behind a position.
func (s *Service) part(ctx context.Context, a *api.API, list string, p api.Page, read func(*sqldb.Tx, string) ([]Delivery, error)) (out api.List[deliveryItem], err error) {
	before, err := a.Position(list, p.Cursor)
	if err != nil {
		return out, err
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		some, err := read(tx, before)
		if err != nil {
			return err
		}
		shown := some[:min(len(some), p.Limit)]
		if len(some) == onPage || len(some) > len(shown) {
			out.Next = a.Next(list, shown[len(shown)-1].ID)
		}
		all, err := lines(tx, shown, nil)
		for _, l := range all {
			out.Items = append(out.Items, l.item())
		}
		return err
	})
	return out, err
}

type replayIn struct {
	Body struct {
		ID     string `json:"id,omitempty" maxLength:"60"`
		Target string `json:"webhook,omitempty" maxLength:"60"`
	}
}

type replayedItem struct {
	N int64 `json:"n"`
}

func (s *Service) apiReplay(ctx context.Context, in *replayIn) (out replayedItem, err error) {
	out.N, err = s.Replay(ctx, actor.From(ctx), in.Body.ID, in.Body.Target)
	return out, err
}
