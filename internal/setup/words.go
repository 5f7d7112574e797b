package setup

import (
	"strings"

	"gongzhi/internal/locale"
	"gongzhi/internal/page"
)

// deedWords and jobWords name what other parts of the program did; a code that
// has no words yet is shown as it is.
func deedWords(b page.Base, code string) string { return worded(b, "setup.deed_", code) }

// jobWords names a kind of work; lanes of one kind (open311/partner-3) share a name.
func jobWords(b page.Base, kind string) string {
	return worded(b, "setup.jobkind_", strings.TrimRight(kind, "-0123456789"))
}

func worded(b page.Base, prefix, code string) string {
	key := prefix + strings.ReplaceAll(code, ".", "_")
	if !locale.Has(b.Lang, key) {
		return code
	}
	return b.T(key)
}

// squareClass passes only words that the style sheet knows.
func squareClass(q Square) string {
	if q.Kind == "" {
		return ""
	}
	return "day-" + q.Kind
}

func squareTitle(b page.Base, q Square) string {
	if q.Kind == "rest" || q.Kind == "work" {
		return strings.TrimSpace(b.T("setup.days_"+q.Kind) + " " + q.Name)
	}
	return b.T("setup.day_set")
}
