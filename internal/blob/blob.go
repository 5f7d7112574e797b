// Package blob keeps files under the hash of what they hold. Two equal files are
// one; a file never changes; a name from outside can never reach another place
// on the disk, because a name is 64 hexadecimal digits or it is refused.
//
// A file is written before the row that names it. What no row names after a day
// is an orphan, left by a unit of work that failed: see Orphans.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"time"

	"gongzhi/internal/fault"
)

// Store is what keeps files: Dir, or Memory in tests.
type Store interface {
	// Put keeps what r holds. When it returns, the file survives a power cut.
	Put(ctx context.Context, r io.Reader) (hash string, size int64, err error)
	// Open reads a file; a NotFound when there is none of that name.
	Open(hash string) (File, error)
	// Each calls f for every file kept, in no order.
	Each(ctx context.Context, f func(Info) error) error
	// Remove forgets a file. It is no error when there is none.
	Remove(hash string) error
}

// File is an open file. It can be served with ranges.
type File interface {
	io.ReadSeekCloser
	io.ReaderAt
}

// Info describes a kept file. Put is when it was last put, which for a file
// put twice is the later time.
type Info struct {
	Hash string
	Size int64
	Put  time.Time
}

// Orphans lists the files put before the given time that known does not know.
// The time has to leave every unit of work in progress time to end: a day is a
// good choice. known is asked in lots of at most 500 hashes and answers with
// those that some row names.
func Orphans(ctx context.Context, s Store, before time.Time, known func(context.Context, []string) (map[string]bool, error)) ([]string, error) {
	var orphans, lot []string
	sift := func() error {
		keep, err := known(ctx, lot)
		for _, hash := range lot {
			if err == nil && !keep[hash] {
				orphans = append(orphans, hash)
			}
		}
		lot = lot[:0]
		return err
	}
	err := s.Each(ctx, func(f Info) error {
		if !f.Put.Before(before) {
			return nil
		}
		if lot = append(lot, f.Hash); len(lot) < 500 {
			return nil
		}
		return sift()
	})
	if err == nil && len(lot) > 0 {
		err = sift()
	}
	return orphans, err
}

func valid(hash string) bool {
	return len(hash) == 64 && strings.Trim(hash, "0123456789abcdef") == ""
}

func notFound(cause error) error { return fault.New(fault.NotFound, "blob.not_found", cause) }

// cancellable ends a long read when the request that asked for it is gone.
type cancellable struct {
	ctx context.Context
	r   io.Reader
}

func (c cancellable) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// HashOf is the name under which what r holds would be kept.
func HashOf(ctx context.Context, r io.Reader) (string, error) {
	h := sha256.New()
	_, err := io.Copy(h, cancellable{ctx, r})
	return hex.EncodeToString(h.Sum(nil)), err
}
