// Package search finds texts by the words in them, Chinese above all. Words
// are cut here and not by the database, so both engines find the same: two
// neighbouring characters make one word (路灯不亮 → 路灯, 灯不, 不亮), because no
// dictionary knows a city's names. What is looked for as a whole must stand as
// a whole: positions are kept and neighbours are compared.
//
// The index is fed after the commit, by a reader of the history, since it
// costs a write more than everything else together. It can be rebuilt from the
// owners' tables at any time.
package search

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"gongzhi/internal/sqldb"
)

// Doc is what can be found: the thing of a kind ("request") with an id. A
// phrase is never found across two Texts. Of a Doc the first 16,000 words
// count, about as many characters.
type Doc struct {
	Kind  string
	ID    string
	At    time.Time // the order in which Newest lists
	Texts []string
}

// slots is how many docs may share one second. The number of a doc is its
// second times slots and a counter, so that the newest come first without
// sorting: one million hits cost no more than twenty.
const slots = 1 << 16

// Put makes doc findable with exactly these texts, whatever was put before.
// Of two transactions that put at once, one may get a Conflict on PostgreSQL
// and is to be run again.
func Put(tx *sqldb.Tx, doc Doc) error { return PutAll(tx, []Doc{doc}) }

// Delete makes a doc unfindable; it need not exist.
func Delete(tx *sqldb.Tx, kind, id string) error {
	const find = `select doc from search_doc where kind = $1 and id = $2`
	var doc int64
	err := tx.QueryRow(find, kind, id).Scan(&doc)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil {
		err = erase(tx, doc)
	}
	if err != nil {
		return fmt.Errorf("delete %s %s from the index: %w", kind, id, err)
	}
	return nil
}

// Compact takes the words of deleted docs out of the file as well, which
// SQLite would do only in time: for the erasure of personal data.
func Compact(tx *sqldb.Tx) error {
	if tx.Dialect == sqldb.Postgres {
		return nil // vacuum does it, and cannot run in a transaction
	}
	return tx.Exec(`insert into search_fts(search_fts) values ('optimize')`)
}

// Rebuild empties the index and fills it again. next returns the docs after
// the one it returned last, in any fixed order, some hundreds at a time, and
// none at the end; after is the zero Doc at first. Until it is done searches
// find less; docs put meanwhile are kept.
func Rebuild(ctx context.Context, db *sqldb.DB, next func(tx *sqldb.Tx, after Doc) ([]Doc, error)) error {
	if err := db.Update(ctx, clear); err != nil {
		return fmt.Errorf("empty the index: %w", err)
	}
	var after Doc
	for {
		var docs []Doc
		err := db.Update(ctx, func(tx *sqldb.Tx) (err error) {
			if docs, err = next(tx, after); err != nil {
				return err
			}
			return PutAll(tx, docs)
		})
		if err != nil {
			return fmt.Errorf("rebuild the index: %w", err)
		}
		if len(docs) == 0 {
			return nil
		}
		after = docs[len(docs)-1]
	}
}

func clear(tx *sqldb.Tx) error {
	if tx.Dialect == sqldb.SQLite {
		if err := tx.Exec(`insert into search_fts(search_fts) values ('delete-all')`); err != nil {
			return err
		}
	}
	return tx.Exec(`delete from search_doc`)
}

func erase(tx *sqldb.Tx, doc int64) error {
	if tx.Dialect == sqldb.SQLite {
		if err := tx.Exec(`delete from search_fts where rowid = $1`, doc); err != nil {
			return err
		}
	}
	return tx.Later(`delete from search_doc where doc = $1`, doc)
}

// rules goes into every digest. Raise it when words are cut in another way:
// then a doc that is put again is indexed again.
const rules = 1

func (d Doc) digest() int64 {
	h := fnv.New64a()
	h.Write([]byte{rules})
	for _, t := range d.Texts {
		h.Write([]byte(t))
		h.Write([]byte{0})
	}
	return int64(h.Sum64())
}
