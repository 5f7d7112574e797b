package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"gongzhi/internal/app"
	"gongzhi/internal/mail"
)

// Mailbox is the address at which the demonstration city receives mail.
const Mailbox = "12345@yunze.example"

// note is a mail of the demonstration: from whom, about what, saying what, with
// which further fields.
type note struct{ from, subject, text, head string }

// notes are what lies in the mailbox: requests, one in the old encoding, a bounce,
// an absence notice, a newsletter, and two that a person has to read.
func notes() []note {
	return []note{
		{"孙女士 <sun@mail.example>", "梧桐路公交站没有遮雨棚", "每天在梧桐路公交站等车，下雨天老人孩子都淋着。能不能加一个雨棚？\n\n发自我的iPhone", ""},
		{"吴先生 <wu@mail.example>", "小区门口夜里施工", "我们小区东门外的工地，昨天夜里十一点以后还在打桩，已经连着三天了。请管一管。", "Content-Type: text/plain; charset=gb2312\n"},
		{"Emma <emma@mail.example>", "Broken ramp at the library", "The wheelchair ramp at the city library is blocked by bicycles every weekend. Could somebody look at it?", ""},
		{"mailer-daemon@mail.example", "退信：无法投递", "您发给 zhao@mail.example 的邮件无法投递，对方邮箱已满。", "Auto-Submitted: auto-replied\n"},
		{"钱先生 <qian@mail.example>", "自动回复：外出", "我在外出差，12月1日回来后回复您。", "Auto-Submitted: auto-replied\n"},
		{"行业简报 <news@mail.example>", "城市服务简报 第38期", "本期：垃圾分类经验交流。", "List-Id: <news.mail.example>\nPrecedence: bulk\n"},
		{"周女士 <zhou@mail.example>", "", "", "Content-Type: application/pdf; name=\"shuoming.pdf\"\nContent-Disposition: attachment; filename*=utf-8''%E6%83%85%E5%86%B5%E8%AF%B4%E6%98%8E.pdf\n"},
		{"郑先生 <zheng@mail.example>", "转来：路口红绿灯不亮", "这封信是转发来的，收件人写的是原来的信箱。青云大道和学府路路口的红绿灯从早上起一直不亮，上学的孩子过马路很危险。", "X-Demo: aside\n"},
	}
}

// write has the mails arrive, as from the polled mailbox; the work on them is left
// to the jobs.
func (c *City) write(ctx context.Context, a *app.App) error {
	for i, n := range notes() {
		if err := a.Mailbox.Take(ctx, mail.Incoming{Via: "imap", Raw: n.raw(i, a.DB.Now())}); err != nil {
			return fmt.Errorf("mails of the demonstration city: %w", err)
		}
	}
	return nil
}

func (n note) raw(i int, now time.Time) []byte {
	to := Mailbox
	if strings.Contains(n.head, "aside") {
		to = "shizhang@yunze.example"
	}
	head := n.head
	if !strings.Contains(head, "Content-Type") {
		head += "Content-Type: text/plain; charset=utf-8\n"
	}
	text := n.text
	if strings.Contains(head, "gb2312") {
		if old, err := simplifiedchinese.GBK.NewEncoder().String(text); err == nil {
			text = old
		}
	}
	raw := fmt.Sprintf("Message-ID: <demo-%d@mail.example>\nDate: %s\nFrom: %s\nTo: %s\nSubject: %s\nMIME-Version: 1.0\n%s\n%s\n", i+1, now.Format(time.RFC1123Z), n.from, to, n.subject, head, text)
	return []byte(strings.ReplaceAll(raw, "\n", "\r\n"))
}
