package notice

import (
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"gongzhi/internal/sqldb"
)

// ending is how a message of a made-up past went.
type ending struct {
	channel, state, reason, via string
}

// Backdate gives the queued messages of a made-up past, up to a time, the end they
// would have had by a channel: nobody is to be told today of what was three months
// ago. It is for the demonstration city.
func Backdate(tx *sqldb.Tx, until time.Time, via string) error {
	for {
		ids, err := unrouted(tx, until)
		if err != nil || len(ids) == 0 {
			return err
		}
		same := map[ending][]string{}
		for _, m := range ids {
			e := endingOf(m, via)
			same[e] = append(same[e], m)
		}
		for e, list := range same {
			for part := range slices.Chunk(list, 500) {
				if err := backdate(tx, e, part); err != nil {
					return err
				}
			}
		}
	}
}

func unrouted(tx *sqldb.Tx, until time.Time) ([]string, error) {
	rows, err := tx.Query(`select id from notice_message where channel = '' and state = 'queued' and created_at < $1 order by created_at, id limit 4000`, until.UnixMicro())
	if err != nil {
		return nil, fmt.Errorf("messages of the past: %w", err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var m string
		if err := rows.Scan(&m); err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, rows.Err()
}

// endingOf are the shares of the endings; which a message has follows from its id.
func endingOf(message, via string) ending {
	h := fnv.New32a()
	h.Write([]byte(message))
	e := ending{SMS, Delivered, "", via}
	switch n := h.Sum32() % 1000; {
	case n < 12:
		e = ending{SMS, Failed, ReasonBadNumber, ""}
	case n < 24:
		e.state, e.reason = Failed, ReasonUndeliver+":MK:0001"
	case n < 54:
		e.state = Accepted
	}
	return e
}

// backdate writes the ending: taken after three seconds, reported after nine.
func backdate(tx *sqldb.Tx, e ending, messages []string) error {
	marks, args := sqldb.In(5, messages)
	q := `update notice_message set channel = $1, state = $2, reason = $3, via = $4, tries = 1,
		sent_at = case when $4 <> '' then created_at + 3000000 end, done_at = case when $2 <> 'accepted' then created_at + 9000000 end where id in (` + marks + `)`
	return tx.Exec(q, append([]any{e.channel, e.state, e.reason, e.via}, args...)...)
}
