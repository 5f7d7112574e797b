package scoring

import (
	"context"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/sqldb"
)

type schemesIn struct{ api.Page }

type schemeItem struct {
	ID     string    `json:"id"`
	Name   string    `json:"name"`
	State  string    `json:"state"`
	From   string    `json:"valid_from"`
	To     string    `json:"valid_to"`
	CopyOf string    `json:"copy_of"`
	Rev    int64     `json:"rev"`
	At     time.Time `json:"created_at"`
	Text   string    `json:"text"` // the scheme as a file
}

func (v Version) item() schemeItem {
	return schemeItem{v.ID, v.Scheme.Name, v.State, v.Scheme.From, v.Scheme.To, v.CopyOf, v.Rev, v.At.UTC(), string(v.Text())}
}

func (s *Service) apiSchemes(ctx context.Context, a *api.API, in *schemesIn) (out api.List[schemeItem], err error) {
	var all []Version
	err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		all, err = Versions(tx)
		return err
	})
	if err != nil {
		return out, err
	}
	return api.Cut(a, "schemes", in.Page, all, func(v Version) string { return v.ID }, Version.item)
}

type SchemeIn struct {
	Scheme string `path:"scheme" maxLength:"60"`
}

func (s *Service) apiScheme(ctx context.Context, in *SchemeIn) (out schemeItem, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		v, err := Find(tx, in.Scheme)
		if err == nil {
			out = v.item()
		}
		return err
	})
	return out, err
}

type schemeBody struct {
	Text string `json:"text" minLength:"2" maxLength:"200000"`
}

type createIn struct{ Body schemeBody }

func (s *Service) apiCreate(ctx context.Context, in *createIn) (out schemeItem, err error) {
	v, err := s.Save(ctx, actor.From(ctx), Save{Text: []byte(in.Body.Text)})
	if err != nil {
		return out, err
	}
	return v.item(), nil
}

type saveIn struct {
	SchemeIn
	Body struct {
		Text string `json:"text" minLength:"2" maxLength:"200000"`
		Rev  int64  `json:"rev" minimum:"1"`
	}
}

func (s *Service) apiSave(ctx context.Context, in *saveIn) (out schemeItem, err error) {
	v, err := s.Save(ctx, actor.From(ctx), Save{ID: in.Scheme, Rev: in.Body.Rev, Text: []byte(in.Body.Text)})
	if err != nil {
		return out, err
	}
	return v.item(), nil
}

type forceIn struct {
	SchemeIn
	Body struct {
		From string `json:"from" minLength:"7" maxLength:"7"` // the first month, 2026-12
		Rev  int64  `json:"rev" minimum:"1"`
	}
}

func (s *Service) apiForce(ctx context.Context, in *forceIn) (schemeItem, error) {
	if err := s.Enforce(ctx, actor.From(ctx), Enforce{ID: in.Scheme, Rev: in.Body.Rev, From: in.Body.From}); err != nil {
		return schemeItem{}, err
	}
	return s.apiScheme(ctx, &in.SchemeIn)
}

func (s *Service) apiCopy(ctx context.Context, in *SchemeIn) (out schemeItem, err error) {
	v, err := s.Copy(ctx, actor.From(ctx), in.Scheme)
	if err != nil {
		return out, err
	}
	return v.item(), nil
}

type removeIn struct {
	SchemeIn
	Body struct {
		Rev int64 `json:"rev" minimum:"1"`
	}
}

func (s *Service) apiRemove(ctx context.Context, in *removeIn) (api.None, error) {
	return api.None{}, s.Remove(ctx, actor.From(ctx), in.Scheme, in.Body.Rev)
}
