package open311

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/intake"
	"gongzhi/internal/intake/open311/georeport"
	"gongzhi/internal/locale"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// incoming is an update as it arrived, pushed to us or pulled.
type incoming struct {
	georeport.Update
	Key    *Key   // who pushed it; nil: pulled
	Source string // the partner's destination, or the key's source
	urls   []string
	photos []intake.Photo
}

// What became of an update.
const (
	applied = "applied" // shown, and the partner's state moved
	added   = "added"   // shown as text only: it is older than the state we know, or says nothing of it
	silent  = "silent"  // nothing new in it
	waiting = "waiting" // its request is not known yet
	hidden  = "hidden"  // its request is closed to notes: kept, and never revived by it
)

// receiveUpdate takes an update, once however often it comes.
func (s *Service) receiveUpdate(ctx context.Context, in incoming) error {
	m, err := s.meant(ctx, in)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		names := []string{"open311/update/" + in.Source + "/" + in.ID}
		if m != "" {
			names = append(names, string(m))
		}
		if err := tx.Lock(names...); err != nil {
			return err
		}
		var seen bool
		if err := tx.QueryRow(`select exists (select 1 from intake_open311_update where destination_id = $1 and update_id = $2)`, in.Source, in.ID).Scan(&seen); err != nil || seen {
			return err
		}
		outcome := waiting
		if m != "" {
			if outcome, err = s.apply(tx, m, in); err != nil {
				return err
			}
		}
		return keepUpdate(tx, m, in, outcome)
	})
}

func keepUpdate(tx *sqldb.Tx, m matter.ID, in incoming, outcome string) error {
	media := strings.Join(append(in.urls, in.Media...), "\n")
	if outcome != waiting {
		media = "" // on its way, or not wanted
	}
	const q = `insert into intake_open311_update(destination_id, update_id, remote_id, reference, matter_id, status, text, media, at, received_at, outcome)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
	err := tx.Exec(q, in.Source, in.ID, in.RequestID, in.Reference, m, in.Status, cut(in.Description, mostDescription), media, in.At.UnixMicro(), tx.Now.UnixMicro(), outcome)
	if err != nil {
		return fmt.Errorf("keep update: %w", err)
	}
	return nil
}

// cut bounds a text that a stranger chose the length of.
func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// meant is the request that an update speaks of, "" when it is not known yet. A
// key without a destination may only speak of what it brought itself.
func (s *Service) meant(ctx context.Context, in incoming) (m matter.ID, err error) {
	err = s.DB.Look(ctx, func(tx *sqldb.Tx) error {
		if in.Key != nil && in.Key.Destination == "" {
			const q = `select r.matter_id from request_order r join matter m on m.id = r.matter_id where m.number = $1 and r.source = $2 and not m.sealed`
			return tx.QueryRow(q, in.RequestID, in.Source).Scan(&m)
		}
		m, err = linked(tx, in.Source, in.RequestID, in.Reference)
		return err
	})
	if !errors.Is(err, sql.ErrNoRows) {
		return m, err
	}
	if in.Key != nil && in.Key.Destination == "" {
		return "", notHis(in.RequestID)
	}
	return "", nil
}

// linked is the request that a partner knows by an id of its own, or by ours.
func linked(tx *sqldb.Tx, destination, remote, reference string) (m matter.ID, err error) {
	const q = `select l.matter_id from intake_open311_link l join matter m on m.id = l.matter_id where l.destination_id = $1 and (l.remote_id = $2 and $2 <> '' or m.number = $2 or m.number = $3)
		order by case when l.remote_id = $2 then 0 else 1 end limit 1`
	return m, tx.QueryRow(q, destination, remote, reference).Scan(&m)
}

// apply writes an update to its request: as the partner's word, for the office.
// The caller has locked m.
func (s *Service) apply(tx *sqldb.Tx, m matter.ID, in incoming) (string, error) {
	o, err := request.Find(tx, actor.System, m)
	if err != nil {
		return "", err
	}
	if in.Key != nil && in.Key.Destination == "" {
		return s.supplement(tx, o, in)
	}
	l, err := linkOf(tx, m, in.Source)
	if err != nil {
		return "", err
	}
	moved, err := s.moveLink(tx, &l, in)
	if err != nil {
		return "", err
	}
	urls := append(in.urls, in.Media...)
	switch {
	case !takesNotes(o):
		return hidden, nil
	case !moved && strings.TrimSpace(in.Description) == "" && len(urls)+len(in.photos) == 0:
		return silent, nil
	}
	same, err := saidBefore(tx, m, in)
	if err != nil || same && !moved {
		return silent, err
	}
	name, err := destinationName(tx, in.Source)
	if err != nil {
		return "", err
	}
	body := struct {
		Partner string `json:"partner"`
		Update  string `json:"update"`
		Status  string `json:"status"`
	}{in.Source, in.ID, in.Status}
	note := request.Note{Kind: "partner", Audience: request.Internal, Text: s.words(name, in, moved)}
	if err := o.Record(tx, actor.System, request.Deed{Name: request.DeedNoted, Body: body, Notes: []request.Note{note}}); err != nil {
		return "", err
	}
	if err := s.attach(tx, o, in.photos, urls, request.Internal); err != nil {
		return "", err
	}
	if moved {
		return applied, nil
	}
	return added, nil
}

// words are how the office reads it: whose word it is, how the partner stands,
// and what it says, as plain text whatever it was.
func (s *Service) words(partner string, in incoming, moved bool) string {
	when := locale.Short(locale.ZH, in.At, s.Catalog.Book().Calendar.Zone)
	status := locale.T(locale.ZH, "georeport.status_"+in.Status)
	key := "georeport.partner_says"
	if !moved && in.Status != "unchanged" {
		key = "georeport.partner_said" // late: the state we know is newer
	}
	text := locale.T(locale.ZH, key, partner, when, status)
	if said := plain(in.Description); said != "" {
		text += "\n" + cut(said, 2000)
	}
	return text
}

// moveLink brings what we know of the partner's state up to date. An older
// update moves nothing; the first may be older than our sending, since clocks
// differ.
func (s *Service) moveLink(tx *sqldb.Tx, l *link, in incoming) (moved bool, err error) {
	at := in.At
	if !l.Sent.IsZero() && at.Before(l.Sent) {
		at = l.Sent.Add(time.Second) // no update precedes the sending of its request
	}
	if in.Status == "unchanged" || at.Before(l.RemoteAt) {
		return false, nil
	}
	moved = in.Status != l.RemoteStatus
	l.RemoteStatus, l.RemoteAt = in.Status, at
	if l.RemoteID == "" && in.RequestID != "" && in.RequestID != l.Number {
		l.RemoteID = in.RequestID
	}
	return moved, tx.Exec(`update intake_open311_link set remote_status = $1, remote_at = $2, remote_id = $3 where id = $4`, l.RemoteStatus, l.RemoteAt.UnixMicro(), l.RemoteID, l.ID)
}

// saidBefore reports whether an earlier update said the same in other words of
// time only.
func saidBefore(tx *sqldb.Tx, m matter.ID, in incoming) (same bool, err error) {
	if len(in.urls)+len(in.Media)+len(in.photos) > 0 {
		return false, nil
	}
	const q = `select exists (select 1 from intake_open311_update where matter_id = $1 and destination_id = $2 and status = $3 and text = $4)`
	return same, tx.QueryRow(q, m, in.Source, in.Status, cut(in.Description, mostDescription)).Scan(&same)
}

// supplement adds what the reporter has said to the system that brought his
// request. Its word about the state moves nothing here.
func (s *Service) supplement(tx *sqldb.Tx, o *request.Order, in incoming) (string, error) {
	text := strings.TrimSpace(plain(in.Description))
	final := !o.Open
	switch {
	case final && !takesNotes(o):
		return hidden, nil
	case text == "" && len(in.urls)+len(in.photos) == 0:
		return silent, nil
	}
	deed := request.Deed{Name: request.DeedSupplemented, Notes: []request.Note{{Kind: "supplement", Audience: request.Resident, Text: cut(text, mostDescription)}}}
	if final { // after the end a word is kept for the office, and reopens nothing
		deed = request.Deed{Name: request.DeedNoted, Notes: []request.Note{{Kind: "supplement", Audience: request.Internal, Text: cut(text, mostDescription)}}}
	}
	if err := o.Record(tx, actor.Actor{}, deed); err != nil {
		return "", err
	}
	if err := s.attach(tx, o, in.photos, in.urls, request.Resident); err != nil {
		return "", err
	}
	if o.State == request.Waiting && s.Intake.Resumer != nil { // it was what the unit waited for
		return added, s.Intake.Resumer.Supplemented(tx, o)
	}
	return added, nil
}

func (s *Service) attach(tx *sqldb.Tx, o *request.Order, photos []intake.Photo, urls []string, audience string) error {
	for _, p := range photos {
		f := request.File{Matter: o.ID, Seq: o.Version, Kind: "report", Audience: audience, Hash: p.Hash, Thumb: p.Thumb, Width: p.W, Height: p.H}
		if _, err := request.AddFile(tx, f); err != nil {
			return err
		}
	}
	return fetchLater(tx, o.ID, o.Version, urls[:min(len(urls), mostMedia)])
}

func destinationName(tx *sqldb.Tx, destination string) (name string, err error) {
	return name, tx.QueryRow(`select name from intake_open311_destination where id = $1`, destination).Scan(&name)
}
