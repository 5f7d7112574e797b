package device

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/sheet"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// tableAPI is all devices as a table, out and in.
func (s *Service) tableAPI(a *api.API) {
	const look, edit, pages = "device.look", "device.edit", "/setup/devices"
	table := func(ext, media string, format func(io.Writer) sheet.Writer) {
		api.Add(a, api.Op{ID: "device-" + ext, Method: "GET", Path: "/device-table." + ext, Policy: look, Media: media, Pages: []string{"GET " + pages + "/table." + ext, "GET " + pages + "/import"}},
			func(ctx context.Context, _ *struct{}) (api.File, error) {
				var out bytes.Buffer
				err := s.table(ctx, web.Lang(api.Request(ctx)), format(&out))
				return api.File{Type: media, Name: "devices." + ext, Data: out.Bytes()}, err
			})
	}
	table("csv", "text/csv", sheet.CSV)
	table("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", tableWidths)
	api.Add(a, api.Op{ID: "device-import", Method: "POST", Path: "/device-table", Policy: edit, Create: true, Body: importSize * 3 / 2, Pages: []string{"POST " + pages + "/import"}}, s.apiImport)
}

type importIn struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"200"`
		File []byte `json:"file"`
	}
}

type importItem struct {
	Taken int `json:"n"`
}

// apiImport takes all devices of a table, or none: then it is said of the first
// wrong cells where they stand.
func (s *Service) apiImport(ctx context.Context, in *importIn) (out importItem, err error) {
	if len(in.Body.File) == 0 {
		return out, fault.Fields{{Name: "file", Key: "device.import_no_file"}}
	}
	rows, err := readTable(in.Body.Name, bytes.NewReader(in.Body.File), int64(len(in.Body.File)))
	if err != nil {
		return out, err
	}
	p := importPage{Base: page.Base{Lang: web.Lang(api.Request(ctx))}}
	if _, err := s.load(ctx, actor.From(ctx), rows, &p); err != nil {
		return out, err
	}
	var wrong fault.Fields
	for _, x := range p.Bad {
		wrong.Add(fmt.Sprintf("body.file[%d].%s", x.Row, x.field.Name), x.field.Key, x.field.Args...)
	}
	return importItem{len(rows)}, wrong.Err()
}

// ruleAPI is the rules that turn readings into faults.
func (s *Service) ruleAPI(a *api.API) {
	const look, edit, pages = "device.look", "device.edit", "/setup/devices/rules"
	api.Add(a, api.Op{ID: "device-rules", Method: "GET", Path: "/device-rules", Policy: look, Pages: []string{"GET " + pages}},
		func(ctx context.Context, in *rulesIn) (api.List[ruleItem], error) { return s.apiRules(ctx, a, in) })
	api.Add(a, api.Op{ID: "device-rule-create", Method: "POST", Path: "/device-rules", Policy: edit, Create: true, Pages: []string{"GET " + pages + "/new", "POST " + pages + "/new"}}, s.apiCreateRule)
	api.Add(a, api.Op{ID: "device-rule", Method: "GET", Path: "/device-rules/{rule}", Policy: look, Pages: []string{"GET " + pages + "/{rule}"}}, s.apiRule)
	api.Add(a, api.Op{ID: "device-rule-save", Method: "PUT", Path: "/device-rules/{rule}", Policy: edit, Pages: []string{"POST " + pages + "/{rule}"}}, s.apiSaveRule)
}

type rulesIn struct{ api.Page }

type ruleIn struct {
	Rule string `path:"rule" maxLength:"60"`
}

// RuleBody says which readings of a kind of device are a fault, and when it is
// over.
type RuleBody struct {
	Kind      string  `json:"kind" minLength:"1" maxLength:"20"`
	Name      string  `json:"name" minLength:"1" maxLength:"30"`
	Metric    string  `json:"metric,omitempty" maxLength:"40" default:"value"`
	Unit      string  `json:"measure,omitempty" maxLength:"10"`
	Below     bool    `json:"below,omitempty" doc:"api.field_rule_below"`
	Trip      float64 `json:"trip"`
	Clear     float64 `json:"clear"`
	Times     int64   `json:"times,omitempty" minimum:"1" maximum:"100" default:"1"`
	Minutes   int64   `json:"minutes,omitempty" minimum:"1" maximum:"1440" default:"10"`
	Category  string  `json:"category" minLength:"1" maxLength:"20"`
	Urgency   string  `json:"urgency,omitempty" enum:"normal,urgent" default:"normal"`
	RedoHours int64   `json:"redo_hours,omitempty" minimum:"0" maximum:"1440"`
	Advice    string  `json:"advice,omitempty" maxLength:"200"`
	Active    bool    `json:"active,omitempty"`
}

type ruleItem struct {
	ID string `json:"id"`
	RuleBody
	Rev int64 `json:"rev"`
}

func (r Rule) item() ruleItem {
	return ruleItem{r.ID, RuleBody{r.Kind, r.Name, r.Metric, r.Unit, r.Below, r.Trip, r.Clear, r.Times, r.Minutes, r.Category, r.Urgency, r.RedoHours, r.Advice, r.Active}, r.Rev}
}

func (b RuleBody) rule(name string, rev int64) Rule {
	return Rule{ID: name, Kind: b.Kind, Name: b.Name, Metric: b.Metric, Unit: b.Unit, Below: b.Below, Trip: b.Trip, Clear: b.Clear, Times: b.Times, Minutes: b.Minutes,
		Category: b.Category, Urgency: b.Urgency, RedoHours: b.RedoHours, Advice: b.Advice, Active: b.Active, Rev: rev}
}

func (s *Service) apiRules(ctx context.Context, a *api.API, in *rulesIn) (out api.List[ruleItem], err error) {
	var list []Rule
	err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		list, err = Rules(tx)
		return err
	})
	if err != nil {
		return out, err
	}
	return api.Cut(a, "device-rules", in.Page, list, func(r Rule) string { return r.ID }, Rule.item)
}

func (s *Service) apiRule(ctx context.Context, in *ruleIn) (out ruleItem, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		r, err := FindRule(tx, in.Rule)
		out = r.item()
		return err
	})
	return out, err
}

type createRuleIn struct{ Body RuleBody }

func (s *Service) apiCreateRule(ctx context.Context, in *createRuleIn) (ruleItem, error) {
	return s.putRule(ctx, in.Body.rule("", 0))
}

type saveRuleIn struct {
	Rule string `path:"rule" maxLength:"60"`
	Body struct {
		RuleBody
		Rev int64 `json:"rev" minimum:"1"`
	}
}

func (s *Service) apiSaveRule(ctx context.Context, in *saveRuleIn) (ruleItem, error) {
	return s.putRule(ctx, in.Body.rule(in.Rule, in.Body.Rev))
}

func (s *Service) putRule(ctx context.Context, r Rule) (ruleItem, error) {
	name, err := s.PutRule(ctx, actor.From(ctx), r)
	if err != nil {
		return ruleItem{}, err
	}
	return s.apiRule(ctx, &ruleIn{name})
}

// sourceAPI is the systems that speak for devices.
func (s *Service) sourceAPI(a *api.API) {
	const look, edit, pages = "device.look", "device.edit", "/setup/devices/sources"
	api.Add(a, api.Op{ID: "device-sources", Method: "GET", Path: "/device-sources", Policy: look, Pages: []string{"GET " + pages}},
		func(ctx context.Context, in *rulesIn) (api.List[sourceItem], error) { return s.apiSources(ctx, a, in) })
	api.Add(a, api.Op{ID: "device-source-put", Method: "PUT", Path: "/device-sources/{source}", Policy: edit, Pages: []string{"POST " + pages}}, s.apiPutSource)
	api.Add(a, api.Op{ID: "device-source-key", Method: "POST", Path: "/device-sources/{source}/keys", Policy: edit, Create: true, Pages: []string{"POST " + pages + "/{source}/key"}}, s.apiSourceKey)
	api.Add(a, api.Op{ID: "device-source-revoke", Method: "DELETE", Path: "/device-sources/{source}/keys", Policy: edit, Pages: []string{"POST " + pages + "/{source}/revoke"}}, s.apiSourceRevoke)
}

type sourceIn struct {
	Source string `path:"source" maxLength:"40"`
}

type sourceItem struct {
	Code    string    `json:"code"`
	Name    string    `json:"name"`
	Active  bool      `json:"active"`
	Devices int64     `json:"devices"`
	Keys    []keyItem `json:"keys"`
}

func (s *Service) apiSources(ctx context.Context, a *api.API, in *rulesIn) (out api.List[sourceItem], err error) {
	var list []sourceRow
	err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		list, err = sourceRows(tx)
		return err
	})
	if err != nil {
		return out, err
	}
	return api.Cut(a, "device-sources", in.Page, list, func(x sourceRow) string { return x.Code },
		func(x sourceRow) sourceItem { return sourceItem{x.Code, x.Name, x.Active, x.Devices, keysOf(x.Keys)} })
}

type putSourceIn struct {
	Source string `path:"source" maxLength:"40"`
	Body   struct {
		Name   string `json:"name" minLength:"1" maxLength:"40"`
		Active bool   `json:"active,omitempty"`
	}
}

func (s *Service) apiPutSource(ctx context.Context, in *putSourceIn) (api.None, error) {
	return api.None{}, s.PutSource(ctx, actor.From(ctx), Source{in.Source, in.Body.Name, in.Body.Active})
}

func (s *Service) apiSourceKey(ctx context.Context, in *sourceIn) (out secretItem, err error) {
	if err := s.knownSource(ctx, in.Source); err != nil {
		return out, err
	}
	out.Secret, err = s.Issue(ctx, actor.From(ctx), Owner{OfSource, in.Source})
	return out, err
}

func (s *Service) apiSourceRevoke(ctx context.Context, in *sourceIn) (api.None, error) {
	if err := s.knownSource(ctx, in.Source); err != nil {
		return api.None{}, err
	}
	return api.None{}, s.Revoke(ctx, actor.From(ctx), Owner{OfSource, in.Source})
}
