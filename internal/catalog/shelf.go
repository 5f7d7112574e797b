package catalog

import (
	"context"
	"sync/atomic"

	"gongzhi/internal/calendar"
	"gongzhi/internal/reply"
	"gongzhi/internal/sqldb"
)

// Book is the part of the catalogue that nearly every page needs, in memory.
// It does not change; the shelf puts a new one in force after an edit.
type Book struct {
	Tree     *Tree
	Settings Settings
	Calendar *calendar.Calendar
	Resolver *Resolver // who answers for what: duty list, units, communities' list
	Alarm    *Alarm    // what is urgent by its words
	Limits   *Limits   // how long what may take
	Ladder   []Rung    // who is reminded when
	Replies  *reply.Checker
}

// Shelf keeps the book in force. It is safe for many goroutines.
type Shelf struct {
	DB  *sqldb.DB
	now atomic.Pointer[Book]
}

// Reload reads the book anew: at the start, after an edit, and now and then,
// because another process may have edited.
func (s *Shelf) Reload(ctx context.Context) error {
	return s.DB.View(ctx, func(tx *sqldb.Tx) error {
		b, err := LoadBook(tx)
		if err == nil {
			s.now.Store(b)
		}
		return err
	})
}

// LoadBook reads the book.
func LoadBook(tx *sqldb.Tx) (*Book, error) {
	b := &Book{}
	var err error
	if b.Tree, err = LoadTree(tx); err != nil {
		return nil, err
	}
	if b.Settings, err = LoadSettings(tx); err != nil {
		return nil, err
	}
	if b.Calendar, err = LoadCalendar(tx); err != nil {
		return nil, err
	}
	signals, err := Signals(tx)
	if err != nil {
		return nil, err
	}
	b.Alarm = NewAlarm(signals)
	rules, err := LimitRules(tx)
	if err != nil {
		return nil, err
	}
	b.Limits = NewLimits(rules, b.Tree)
	if b.Ladder, err = Ladder(tx); err != nil {
		return nil, err
	}
	if b.Replies, err = loadReplies(tx); err != nil {
		return nil, err
	}
	b.Resolver, err = NewResolver(tx, b.Tree)
	return b, err
}

// Book is the one in force, an empty one before the first Reload.
func (s *Shelf) Book() *Book {
	if b := s.now.Load(); b != nil {
		return b
	}
	return &Book{Tree: NewTree(nil), Limits: NewLimits(nil, NewTree(nil)), Resolver: &Resolver{tree: NewTree(nil)}, Settings: Settings{}, Calendar: &calendar.Calendar{Zone: Settings{}.Zone()}, Replies: reply.New(nil)}
}
