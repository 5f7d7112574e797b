package request

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/geo"
	"gongzhi/internal/sqldb"
)

// crowd gives the open requests of a test city words and places, and marks.
// GONGZHI_OPEN=all opens all of them first, as no city ever has them.
func crowd(ctx context.Context, db *sqldb.DB) error {
	rng := rand.New(rand.NewPCG(4, 4))
	if os.Getenv("GONGZHI_OPEN") == "all" {
		if err := db.Update(ctx, func(tx *sqldb.Tx) error { return patiently(tx, `update matter set open = true where not open`) }); err != nil {
			return err
		}
	}
	for after := ""; ; {
		var ids []string
		err := db.Update(ctx, func(tx *sqldb.Tx) (err error) {
			if ids, err = openAfter(tx, after); err != nil || len(ids) == 0 {
				return err
			}
			if err := furnish(tx, rng, ids); err != nil {
				return err
			}
			return markAll(tx, ids)
		})
		if err != nil || len(ids) == 0 {
			return err
		}
		after = ids[len(ids)-1]
	}
}

func openAfter(tx *sqldb.Tx, after string) (ids []string, err error) {
	rows, err := tx.Query(`select id from matter where id > $1 and open order by id limit 1000`, after)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

func furnish(tx *sqldb.Tx, rng *rand.Rand, ids []string) error {
	for part := range slices.Chunk(ids, 30) {
		var values []string
		var args []any
		for _, id := range part {
			at, n := somewhere(rng), len(args)
			values = append(values, fmt.Sprintf(`($%d, cast($%d as text), cast($%d as double precision), cast($%d as double precision), cast($%d as text))`, n+1, n+2, n+3, n+4, n+5))
			args = append(args, id, sentence(rng), at.Lat, at.Lng, fmt.Sprintf("第%d大道%d号", rng.IntN(2000), rng.IntN(200)))
		}
		q := `update request_order set body = v.column2, lat = v.column3, lng = v.column4, address = v.column5 from (values ` + strings.Join(values, `, `) + `) v where matter_id = v.column1`
		if err := tx.Exec(q, args...); err != nil {
			return err
		}
	}
	return nil
}

// somewhere is a point of a city of 40 kilometres, half of them in its middle.
func somewhere(rng *rand.Rand) geo.Point {
	spread := 0.18
	if rng.IntN(2) == 0 {
		spread = 0.03
	}
	return geo.Point{Lat: 30 + spread*(2*rng.Float64()-1), Lng: 120 + spread*(2*rng.Float64()-1)}
}

// sentence has 30 to 150 characters, of which some stand in every second text
// and most in few, as in real ones.
func sentence(rng *rand.Rand) string {
	var b strings.Builder
	for range 30 + rng.IntN(120) {
		b.WriteRune(rune(0x4e00 + int(rng.ExpFloat64()*300)))
	}
	return b.String()
}

// offers are the ways in which similar requests are looked for.
var offers = []struct {
	name string
	who  actor.Actor
	like func(rng *rand.Rand) Likeness
}{
	{"similar: point, text, category", agent, func(rng *rand.Rand) Likeness {
		at := somewhere(rng)
		return Likeness{Text: sentence(rng), Category: "t0510", Lat: at.Lat, Lng: at.Lng, Area: "110101003103"}
	}},
	{"similar: in the middle, resident", actor.Actor{}, func(rng *rand.Rand) Likeness {
		return Likeness{Text: sentence(rng), Category: "t0510", Lat: 30.001, Lng: 120.001, Public: true, Most: 3}
	}},
	{"similar: area only", agent, func(*rand.Rand) Likeness { return Likeness{Area: "110101003103"} }},
	{"similar: text only", agent, func(rng *rand.Rand) Likeness { return Likeness{Text: sentence(rng)} }},
	{"similar: common text only", agent, func(*rand.Rand) Likeness {
		return Likeness{Text: "小区南门口的路灯坏了三天，晚上看不见路"}
	}},
	{"similar: address, category", agent, func(rng *rand.Rand) Likeness {
		return Likeness{Text: "路灯不亮", Category: "t0510", Address: fmt.Sprintf("第%d大道12号", rng.IntN(2000))}
	}},
}

// timeOffers prints how long each way takes.
func timeOffers(t *testing.T, db *sqldb.DB) {
	t.Helper()
	began := time.Now()
	if err := crowd(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	if err := db.Analyze(t.Context()); err != nil {
		t.Fatal(err)
	}
	var marks, of int64
	err := db.View(t.Context(), func(tx *sqldb.Tx) error {
		return tx.QueryRow(`select cast(count(*) as bigint), cast(count(distinct matter_id) as bigint) from request_mark`).Scan(&marks, &of)
	})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("%d marks of %d open requests, made in %s\n", marks, of, time.Since(began).Round(time.Second))
	rng := rand.New(rand.NewPCG(5, 5))
	for _, o := range offers {
		p50, p95 := timed(t, db, func(tx *sqldb.Tx) error {
			_, err := Similar(tx, o.who, o.like(rng))
			return err
		})
		fmt.Printf("%-32s %10.1f %10.1f\n", o.name, p50, p95)
	}
	p50, p95 := timed(t, db, func(tx *sqldb.Tx) error {
		list, _, err := List(tx, agent, Filter{States: []string{ToDispatch}, Open: "yes", Sort: "old"}, Page{Size: 20})
		if err != nil {
			return err
		}
		_, err = Same(tx, agent, list, tx.Now.AddDate(0, 0, -30))
		return err
	})
	fmt.Printf("%-34s %6.1f %10.1f\n", "groups of twenty in the queue", p50, p95)
}

// TestOffersUseTheIndexOfMarks reads the plan of the look-up: no mark may read
// more than its newest requests.
func TestOffersUseTheIndexOfMarks(t *testing.T) {
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
		t.Run(d.String(), func(t *testing.T) {
			db := city(t, d, 20_000)
			if err := crowd(t.Context(), db); err != nil {
				t.Fatal(err)
			}
			if err := db.Analyze(t.Context()); err != nil {
				t.Fatal(err)
			}
			err := db.View(t.Context(), func(tx *sqldb.Tx) error {
				q, args := markQuery([]int64{1, 2, 3}, tx.Now.AddDate(0, 0, -90), perMark)
				plan, err := explain(tx, q, args)
				if err != nil {
					return err
				}
				text := strings.Join(plan, "\n")
				if strings.Contains(text, "Seq Scan on request_mark") || strings.Contains(text, "SCAN k") || !strings.Contains(text, "request_mark_pkey") && !strings.Contains(text, "SEARCH k USING PRIMARY KEY") {
					t.Errorf("the look-up does not walk the index of marks:\n%s", text)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}
