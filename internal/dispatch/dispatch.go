// Package dispatch 派单 decides who handles a request: the duty list proposes, the
// dispatcher chooses, rules on returns, merges and splits.
package dispatch

import (
	"context"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/advice"
	"gongzhi/internal/catalog"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/vault"
)

// Service offers the verbs and pages of this feature.
type Service struct {
	DB      *sqldb.DB
	Vault   *vault.Vault
	Catalog *catalog.Shelf
	Advice  *advice.Advisor
	Atlas   *place.Shelf
	Numbers *request.Numbers
	Base    page.Maker
	Case    show.CaseFunc // the page of one request
}

// On names the request an act is about and the version the person saw, 0 for
// machine work.
type On struct {
	Number  string
	Version int64
}

// load locks and reads the request.
func (on On) load(tx *sqldb.Tx, a actor.Actor) (*request.Order, error) {
	o, err := request.FindNumber(tx, a, on.Number)
	if err != nil {
		return nil, err
	}
	return request.Load(tx, a, o.ID, on.Version)
}

// with runs an act on one request in a unit of work of its own.
func (s *Service) with(ctx context.Context, a actor.Actor, on On, act func(*sqldb.Tx, *request.Order) error) error {
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		o, err := on.load(tx, a)
		if err != nil {
			return err
		}
		return act(tx, o)
	})
}

// say is a sentence of this feature in the city's own language, for texts that
// are kept.
func say(key string, args ...any) string { return locale.T(locale.ZH, key, args...) }

// day is a date in the words of a notice; residents are written to in Chinese.
func (s *Service) day(t time.Time) string {
	return locale.Short(locale.ZH, t, s.Catalog.Book().Calendar.Zone)
}

// audience of a text meant for the resident: the public too, where the request
// is published.
func audience(o *request.Order) string {
	if o.Sealed || o.Publicity == "private" {
		return request.Resident
	}
	return request.Public
}
