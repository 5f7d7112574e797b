package handling

import (
	"context"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Note 办理记录 keeps what was done on the way, for the office only.
type Note struct {
	ID      matter.ID
	Version int64
	Text    string
	Photos  []Photo
}

type photosBody struct {
	Photos int `json:"photos"`
}

// Note is NoteTx in a unit of work of its own.
func (s *Service) Note(ctx context.Context, a actor.Actor, c Note) error {
	return update(ctx, s, a, c, s.NoteTx)
}

// NoteTx keeps a record of the work.
func (s *Service) NoteTx(tx *sqldb.Tx, a actor.Actor, c Note) error {
	o, err := anyTask(tx, a, c.ID, c.Version)
	if err != nil {
		return err
	}
	var f fault.Fields
	sentence(&f, "note.text", c.Text, "handling.note_missing")
	if err := f.Err(); err != nil {
		return err
	}
	err = o.Record(tx, a, request.Deed{Name: request.DeedNoted, Body: photosBody{len(c.Photos)}, Notes: []request.Note{{Kind: "record", Text: c.Text}}})
	if err != nil {
		return err
	}
	return attach(tx, o, request.Internal, c.Photos)
}
