package setup

import (
	"fmt"
	"net/http"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/backup"
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
	if p.To != "" {
		if err := p.fill(s.DB.Now()); err != nil {
			return err
		}
	}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		counts, err := job.Counts(tx)
		for _, c := range counts {
			p.Busy = p.Busy || c.Kind == backupJob && (c.State == "running" || c.State == "ready" && !c.Oldest.After(tx.Now))
		}
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, backupPage(p))
}

func (p *BackupPage) fill(now time.Time) error {
	list, err := backup.List(p.To)
	if err != nil {
		return fmt.Errorf("list backups: %w", err)
	}
	p.Stale = len(list) == 0 || now.Sub(list[0].At) > freshBackup
	for _, m := range list {
		p.Backups = append(p.Backups, Backup{When: p.DateTime(m.At), Machine: m.At.Format(time.RFC3339), Name: m.Name,
			Size: p.T("setup.backup_mb", fmt.Sprintf("%.1f", float64(m.Bytes)/1e6)), Took: p.T("setup.backup_seconds", fmt.Sprintf("%.0f", max(1, m.Seconds))),
			Requests: m.Database.Tables["matter"].Rows, Photos: m.Files})
	}
	return nil
}

func (s *Service) makeBackup(w http.ResponseWriter, r *http.Request) error {
	if s.BackupTo == "" {
		return web.See(w, r, "/setup/backup")
	}
	who := actor.From(r.Context())
	err := s.DB.Update(r.Context(), func(tx *sqldb.Tx) error {
		if err := job.Enqueue(tx, backupJob, "asked/"+id.New(tx.Now), nil, tx.Now); err != nil {
			return err
		}
		return actor.Deed(tx, who, "setup.backup", "", "")
	})
	if err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "setup.backup_asked")
	return web.See(w, r, "/setup/backup")
}
