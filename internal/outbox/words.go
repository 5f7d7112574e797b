package outbox

import (
	"strings"

	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/sms"
)

func has(b page.Base, key string) bool { return locale.Has(b.Lang, key) }

// placesLine lists the places of a description.
func placesLine() string { return "{" + strings.Join(sms.Places, "} {") + "}" }

func tick(on bool) string {
	if on {
		return "1"
	}
	return ""
}
