package handling

import (
	"context"
	"net/http"

	"gongzhi/internal/actor"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// file serves a photo to staff who may see its request.
func (s *Service) file(w http.ResponseWriter, r *http.Request) error {
	return s.serveFile(w, r, func(f request.File) string { return f.Hash })
}

// thumb serves the small copy of a photo.
func (s *Service) thumb(w http.ResponseWriter, r *http.Request) error {
	return s.serveFile(w, r, func(f request.File) string { return f.Thumb })
}

// findFile is a photo of a request that the actor may see.
func (s *Service) findFile(ctx context.Context, a actor.Actor, file string) (f request.File, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		if f, err = request.FindFile(tx, file); err != nil {
			return err
		}
		_, err = request.Find(tx, a, f.Matter)
		return err
	})
	return f, err
}

func (s *Service) serveFile(w http.ResponseWriter, r *http.Request, which func(request.File) string) error {
	f, err := s.findFile(r.Context(), actor.From(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	body, err := s.Blobs.Open(which(f))
	if err != nil {
		return err
	}
	defer body.Close()
	h := w.Header()
	h.Set("Content-Type", "image/jpeg")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-store")
	h.Set("Content-Disposition", `inline; filename="photo.jpg"`)
	http.ServeContent(w, r, "", f.At, body)
	return nil
}
