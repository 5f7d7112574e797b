package classifier

import (
	"bytes"
	"compress/flate"
	"encoding/gob"
	"fmt"
	"io"
)

// stored is a model as it is kept.
type stored struct {
	Version int
	Grams   []gram
	IDF     []float32
	Heads   map[string]storedHead
}

type storedHead struct {
	Head head
	Rows []int32 // feature of each row, empty: all
}

const version = 1

// Encode writes a model in a form that Decode of this and later versions reads.
func (m *Model) Encode(w io.Writer) error {
	s := stored{Version: version, Grams: m.words.grams, IDF: m.words.idf, Heads: map[string]storedHead{}}
	for above, h := range m.heads {
		k := storedHead{Head: *h}
		if h.rows != nil {
			k.Rows = make([]int32, len(h.rows))
			for f, r := range h.rows {
				k.Rows[r] = f
			}
		}
		s.Heads[above] = k
	}
	z, err := flate.NewWriter(w, flate.BestSpeed)
	if err != nil {
		return err
	}
	if err := gob.NewEncoder(z).Encode(s); err != nil {
		return fmt.Errorf("encode model: %w", err)
	}
	return z.Close()
}

// Decode reads a model.
func Decode(data []byte) (*Model, error) {
	var s stored
	if err := gob.NewDecoder(flate.NewReader(bytes.NewReader(data))).Decode(&s); err != nil {
		return nil, fmt.Errorf("decode model: %w", err)
	}
	if s.Version != version {
		return nil, fmt.Errorf("decode model: version %d", s.Version)
	}
	m := &Model{words: newVocabulary(s.Grams, s.IDF), heads: map[string]*head{}}
	for above, k := range s.Heads {
		h := k.Head
		if len(k.Rows) > 0 {
			h.rows = make(map[int32]int32, len(k.Rows))
			for r, f := range k.Rows {
				h.rows[f] = int32(r)
			}
		}
		m.heads[above] = &h
	}
	return m, nil
}
