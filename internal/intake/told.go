package intake

import (
	"gongzhi/internal/page"
	"gongzhi/internal/personal"
)

// tells is what of a person stands in words that somebody types: calmly said
// before they are sent, and hidden wherever everybody reads them. Nothing is
// refused for it.
type tells struct {
	Lead string   `json:"tells,omitempty"` // "" nothing was recognised
	List []string `json:"found,omitempty"` // what it is and how it reads, one each
}

// passage is a text and what its field is called, "" in the field that asks what
// happened.
type passage struct{ in, text string }

// mostTold is how many finds are listed; the rest is counted.
const mostTold = 6

// toldOf lists what of a person stands in texts, each thing once.
func toldOf(b page.Base, lead string, texts ...passage) (out tells) {
	seen := map[string]bool{}
	for _, t := range texts {
		for _, x := range personal.Find(t.text) {
			words := t.text[x.Start:x.End]
			if seen[words] {
				continue
			}
			seen[words] = true
			line := b.T("intake.found_is", b.T("intake.told_"+string(x.Kind)), words)
			if t.in != "" {
				line = b.T("intake.found_in", line, t.in)
			}
			out.List = append(out.List, line)
		}
	}
	if n := len(out.List); n > mostTold {
		out.List = append(out.List[:mostTold], b.T("intake.found_more", n-mostTold))
	}
	if len(out.List) > 0 {
		out.Lead = b.T(lead)
	}
	return out
}
