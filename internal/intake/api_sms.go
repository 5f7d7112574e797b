package intake

import (
	"context"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
)

func (s *Service) smsAPI(a *api.API) {
	const agents = "intake.desk"
	a.Chapter("sms")
	api.Add(a, api.Op{ID: "sms-list", Method: "GET", Path: "/sms", Policy: agents, Pages: []string{"GET /sms"}},
		func(ctx context.Context, in *smsListIn) (api.List[smsItem], error) { return s.apiSMSList(ctx, a, in) })
	api.Add(a, api.Op{ID: "sms-one", Method: "GET", Path: "/sms/{sms}", Policy: agents, Pages: []string{"GET /sms/{sms}"}}, s.apiSMS)
	api.Add(a, api.Op{ID: "sms-case", Method: "POST", Path: "/sms/{sms}/case", Policy: agents, Create: true, Pages: []string{"POST /sms/{sms}/case"}}, s.apiSMSCase)
	api.Add(a, api.Op{ID: "sms-add", Method: "POST", Path: "/sms/{sms}/add", Policy: agents, Pages: []string{"POST /sms/{sms}/add"}}, s.apiSMSAdd)
	api.Add(a, api.Op{ID: "sms-drop", Method: "POST", Path: "/sms/{sms}/drop", Policy: agents, Pages: []string{"POST /sms/{sms}/drop"}}, s.apiSMSDrop)
}

type smsListIn struct {
	api.Page
	Tab string `query:"tab" enum:"wait,rest" default:"wait"`
}

// smsItem is an SMS as the page shows it: its writer masked, numbers hidden.
type smsItem struct {
	ID         string     `json:"id"`
	At         time.Time  `json:"at"`
	From       string     `json:"sender"`
	Text       string     `json:"text"`
	State      string     `json:"state"`
	Deed       string     `json:"deed"`
	Attention  bool       `json:"attention"`
	Deliveries int64      `json:"deliveries"`
	Number     string     `json:"number"`
	By         string     `json:"by"`
	Settled    *time.Time `json:"settled_at,omitempty"`
	Note       string     `json:"note"`
}

func (x SMS) item() smsItem {
	return smsItem{x.ID, x.At.UTC(), x.Masked, x.Words, x.State, x.Deed, x.Attention, x.Deliveries, x.Number, x.By, show.Moment(x.Settled), x.Note}
}

func (s *Service) apiSMSList(ctx context.Context, a *api.API, in *smsListIn) (api.List[smsItem], error) {
	return api.Behind(a, "sms/"+in.Tab, in.Page, func(after string, n int) (list []SMS, err error) {
		err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
			list, err = s.SMSList(tx, in.Tab, after, n)
			return err
		})
		return list, err
	}, func(x SMS) string { return x.ID }, SMS.item)
}

type smsIn struct {
	SMS string `path:"sms" maxLength:"60"`
}

func (s *Service) apiSMS(ctx context.Context, in *smsIn) (out smsItem, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		x, err := s.findSMS(tx, in.SMS)
		out = x.item()
		return err
	})
	return out, err
}

type smsCaseIn struct {
	SMS  string `path:"sms" maxLength:"60"`
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"2000"`
	}
}

type smsNumber struct {
	Number string `json:"number"`
}

func (s *Service) apiSMSCase(ctx context.Context, in *smsCaseIn) (out smsNumber, err error) {
	out.Number, err = s.SMSToCase(ctx, actor.From(ctx), in.SMS, in.Body.Text)
	return out, err
}

type smsAddIn struct {
	SMS  string `path:"sms" maxLength:"60"`
	Body struct {
		Number string `json:"number" minLength:"1" maxLength:"40"`
		Text   string `json:"text" minLength:"1" maxLength:"2000"`
	}
}

func (s *Service) apiSMSAdd(ctx context.Context, in *smsAddIn) (api.None, error) {
	return api.None{}, s.SMSToRequest(ctx, actor.From(ctx), in.SMS, in.Body.Number, in.Body.Text)
}

type smsDropIn struct {
	SMS  string `path:"sms" maxLength:"60"`
	Body struct {
		Note string `json:"note" minLength:"2" maxLength:"200"`
	}
}

func (s *Service) apiSMSDrop(ctx context.Context, in *smsDropIn) (api.None, error) {
	return api.None{}, s.DropSMS(ctx, actor.From(ctx), in.SMS, in.Body.Note)
}
