package setup

import (
	"fmt"
	"time"

	"gongzhi/internal/sqldb"
)

// revision is one change of an entry: who made it, and its state before and
// after.
type revision struct {
	ID, Who  string
	At       time.Time
	Was, Now record // nil: it was new, or was removed
	Diff     []change
}

// history lists what was changed of an entry, the newest first.
func history(tx *sqldb.Tx, k *kind, key string) ([]revision, error) {
	const q = `select r.id, r.at, coalesce(s.name, r.actor), r.before, r.after from catalog_revision r left join actor_staff s on s.id = r.actor
		where r.what = $1 and r.code = $2 order by r.rev desc, r.id desc limit 50`
	rows, err := tx.Query(q, k.what, key)
	if err != nil {
		return nil, fmt.Errorf("history of %s %s: %w", k.name, key, err)
	}
	defer rows.Close()
	var out []revision
	for rows.Next() {
		var r revision
		var at int64
		var before, after string
		if err := rows.Scan(&r.ID, &at, &r.Who, &before, &after); err != nil {
			return nil, fmt.Errorf("history of %s %s: %w", k.name, key, err)
		}
		if r.Was, err = k.former(before); err != nil {
			return nil, fmt.Errorf("revision %s: %w", r.ID, err)
		}
		if r.Now, err = k.former(after); err != nil {
			return nil, fmt.Errorf("revision %s: %w", r.ID, err)
		}
		r.At, r.Diff = sqldb.FromMicros(at), k.diff(r.Was, r.Now)
		out = append(out, r)
	}
	return out, rows.Err()
}

// deed is one administrative act on an account.
type deed struct {
	At                        time.Time
	Who, Deed, Detail, Reason string
}

// deedsOn lists what was done to an account, the newest first.
func deedsOn(tx *sqldb.Tx, staff string) ([]deed, error) {
	const q = `select d.at, coalesce(s.name, d.actor), d.deed, d.detail, coalesce(x.reason, '') from actor_deed d left join actor_staff s on s.id = d.actor
		left join setup_reason x on x.staff_id = d.subject and x.at = d.at where d.subject = $1 order by d.at desc, d.id desc limit 30`
	rows, err := tx.Query(q, staff)
	if err != nil {
		return nil, fmt.Errorf("deeds on %s: %w", staff, err)
	}
	defer rows.Close()
	var out []deed
	for rows.Next() {
		var d deed
		var at int64
		if err := rows.Scan(&at, &d.Who, &d.Deed, &d.Detail, &d.Reason); err != nil {
			return nil, fmt.Errorf("deeds on %s: %w", staff, err)
		}
		d.At = sqldb.FromMicros(at)
		out = append(out, d)
	}
	return out, rows.Err()
}
