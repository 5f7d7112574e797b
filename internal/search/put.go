package search

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"gongzhi/internal/sqldb"
)

// PutAll is Put for many docs. It asks the database a few times for all of them
// and not a few times for each.
func PutAll(tx *sqldb.Tx, docs []Doc) error {
	byKind := map[string][]Doc{}
	for _, d := range docs {
		byKind[d.Kind] = append(byKind[d.Kind], d)
	}
	n := numbers{tx: tx, next: map[int64]int64{}}
	for kind, list := range byKind {
		there, err := stored(tx, kind, list)
		if err != nil {
			return fmt.Errorf("look for docs of kind %s: %w", kind, err)
		}
		for _, d := range list {
			if there[d.ID], err = n.put(d, there[d.ID]); err != nil {
				return fmt.Errorf("index %s %s: %w", d.Kind, d.ID, err)
			}
		}
	}
	return nil
}

// place is where a doc is in the index, and as what.
type place struct{ doc, at, digest int64 }

// stored are the docs of the list that the index has, by id.
func stored(tx *sqldb.Tx, kind string, list []Doc) (map[string]place, error) {
	out := make(map[string]place, len(list))
	for part := range slices.Chunk(list, 500) {
		ids := make([]string, len(part))
		for i, d := range part {
			ids[i] = d.ID
		}
		if err := storedPart(tx, kind, ids, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func storedPart(tx *sqldb.Tx, kind string, ids []string, out map[string]place) error {
	marks, args := sqldb.In(2, ids)
	rows, err := tx.Query(`select id, doc, at, digest from search_doc where kind = $1 and id in (`+marks+`)`, append([]any{kind}, args...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var p place
		if err := rows.Scan(&id, &p.doc, &p.at, &p.digest); err != nil {
			return err
		}
		out[id] = p
	}
	return rows.Err()
}

// numbers hands out the numbers of docs within one transaction.
type numbers struct {
	tx   *sqldb.Tx
	next map[int64]int64 // by second
}

// put writes one doc, in place of an old one if there is any.
func (n *numbers) put(d Doc, old place) (place, error) {
	p := place{old.doc, sqldb.Micros(d.At), d.digest()}
	if p == old {
		return p, nil
	}
	if old.doc != 0 {
		if err := erase(n.tx, old.doc); err != nil {
			return p, err
		}
	}
	if old.doc == 0 || old.at != p.at {
		var err error
		if p.doc, err = n.free(p.at); err != nil {
			return p, err
		}
	}
	return p, insert(n.tx, d, p)
}

func insert(tx *sqldb.Tx, d Doc, p place) error {
	words := d.words()
	if tx.Dialect == sqldb.Postgres {
		const q = `insert into search_doc(doc, kind, id, at, digest, fts) values ($1, $2, $3, $4, $5, $6::text::tsvector)`
		return tx.Later(q, p.doc, d.Kind, d.ID, p.at, p.digest, vector(words))
	}
	const doc = `insert into search_doc(doc, kind, id, at, digest) values ($1, $2, $3, $4, $5)`
	if err := tx.Exec(doc, p.doc, d.Kind, d.ID, p.at, p.digest); err != nil {
		return err
	}
	return tx.Exec(`insert into search_fts(rowid, body) values ($1, $2)`, p.doc, body(words))
}

// maxSeconds bounds the search for a free number: four million docs of one
// second are a mistake in their times.
const maxSeconds = 64

// free returns an unused number for a doc of this time. When its second is
// full, the next ones are tried: a table with dates only puts a whole day into
// one second.
func (n *numbers) free(at int64) (int64, error) {
	second := max(at/1_000_000, 1)
	for range maxSeconds {
		doc, err := n.of(second)
		if err != nil {
			return 0, fmt.Errorf("number a doc: %w", err)
		}
		if doc < (second+1)*slots {
			n.next[second] = doc + 1
			return doc, nil
		}
		second++
	}
	return 0, errors.New("number a doc: too many docs at " + strconv.FormatInt(at, 10))
}

// of is the first number of a second that nobody has.
func (n *numbers) of(second int64) (doc int64, err error) {
	if doc, ok := n.next[second]; ok {
		return doc, nil
	}
	const q = `select cast(coalesce(max(doc) + 1, $1) as bigint) from search_doc where doc >= $1 and doc < $2`
	err = n.tx.QueryRow(q, second*slots, (second+1)*slots).Scan(&doc)
	return doc, err
}
