package device

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"database/sql"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/intake"
	"gongzhi/internal/locale"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Fault is what one rule found at one device: all its readings, and the request
// that they became.
type Fault struct {
	ID        string
	Device    string
	Rule      string
	Matter    matter.ID
	State     string // FaultOpen or FaultOver
	Together  bool   // shares the request of a time in which too many devices had faults
	Opened    time.Time
	First     time.Time // reading
	LastAt    time.Time // reading
	Readings  int64
	Peak      float64
	Last      float64
	Recovered time.Time
	Relapses  int64
	Dropped   int64 // readings that were only counted
	noted     time.Time

	caseState  string
	caseOpen   bool
	caseClosed time.Time
}

// States of a fault.
const (
	FaultOpen = "open"
	FaultOver = "over" // the readings are good again; the request goes its own way
)

const faultColumns = `f.id, f.device, f.rule, f.matter_id, f.state, f.together, f.opened_at, f.first_at, f.last_at, f.readings, f.peak, f.last, f.recovered_at,
	f.relapses, f.dropped, f.noted_at`

func scanFault(scan func(...any) error, more ...any) (Fault, error) {
	var f Fault
	var opened, begun, last, recovered, noted int64
	err := scan(append([]any{&f.ID, &f.Device, &f.Rule, &f.Matter, &f.State, &f.Together, &opened, &begun, &last, &f.Readings, &f.Peak, &f.Last, &recovered,
		&f.Relapses, &f.Dropped, &noted}, more...)...)
	f.Opened, f.First, f.LastAt = sqldb.FromMicros(opened), sqldb.FromMicros(begun), sqldb.FromMicros(last)
	f.Recovered, f.noted = moment(recovered), moment(noted)
	return f, err
}

// act is what a reading means to one rule.
type act int

const (
	collect  act = iota // one more of the same fault
	relapse             // the fault is back while its request is still open
	recovery            // it is over
	redo                // it is back soon after its request was closed
	begin               // a new fault
)

type step struct {
	rule  Rule
	fault *Fault // nil: none before
	act   act

	number   string    // of a request to open
	together matter.ID // request to join instead
	crowd    bool      // the request to open is one for many
}

// decide says for each rule of the device what the reading means.
func (s *Service) decide(tx *sqldb.Tx, d Device, r Reading, late bool, last state) ([]step, error) {
	list, err := rules(tx, `where kind = $1 and metric = $2 and active`, d.Kind, r.Metric)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	faults, err := standing(tx, d.Code)
	if err != nil {
		return nil, err
	}
	var out []step
	for _, rule := range list {
		x := step{rule: rule, fault: faults[rule.ID]}
		means, err := x.weigh(tx, r, late, last)
		if err != nil {
			return nil, err
		}
		if means {
			out = append(out, x)
		}
	}
	return out, nil
}

// standing are the faults of a device by rule, each the last of its rule.
func standing(tx *sqldb.Tx, device string) (map[string]*Fault, error) {
	const q = `select ` + faultColumns + `, m.state, m.open, coalesce(m.closed_at, 0), coalesce(l.to_id, ''), coalesce(n.state, ''), coalesce(n.open, m.open), coalesce(n.closed_at, 0)
		from intake_device_fault f join matter m on m.id = f.matter_id
		left join matter_link l on l.from_id = m.id and l.kind = 'merged' and m.state = 'merged' left join matter n on n.id = l.to_id
		where f.device = $1 and f.closed_at = 0`
	rows, err := tx.Query(q, device)
	if err != nil {
		return nil, fmt.Errorf("faults of %s: %w", device, err)
	}
	defer rows.Close()
	out := map[string]*Fault{}
	for rows.Next() {
		var state, into, intoState string
		var open, intoOpen bool
		var closed, intoClosed int64
		f, err := scanFault(rows.Scan, &state, &open, &closed, &into, &intoState, &intoOpen, &intoClosed)
		if err != nil {
			return nil, err
		}
		if f.caseState, f.caseOpen, f.caseClosed = state, open, moment(closed); into != "" { // it goes on where it was merged to
			f.Matter, f.caseState, f.caseOpen, f.caseClosed = matter.ID(into), intoState, intoOpen, moment(intoClosed)
		}
		out[f.Rule] = &f
	}
	return out, rows.Err()
}

// weigh sets what the reading means to the rule, and reports whether it means
// anything.
func (x *step) weigh(tx *sqldb.Tx, r Reading, late bool, last state) (bool, error) {
	f := x.fault
	switch {
	case !x.rule.breached(r.Value):
		x.act = recovery
		return f != nil && f.State == FaultOpen && !late && x.rule.cleared(r.Value), nil
	case f == nil:
		x.act = begin
		return x.enough(tx, r, last, time.Time{})
	case f.caseOpen && f.State == FaultOver && !late:
		x.act = relapse
		return true, nil
	case f.caseOpen, !r.At.After(f.caseClosed):
		x.act = collect
		return true, nil
	}
	x.act = begin
	if soon := f.caseClosed.Add(time.Duration(x.rule.RedoHours) * time.Hour); tx.Now.Before(soon) && request.Life.Allows(f.caseState, request.DeedReopened) && !f.Together {
		x.act = redo
	}
	return x.enough(tx, r, last, f.caseClosed)
}

// enough reports whether there are as many bad readings as the rule wants, this
// one among them, none from before since.
func (x *step) enough(tx *sqldb.Tx, r Reading, last state, since time.Time) (bool, error) {
	newest := r.At
	if last.at.After(newest) {
		newest = last.at
	}
	if x.rule.Times <= 1 {
		return !r.At.Before(newest.Add(-x.rule.window())), nil
	}
	from := newest.Add(-time.Duration(x.rule.Minutes) * time.Minute)
	if r.At.Before(from) {
		return false, nil
	}
	if since.After(from) {
		from = since.Add(time.Microsecond)
	}
	q := `select cast(count(*) as bigint) from intake_device_reading where device = $1 and metric = $2 and at >= $3 and value >= $4`
	if x.rule.Below {
		q = `select cast(count(*) as bigint) from intake_device_reading where device = $1 and metric = $2 and at >= $3 and value <= $4`
	}
	var n int64
	err := tx.QueryRow(q, r.Device, r.Metric, from.UnixMicro(), x.rule.Trip).Scan(&n)
	return n+1 >= x.rule.Times, err
}

// prepare takes the locks that the steps need, and a number for each request to
// open, before anything is written.
func (s *Service) prepare(tx *sqldb.Tx, steps []step, number string) error {
	for i := range steps {
		x := &steps[i]
		switch x.act {
		case relapse, recovery, redo:
			if err := tx.Lock(string(x.fault.Matter)); err != nil {
				return err
			}
		case begin:
			if err := s.crowded(tx, x); err != nil {
				return err
			}
			if x.together != "" {
				continue
			}
			if number == "" {
				return errNumber
			}
			x.number, number = number, ""
		}
	}
	return nil
}

// crowded finds the request to join when more faults were found in this hour
// than people can look at one by one.
func (s *Service) crowded(tx *sqldb.Tx, x *step) error {
	if err := tx.Lock("device/crowd"); err != nil {
		return err
	}
	hour := tx.Now.Truncate(time.Hour).UnixMicro()
	var n int
	const q = `select cast(count(*) as bigint) from intake_device_fault where opened_at >= $1 and not together`
	if err := tx.QueryRow(q, hour).Scan(&n); err != nil || n < s.setting("device.new_hour") {
		return err
	}
	x.crowd = true
	const there = `select u.matter_id from intake_device_surge u join matter m on m.id = u.matter_id where u.hour = $1 and m.open`
	if err := tx.QueryRow(there, hour).Scan(&x.together); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("request of many devices: %w", err)
	}
	return nil
}

// do writes what the reading means to one rule.
func (s *Service) do(tx *sqldb.Tx, d Device, r Reading, x step, late bool) error {
	f := x.fault
	if x.act == begin {
		return s.begin(tx, d, r, x)
	}
	if x.act != recovery {
		f.Readings, f.Peak = f.Readings+1, x.rule.worse(f.Peak, r.Value)
	}
	if !late {
		f.Last, f.LastAt = r.Value, r.At
	}
	switch x.act {
	case relapse:
		f.State, f.Recovered, f.Relapses = FaultOpen, time.Time{}, f.Relapses+1
		return s.noteAndSave(tx, f, "device.note_relapse", x.rule.show(r.Value))
	case recovery:
		f.State, f.Recovered = FaultOver, r.At
		return s.noteAndSave(tx, f, "device.note_over", x.rule.show(r.Value))
	case redo:
		return s.redo(tx, d, r, x)
	}
	return f.save(tx)
}

// begin writes a new fault and opens its request, or joins the one of many.
func (s *Service) begin(tx *sqldb.Tx, d Device, r Reading, x step) error {
	f := Fault{ID: id.New(tx.Now), Device: d.Code, Rule: x.rule.ID, Matter: x.together, State: FaultOpen, Together: x.crowd, Opened: tx.Now, First: r.At, LastAt: r.At,
		Readings: 1, Peak: r.Value, Last: r.Value}
	if f.Matter == "" {
		var err error
		if f.Matter, err = s.open(tx, d, r, x, f.ID); err != nil {
			return err
		}
	}
	if x.fault != nil {
		if err := tx.Exec(`update intake_device_fault set closed_at = $1 where id = $2`, tx.Now.UnixMicro(), x.fault.ID); err != nil {
			return err
		}
	}
	const q = `insert into intake_device_fault(id, device, rule, matter_id, state, together, opened_at, first_at, last_at, readings, peak, last, recovered_at, relapses,
		dropped, noted_at, closed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0, 0, 0, 0)`
	err := tx.Exec(q, f.ID, f.Device, f.Rule, f.Matter, f.State, f.Together, f.Opened.UnixMicro(), f.First.UnixMicro(), f.LastAt.UnixMicro(), f.Readings, f.Peak, f.Last)
	if err != nil {
		return fmt.Errorf("begin fault of %s: %w", d.Code, err)
	}
	return nil
}

// open registers the request of a fault.
func (s *Service) open(tx *sqldb.Tx, d Device, r Reading, x step, faultID string) (matter.ID, error) {
	t := func(key string, args ...any) string { return locale.T(locale.ZH, key, args...) }
	rep := intake.Report{Number: x.number, Channel: ChannelName, Type: "help", Source: t("device.origin"), SourceID: d.Code + "/" + faultID, NoReply: true}
	if x.crowd {
		rep.Title, rep.Body = t("device.crowd_title"), t("device.crowd_body", s.setting("device.new_hour"))
	} else {
		rep.Title, rep.Category, rep.Urgency = t("device.case_title", x.rule.Name, d.Name), x.rule.Category, x.rule.Urgency
		rep.Address, rep.Area, rep.Lat, rep.Lng, rep.Origin = d.Address, d.Area, d.Lat, d.Lng, d.Origin
		if !r.Point.Zero() { // it moves: where it is now, and not where it is kept
			rep.Address, rep.Area, rep.Lat, rep.Lng, rep.Origin = "", "", r.Point.Lat, r.Point.Lng, request.Origin{Datum: r.Datum}
		}
		rep.Body = strings.TrimSpace(t("device.case_body", d.Kind, d.Name, d.Code, x.rule.show(r.Value), x.rule.limit(locale.ZH)) + "\n" + x.rule.Advice)
	}
	if _, leaf := s.Catalog.Book().Tree.Find(rep.Category); !leaf {
		rep.Category = "" // gone since: the dispatcher decides, nothing is lost
	}
	got, err := s.Intake.ReceiveTx(tx, actor.System, rep)
	if err != nil {
		return "", fmt.Errorf("open request of %s: %w", d.Code, err)
	}
	if !x.crowd {
		return got.ID, nil
	}
	const q = `insert into intake_device_surge(hour, matter_id) values ($1, $2) on conflict (hour) do update set matter_id = excluded.matter_id`
	return got.ID, tx.Exec(q, tx.Now.Truncate(time.Hour).UnixMicro(), got.ID)
}

// redo takes the closed request up again: what was called mended is not. Where
// nobody can, a new one is opened by the next reading.
func (s *Service) redo(tx *sqldb.Tx, d Device, r Reading, x step) error {
	f := x.fault
	o, err := request.Load(tx, actor.System, f.Matter, 0)
	if err != nil {
		return err
	}
	f.State, f.Recovered, f.Relapses, f.noted = FaultOpen, time.Time{}, f.Relapses+1, tx.Now
	reason := locale.T(locale.ZH, "device.note_redo", d.Name, x.rule.show(r.Value))
	err = request.Reopen(tx, s.Catalog.Book().Calendar, actor.System, o, reason)
	if fault.KindOf(err) == fault.Conflict {
		return tx.Exec(`update intake_device_fault set closed_at = $1 where id = $2`, tx.Now.UnixMicro(), f.ID)
	}
	if err != nil {
		return err
	}
	return f.save(tx)
}

// quiet is how long a fault that comes and goes writes nothing more into the
// request's history; its panel shows every change.
const quiet = time.Hour

// noteAndSave tells the people who handle the request.
func (s *Service) noteAndSave(tx *sqldb.Tx, f *Fault, key string, args ...any) error {
	if !f.caseOpen || tx.Now.Sub(f.noted) < quiet {
		return f.save(tx)
	}
	o, err := request.Load(tx, actor.System, f.Matter, 0)
	if err != nil {
		return err
	}
	f.noted = tx.Now
	note := request.Note{Kind: "remark", Audience: request.Internal, Text: locale.T(locale.ZH, key, args...)}
	if err := o.Record(tx, actor.System, request.Deed{Name: request.DeedNoted, Notes: []request.Note{note}}); err != nil {
		return err
	}
	return f.save(tx)
}

func (f *Fault) save(tx *sqldb.Tx) error {
	const q = `update intake_device_fault set matter_id = $1, state = $2, last_at = $3, readings = $4, peak = $5, last = $6, recovered_at = $7, relapses = $8, noted_at = $9 where id = $10`
	err := tx.Exec(q, f.Matter, f.State, f.LastAt.UnixMicro(), f.Readings, f.Peak, f.Last, micros(f.Recovered), f.Relapses, micros(f.noted), f.ID)
	if err != nil {
		return fmt.Errorf("save fault of %s: %w", f.Device, err)
	}
	return nil
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// show is a reading with its unit, rounded to what a person can use.
func (r Rule) show(v float64) string { return Show(v, r.Unit) }

// Show is a reading with a unit: 37.5 cm.
func Show(v float64, unit string) string {
	s := strconv.FormatFloat(v, 'f', 2, 64)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	return strings.TrimSpace(s + " " + unit)
}

// limit is when the rule calls a reading bad, in words.
func (r Rule) limit(lang locale.Lang) string {
	if r.Below {
		return locale.T(lang, "device.limit_below", r.show(r.Trip))
	}
	return locale.T(lang, "device.limit_above", r.show(r.Trip))
}
