package mail_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"

	"gongzhi/internal/mail"
)

func read(t *testing.T, raw string) *mail.Message {
	t.Helper()
	m, err := mail.Read(t.Context(), []byte(raw), mail.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const (
	simplified  = "梧桐路32号门前的路灯坏了三天，晚上很黑，老人不敢出门，请尽快派人来修。"
	traditional = "梧桐路三十二號門前的路燈壞了三天，晚上很黑，老人不敢出門，請儘快派人來修。"
)

func TestChineseIsReadWhateverItIsLabelled(t *testing.T) {
	gb, big, hz := simplifiedchinese.GB18030, traditionalchinese.Big5, simplifiedchinese.HZGB2312
	for _, c := range []struct {
		name, label, text string
		as                encoding.Encoding
	}{
		{"gb2312", "gb2312", simplified, gb}, {"gbk with a character beyond gb2312", "gb2312", "镕基路" + simplified, gb}, {"gb18030 of four bytes", "gb18030", "㐀" + simplified, gb},
		{"big5", "big5", traditional, big}, {"hz", "hz-gb-2312", simplified, hz}, {"utf-8", "utf-8", simplified, unicode.UTF8},
		{"gbk without a label", "", simplified, gb}, {"big5 without a label", "", traditional, big}, {"utf-8 without a label", "", simplified, unicode.UTF8},
		{"gbk called Latin", "iso-8859-1", simplified, gb}, {"gbk called ASCII", "us-ascii", simplified, gb}, {"gbk called UTF-8", "utf-8", simplified, gb},
		{"utf-8 called gb2312", "gb2312", simplified, unicode.UTF8}, {"an unknown name", "x-mac-chinesesimp", simplified, gb},
		{"the famous word that looks like UTF-8", "gb2312", "联通", gb},
		{"utf-16", "utf-16", simplified, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)},
	} {
		raw, err := c.as.NewEncoder().Bytes([]byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		kind := "text/plain"
		if c.label != "" {
			kind += "; charset=" + c.label
		}
		m := read(t, "From: a@b.cn\r\nContent-Type: "+kind+"\r\nContent-Transfer-Encoding: base64\r\n\r\n"+base64.StdEncoding.EncodeToString(raw))
		if m.Text != c.text {
			t.Errorf("%s: got %q, want %q", c.name, m.Text, c.text)
		}
	}
}

func TestHeadersAreReadAsProgramsWriteThem(t *testing.T) {
	gb := func(s string) string {
		b, _ := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(s))
		return string(b)
	}
	word := func(charset, bytes string) string {
		return "=?" + charset + "?B?" + base64.StdEncoding.EncodeToString([]byte(bytes)) + "?="
	}
	whole := gb("路灯不亮请来修")
	for _, c := range []struct{ name, field, want string }{
		{"gb2312", word("gb2312", whole), "路灯不亮请来修"},
		{"a character cut in two", word("gbk", whole[:5]) + "\r\n " + word("gbk", whole[5:]), "路灯不亮请来修"},
		{"raw bytes", whole, "路灯不亮请来修"},
		{"raw UTF-8", "路灯不亮", "路灯不亮"},
		{"words and plain text", "Re: " + word("utf-8", "路灯") + " 2", "Re: 路灯 2"},
		{"two encodings", word("utf-8", "路灯") + " " + word("gbk", gb("不亮")), "路灯不亮"},
		{"quoted", "=?utf-8?q?=E8=B7=AF=E7=81=AF_2?=", "路灯 2"},
		{"folded", "路灯\r\n\t不亮", "路灯 不亮"},
		{"broken base 64", "=?utf-8?B?6Lev54Gv!!?=", "路灯"},
		{"an unknown charset", word("x-nobody", "路灯"), "路灯"},
		{"something that turns the direction", "a\u202egnp.exe", "agnp.exe"},
	} {
		if m := read(t, "From: a@b.cn\r\nSubject: "+c.field+"\r\n\r\nx"); m.Subject != c.want && m.Header("Subject") != c.want {
			t.Errorf("%s: got %q, want %q", c.name, m.Subject, c.want)
		}
	}
	for field, want := range map[string]mail.Person{
		word("gbk", gb("李女士")) + " <li@b.cn>":       {Name: "李女士", Address: "li@b.cn"},
		`"李, 女士" <LI@B.cn>`:                         {Name: "李, 女士", Address: "li@b.cn"},
		"li@b.cn (李女士)":                             {Name: "李女士", Address: "li@b.cn"},
		word("utf-8", "mayor@city.cn") + "<x@b.cn>": {Address: "x@b.cn"},
		"<not an address>":                          {},
		"a@b.cn, c@d.cn":                            {Address: "a@b.cn"},
	} {
		if got := read(t, "From: "+field+"\r\n\r\nx").From; got != want {
			t.Errorf("From: %s: got %+v, want %+v", field, got, want)
		}
	}
}

func TestFileNamesAreReadAndSafe(t *testing.T) {
	for disposition, want := range map[string]string{
		`attachment; filename*=utf-8''%E5%9D%91.png`:                                    "坑.png",
		`attachment; filename*0*=gb2312''%C2%B7; filename*1*=%B5%C6; filename*2=".png"`: "路灯.png",
		`attachment; filename="=?gbk?B?wrfGxg==?="`:                                     "路破",
		`attachment; filename="../../etc/passwd"`:                                       "passwd",
		`attachment; filename="C:\\Users\\x\\a.png"`:                                    "a.png",
		"attachment; filename=\"a\u202egnp.exe\"":                                       "agnp.exe",
		`attachment`: "2.png",
		`attachment; filename="` + strings.Repeat("长", 300) + `"`: strings.Repeat("长", 120),
	} {
		m := read(t, "From: a@b.cn\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: image/png\r\nContent-Disposition: "+disposition+"\r\n\r\nx\r\n--b--\r\n")
		if len(m.Files) != 1 || m.Files[0].Name != want {
			t.Errorf("%s: got %+v, want %s", disposition, m.Files, want)
		}
	}
}

// TestHTMLShowsWhatAPersonWouldSee is X08: what CSS hides is not read as text, and
// nothing in it is an address that anything could load.
func TestHTMLShowsWhatAPersonWouldSee(t *testing.T) {
	m := read(t, `From: a@b.cn
Content-Type: text/html; charset=utf-8

<html><head><style>p{}</style><title>x</title></head><body><p>路灯不亮</p><div style="display: none">已批准</div><span style="font-size:0px">隐藏</span>
<img src="http://tracker.example/x.gif"><script>alert(1)</script><form action="http://evil.example"><input value="a"><p>请&nbsp;修</p></form>
<a href="http://evil.example/login">市政府</a><blockquote>旧信<br>二</blockquote></body></html>`)
	want := "路灯不亮\n\n请 修\n市政府 <http://evil.example/login>\n> 旧信\n> 二"
	if m.Text != want || !m.HTML {
		t.Errorf("got %q, want %q", m.Text, want)
	}
}

func TestPlainWordsAreTakenBeforeHTML(t *testing.T) {
	m := read(t, "From: a@b.cn\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>网页</p>\n--b\nContent-Type: text/plain; charset=utf-8\n\n文字\n--b--\n")
	if m.Text != "文字" || m.HTML {
		t.Errorf("text = %q", m.Text)
	}
	m = read(t, "From: a@b.cn\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n \n--b\nContent-Type: text/html; charset=utf-8\n\n<p>网页</p>\n--b--\n")
	if m.Text != "网页" {
		t.Errorf("text of an empty plain part = %q", m.Text)
	}
}

func TestLimitsHoldAndSayWhich(t *testing.T) {
	nested := func(n int) string {
		s := "From: a@b.cn\nContent-Type: multipart/mixed; boundary=b0\n\n"
		for i := range n {
			s += fmt.Sprintf("--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n", i, i+1)
		}
		return s + fmt.Sprintf("--b%d\n\nx\n", n)
	}
	for _, c := range []struct{ name, raw, want string }{
		{"nested parts", nested(1000), mail.TooDeep},
		{"messages within messages", "From: a@b.cn\n" + strings.Repeat("Content-Type: message/rfc822\n\n", 100), mail.TooDeep},
		{"many parts", "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nx\n", 100_000), mail.TooManyParts},
		{"many headers", strings.Repeat("X: 1\n", 100_000) + "\nx", mail.TooManyHeaders},
		{"one long header in many lines", "X: 1\n" + strings.Repeat(" 1\n", 100_000) + "\nx", mail.TooManyHeaders},
		{"many headers in a part", "Content-Type: multipart/mixed; boundary=b\n\n--b\n" + strings.Repeat("X: 1\n", 100_000), mail.TooManyHeaders},
		{"large", strings.Repeat("x", 26<<20), mail.TooLarge},
	} {
		if _, err := mail.Read(t.Context(), []byte(c.raw), mail.Limits{}); mail.Reason(err) != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if _, err := mail.Read(t.Context(), []byte(nested(5)), mail.Limits{}); err != nil {
		t.Errorf("five levels: %v", err)
	}
}

func TestOfAnAnswerOnlyTheNewWordsCount(t *testing.T) {
	const own = "灯杆编号 WT-0032。\n请来修。"
	for name, quoted := range map[string]string{
		"QQ":         "\n\n\n------------------ 原始邮件 ------------------\n发件人: \"12345\" <12345@x.cn>;\n旧信",
		"163":        "\n\n\n在 2026-11-27 12:00:00，\"12345\" <12345@x.cn> 写道：\n> 旧信",
		"163 wrote":  "\n\nAt 2026-11-27 12:00:00, \"12345\" <12345@x.cn> wrote:\n>旧信",
		"Gmail":      "\n\n12345 <12345@x.cn> 于2026年11月27日周五 12:00写道：\n\n> 旧信",
		"Gmail en":   "\n\nOn Fri, Nov 27, 2026 at 12:00 PM 12345 <12345@x.cn> wrote:\n> 旧信",
		"two lines":  "\n\nOn Fri, Nov 27, 2026 at 12:00 PM 12345\n<12345@x.cn> wrote:\n> 旧信",
		"Outlook":    "\n\n发件人: 12345 <12345@x.cn>\n发送时间: 2026年11月27日\n收件人: li\n主题: x\n\n旧信",
		"Outlook en": "\n\n________________________________\nFrom: 12345\nSent: Friday\nTo: li\nSubject: x\n\n旧信",
		"signs":      "\n\n> 旧信\n> 旧信二",
		"phone":      "\n\n发自我的iPhone\n\n------------------ 原始邮件 ------------------\n旧信",
		"signature":  "\n-- \n李女士\n电话 138",
		"nothing":    "",
	} {
		if got := mail.Fresh(own + quoted); got != own {
			t.Errorf("%s: got %q, want %q", name, got, own)
		}
	}
	if got := mail.Fresh("12345 <12345@x.cn> 写道：\n> 旧信\n> 旧信二\n\n" + own); got != own {
		t.Errorf("below the quotation: %q", got)
	}
	if got := mail.Fresh("> 旧信\n"); got != "" {
		t.Errorf("only a quotation: %q", got)
	}
}

func TestProblemsDoNotStopTheReader(t *testing.T) {
	for name, c := range map[string]struct{ raw, want string }{
		"no closing boundary": {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n文字", "文字"},
		"wrong boundary":      {"Content-Type: multipart/mixed; boundary=zzz\n\n--b\nContent-Type: text/plain\n\n文字\n--b--\n", "文字"},
		"no boundary at all":  {"Content-Type: multipart/mixed\n\n文字\n", "文字"},
		"not base 64":         {"Content-Transfer-Encoding: base64\nContent-Type: text/plain; charset=utf-8\n\nThis is 文字 and not base 64\nthat one can see\n", "This is 文字 and not base 64\nthat one can see"},
		"no header":           {"文字\n第二行\n", "文字\n第二行"},
		"forwarded as a file": {"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nSubject: 路灯\nContent-Type: text/plain; charset=utf-8\n\n文字\n--b--\n", "路灯\n文字"},
	} {
		if m := read(t, c.raw); m.Text != c.want {
			t.Errorf("%s: %q, want %q (%v)", name, m.Text, c.want, m.Problems)
		}
	}
	if m := read(t, "Message-ID: <a@b>\nIn-Reply-To: <c@d> <e@f>\nReferences: junk <g@h>\n\nx"); m.MessageID != "a@b" || !slices.Equal(m.InReplyTo, []string{"c@d", "e@f"}) || !slices.Equal(m.References, []string{"g@h"}) {
		t.Errorf("ids = %q %q %q", m.MessageID, m.InReplyTo, m.References)
	}
}

// FuzzRead holds that no bytes bring the reader down, and that what it gives is
// text within its limits.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"", "From: a@b.cn\n\nx", "From: =?gbk?B?wrfGxg==?= <a@b.cn>\r\nContent-Type: text/html\r\n\r\n<p style='display:none'>x</p><blockquote>y",
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nx\n--b\nContent-Type: message/delivery-status\n\nAction: failed\nStatus: 5.1.1\n--b\nContent-Type: message/rfc822\n\nMessage-ID: <a@b>\n--b--",
		"Content-Type: multipart/mixed; boundary=\"b\n\n--b\nContent-Disposition: attachment; filename*0*=utf-8''%E5; filename*1=x\nContent-Transfer-Encoding: base64\n\n====A\n--b--",
		"Content-Type: text/plain; charset=hz-gb-2312\n\n~{;}x", "Content-Transfer-Encoding: quoted-printable\n\n=E8=B7=AF=\n=", "\x00\xff\xfe", "Content-Type: multipart/digest; boundary=b\n\n--b\n\n--b--",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := mail.Read(t.Context(), raw, mail.Limits{})
		if err != nil {
			if mail.Reason(err) == "" {
				t.Errorf("an error without a reason: %v", err)
			}
			return
		}
		if strings.ContainsAny(m.Subject+m.From.Name, "\r\n\x00") || strings.Contains(m.Text, "\x00") {
			t.Errorf("controls in %q %q %q", m.From, m.Subject, m.Text)
		}
		if m.From.Address != "" {
			if clean, err := mail.Clean(m.From.Address); err != nil || clean != m.From.Address {
				t.Errorf("sender %q is not an address", m.From.Address)
			}
		}
		if fresh := mail.Fresh(m.Text); len(fresh) > len(m.Text) {
			t.Errorf("%q became longer: %q", m.Text, fresh)
		}
		mail.Identify(raw)
		m.AutoKind()
	})
}
