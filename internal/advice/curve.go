package advice

import (
	"fmt"

	"gongzhi/internal/classifier"
	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// Point is one point of a learning curve: from Learnt decisions alone, and the
// catalogue's words, a model named Right of the Judged latest decisions first.
type Point struct{ Learnt, Judged, Right int64 }

// A curve holds back the latest fifth of the decisions, at most mostHeld, and
// learns from none, an eighth, a quarter, half and all of the earlier ones.
// Below fewestHeld its points would say nothing.
const (
	mostHeld   = 500
	fewestHeld = 12
)

// curve learns in steps. A step from which nothing can be learnt is left out.
func curve(language *classifier.Corpus, c corpus, path func(string) []string) ([]Point, error) {
	held := min(len(c.examples)/5, mostHeld)
	if held < fewestHeld {
		return nil, nil
	}
	latest, earlier := c.examples[:held], c.examples[held:]
	var out []Point
	for _, n := range []int{0, len(earlier) / 8, len(earlier) / 4, len(earlier) / 2, len(earlier)} {
		m, err := language.Train(append(evenly(earlier, n), c.names...), path)
		if fault.KindOf(err) == fault.Invalid {
			continue
		}
		if err != nil {
			return nil, err
		}
		p := Point{Learnt: int64(n), Judged: int64(held)}
		for _, x := range latest {
			if g := m.Guess(x.Doc, 1); len(g) > 0 && g[0].Class == x.Class {
				p.Right++
			}
		}
		out = append(out, p)
	}
	return out, nil
}

// evenly takes n of a list from all over it.
func evenly(list []classifier.Example, n int) []classifier.Example {
	out := make([]classifier.Example, n)
	for i := range out {
		out[i] = list[i*len(list)/n]
	}
	return out
}

func keepCurve(tx *sqldb.Tx, model string, points []Point) error {
	var rows [][]any
	for _, p := range points {
		rows = append(rows, []any{model, p.Learnt, p.Judged, p.Right})
	}
	return tx.InsertRows(`insert into advice_curve(model_id, learnt, judged, hits) values (`, rows)
}

// Curves are the learning curves of the latest models by subject, from few
// decisions to many. A subject of which too little is known has none.
func Curves(tx *sqldb.Tx) (map[string][]Point, error) {
	rows, err := tx.Query(`select m.subject, c.learnt, c.judged, c.hits from advice_model m join advice_curve c on c.model_id = m.id
		where m.id = (select max(l.id) from advice_model l where l.subject = m.subject) order by m.subject, c.learnt`)
	if err != nil {
		return nil, fmt.Errorf("read learning curves: %w", err)
	}
	defer rows.Close()
	out := map[string][]Point{}
	for rows.Next() {
		var subject string
		var p Point
		if err := rows.Scan(&subject, &p.Learnt, &p.Judged, &p.Right); err != nil {
			return nil, fmt.Errorf("read learning curves: %w", err)
		}
		out[subject] = append(out[subject], p)
	}
	return out, rows.Err()
}
