package handling

import (
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

func (s *Service) serveFile(w http.ResponseWriter, r *http.Request, which func(request.File) string) error {
	var f request.File
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if f, err = request.FindFile(tx, r.PathValue("id")); err != nil {
			return err
		}
		_, err = request.Find(tx, actor.From(r.Context()), f.Matter)
		return err
	})
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
