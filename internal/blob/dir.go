package blob

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// unfinished is where files are written until they are whole.
const unfinished = "unfinished"

// Dir is a Store in a folder of its own: ab/abcdef… by the first two digits, so
// that no folder grows too large to list.
type Dir struct{ root *os.Root }

// OpenDir opens the store in path and makes the folder when there is none.
func OpenDir(path string) (*Dir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("open file store: %w", err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("open file store: %w", err)
	}
	if err := root.MkdirAll(unfinished, 0o700); err != nil {
		return nil, errors.Join(fmt.Errorf("open file store: %w", err), root.Close())
	}
	return &Dir{root}, nil
}

// Close releases the folder.
func (d *Dir) Close() error { return d.root.Close() }

// Put writes to a temporary name, syncs and renames, so that a name always
// stands for a whole file. Putting an equal file again replaces it, which gives
// it a new time: nobody who is just clearing orphans removes it then.
func (d *Dir) Put(ctx context.Context, r io.Reader) (string, int64, error) {
	tmp := unfinished + "/" + rand.Text()
	hash, size, err := d.write(tmp, cancellable{ctx, r})
	if err == nil {
		err = d.settle(tmp, hash)
	}
	if err != nil {
		d.root.Remove(tmp)
		return "", 0, fmt.Errorf("put file: %w", err)
	}
	return hash, size, nil
}

func (d *Dir) write(name string, r io.Reader) (hash string, size int64, err error) {
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", 0, err
	}
	h := sha256.New()
	size, err = io.Copy(io.MultiWriter(f, h), r)
	if err == nil {
		err = f.Sync()
	}
	return hex.EncodeToString(h.Sum(nil)), size, errors.Join(err, f.Close())
}

// settle renames and then syncs the folders: without that a power cut may keep
// the file and lose its name.
func (d *Dir) settle(tmp, hash string) error {
	folder := hash[:2]
	err := d.root.Mkdir(folder, 0o700)
	switch {
	case err == nil:
		err = d.sync(".")
	case errors.Is(err, fs.ErrExist):
		err = nil
	}
	if err != nil {
		return err
	}
	if err := d.root.Rename(tmp, folder+"/"+hash); err != nil {
		return err
	}
	return d.sync(folder)
}

func (d *Dir) sync(folder string) error {
	f, err := d.root.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Open reads a file.
func (d *Dir) Open(hash string) (File, error) {
	if !valid(hash) {
		return nil, notFound(nil)
	}
	f, err := d.root.Open(hash[:2] + "/" + hash)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, notFound(err)
	}
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	return f, nil
}

// Each lists whole files; what lies in the folder under another name is not
// ours and is passed over.
func (d *Dir) Each(ctx context.Context, f func(Info) error) error {
	return fs.WalkDir(d.root.FS(), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if entry.IsDir() || !valid(entry.Name()) || path != entry.Name()[:2]+"/"+entry.Name() {
			return nil
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed while we were walking
		}
		if err != nil {
			return err
		}
		return f(Info{entry.Name(), info.Size(), info.ModTime()})
	})
}

// Remove forgets a file.
func (d *Dir) Remove(hash string) error {
	if !valid(hash) {
		return nil
	}
	err := d.root.Remove(hash[:2] + "/" + hash)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove file: %w", err)
	}
	return nil
}

// Tidy removes what a crash left half written before the given time.
func (d *Dir) Tidy(before time.Time) error {
	entries, err := fs.ReadDir(d.root.FS(), unfinished)
	if err != nil {
		return fmt.Errorf("tidy file store: %w", err)
	}
	for _, entry := range entries {
		info, statErr := entry.Info()
		if statErr == nil && info.ModTime().Before(before) {
			err = errors.Join(err, d.root.Remove(unfinished+"/"+entry.Name()))
		}
	}
	return err
}
