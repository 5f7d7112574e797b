package handling

import (
	"bytes"
	"context"

	"gongzhi/internal/photo"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// Photo is a picture that is already made safe and kept in the file store.
type Photo struct {
	Kind          string // before, after, evidence
	Hash, Thumb   string
	Width, Height int
}

// mostPhotos is how many pictures one field takes.
const mostPhotos = 6

// keep makes uploads safe and stores them, before any unit of work begins:
// nothing slow happens while others wait for a lock.
func (s *Service) keep(ctx context.Context, kind string, files []web.File) ([]Photo, error) {
	var out []Photo
	for _, f := range files {
		p, err := s.keepOne(ctx, f)
		if err != nil {
			return nil, err
		}
		p.Kind = kind
		out = append(out, p)
	}
	return out, nil
}

func (s *Service) keepOne(ctx context.Context, f web.File) (Photo, error) {
	r, err := f.Open()
	if err != nil {
		return Photo{}, err
	}
	defer r.Close()
	img, err := photo.Clean(ctx, r, photo.Limits{Zone: s.Catalog.Book().Calendar.Zone})
	if err != nil {
		return Photo{}, err
	}
	p := Photo{Width: img.W, Height: img.H}
	if p.Hash, _, err = s.Blobs.Put(ctx, bytes.NewReader(img.JPEG)); err != nil {
		return p, err
	}
	p.Thumb, _, err = s.Blobs.Put(ctx, bytes.NewReader(img.Thumb))
	return p, err
}

// attach puts pictures to the deed just recorded.
func attach(tx *sqldb.Tx, o *request.Order, audience string, photos []Photo) error {
	for _, p := range photos { // at most a dozen
		_, err := request.AddFile(tx, request.File{Matter: o.ID, Seq: o.Version, Kind: p.Kind, Audience: audience,
			Hash: p.Hash, Thumb: p.Thumb, Width: p.Width, Height: p.Height})
		if err != nil {
			return err
		}
	}
	return nil
}
