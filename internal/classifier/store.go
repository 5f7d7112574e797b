package classifier

import (
	"bytes"
	"compress/flate"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
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
			k.Rows = make([]int32, len(h.Theta)/len(h.Classes))
			for f, r := range h.rows {
				if r > 0 {
					k.Rows[r-1] = int32(f)
				}
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
	if len(s.IDF) != len(s.Grams) {
		return nil, errors.New("decode model: grams without a weight")
	}
	m := &Model{words: newVocabulary(s.Grams, s.IDF), heads: map[string]*head{}}
	for above, k := range s.Heads {
		h := k.Head
		if err := k.fits(len(s.Grams)); err != nil {
			return nil, err
		}
		if len(k.Rows) > 0 {
			h.number(k.Rows, len(s.Grams))
		}
		m.heads[above] = &h
	}
	return m, nil
}

// fits says whether the parts of a head have the sizes that belong together.
func (k storedHead) fits(features int) error {
	rows := features
	if len(k.Rows) > 0 {
		rows = len(k.Rows)
	}
	outside := func(f int32) bool { return f < 0 || int(f) >= features }
	if n := len(k.Head.Classes); n == 0 || len(k.Head.Bias) != n || len(k.Head.Theta) != rows*n || rows > math.MaxUint16 && len(k.Rows) > 0 || slices.ContainsFunc(k.Rows, outside) {
		return errors.New("decode model: a head of other size")
	}
	return nil
}
