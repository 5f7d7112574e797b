package reply

import (
	"strings"

	"gongzhi/internal/alike"
)

// copyLeast is the shortest answer, in characters, of which it makes sense to
// ask whose words it is made of.
const copyLeast = 40

// copyRun is how many characters in a row nobody repeats by chance.
const copyRun = 8

// lookCopied finds answers that are for the most part the resident's own words:
// the share, in per cent, of runs of eight characters that stand in the request.
func lookCopied(r *reading, rule Rule) {
	answer := []rune(alike.Plain(r.body))
	if len(answer) < copyLeast {
		return
	}
	said := windows([]rune(alike.Plain(strings.Join(r.Request, "\n"))))
	same, longest, from, run := 0, 0, 0, 0
	for i := 0; i+copyRun <= len(answer); i++ {
		if !said[string(answer[i:i+copyRun])] {
			run = 0
			continue
		}
		same++
		if run++; run > longest {
			longest, from = run, i-run+1
		}
	}
	if same*100 >= rule.Least*(len(answer)-copyRun+1) {
		r.found(string(answer[from:from+longest+copyRun-1]), "")
	}
}

// windows are all runs of copyRun characters of a text.
func windows(text []rune) map[string]bool {
	out := make(map[string]bool, len(text))
	for i := 0; i+copyRun <= len(text); i++ {
		out[string(text[i:i+copyRun])] = true
	}
	return out
}
