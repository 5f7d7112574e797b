package open311

import (
	"context"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/catalog"
	"gongzhi/internal/id"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
)

// API declares the operations of this feature: how the door is kept. The door
// itself is a protocol of its own.
func (s *Service) API(a *api.API) {
	const look, edit, pages = "setup.look", "setup.city", "/setup/open311"
	a.Chapter("open311")
	api.Add(a, api.Op{ID: "open311", Method: "GET", Path: pages, Policy: look, Pages: []string{"GET " + pages}}, s.apiSettings)
	api.Add(a, api.Op{ID: "open311-save", Method: "PUT", Path: pages, Policy: edit, Pages: []string{"POST " + pages + "/settings"}, Fields: map[string]string{"from": "body.publish_from"}}, s.apiSaveSettings)
	api.Add(a, api.Op{ID: "open311-keys", Method: "GET", Path: pages + "/keys", Policy: look, Pages: []string{"GET " + pages}},
		func(ctx context.Context, in *listIn) (api.List[keyItem], error) { return s.apiKeys(ctx, a, in) })
	api.Add(a, api.Op{ID: "open311-key", Method: "POST", Path: pages + "/keys", Policy: edit, Create: true, Pages: []string{"POST " + pages + "/key"}, Fields: map[string]string{"expires": "body.expires_at"}}, s.apiGrant)
	api.Add(a, api.Op{ID: "open311-key-revoke", Method: "DELETE", Path: pages + "/keys/{key}", Policy: edit, Pages: []string{"POST " + pages + "/key/{key}/revoke"}},
		func(ctx context.Context, in *keyIn) (api.None, error) {
			return api.None{}, s.RevokeKey(ctx, actor.From(ctx), in.Key)
		})
	s.partnerAPI(a)
	api.Add(a, api.Op{ID: "case-handon", Method: "POST", Path: "/cases/{number}/handon", Policy: "open311.send", Pages: []string{"POST /case/{number}/handon"},
		Fields: map[string]string{"handon.destination": "body.partner"}}, s.apiHandOn)
	api.Add(a, api.Op{ID: "case-handed", Method: "GET", Path: "/cases/{number}/handon", Policy: "open311.send", Pages: []string{"POST /case/{number}/handon"}}, s.apiHanded)
}

type listIn struct{ api.Page }

// settingsItem are the rules of this door.
type settingsItem struct {
	Endpoint     string `json:"endpoint"`
	Jurisdiction string `json:"jurisdiction"`
	Contact      string `json:"contact" doc:"api.field_open311_contact"`
	Description  string `json:"description" doc:"api.field_open311_description" enum:"title,full,none"`
	From         string `json:"publish_from" enum:"received,dispatched"`
}

func (s *Service) apiSettings(ctx context.Context, _ *struct{}) (out settingsItem, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		set, err := catalog.LoadSettings(tx)
		out = settingsItem{s.base(api.Request(ctx)), set[setJurisdiction], set[setContact], or(set[setDescription], "title"), or(set[setFrom], "received")}
		return err
	})
	return out, err
}

type saveSettingsIn struct {
	Body struct {
		Jurisdiction string `json:"jurisdiction,omitempty" maxLength:"60"`
		Contact      string `json:"contact,omitempty" doc:"api.field_open311_contact" maxLength:"200"`
		Description  string `json:"description" doc:"api.field_open311_description" enum:"title,full,none"`
		From         string `json:"publish_from" enum:"received,dispatched"`
	}
}

func (s *Service) apiSaveSettings(ctx context.Context, in *saveSettingsIn) (out settingsItem, err error) {
	b := in.Body
	if err := s.SaveSettings(ctx, actor.From(ctx), SaveSettings{b.Jurisdiction, b.Contact, b.Description, b.From}); err != nil {
		return out, err
	}
	return s.apiSettings(ctx, nil)
}

// keyItem is a key without its secret.
type keyItem struct {
	ID      string     `json:"id"`
	Name    string     `json:"name"`
	Hint    string     `json:"hint" doc:"api.field_key_hint"`
	Scopes  []string   `json:"scopes"`
	Partner string     `json:"partner"`
	Live    bool       `json:"live"`
	Created time.Time  `json:"created_at"`
	Expires *time.Time `json:"expires_at,omitempty"`
	Revoked *time.Time `json:"revoked_at,omitempty"`
	Used    *time.Time `json:"used_at,omitempty"`
}

func (s *Service) apiKeys(ctx context.Context, a *api.API, in *listIn) (out api.List[keyItem], err error) {
	var list []Key
	err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		list, err = Keys(tx)
		return err
	})
	if err != nil {
		return out, err
	}
	now := s.DB.Now()
	return api.Cut(a, "open311-keys", in.Page, list, func(k Key) string { return k.ID }, func(k Key) keyItem {
		return keyItem{k.ID, k.Name, k.Hint, k.Scopes, k.Destination, k.Live(now), k.Created.UTC(), show.Moment(k.Expires), show.Moment(k.Revoked), show.Moment(k.Used)}
	})
}

type grantIn struct {
	Body struct {
		Name    string    `json:"name" minLength:"1" maxLength:"60"`
		Scopes  []string  `json:"scopes" minItems:"1" maxItems:"3" enum:"create,update,read"`
		Expires time.Time `json:"expires_at,omitempty" required:"false"`
		Partner string    `json:"partner,omitempty" maxLength:"60"`
	}
}

// secretItem is a secret that was just made: said here and never again.
type secretItem struct {
	Secret string `json:"api_key"`
}

func (s *Service) apiGrant(ctx context.Context, in *grantIn) (out secretItem, err error) {
	b := in.Body
	out.Secret, err = s.GrantKey(ctx, actor.From(ctx), GrantKey{b.Name, b.Scopes, b.Expires, b.Partner})
	return out, err
}

type keyIn struct {
	Key string `path:"key" maxLength:"60"`
}

type handOnIn struct {
	Number string `path:"number" maxLength:"40"`
	Body   struct {
		Version int64  `json:"version" minimum:"1"`
		Partner string `json:"partner" minLength:"1" maxLength:"60"`
		Service string `json:"service,omitempty" maxLength:"100"`
	}
}

func (s *Service) apiHandOn(ctx context.Context, in *handOnIn) (handedItem, error) {
	c := HandOn{id.CleanNumber(in.Number), in.Body.Version, in.Body.Partner, in.Body.Service}
	if err := s.HandOn(ctx, actor.From(ctx), c); err != nil {
		return handedItem{}, err
	}
	return s.apiHanded(ctx, &numberIn{in.Number})
}

type numberIn struct {
	Number string `path:"number" maxLength:"40"`
}

type handedItem struct {
	Items []LinkItem `json:"items"`
}

// LinkItem is what a request is at a partner.
type LinkItem struct {
	Partner   string     `json:"partner"`
	Name      string     `json:"name"`
	State     string     `json:"state" enum:"queued,sent,confirmed,retried,failed"`
	Direction string     `json:"direction" enum:"in,out"`
	Service   string     `json:"service"`
	RemoteID  string     `json:"remote_id"`
	Status    string     `json:"remote_status"`
	Trouble   string     `json:"trouble"`
	Created   time.Time  `json:"created_at"`
	Sent      *time.Time `json:"sent_at,omitempty"`
	Confirmed *time.Time `json:"confirmed_at,omitempty"`
	Tries     int64      `json:"tries"`
}

func (l link) item() LinkItem {
	return LinkItem{l.Destination, l.Name, l.State, l.Direction, l.Service, l.RemoteID, l.RemoteStatus, l.Trouble, l.Created.UTC(), show.Moment(l.Sent), show.Moment(l.Confirmed), l.Tries}
}

func (s *Service) apiHanded(ctx context.Context, in *numberIn) (out handedItem, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		o, err := request.FindNumber(tx, actor.From(ctx), id.CleanNumber(in.Number))
		if err != nil {
			return err
		}
		list, err := linksOf(tx, o.ID)
		for _, l := range list {
			out.Items = append(out.Items, l.item())
		}
		return err
	})
	return out, err
}
