package datasecurity

import (
	"context"
	"net/url"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/locale"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// exportAPI is the lists as tables. A program asks for one, waits for it, and
// fetches it once; with contact data a person does so in a session.
func (s *Service) exportAPI(a *api.API) {
	const staff, one = "datasecurity.exports", "/exports/{id}"
	asks := []string{}
	for _, l := range s.Lists {
		asks = append(asks, "GET /export/"+l.Name, "POST /export/"+l.Name)
	}
	api.Add(a, api.Op{ID: "exports", Method: "GET", Path: "/exports", Policy: staff, Pages: []string{"GET /exports"}},
		func(ctx context.Context, in *exportsIn) (api.List[exportItem], error) {
			return s.apiExports(ctx, a, in)
		})
	api.Add(a, api.Op{ID: "exports-waiting", Method: "GET", Path: "/exports/waiting", Policy: "datasecurity.approve", Pages: []string{"GET /exports"}}, s.apiWaiting)
	api.Add(a, api.Op{ID: "export-ask", Method: "POST", Path: "/exports", Policy: staff, Create: true, Pages: asks}, s.apiAsk)
	api.Add(a, api.Op{ID: "export", Method: "GET", Path: one, Policy: staff, Pages: []string{"GET " + one, "GET " + one + "/progress"}}, s.apiExport)
	api.Add(a, api.Op{ID: "export-go", Method: "POST", Path: one + "/go", Policy: staff, Pages: []string{"POST " + one + "/go"}}, s.apiGo)
	api.Add(a, api.Op{ID: "export-rule", Method: "POST", Path: one + "/rule", Policy: "datasecurity.approve", Pages: []string{"POST " + one + "/rule"}}, s.apiRule)
	api.Add(a, api.Op{ID: "export-file", Method: "POST", Path: one + "/file", Policy: staff, Media: "application/octet-stream", Pages: []string{"POST " + one + "/file"}}, s.apiTake)
}

// exportItem is an export wherever it stands.
type exportItem struct {
	ID         string     `json:"id"`
	Number     string     `json:"export"`
	List       string     `json:"list"`
	Filter     string     `json:"filter"`
	Format     string     `json:"format" enum:"xlsx,csv"`
	Columns    []string   `json:"columns"`
	Contact    bool       `json:"with_contact"`
	Reason     string     `json:"reason"`
	Who        string     `json:"who"`
	Login      string     `json:"login"`
	Unit       string     `json:"unit_name"`
	State      string     `json:"state" enum:"asked,approved,refused,making,ready,fetched,expired,failed"`
	Total      int64      `json:"total"`
	Done       int64      `json:"done" doc:"api.field_rows_done"`
	Decider    string     `json:"decider"`
	Remark     string     `json:"remark"`
	Asked      time.Time  `json:"asked_at"`
	Decided    *time.Time `json:"decided_at,omitempty"`
	FetchUntil *time.Time `json:"fetch_until,omitempty"`
}

func (e *Export) item() exportItem {
	out := exportItem{e.ID, e.Number, e.List, e.Filter, e.Format, e.Columns, e.Contact, e.Reason, e.Who, e.Login, e.UnitName, e.State, e.Total, e.Done, e.DeciderName, e.Remark,
		e.AskedAt.UTC(), nil, nil}
	if e.DecidedAt.UnixMicro() > 0 {
		out.Decided = show.Moment(e.DecidedAt)
	}
	if e.State == Ready {
		out.FetchUntil = show.Moment(e.FetchUntil())
	}
	return out
}

type exportsIn struct {
	Cursor string `query:"cursor" maxLength:"1000"`
}

func (s *Service) apiExports(ctx context.Context, a *api.API, in *exportsIn) (out api.List[exportItem], err error) {
	after, err := a.Position("exports", in.Cursor)
	if err != nil {
		return out, err
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		list, next, err := Exports(tx, actor.From(ctx), after)
		for _, e := range list {
			out.Items = append(out.Items, e.item())
		}
		out.Next = a.Next("exports", next)
		return err
	})
	return out, err
}

type waitingItem struct {
	Items []exportItem `json:"items"`
}

func (s *Service) apiWaiting(ctx context.Context, _ *struct{}) (out waitingItem, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		list, err := Waiting(tx, actor.From(ctx))
		for _, e := range list {
			out.Items = append(out.Items, e.item())
		}
		return err
	})
	return out, err
}

type askIn struct {
	Body struct {
		List    string            `json:"list" minLength:"1" maxLength:"40"`
		Query   map[string]string `json:"query,omitempty"`
		Format  string            `json:"format,omitempty" enum:"xlsx,csv" default:"xlsx"`
		Columns []string          `json:"columns,omitempty" maxItems:"100"`
		Contact bool              `json:"with_contact,omitempty"`
		Reason  string            `json:"reason,omitempty" maxLength:"200"`
	}
}

// apiAsk asks for a list as who may read it: that the call makes an export is
// decided by its own policy.
func (s *Service) apiAsk(ctx context.Context, in *askIn) (out exportItem, err error) {
	b, q := in.Body, url.Values{}
	for name, v := range b.Query {
		if len(name) < 60 && len(v) < 400 {
			q.Set(name, v)
		}
	}
	who := actor.From(ctx)
	who.Writes = false
	e, err := s.Export(ctx, who, Ask{List: b.List, Query: narrowing(q), Lang: web.Lang(api.Request(ctx)), Format: b.Format, Columns: b.Columns, Contact: b.Contact, Reason: b.Reason})
	if err != nil {
		return out, err
	}
	return s.apiExport(ctx, &exportIn{e.ID})
}

type exportIn struct {
	ID string `path:"id" maxLength:"60"`
}

func (s *Service) apiExport(ctx context.Context, in *exportIn) (out exportItem, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		e, err := FindExport(tx, actor.From(ctx), in.ID)
		if err == nil {
			out = e.item()
		}
		return err
	})
	return out, err
}

func (s *Service) apiGo(ctx context.Context, in *exportIn) (exportItem, error) {
	if err := s.Go(ctx, actor.From(ctx), in.ID); err != nil {
		return exportItem{}, err
	}
	return s.apiExport(ctx, in)
}

type ruleIn struct {
	ID   string `path:"id" maxLength:"60"`
	Body struct {
		Grant  bool   `json:"grant"`
		Remark string `json:"remark,omitempty" maxLength:"200"`
	}
}

func (s *Service) apiRule(ctx context.Context, in *ruleIn) (exportItem, error) {
	if err := s.Rule(ctx, actor.From(ctx), Rule{in.ID, in.Body.Grant, in.Body.Remark}); err != nil {
		return exportItem{}, err
	}
	return s.apiExport(ctx, &exportIn{in.ID})
}

// apiTake hands the file over, once: the media type is that of any file, since
// one operation has one.
func (s *Service) apiTake(ctx context.Context, in *exportIn) (api.File, error) {
	who := actor.From(ctx)
	who.Writes = false
	e, data, err := s.Take(ctx, who, in.ID)
	if err != nil {
		return api.File{}, err
	}
	name := strings.Join([]string{locale.T(e.Lang, "export.list_"+e.List), e.Number}, "-") + "." + e.Format
	return api.File{Type: "application/octet-stream", Name: name, Data: data}, nil
}
