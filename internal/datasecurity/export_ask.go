package datasecurity

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/export"
	"gongzhi/internal/fault"
	"gongzhi/internal/job"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
)

// Ask is somebody who wants a list as a table.
type Ask struct {
	List    string
	Query   url.Values // as the page had it
	Lang    locale.Lang
	Format  string   // csv, xlsx
	Columns []string // names; none: all
	Contact bool     // with names and numbers in the clear
	Reason  string   // needed with contact data
}

// Formats of a table.
var Formats = []string{"xlsx", "csv"}

// list is one that the features offer, or NotFound.
func (s *Service) list(name string) (export.List, error) {
	i := slices.IndexFunc(s.Lists, func(l export.List) bool { return l.Name == name })
	if i < 0 {
		return export.List{}, fault.New(fault.NotFound, "datasecurity.export_not_found", nil)
	}
	return s.Lists[i], nil
}

// Export keeps the wish and, where nobody else has to say yes, makes the table:
// at once when it is short, else in the background.
func (s *Service) Export(ctx context.Context, a actor.Actor, c Ask) (*Export, error) {
	l, err := s.list(c.List)
	if err != nil {
		return nil, err
	}
	if err := s.mayAsk(a, l, &c); err != nil {
		return nil, err
	}
	if c.Lang == "" {
		c.Lang = locale.ZH
	}
	e := &Export{List: c.List, Query: c.Query, Lang: c.Lang, Format: c.Format, Columns: c.Columns, Contact: c.Contact, Reason: c.Reason,
		Staff: a.ID, Unit: a.UnitID, State: Making}
	settings := s.Catalog.Book().Settings
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		t, err := l.Open(tx, s.words(c.Lang, tx.Now), a, c.Query)
		e.Total, e.Filter = t.Count, t.Filter
		return err
	})
	if err != nil {
		return nil, err
	}
	if most := int64(settings.Int(rowsSetting, rowsDefault)); e.Total > most {
		return nil, fault.New(fault.Invalid, "datasecurity.export_too_many", nil, locale.Count(int(e.Total)), locale.Count(int(most)))
	}
	if c.Contact && e.Total > int64(settings.Int(approveSetting, approveDefault)) {
		e.State = Asked
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) (err error) {
		if err := fresh(a, tx, e); err != nil {
			return err
		}
		if e.Session, err = actor.SessionName(tx, a); err != nil {
			return err
		}
		if err := e.add(tx, s.zone()); err != nil {
			return err
		}
		if err := e.deed(tx, a, "export.ask"); err != nil {
			return err
		}
		return s.begin(tx, e)
	})
	if err != nil {
		return nil, err
	}
	return e, s.makeNow(ctx, e)
}

// mayAsk checks who asks and what is missing.
func (s *Service) mayAsk(a actor.Actor, l export.List, c *Ask) error {
	if err := actor.Can(a, l.Policy); err != nil {
		return err
	}
	var wrong fault.Fields
	if !slices.Contains(Formats, c.Format) {
		wrong.Add("format", "datasecurity.export_format_missing")
	}
	if c.Contact = c.Contact && l.Contact || l.Always; c.Contact {
		if err := actor.Can(a, "datasecurity.take"); err != nil {
			return err
		}
		if c.Reason = strings.TrimSpace(c.Reason); len([]rune(c.Reason)) < fewestLetters {
			wrong.Add("reason", "datasecurity.export_reason_missing")
		}
	}
	return wrong.Err()
}

// fresh asks who takes contact data to prove who sits there.
func fresh(a actor.Actor, tx *sqldb.Tx, e *Export) error {
	switch {
	case !e.Contact:
		return nil
	case a.Token != "": // many contacts at once leave in the hands of a person only
		return fault.New(fault.Denied, "datasecurity.export_person", nil)
	}
	return actor.Fresh(a, tx.Now)
}

// begin puts a long export into the queue.
func (s *Service) begin(tx *sqldb.Tx, e *Export) error {
	if e.State != Making || e.Total <= madeAtOnce {
		return nil
	}
	return job.Enqueue(tx, ExportJob, e.ID, exportArgs{e.ID}, time.Time{})
}

// makeNow makes a short one.
func (s *Service) makeNow(ctx context.Context, e *Export) error {
	if e.State != Making || e.Total > madeAtOnce {
		return nil
	}
	return s.make(ctx, e.ID)
}

// words are what a table is written in where there is no page.
func (s *Service) words(lang locale.Lang, now time.Time) page.Base {
	book := s.Catalog.Book()
	return page.Base{Lang: lang, City: book.Settings["city.name"], Zone: book.Calendar.Zone, Now: now}
}

func (s *Service) zone() *time.Location { return s.Catalog.Book().Calendar.Zone }

// Rule is the word of a second person on an export with much contact data.
type Rule struct {
	Export string
	Yes    bool
	Remark string
}

// Rule approves or refuses what somebody else asked for.
func (s *Service) Rule(ctx context.Context, a actor.Actor, c Rule) error {
	if err := actor.Can(a, "datasecurity.approve"); err != nil {
		return err
	}
	if !c.Yes && len([]rune(strings.TrimSpace(c.Remark))) < 2 {
		return fault.Fields{{Name: "remark", Key: "datasecurity.export_remark_missing"}}
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		e, err := loadExport(tx, c.Export)
		switch {
		case err != nil:
			return err
		case e.Staff == a.ID:
			return fault.New(fault.Denied, "datasecurity.export_own", nil)
		case e.State != Asked:
			return fault.New(fault.Conflict, "datasecurity.export_ruled", nil)
		}
		if err := fresh(a, tx, e); err != nil {
			return err
		}
		e.State, e.Decider, e.Remark, e.DecidedAt = Approved, a.ID, strings.TrimSpace(c.Remark), tx.Now
		deed := "export.approve"
		if !c.Yes {
			e.State, e.EndedAt, deed = Refused, tx.Now, "export.refuse"
		}
		if err := e.save(tx); err != nil {
			return err
		}
		return e.deed(tx, a, deed)
	})
}

// Go makes an export that was approved, for who asked, in the session that goes
// on with it.
func (s *Service) Go(ctx context.Context, a actor.Actor, export string) error {
	var e *Export
	err := s.DB.Update(ctx, func(tx *sqldb.Tx) (err error) {
		if e, err = loadExport(tx, export); err != nil {
			return err
		}
		switch {
		case e.Staff != a.ID:
			return fault.New(fault.NotFound, "datasecurity.export_not_found", nil)
		case e.State != Approved || tx.Now.Sub(e.DecidedAt) > approvedFor:
			return fault.New(fault.Conflict, "datasecurity.export_over", nil)
		}
		if err := fresh(a, tx, e); err != nil {
			return err
		}
		if e.Session, err = actor.SessionName(tx, a); err != nil {
			return err
		}
		e.State = Making
		if err := e.save(tx); err != nil {
			return err
		}
		return s.begin(tx, e)
	})
	if err != nil {
		return err
	}
	return s.makeNow(ctx, e)
}
