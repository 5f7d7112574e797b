// Package backup copies a city while it works and brings it back elsewhere. A
// backup is a folder of its own below the backup folder; photos, which never
// change and are named by their hash, stand beside all backups once:
//
//	backups/files/ab/abcdef…             photos of all backups
//	backups/20261127T200000Z/database/   the database at one instant
//	backups/20261127T200000Z/files.txt   the photos it needs
//	backups/20261127T200000Z/manifest.json
//
// The manifest is written last: a folder without one is no backup. The keys that
// open contact data are never in a backup; they are kept apart from it.
package backup

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"gongzhi/internal/blob"
	"gongzhi/internal/sqldb"
)

// Source is the city to copy.
type Source struct {
	DB          *sqldb.DB
	Files       blob.Store
	City        string
	Fingerprint string // of the keys that open its contact data
}

// Manifest says what a backup holds.
type Manifest struct {
	Format      int               `json:"format"`
	Name        string            `json:"name"` // of its folder
	At          time.Time         `json:"at"`
	City        string            `json:"city"`
	Fingerprint string            `json:"keys"`
	Database    sqldb.Snapshot    `json:"database"`
	Sums        map[string]string `json:"sums"` // SHA-256 of each file of the folder
	Files       int64             `json:"files"`
	Bytes       int64             `json:"bytes"` // of the database and the photos
	Seconds     float64           `json:"seconds"`
}

const (
	format   = 1
	manifest = "manifest.json"
	listing  = "files.txt"
	database = "database"
	files    = "files"
	// Each photo waits for the disk; a few at once wait together.
	together = 8
)

// ErrNotABackup is the answer to a folder without a readable manifest.
var ErrNotABackup = errors.New("backup: there is no complete backup in this folder")

// Make copies the city to a new folder below to. Others go on working; the
// backup holds what was committed when it began, with all of its photos.
func Make(ctx context.Context, to string, src Source, begun time.Time, clock func() time.Time) (Manifest, error) {
	m := Manifest{Format: format, Name: begun.UTC().Format("20060102T150405Z"), At: begun.UTC().Truncate(time.Second), City: src.City,
		Fingerprint: src.Fingerprint, Sums: map[string]string{}}
	final := filepath.Join(to, m.Name)
	if _, err := os.Stat(final); err == nil {
		return m, fmt.Errorf("backup: %s is there already", final)
	}
	part := final + ".part"
	if err := os.MkdirAll(filepath.Join(part, database), 0o700); err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	err := m.fill(ctx, to, part, src)
	if err == nil {
		m.Seconds = clock().Sub(begun).Seconds()
		err = m.seal(part, final)
	}
	if err != nil {
		os.RemoveAll(part)
		return m, fmt.Errorf("backup: %w", err)
	}
	return m, nil
}

// fill copies the database first: a photo is in the store before the row that
// names it, so the photos copied afterwards are at least those it needs.
func (m *Manifest) fill(ctx context.Context, to, part string, src Source) (err error) {
	if m.Database, err = src.DB.Snapshot(ctx, filepath.Join(part, database)); err != nil {
		return err
	}
	store, err := blob.OpenDir(filepath.Join(to, files))
	if err != nil {
		return err
	}
	defer store.Close()
	if err := m.copyFiles(ctx, src.Files, store, filepath.Join(part, listing)); err != nil {
		return err
	}
	return m.sum(part)
}

// copyFiles brings the photos that no earlier backup has, and lists all.
func (m *Manifest) copyFiles(ctx context.Context, from blob.Store, to blob.Store, list string) error {
	have := map[string]int64{}
	if err := to.Each(ctx, func(i blob.Info) error { have[i.Hash] = i.Size; return nil }); err != nil {
		return err
	}
	var names []string
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(together)
	err := from.Each(ctx, func(i blob.Info) error {
		names = append(names, fmt.Sprintf("%s %d", i.Hash, i.Size))
		m.Files, m.Bytes = m.Files+1, m.Bytes+i.Size
		if size, ok := have[i.Hash]; ok && size == i.Size {
			return nil
		}
		group.Go(func() error { return copyOne(ctx, from, to, i.Hash) })
		return ctx.Err()
	})
	if err := errors.Join(err, group.Wait()); err != nil {
		return err
	}
	slices.Sort(names)
	return write(list, []byte(strings.Join(append(names, ""), "\n")))
}

// copyOne copies a file and refuses one that is not what its name says.
func copyOne(ctx context.Context, from, to blob.Store, hash string) error {
	f, err := from.Open(hash)
	if err != nil {
		return err
	}
	defer f.Close()
	got, _, err := to.Put(ctx, f)
	if err == nil && got != hash {
		err = fmt.Errorf("the file %s is damaged: what it holds has the hash %s", hash, got)
	}
	return err
}

// sum keeps the hash of every file of the folder.
func (m *Manifest) sum(part string) error {
	return filepath.WalkDir(part, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(part, path)
		if err != nil {
			return err
		}
		sum, size, err := hashOf(path)
		m.Sums[filepath.ToSlash(name)] = sum
		m.Bytes += size
		return err
	})
}

func hashOf(path string) (string, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), n, err
}

// seal writes the manifest and gives the folder its name.
func (m *Manifest) seal(part, final string) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := write(filepath.Join(part, manifest), append(text, '\n')); err != nil {
		return err
	}
	if err := os.Rename(part, final); err != nil {
		return err
	}
	return syncDir(filepath.Dir(final))
}

func write(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Read is the manifest of the backup in dir.
func Read(dir string) (Manifest, error) {
	var m Manifest
	raw, err := os.ReadFile(filepath.Join(dir, manifest))
	if err != nil {
		return m, fmt.Errorf("%w: %w", ErrNotABackup, err)
	}
	if err := json.Unmarshal(raw, &m); err != nil || m.Format != format || m.Name == "" {
		return m, fmt.Errorf("%w: its manifest is not one that this program writes", ErrNotABackup)
	}
	return m, nil
}

// List are the complete backups below to, the newest first.
func List(to string) ([]Manifest, error) {
	all, err := os.ReadDir(to)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var out []Manifest
	for _, d := range all {
		if m, err := Read(filepath.Join(to, d.Name())); err == nil && m.Name == d.Name() {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b Manifest) int { return strings.Compare(b.Name, a.Name) })
	return out, err
}

// listed calls f for each photo that a backup names.
func listed(dir string, f func(hash string, size int64) error) error {
	in, err := os.Open(filepath.Join(dir, listing))
	if err != nil {
		return err
	}
	defer in.Close()
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var hash string
		var size int64
		if _, err := fmt.Sscanf(lines.Text(), "%64s %d", &hash, &size); err != nil {
			return fmt.Errorf("%s: %q is not a hash and a size", listing, lines.Text())
		}
		if err := f(hash, size); err != nil {
			return err
		}
	}
	return lines.Err()
}
