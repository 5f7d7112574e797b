package sms

import (
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"gongzhi/internal/fault"
)

var places = regexp.MustCompile(`\{([\p{Han}][\p{Han}A-Za-z0-9]*)\}`)

// Check says what is wrong with a description, by field.
func (g *Gateway) Check() error {
	var wrong fault.Fields
	g.checkCall(&wrong, "send", g.Send)
	if g.Reports.URL != "" {
		g.checkCall(&wrong, "reports", g.Reports)
	}
	if g.Replies.URL != "" {
		g.checkCall(&wrong, "replies", g.Replies)
	}
	if !strings.Contains(g.Send.URL+g.Send.Body, "{手机号}") || !strings.Contains(g.Send.URL+g.Send.Body, "{内容}") {
		wrong.Add("send.body", "sms.needs_phone_and_text")
	}
	if g.Sign.How != "" && strings.TrimSpace(g.Sign.Of) == "" {
		wrong.Add("sign.of", "sms.sign_of_nothing")
	}
	unknown(&wrong, "sign.of", g.Sign.Of)
	for name, where := range map[string]string{"good.where": g.Good.Where, "id": g.ID, "reason": g.Reason, "report.list": g.Report.List, "report.id": g.Report.ID, "report.key": g.Report.Key,
		"report.state": g.Report.State, "report.reason": g.Report.Reason, "reply.list": g.Reply.List, "reply.id": g.Reply.ID, "reply.phone": g.Reply.Phone, "reply.text": g.Reply.Text} {
		if len(where) > 1 && where[0] == '/' {
			if _, err := regexp.Compile(strings.Trim(where, "/")); err != nil || where[len(where)-1] != '/' {
				wrong.Add(name, "sms.expression_wrong")
			}
		}
	}
	if g.Report.State != "" && g.Report.Good == "" {
		wrong.Add("report.good", "sms.report_good_missing")
	}
	return wrong.Err()
}

func (g *Gateway) checkCall(wrong *fault.Fields, name string, c Call) {
	u, err := url.Parse(places.ReplaceAllString(c.URL, "x"))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		wrong.Add(name+".url", "sms.url_wrong")
		return
	}
	if i := strings.Index(c.URL, "://"); places.MatchString(strings.SplitN(c.URL[i+3:], "/", 2)[0]) {
		wrong.Add(name+".url", "sms.url_host_fixed")
	}
	for field, text := range map[string]string{".url": c.URL, ".headers": c.Headers, ".body": c.Body} {
		unknown(wrong, name+field, text)
	}
	v := values(Secrets{Account: "a", Secret: `b"`, Second: "c", Sender: "d"}, Message{Key: "k", Phone: "13800000000", Text: "一“二”\"\n"}, time.Unix(0, 0))
	if _, err := lines(c.Headers, ":"); err != nil {
		wrong.Add(name+".headers", "sms.lines_wrong", ":")
		return
	}
	if _, err := g.request(context.Background(), c, v); err != nil {
		wrong.Add(name+".body", "sms.lines_wrong", "=")
		return
	}
	if c.Format == "json" && !json.Valid([]byte(fill(c.Body, v, inJSON))) {
		wrong.Add(name+".body", "sms.json_wrong")
	}
}

func unknown(wrong *fault.Fields, field, text string) {
	for _, m := range places.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(Places, m[1]) {
			wrong.Add(field, "sms.place_unknown", m[0])
			return
		}
	}
}
