package place

import (
	"context"
	"sync"

	"gongzhi/internal/sqldb"
)

// known remembers what addresses turned out to be: when something happens in a
// place, many people report it within minutes.
type known struct {
	mu   sync.Mutex
	list map[string]answer
}

type answer struct {
	address Address
	ok      bool
}

// mostKnown bounds the memory; beyond it everything is asked anew.
const mostKnown = 20_000

func (k *known) get(folded string) (answer, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	x, there := k.list[folded]
	return x, there
}

func (k *known) put(folded string, x answer) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.list == nil || len(k.list) >= mostKnown {
		k.list = map[string]answer{}
	}
	k.list[folded] = x
}

func (k *known) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.list = nil
}

// Exact is the function Exact with the memory of this shelf, which ends with the
// next Reload.
func (s *Shelf) Exact(ctx context.Context, typed string) (Address, bool, error) {
	folded := Fold(typed)
	if x, there := s.known.get(folded); there {
		return x.address, x.ok, nil
	}
	var x answer
	err := s.DB.Look(ctx, func(tx *sqldb.Tx) (err error) {
		x.address, x.ok, err = Exact(tx, typed)
		return err
	})
	if err == nil {
		s.known.put(folded, x)
	}
	return x.address, x.ok, err
}
