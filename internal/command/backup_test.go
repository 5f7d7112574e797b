package command

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/app"
	"gongzhi/internal/config"
	"gongzhi/internal/intake"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// machine is one computer: a data folder and a database.
type machine struct {
	t    *testing.T
	data string
	db   []string
}

func (m machine) run(args ...string) (string, error) {
	m.t.Helper()
	var out, errs bytes.Buffer
	all := append(append([]string{}, args...), append([]string{"--data", m.data}, m.db...)...)
	err := Run(m.t.Context(), all, nil, &out, &errs)
	return out.String(), err
}

// cityWithReports opens a city on the machine and lets residents report.
func (m machine) cityWithReports(n int) []intake.Receipt {
	m.t.Helper()
	c := &config.Config{Data: m.data, City: "云泽市", Zone: "Asia/Shanghai"}
	for i := 0; i < len(m.db); i += 2 {
		if m.db[i] == "--db" {
			c.DB = m.db[i+1]
		}
	}
	a, err := app.Open(m.t.Context(), c, app.Options{})
	if err != nil {
		m.t.Fatal(err)
	}
	defer a.Close()
	var out []intake.Receipt
	for range n {
		hash, _, err := a.Blobs.Put(m.t.Context(), strings.NewReader("photo "+string(rune('a'+len(out)))))
		if err != nil {
			m.t.Fatal(err)
		}
		r := intake.Report{Body: "路灯坏了三天", Phone: "13800005521", Photos: []intake.Photo{{Hash: hash, Thumb: hash, W: 1, H: 1}}}
		got, err := a.Intake.Receive(m.t.Context(), actor.Actor{}, r)
		if err != nil {
			m.t.Fatal(err)
		}
		out = append(out, got)
	}
	return out
}

func TestACityIsBackedUpLostAndBroughtBack(t *testing.T) {
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
		t.Run(d.String(), func(t *testing.T) {
			here, there := machine{t: t, data: t.TempDir()}, machine{t: t, data: t.TempDir()}
			if d == sqldb.Postgres {
				here.db = []string{"--db", sqldbtest.Address(t, d)}
				there.db = []string{"--db", sqldbtest.Address(t, d), "--schema", "back"}
			}
			receipts, to := here.cityWithReports(5), t.TempDir()
			if out, err := here.run("backup", "--to", to); err != nil || !strings.Contains(out, "5 requests") || !strings.Contains(out, "5 photos") {
				t.Fatalf("backup: %v\n%s", err, out)
			}
			if out, err := here.run("check", "--backup", to); err != nil {
				t.Errorf("check of the backup: %v\n%s", err, out)
			}
			if _, err := there.run("restore", "--from", to); err == nil || !strings.Contains(err.Error(), "key file") {
				t.Errorf("restored without keys: %v", err)
			}
			keys, err := os.ReadFile(filepath.Join(here.data, "keys.json"))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(there.data, "keys.json"), keys, 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := there.run("restore", "--from", to); err != nil || !strings.Contains(out, "5 requests") {
				t.Fatalf("restore: %v\n%s", err, out)
			}
			if out, err := there.run("check"); err != nil || !strings.Contains(out, "all is well") {
				t.Errorf("check: %v\n%s", err, out)
			}
			if _, err := there.run("restore", "--from", to); err == nil || !strings.Contains(err.Error(), "empty place") {
				t.Errorf("restored over a city: %v", err)
			}
			there.holds(receipts)
			there.findsDamage(receipts)
		})
	}
}

// holds looks each receipt up in the restored city.
func (m machine) holds(list []intake.Receipt) {
	m.t.Helper()
	c := &config.Config{Data: m.data, City: "云泽市"}
	for i := 0; i < len(m.db); i += 2 {
		switch m.db[i] {
		case "--db":
			c.DB = m.db[i+1]
		case "--schema":
			c.Schema = m.db[i+1]
		}
	}
	a, err := app.Open(m.t.Context(), c, app.Options{})
	if err != nil {
		m.t.Fatal(err)
	}
	defer a.Close()
	for _, r := range list {
		var n int
		err := a.DB.View(m.t.Context(), func(tx *sqldb.Tx) error {
			return tx.QueryRow(`select count(*) from matter m join request_order r on r.matter_id = m.id where m.number = $1 and r.code_hash = $2`, r.Number, a.Vault.CodeHash(r.Number, r.Code)).Scan(&n)
		})
		if err != nil || n != 1 {
			m.t.Errorf("receipt %s opens %d requests (%v)", r.Number, n, err)
		}
	}
}

// findsDamage lets check find a photo that is gone.
func (m machine) findsDamage(list []intake.Receipt) {
	m.t.Helper()
	photos, _ := filepath.Glob(filepath.Join(m.data, "blobs", "??", "*"))
	if len(photos) != len(list) {
		m.t.Fatalf("%d photos, want %d", len(photos), len(list))
	}
	if err := errors.Join(os.Remove(photos[0]), os.WriteFile(photos[1], []byte("other"), 0o600)); err != nil {
		m.t.Fatal(err)
	}
	out, err := m.run("check")
	if err == nil || strings.Count(out, "is missing") != 1 || strings.Count(out, "is damaged") != 1 {
		m.t.Errorf("check: %v\n%s", err, out)
	}
}

func TestBackupOfNoCitySaysSo(t *testing.T) {
	m := machine{t: t, data: t.TempDir()}
	if _, err := m.run("backup", "--to", t.TempDir()); err == nil || !strings.Contains(err.Error(), "no city") {
		t.Errorf("got %v", err)
	}
	if _, err := m.run("restore", "--from", t.TempDir()); err == nil || !strings.Contains(err.Error(), "no complete backup") {
		t.Errorf("got %v", err)
	}
}
