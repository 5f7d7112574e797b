package mail_test

import (
	"bufio"
	"io"
	"net"
	stdmail "net/mail"
	"strings"
	"testing"
	"time"

	gomail "github.com/emersion/go-message/mail"
	"github.com/emersion/go-smtp"

	"gongzhi/internal/mail"
	"gongzhi/internal/mail/mailtest"
	"gongzhi/internal/vault"
)

var noon = func() time.Time { return time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC) }

func sender(k *mailtest.Sink) *mail.Sender {
	return &mail.Sender{Addr: k.Addr, From: "云泽市12345 <12345@yunze.example>", Now: noon}
}

func TestAMessageArrivesAsItWasWritten(t *testing.T) {
	k := mailtest.New(t)
	const text = "李女士，您好：\n您反映的路灯不亮，已经受理。\n查询：https://12345.example/r/1/2\n\n请直接回复 <此邮件>。"
	r, err := sender(k).Send(t.Context(), mail.Out{
		To: "li@例子.example", Subject: "您的诉求 2611 2700 0001 已受理，这是一个比较长的主题，要分成几个编码字", Text: text, Auto: true,
		ReplyTo: "12345+c-1-2@yunze.example", ReturnTo: "12345+n-1-2@yunze.example", MessageID: "n1@yunze.example", InReplyTo: "a@b", References: []string{"x@y", "a@b"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.MessageID != "n1@yunze.example" {
		t.Errorf("message id = %q", r.MessageID)
	}
	m := k.Mails()[0]
	if m.From != "12345+n-1-2@yunze.example" || len(m.To) != 1 || m.To[0] != "li@xn--fsqu00a.example" {
		t.Errorf("envelope = %q to %q", m.From, m.To)
	}
	rd, err := gomail.CreateReader(strings.NewReader(m.Raw))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Subject": "您的诉求 2611 2700 0001 已受理，这是一个比较长的主题，要分成几个编码字", "Reply-To": "云泽市12345 <12345+c-1-2@yunze.example>",
		"Auto-Submitted": "auto-replied", "In-Reply-To": "<a@b>", "References": "<x@y> <a@b>", "Message-Id": "<n1@yunze.example>",
		"Date": "Fri, 27 Nov 2026 12:00:00 +0000", "X-Auto-Response-Suppress": "All",
	} {
		if got, err := rd.Header.Text(name); got != want || err != nil {
			t.Errorf("%s = %q, %v; want %q", name, got, err, want)
		}
	}
	for _, want := range []string{strings.ReplaceAll(text, "\n", "\r\n"), `<a href="https://12345.example/r/1/2">`} {
		p, err := rd.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		if body, _ := io.ReadAll(p.Body); !strings.Contains(string(body), want) {
			t.Errorf("part = %q, want %q in it", body, want)
		}
	}
}

func TestNothingAPersonTypedReachesAnotherRecipientOrHeader(t *testing.T) {
	k := mailtest.New(t)
	s := sender(k)
	for _, to := range []string{"", "a", "a@b,c@d", "a@b\r\nBcc: x@y", "a@b>\r\nRCPT TO:<x@y", `"a b"@c`, "A <a@b.cn>", "a@b c", "a@", "@b", "a@b@c\n"} {
		_, err := s.Send(t.Context(), mail.Out{To: to, Subject: "x", Text: "y"})
		if !mail.IsPermanent(err) {
			t.Errorf("recipient %q: %v, want a permanent refusal", to, err)
		}
	}
	for _, id := range []string{"a@b>\r\nBcc: x@y", "a b@c", "no-at"} {
		if _, err := s.Send(t.Context(), mail.Out{To: "a@b.cn", MessageID: id}); !mail.IsPermanent(err) {
			t.Errorf("message id %q: %v, want a refusal", id, err)
		}
	}
	if n := len(k.Mails()); n != 0 {
		t.Fatalf("%d messages went out", n)
	}
	for _, evil := range []string{"x\r\nBcc: victim@x.cn", "x\nBcc: victim@x.cn", "=?utf-8?q?x=0D=0ABcc:_victim@x.cn?=", "路灯\r\n\r\n<script>", "x\u2028Bcc: victim@x.cn"} {
		if _, err := s.Send(t.Context(), mail.Out{To: "a@b.cn", Subject: evil, Text: evil + "\r\n.\r\nRCPT TO:<x@y>"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range k.Mails() {
		parsed, err := stdmail.ReadMessage(strings.NewReader(m.Raw))
		if err != nil {
			t.Fatal(err)
		}
		if len(m.To) != 1 || parsed.Header.Get("Bcc") != "" || len(parsed.Header) != 7 {
			t.Errorf("recipients %q, header %v", m.To, parsed.Header)
		}
	}
}

func TestTheOutcomeIsToldAsItIs(t *testing.T) {
	k := mailtest.New(t)
	var answer error
	k.Rcpt = func(string) error { return answer }
	for _, c := range []struct {
		name      string
		answer    error
		permanent bool
		code      string
	}{
		{"unknown mailbox", &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "<li@b.cn> unknown"}, true, "550 5.1.1"},
		{"greylisted", &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "try later"}, false, "451 4.7.1"},
	} {
		answer = c.answer
		_, err := sender(k).Send(t.Context(), mail.Out{To: "li@b.cn"})
		f, ok := err.(*mail.Failure)
		if !ok || f.Permanent != c.permanent || f.Code != c.code || f.Unsure {
			t.Errorf("%s: %#v", c.name, err)
		}
		if ok && strings.Contains(f.Error(), "li@") {
			t.Errorf("%s: %q names the recipient", c.name, f.Error())
		}
	}
	s := sender(k)
	s.Addr = "127.0.0.1:1"
	if _, err := s.Send(t.Context(), mail.Out{To: "li@b.cn"}); err == nil || mail.IsPermanent(err) {
		t.Errorf("no server: %v, want a failure for now", err)
	}
}

func TestAServerThatFallsSilentAfterTheLastByteLeavesItOpen(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		lines := bufio.NewScanner(c)
		for _, say := range []string{"220 x\r\n", "250 x\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n"} {
			_, _ = io.WriteString(c, say)
			lines.Scan()
		}
		for lines.Text() != "." && lines.Scan() {
		}
	}()
	s := &mail.Sender{Addr: ln.Addr().String(), From: "a@b.cn", Now: noon}
	_, err = s.Send(t.Context(), mail.Out{To: "li@b.cn", Text: "x"})
	if !mail.IsUnsure(err) || mail.IsPermanent(err) {
		t.Errorf("got %#v, want an open outcome", err)
	}
}

func TestAServerThatAsksForAPasswordGetsIt(t *testing.T) {
	k := mailtest.New(t)
	k.User, k.Pass = "u", "p"
	s := sender(k)
	if _, err := s.Send(t.Context(), mail.Out{To: "li@b.cn"}); err == nil {
		t.Error("sent without a password")
	}
	s.User, s.Password = "u", "wrong"
	if _, err := s.Send(t.Context(), mail.Out{To: "li@b.cn"}); err == nil || mail.IsPermanent(err) {
		t.Errorf("wrong password: %v; want a failure for now, as the operator can mend it", err)
	}
	s.Password = "p"
	if _, err := s.Send(t.Context(), mail.Out{To: "li@b.cn"}); err != nil {
		t.Error(err)
	}
}

func TestATagCannotBeMadeUp(t *testing.T) {
	v, other := vault.Test(), vault.Test()
	const box = "云泽市12345 <12345@yunze.example>"
	addr := mail.Tagged(v, box, mail.CaseTag, "01KTZ9")
	for _, form := range []string{addr, strings.ToUpper(addr)} {
		if kind, id, ok := mail.Untag(v, box, form); !ok || kind != mail.CaseTag || id != "01KTZ9" {
			t.Errorf("%s = %q, %q, %v", form, kind, id, ok)
		}
	}
	for _, bad := range []string{
		strings.Replace(addr, "01ktz9", "01ktz8", 1), strings.Replace(addr, "+c-", "+n-", 1), strings.Replace(addr, "yunze", "other", 1),
		"12345@yunze.example", "12345+c-01ktz9@yunze.example", "12345+c-01ktz9-@yunze.example", mail.Tagged(other, box, mail.CaseTag, "01KTZ9"), "", "@",
	} {
		if _, _, ok := mail.Untag(v, box, bad); ok {
			t.Errorf("%q was believed", bad)
		}
	}
	if !mail.Ours(box, "12345+anything@YUNZE.example") || mail.Ours(box, "123456@yunze.example") {
		t.Error("Ours is wrong about the mailbox")
	}
}
