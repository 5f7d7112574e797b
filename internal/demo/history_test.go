package demo_test

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"gongzhi/internal/app"
	"gongzhi/internal/blob"
	"gongzhi/internal/config"
	"gongzhi/internal/demo"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
	"gongzhi/internal/vault"
)

var plan = demo.Plan{Seed: 7, Days: 42, Requests: 1500, Until: time.Date(2026, 11, 24, 2, 20, 0, 0, time.UTC)}

func made(t *testing.T, d sqldb.Dialect, p demo.Plan) *app.App {
	t.Helper()
	clock := sqldbtest.NewClock(p.Until)
	c := &config.Config{Data: t.TempDir(), DB: sqldbtest.Address(t, d)}
	a, err := app.Open(t.Context(), c, app.Options{Now: clock.Now, Vault: vault.Test(), Blobs: blob.NewMemory(clock.Now)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	if err := demo.Make(t.Context(), a, p, nil); err != nil {
		t.Fatal(err)
	}
	return a
}

// digest is everything about the requests that the seed decides: all but ids
// and query codes, which are secrets.
func digest(t *testing.T, a *app.App) string {
	t.Helper()
	sum := sha256.New()
	rows(t, a, `select m.number || m.title || m.state || m.unit || m.area || r.body || r.channel || r.solved, m.version, m.opened_at, coalesce(m.due_at, 0)
		from matter m join request_order r on r.matter_id = m.id order by m.number`, func(scan func(...any) error) error {
		var text string
		var version, opened, due int64
		err := scan(&text, &version, &opened, &due)
		fmt.Fprintln(sum, text, version, opened, due)
		return err
	})
	return fmt.Sprintf("%x", sum.Sum(nil))
}

func rows(t *testing.T, a *app.App, q string, each func(scan func(...any) error) error) {
	t.Helper()
	err := a.DB.View(t.Context(), func(tx *sqldb.Tx) error {
		rows, err := tx.Query(q)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := each(rows.Scan); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheSameSeedMakesTheSameCity(t *testing.T) {
	small := plan
	small.Days, small.Requests = 10, 240
	first := digest(t, made(t, sqldb.SQLite, small))
	if again := digest(t, made(t, sqldb.SQLite, small)); again != first {
		t.Error("made twice from one seed, the cities differ")
	}
	if other := digest(t, made(t, sqldb.Postgres, small)); other != first {
		t.Error("the cities of the two databases differ")
	}
	small.Seed++
	if other := digest(t, made(t, sqldb.SQLite, small)); other == first {
		t.Error("another seed made the same city")
	}
}

// TestTheCityLivesAsPublished compares the shares of the history with the
// published figures that the generator draws from: 江苏 2024 for channels and
// direct answers, 北京 2019 for the hours.
func TestTheCityLivesAsPublished(t *testing.T) {
	a := made(t, sqldb.SQLite, plan)
	for _, x := range []struct {
		what, query string
		low, high   float64
	}{
		{"all", `select cast(count(*) as bigint) from matter`, 1350, 1520},
		{"telephone", `select count(*) * 100.0 / (select count(*) from matter) from request_order where channel = 'phone'`, 79, 87},
		{"answered at once", `select count(*) * 100.0 / (select count(*) from matter) from matter_event where name = 'answered'`, 50, 75},
		{"between 9 and 11 and 14 and 16", `select count(*) * 100.0 / (select count(*) from matter) from matter where (opened_at / 3600000000 + 8) % 24 in (9, 10, 14, 15)`, 31, 43},
		{"returned", `select count(*) * 100.0 / (select count(*) from matter_event where name = 'dispatched') from matter_event where name = 'objected'`, 2, 9},
		{"reopened", `select count(*) * 100.0 / (select count(*) from matter_event where name = 'replied') from matter_event where name = 'reopened'`, 1.5, 9},
		{"satisfied of those asked", `select count(*) * 100.0 / (select count(*) from request_order where rating > 0) from request_order where rating >= 3`, 85, 100},
		{"open", `select count(*) * 100.0 / (select count(*) from matter) from matter where open`, 2, 15},
	} {
		rows(t, a, x.query, func(scan func(...any) error) error {
			var got float64
			err := scan(&got)
			if got < x.low || got > x.high {
				t.Errorf("%s: %.1f, want %.1f to %.1f", x.what, got, x.low, x.high)
			}
			return err
		})
	}
}
