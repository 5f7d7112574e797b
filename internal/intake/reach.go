package intake

import (
	"slices"
	"strings"

	"gongzhi/internal/fault"
	"gongzhi/internal/notice"
	"gongzhi/internal/page"
	"gongzhi/internal/vault"
)

// wishes are how a person may want to be told. WeChat is offered where it is
// known, in the account's own dialogue.
var reachWishes = []string{"", notice.SMS, notice.Mail, notice.Nothing}

// reach brings number, address and wish into form, and says what does not fit:
// nobody is told by a channel that leads nowhere.
func reach(wrong *fault.Fields, phone, email, prefer *string) {
	if n := vault.NormalPhone(*phone); *phone != "" && len(n) < 5 {
		wrong.Add("phone", "intake.phone_wrong")
	} else {
		*phone = n
	}
	if *email = strings.TrimSpace(*email); *email != "" && !mailAddress(*email) {
		wrong.Add("email", "intake.email_wrong")
	}
	switch *prefer {
	case notice.SMS:
		if *phone == "" {
			wrong.Add("phone", "intake.prefer_phone_missing")
		}
	case notice.Mail:
		if *email == "" {
			wrong.Add("email", "intake.prefer_email_missing")
		}
	case notice.WeChat, notice.Nothing:
	default:
		*prefer = ""
	}
}

// preferOptions are the answers to "how shall we tell you".
func preferOptions(b page.Base) []page.Option {
	var out []page.Option
	for _, w := range reachWishes {
		key := w
		if key == "" {
			key = "any"
		}
		out = append(out, page.Option{Value: w, Label: b.T("intake.prefer_" + key)})
	}
	return out
}

// preferWord is a wish in words, "" for none.
func preferWord(b page.Base, prefer string) string {
	if prefer == "" || !slices.Contains(append(reachWishes, notice.WeChat), prefer) {
		return ""
	}
	return b.T("intake.prefer_" + prefer)
}
