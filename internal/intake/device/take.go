package device

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// Outcome is what became of a reading that was understood.
type Outcome struct {
	Duplicate bool   // it was taken before
	Late      bool   // a newer one was there before it: kept, and it ends no fault
	Refused   string // why it was not kept, "" it was
}

// verdicts of a stored reading.
const (
	verdictOK    = ""
	verdictLate  = "late"
	verdictClock = "clock" // its own time lies in the future: the time of arrival counts
)

// future is how far a device's clock may be ahead.
const future = 5 * time.Minute

// errNumber asks for a request's number, which is taken before a unit of work.
var errNumber = errors.New("device: a number is needed")

// refusal ends a unit of work that keeps nothing.
type refusal string

func (r refusal) Error() string { return "device: refused: " + string(r) }

// Take keeps a reading of who sent it. When it returns, the reading and the
// request that may have come of it survive a power cut. raw is what was sent,
// for a sample when it is not kept.
func (s *Service) Take(ctx context.Context, who Owner, r Reading, raw []byte) (Outcome, error) {
	if who.Kind == OfDevice && r.Device == "" {
		r.Device = who.Code
	}
	if !plainCode(r.Device) || who.Kind == OfDevice && r.Device != who.Code {
		return s.refuse(ctx, who.name(), DropUnknown, raw)
	}
	if reason := s.meter.allow(r.Device, s.setting("device.per_minute"), s.setting("device.per_second"), s.DB.Now()); reason != "" {
		return s.refuse(ctx, r.Device, reason, raw)
	}
	out, err := s.keep(ctx, who, r)
	var why refusal
	if errors.As(err, &why) {
		name := r.Device
		if why == DropUnknown {
			name = who.name() // a stranger must not choose the names we keep
		}
		return s.refuse(ctx, name, string(why), raw)
	}
	return out, err
}

// name is how counts call an owner: a system stands apart from devices.
func (o Owner) name() string {
	if o.Kind == OfSource {
		return "@" + o.Code
	}
	return o.Code
}

func (s *Service) refuse(ctx context.Context, name, reason string, raw []byte) (Outcome, error) {
	return Outcome{Refused: reason}, s.Drop(ctx, name, reason, raw)
}

// keep runs the unit of work, again with a number when it turns out that a
// request must be opened.
func (s *Service) keep(ctx context.Context, who Owner, r Reading) (out Outcome, err error) {
	for number := ""; ; {
		err = s.DB.Update(ctx, func(tx *sqldb.Tx) (err error) {
			out, err = s.take(tx, who, r, number)
			return err
		})
		if !errors.Is(err, errNumber) || number != "" {
			return out, err
		}
		if number, err = s.Numbers.Next(ctx, s.DB.Now()); err != nil {
			return out, err
		}
	}
}

// state is what is known of a device from its last reading.
type state struct {
	seq int64
	at  time.Time
}

func (s *Service) take(tx *sqldb.Tx, who Owner, r Reading, number string) (Outcome, error) {
	if err := tx.Lock("device/" + r.Device); err != nil {
		return Outcome{}, err
	}
	d, last, err := s.sender(tx, who, r)
	if err != nil {
		return Outcome{}, err
	}
	var known bool
	const before = `select exists (select 1 from intake_device_reading where owner = $1 and origin = $2 and event = $3)`
	if err := tx.QueryRow(before, who.Kind+":"+who.Code, r.Origin, r.Event).Scan(&known); err != nil || known {
		return Outcome{Duplicate: known}, err
	}
	verdict, err := s.date(tx.Now, &r, last)
	if err != nil {
		return Outcome{}, err
	}
	late := verdict == verdictLate
	steps, err := s.decide(tx, d, r, late, last)
	if err != nil {
		return Outcome{}, err
	}
	if err := s.prepare(tx, steps, number); err != nil {
		return Outcome{}, err
	}
	if err := keepReading(tx, who, r, verdict, late); err != nil {
		return Outcome{}, err
	}
	for _, x := range steps { // one for each rule of the kind that this reading means something to
		if err := s.do(tx, d, r, x, late); err != nil {
			return Outcome{}, err
		}
	}
	return Outcome{Late: late}, nil
}

// sender reads the device and refuses who may not speak for it.
func (s *Service) sender(tx *sqldb.Tx, who Owner, r Reading) (Device, state, error) {
	const q = `select ` + deviceColumns + `, coalesce(n.seq, 0), coalesce(n.at, 0) from intake_device d left join intake_device_state n on n.device = d.code where d.code = $1`
	var last state
	var at int64
	d, err := scanDevice(tx.QueryRow(q, r.Device).Scan, &last.seq, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return d, last, refusal(DropUnknown)
	}
	if err != nil {
		return d, last, fmt.Errorf("device %s: %w", r.Device, err)
	}
	last.at = moment(at)
	s.meter.learn(d.Code, d.PerMinute)
	mine := who.Kind == OfDevice && who.Code == d.Code || who.Kind == OfSource && who.Code == d.Source
	if !d.Active || !mine {
		return d, last, refusal(DropUnknown)
	}
	return d, last, nil
}

// date settles when the reading was taken, and whether a newer one is there: by
// the device's own count where it has one, else by time. An old reading that is
// sent again under a new name can so never end a fault.
func (s *Service) date(now time.Time, r *Reading, last state) (verdict string, err error) {
	switch {
	case r.At.IsZero():
		r.At = now
	case r.At.After(now.Add(future)):
		r.At, verdict = now, verdictClock
	case now.Sub(r.At) > time.Duration(s.setting("device.age_hours"))*time.Hour:
		return "", refusal(DropOld)
	}
	if r.Seq > 0 && r.Seq <= last.seq || r.At.Before(last.at) {
		return verdictLate, nil
	}
	return verdict, nil
}

func keepReading(tx *sqldb.Tx, who Owner, r Reading, verdict string, late bool) error {
	const q = `insert into intake_device_reading(owner, origin, event, device, metric, seq, at, received_at, value, verdict) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	err := tx.Exec(q, who.Kind+":"+who.Code, r.Origin, r.Event, r.Device, r.Metric, r.Seq, r.At.UnixMicro(), tx.Now.UnixMicro(), r.Value, verdict)
	if err != nil {
		return fmt.Errorf("keep reading of %s: %w", r.Device, err)
	}
	if late {
		return tx.Exec(`update intake_device_state set readings = readings + 1, received_at = $1 where device = $2`, tx.Now.UnixMicro(), r.Device)
	}
	const now = `insert into intake_device_state(device, seq, at, received_at, metric, value, readings) values ($1, $2, $3, $4, $5, $6, 1)
		on conflict (device) do update set seq = excluded.seq, at = excluded.at, received_at = excluded.received_at, metric = excluded.metric,
		value = excluded.value, readings = intake_device_state.readings + 1`
	if err := tx.Exec(now, r.Device, r.Seq, r.At.UnixMicro(), tx.Now.UnixMicro(), r.Metric, r.Value); err != nil {
		return fmt.Errorf("keep state of %s: %w", r.Device, err)
	}
	return nil
}

// Failed reports whether a message that could not be kept for a reason of ours
// should come again. One that fails again and again is put aside and counted, so
// that it does not hold up the others.
func (s *Service) Failed(ctx context.Context, who Owner, key string, raw []byte, err error) bool {
	if fault.KindOf(err) == fault.Unavailable || s.tries.again(who.name()+" "+key) {
		return true
	}
	return s.Drop(ctx, who.name(), DropFailed, raw) != nil
}
