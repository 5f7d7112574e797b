package wechat

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/intake"
	"gongzhi/internal/job"
	"gongzhi/internal/matter"
	"gongzhi/internal/photo"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	wx "gongzhi/internal/wechat"
)

// A picture arrives as an id under which WeChat keeps it for three days. A job
// fetches and cleans it; until then it is pending, whether the report is still being
// written or has been sent.

// PhotoJob fetches one picture.
const PhotoJob = "intake/wechat_photo"

type photoArgs struct {
	Photo string `json:"photo"`
}

func draftRow(draft string) string { return "intake/wechat/" + draft }

// picture takes a picture: for the report that is being written, for what is being
// added to a request, or as the beginning of a report.
func (c *turn) picture() (string, error) {
	if c.m.MediaID == "" {
		return c.say("unsupported", nil), nil
	}
	if c.t.Step == "supplement" {
		return c.addPicture()
	}
	if !c.t.reporting() {
		c.begin()
	}
	c.t.Wait = false
	taken, _, err := c.photos()
	if err != nil {
		return "", err
	}
	if taken >= intake.MaxPhotos {
		return c.say("photo_many", map[string]string{"张数": fmt.Sprint(intake.MaxPhotos)}), nil
	}
	if err := c.keepPhoto(c.t.Draft, "", "report"); err != nil {
		return "", err
	}
	if c.t.Step == "what" {
		return c.say("photo_first", map[string]string{"张数": fmt.Sprint(taken + 1)}), nil
	}
	next, err := c.ask()
	return c.say("photo_taken", map[string]string{"张数": fmt.Sprint(taken + 1)}) + "\n\n" + next, err
}

func (c *turn) addPicture() (string, error) {
	k, err := c.one(c.t.Case)
	if err != nil {
		return "", err
	}
	if err := c.keepPhoto("add/"+string(k.ID), string(k.ID), "supplement"); err != nil {
		return "", err
	}
	return c.say("photo_added", nil), nil
}

func (c *turn) keepPhoto(draft, m, deed string) error {
	row := id.New(c.tx.Now)
	const q = `insert into intake_wechat_photo(id, draft, media, state, matter_id, deed, hash, thumb, width, height, at) values ($1, $2, $3, 'pending', $4, $5, '', '', 0, 0, $6)`
	if err := c.tx.Exec(q, row, draft, c.m.MediaID, m, deed, c.tx.Now.UnixMicro()); err != nil {
		return fmt.Errorf("keep a picture: %w", err)
	}
	return job.Enqueue(c.tx, PhotoJob, row, photoArgs{row}, c.tx.Now)
}

// photos counts those of the report: taken, and lost on the way.
func (c *turn) photos() (taken, lost int, err error) {
	const q = `select cast(coalesce(sum(case when state = 'failed' then 0 else 1 end), 0) as bigint), cast(coalesce(sum(case when state = 'failed' then 1 else 0 end), 0) as bigint)
		from intake_wechat_photo where draft = $1`
	err = c.tx.QueryRow(q, c.t.Draft).Scan(&taken, &lost)
	return taken, lost, err
}

// ready are the pictures of a report that have been fetched.
func ready(tx *sqldb.Tx, draft string) ([]intake.Photo, error) {
	rows, err := tx.Query(`select hash, thumb, width, height from intake_wechat_photo where draft = $1 and state = 'ready' order by at, id`, draft)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []intake.Photo
	for rows.Next() {
		var p intake.Photo
		if err := rows.Scan(&p.Hash, &p.Thumb, &p.W, &p.H); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

// adopt gives the pictures of a report to the request it became.
func adopt(tx *sqldb.Tx, draft string, m matter.ID) error {
	return tx.Exec(`update intake_wechat_photo set matter_id = $1, state = case when state = 'ready' then 'used' else state end where draft = $2`, m, draft)
}

// Fetch is the job of one picture.
func (s *Service) Fetch(ctx context.Context, j job.Job) error {
	var args photoArgs
	if err := j.Decode(&args); err != nil {
		return err
	}
	var media, state, draft string
	err := s.DB.Look(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(`select media, state, draft from intake_wechat_photo where id = $1`, args.Photo).Scan(&media, &state, &draft)
	})
	if errors.Is(err, sql.ErrNoRows) || err == nil && state != "pending" {
		return nil // cancelled, or done before
	}
	if err != nil {
		return err
	}
	got, err := s.fetch(ctx, media)
	if wx.Permanent(err) || fault.KindOf(err) == fault.Invalid {
		return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
			return tx.Exec(`update intake_wechat_photo set state = 'failed' where id = $1 and state = 'pending'`, args.Photo)
		})
	}
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error { return s.store(tx, args.Photo, draft, got) })
}

func (s *Service) fetch(ctx context.Context, media string) (intake.Photo, error) {
	a, err := s.Account(ctx)
	if err != nil {
		return intake.Photo{}, err
	}
	raw, err := s.Client.Media(ctx, a.Account, media)
	if !wx.Permanent(err) {
		err = errors.Join(err, s.noteTrouble(ctx, err))
	}
	if err != nil {
		return intake.Photo{}, err
	}
	img, err := photo.Clean(ctx, bytes.NewReader(raw), photo.Limits{Zone: s.Catalog.Book().Calendar.Zone})
	if err != nil {
		return intake.Photo{}, err
	}
	p := intake.Photo{W: img.W, H: img.H}
	if p.Hash, _, err = s.Blobs.Put(ctx, bytes.NewReader(img.JPEG)); err != nil {
		return p, err
	}
	p.Thumb, _, err = s.Blobs.Put(ctx, bytes.NewReader(img.Thumb))
	return p, err
}

// store keeps a fetched picture, and puts it to its request when that has been sent
// already.
func (s *Service) store(tx *sqldb.Tx, row, draft string, p intake.Photo) error {
	if err := tx.Lock(draftRow(draft)); err != nil {
		return err
	}
	var m, state, deed string
	err := tx.QueryRow(`select matter_id, state, deed from intake_wechat_photo where id = $1`, row).Scan(&m, &state, &deed)
	if errors.Is(err, sql.ErrNoRows) || err == nil && state != "pending" {
		return nil
	}
	if err != nil {
		return err
	}
	next := "ready"
	if m != "" {
		next = "used"
		if err := s.attach(tx, matter.ID(m), deed, p); err != nil {
			return err
		}
	}
	return tx.Exec(`update intake_wechat_photo set state = $1, hash = $2, thumb = $3, width = $4, height = $5 where id = $6`, next, p.Hash, p.Thumb, p.W, p.H, row)
}

// attach puts a picture to a request: to the report it was sent with, or as
// something that was added later.
func (s *Service) attach(tx *sqldb.Tx, m matter.ID, deed string, p intake.Photo) error {
	if deed == "supplement" {
		if err := tx.Lock(string(m)); err != nil {
			return err
		}
		err := s.Intake.SupplementTx(tx, anybody, intake.Supplement{ID: m, Photos: []intake.Photo{p}})
		if fault.KindOf(err) == fault.Conflict {
			return nil // closed meanwhile: nothing can be added any more
		}
		return err
	}
	_, err := request.AddFile(tx, request.File{Matter: m, Seq: 1, Kind: "report", Audience: request.Resident, Hash: p.Hash, Thumb: p.Thumb, Width: p.W, Height: p.H})
	return err
}
