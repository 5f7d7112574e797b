package intake

import (
	"bytes"
	"context"
	"io"

	"gongzhi/internal/fault"
	"gongzhi/internal/photo"
	"gongzhi/internal/web"
)

// uploadSize is the largest form with photos: three of ten MiB, and the words.
const uploadSize = 32 << 20

// keepPhotos cleans uploaded pictures and puts them into the file store, before
// the unit of work that names them. have is how many there are already.
func (s *Service) keepPhotos(ctx context.Context, v *web.Values, name string, have int) ([]Photo, error) {
	var out []Photo
	for _, f := range v.Files(name, MaxPhotos-have) {
		p, err := s.keepPhoto(ctx, f)
		if fault.KindOf(err) == fault.Invalid {
			key, args := fault.KeyOf(err)
			v.Add(name, key, args...)
			continue
		}
		if err != nil {
			return out, err
		}
		out = append(out, p)
	}
	return out, nil
}

func (s *Service) keepPhoto(ctx context.Context, f web.File) (Photo, error) {
	src, err := f.Open()
	if err != nil {
		return Photo{}, err
	}
	defer src.Close()
	return s.KeepPhoto(ctx, src)
}

// KeepPhoto cleans a picture and puts it into the file store.
func (s *Service) KeepPhoto(ctx context.Context, src io.Reader) (Photo, error) {
	img, err := photo.Clean(ctx, src, photo.Limits{Zone: s.Catalog.Book().Calendar.Zone})
	if err != nil {
		return Photo{}, err
	}
	p := Photo{W: img.W, H: img.H, GPS: img.GPS}
	if p.Hash, _, err = s.Blobs.Put(ctx, bytes.NewReader(img.JPEG)); err != nil {
		return p, err
	}
	p.Thumb, _, err = s.Blobs.Put(ctx, bytes.NewReader(img.Thumb))
	return p, err
}
