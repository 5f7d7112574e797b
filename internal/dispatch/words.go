package dispatch

import (
	"strings"
	"time"

	"gongzhi/internal/calendar"
	"gongzhi/internal/page"
	"gongzhi/internal/request/show"
)

// limitWords is a limit as people say it: 5个工作日.
func limitWords(b page.Base, l calendar.Limit) string { return show.Limit(b.Lang, l) }

// stepWords puts a step of the explanation into the reader's language.
func stepWords(b page.Base, s Step) string {
	args := make([]any, len(s.Args))
	for i, a := range s.Args {
		switch v := a.(type) {
		case calendar.Limit:
			args[i] = limitWords(b, v)
		case time.Time:
			args[i] = b.Short(v)
		default:
			args[i] = a
		}
	}
	return b.T(s.Key, args...)
}

// rest is what a request says beyond its title.
func rest(title, body string) string {
	if after, ok := strings.CutPrefix(body, title); ok {
		body = strings.TrimLeft(after, "，。；、！？,. \n")
	}
	return excerpt(strings.ReplaceAll(body, "\n", " "), 80)
}

// excerpt is the beginning of a text, for a line of a list.
func excerpt(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most]) + "…"
}
