package sms_test

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"gongzhi/internal/fault"
	"gongzhi/internal/outbound"
	"gongzhi/internal/sms"
)

var (
	noon    = time.Date(2026, 11, 27, 4, 0, 0, 0, time.UTC)
	secrets = sms.Secrets{Account: "city", Secret: `p"&=w`, Sender: "云泽12345"}
	hello   = sms.Message{Key: "01KEY-0", Phone: "13800005521", Text: "【云泽】“路灯”已收到 & 编号=1\n第二行"}
)

// way out that may call this machine and gives up soon.
func way() *outbound.Client {
	return &outbound.Client{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Timeout: 300 * time.Millisecond}
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// formGateway is the oldest style: a form in GBK, an MD5 signature, a line of text.
func formGateway(address string) *sms.Gateway {
	return &sms.Gateway{Charset: "gbk", Send: sms.Call{Method: "POST", URL: address + "/sms.do", Format: "form", Body: "account={账号}\nts={时间}\nmobile={手机号}\ncontent={内容}\nmsgid={消息号}\nsign={签名}"},
		Sign: sms.Sign{How: "md5", Code: "HEX", Of: "{账号}{密钥}{时间}"}, Good: sms.Test{Where: `/^(-?\d+)/`, Values: "0"}, Refused: "-3, -4", ID: `/^0,(\S+)/`, Reason: `/^-\d+,(.*)$/`,
		Report: sms.ReportMap{ID: "msgid", State: "status", Good: "DELIVRD", Reason: "desc"}, Reply: sms.ReplyMap{ID: "moid", Phone: "mobile", Text: "content"}}
}

func TestFormWithMD5InGBK(t *testing.T) {
	gw := serve(t, func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		form, err := url.ParseQuery(string(raw))
		content, e := simplifiedchinese.GB18030.NewDecoder().String(form.Get("content"))
		sum := md5.Sum([]byte("city" + `p"&=w` + form.Get("ts")))
		switch {
		case err != nil || e != nil || content != hello.Text || form.Get("ts") != "20261127120000":
			fmt.Fprintf(w, "-9,bad %q", content)
		case form.Get("sign") != strings.ToUpper(hex.EncodeToString(sum[:])):
			io.WriteString(w, "-1,sign")
		case form.Get("mobile") == "13800000000":
			io.WriteString(w, "-3,号码 13800000000 在黑名单")
		default:
			io.WriteString(w, "0,M-77")
		}
	})
	g := formGateway(gw)
	if err := g.Check(); err != nil {
		t.Fatal(err)
	}
	ref, err := g.Deliver(t.Context(), way(), secrets, hello, noon)
	if err != nil || ref != "M-77" {
		t.Errorf("ref %q, %v", ref, err)
	}
	black := hello
	black.Phone = "13800000000"
	var refused *sms.Refused
	if _, err = g.Deliver(t.Context(), way(), secrets, black, noon); !errors.As(err, &refused) {
		t.Fatalf("a number on the black list: %v", err)
	}
	if strings.Contains(refused.Text, "13800000000") || !strings.Contains(refused.Text, "黑名单") {
		t.Errorf("words %q", refused.Text)
	}
	list, err := g.ReadReports([]byte("msgid=M-77&status=DELIVRD&desc="), "application/x-www-form-urlencoded", nil)
	if err != nil || len(list) != 1 || !list[0].Delivered || list[0].ID != "M-77" {
		t.Errorf("report %+v, %v", list, err)
	}
	texts, err := g.ReadReplies(nil, "", url.Values{"moid": {"1"}, "mobile": {"13800005521"}, "content": {"1"}})
	if err != nil || len(texts) != 1 || texts[0] != (sms.Text{ID: "1", Phone: "13800005521", Words: "1"}) {
		t.Errorf("replies %+v, %v", texts, err)
	}
}

// jsonGateway is the modern style: a token in a header, JSON both ways, lists.
func jsonGateway(address string) *sms.Gateway {
	return &sms.Gateway{Send: sms.Call{URL: address + "/v2/messages", Format: "json", Headers: "Authorization: Basic {基本认证}\nX-Once: {消息号}",
		Body: `{"to":["{手机号}"],"text":"{内容}","from":"{发送号}","ref":"{消息号}","at":{毫秒}}`},
		Good: sms.Test{Where: "code", Values: "0"}, Refused: "40012", ID: "data.0.id", Reason: "message",
		Report: sms.ReportMap{List: "events", ID: "id", Key: "ref", State: "state", Good: "delivered", Wait: "sent", Reason: "error.text"},
		Reply:  sms.ReplyMap{List: "messages", ID: "id", Phone: "from", Text: "text"}}
}

func TestJSONWithToken(t *testing.T) {
	gw := serve(t, func(w http.ResponseWriter, r *http.Request) {
		user, pass, _ := r.BasicAuth()
		var in struct {
			To        []string
			Text, Ref string
			At        int64
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || user != "city" || pass != `p"&=w` || in.Text != hello.Text || in.At != noon.UnixMilli() || r.Header.Get("X-Once") != in.Ref {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		switch in.To[0] {
		case "1":
			io.WriteString(w, `{"code":40012,"message":"no such number"}`)
		case "2":
			io.WriteString(w, `{"code":50000,"message":"later"}`)
		case "3":
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			io.WriteString(w, `{"code":0,"data":[{"id":990011223344556677}]}`)
		}
	})
	g := jsonGateway(gw)
	if err := g.Check(); err != nil {
		t.Fatal(err)
	}
	if ref, err := g.Deliver(t.Context(), way(), secrets, hello, noon); err != nil || ref != "990011223344556677" {
		t.Errorf("ref %q, %v", ref, err)
	}
	kinds := map[string]string{}
	for _, phone := range []string{"1", "2", "3"} {
		m := hello
		m.Phone = phone
		_, err := g.Deliver(t.Context(), way(), secrets, m, noon)
		var f *sms.Failed
		var r *sms.Refused
		switch {
		case errors.As(err, &f):
			kinds[phone] = f.Kind
		case errors.As(err, &r):
			kinds[phone] = "refused"
		}
	}
	if kinds["1"] != "refused" || kinds["2"] != "answer" || kinds["3"] != "busy" {
		t.Errorf("answers are read as %v", kinds)
	}
	list, err := g.ReadReports([]byte(`{"events":[{"id":1,"state":"delivered"},{"id":"2","state":"sent"},{"ref":"K","state":"expired","error":{"text":"off"}},{"state":"x"}]}`), "application/json", nil)
	if err != nil || len(list) != 2 || list[0].ID != "1" || list[1].Key != "K" || list[1].Delivered || list[1].Reason != "expired off" {
		t.Errorf("reports %+v, %v", list, err)
	}
	for _, bad := range []string{``, `[]`, `{"events":7}`, `nonsense`, `{"events":[null,1,"x"]}`} {
		if list, err := g.ReadReports([]byte(bad), "application/json", nil); err == nil {
			t.Errorf("%q is read as %+v", bad, list)
		}
	}
}

// queryGateway is called by address alone, answers in XML and has to be asked.
func queryGateway(address string) *sms.Gateway {
	return &sms.Gateway{Send: sms.Call{Method: "GET", URL: address + "/send?v=1", Body: "appid={账号}\nto={手机号}\ntext={内容}\nnonce={随机}\ntimestamp={秒}\nsignature={签名}"},
		Sign: sms.Sign{How: "hmac-sha256", Code: "hex", Of: "{参数串}"}, Good: sms.Test{Where: `/<code>(\w+)</`, Values: "OK"}, ID: `/<id>(\w+)</`,
		Reports: sms.Call{Method: "GET", URL: address + "/reports", Body: "appid={账号}"}, Replies: sms.Call{Method: "GET", URL: address + "/mo", Body: "appid={账号}"},
		Report: sms.ReportMap{List: `/(?s)<r>.*?</r>/`, ID: `/<id>(\w+)</`, State: `/<s>(\w+)</`, Good: "0"},
		Reply:  sms.ReplyMap{List: `/(?s)<m>.*?</m>/`, ID: `/<id>(\w+)</`, Phone: `/<from>(\d+)</`, Text: `/(?s)<text>(.*?)</`}}
}

func TestQueryWithHMACAndAsking(t *testing.T) {
	gw := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/reports":
			io.WriteString(w, `<list><r><id>9</id><s>0</s></r><r><id>10</id><s>7</s></r></list>`)
			return
		case "/mo":
			io.WriteString(w, `<list/>`)
			return
		}
		q := r.URL.Query()
		var parts []string
		for _, name := range []string{"appid", "to", "text", "nonce", "timestamp"} {
			parts = append(parts, name+"="+q.Get(name))
		}
		slices.Sort(parts)
		mac := hmac.New(sha256.New, []byte(`p"&=w`))
		io.WriteString(mac, strings.Join(parts, "&"))
		if q.Get("signature") != hex.EncodeToString(mac.Sum(nil)) || q.Get("v") != "1" || q.Get("text") != hello.Text {
			io.WriteString(w, "<a><code>SIGN</code></a>")
			return
		}
		io.WriteString(w, "<a><code>OK</code><id>9</id></a>")
	})
	g := queryGateway(gw)
	if err := g.Check(); err != nil {
		t.Fatal(err)
	}
	if ref, err := g.Deliver(t.Context(), way(), secrets, hello, noon); err != nil || ref != "9" {
		t.Errorf("ref %q, %v", ref, err)
	}
	list, err := g.AskReports(t.Context(), way(), secrets, noon)
	if err != nil || len(list) != 2 || !list[0].Delivered || list[1].Delivered || list[1].ID != "10" {
		t.Errorf("reports %+v, %v", list, err)
	}
	if texts, err := g.AskReplies(t.Context(), way(), secrets, noon); err != nil || len(texts) != 0 {
		t.Errorf("replies %+v, %v", texts, err)
	}
}

func TestSilentAndAbsentGatewaysAreToldApart(t *testing.T) {
	hang := make(chan struct{})
	silent := serve(t, func(http.ResponseWriter, *http.Request) { <-hang })
	defer close(hang)
	gone := httptest.NewServer(nil)
	gone.Close()
	for address, want := range map[string]string{silent: "timeout", gone.URL: "down"} {
		_, err := formGateway(address).Deliver(t.Context(), way(), secrets, hello, noon)
		var f *sms.Failed
		if !errors.As(err, &f) || f.Kind != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	// The network we stand in is out of reach unless an operator has named it.
	_, err := formGateway(gone.URL).Deliver(t.Context(), &outbound.Client{}, secrets, hello, noon)
	if !errors.Is(err, outbound.ErrRefused) {
		t.Errorf("an address inside: %v", err)
	}
}

func TestDescriptionsAreCheckedByField(t *testing.T) {
	for name, spoil := range map[string]func(*sms.Gateway){
		"send.url":     func(g *sms.Gateway) { g.Send.URL = "https://{账号}.example/x" },
		"send.body":    func(g *sms.Gateway) { g.Send.Body = `{"to":"{手机号}","text":{内容}}` },
		"send.headers": func(g *sms.Gateway) { g.Send.Headers = "no colon" },
		"good.where":   func(g *sms.Gateway) { g.Good.Where = "/(/" },
		"report.good":  func(g *sms.Gateway) { g.Report.Good = "" },
		"sign.of":      func(g *sms.Gateway) { g.Sign = sms.Sign{How: "md5"} },
		"reports.url":  func(g *sms.Gateway) { g.Reports.URL = "ftp://x/y" },
	} {
		g := jsonGateway("https://sms.example.cn")
		spoil(g)
		if _, ok := fault.FieldsOf(g.Check()).Of(name); !ok {
			t.Errorf("%s is accepted: %v", name, g.Check())
		}
	}
	g := jsonGateway("https://sms.example.cn")
	g.Send.Body = strings.Replace(g.Send.Body, "{消息号}", "{身份证}", 1)
	if f, ok := fault.FieldsOf(g.Check()).Of("send.body"); !ok || f.Key != "sms.place_unknown" {
		t.Errorf("an unknown place: %v", g.Check())
	}
}

func TestNoValueLeavesItsPlace(t *testing.T) {
	var got *http.Request
	gw := serve(t, func(w http.ResponseWriter, r *http.Request) { got = r; io.WriteString(w, `{"code":0}`) })
	g := jsonGateway(gw)
	g.Send.Headers = "X-Text: {内容}"
	if _, err := g.Deliver(t.Context(), way(), secrets, hello, noon); err == nil || got != nil {
		t.Errorf("a text with two lines went into a header: %v", err)
	}
	evil := sms.Message{Key: "k", Phone: "1", Text: `","to":["13900000000"],"x":"{密钥}`}
	g = jsonGateway(gw)
	preview, err := g.Try(t.Context(), evil, noon)
	if err != nil || strings.Contains(preview, `"to":["13900000000"]`) || !strings.Contains(preview, "{密钥}") {
		t.Errorf("%v\n%s", err, preview)
	}
	if strings.Contains(preview, secrets.Secret) {
		t.Error("the preview shows the secret")
	}
}
