// Package id makes the identifiers of the system: sortable row ids, public
// request numbers and the query codes that residents keep.
package id

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// alphabet is Crockford's base 32: no I, L, O or U, so a code read out over the
// telephone cannot be misheard as another.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// Source makes ids from a stream of randomness; tests and the demonstration
// city give it a seeded one.
type Source struct {
	mu   sync.Mutex
	rand io.Reader
	last int64
	low  uint64
}

// NewSource returns a source that reads its randomness from r.
func NewSource(r io.Reader) *Source { return &Source{rand: r} }

var system = NewSource(rand.Reader)

// New returns a 26-character id. Ids of one process sort in the order in which
// they were made, also inside one millisecond.
func New(now time.Time) string { return system.New(now) }

// Code returns a query code of 13 characters (65 bits) in three groups.
func Code() string { return system.Code() }

// New is the method form of the package's New.
func (s *Source) New(now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ms := now.UnixMilli()
	if ms == s.last {
		s.low++ // the same millisecond: count up, so order is kept
	} else {
		s.last, s.low = ms, s.bits()>>2
	}
	var out [26]byte
	put(out[:10], uint64(ms))
	put(out[10:22], s.low)
	put(out[22:], s.bits())
	return string(out[:])
}

// Code is the method form of the package's Code.
func (s *Source) Code() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b [13]byte
	put(b[:12], s.bits())
	put(b[12:], s.bits())
	return string(b[:4]) + "-" + string(b[4:9]) + "-" + string(b[9:])
}

func (s *Source) bits() uint64 {
	var b [8]byte
	if _, err := io.ReadFull(s.rand, b[:]); err != nil {
		panic("id: no randomness: " + err.Error()) // an id that may repeat is worse than a stop
	}
	return binary.BigEndian.Uint64(b[:])
}

func put(dst []byte, v uint64) {
	for i := len(dst) - 1; i >= 0; i-- {
		dst[i] = alphabet[v&31]
		v >>= 5
	}
}

// CleanCode brings a typed query code into its written form: case, blanks,
// dashes and the letters people confuse (O, I, L) are forgiven. It returns ""
// when the text cannot be a code.
func CleanCode(typed string) string {
	swap := strings.NewReplacer("O", "0", "I", "1", "L", "1")
	var b strings.Builder
	for _, r := range swap.Replace(strings.ToUpper(typed)) {
		switch {
		case r == '-' || r == ' ' || r == '－' || r == '　':
		case r >= '０' && r <= '９':
			b.WriteRune(r - '０' + '0')
		case strings.ContainsRune(alphabet, r):
			b.WriteRune(r)
		default:
			return ""
		}
	}
	s := b.String()
	if len(s) != 13 {
		return ""
	}
	return s[:4] + "-" + s[4:9] + "-" + s[9:]
}

// Number is a public request number: the day it was received and a count
// within that day, twelve digits.
func Number(day time.Time, n int64) string {
	return fmt.Sprintf("%s%06d", day.Format("060102"), n)
}

// ShowNumber groups a number for reading: 2611 2300 4718.
func ShowNumber(n string) string {
	if len(n) != 12 {
		return n
	}
	return n[:4] + " " + n[4:8] + " " + n[8:]
}

// CleanNumber keeps the digits of a typed number, "" unless there are twelve.
func CleanNumber(typed string) string {
	var b strings.Builder
	for _, r := range typed {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r >= '０' && r <= '９':
			b.WriteRune(r - '０' + '0')
		case r == ' ' || r == '-' || r == '　':
		default:
			return ""
		}
	}
	if b.Len() != 12 {
		return ""
	}
	return b.String()
}
