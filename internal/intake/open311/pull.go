package open311

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
	"gongzhi/internal/id"
	"gongzhi/internal/intake"
	"gongzhi/internal/intake/open311/georeport"
	"gongzhi/internal/job"
	"gongzhi/internal/locale"
	"gongzhi/internal/outbound"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// How far back a look reaches beyond the last one, as the field does it: clocks
// differ, and what was written late must not be missed.
const (
	requestOverlap = time.Hour
	updateOverlap  = 2 * time.Hour
)

// mostCalls bounds one look at a partner.
const mostCalls = 16

// pull reads what is new at a partner.
func (s *Service) pull(ctx context.Context, name string) error {
	var d Destination
	err := s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		d, err = s.destination(tx, name)
		return err
	})
	if fault.KindOf(err) == fault.NotFound || err == nil && !d.Active {
		return nil
	}
	if err != nil {
		return err
	}
	l := &look{s: s, to: s.peer(d), now: s.DB.Now()}
	err = l.to.discover(ctx)
	if err == nil {
		err = errors.Join(l.services(ctx), l.requests(ctx), l.updates(ctx))
	}
	if dbErr := l.note(ctx, err); dbErr != nil {
		return dbErr
	}
	return nil // the next look is due anyway, so nothing is tried again by itself
}

// look is one look at a partner.
type look struct {
	s       *Service
	to      *peer
	now     time.Time
	calls   int
	skipped int
}

func (l *look) note(ctx context.Context, err error) error {
	why := trouble(err)
	if err != nil || l.skipped > 0 {
		l.s.log().LogAttrs(ctx, slog.LevelWarn, "open311", slog.String("destination", l.to.d.ID), slog.Int("skipped", l.skipped), slog.String("trouble", strings.SplitN(why, " ", 2)[0]))
	}
	return l.s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Exec(`update intake_open311_destination set checked_at = $1 where id = $2`, l.now.UnixMicro(), l.to.d.ID); err != nil {
			return err
		}
		if err != nil {
			return warn(tx, l.to.d.ID, why)
		}
		return tx.Exec(`update intake_open311_destination set trouble = '', warned_at = null where id = $1`, l.to.d.ID)
	})
}

// services keeps what the partner offers, for the page on which a person maps it,
// once a day or when there is nothing yet.
func (l *look) services(ctx context.Context) error {
	d := l.to.d
	if len(d.Services) > 0 && l.now.Sub(d.Checked) < 24*time.Hour {
		return nil
	}
	body, err := l.to.get(ctx, "services", url.Values{})
	if err != nil {
		return err
	}
	list, err := georeport.ReadServices(body)
	if err != nil {
		return err
	}
	for i := range list {
		x := &list[i]
		*x = georeport.Service{Code: cut(x.Code, 100), Name: cut(plain(x.Name), 100), Group: cut(plain(x.Group), 60), Type: cut(x.Type, 20)}
	}
	raw, err := json.Marshal(list[:min(len(list), 2000)])
	if err != nil {
		return err
	}
	return l.s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		return tx.Exec(`update intake_open311_destination set services = $1, endpoint = $2, json = $3 where id = $4`, string(raw), d.Endpoint, d.JSON, d.ID)
	})
}

// window asks for one span of time and halves it while it is too full: a list
// that ends at the limit may have lost its rest.
func (l *look) window(ctx context.Context, from, to time.Time, ask func(from, to time.Time) (rows int, err error)) error {
	if l.calls++; l.calls > mostCalls {
		return outbound.ErrTooLarge
	}
	n, err := ask(from, to)
	if n < mostRows && !errors.Is(err, outbound.ErrTooLarge) && !errors.Is(err, georeport.ErrLarge) || to.Sub(from) < 2*time.Second || l.to.d.Switches.All {
		return err
	}
	middle := from.Add(to.Sub(from) / 2)
	if err := l.window(ctx, from, middle, ask); err != nil {
		return err
	}
	return l.window(ctx, middle, to, ask)
}

// span cuts the time since the last look into windows of at most 90 days.
func (l *look) span(ctx context.Context, last time.Time, overlap time.Duration, ask func(from, to time.Time) (int, error)) error {
	from := last.Add(-overlap)
	if last.IsZero() {
		from = l.now.Add(-overlap)
	}
	for from.Before(l.now) {
		to := from.Add(window)
		if to.After(l.now) {
			to = l.now
		}
		if err := l.window(ctx, from, to, ask); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// requests reads new requests, if the partner's are to become ours.
func (l *look) requests(ctx context.Context) error {
	d := l.to.d
	if !d.Switches.Requests {
		return nil
	}
	var mappings []Mapping
	err := l.s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		mappings, err = Mappings(tx, d.ID)
		return err
	})
	if err != nil {
		return err
	}
	err = l.span(ctx, d.RequestsTo, requestOverlap, func(from, to time.Time) (int, error) {
		q := url.Values{"status": {"open,closed"}}
		if !d.Switches.All {
			q.Set("start_date", georeport.FormatTime(from))
			q.Set("end_date", georeport.FormatTime(to))
		}
		body, err := l.to.get(ctx, "requests", q)
		if err != nil {
			return 0, err
		}
		list, flaws, err := georeport.ReadRequests(body)
		if err != nil {
			return 0, err
		}
		l.skipped += len(flaws)
		return len(list), l.take(ctx, mappings, list, from, to)
	})
	if err != nil {
		return err
	}
	return l.s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		return tx.Exec(`update intake_open311_destination set requests_to = $1 where id = $2`, l.now.UnixMicro(), d.ID)
	})
}

// take makes the requests of a list ours. Those outside of the window asked for,
// outside of the city, or of a time that cannot be, are skipped; so are our own,
// which come back mirrored.
func (l *look) take(ctx context.Context, mappings []Mapping, list []georeport.Request, from, to time.Time) error {
	for _, r := range list[:min(len(list), 5*mostRows)] {
		at := geo.Point{Lat: r.Lat, Lng: r.Long}
		if datum := l.to.d.Switches.Datum; datum != "" && r.Placed {
			if moved, err := geo.ToWGS84(at, geo.Datum(datum)); err == nil {
				at = moved
			}
		}
		atlas := l.s.Atlas.Atlas()
		switch {
		case r.Status == "closed":
			continue // it needs nobody any more
		case !l.to.d.Switches.All && (r.Requested.Before(from.Add(-time.Second)) || r.Requested.After(to.Add(time.Second))):
			l.skipped++
			continue
		case !r.Placed || !georeport.Believable(r.Requested, l.now) || len(atlas.Areas) > 0 && atlas.Locate(at) == "":
			l.skipped++
			continue
		}
		if err := l.s.adopt(ctx, l.to.d, mappings, r, at); err != nil {
			return err
		}
	}
	return nil
}

// adopt makes one request of a partner ours, once.
func (s *Service) adopt(ctx context.Context, d Destination, mappings []Mapping, r georeport.Request, at geo.Point) error {
	known, mirrored, err := s.recognise(ctx, d, r)
	if err != nil || known {
		return err
	}
	if mirrored != "" {
		return s.confirm(ctx, mirrored, r.ID)
	}
	report := intake.Report{Channel: "open311", Category: s.categoryFor(mappings, r.ServiceCode), Body: cut(plain(r.Description), mostDescription-10), Lat: at.Lat, Lng: at.Lng,
		Address: cut(plain(r.Address), intake.MaxAddress-1), Source: "open311/" + d.ID, SourceID: r.ID}
	if report.Body == "" {
		report.Body = cut(plain(r.ServiceName), 200)
	}
	if report.Body == "" {
		report.Body = r.ServiceCode
	}
	if report.Category == "" {
		report.Answers = []request.Answer{{Question: locale.T(locale.ZH, "georeport.their_service"), Answer: cut(plain(r.ServiceName+" "+r.ServiceCode), 200)}}
	}
	if report.Number, err = s.Numbers.Next(ctx, s.DB.Now()); err != nil {
		return err
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error { return s.adoptTx(tx, d, r, report) })
	if fault.KindOf(err) == fault.Conflict {
		return nil // another process was faster
	}
	return err
}

func (s *Service) adoptTx(tx *sqldb.Tx, d Destination, r georeport.Request, report intake.Report) error {
	if err := tx.Lock("open311/" + d.ID + "/" + r.ID); err != nil {
		return err
	}
	out, err := s.Intake.ReceiveTx(tx, actor.Actor{}, report)
	if err != nil {
		return err
	}
	const q = `insert into intake_open311_link(id, matter_id, destination_id, direction, state, service_code, remote_id, token, remote_status, remote_at, tries, trouble, created_by, created_at, confirmed_at)
		values ($1, $2, $3, $4, $5, $6, $7, '', $8, $9, 0, '', $10, $11, $11)`
	row := id.New(tx.Now)
	if err := tx.Exec(q, row, out.ID, d.ID, fetched, Confirmed, cut(r.ServiceCode, 100), r.ID, r.Status, r.Updated.UnixMicro(), actor.SystemID, tx.Now.UnixMicro()); err != nil {
		return fmt.Errorf("link of %s: %w", out.ID, err)
	}
	var photos []string
	for _, u := range r.Media {
		if strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://") {
			photos = append(photos, u)
		}
	}
	if err := fetchLater(tx, out.ID, 1, photos[:min(len(photos), mostMedia)]); err != nil {
		return err
	}
	if report.Category == "" {
		if err := remark(tx, out.Order, locale.T(locale.ZH, "georeport.unmapped", d.Name, cut(plain(r.ServiceName), 60), cut(r.ServiceCode, 60))); err != nil {
			return err
		}
	}
	return s.attachWaiting(tx, link{ID: row, Destination: d.ID, Matter: out.ID, Number: out.Number}, r.ID)
}

// recognise tells whether we have a request already, or whether it is one of ours
// whose id we had not learnt.
func (s *Service) recognise(ctx context.Context, d Destination, r georeport.Request) (known bool, mirrored string, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		const q = `select exists (select 1 from intake_open311_link l where l.destination_id = $1 and l.remote_id = $2)
			or exists (select 1 from request_order r where r.source = $3 and r.source_id = $2)`
		if err := tx.QueryRow(q, d.ID, r.ID, "open311/"+d.ID).Scan(&known); err != nil || known {
			return err
		}
		open, err := links(tx, linkQuery+` where l.destination_id = $1 and l.remote_id = '' order by l.created_at desc limit 500`, d.ID)
		for _, l := range open {
			if strings.Contains(r.Description, l.Number) {
				mirrored = l.ID
			}
		}
		return err
	})
	return known, mirrored, err
}

// updates reads what became of requests at the partner.
func (l *look) updates(ctx context.Context) error {
	d := l.to.d
	if !d.Switches.Extended {
		return l.statuses(ctx)
	}
	err := l.span(ctx, d.UpdatesTo, updateOverlap, func(from, to time.Time) (int, error) {
		q := url.Values{"start_date": {georeport.FormatTime(from)}, "end_date": {georeport.FormatTime(to)}}
		if d.Key != "" {
			q.Set("api_key", d.Key)
		}
		body, err := l.to.get(ctx, "servicerequestupdates", q)
		if err != nil {
			return 0, err
		}
		list, flaws, err := georeport.ReadUpdates(body)
		if err != nil {
			return 0, err
		}
		l.skipped += len(flaws)
		return len(list), l.absorb(ctx, list, from, to)
	})
	if err != nil {
		return err
	}
	return l.s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		return tx.Exec(`update intake_open311_destination set updates_to = $1 where id = $2`, l.now.UnixMicro(), d.ID)
	})
}

// absorb takes the updates of a list, the oldest first.
func (l *look) absorb(ctx context.Context, list []georeport.Update, from, to time.Time) error {
	slices.SortStableFunc(list, func(a, b georeport.Update) int { return a.At.Compare(b.At) })
	for _, u := range list[:min(len(list), 5*mostRows)] {
		if u.At.Before(from.Add(-time.Second)) || u.At.After(to.Add(time.Second)) || !georeport.Believable(u.At, l.now) {
			l.skipped++
			continue
		}
		if err := l.s.receiveUpdate(ctx, incoming{Update: u, Source: l.to.d.ID}); err != nil {
			return err
		}
	}
	return nil
}

// statuses looks at our open requests at a partner without updates, fifty in a
// call, and takes what differs for an update.
func (l *look) statuses(ctx context.Context) error {
	var open []link
	err := l.s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		open, err = links(tx, linkQuery+` where l.destination_id = $1 and l.state = 'confirmed' and l.remote_status <> 'closed' order by l.created_at desc limit 500`, l.to.d.ID)
		return err
	})
	if err != nil {
		return err
	}
	for part := range slices.Chunk(open, 50) {
		ids := make([]string, len(part))
		for i, x := range part {
			ids[i] = x.RemoteID
		}
		body, err := l.to.get(ctx, "requests", url.Values{"service_request_id": {strings.Join(ids, ",")}})
		if err != nil {
			return err
		}
		list, flaws, err := georeport.ReadRequests(body)
		if err != nil {
			return err
		}
		l.skipped += len(flaws)
		for _, r := range list {
			i := slices.IndexFunc(part, func(x link) bool { return x.RemoteID == r.ID })
			if i < 0 || !georeport.Believable(r.Updated, l.now) || r.Status == "open" && r.Notes == "" {
				continue
			}
			u := georeport.Update{ID: "status/" + r.ID + "/" + r.Status + "/" + georeport.FormatTime(r.Updated), RequestID: r.ID, Status: r.Status, Description: r.Notes, At: r.Updated}
			if err := l.s.receiveUpdate(ctx, incoming{Update: u, Source: l.to.d.ID}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Check asks a partner who it is, on behalf of a person who waits: its endpoint
// and its services are kept.
func (s *Service) Check(ctx context.Context, a actor.Actor, name string) error {
	if err := actor.Can(a, "setup.city"); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		d, err := s.destination(tx, name)
		if err != nil {
			return err
		}
		return job.Enqueue(tx, laneKind(d.Lane), fmt.Sprintf("check/%s/%d", d.ID, tx.Now.UnixMicro()), work{Destination: d.ID}, tx.Now)
	})
}
