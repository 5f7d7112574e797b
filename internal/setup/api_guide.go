package setup

import (
	"bytes"
	"context"
	"errors"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// guideAPI is the first set-up of a city, and its backups.
func (s *Service) guideAPI(a *api.API) {
	const look, edit, path = "setup.look", "setup.city", "/setup/first"
	api.Add(a, api.Op{ID: "guide", Method: "GET", Path: path, Policy: look, Pages: []string{"GET " + path}}, s.apiGuide)
	api.Add(a, api.Op{ID: "guide-tick", Method: "PUT", Path: path + "/tasks/{task}", Policy: edit, Pages: []string{"POST " + path + "/tick"}}, s.apiTick)
	api.Add(a, api.Op{ID: "guide-open", Method: "POST", Path: path + "/open", Policy: edit, Pages: []string{"POST " + path + "/open"}},
		func(ctx context.Context, _ *struct{}) (api.None, error) {
			return api.None{}, s.OpenCity(ctx, actor.From(ctx), s.apiBase(ctx))
		})
	api.Add(a, api.Op{ID: "guide-workbook", Method: "GET", Path: path + "/workbook.xlsx", Policy: look, Media: xlsxMedia, Pages: []string{"GET " + path + "/workbook.xlsx"}},
		func(ctx context.Context, _ *struct{}) (api.File, error) {
			var out bytes.Buffer
			err := workbook(&out, web.Lang(api.Request(ctx)))
			return api.File{Type: xlsxMedia, Name: "gongzhi-city.xlsx", Data: out.Bytes()}, err
		})
	api.Add(a, api.Op{ID: "guide-upload", Method: "POST", Path: path + "/uploads", Policy: edit, Create: true, Body: MaxUpload * 3 / 2, Pages: []string{"POST " + path + "/import"}}, s.apiUploadAll)
	api.Add(a, api.Op{ID: "guide-preview", Method: "GET", Path: path + "/uploads/{upload}", Policy: edit, Pages: []string{"GET " + path + "/import/{upload}"}}, s.apiPreviewAll)
	api.Add(a, api.Op{ID: "guide-confirm", Method: "POST", Path: path + "/uploads/{upload}/confirm", Policy: edit, Pages: []string{"POST " + path + "/import/{upload}"}}, s.apiConfirmAll)
	api.Add(a, api.Op{ID: "backups", Method: "GET", Path: "/setup/backup", Policy: look, Pages: []string{"GET /setup/backup"}}, s.apiBackups)
	api.Add(a, api.Op{ID: "backup-ask", Method: "POST", Path: "/setup/backup", Policy: edit, Create: true, Pages: []string{"POST /setup/backup"}},
		func(ctx context.Context, _ *struct{}) (backupsItem, error) {
			if err := s.AskBackup(ctx, actor.From(ctx)); err != nil {
				return backupsItem{}, err
			}
			return s.apiBackups(ctx, nil)
		})
}

type guideItem struct {
	Tasks  []taskItem `json:"setup_tasks"`
	Left   int        `json:"left"` // before the city can open
	Opened string     `json:"open_since"`
}

// taskItem is one step of the first set-up.
type taskItem struct {
	Name     string        `json:"name"`
	Title    string        `json:"title"`
	State    string        `json:"state" enum:"new,due,done"`
	N        int64         `json:"n"`
	Ticked   bool          `json:"ticked"`
	Tickable bool          `json:"tickable"`
	Problems []findingItem `json:"findings"`
}

func (s *Service) apiGuide(ctx context.Context, _ *struct{}) (out guideItem, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		tasks, all, err := s.tasks(tx, s.apiBase(ctx), actor.From(ctx))
		if err != nil {
			return err
		}
		set, err := catalog.LoadSettings(tx)
		if err != nil {
			return err
		}
		out.Left, out.Opened = blocking(tasks, all), set[opened]
		for _, t := range tasks {
			item := taskItem{Name: t.Name, Title: t.Title, State: t.State, N: t.N, Ticked: t.Ticked, Tickable: t.Tickable}
			for _, f := range t.Problems {
				item.Problems = append(item.Problems, findingOf(f))
			}
			out.Tasks = append(out.Tasks, item)
		}
		return nil
	})
	return out, err
}

type tickIn struct {
	Task string `path:"task" maxLength:"40"`
	Body struct {
		Ticked bool `json:"ticked"`
	}
}

func (s *Service) apiTick(ctx context.Context, in *tickIn) (api.None, error) {
	yes := ""
	if in.Body.Ticked {
		yes = "1"
	}
	return api.None{}, s.Tick(ctx, actor.From(ctx), in.Task, yes)
}

// partsItem is what a combined workbook would do, table by table, or has done.
type partsItem struct {
	Upload string     `json:"upload"`
	Parts  []partItem `json:"parts" doc:"api.field_workbook_parts"`
}

type partItem struct {
	Kind     string        `json:"kind"`
	Read     int           `json:"read"`
	Same     int           `json:"same"`
	Created  int           `json:"created"`
	Changed  int           `json:"changed"`
	Problems []problemItem `json:"problems"`
}

func (s *Service) partsOf(ctx context.Context, upload string, parts []part) partsItem {
	b, out := s.apiBase(ctx), partsItem{Upload: upload}
	for _, x := range parts {
		item := partItem{Kind: x.Kind.name, Read: x.Plan.Read, Same: x.Plan.Same, Created: x.Plan.Created(), Changed: x.Plan.Changed()}
		for _, w := range x.Plan.Problems {
			item.Problems = append(item.Problems, problemItem{w.Row, w.Column, b.T(w.Key, w.Args...)})
		}
		out.Parts = append(out.Parts, item)
	}
	return out
}

func (s *Service) apiUploadAll(ctx context.Context, in *UploadIn) (partsItem, error) {
	if len(in.Body.File) == 0 {
		return partsItem{}, fault.Fields{{Name: "file", Key: "setup.file_missing"}}
	}
	up, err := s.UploadAll(ctx, actor.From(ctx), in.Body.Name, in.Body.File)
	if err != nil {
		return partsItem{}, err
	}
	return s.apiPreviewAll(ctx, &PreviewIn{up})
}

func (s *Service) apiPreviewAll(ctx context.Context, in *PreviewIn) (partsItem, error) {
	who := actor.From(ctx)
	u, err := s.waitingAll(ctx, who, in.Upload)
	if err != nil {
		return partsItem{}, err
	}
	parts, err := s.tryAll(ctx, who, u.Name, u.File)
	return s.partsOf(ctx, u.ID, parts), err
}

func (s *Service) apiConfirmAll(ctx context.Context, in *PreviewIn) (partsItem, error) {
	who := actor.From(ctx)
	parts, err := s.ConfirmAll(ctx, who, in.Upload)
	if fault.KindOf(err) == fault.Conflict {
		if u, e := s.waitingAll(ctx, who, in.Upload); e == nil {
			if parts, e = s.tryAll(ctx, who, u.Name, u.File); e == nil {
				e = s.renew(ctx, stale{u.ID, digestOf(parts)}) // who reads the preview again may confirm it
			}
			err = errors.Join(err, e)
		}
	}
	return s.partsOf(ctx, in.Upload, parts), err
}

type backupsItem struct {
	Configured bool         `json:"configured"` // the configuration names a folder
	Busy       bool         `json:"busy"`       // one is being made, or waits for its turn
	Stale      bool         `json:"stale"`      // the newest is too old
	Keep       int          `json:"keep"`
	Items      []backupItem `json:"items"`
}

type backupItem struct {
	Name     string    `json:"name"`
	At       time.Time `json:"at"`
	Bytes    int64     `json:"size"`
	Seconds  float64   `json:"seconds"`
	Requests int64     `json:"cases" doc:"api.field_backup_cases"`
	Photos   int64     `json:"files" doc:"api.field_backup_files"`
}

func (s *Service) apiBackups(ctx context.Context, _ *struct{}) (backupsItem, error) {
	list, busy, err := s.backups(ctx)
	out := backupsItem{Configured: s.BackupTo != "", Busy: busy, Stale: staleBackup(list, s.DB.Now()), Keep: s.BackupKeep}
	for _, m := range list {
		out.Items = append(out.Items, backupItem{m.Name, m.At.UTC(), m.Bytes, m.Seconds, m.Database.Tables["matter"].Rows, m.Files})
	}
	return out, err
}
