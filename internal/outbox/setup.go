package outbox

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/notice"
	"gongzhi/internal/page"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sms"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/vault"
	"gongzhi/internal/web"
)

// blank is one question about a gateway.
type blank struct {
	name    string // of the field; the words have underscores for dots
	part    string // of the form
	options []string
	area    bool
	at      func(*Gateway) *string
}

// blanks are the questions in their order.
var blanks = []blank{
	{"name", "who", nil, false, func(g *Gateway) *string { return &g.Name }},
	{"account", "keys", nil, false, func(g *Gateway) *string { return &g.Secrets.Account }},
	{"sender", "keys", nil, false, func(g *Gateway) *string { return &g.Secrets.Sender }},
	{"send.url", "send", nil, false, func(g *Gateway) *string { return &g.Is.Send.URL }},
	{"send.method", "send", []string{"POST", "GET"}, false, func(g *Gateway) *string { return &g.Is.Send.Method }},
	{"send.format", "send", []string{"form", "json", "text"}, false, func(g *Gateway) *string { return &g.Is.Send.Format }},
	{"charset", "send", []string{"utf-8", "gbk"}, false, func(g *Gateway) *string { return &g.Is.Charset }},
	{"send.headers", "send", nil, true, func(g *Gateway) *string { return &g.Is.Send.Headers }},
	{"send.body", "send", nil, true, func(g *Gateway) *string { return &g.Is.Send.Body }},
	{"sign.how", "sign", append([]string{""}, sms.Hows...), false, func(g *Gateway) *string { return &g.Is.Sign.How }},
	{"sign.code", "sign", sms.Codes, false, func(g *Gateway) *string { return &g.Is.Sign.Code }},
	{"sign.of", "sign", nil, false, func(g *Gateway) *string { return &g.Is.Sign.Of }},
	{"good.where", "good", nil, false, func(g *Gateway) *string { return &g.Is.Good.Where }},
	{"good.values", "good", nil, false, func(g *Gateway) *string { return &g.Is.Good.Values }},
	{"refused", "good", nil, false, func(g *Gateway) *string { return &g.Is.Refused }},
	{"id_at", "good", nil, false, func(g *Gateway) *string { return &g.Is.ID }},
	{"reason", "good", nil, false, func(g *Gateway) *string { return &g.Is.Reason }},
	{"report.list", "report", nil, false, func(g *Gateway) *string { return &g.Is.Report.List }},
	{"report.id", "report", nil, false, func(g *Gateway) *string { return &g.Is.Report.ID }},
	{"report.key", "report", nil, false, func(g *Gateway) *string { return &g.Is.Report.Key }},
	{"report.state", "report", nil, false, func(g *Gateway) *string { return &g.Is.Report.State }},
	{"report.good", "report", nil, false, func(g *Gateway) *string { return &g.Is.Report.Good }},
	{"report.wait", "report", nil, false, func(g *Gateway) *string { return &g.Is.Report.Wait }},
	{"report.reason", "report", nil, false, func(g *Gateway) *string { return &g.Is.Report.Reason }},
	{"reply.list", "reply", nil, false, func(g *Gateway) *string { return &g.Is.Reply.List }},
	{"reply.id", "reply", nil, false, func(g *Gateway) *string { return &g.Is.Reply.ID }},
	{"reply.phone", "reply", nil, false, func(g *Gateway) *string { return &g.Is.Reply.Phone }},
	{"reply.text", "reply", nil, false, func(g *Gateway) *string { return &g.Is.Reply.Text }},
	{"answer", "reply", nil, false, func(g *Gateway) *string { return &g.Is.Answer }},
	{"reports.url", "ask", nil, false, func(g *Gateway) *string { return &g.Is.Reports.URL }},
	{"reports.method", "ask", []string{"POST", "GET"}, false, func(g *Gateway) *string { return &g.Is.Reports.Method }},
	{"reports.format", "ask", []string{"form", "json", "text"}, false, func(g *Gateway) *string { return &g.Is.Reports.Format }},
	{"reports.headers", "ask", nil, true, func(g *Gateway) *string { return &g.Is.Reports.Headers }},
	{"reports.body", "ask", nil, true, func(g *Gateway) *string { return &g.Is.Reports.Body }},
	{"replies.url", "ask", nil, false, func(g *Gateway) *string { return &g.Is.Replies.URL }},
	{"replies.method", "ask", []string{"POST", "GET"}, false, func(g *Gateway) *string { return &g.Is.Replies.Method }},
	{"replies.format", "ask", []string{"form", "json", "text"}, false, func(g *Gateway) *string { return &g.Is.Replies.Format }},
	{"replies.headers", "ask", nil, true, func(g *Gateway) *string { return &g.Is.Replies.Headers }},
	{"replies.body", "ask", nil, true, func(g *Gateway) *string { return &g.Is.Replies.Body }},
}

// mostValue is the longest answer to a question.
const mostValue = 4000

// parts of the form in their order; those behind fold stay closed until needed.
var parts = []string{"who", "keys", "send", "sign", "good", "report", "reply", "ask"}

// styles are descriptions to start from: most gateways are like one of them.
var styles = map[string]sms.Gateway{
	"form": {Send: sms.Call{Method: "POST", URL: "https://", Format: "form", Body: "account={账号}\nts={时间}\nmobile={手机号}\ncontent={内容}\nmsgid={消息号}\nsign={签名}"},
		Sign: sms.Sign{How: "md5", Code: "hex", Of: "{账号}{密钥}{时间}"}, Good: sms.Test{Where: `/^(-?\d+)/`, Values: "0"}, ID: `/^0,(\S+)/`,
		Report: sms.ReportMap{ID: "msgid", State: "status", Good: "DELIVRD,0", Reason: "desc"}, Reply: sms.ReplyMap{ID: "moid", Phone: "mobile", Text: "content"}},
	"json": {Send: sms.Call{Method: "POST", URL: "https://", Format: "json", Headers: "Authorization: Bearer {密钥}", Body: "{\"phone\":\"{手机号}\",\"text\":\"{内容}\",\"clientId\":\"{消息号}\"}"},
		Good: sms.Test{Where: "code", Values: "0,200"}, ID: "data.id", Reason: "message",
		Report: sms.ReportMap{ID: "id", Key: "clientId", State: "state", Good: "delivered", Wait: "sent,queued", Reason: "reason"}, Reply: sms.ReplyMap{ID: "id", Phone: "from", Text: "text"}},
	"query": {Send: sms.Call{Method: "GET", URL: "https://", Format: "form", Body: "appid={账号}\nto={手机号}\ntext={内容}\nnonce={随机}\ntimestamp={秒}\nsignature={签名}"},
		Sign: sms.Sign{How: "hmac-sha256", Code: "hex", Of: "{参数串}"}, Good: sms.Test{Where: `/<code>(\w+)</`, Values: "OK"}, ID: `/<id>(\w+)</`, Reason: `/<message>([^<]*)</`},
}

type gatewaysPage struct {
	page.Base
	List []Gateway
	May  bool
	Demo bool
}

func (s *Service) showGateways(w http.ResponseWriter, r *http.Request) error {
	p := &gatewaysPage{Base: s.Base(w, r, "outbox.gateways"), May: actor.Allowed(actor.From(r.Context()), "setup.city"), Demo: s.Demo}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		p.List, err = s.gateways(tx)
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, gatewaysView(p))
}

// gatewayPage is the form of one gateway.
type gatewayPage struct {
	page.Base
	G        Gateway
	New      bool
	Styles   bool // offer descriptions to start from
	Home     string
	Preview  string
	Problems page.Problems
	Past     []page.Entry
	Tested   string // what the test came to
	TestGood bool
}

// edit is one line of who changed it when.
func (s *Service) newGateway(w http.ResponseWriter, r *http.Request) error {
	g := Gateway{Active: false, Rank: 1}
	g.Is = styles[r.URL.Query().Get("like")]
	return s.drawGateway(w, r, http.StatusOK, &gatewayPage{G: g, New: true}, nil)
}

func (s *Service) showGateway(w http.ResponseWriter, r *http.Request) error {
	g, err := s.readGateway(r)
	if err != nil {
		return err
	}
	return s.drawGateway(w, r, http.StatusOK, &gatewayPage{G: g}, nil)
}

func (s *Service) readGateway(r *http.Request) (Gateway, error) {
	return s.find(r.Context(), r.PathValue("id"))
}

func (s *Service) drawGateway(w http.ResponseWriter, r *http.Request, status int, p *gatewayPage, failed error) error {
	p.Base = s.Base(w, r, "outbox.gateway")
	p.Styles = p.New && p.G.Is.Send.URL == ""
	if p.Home = s.BaseURL; p.Home == "" {
		p.Home = "http://" + r.Host
	}
	if failed != nil {
		p.Problems = p.Base.Problems(failed)
	}
	if p.G.Is.Check() == nil {
		p.Preview, _ = p.G.Is.Try(r.Context(), sms.Message{Key: "消息号", Phone: "13800001234", Text: p.T("outbox.test_text", p.City)}, s.DB.Now())
	}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		p.Past, err = catalog.Edits(tx, p.Base, "gateway", p.G.ID, func(string) string { return "" }) // values may hold secrets
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, status, gatewayView(p))
}

// field is one question as the form asks it.
func (p *gatewayPage) field(b blank) page.Field {
	key := strings.ReplaceAll(b.name, ".", "_")
	f := page.Field{Name: b.name, Label: p.T("outbox.g_" + key), Value: *b.at(&p.G), Error: p.Problems.Of(b.name)}
	if hint := "outbox.gh_" + key; has(p.Base, hint) {
		f.Hint = p.T(hint)
	}
	if b.name == "id_at" {
		f.Error = p.Problems.Of("id_at")
	}
	if b.area {
		f.Class = "code"
	}
	return f
}

func (p *gatewayPage) options(b blank) []page.Option {
	var out []page.Option
	for _, v := range b.options {
		label := v
		if key := "outbox.go_" + strings.ReplaceAll(b.name, ".", "_") + "_" + v; has(p.Base, key) {
			label = p.T(key)
		} else if key := "outbox.go_" + v; has(p.Base, key) {
			label = p.T(key)
		}
		out = append(out, page.Option{Value: v, Label: label})
	}
	return out
}

// of are the questions of one part.
func (p *gatewayPage) of(part string) []blank {
	return slices.DeleteFunc(slices.Clone(blanks), func(b blank) bool { return b.part != part })
}

// open reports whether a part of the form is shown unfolded: it is needed, it is
// in use, or something in it is wrong.
func (p *gatewayPage) open(part string) bool {
	if part == "who" || part == "keys" || part == "send" || part == "good" {
		return true
	}
	return slices.ContainsFunc(p.of(part), func(b blank) bool {
		return p.Problems.Of(b.name) != "" || len(b.options) == 0 && *b.at(&p.G) != ""
	})
}

// door is the address at which the gateway calls us.
func (p *gatewayPage) door(what string) string {
	return p.Home + "/gateway/" + p.G.ID + "/" + p.G.Door + "/" + what
}

func (s *Service) postGateway(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	g, id := Gateway{}, r.PathValue("id")
	if id != "" {
		if g, err = s.readGateway(r); err != nil {
			return err
		}
	} else {
		g.ID = v.String("id", 20)
	}
	for _, b := range blanks {
		*b.at(&g) = v.Text(b.name, mostValue)
	}
	g.Secrets.Secret, g.Secrets.Second = v.Raw("secret"), v.Raw("second")
	g.Active, g.Rank, g.Rev = v.Bool("active"), int64(v.Int("rank")), int64(v.Int("rev"))
	if err = v.Err(); err == nil {
		err = s.SaveGateway(r.Context(), actor.From(r.Context()), SaveGateway{g})
	}
	switch fault.KindOf(err) {
	case "":
		page.SetFlash(w, r, "good", "outbox.gateway_saved")
		return web.See(w, r, "/setup/sms/gateway/"+g.ID)
	case fault.Invalid, fault.Conflict:
		return s.drawGateway(w, r, web.Status(err), &gatewayPage{G: g, New: id == ""}, err)
	}
	return err
}

// TryGateway sends one message by a gateway. refused is the reason of the notice
// package when the gateway did not take it.
func (s *Service) TryGateway(ctx context.Context, a actor.Actor, id, phone string, b page.Base) (ref, refused string, err error) {
	if err := actor.Can(a, "setup.city"); err != nil {
		return "", "", err
	}
	g, err := s.find(ctx, id)
	if err != nil {
		return "", "", err
	}
	if phone = vault.NormalPhone(phone); len(phone) < 5 {
		return "", "", fault.Fields{{Name: "phone", Key: "intake.phone_wrong"}}
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		return actor.Deed(tx, a, "setup.gateway_test", g.ID, vault.MaskPhone(phone))
	})
	if err != nil {
		return "", "", err
	}
	ref, err = s.deliver(ctx, g, sms.Message{Key: "T" + strconv.FormatInt(s.DB.Now().UnixMilli(), 36), Phone: phone, Text: b.T("outbox.test_text", b.City)})
	if err != nil {
		refused, _ = notice.ReasonOf(err)
		return "", refused, nil
	}
	return ref, "", nil
}

func (s *Service) postTest(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	g, err := s.readGateway(r)
	if err != nil {
		return err
	}
	p, b := &gatewayPage{G: g}, s.Base(w, r, "outbox.gateway")
	ref, refused, err := s.TryGateway(r.Context(), actor.From(r.Context()), g.ID, v.String("phone", 40), b)
	switch {
	case fault.KindOf(err) == fault.Invalid:
		return s.drawGateway(w, r, http.StatusUnprocessableEntity, p, err)
	case err != nil:
		return err
	}
	if p.Tested, p.TestGood = b.T("outbox.test_good", ref), refused == ""; refused != "" {
		p.Tested = b.T("outbox.test_bad", show.Reason(b, refused))
	}
	return s.drawGateway(w, r, http.StatusOK, p, nil)
}

func (s *Service) postDoor(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if err := s.NewDoor(r.Context(), actor.From(r.Context()), id); err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "outbox.door_new")
	return web.See(w, r, "/setup/sms/gateway/"+id)
}

// texts are the city's texts of notices by code.
func texts(tx *sqldb.Tx) (map[string]catalog.Text, error) {
	list, err := catalog.Texts(tx, "notice")
	out := make(map[string]catalog.Text, len(list))
	for _, t := range list {
		out[t.Code] = t
	}
	return out, err
}
