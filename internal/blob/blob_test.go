package blob_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gongzhi/internal/blob"
	"gongzhi/internal/fault"
)

const hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" // sha256 of "hello"

// each runs f on both kinds of store, so that the one used in tests behaves as
// the one used by cities.
func each(t *testing.T, f func(t *testing.T, s blob.Store)) {
	t.Run("dir", func(t *testing.T) {
		d, err := blob.OpenDir(filepath.Join(t.TempDir(), "blobs"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		f(t, d)
	})
	t.Run("memory", func(t *testing.T) { f(t, blob.NewMemory(nil)) })
}

func TestFileIsKeptUnderItsHash(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		for range 2 {
			hash, size, err := s.Put(t.Context(), strings.NewReader("hello"))
			if hash != hello || size != 5 || err != nil {
				t.Fatalf("got %s, %d, %v", hash, size, err)
			}
		}
		f, err := s.Open(hello)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if got, err := io.ReadAll(f); string(got) != "hello" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		if at, err := f.Seek(1, io.SeekStart); at != 1 || err != nil {
			t.Errorf("seek: %d, %v", at, err)
		}
		if got := list(t, s); !cmp.Equal(got, []string{hello}) {
			t.Errorf("kept %q, want one file", got)
		}
	})
}

func list(t *testing.T, s blob.Store) []string {
	t.Helper()
	var got []string
	if err := s.Each(t.Context(), func(f blob.Info) error { got = append(got, f.Hash); return nil }); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestUnknownAndHostileNamesAreNotFound(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		for _, name := range []string{hello, "", "..", "../../etc/passwd", strings.Repeat("A", 64), strings.Repeat("../", 21) + "a", hello + "\x00", "unfinished"} {
			if _, err := s.Open(name); fault.KindOf(err) != fault.NotFound {
				t.Errorf("Open(%q) = %v, want NotFound", name, err)
			}
			if err := s.Remove(name); err != nil {
				t.Errorf("Remove(%q) = %v", name, err)
			}
		}
	})
}

func TestFailedPutLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	d, err := blob.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	broken := io.MultiReader(strings.NewReader("half"), iotest.ErrReader(errors.New("line cut")))
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := d.Put(t.Context(), broken); err == nil {
		t.Error("a broken upload was kept")
	}
	if _, _, err := d.Put(cancelled, strings.NewReader("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	left, _ := filepath.Glob(dir + "/*/*")
	if len(left) != 0 || len(list(t, d)) != 0 {
		t.Errorf("left %q", left)
	}
}

func TestStrayFilesAreNotListed(t *testing.T) {
	dir := t.TempDir()
	d, err := blob.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	os.WriteFile(filepath.Join(dir, "README"), []byte("x"), 0o600)
	os.WriteFile(filepath.Join(dir, hello), []byte("hello"), 0o600)
	os.WriteFile(filepath.Join(dir, "unfinished", "x"), []byte("x"), 0o600)
	if got := list(t, d); len(got) != 0 {
		t.Errorf("listed %q", got)
	}
}

func TestOrphansAreOldFilesThatNoRowNames(t *testing.T) {
	now := time.Date(2026, 3, 18, 9, 0, 0, 0, time.UTC)
	clock := now
	s := blob.NewMemory(func() time.Time { return clock })
	put := func(text string) string {
		hash, _, err := s.Put(t.Context(), strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return hash
	}
	named, orphan := put("named"), put("orphan")
	again := put("put again")
	clock = now.Add(24 * time.Hour)
	put("new")
	put("put again")
	known := func(_ context.Context, hashes []string) (map[string]bool, error) {
		return map[string]bool{named: true}, nil
	}
	got, err := blob.Orphans(t.Context(), s, clock, known)
	if diff := cmp.Diff([]string{orphan}, got); diff != "" || err != nil {
		t.Errorf("%v, diff %s (put again: %s)", err, diff, again)
	}
	known = func(context.Context, []string) (map[string]bool, error) { return nil, errors.New("database away") }
	if got, err := blob.Orphans(t.Context(), s, clock, known); err == nil || len(got) != 0 {
		t.Errorf("with the database away: %q, %v", got, err)
	}
}

func TestFilesAreClosedToOthers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "blobs")
	d, err := blob.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, _, err := d.Put(t.Context(), strings.NewReader("hello")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, dir + "/2c", dir + "/2c/" + hello} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

func TestTidyRemovesWhatACrashLeft(t *testing.T) {
	dir := t.TempDir()
	d, err := blob.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	now := time.Date(2026, 3, 18, 9, 0, 0, 0, time.UTC)
	for name, at := range map[string]time.Time{"old": now.Add(-time.Hour), "fresh": now} {
		path := filepath.Join(dir, "unfinished", name)
		os.WriteFile(path, nil, 0o600)
		os.Chtimes(path, at, at)
	}
	if err := d.Tidy(now); err != nil {
		t.Fatal(err)
	}
	left, _ := filepath.Glob(dir + "/unfinished/*")
	if len(left) != 1 || filepath.Base(left[0]) != "fresh" {
		t.Errorf("left %q", left)
	}
}
