package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"
)

// Memory is a Store that forgets everything at the end, for tests.
type Memory struct {
	now   func() time.Time
	mu    sync.Mutex
	files map[string]kept
}

type kept struct {
	data []byte
	put  time.Time
}

// NewMemory returns an empty store that takes times from now; nil means that
// every file was put at the zero time.
func NewMemory(now func() time.Time) *Memory {
	if now == nil {
		now = func() time.Time { return time.Time{} }
	}
	return &Memory{now: now, files: map[string]kept{}}
}

// Put keeps what r holds.
func (m *Memory) Put(ctx context.Context, r io.Reader) (string, int64, error) {
	data, err := io.ReadAll(cancellable{ctx, r})
	if err != nil {
		return "", 0, fmt.Errorf("put file: %w", err)
	}
	sum := sha256.Sum256(data)
	hash := hex.EncodeToString(sum[:])
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[hash] = kept{data, m.now()}
	return hash, int64(len(data)), nil
}

type memoryFile struct{ *bytes.Reader }

func (memoryFile) Close() error { return nil }

// Open reads a file.
func (m *Memory) Open(hash string) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, ok := m.files[hash]
	if !ok {
		return nil, notFound(nil)
	}
	return memoryFile{bytes.NewReader(f.data)}, nil
}

// Each lists the files.
func (m *Memory) Each(ctx context.Context, f func(Info) error) error {
	m.mu.Lock()
	files := maps.Clone(m.files)
	m.mu.Unlock()
	for _, hash := range slices.Sorted(maps.Keys(files)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f(Info{hash, int64(len(files[hash].data)), files[hash].put}); err != nil {
			return err
		}
	}
	return nil
}

// Remove forgets a file.
func (m *Memory) Remove(hash string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.files, hash)
	return nil
}
