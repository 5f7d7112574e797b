package show

import (
	"slices"
	"strings"
	"time"

	"gongzhi/internal/locale"
	"gongzhi/internal/notice"
	"gongzhi/internal/page"
)

var noticeKinds = map[string]string{notice.Queued: "new", notice.Kept: "wait", notice.Accepted: "info", notice.Delivered: "done", notice.Failed: "late", notice.Dropped: "wait"}

// Notice is the state of a message as a shape and a word: by which channel, and
// how far it truly came.
func Notice(b page.Base, m notice.Message) (kind, word string) {
	key := "notice.word_" + m.State + "_" + m.Channel
	if !locale.Has(b.Lang, key) {
		key = "notice.state_" + m.State
	}
	return noticeKinds[m.State], b.T(key)
}

// NoticeState is the name of a state of messages.
func NoticeState(b page.Base, state string) (kind, word string) {
	return noticeKinds[state], b.T("notice.state_" + state)
}

// NoticeWhy says why a message waits, failed or was dropped, "" when there is
// nothing to explain. The gateway's own words stand behind ours.
func NoticeWhy(b page.Base, m notice.Message) string {
	if m.State == notice.Queued && !m.Due.IsZero() {
		switch m.Reason {
		case notice.ReasonQuiet, notice.ReasonBudget:
			return b.T("notice.waits_"+m.Reason, b.Stamp(m.Due))
		}
		return b.T("notice.waits_again", b.Stamp(m.Due)) + aside(b, Reason(b, m.Reason))
	}
	return Reason(b, m.Reason)
}

// Reason is the sentence for a reason of the notice package.
func Reason(b page.Base, reason string) string {
	code, words, _ := strings.Cut(reason, ":")
	if code == "" {
		return ""
	}
	text := b.T("notice.why_" + code)
	if !locale.Has(b.Lang, "notice.why_"+code) {
		return words
	}
	if locale.Has(b.Lang, "notice.why_"+words) {
		words = b.T("notice.why_" + words)
	}
	return text + aside(b, words)
}

func aside(b page.Base, words string) string {
	if words == "" {
		return ""
	}
	return b.T("request.colon") + words
}

// NoticeKind is the name of a message's template.
func NoticeKind(b page.Base, template string) string {
	base, _ := notice.BaseCode(template)
	if locale.Has(b.Lang, "notice.kind_"+base) {
		return b.T("notice.kind_" + base)
	}
	return b.T("notice.kind_other")
}

// NoticeChannel is the name of a channel.
func NoticeChannel(b page.Base, channel string) string {
	if !slices.Contains(notice.ChannelNames, channel) {
		channel = "none"
	}
	return b.T("notice.channel_" + channel)
}

// told are the notices of one line of the ledger; those of many followers that
// came equally far are one.
func told(b page.Base, list []notice.Message) []page.Told {
	var out []page.Told
	for _, m := range list {
		kind, word := Notice(b, m)
		t := page.Told{Kind: kind, Word: word, Why: NoticeWhy(b, m), N: 1}
		if at := latest(m); !at.IsZero() {
			t.At = b.Stamp(at)
		}
		same := func(x page.Told) bool { return x.Word == t.Word && x.Why == t.Why }
		if i := slices.IndexFunc(out, same); i >= 0 {
			out[i].N++
			continue
		}
		out = append(out, t)
	}
	return out
}

// latest is when the message came as far as it did, zero while it waits.
func latest(m notice.Message) time.Time {
	if m.Done.IsZero() {
		return m.Sent
	}
	return m.Done
}
