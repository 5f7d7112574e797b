package handling

import (
	"fmt"
	"hash/fnv"

	"gongzhi/internal/fault"
	"gongzhi/internal/reply"
)

// looked is the reply check of the form that has just come back. Shown is false
// when the form came back for something else, or has not been sent yet.
type looked struct {
	reply.Report
	Shown bool
}

// look reads the form that has come back.
func (x *offer) look() (looked, error) {
	if x.f == nil || x.f.Panel != "answer" {
		return looked{}, nil
	}
	key, _ := fault.KeyOf(x.f.Err)
	value := func(name string) string { return x.f.Value("answer", "answer."+name, "") }
	r, err := x.s.read(x.tx, x.a, x.o, Answer{Text: value("text"), Solved: value("solved"), Contacted: value("contacted") == "1"})
	return looked{r, key == LookAgain}, err
}

// reading stands for a text in the form: what was read is sent without asking
// again, what was changed since is read anew.
func reading(text string) string {
	h := fnv.New64a()
	h.Write([]byte(text)) // never fails
	return fmt.Sprintf("%x", h.Sum64())
}
