package device

import (
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
)

// Listed is a device as lists show it.
type Listed struct {
	Device
	Metric   string
	Value    float64
	Heard    time.Time // zero: nothing yet
	Readings int64
	Faults   int64 // that are open
}

// onPage is how many devices one page of the list shows.
const onPage = 50

const listedQuery = `select ` + deviceColumns + `, coalesce(s.metric, ''), coalesce(s.value, 0), coalesce(s.received_at, 0), coalesce(s.readings, 0),
	(select cast(count(*) as bigint) from intake_device_fault f where f.device = d.code and f.closed_at = 0 and f.state = 'open')
	from intake_device d left join intake_device_state s on s.device = d.code`

// List is a page of the devices behind a code, with some words in code or name, and
// of one kind.
func List(tx *sqldb.Tx, words, kind, after string, n int) ([]Listed, error) {
	const q = listedQuery + ` where d.code > $1 and ($2 = '' or d.kind = $2) and (d.code like $3 or d.name like $3 or d.address like $3) order by d.code limit $4`
	rows, err := tx.Query(q, after, kind, "%"+words+"%", n)
	if err != nil {
		return nil, fmt.Errorf("list devices: %w", err)
	}
	defer rows.Close()
	var out []Listed
	for rows.Next() {
		x, err := scanListed(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

func scanListed(scan func(...any) error) (x Listed, err error) {
	var heard int64
	x.Device, err = scanDevice(scan, &x.Metric, &x.Value, &heard, &x.Readings, &x.Faults)
	x.Heard = moment(heard)
	return x, err
}

// findListed reads one device as lists show it, or NotFound.
func findListed(tx *sqldb.Tx, code string) (Listed, error) {
	x, err := scanListed(tx.QueryRow(listedQuery+` where d.code = $1`, code).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return x, fault.New(fault.NotFound, "device.unknown", err, code)
	}
	return x, err
}

// Point is a stored reading.
type Point struct {
	At      time.Time
	Metric  string
	Value   float64
	Verdict string
}

// Points are the newest readings of a device, the newest first.
func Points(tx *sqldb.Tx, device, metric string, n int) ([]Point, error) {
	const q = `select at, metric, value, verdict from intake_device_reading where device = $1 and ($2 = '' or metric = $2) order by at desc limit $3`
	rows, err := tx.Query(q, device, metric, n)
	if err != nil {
		return nil, fmt.Errorf("readings of %s: %w", device, err)
	}
	defer rows.Close()
	var out []Point
	for rows.Next() {
		var p Point
		var at int64
		if err := rows.Scan(&at, &p.Metric, &p.Value, &p.Verdict); err != nil {
			return nil, err
		}
		p.At = sqldb.FromMicros(at)
		out = append(out, p)
	}
	return out, rows.Err()
}

// pointsBehind are the readings of a device behind a position in their list, the
// newest first, and the position of the last one, "" at the end.
func pointsBehind(tx *sqldb.Tx, device, metric, position string, n int) (out []Point, next string, err error) {
	after := []any{int64(math.MaxInt64), "", "", ""}
	if at := strings.Split(position, "\x00"); len(at) == len(after) {
		micros, err := strconv.ParseInt(at[0], 10, 64)
		if err != nil {
			return nil, "", fmt.Errorf("position %q: %w", position, err)
		}
		after = []any{micros, at[1], at[2], at[3]}
	}
	const q = `select at, owner, origin, event, metric, value, verdict from intake_device_reading where device = $1 and ($2 = '' or metric = $2)
		and (at, owner, origin, event) < ($3, $4, $5, $6) order by at desc, owner desc, origin desc, event desc limit $7`
	rows, err := tx.Query(q, append(append([]any{device, metric}, after...), n+1)...)
	if err != nil {
		return nil, "", fmt.Errorf("readings of %s: %w", device, err)
	}
	defer rows.Close()
	last := ""
	for rows.Next() {
		if len(out) == n {
			return out, last, rows.Err()
		}
		var p Point
		var at int64
		var owner, origin, event string
		if err := rows.Scan(&at, &owner, &origin, &event, &p.Metric, &p.Value, &p.Verdict); err != nil {
			return nil, "", err
		}
		p.At, last = sqldb.FromMicros(at), strings.Join([]string{strconv.FormatInt(at, 10), owner, origin, event}, "\x00")
		out = append(out, p)
	}
	return out, "", rows.Err()
}

// Case is a fault of a device with the request it became.
type Case struct {
	Finding
	Number string
	State  string // of the request
}

// Cases are the newest faults of a device, or of all.
func Cases(tx *sqldb.Tx, device string, n int) ([]Case, error) { return casesBehind(tx, device, "", n) }

// casesBehind are those behind a fault in the order of Cases.
func casesBehind(tx *sqldb.Tx, device, after string, n int) ([]Case, error) {
	const q = `select ` + faultColumns + `, r.name, r.unit, d.name, m.number, m.state, m.sealed from intake_device_fault f join intake_device_rule r on r.id = f.rule
		join intake_device d on d.code = f.device join matter m on m.id = f.matter_id where (f.device = $1 or $1 = '')
		and ($2 = '' or (f.opened_at, f.id) < (select b.opened_at, b.id from intake_device_fault b where b.id = $2)) order by f.opened_at desc, f.id desc limit $3`
	rows, err := tx.Query(q, device, after, n)
	if err != nil {
		return nil, fmt.Errorf("faults of %s: %w", device, err)
	}
	defer rows.Close()
	var out []Case
	for rows.Next() {
		var x Case
		var sealed bool
		if x.Fault, err = scanFault(rows.Scan, &x.Of.Name, &x.Of.Unit, &x.At.Name, &x.Number, &x.State, &sealed); err != nil {
			return nil, err
		}
		if sealed { // it was merged into something that is nobody's business here
			x.Number, x.State, x.Matter = "", "", matter.ID("")
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// Missed is a count of readings that were not kept.
type Missed struct {
	Device, Name string // Name is "" for a system
	Reason       string
	N            int64
	First, Last  time.Time
	Sample       string
}

// MissedSince are the counts of the hours since a time, the most first; of one
// device or of all.
func MissedSince(tx *sqldb.Tx, since time.Time, device string, n int) ([]Missed, error) {
	const q = `select p.device, coalesce(max(d.name), ''), p.reason, cast(sum(p.n) as bigint), min(p.first_at), max(p.last_at), max(p.sample)
		from intake_device_drop p left join intake_device d on d.code = p.device where p.hour >= $1 and (p.device = $2 or $2 = '')
		group by p.device, p.reason order by 4 desc, p.device, p.reason limit $3`
	rows, err := tx.Query(q, since.Truncate(time.Hour).UnixMicro(), device, n)
	if err != nil {
		return nil, fmt.Errorf("counts of dropped readings: %w", err)
	}
	defer rows.Close()
	var out []Missed
	for rows.Next() {
		var m Missed
		var begun, last int64
		if err := rows.Scan(&m.Device, &m.Name, &m.Reason, &m.N, &begun, &last, &m.Sample); err != nil {
			return nil, err
		}
		m.First, m.Last = sqldb.FromMicros(begun), sqldb.FromMicros(last)
		out = append(out, m)
	}
	return out, rows.Err()
}
