package signin

import (
	"context"
	"slices"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// API declares the operations of this feature: what a city demands of those who
// sign in. Signing in itself is for people.
func (s *Service) API(a *api.API) {
	const policy, path = "setup.signin", "/setup/signin"
	a.Chapter("signin")
	api.Add(a, api.Op{ID: "signin", Method: "GET", Path: path, Policy: policy, Pages: []string{"GET " + path}}, s.apiRule)
	api.Add(a, api.Op{ID: "signin-save", Method: "PUT", Path: path, Policy: policy, Pages: []string{"POST " + path}}, s.apiSaveRule)
	api.Add(a, api.Op{ID: "providers", Method: "GET", Path: path + "/providers", Policy: policy, Pages: []string{"GET " + path}},
		func(ctx context.Context, in *listIn) (api.List[providerItem], error) {
			return s.apiProviders(ctx, a, in)
		})
	api.Add(a, api.Op{ID: "provider-create", Method: "POST", Path: path + "/providers", Policy: policy, Create: true, Pages: []string{"POST " + path + "/provider/{provider}"}}, s.apiCreateProvider)
	api.Add(a, api.Op{ID: "provider", Method: "GET", Path: path + "/providers/{provider}", Policy: policy, Pages: []string{"GET " + path + "/provider/{provider}"}}, s.apiProvider)
	api.Add(a, api.Op{ID: "provider-save", Method: "PUT", Path: path + "/providers/{provider}", Policy: policy, Pages: []string{"POST " + path + "/provider/{provider}"}}, s.apiSaveProvider)
}

type listIn struct{ api.Page }

// ruleItem is what the city demands of those who sign in.
type ruleItem struct {
	Second  []string `json:"second"` // roles that must show a second factor
	Grace   string   `json:"grace"`  // last day on which they may do without
	Look    int      `json:"look"`   // minutes for which a proof lets one look at contacts
	Without int      `json:"without"`
}

func (s *Service) apiRule(ctx context.Context, _ *struct{}) (out ruleItem, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		set, err := catalog.LoadSettings(tx)
		if err != nil {
			return err
		}
		r := RuleOf(set)
		for _, role := range r.Roles {
			out.Second = append(out.Second, string(role))
		}
		out.Grace, out.Look = r.Grace, r.Look
		out.Without, err = without(tx, r)
		return err
	})
	return out, err
}

type saveRuleIn struct {
	Body struct {
		Second []string `json:"second" maxItems:"20"`
		Grace  string   `json:"grace,omitempty" maxLength:"10"`
		Look   int      `json:"look" minimum:"1" maximum:"720"`
	}
}

func (s *Service) apiSaveRule(ctx context.Context, in *saveRuleIn) (out ruleItem, err error) {
	c := Rule{Look: in.Body.Look, Grace: in.Body.Grace}
	var wrong fault.Fields
	for _, name := range in.Body.Second {
		if !slices.Contains(actor.Roles, actor.Role(name)) {
			wrong.Add("second", "api.v_wrong")
			break
		}
		c.Roles = append(c.Roles, actor.Role(name))
	}
	if _, e := time.Parse(time.DateOnly, c.Grace); c.Grace != "" && e != nil {
		wrong.Add("grace", "api.v_date")
	}
	if err := wrong.Err(); err != nil {
		return out, err
	}
	if err := s.SaveRule(ctx, actor.From(ctx), c); err != nil {
		return out, err
	}
	return s.apiRule(ctx, nil)
}

// providerItem is an identity provider without its secret.
type providerItem struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Issuer   string `json:"issuer"`
	ClientID string `json:"client_id"`
	Creates  bool   `json:"creates"`
	Active   bool   `json:"active"`
}

func (p Provider) item() providerItem {
	return providerItem{p.ID, p.Name, p.Issuer, p.ClientID, p.Creates, p.Active}
}

func (s *Service) apiProviders(ctx context.Context, a *api.API, in *listIn) (out api.List[providerItem], err error) {
	var list []Provider
	err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		list, err = providers(tx)
		return err
	})
	if err != nil {
		return out, err
	}
	return api.Cut(a, "providers", in.Page, list, func(p Provider) string { return p.ID }, Provider.item)
}

type providerIn struct {
	Provider string `path:"provider" maxLength:"60"`
}

func (s *Service) apiProvider(ctx context.Context, in *providerIn) (out providerItem, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		p, err := findProvider(tx, in.Provider)
		out = p.item()
		return err
	})
	return out, err
}

type providerBody struct {
	Name     string `json:"name" minLength:"1" maxLength:"40"`
	Issuer   string `json:"issuer" minLength:"1" maxLength:"300"`
	ClientID string `json:"client_id" minLength:"1" maxLength:"200"`
	Secret   string `json:"client_secret,omitempty" maxLength:"500"`
	Creates  bool   `json:"creates,omitempty"`
	Active   bool   `json:"active,omitempty"`
}

func (b providerBody) provider(id string) Provider {
	return Provider{ID: id, Name: b.Name, Issuer: b.Issuer, ClientID: b.ClientID, Secret: b.Secret, Creates: b.Creates, Active: b.Active}
}

type createProviderIn struct{ Body providerBody }

func (s *Service) apiCreateProvider(ctx context.Context, in *createProviderIn) (providerItem, error) {
	return s.putProvider(ctx, in.Body.provider(""))
}

type saveProviderIn struct {
	Provider string `path:"provider" maxLength:"60"`
	Body     providerBody
}

func (s *Service) apiSaveProvider(ctx context.Context, in *saveProviderIn) (providerItem, error) {
	if _, err := s.apiProvider(ctx, &providerIn{in.Provider}); err != nil {
		return providerItem{}, err
	}
	return s.putProvider(ctx, in.Body.provider(in.Provider))
}

func (s *Service) putProvider(ctx context.Context, p Provider) (providerItem, error) {
	id, err := s.KeepProvider(ctx, actor.From(ctx), p)
	if err != nil {
		return providerItem{}, err
	}
	return s.apiProvider(ctx, &providerIn{id})
}
