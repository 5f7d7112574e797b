package open311

import (
	"context"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
)

// partnerAPI is the systems that requests are handed to.
func (s *Service) partnerAPI(a *api.API) {
	const look, edit, path, pages = "setup.look", "setup.city", "/setup/open311/partners", "/setup/open311/partner/{partner}"
	api.Add(a, api.Op{ID: "partners", Method: "GET", Path: path, Policy: look, Pages: []string{"GET /setup/open311"}},
		func(ctx context.Context, in *listIn) (api.List[PartnerItem], error) { return s.apiPartners(ctx, a, in) })
	api.Add(a, api.Op{ID: "partner-create", Method: "POST", Path: path, Policy: edit, Create: true, Pages: []string{"POST " + pages}}, s.apiCreatePartner)
	api.Add(a, api.Op{ID: "partner", Method: "GET", Path: path + "/{partner}", Policy: look, Pages: []string{"GET " + pages}}, s.apiPartner)
	api.Add(a, api.Op{ID: "partner-save", Method: "PUT", Path: path + "/{partner}", Policy: edit, Pages: []string{"POST " + pages}}, s.apiSavePartner)
	api.Add(a, api.Op{ID: "partner-map", Method: "PUT", Path: path + "/{partner}/mappings/{category}", Policy: edit, Pages: []string{"POST " + pages + "/mapping"}}, s.apiMap)
	api.Add(a, api.Op{ID: "partner-unmap", Method: "DELETE", Path: path + "/{partner}/mappings/{category}", Policy: edit, Pages: []string{"POST " + pages + "/mapping"}}, s.apiUnmap)
	api.Add(a, api.Op{ID: "partner-check", Method: "POST", Path: path + "/{partner}/check", Policy: edit, Pages: []string{"POST " + pages + "/check"}},
		func(ctx context.Context, in *partnerIn) (api.None, error) {
			return api.None{}, s.Check(ctx, actor.From(ctx), in.Partner)
		})
}

// PartnerBody is another system as the office describes it.
type PartnerBody struct {
	Name         string `json:"name" minLength:"1" maxLength:"60"`
	Discovery    string `json:"discovery,omitempty" maxLength:"500"`
	Endpoint     string `json:"endpoint,omitempty" maxLength:"500"`
	Format       string `json:"format,omitempty" enum:"json,xml" default:"json"`
	Jurisdiction string `json:"jurisdiction,omitempty" maxLength:"100"`
	Unit         string `json:"unit,omitempty" maxLength:"60"`
	Active       bool   `json:"active,omitempty"`
	Photos       bool   `json:"media,omitempty" doc:"api.field_partner_media"`
	Upload       bool   `json:"upload,omitempty" doc:"api.field_partner_upload"`
	Extended     bool   `json:"extended,omitempty"`
	Requests     bool   `json:"requests,omitempty" doc:"api.field_partner_requests"`
	All          bool   `json:"all,omitempty" doc:"api.field_partner_all"`
	Contact      bool   `json:"with_contact,omitempty"`
	Mail         string `json:"mail,omitempty" maxLength:"200"`
	Datum        string `json:"datum,omitempty" enum:"wgs84,gcj02,bd09" default:"wgs84"`
	Wait         int    `json:"wait,omitempty" minimum:"0" maximum:"300"`
}

func (b PartnerBody) destination() Destination {
	return Destination{Name: b.Name, Discovery: b.Discovery, Endpoint: b.Endpoint, JSON: b.Format != "xml", Jurisdiction: b.Jurisdiction, Unit: b.Unit, Active: b.Active,
		Switches: Switches{Photos: b.Photos, Upload: b.Upload, Extended: b.Extended, Requests: b.Requests, All: b.All, Contact: b.Contact, Mail: b.Mail, Datum: b.Datum, Wait: b.Wait}}
}

// PartnerItem is a partner without the key it gave us.
type PartnerItem struct {
	ID string `json:"id"`
	PartnerBody
	HasKey  bool       `json:"has_key"`
	Checked *time.Time `json:"checked_at,omitempty"`
	Trouble string     `json:"trouble"`
	Rev     int64      `json:"rev"`
}

func (d Destination) item() PartnerItem {
	w := d.Switches
	return PartnerItem{d.ID, PartnerBody{d.Name, d.Discovery, d.Endpoint, formatWord(d.JSON), d.Jurisdiction, d.Unit, d.Active, w.Photos, w.Upload, w.Extended, w.Requests, w.All,
		w.Contact, w.Mail, or(w.Datum, "wgs84"), w.Wait}, d.Key != "" /* sealed or open */, show.Moment(d.Checked), d.Trouble, d.Rev}
}

func (s *Service) apiPartners(ctx context.Context, a *api.API, in *listIn) (out api.List[PartnerItem], err error) {
	var list []Destination
	err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		list, err = Destinations(tx)
		return err
	})
	if err != nil {
		return out, err
	}
	return api.Cut(a, "partners", in.Page, list, func(d Destination) string { return d.ID }, Destination.item)
}

type partnerIn struct {
	Partner string `path:"partner" maxLength:"60"`
}

// partnerOne is a partner with its services, our categories to them, and what
// was handed on last.
type partnerOne struct {
	PartnerItem
	Services []serviceItem `json:"services"`
	Mappings []mappingItem `json:"mappings" doc:"api.field_partner_mappings"`
	Links    []handedOne   `json:"links"`
}

type serviceItem struct {
	Code  string `json:"service"`
	Name  string `json:"name"`
	Group string `json:"group"`
	Type  string `json:"type"`
}

type mappingItem struct {
	Category string `json:"category"`
	Service  string `json:"service"`
}

type handedOne struct {
	Number string `json:"number"`
	LinkItem
}

func (s *Service) apiPartner(ctx context.Context, in *partnerIn) (out partnerOne, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		d, err := s.destination(tx, in.Partner)
		if err != nil {
			return err
		}
		out.PartnerItem = d.item()
		for _, x := range d.Services {
			out.Services = append(out.Services, serviceItem{x.Code, x.Name, x.Group, x.Type})
		}
		table, err := Mappings(tx, d.ID)
		if err != nil {
			return err
		}
		for _, m := range table {
			out.Mappings = append(out.Mappings, mappingItem(m))
		}
		list, err := lastLinks(tx, d.ID)
		for _, l := range list {
			out.Links = append(out.Links, handedOne{l.Number, l.item()})
		}
		return err
	})
	return out, err
}

type createPartnerIn struct {
	Body struct {
		PartnerBody
		Key string `json:"api_key,omitempty" maxLength:"300"`
	}
}

func (s *Service) apiCreatePartner(ctx context.Context, in *createPartnerIn) (partnerOne, error) {
	d := in.Body.destination()
	d.Key = in.Body.Key
	return s.putPartner(ctx, d)
}

type savePartnerIn struct {
	Partner string `path:"partner" maxLength:"60"`
	Body    struct {
		PartnerBody
		Key string `json:"api_key,omitempty" maxLength:"300"`
		Rev int64  `json:"rev" minimum:"1"`
	}
}

func (s *Service) apiSavePartner(ctx context.Context, in *savePartnerIn) (out partnerOne, err error) {
	d := in.Body.destination()
	d.ID, d.Key, d.Rev = in.Partner, in.Body.Key, in.Body.Rev
	return s.putPartner(ctx, d)
}

func (s *Service) putPartner(ctx context.Context, d Destination) (out partnerOne, err error) {
	name, err := s.SaveDestination(ctx, actor.From(ctx), d)
	if err != nil {
		return out, err
	}
	return s.apiPartner(ctx, &partnerIn{name})
}

// UnmapIn names a line of the table.
type UnmapIn struct {
	Partner  string `path:"partner" maxLength:"60"`
	Category string `path:"category" maxLength:"20"`
}

type mapIn struct {
	UnmapIn
	Body struct {
		Service string `json:"service" minLength:"1" maxLength:"100"`
	}
}

func (s *Service) apiMap(ctx context.Context, in *mapIn) (api.None, error) {
	return api.None{}, s.SaveMapping(ctx, actor.From(ctx), in.Partner, Mapping{in.Category, in.Body.Service})
}

func (s *Service) apiUnmap(ctx context.Context, in *UnmapIn) (api.None, error) {
	return api.None{}, s.SaveMapping(ctx, actor.From(ctx), in.Partner, Mapping{in.Category, ""})
}
