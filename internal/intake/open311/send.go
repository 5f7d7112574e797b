package open311

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/geo"
	"gongzhi/internal/intake/open311/georeport"
	"gongzhi/internal/job"
	"gongzhi/internal/locale"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// parcel is all that is needed to hand one request on.
type parcel struct {
	link    link
	d       Destination
	o       *request.Order
	form    url.Values
	pieces  [][]byte // photos as files
	service string
}

// send311 hands one request on, or asks for the id of one that has been sent.
// attempt counts from 1.
func (s *Service) send311(ctx context.Context, name string, attempt int) error {
	p, err := s.pack(ctx, name)
	if err != nil {
		return err
	}
	switch p.link.State {
	case Confirmed, Failed:
		return nil
	case Sent:
		return s.settleToken(ctx, p)
	}
	to := s.peer(p.d)
	created, err := s.deliver(ctx, to, p)
	if err != nil {
		return s.missed(ctx, p, err, attempt)
	}
	return s.taken(ctx, p, created)
}

// deliver sends a parcel. Before it is sent again the partner is asked whether
// it has it: an answer that was lost on the way is no second request.
func (s *Service) deliver(ctx context.Context, to *peer, p parcel) (georeport.Created, error) {
	if err := to.discover(ctx); err != nil {
		return georeport.Created{}, err
	}
	if p.link.Tries > 0 {
		if there, ok := to.find(ctx, p); ok {
			return georeport.Created{ID: there}, nil
		}
	}
	if err := s.note(ctx, p.link.ID, `update intake_open311_link set tries = tries + 1, sent_at = $1 where id = $2`); err != nil {
		return georeport.Created{}, err
	}
	body, err := to.post(ctx, "requests", "gongzhi-"+p.link.ID, p.form, p.pieces)
	if err != nil {
		return georeport.Created{}, err
	}
	return georeport.ReadCreated(body)
}

// find looks for a parcel that was sent before, by our number in its words.
func (to *peer) find(ctx context.Context, p parcel) (remote string, ok bool) {
	q := url.Values{"service_code": {p.service}, "status": {"open,closed"}}
	if since := p.link.Created.Add(-time.Hour); !to.d.Switches.All {
		q.Set("start_date", georeport.FormatTime(since))
	}
	body, err := to.get(ctx, "requests", q)
	if err != nil {
		return "", false
	}
	list, _, err := georeport.ReadRequests(body)
	if err != nil {
		return "", false
	}
	for _, r := range list {
		if strings.Contains(r.Description, p.o.Number) {
			return r.ID, true
		}
	}
	return "", false
}

func (s *Service) note(ctx context.Context, name, q string) error {
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error { return tx.Exec(q, tx.Now.UnixMicro(), name) })
}

// taken notes what the partner answered: an id, or a token that leads to one.
func (s *Service) taken(ctx context.Context, p parcel, c georeport.Created) error {
	if c.ID == "" {
		err := s.DB.Update(ctx, func(tx *sqldb.Tx) error {
			return tx.Exec(`update intake_open311_link set state = $1, token = $2, trouble = '' where id = $3`, Sent, c.Token, p.link.ID)
		})
		if err != nil {
			return err
		}
		return job.Again(s.DB.Now().Add(2 * time.Second))
	}
	return s.confirm(ctx, p.link.ID, c.ID)
}

// confirm notes the id a request has at a partner, and takes up what the partner
// said about it before the id was known here.
func (s *Service) confirm(ctx context.Context, name, remote string) error {
	var l link
	err := s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		l, err = findLink(tx, name)
		return err
	})
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		o, err := request.Load(tx, actor.System, l.Matter, 0)
		if err != nil {
			return err
		}
		n, err := tx.ExecN(`update intake_open311_link set state = $1, remote_id = $2, confirmed_at = $3, trouble = '' where id = $4 and state <> $1`, Confirmed, remote, tx.Now.UnixMicro(), name)
		if err != nil || n == 0 {
			return err
		}
		if err := remark(tx, o, locale.T(locale.ZH, "georeport.handed_on_done", l.Name, remote)); err != nil {
			return err
		}
		if err := tx.Exec(`update intake_open311_destination set trouble = '', warned_at = null where id = $1`, l.Destination); err != nil {
			return err
		}
		return s.attachWaiting(tx, l, remote)
	})
}

// attachWaiting applies the updates that came before their request's id.
func (s *Service) attachWaiting(tx *sqldb.Tx, l link, remote string) error {
	list, err := waitingUpdates(tx, l.Destination, remote, l.Number)
	if err != nil {
		return err
	}
	for _, in := range list { // a handful
		outcome, err := s.apply(tx, l.Matter, in)
		if err != nil {
			return err
		}
		const q = `update intake_open311_update set matter_id = $1, outcome = $2, media = '' where destination_id = $3 and update_id = $4`
		if err := tx.Exec(q, l.Matter, outcome, l.Destination, in.ID); err != nil {
			return err
		}
	}
	return nil
}

func waitingUpdates(tx *sqldb.Tx, destination, remote, number string) ([]incoming, error) {
	const q = `select update_id, remote_id, reference, status, text, media, at from intake_open311_update
		where matter_id = '' and destination_id = $1 and (remote_id = $2 or reference = $3 or remote_id = $3) order by at, update_id limit 200`
	rows, err := tx.Query(q, destination, remote, number)
	if err != nil {
		return nil, fmt.Errorf("waiting updates: %w", err)
	}
	defer rows.Close()
	var out []incoming
	for rows.Next() {
		in := incoming{Source: destination}
		var media string
		var at int64
		if err := rows.Scan(&in.ID, &in.RequestID, &in.Reference, &in.Status, &in.Description, &media, &at); err != nil {
			return nil, err
		}
		in.At, in.urls = sqldb.FromMicros(at), strings.Fields(media)
		out = append(out, in)
	}
	return out, rows.Err()
}

// tokenPatience is how long a token is asked for.
const tokenPatience = 7 * 24 * time.Hour

// settleToken asks what a token leads to: soon at first, then now and then.
func (s *Service) settleToken(ctx context.Context, p parcel) error {
	to := s.peer(p.d)
	if err := to.discover(ctx); err != nil {
		return err
	}
	body, err := to.get(ctx, "tokens/"+url.PathEscape(p.link.Token), url.Values{})
	if err == nil {
		var c georeport.Created
		if c, err = georeport.ReadCreated(body); err == nil && c.ID != "" {
			return s.confirm(ctx, p.link.ID, c.ID)
		}
	}
	now := s.DB.Now()
	age := now.Sub(p.link.Sent)
	var no refused
	switch {
	case age > tokenPatience, errors.As(err, &no) && age > time.Hour:
		return s.fail311(ctx, p, "token")
	case age < 20*time.Second:
		return job.Again(now.Add(2 * time.Second))
	case age < time.Hour:
		return job.Again(now.Add(time.Minute))
	}
	return job.Again(now.Add(30 * time.Minute))
}

// missed notes that a parcel did not go through. The office is told of the first
// time and of the last, not of each.
func (s *Service) missed(ctx context.Context, p parcel, err error, attempt int) error {
	why := trouble(err)
	var no refused
	if errors.As(err, &no) || why == "forbidden" || attempt >= sendAttempts {
		return s.fail311(ctx, p, why)
	}
	dbErr := s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		o, e := request.Load(tx, actor.System, p.o.ID, 0)
		if e != nil {
			return e
		}
		if e := tx.Exec(`update intake_open311_link set state = $1, trouble = $2 where id = $3`, Retried, why, p.link.ID); e != nil {
			return e
		}
		if e := warn(tx, p.d.ID, why); e != nil {
			return e
		}
		if p.link.State == Retried {
			return nil
		}
		return remark(tx, o, locale.T(locale.ZH, "georeport.handed_on_later", p.d.Name, words(locale.ZH, why)))
	})
	return errors.Join(dbErr, fmt.Errorf("hand on to %s: %s", p.d.ID, strings.SplitN(why, " ", 2)[0]))
}

// warn notes the trouble with a partner, and since when there is some.
func warn(tx *sqldb.Tx, destination, why string) error {
	return tx.Exec(`update intake_open311_destination set trouble = $1, warned_at = coalesce(warned_at, $2) where id = $3`, why, tx.Now.UnixMicro(), destination)
}

// words is a trouble as people read it; what the partner said stays in its words.
func words(lang locale.Lang, why string) string {
	code, said, _ := strings.Cut(why, " ")
	return locale.T(lang, "georeport.trouble_"+code, said)
}

func (s *Service) fail311(ctx context.Context, p parcel, why string) error {
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		o, err := request.Load(tx, actor.System, p.o.ID, 0)
		if err != nil {
			return err
		}
		if err := tx.Exec(`update intake_open311_link set state = $1, trouble = $2 where id = $3`, Failed, why, p.link.ID); err != nil {
			return err
		}
		return remark(tx, o, locale.T(locale.ZH, "georeport.handed_on_failed", p.d.Name, words(locale.ZH, why)))
	})
}

// pack reads a link and puts together what is sent.
func (s *Service) pack(ctx context.Context, name string) (p parcel, err error) {
	var files []request.File
	var contact request.Contact
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error { // a look at the contact leaves its line
		if p.link, err = findLink(tx, name); err != nil {
			return err
		}
		if p.d, err = s.destination(tx, p.link.Destination); err != nil {
			return err
		}
		if p.o, err = request.Find(tx, actor.System, p.link.Matter); err != nil {
			return err
		}
		if p.link.State == Confirmed || p.link.State == Failed {
			return nil
		}
		if files, err = request.Files(tx, p.o.ID); err != nil || !p.d.Switches.Contact {
			return err
		}
		contact, err = s.contactOf(tx, p)
		return err
	})
	if err != nil {
		return p, err
	}
	p.service = p.link.Service
	p.form = s.formOf(p, contact)
	return p, s.addPhotos(&p, files)
}

// contactOf opens the requester's contact for a partner that is to have it.
func (s *Service) contactOf(tx *sqldb.Tx, p parcel) (request.Contact, error) {
	list, err := request.Contacts(tx, actor.System, p.o)
	if err != nil {
		return request.Contact{}, err
	}
	for _, m := range list {
		if m.Kind == "requester" {
			return request.Reveal(tx, s.Vault, actor.System, p.o, m.ID, locale.T(locale.ZH, "georeport.look_reason", p.d.Name))
		}
	}
	return request.Contact{}, nil
}

// formOf is a request in the words of the standard. Our number stands at the end
// of the description too: it is the only field that every system keeps.
func (s *Service) formOf(p parcel, contact request.Contact) url.Values {
	o, sw := p.o, p.d.Switches
	number := locale.T(locale.ZH, "georeport.our_number", o.Number)
	body := o.Body
	if body == "" {
		body = o.Title
	}
	room := mostDescription - len([]rune(number)) - 2
	f := url.Values{"service_code": {p.service}, "description": {cut(body, room-1) + "\n\n" + number}, "attribute[external_id]": {o.Number}, "external_id": {o.Number}}
	if o.Address != "" {
		f.Set("address_string", o.Address)
	}
	if at := s.pointOf(o, sw.Datum); !at.Zero() {
		f.Set("lat", strconv.FormatFloat(at.Lat, 'f', 6, 64))
		f.Set("long", strconv.FormatFloat(at.Lng, 'f', 6, 64))
	}
	if contact.Name != "" {
		f.Set("first_name", contact.Name)
	}
	if contact.Phone != "" {
		f.Set("phone", contact.Phone)
	}
	if contact.Email != "" {
		f.Set("email", contact.Email)
	} else if sw.Mail != "" {
		f.Set("email", sw.Mail)
	}
	return f
}

// pointOf is where the request is, in the partner's coordinates. Without a point
// of its own it is the middle of its area: the standard wants a place always.
func (s *Service) pointOf(o *request.Order, datum string) geo.Point {
	p := geo.Point{Lat: o.Lat, Lng: o.Lng}
	if p.Zero() {
		path := s.Atlas.Atlas().Path(o.Area)
		if len(path) == 0 {
			return p
		}
		p = geo.Point{Lat: path[len(path)-1].Lat, Lng: path[len(path)-1].Lng}
	}
	if datum == "" || p.Zero() {
		return p
	}
	if moved, err := geo.FromWGS84(p, geo.Datum(datum)); err == nil {
		return moved
	}
	return p
}

// addPhotos puts the photos that came with the report into the parcel: as files
// where the partner wants them, or where nobody could fetch them from us.
func (s *Service) addPhotos(p *parcel, files []request.File) error {
	for _, f := range files {
		if f.Kind != "report" || f.Seq != 1 || len(p.pieces)+len(p.form["media_url"]) >= mostMedia {
			continue
		}
		if f.Audience == request.Public && p.o.Publicity != "private" && !p.d.Switches.Upload && s.BaseURL != "" {
			p.form.Add("media_url", s.BaseURL+"/public/"+p.o.Number+"/file/"+f.ID)
		} else {
			raw, err := s.blob(f.Hash)
			if err != nil {
				return err
			}
			p.pieces = append(p.pieces, raw)
		}
		if !p.d.Switches.Photos {
			return nil
		}
	}
	return nil
}

func (s *Service) blob(hash string) ([]byte, error) {
	r, err := s.Blobs.Open(hash)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, mostPicture))
}
