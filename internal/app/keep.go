package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"gongzhi/internal/backup"
	"gongzhi/internal/blob"
	"gongzhi/internal/catalog"
	"gongzhi/internal/config"
	"gongzhi/internal/job"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/vault"
)

// BackupJob copies the city to the folder of the configuration.
const BackupJob = "backup"

// Stores are a city's database and files without the program around them: what
// backup and check need. Nothing is migrated, so a newer program can back up a
// city before it upgrades it.
type Stores struct {
	DB       *sqldb.DB
	Files    *blob.Dir
	Settings catalog.Settings
}

// OpenStores opens what is there and makes nothing.
func OpenStores(ctx context.Context, c *config.Config) (*Stores, error) {
	if file, ok := strings.CutPrefix(c.Database(), "sqlite:"); ok {
		file, _, _ = strings.Cut(file, "?")
		if _, err := os.Stat(file); err != nil {
			return nil, fmt.Errorf("there is no city at %s: %w", file, err)
		}
	}
	s := &Stores{}
	var err error
	if s.DB, err = sqldb.Open(ctx, c.Database(), sqldb.Options{Schema: c.Schema}); err != nil {
		return nil, err
	}
	if s.Files, err = blob.OpenDir(c.Blobs()); err != nil {
		return nil, errors.Join(err, s.DB.Close())
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		s.Settings, err = catalog.LoadSettings(tx)
		return err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("there is no city in this database: %w", err), s.Close())
	}
	return s, nil
}

// Close gives both back.
func (s *Stores) Close() error { return errors.Join(s.Files.Close(), s.DB.Close()) }

// Source is the city as a backup takes it.
func (s *Stores) Source() backup.Source { return sourceOf(s.DB, s.Files, s.Settings) }

func sourceOf(db *sqldb.DB, files blob.Store, settings catalog.Settings) backup.Source {
	return backup.Source{DB: db, Files: files, City: settings["city.name"], Fingerprint: settings["vault.fingerprint"]}
}

// Check reads the city from end to end and lists what is wrong: in the database,
// between records and their history, and with the photos that requests name.
func (s *Stores) Check(ctx context.Context) ([]string, error) {
	wrong, err := s.DB.Verify(ctx)
	if err != nil || len(wrong) > 0 {
		return wrong, err // nothing read from a damaged file can be relied on
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		wrong, err = matter.Check(tx)
		return err
	})
	if err != nil {
		return wrong, err
	}
	more, err := s.checkFiles(ctx)
	return append(wrong, more...), err
}

func (s *Stores) checkFiles(ctx context.Context) (wrong []string, err error) {
	const lot = 1000
	for last, n := "", lot; n > 0; {
		var named map[string]string
		err := s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
			named, last, err = request.NamedFiles(tx, last, lot)
			return err
		})
		if err != nil {
			return wrong, err
		}
		for hash, number := range named {
			if problem := s.checkFile(ctx, hash); problem != "" {
				wrong = append(wrong, fmt.Sprintf("%s: the photo %s %s", number, hash, problem))
			}
		}
		n = len(named)
	}
	return wrong, nil
}

func (s *Stores) checkFile(ctx context.Context, hash string) string {
	f, err := s.Files.Open(hash)
	if err != nil {
		return "is missing"
	}
	defer f.Close()
	got, err := blob.HashOf(ctx, f)
	switch {
	case err != nil:
		return "cannot be read"
	case got != hash:
		return "is damaged"
	}
	return ""
}

// Restore brings a city back where the configuration says, which must be empty.
// The key file must be there first: without it nobody could read contact data,
// and the program would not start.
func Restore(ctx context.Context, c *config.Config, dir string, progress io.Writer) (backup.Manifest, error) {
	m, err := backup.Read(dir)
	if err != nil {
		return m, err
	}
	if _, err := os.Stat(c.Keys()); err != nil {
		return m, fmt.Errorf("put the key file of this city at %s first: it is kept apart from the backup, and without it contact data cannot be read", c.Keys())
	}
	v, err := vault.Open(c.Keys(), c.KEK)
	if err != nil {
		return m, err
	}
	if m.Fingerprint != "" && v.Fingerprint() != m.Fingerprint {
		return m, fmt.Errorf("the keys in %s are not those of the city in this backup", c.Keys())
	}
	fmt.Fprintf(progress, "restoring %s of %s: %d requests, %d photos\n", m.Name, m.City, m.Database.Tables["matter"].Rows, m.Files)
	target := backup.Target{Address: c.Database(), Options: sqldb.Options{Schema: c.Schema}, Files: c.Blobs()}
	return backup.Restore(ctx, dir, target)
}

// backUp is the scheduled backup.
func (a *App) backUp(ctx context.Context, _ job.Job) error {
	if a.Config.BackupTo == "" {
		return nil
	}
	src := sourceOf(a.DB, a.Blobs, a.Catalog.Book().Settings)
	if _, err := backup.Make(ctx, a.Config.BackupTo, src, a.opt.Now(), a.opt.Now); err != nil {
		return err
	}
	_, err := backup.Prune(ctx, a.Config.BackupTo, a.Config.BackupKeep)
	return err
}

// backupTime is when a night is quiet.
const backupTime = 2*time.Hour + 30*time.Minute

// dropTime is when what was measured of direct dispatch is looked at.
const dropTime = 3 * time.Hour
