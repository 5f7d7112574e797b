package scoring

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/score"
	"gongzhi/internal/sqldb"
)

// mostVersions is how many a city keeps; more would hide the one that counts.
const mostVersions = 200

// Save keeps a scheme as a draft: a new one without ID, else one that was read
// with Rev. What is in force is not changed any more.
type Save struct {
	ID   string
	Rev  int64
	Text []byte // the scheme as a file
}

// Save is SaveTx in a unit of work of its own.
func (s *Service) Save(ctx context.Context, a actor.Actor, c Save) (v Version, err error) {
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		v, err = s.SaveTx(tx, a, c)
		return err
	})
	return v, err
}

// SaveTx keeps it.
func (s *Service) SaveTx(tx *sqldb.Tx, a actor.Actor, c Save) (Version, error) {
	if err := actor.Can(a, "setup.city"); err != nil {
		return Version{}, err
	}
	scheme, err := Parse(c.Text)
	if err != nil {
		return Version{}, err
	}
	if err := tx.Lock("assessment.scheme"); err != nil {
		return Version{}, err
	}
	if c.ID == "" {
		return create(tx, a, Version{Scheme: scheme})
	}
	was, err := draft(tx, c.ID, c.Rev)
	if err != nil {
		return Version{}, err
	}
	now := was
	now.Scheme = scheme
	if err := save(tx, a.HistoryID(), now, was); err != nil {
		return Version{}, err
	}
	return Find(tx, c.ID)
}

// Parse reads a scheme and checks that the program can fill it.
func Parse(text []byte) (*score.Scheme, error) {
	scheme, err := score.Read(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	var f fault.Fields
	checkChoices(scheme, &f)
	checkRates(scheme, &f)
	return scheme, f.Err()
}

func create(tx *sqldb.Tx, a actor.Actor, v Version) (Version, error) {
	var n int64
	if err := tx.QueryRow(`select cast(count(*) as bigint) from assessment_scheme`).Scan(&n); err != nil {
		return v, err
	}
	if n >= mostVersions {
		return v, fault.New(fault.Invalid, "scoring.too_many", nil, mostVersions)
	}
	v.ID, v.State = id.New(tx.Now), Draft
	if err := save(tx, a.HistoryID(), v, Version{}); err != nil {
		return v, err
	}
	return Find(tx, v.ID)
}

// draft loads a version that may be changed, as its editor saw it.
func draft(tx *sqldb.Tx, id string, rev int64) (Version, error) {
	v, err := Find(tx, id)
	switch {
	case err != nil:
		return v, err
	case v.State != Draft:
		return v, fault.New(fault.Invalid, "scoring.in_force", nil)
	case v.Rev != rev:
		return v, fault.New(fault.Conflict, "catalog.changed_meanwhile", nil)
	}
	return v, nil
}

// Copy makes a draft of a version, to try out what would be.
func (s *Service) Copy(ctx context.Context, a actor.Actor, from string) (v Version, err error) {
	if err := actor.Can(a, "setup.city"); err != nil {
		return v, err
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Lock("assessment.scheme"); err != nil {
			return err
		}
		was, err := Find(tx, from)
		if err != nil {
			return err
		}
		copied := *was.Scheme
		copied.From, copied.To = "", ""
		v, err = create(tx, a, Version{CopyOf: from, Scheme: &copied})
		return err
	})
	return v, err
}

// Enforce puts a draft in force from a month on. The version before it ends with
// the month before. A month that was scored by a rule keeps it: From is not
// earlier than this month, except where no rule was in force at all.
type Enforce struct {
	ID   string
	Rev  int64
	From string
}

// Enforce is EnforceTx in a unit of work of its own.
func (s *Service) Enforce(ctx context.Context, a actor.Actor, c Enforce) error {
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error { return s.EnforceTx(tx, a, c) })
}

// EnforceTx puts it in force.
func (s *Service) EnforceTx(tx *sqldb.Tx, a actor.Actor, c Enforce) error {
	if err := actor.Can(a, "setup.city"); err != nil {
		return err
	}
	if err := tx.Lock("assessment.scheme"); err != nil {
		return err
	}
	was, err := draft(tx, c.ID, c.Rev)
	if err != nil {
		return err
	}
	from, err := time.Parse("2006-01", strings.TrimSpace(c.From))
	if err != nil || from.Year() < 2000 {
		return field("from", "scoring.which_month")
	}
	month := from.Format("2006-01")
	if err := s.clear(tx, a, month, from.AddDate(0, -1, 0).Format("2006-01")); err != nil {
		return err
	}
	now, scheme := was, *was.Scheme
	scheme.From, scheme.To = month, ""
	now.State, now.Scheme = Force, &scheme
	return save(tx, a.HistoryID(), now, was)
}

func field(name, key string, args ...any) error {
	var f fault.Fields
	f.Add(name, key, args...)
	return f.Err()
}

// clear makes room for a version from a month on: what is in force then ends
// before it.
func (s *Service) clear(tx *sqldb.Tx, a actor.Actor, month, before string) error {
	all, err := Versions(tx)
	if err != nil {
		return err
	}
	current := tx.Now.In(s.Catalog.Book().Calendar.Zone).Format("2006-01")
	for _, v := range all {
		holds := v.State == Force && (v.Scheme.To == "" || v.Scheme.To >= month)
		switch {
		case !holds:
			continue
		case v.Scheme.From >= month:
			return field("from", "scoring.later_there", v.Scheme.Name, v.Scheme.From)
		case month < current:
			return field("from", "scoring.scored_already", month, v.Scheme.Name)
		}
		ended, scheme := v, *v.Scheme
		scheme.To = before
		ended.Scheme = &scheme
		if err := save(tx, a.HistoryID(), ended, v); err != nil {
			return err
		}
	}
	return nil
}

// Remove forgets a draft.
func (s *Service) Remove(ctx context.Context, a actor.Actor, id string, rev int64) error {
	if err := actor.Can(a, "setup.city"); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		v, err := draft(tx, id, rev)
		if err != nil {
			return err
		}
		if err := tx.Exec(`delete from assessment_scheme where id = $1`, id); err != nil {
			return err
		}
		return revised(tx, a, v)
	})
}

// months are the last ones, the current first, as people choose them.
func months(now time.Time, n int) []string {
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, now.Location())
	out := make([]string, n)
	for i := range out {
		out[i] = first.AddDate(0, -i, 0).Format("2006-01")
	}
	return out
}

func number(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64) // a wrong one is no revision of anything
	return n
}
