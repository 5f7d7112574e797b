package mail

import (
	"regexp"
	"strings"
)

// Bounce is what a mail server says about a mail of ours.
type Bounce struct {
	Permanent bool
	Delayed   bool   // not given up yet
	Status    string // 5.1.1, "" not told
	MessageID string // of our mail, without brackets
}

// report reads a message/delivery-status.
func (r *reader) report(body []byte) {
	b := &Bounce{}
	for _, text := range strings.Split(string(body[:min(len(body), 64<<10)]), "\n") {
		name, value, _ := strings.Cut(text, ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "action":
			action := strings.ToLower(value)
			b.Delayed = action == "delayed"
			if action == "delivered" || action == "relayed" || action == "expanded" {
				b.Status = "2.0.0"
			}
		case "status":
			status, _, _ := strings.Cut(value, " ")
			if b.Status == "" && len(status) < 12 {
				b.Status = status
			}
		}
	}
	b.Permanent = strings.HasPrefix(b.Status, "5") || b.Status == "" && !b.Delayed
	if r.bounce == nil {
		r.bounce = b
	}
}

// of notes which mail the report is about.
func (b *Bounce) of(h header) {
	if b.MessageID == "" {
		b.MessageID = firstOf(ids(h.get("Message-Id")))
	}
}

// Good reports whether the report says that the mail arrived.
func (b *Bounce) Good() bool { return strings.HasPrefix(b.Status, "2") }

// innerID is the id of our mail where it is quoted in the text of a report.
var innerID = regexp.MustCompile(`(?im)^\W*message-id:\s*<([^<>\s]{1,250})>`)

// bounced recognises reports that are written in free form.
func (m *Message) bounced() {
	if m.Bounce != nil {
		return
	}
	kind, params := parameters(m.head.get("Content-Type"))
	local, _, _ := strings.Cut(m.From.Address, "@")
	daemon := local == "mailer-daemon" || local == "postmaster" || m.head.get("X-Failed-Recipients") != "" || strings.TrimSpace(m.head.get("Return-Path")) == "<>" && m.AutoKind() != ""
	if kind == "multipart/report" && params["report-type"] != "feedback-report" || daemon {
		m.Bounce = &Bounce{Permanent: true}
		if found := innerID.FindStringSubmatch(m.Text); found != nil {
			m.Bounce.MessageID = found[1]
		}
	}
}
