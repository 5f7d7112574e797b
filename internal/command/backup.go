package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"time"

	"gongzhi/internal/app"
	"gongzhi/internal/backup"
	"gongzhi/internal/config"
	"gongzhi/internal/sqldb"
)

// backUp copies a city while it works: gongzhi backup --to FOLDER [--keep N].
func backUp(ctx context.Context, e env, args []string) error {
	var to string
	keep := 0
	c, rest, err := config.Load("gongzhi backup", args, e.vars, e.err, func(fs *flag.FlagSet) {
		fs.StringVar(&to, "to", "", "`FOLDER` for backups; empty is backup_to of the configuration")
		fs.IntVar(&keep, "keep", 0, "remove all but the newest `N` backups afterwards; 0 removes none")
	})
	if err != nil {
		return err
	}
	if to == "" {
		to = c.BackupTo
	}
	if len(rest) > 0 || to == "" {
		return errors.New("usage: gongzhi backup --to FOLDER [--keep N] [--db URL --data FOLDER]")
	}
	s, err := app.OpenStores(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	m, err := backup.Make(ctx, to, s.Source(), time.Now(), time.Now)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.out, "gongzhi: backup %s: %d requests, %d events, %d photos, %.1f MB, %.1f s\n", filepath.Join(to, m.Name),
		m.Database.Tables["matter"].Rows, m.Database.Tables["matter_event"].Rows, m.Files, float64(m.Bytes)/1e6, m.Seconds)
	fmt.Fprintf(e.out, "The keys in %s are not in it: keep a copy of that file apart from the backup.\n", c.Keys())
	n, err := backup.Prune(ctx, to, keep)
	if n > 0 {
		fmt.Fprintf(e.out, "gongzhi: %d older backups removed\n", n)
	}
	return err
}

// restore brings a city back on an empty machine: gongzhi restore --from FOLDER.
func restore(ctx context.Context, e env, args []string) error {
	var from string
	c, rest, err := config.Load("gongzhi restore", args, e.vars, e.err, func(fs *flag.FlagSet) {
		fs.StringVar(&from, "from", "", "`FOLDER` of one backup, or of all of them for the newest")
	})
	if err != nil {
		return err
	}
	if len(rest) > 0 || from == "" {
		return errors.New("usage: gongzhi restore --from FOLDER [--db URL --data FOLDER]")
	}
	dir, err := newest(from)
	if err != nil {
		return err
	}
	begun := time.Now()
	m, err := app.Restore(ctx, c, dir, e.err)
	switch {
	case errors.Is(err, sqldb.ErrNotEmpty):
		return errors.New("something stands in this database already: a restore needs an empty place, so that it can never overwrite a city")
	case errors.Is(err, sqldb.ErrNewer):
		return errors.New("this backup was made by a newer program: install that version and restore with it")
	case errors.Is(err, sqldb.ErrEngine):
		return fmt.Errorf("this backup is of a city on %s: restore it to that engine", m.Database.Engine)
	case errors.Is(err, sqldb.ErrForeign):
		return errors.New("the database in this backup holds tables or triggers that this program did not make: it is not restored")
	case err != nil:
		return err
	}
	fmt.Fprintf(e.out, "gongzhi: restored %s: %d requests, %d events, %d photos in %.1f s\n", m.Name,
		m.Database.Tables["matter"].Rows, m.Database.Tables["matter_event"].Rows, m.Files, time.Since(begun).Seconds())
	return nil
}

// newest is the folder of one backup: from itself, or the newest below it.
func newest(from string) (string, error) {
	if _, err := backup.Read(from); err == nil {
		return from, nil
	}
	list, err := backup.List(from)
	if err != nil {
		return "", err
	}
	if len(list) == 0 {
		return "", fmt.Errorf("%w: %s", backup.ErrNotABackup, from)
	}
	return filepath.Join(from, list[0].Name), nil
}

// check reads a city, or a backup, from end to end: gongzhi check [--backup FOLDER].
func check(ctx context.Context, e env, args []string) error {
	var from string
	c, rest, err := config.Load("gongzhi check", args, e.vars, e.err, func(fs *flag.FlagSet) {
		fs.StringVar(&from, "backup", "", "check the backup in `FOLDER` instead of the city")
	})
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return errors.New("usage: gongzhi check [--backup FOLDER] [--db URL --data FOLDER]")
	}
	var wrong []string
	if from != "" {
		wrong, err = checkBackup(ctx, from)
	} else {
		wrong, err = checkCity(ctx, c)
	}
	if err != nil {
		return err
	}
	for _, w := range wrong {
		fmt.Fprintln(e.out, w)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%d problems found", len(wrong))
	}
	fmt.Fprintln(e.out, "gongzhi: all is well")
	return nil
}

func checkBackup(ctx context.Context, from string) ([]string, error) {
	dir, err := newest(from)
	if err != nil {
		return nil, err
	}
	return backup.Check(ctx, dir)
}

func checkCity(ctx context.Context, c *config.Config) ([]string, error) {
	s, err := app.OpenStores(ctx, c)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return s.Check(ctx)
}
