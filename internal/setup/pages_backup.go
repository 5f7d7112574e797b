package setup

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/backup"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/job"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// backupJob is the kind of job that copies the city.
const backupJob = "backup"

// freshBackup is how old the newest backup may be: a night and what it takes.
const freshBackup = 36 * time.Hour

// BackupPage shows the backups there are, and makes one when asked.
type BackupPage struct {
	page.Base
	Can     bool
	To      string // "" none is configured
	Busy    bool   // one is being made, or waits for its turn
	Stale   bool   // the newest is too old
	Keep    int
	Backups []Backup
}

// Backup is one as the page shows it.
type Backup struct {
	When, Machine, Name, Size, Took string
	Requests, Photos                int64
}

func (s *Service) backupPage(w http.ResponseWriter, r *http.Request) error {
	p := BackupPage{Base: s.Base(w, r, "setup.backup"), Can: actor.Allowed(actor.From(r.Context()), "setup.city"), To: s.BackupTo, Keep: s.BackupKeep}
	list, busy, err := s.backups(r.Context())
	if err != nil {
		return err
	}
	p.Busy, p.Stale = busy, staleBackup(list, s.DB.Now())
	for _, m := range list {
		p.Backups = append(p.Backups, Backup{When: p.DateTime(m.At), Machine: m.At.Format(time.RFC3339), Name: m.Name,
			Size: p.T("setup.backup_mb", fmt.Sprintf("%.1f", float64(m.Bytes)/1e6)), Took: p.T("setup.backup_seconds", fmt.Sprintf("%.0f", max(1, m.Seconds))),
			Requests: m.Database.Tables["matter"].Rows, Photos: m.Files})
	}
	return page.View{}.Render(w, r, http.StatusOK, backupPage(p))
}

// backups are those there are, the newest first, and whether one is being made.
func (s *Service) backups(ctx context.Context) (list []backup.Manifest, busy bool, err error) {
	if s.BackupTo != "" {
		if list, err = backup.List(s.BackupTo); err != nil {
			return nil, false, fmt.Errorf("list backups: %w", err)
		}
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		counts, err := job.Counts(tx)
		for _, c := range counts {
			busy = busy || c.Kind == backupJob && (c.State == "running" || c.State == "ready" && !c.Oldest.After(tx.Now))
		}
		return err
	})
	return list, busy, err
}

func staleBackup(list []backup.Manifest, now time.Time) bool {
	return len(list) == 0 || now.Sub(list[0].At) > freshBackup
}

// AskBackup has a backup made now.
func (s *Service) AskBackup(ctx context.Context, a actor.Actor) error {
	if err := actor.Can(a, "setup.city"); err != nil {
		return err
	}
	if s.BackupTo == "" {
		return fault.New(fault.Conflict, "setup.backup_nowhere", nil)
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := job.Enqueue(tx, backupJob, "asked/"+id.New(tx.Now), nil, tx.Now); err != nil {
			return err
		}
		return actor.Deed(tx, a, "setup.backup", "", "")
	})
}

func (s *Service) makeBackup(w http.ResponseWriter, r *http.Request) error {
	switch err := s.AskBackup(r.Context(), actor.From(r.Context())); {
	case fault.KindOf(err) == fault.Conflict: // the page says how to name a folder
		return web.See(w, r, "/setup/backup")
	case err != nil:
		return err
	}
	page.SetFlash(w, r, "good", "setup.backup_asked")
	return web.See(w, r, "/setup/backup")
}
