package backup_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/backup"
	"gongzhi/internal/blob"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

var start = time.Date(2026, 11, 27, 20, 0, 0, 0, time.UTC)

func makeAt(t *testing.T, db *sqldb.DB, files blob.Store, to string, at time.Time) backup.Manifest {
	t.Helper()
	m, err := backup.Make(t.Context(), to, backup.Source{DB: db, Files: files, City: "云泽市", Fingerprint: "f"}, at, func() time.Time { return at.Add(3 * time.Second) })
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func put(t *testing.T, s blob.Store, text string) string {
	t.Helper()
	hash, _, err := s.Put(t.Context(), strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func TestABackupComesBackWithItsPhotos(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		store, to := blob.NewMemory(nil), t.TempDir()
		hash := put(t, store, "photo of a lamp")
		m := makeAt(t, db, store, to, start)
		if m.Files != 1 || m.City != "云泽市" || m.Seconds != 3 || m.Name != "20261127T200000Z" {
			t.Errorf("manifest %+v", m)
		}
		if wrong, err := backup.Check(t.Context(), filepath.Join(to, m.Name)); err != nil || len(wrong) > 0 {
			t.Fatalf("check: %v %v", wrong, err)
		}
		target := backup.Target{Address: "sqlite:" + filepath.Join(t.TempDir(), "city.db"), Files: filepath.Join(t.TempDir(), "blobs")}
		if db.Dialect() == sqldb.Postgres {
			target.Address, target.Options.Schema = sqldbtest.Address(t, sqldb.Postgres), "back"
		}
		if _, err := backup.Restore(t.Context(), filepath.Join(to, m.Name), target); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(filepath.Join(target.Files, hash[:2], hash))
		if err != nil || string(raw) != "photo of a lamp" {
			t.Errorf("photo %q, %v", raw, err)
		}
	})
}

func TestPhotosAreCopiedOnceAndGoWithTheLastBackupThatNeedsThem(t *testing.T) {
	db, to := sqldbtest.New(t, sqldb.SQLite), t.TempDir()
	store := blob.NewMemory(nil)
	first := put(t, store, "first")
	makeAt(t, db, store, to, start)
	at := filepath.Join(to, "files", first[:2], first)
	before, err := os.Stat(at)
	if err != nil {
		t.Fatal(err)
	}
	second := put(t, store, "second")
	makeAt(t, db, store, to, start.Add(time.Hour))
	if after, err := os.Stat(at); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("copied again: %v", err)
	}
	if err := store.Remove(first); err != nil {
		t.Fatal(err)
	}
	last := makeAt(t, db, store, to, start.Add(2*time.Hour))
	if n, err := backup.Prune(t.Context(), to, 1); n != 2 || err != nil {
		t.Errorf("removed %d, %v", n, err)
	}
	if _, err := os.Stat(at); !errors.Is(err, os.ErrNotExist) {
		t.Error("a photo that no backup names is still there")
	}
	if _, err := os.Stat(filepath.Join(to, "files", second[:2], second)); err != nil {
		t.Error("a photo that is needed is gone")
	}
	list, err := backup.List(to)
	if err != nil || len(list) != 1 || list[0].Name != last.Name {
		t.Errorf("list %v, %v", list, err)
	}
}

func TestDamageIsFoundAndNothingDamagedIsRestored(t *testing.T) {
	db := sqldbtest.New(t, sqldb.SQLite)
	store := blob.NewMemory(nil)
	hash := put(t, store, "photo")
	for name, spoil := range map[string]func(dir string) error{
		"database":      func(d string) error { return flip(filepath.Join(d, "database", "city.db")) },
		"list":          func(d string) error { return flip(filepath.Join(d, "files.txt")) },
		"photo":         func(d string) error { return flip(filepath.Join(d, "..", "files", hash[:2], hash)) },
		"photo missing": func(d string) error { return os.Remove(filepath.Join(d, "..", "files", hash[:2], hash)) },
	} {
		t.Run(name, func(t *testing.T) {
			to := t.TempDir()
			dir := filepath.Join(to, makeAt(t, db, store, to, start).Name)
			if err := spoil(dir); err != nil {
				t.Fatal(err)
			}
			if wrong, err := backup.Check(t.Context(), dir); err != nil || len(wrong) != 1 {
				t.Errorf("check found %v, %v", wrong, err)
			}
			target := backup.Target{Address: "sqlite:" + filepath.Join(t.TempDir(), "city.db"), Files: filepath.Join(t.TempDir(), "blobs")}
			if _, err := backup.Restore(t.Context(), dir, target); err == nil {
				t.Error("it was restored")
			}
		})
	}
	if _, err := backup.Check(t.Context(), t.TempDir()); !errors.Is(err, backup.ErrNotABackup) {
		t.Errorf("an empty folder: %v", err)
	}
}

func flip(file string) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	raw[len(raw)/2] ^= 1
	return os.WriteFile(file, raw, 0o600)
}

func TestADamagedPhotoOfTheCityStopsTheBackup(t *testing.T) {
	db := sqldbtest.New(t, sqldb.SQLite)
	data, to := t.TempDir(), t.TempDir()
	store, err := blob.OpenDir(data)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	hash := put(t, store, "photo")
	if err := flip(filepath.Join(data, hash[:2], hash)); err != nil {
		t.Fatal(err)
	}
	_, err = backup.Make(t.Context(), to, backup.Source{DB: db, Files: store}, start, func() time.Time { return start })
	if err == nil || !strings.Contains(err.Error(), hash) {
		t.Errorf("got %v", err)
	}
	if list, _ := backup.List(to); len(list) != 0 {
		t.Errorf("left %v", list)
	}
}
