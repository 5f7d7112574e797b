package setup

import (
	"bytes"
	"context"
	"errors"
	"io"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/fault"
	"gongzhi/internal/sheet"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

const (
	csvMedia  = "text/csv"
	xlsxMedia = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

type (
	kindData   struct{ DataIn }
	kindStaff  struct{ StaffIn }
	uploadData struct {
		DataIn
		UploadIn
	}
	uploadStaff struct {
		StaffIn
		UploadIn
	}
	previewData struct {
		DataIn
		PreviewIn
	}
	previewStaff struct {
		StaffIn
		PreviewIn
	}
	confirmData struct {
		DataIn
		ConfirmIn
	}
	confirmStaff struct {
		StaffIn
		ConfirmIn
	}
)

// UploadIn brings a table.
type UploadIn struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"200"`
		File []byte `json:"file"`
	}
}

// PreviewIn names a table that was brought.
type PreviewIn struct {
	Upload string `path:"upload" maxLength:"60"`
}

// ConfirmIn has a table done.
type ConfirmIn struct {
	Upload string `path:"upload" maxLength:"60"`
	Body   struct {
		Reason string `json:"reason,omitempty" maxLength:"200"`
	}
}

func (x UploadIn) uploadIn() UploadIn    { return x }
func (x PreviewIn) previewIn() PreviewIn { return x }
func (x ConfirmIn) confirmIn() ConfirmIn { return x }

func declareTables[T which, U interface {
	which
	uploadIn() UploadIn
}, P interface {
	which
	previewIn() PreviewIn
}, C interface {
	which
	confirmIn() ConfirmIn
}](s *Service, a *api.API, x dataSort) {
	table := func(ext, media string, format func(io.Writer) sheet.Writer) {
		api.Add(a, api.Op{ID: x.name + "-" + ext, Method: "GET", Path: x.path + "/table." + ext, Policy: x.look, Media: media, Pages: []string{"GET " + x.path + "/table." + ext}},
			func(ctx context.Context, in *T) (api.File, error) {
				return onKind(*in, func(k *kind) (api.File, error) {
					var out bytes.Buffer
					err := s.export(ctx, k, ext, format(&out))
					return api.File{Type: media, Name: k.name + "." + ext, Data: out.Bytes()}, err
				})
			})
	}
	table("csv", csvMedia, sheet.CSV)
	table("xlsx", xlsxMedia, func(o io.Writer) sheet.Writer { return sheet.XLSX(o) })
	api.Add(a, api.Op{ID: x.name + "-template", Method: "GET", Path: x.path + "/template.xlsx", Policy: x.look, Media: xlsxMedia, Pages: []string{"GET " + x.path + "/template.xlsx", "GET " + x.path + "/import"}},
		func(ctx context.Context, in *T) (api.File, error) {
			return onKind(*in, func(k *kind) (api.File, error) {
				var out bytes.Buffer
				err := k.template(&out, web.Lang(api.Request(ctx)))
				return api.File{Type: xlsxMedia, Name: k.name + "-template.xlsx", Data: out.Bytes()}, err
			})
		})
	api.Add(a, api.Op{ID: x.name + "-upload", Method: "POST", Path: x.path + "/uploads", Policy: x.change, Create: true, Body: MaxUpload * 3 / 2, Pages: []string{"POST " + x.path + "/import"}},
		func(ctx context.Context, in *U) (planItem, error) {
			return onKind(*in, func(k *kind) (planItem, error) { return s.apiUpload(ctx, k, (*in).uploadIn()) })
		})
	api.Add(a, api.Op{ID: x.name + "-preview", Method: "GET", Path: x.path + "/uploads/{upload}", Policy: x.change, Pages: []string{"GET " + x.path + "/import/{upload}"}},
		func(ctx context.Context, in *P) (planItem, error) {
			return onKind(*in, func(k *kind) (planItem, error) { return s.apiPreview(ctx, k, (*in).previewIn().Upload) })
		})
	api.Add(a, api.Op{ID: x.name + "-confirm", Method: "POST", Path: x.path + "/uploads/{upload}/confirm", Policy: x.change, Pages: []string{"POST " + x.path + "/import/{upload}"}},
		func(ctx context.Context, in *C) (importedItem, error) {
			return onKind(*in, func(k *kind) (importedItem, error) {
				c := (*in).confirmIn()
				return s.apiConfirm(ctx, k, c.Upload, Proof{c.Body.Reason})
			})
		})
}

func (s *Service) apiUpload(ctx context.Context, k *kind, in UploadIn) (planItem, error) {
	if len(in.Body.File) == 0 {
		return planItem{}, fault.Fields{{Name: "file", Key: "setup.file_missing"}}
	}
	up, err := s.Upload(ctx, actor.From(ctx), k.name, in.Body.Name, in.Body.File)
	if err != nil {
		return planItem{}, err
	}
	return s.apiPreview(ctx, k, up)
}

// planItem is what a table would do.
type planItem struct {
	Upload   string        `json:"upload"`
	Read     int           `json:"read"`
	Same     int           `json:"same"`
	Created  int           `json:"created"`
	Changed  int           `json:"changed"`
	Rows     []plannedItem `json:"rows"` // the first of them
	Problems []problemItem `json:"problems"`
	Skipped  []string      `json:"skipped"`
}

type plannedItem struct {
	Row int               `json:"row"`
	Key string            `json:"key"`
	New bool              `json:"new"`
	Was map[string]string `json:"was"`
	Now map[string]string `json:"now"`
}

type problemItem struct {
	Row    int    `json:"row"`
	Column string `json:"column"`
	Detail string `json:"detail"`
}

func (s *Service) apiPreview(ctx context.Context, k *kind, upload string) (out planItem, err error) {
	b := s.apiBase(ctx)
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		u, p, _, err := s.preview(tx, actor.From(ctx), k, upload)
		if err != nil {
			return err
		}
		out = planItem{Upload: u.ID, Read: p.Read, Same: p.Same, Created: p.Created(), Changed: p.Changed(), Skipped: p.Skipped}
		for _, r := range p.Rows[:min(len(p.Rows), mostPreviewed)] {
			out.Rows = append(out.Rows, plannedItem{r.Row, r.Key, r.Was == nil, k.plain(r.Was), k.plain(r.Now)})
		}
		for _, x := range p.Problems {
			out.Problems = append(out.Problems, problemItem{x.Row, x.Column, b.T(x.Key, x.Args...)})
		}
		return nil
	})
	return out, err
}

type importedItem struct {
	Created   int              `json:"created"`
	Changed   int              `json:"changed"`
	Same      int              `json:"same"`
	Passwords []credentialItem `json:"passwords"` // of new accounts, once
}

type credentialItem struct {
	Login    string `json:"login"`
	Name     string `json:"name"`
	Password string `json:"first_password"`
}

func (s *Service) apiConfirm(ctx context.Context, k *kind, upload string, why Proof) (out importedItem, err error) {
	done, err := s.Confirm(ctx, actor.From(ctx), k.name, upload, why)
	var old stale
	if errors.As(err, &old) {
		return out, errors.Join(err, s.renew(ctx, old)) // who reads the preview again may confirm it
	}
	if err != nil {
		return out, inValues(err)
	}
	out = importedItem{Created: done.Created, Changed: done.Changed, Same: done.Same}
	for _, c := range done.Passwords {
		out.Passwords = append(out.Passwords, credentialItem(c))
	}
	return out, nil
}
