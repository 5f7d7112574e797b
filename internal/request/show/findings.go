package show

import (
	"strings"

	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/reply"
)

func heading(b page.Base, r reply.Report, past bool) string {
	warns := 0
	for _, f := range r.Findings {
		if f.Level == reply.Warn {
			warns++
		}
	}
	switch {
	case warns > 0 && past:
		return b.T("reply.warns_past", warns)
	case warns > 0:
		return b.T("reply.warns", warns)
	case len(r.Findings) > 0:
		return b.T("reply.hints", len(r.Findings))
	}
	return b.T("reply.nothing")
}

func noteOf(f reply.Finding) string {
	if f.Level == reply.Warn {
		return "warn"
	}
	return ""
}

func tagOf(f reply.Finding) string {
	if f.Level == reply.Warn {
		return "warn"
	}
	return "info"
}

// mend says how to mend a finding: its kind's sentence, or the one for what
// exactly was found.
func mend(b page.Base, f reply.Finding) string {
	if key := "reply.mend_" + string(f.Kind) + "_" + f.About; f.About != "" && locale.Has(b.Lang, key) {
		return b.T(key)
	}
	return b.T("reply.mend_" + string(f.Kind))
}

// lookedAt says what was looked at: silence about the rest is no praise.
func lookedAt(b page.Base, r reply.Report, past bool) string {
	var words []string
	for _, k := range r.Looked {
		words = append(words, b.T("reply.look_"+string(k)))
	}
	decides := b.T("reply.you_send")
	if past {
		decides = b.T("reply.you_judge")
	}
	return b.T("reply.looked", strings.Join(words, b.T("reply.comma")), r.Demands) + decides
}

// FindingsItem is the reply check of an answer as a program reads it.
type FindingsItem struct {
	Warns    bool          `json:"warns"`
	Looked   []reply.Kind  `json:"looked"`
	Demands  int           `json:"demands"`
	Findings []FindingItem `json:"findings"`
	Sent     []string      `json:"sent"` // kinds that the writer was warned of and sent all the same
}

// FindingItem is one finding with its sentence.
type FindingItem struct {
	reply.Finding
	Mend string `json:"mend"`
}

// FindingsOf are findings as a program reads them.
func FindingsOf(b page.Base, r reply.Report, sent []string) FindingsItem {
	out := FindingsItem{Warns: r.Warns(), Looked: append([]reply.Kind{}, r.Looked...), Demands: r.Demands, Findings: []FindingItem{}, Sent: append([]string{}, sent...)}
	for _, f := range r.Findings {
		out.Findings = append(out.Findings, FindingItem{f, mend(b, f)})
	}
	return out
}
