package app_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/app"
	"gongzhi/internal/backup"
	"gongzhi/internal/config"
	"gongzhi/internal/id"
	"gongzhi/internal/intake"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// TestABackupUnderLoadIsABeginningOfWhatWasReceived backs a city up while
// residents report, restores it elsewhere, and compares: every receipt given
// before the copied instant is there, none is there twice, and every photo has
// its hash. GONGZHI_BACKUP_ROWS=100000 gives the figures of the closing note.
func TestABackupUnderLoadIsABeginningOfWhatWasReceived(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("GONGZHI_BACKUP_ROWS"))
	if n == 0 {
		n = 300
	}
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
		t.Run(d.String(), func(t *testing.T) {
			c := &config.Config{Data: t.TempDir(), DB: sqldbtest.DurableAddress(t, d), City: "云泽市", Zone: "Asia/Shanghai"}
			a, err := app.Open(t.Context(), c, app.Options{Vault: keys})
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			fillCity(t, a, n)
			l := &receipts{}
			quiet := l.rate(t, a, time.Second)
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan struct{})
			before := len(l.list)
			go func() { defer close(done); l.until(ctx, t, a) }()
			to := t.TempDir()
			src := backup.Source{DB: a.DB, Files: a.Blobs, City: "云泽市", Fingerprint: keys.Fingerprint()}
			m, err := backup.Make(t.Context(), to, src, time.Now(), time.Now)
			stop()
			<-done
			if err != nil {
				t.Fatal(err)
			}
			during := float64(len(l.list)-before) / m.Seconds
			l.compare(t, to, m, d, before)
			t.Logf("%s: %d requests, %d photos, %.0f MB: backup %.1f s; intake by one client %.0f/s before, %.0f/s during", d,
				m.Database.Tables["matter"].Rows, m.Files, float64(m.Bytes)/1e6, m.Seconds, quiet, during)
		})
	}
}

// fillCity registers n requests of the past, each fifth with a photo.
func fillCity(t *testing.T, a *app.App, n int) {
	t.Helper()
	at := time.Date(2026, 1, 2, 8, 0, 0, 0, time.UTC)
	photo := make([]byte, 60_000)
	for done := 0; done < n; done += 1000 {
		var list []request.Past
		for i := done; i < min(done+1000, n); i++ {
			m := matter.ID(id.New(at.Add(time.Duration(i) * time.Minute)))
			list = append(list, request.Past{Draft: request.Draft{ID: m, Number: fmt.Sprintf("%012d", 100_000_000_000+i), Title: "路灯不亮", Body: "小区门口的路灯坏了三天",
				Type: "help", Channel: "web", State: request.ToDispatch, Due: at, Contact: request.Contact{Name: "李芳", Phone: "13800005521"}}, Received: at.Add(time.Duration(i) * time.Minute)})
		}
		err := a.DB.Update(t.Context(), func(tx *sqldb.Tx) error {
			if err := tx.Lock("fill"); err != nil {
				return err
			}
			if err := request.CreateAll(tx, a.Vault, actor.System, list); err != nil {
				return err
			}
			for i := 0; i < len(list); i += 5 {
				rand.Read(photo[:64])
				hash, _, err := a.Blobs.Put(t.Context(), bytes.NewReader(photo))
				if err != nil {
					return err
				}
				if _, err := request.AddFile(tx, request.File{Matter: list[i].ID, Seq: 1, Kind: "report", Hash: hash, Thumb: hash, Width: 1, Height: 1}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// receipts is the ledger of one client who reports one thing after another.
type receipts struct{ list []intake.Receipt }

func (l *receipts) until(ctx context.Context, t *testing.T, a *app.App) {
	for ctx.Err() == nil {
		got, err := a.Intake.Receive(ctx, actor.Actor{}, intake.Report{Body: "井盖松动", Phone: "13800005522"})
		if err != nil {
			if ctx.Err() == nil {
				t.Error(err)
			}
			return
		}
		l.list = append(l.list, got)
	}
}

func (l *receipts) rate(t *testing.T, a *app.App, span time.Duration) float64 {
	ctx, cancel := context.WithTimeout(t.Context(), span)
	defer cancel()
	was := len(l.list)
	l.until(ctx, t, a)
	return float64(len(l.list)-was) / span.Seconds()
}

// compare restores and finds how far the ledger reaches: all of it up to some
// receipt, none of it after.
func (l *receipts) compare(t *testing.T, to string, m backup.Manifest, d sqldb.Dialect, before int) {
	t.Helper()
	target := backup.Target{Address: "sqlite:" + filepath.Join(t.TempDir(), "city.db"), Files: filepath.Join(t.TempDir(), "blobs")}
	if d == sqldb.Postgres {
		target.Address, target.Options.Schema = sqldbtest.DurableAddress(t, d), "back"
	}
	begun := time.Now()
	if _, err := backup.Restore(t.Context(), filepath.Join(to, m.Name), target); err != nil {
		t.Fatal(err)
	}
	took := time.Since(begun)
	db, err := sqldb.Open(t.Context(), target.Address, target.Options)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	there, last := 0, -1
	err = db.View(t.Context(), func(tx *sqldb.Tx) error {
		for i, r := range l.list {
			var n int
			if err := tx.QueryRow(`select count(*) from request_order o join matter m on m.id = o.matter_id where m.number = $1 and o.code_hash = $2`, r.Number, keys.CodeHash(r.Number, r.Code)).Scan(&n); err != nil {
				return err
			}
			if n == 1 {
				there, last = there+1, i
			}
		}
		wrong, err := matter.Check(tx)
		if len(wrong) > 0 {
			t.Errorf("history: %v", wrong)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if there != last+1 || there < before {
		t.Errorf("%d of %d receipts are there, the last is number %d: not a beginning of the ledger, which had %d before the backup", there, len(l.list), last+1, before)
	}
	for name, table := range m.Database.Tables {
		var n int64
		if err := db.View(t.Context(), func(tx *sqldb.Tx) error { return tx.QueryRow(`select count(*) from ` + name).Scan(&n) }); err != nil || n != table.Rows {
			t.Errorf("%s holds %d rows, the manifest says %d (%v)", name, n, table.Rows, err)
		}
	}
	t.Logf("restored in %.1f s: %d of %d receipts of the ledger, a whole beginning", took.Seconds(), there, len(l.list))
}
