package intake

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/matter"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// mainRequest is the request with which the one of a receipt is handled, as far
// as everybody may read it: it was another person who reported it.
type mainRequest struct {
	Order  *request.Order
	Public bool
	Lines  []request.Line
}

// readMain reads what became of the request that this one was merged into.
func readMain(tx *sqldb.Tx, o *request.Order) (*mainRequest, error) {
	if o.State != request.Merged {
		return nil, nil
	}
	var into matter.ID
	const q = `select to_id from matter_link where from_id = $1 and kind = 'merged' order by at desc, to_id limit 1`
	switch err := tx.QueryRow(q, o.ID).Scan(&into); {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("find what it was merged into: %w", err)
	}
	main, err := request.Find(tx, actor.System, into)
	if err != nil || main.Sealed {
		return nil, err
	}
	row, err := knownRow(tx, main.Number)
	if err != nil {
		return nil, err
	}
	lines, err := request.Timeline(tx, actor.Actor{}, main)
	return &mainRequest{Order: main, Public: row.Number != "", Lines: published(lines, row.Worded)}, err
}

// Due is the day promised for it, zero when it is over.
func (m mainRequest) Due() time.Time {
	if !m.Order.Open {
		return time.Time{}
	}
	return m.Order.DueAt
}

// Ledger is its history, the newest line first.
func (m mainRequest) Ledger(b page.Base) []page.Entry {
	return publicLedger(b, m.Order.Number, m.Lines)
}
