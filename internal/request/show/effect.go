package show

import (
	"encoding/json"

	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// effect is what a deed did to the promise, in words read from its body: the
// new date, or until when the clock stands still.
func effect(b page.Base, l request.Line) string {
	var e struct {
		Was, Due, Until int64
	}
	if json.Unmarshal([]byte(l.Body), &e) != nil {
		return ""
	}
	due, until := b.Short(sqldb.FromMicros(e.Due)), b.Short(sqldb.FromMicros(e.Until))
	switch {
	case l.Name == request.DeedResumed && e.Due != 0 && e.Due == e.Was:
		return b.T("request.effect_same")
	case l.Name == request.DeedResumed && e.Due != 0:
		return b.T("request.effect_resumed", due)
	case l.Name == request.DeedExtensionGranted && e.Due != 0:
		return b.T("request.effect_extended", b.Short(sqldb.FromMicros(e.Was)), due)
	case l.Name == request.DeedAsked && e.Until != 0:
		return b.T("request.effect_asked", until)
	case (l.Name == request.DeedHoldGranted || l.Name == request.DeedHoldAsked) && e.Until != 0:
		return b.T("request.effect_"+l.Name, until)
	case l.Name == request.DeedReopened && e.Due != 0:
		return b.T("request.effect_reopened", due)
	}
	return ""
}
