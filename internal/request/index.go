package request

import (
	"fmt"
	"slices"

	"gongzhi/internal/matter"
	"gongzhi/internal/search"
	"gongzhi/internal/sqldb"
)

// textDeeds are the deeds after which a request reads differently.
var textDeeds = []string{DeedReceived, DeedImported, DeedSettled, DeedReclassified, DeedReplied, DeedAnswered, DeedSupplemented, DeedSplit}

// Indexer feeds the search index behind the people at work: an index inside the
// intake's own transaction would cost it more than half of its speed. It rests
// between its steps, so that in a flood of reports taking them comes first; a
// request is then found some time later.
func Indexer() matter.Watcher {
	return matter.Watcher{Name: "request/search", Batch: 50, Rest: 4, Handle: func(tx *sqldb.Tx, events []matter.Entry) error {
		var ids []string
		for _, e := range events {
			if slices.Contains(textDeeds, e.Name) {
				ids = append(ids, string(e.Matter))
			}
		}
		return index(tx, unique(ids))
	}}
}

func index(tx *sqldb.Tx, ids []string) error {
	docs, err := docs(tx, ids)
	if err != nil {
		return err
	}
	return search.PutAll(tx, docs)
}

// docs are what can be found of requests: the title, the resident's words, the
// address and what was answered. Contact data is not among it.
func docs(tx *sqldb.Tx, ids []string) ([]search.Doc, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	marks, args := sqldb.In(1, ids)
	rows, err := tx.Query(`select m.id, m.opened_at, m.title, r.body, r.address,
		coalesce((select string_agg(n.text, ' ') from request_note n where n.matter_id = m.id and n.kind in ('answer', 'supplement')), '')
		from matter m join request_order r on r.matter_id = m.id where m.id in (`+marks+`) order by m.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("texts for the search index: %w", err)
	}
	defer rows.Close()
	var out []search.Doc
	for rows.Next() {
		d := search.Doc{Kind: Life.Kind, Texts: make([]string, 4)}
		var at int64
		if err := rows.Scan(&d.ID, &at, &d.Texts[0], &d.Texts[1], &d.Texts[2], &d.Texts[3]); err != nil {
			return nil, err
		}
		d.At = sqldb.FromMicros(at)
		out = append(out, d)
	}
	return out, rows.Err()
}
