package place

import (
	"encoding/json"
	"fmt"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
	"gongzhi/internal/sqldb"
)

// Default is a point that many requests share although they are about different
// places: what a system gives to all that have none. A person decides; only one
// that is confirmed counts as no place.
type Default struct {
	Point      geo.Point
	Requests   int64    // that had exactly this point when it was found
	Among      int64    // so many with a point
	Addresses  int64    // so many different ones, without their numbers
	Categories int64    // so many different ones
	Examples   []string // addresses, the most frequent first
	Found      time.Time
	Verdict    string // "" nobody has looked, yes, no
	By         string // staff id of who decided
	Decided    time.Time
	Rev        int64
}

// Share is the part of all requests with a point that has this one.
func (d Default) Share() float64 { return float64(d.Requests) / float64(max(d.Among, 1)) }

// Key names the point in a path.
func (d Default) Key() string { return fmt.Sprintf("%.7f,%.7f", d.Point.Lat, d.Point.Lng) }

const defaultColumns = `lat, lng, requests, among, addresses, categories, examples, found_at, verdict, decided_by, coalesce(decided_at, 0), rev`

// Defaults are all points that were ever found, those nobody has looked at
// first, then the most used.
func Defaults(tx *sqldb.Tx) ([]Default, error) {
	rows, err := tx.Query(`select ` + defaultColumns + ` from place_default order by case verdict when '' then 0 else 1 end, requests desc, lat, lng`)
	if err != nil {
		return nil, fmt.Errorf("list default points: %w", err)
	}
	defer rows.Close()
	var out []Default
	for rows.Next() {
		var d Default
		var examples string
		var found, decided int64
		if err := rows.Scan(&d.Point.Lat, &d.Point.Lng, &d.Requests, &d.Among, &d.Addresses, &d.Categories, &examples, &found, &d.Verdict, &d.By, &decided, &d.Rev); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(examples), &d.Examples); err != nil {
			return nil, err
		}
		d.Found, d.Decided = sqldb.FromMicros(found), sqldb.FromMicros(decided)
		out = append(out, d)
	}
	return out, rows.Err()
}

// FindDefault reads one by its key, or NotFound.
func FindDefault(tx *sqldb.Tx, key string) (Default, error) {
	list, err := Defaults(tx)
	for _, d := range list {
		if d.Key() == key {
			return d, nil
		}
	}
	if err == nil {
		err = fault.New(fault.NotFound, "place.default_not_found", nil)
	}
	return Default{}, err
}

// KeepDefault writes a point that was found, or new counts of one that is known.
// What a person decided stays; so do the counts from before a point was confirmed.
func KeepDefault(tx *sqldb.Tx, d Default) error {
	examples, err := json.Marshal(d.Examples)
	if err != nil {
		return err
	}
	const q = `insert into place_default(lat, lng, requests, among, addresses, categories, examples, found_at, verdict, decided_by, rev)
		values ($1, $2, $3, $4, $5, $6, $7, $8, '', '', 1)
		on conflict (lat, lng) do update set requests = excluded.requests, among = excluded.among, addresses = excluded.addresses,
		categories = excluded.categories, examples = excluded.examples where place_default.verdict <> 'yes'`
	err = tx.Exec(q, d.Point.Lat, d.Point.Lng, d.Requests, d.Among, d.Addresses, d.Categories, string(examples), tx.Now.UnixMicro())
	if err != nil {
		return fmt.Errorf("keep a default point: %w", err)
	}
	return nil
}

// DecideDefault writes what a person found out about a point. rev is what the
// page showed; when somebody else decided since, it is a Conflict.
func DecideDefault(tx *sqldb.Tx, d Default, verdict, by string, rev int64) error {
	const q = `update place_default set verdict = $1, decided_by = $2, decided_at = $3, rev = rev + 1 where lat = $4 and lng = $5 and rev = $6`
	n, err := tx.ExecN(q, verdict, by, tx.Now.UnixMicro(), d.Point.Lat, d.Point.Lng, rev)
	if err != nil {
		return fmt.Errorf("decide on a default point: %w", err)
	}
	if n == 0 {
		return fault.New(fault.Conflict, "place.default_changed", nil)
	}
	return nil
}
