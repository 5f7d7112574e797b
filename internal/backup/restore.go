package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"gongzhi/internal/blob"
	"gongzhi/internal/sqldb"
)

// Target is where a city comes back: an empty database and an empty file store.
type Target struct {
	Address string // of the database
	Options sqldb.Options
	Files   string // folder of the file store
}

// Check reads a backup from end to end and lists what is wrong with it.
func Check(ctx context.Context, dir string) ([]string, error) {
	m, err := Read(dir)
	if err != nil {
		return nil, err
	}
	var wrong []string
	for name, want := range m.Sums {
		if !filepath.IsLocal(name) {
			return nil, fmt.Errorf("%w: %q lies outside of it", ErrNotABackup, name)
		}
		switch got, _, err := hashOf(filepath.Join(dir, filepath.FromSlash(name))); {
		case errors.Is(err, os.ErrNotExist):
			wrong = append(wrong, name+" is missing")
		case err != nil:
			return wrong, err
		case got != want:
			wrong = append(wrong, name+" is damaged")
		}
	}
	if len(wrong) > 0 {
		return wrong, nil // the list of photos may be among them
	}
	more, err := checkFiles(ctx, dir)
	return append(wrong, more...), err
}

// checkFiles reads every photo that the backup names.
func checkFiles(ctx context.Context, dir string) ([]string, error) {
	var wrong []string
	store := filepath.Join(filepath.Dir(filepath.Clean(dir)), files)
	err := listed(dir, func(hash string, _ int64) error {
		got, _, err := hashOf(filepath.Join(store, hash[:2], hash))
		switch {
		case errors.Is(err, os.ErrNotExist):
			wrong = append(wrong, "the photo "+hash+" is missing")
		case err != nil:
			return err
		case got != hash:
			wrong = append(wrong, "the photo "+hash+" is damaged")
		}
		return ctx.Err()
	})
	return wrong, err
}

// Restore brings the city of a backup back. The database is written first and
// the photos after it, each compared with its hash. What fails leaves a folder
// that is not empty and says so; a restore is begun anew in an empty one.
func Restore(ctx context.Context, dir string, to Target) (Manifest, error) {
	m, err := Read(dir)
	if err != nil {
		return m, err
	}
	for name, want := range m.Sums {
		if !filepath.IsLocal(name) {
			return m, fmt.Errorf("%w: %q lies outside of it", ErrNotABackup, name)
		}
		if got, _, err := hashOf(filepath.Join(dir, filepath.FromSlash(name))); err != nil || got != want {
			return m, fmt.Errorf("%w: %s is not what the manifest says", sqldb.ErrDamaged, name)
		}
	}
	if err := sqldb.Restore(ctx, to.Address, to.Options, filepath.Join(dir, database), m.Database); err != nil {
		return m, err
	}
	return m, restoreFiles(ctx, dir, to.Files)
}

func restoreFiles(ctx context.Context, dir, to string) error {
	from, err := blob.OpenDir(filepath.Join(filepath.Dir(filepath.Clean(dir)), files))
	if err != nil {
		return err
	}
	defer from.Close()
	store, err := blob.OpenDir(to)
	if err != nil {
		return err
	}
	defer store.Close()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(together)
	err = listed(dir, func(hash string, _ int64) error {
		group.Go(func() error { return copyOne(ctx, from, store, hash) })
		return ctx.Err()
	})
	return errors.Join(err, group.Wait())
}

// Prune keeps the newest backups and removes the others, with the photos that
// none of the kept ones names.
func Prune(ctx context.Context, to string, keep int) (removed int, err error) {
	all, err := List(to)
	if err != nil || keep < 1 || len(all) <= keep {
		return 0, err
	}
	for _, m := range all[keep:] {
		if err := os.RemoveAll(filepath.Join(to, m.Name)); err != nil {
			return removed, err
		}
		removed++
	}
	needed := map[string]bool{}
	for _, m := range all[:keep] {
		if err := listed(filepath.Join(to, m.Name), func(hash string, _ int64) error { needed[hash] = true; return nil }); err != nil {
			return removed, err
		}
	}
	store, err := blob.OpenDir(filepath.Join(to, files))
	if err != nil {
		return removed, err
	}
	defer store.Close()
	var old []string
	err = store.Each(ctx, func(i blob.Info) error {
		if !needed[i.Hash] {
			old = append(old, i.Hash)
		}
		return nil
	})
	for _, hash := range old {
		err = errors.Join(err, store.Remove(hash))
	}
	return removed, err
}
