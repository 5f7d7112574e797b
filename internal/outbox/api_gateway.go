package outbox

import (
	"context"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// gatewayAPI is the city's SMS gateways.
func (s *Service) gatewayAPI(a *api.API) {
	const path, pages = "/setup/sms", "/setup/sms/gateway/{id}"
	api.Add(a, api.Op{ID: "gateways", Method: "GET", Path: path, Policy: "setup.look", Pages: []string{"GET /setup/sms"}},
		func(ctx context.Context, in *gatewaysIn) (api.List[GatewayItem], error) {
			return s.apiGateways(ctx, a, in)
		})
	api.Add(a, api.Op{ID: "gateway-create", Method: "POST", Path: path, Policy: "setup.city", Create: true, Pages: []string{"GET /setup/sms/new", "POST /setup/sms/new"}}, s.apiCreateGateway)
	api.Add(a, api.Op{ID: "gateway", Method: "GET", Path: path + "/{id}", Policy: "setup.city", Pages: []string{"GET " + pages}}, s.apiGateway)
	api.Add(a, api.Op{ID: "gateway-save", Method: "PUT", Path: path + "/{id}", Policy: "setup.city", Pages: []string{"POST " + pages}}, s.apiSaveGateway)
	api.Add(a, api.Op{ID: "gateway-test", Method: "POST", Path: path + "/{id}/test", Policy: "setup.city", Rate: web.Rate{N: 20, Per: time.Minute}, Pages: []string{"POST " + pages + "/test"}}, s.apiTestGateway)
	api.Add(a, api.Op{ID: "gateway-door", Method: "POST", Path: path + "/{id}/door", Policy: "setup.city", Create: true, Pages: []string{"POST " + pages + "/door"}}, s.apiDoor)
}

type gatewaysIn struct{ api.Page }

// GatewayItem is a gateway as lists show it.
type GatewayItem struct {
	ID      string     `json:"id"`
	Name    string     `json:"name"`
	Active  bool       `json:"active"`
	Rank    int64      `json:"rank"`
	Rev     int64      `json:"rev"`
	Changed time.Time  `json:"changed_at"`
	Trouble string     `json:"trouble"`
	Since   *time.Time `json:"trouble_at,omitempty"`
}

func (g Gateway) item() GatewayItem {
	return GatewayItem{g.ID, g.Name, g.Active, g.Rank, g.Rev, g.Changed.UTC(), g.Trouble, show.Moment(g.Since)}
}

func (s *Service) apiGateways(ctx context.Context, a *api.API, in *gatewaysIn) (out api.List[GatewayItem], err error) {
	var list []Gateway
	err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		list, err = s.gateways(tx)
		return err
	})
	if err != nil {
		return out, err
	}
	return api.Cut(a, "gateways", in.Page, list, func(g Gateway) string { return g.ID }, Gateway.item)
}

type gatewayIn struct {
	ID string `path:"id" maxLength:"20"`
}

// GatewayOne is a gateway with its description by question, as its form asks. Of
// its secrets it says only which are set; the address at which it calls us holds
// one and is not said either.
type GatewayOne struct {
	GatewayItem
	Values map[string]string `json:"values"`
	Set    []string          `json:"secrets_set"`
}

func (g Gateway) one() GatewayOne {
	out := GatewayOne{GatewayItem: g.item(), Values: map[string]string{}}
	for _, b := range blanks {
		out.Values[b.name] = *b.at(&g)
	}
	for _, x := range [][2]string{{"secret", g.Secrets.Secret}, {"second", g.Secrets.Second}} {
		if x[1] != "" {
			out.Set = append(out.Set, x[0])
		}
	}
	return out
}

func (s *Service) find(ctx context.Context, id string) (g Gateway, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		g, err = s.gateway(tx, id)
		return err
	})
	return g, err
}

func (s *Service) apiGateway(ctx context.Context, in *gatewayIn) (GatewayOne, error) {
	g, err := s.find(ctx, in.ID)
	if err != nil {
		return GatewayOne{}, err
	}
	return g.one(), nil
}

// GatewayBody is a gateway as it is set: its description by question. A secret
// that is left out stays as it is.
type GatewayBody struct {
	Values map[string]string `json:"values"`
	Secret string            `json:"key_secret,omitempty" maxLength:"4000"`
	Second string            `json:"second_secret,omitempty" maxLength:"4000"`
	Active bool              `json:"active,omitempty"`
	Rank   int64             `json:"rank,omitempty" minimum:"0" maximum:"1000"`
}

// fill sets what the body says; values that are not named stay.
func (b GatewayBody) fill(g *Gateway) error {
	var wrong fault.Fields
	left := len(b.Values)
	for _, x := range blanks {
		if v, named := b.Values[x.name]; named {
			if left--; len([]rune(v)) > mostValue {
				wrong.Add("body.values."+x.name, "web.field_long", mostValue)
			}
			*x.at(g) = v
		}
	}
	if left > 0 {
		wrong.Add("body.values", "api.v_unexpected")
	}
	g.Secrets.Secret, g.Secrets.Second, g.Active, g.Rank = b.Secret, b.Second, b.Active, b.Rank
	return wrong.Err()
}

type createGatewayIn struct {
	Body struct {
		ID string `json:"id" minLength:"2" maxLength:"20"`
		GatewayBody
	}
}

// createdGateway is a new gateway with the address at which it may call us, which
// is said here and with a new one, and never again.
type createdGateway struct {
	GatewayOne
	Door string `json:"door"`
}

func (s *Service) apiCreateGateway(ctx context.Context, in *createGatewayIn) (out createdGateway, err error) {
	g := Gateway{ID: in.Body.ID}
	if err := in.Body.fill(&g); err != nil {
		return out, err
	}
	if err := s.putGateway(ctx, g); err != nil {
		return out, err
	}
	if g, err = s.find(ctx, g.ID); err != nil {
		return out, err
	}
	return createdGateway{g.one(), s.doorOf(ctx, g)}, nil
}

type saveGatewayIn struct {
	ID   string `path:"id" maxLength:"20"`
	Body struct {
		GatewayBody
		Rev int64 `json:"rev" minimum:"1"`
	}
}

func (s *Service) apiSaveGateway(ctx context.Context, in *saveGatewayIn) (out GatewayOne, err error) {
	g, err := s.find(ctx, in.ID)
	if err != nil {
		return out, err
	}
	if err := in.Body.fill(&g); err != nil {
		return out, err
	}
	g.Rev = in.Body.Rev
	if err := s.putGateway(ctx, g); err != nil {
		return out, err
	}
	return s.apiGateway(ctx, &gatewayIn{g.ID})
}

// putGateway is SaveGateway with its fields named as they stand in the body.
func (s *Service) putGateway(ctx context.Context, g Gateway) error {
	err := s.SaveGateway(ctx, actor.From(ctx), SaveGateway{g})
	fields := fault.FieldsOf(err)
	for i, f := range fields {
		if f.Name != "id" {
			fields[i].Name = "body.values." + f.Name
		}
	}
	if len(fields) > 0 {
		return fields
	}
	return err
}

type testGatewayIn struct {
	ID   string `path:"id" maxLength:"20"`
	Body struct {
		Phone string `json:"phone" minLength:"5" maxLength:"40"`
	}
}

// testedItem is what a gateway said about a message to try it.
type testedItem struct {
	Taken bool   `json:"taken" doc:"api.field_test_taken"`
	Ref   string `json:"ref"`
	Said  string `json:"said"`
}

func (s *Service) apiTestGateway(ctx context.Context, in *testGatewayIn) (testedItem, error) {
	b := page.Base{Lang: web.Lang(api.Request(ctx)), City: s.Catalog.Book().Settings["city.name"]}
	ref, refused, err := s.TryGateway(ctx, actor.From(ctx), in.ID, in.Body.Phone, b)
	if refused != "" {
		return testedItem{Said: show.Reason(b, refused)}, nil
	}
	return testedItem{Taken: err == nil, Ref: ref}, err
}

type doorItem struct {
	Door string `json:"door"`
}

func (s *Service) apiDoor(ctx context.Context, in *gatewayIn) (out doorItem, err error) {
	if err := s.NewDoor(ctx, actor.From(ctx), in.ID); err != nil {
		return out, err
	}
	g, err := s.find(ctx, in.ID)
	if err != nil {
		return out, err
	}
	return doorItem{s.doorOf(ctx, g)}, nil
}

// doorOf is the address at which a gateway calls us, without its last part.
func (s *Service) doorOf(ctx context.Context, g Gateway) string {
	home := s.BaseURL
	if home == "" {
		home = "http://" + api.Request(ctx).Host
	}
	return home + "/gateway/" + g.ID + "/" + g.Door
}
