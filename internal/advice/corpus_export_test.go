package advice

import (
	"strings"

	"gongzhi/internal/sqldb"
)

// Read is all that is learnt from, as one text.
func (a *Advisor) Read(tx *sqldb.Tx) (string, error) {
	all, err := a.corpora(tx)
	var out strings.Builder
	for _, c := range all {
		docs := c.more
		for _, x := range c.examples {
			docs = append(docs, x.Doc)
		}
		for _, d := range docs {
			out.WriteString(strings.Join(append(d.Parts, d.Marks...), "\n") + "\n")
		}
	}
	return out.String(), err
}
