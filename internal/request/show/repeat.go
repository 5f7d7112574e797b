package show

import (
	"gongzhi/internal/page"
	"gongzhi/internal/request"
)

// Repeats are the counts worth telling in words: 第3次反映, 7人反映. They say
// something of the matter and nothing of a person.
func Repeats(b page.Base, r request.Repeats) (out []string) {
	if r.Nth > 1 {
		out = append(out, b.T("request.repeat_nth", r.Nth))
	}
	if r.People > 1 {
		out = append(out, b.T("request.repeat_people", r.People))
	}
	return out
}
