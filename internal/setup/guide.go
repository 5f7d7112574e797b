package setup

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/sheet"
	"gongzhi/internal/sqldb"
)

// step is one task of the first set-up of a city, in the order in which they
// build on one another.
type step struct {
	name   string
	path   string
	count  string   // statement that says how far it is; "" nothing to count
	enough int64    // from here on it is done
	checks []string // findings that concern it
	role   actor.Role

	minutes int  // about what it takes whoever has the tables at hand
	waive   bool // a person may say that nothing is needed
	extra   bool // a city can open without it
}

var guideSteps = []step{
	{name: "city", path: "/setup/settings", count: `select cast(count(*) as bigint) from catalog_setting where name = 'city.name' and value <> ''`, enough: 1, minutes: 1},
	{name: "areas", path: "/setup/data/areas/import", count: counted["areas"], enough: 1, checks: []string{"serve"}, minutes: 1},
	{name: "units", path: "/setup/data/units/import", count: counted["units"], enough: 2, minutes: 1},
	{name: "categories", path: "/setup/data/categories/import", count: counted["categories"], enough: 1, minutes: 2},
	{name: "duties", path: "/setup/data/duties/import", count: counted["duties"], enough: 1, checks: []string{"lead", "named"}, minutes: 2},
	{name: "community", path: "/setup/data/community/import", count: counted["community"], enough: 1, minutes: 1, waive: true},
	{name: "days", path: "/setup/data/days/import", count: counted["days"], enough: 1, checks: []string{"year"}, minutes: 1},
	{name: "staff", path: "/setup/staff/import", count: `select cast(count(distinct r.staff_id) as bigint) from actor_role r join actor_staff s on s.id = r.staff_id where s.active and r.role in ('agent', 'dispatcher', 'clerk', 'lead')`, enough: 3, checks: []string{"admins", "nobody"}, role: actor.SecAdmin, minutes: 4},
	{name: "signin", path: "/setup/signin", role: actor.SecAdmin, minutes: 1, waive: true},
	{name: "test", path: "/report/quick", count: `select cast(count(*) as bigint) from (select 1 from matter limit 1) x`, enough: 1, minutes: 2},

	{name: "texts", path: "/setup/data/texts", checks: []string{"holes"}, minutes: 5, waive: true, extra: true},
	{name: "signals", path: "/setup/data/signals", minutes: 5, waive: true, extra: true},
	{name: "limits", path: "/setup/settings", minutes: 2, waive: true, extra: true},
	{name: "mail", path: "/setup/mail", minutes: 2, waive: true, extra: true},
	{name: "sms", path: "/setup/sms", minutes: 10, waive: true, extra: true},
	{name: "wechat", path: "/setup/wechat", minutes: 15, waive: true, extra: true},
	{name: "backup", path: "/setup/backup", minutes: 1, waive: true, extra: true},
}

// The states of a task.
const (
	untouched  = "new"
	incomplete = "due"
	complete   = "done"
)

// Task is one step as the page shows it.
type Task struct {
	Name, Title, About, Path string
	State                    string
	N                        int64
	Problems                 []Finding
	Ticked                   bool
	Tickable                 bool // nothing can be counted, or may be needed: a person says so
	Elsewhere                string
	Minutes                  int  // about
	Extra                    bool // a city can open without it
}

const (
	tickPrefix = "guide."
	opened     = "city.opened"
)

// tasks are the steps with what there is of each.
func (s *Service) tasks(tx *sqldb.Tx, b page.Base, who actor.Actor) (out []Task, all []Finding, err error) {
	w, err := newWorld(tx, who)
	if err != nil {
		return nil, nil, err
	}
	if all, err = s.findings(tx, w, b); err != nil {
		return nil, nil, err
	}
	set, err := catalog.LoadSettings(tx)
	if err != nil {
		return nil, nil, err
	}
	for _, x := range guideSteps {
		t := Task{Name: x.name, Title: b.T("setup.guide_" + x.name), About: b.T("setup.guide_" + x.name + "_about"), Path: b.URL(x.path), Ticked: set[tickPrefix+x.name] != "", Minutes: x.minutes, Extra: x.extra}
		if x.count != "" {
			if err := tx.QueryRow(x.count).Scan(&t.N); err != nil {
				return nil, nil, err
			}
		}
		if x.role != "" && !who.Is(x.role) {
			t.Path, t.Elsewhere = "", b.T("actor.role_"+string(x.role))
		}
		for _, f := range all {
			if len(f.Items) > 0 && slices.Contains(x.checks, f.Name) {
				t.Problems = append(t.Problems, f)
			}
		}
		t.judge(x)
		out = append(out, t)
	}
	return out, all, nil
}

func (t *Task) judge(x step) {
	stopped := slices.ContainsFunc(t.Problems, func(f Finding) bool { return f.Bad })
	switch {
	case x.count != "" && t.N >= x.enough && !stopped, t.Ticked && x.waive:
		t.State = complete
	case t.N > 0:
		t.State = incomplete
	default:
		t.State = untouched
	}
	t.Tickable = x.waive && t.N < max(x.enough, 1)
}

// Tick says of a task that nothing more is to do, or takes that back.
func (s *Service) Tick(ctx context.Context, a actor.Actor, name string, yes string) error {
	if err := actor.Can(a, "setup.city"); err != nil {
		return err
	}
	if !slices.ContainsFunc(guideSteps, func(x step) bool { return x.name == name && x.waive }) {
		return fault.New(fault.NotFound, "setup.no_kind", nil)
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error { return catalog.SaveSetting(tx, tickPrefix+name, yes) })
}

// OpenCity notes that the city works from today on. What would stop it must
// be mended before.
func (s *Service) OpenCity(ctx context.Context, a actor.Actor, b page.Base) error {
	if err := actor.Can(a, "setup.city"); err != nil {
		return err
	}
	err := s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		tasks, all, err := s.tasks(tx, b, a)
		if err != nil {
			return err
		}
		if n := blocking(tasks, all); n > 0 {
			return fault.New(fault.Conflict, "setup.guide_not_ready", nil, n)
		}
		if err := catalog.SaveSetting(tx, opened, tx.Now.Format("2006-01-02")); err != nil {
			return err
		}
		return actor.Deed(tx, a, "setup.open", "city", "")
	})
	if err != nil {
		return err
	}
	return s.Reload(ctx)
}

// blocking counts what keeps a city from opening: tasks that are not done, and
// findings that would stop its work.
func blocking(tasks []Task, all []Finding) int {
	n := 0
	for _, t := range tasks {
		if t.State != complete && !t.Extra {
			n++
		}
	}
	for _, f := range all {
		if f.Bad && len(f.Items) > 0 {
			n++
		}
	}
	return n
}

// guideKinds are the tables of the combined workbook in the order in which
// they refer to one another. Accounts are not among them: they are the security
// administrator's.
var guideKinds = []string{"areas", "units", "categories", "duties", "community", "streets", "days", "texts", "refusals", "signals", "knowledge", "facilities", "addresses"}

// allKinds is the name under which a combined workbook waits.
const allKinds = "all"

// workbook writes the combined template.
func workbook(w io.Writer, lang locale.Lang) error {
	tables := make([]sheet.Table, len(guideKinds))
	for i, name := range guideKinds {
		k, err := findKind(name)
		if err != nil {
			return err
		}
		m, err := k.mapping(lang)
		if err != nil {
			return err
		}
		tables[i] = sheet.Table{Name: locale.T(locale.ZH, "setup."+name), Mapping: m}
	}
	return sheet.Templates(w, lang, tables)
}

// part is what one table of a combined workbook would do, or has done.
type part struct {
	Kind *kind
	Plan *plan
}

// errTrial takes back what was done to find out what it would do.
var errTrial = errors.New("setup: a trial is taken back")

// applyAll does what a combined workbook says, table after table, as far as its
// first table with problems. All of it happens in the unit of work of tx.
func applyAll(tx *sqldb.Tx, a actor.Actor, name string, file []byte) (parts []part, err error) {
	sheets, err := sheet.Names(name, file)
	if err != nil {
		return nil, err
	}
	var locks []string
	for _, k := range guideKinds {
		locks = append(locks, "setup."+k)
	}
	if err := tx.Lock(locks...); err != nil {
		return nil, err
	}
	for _, kindName := range guideKinds {
		title := locale.T(locale.ZH, "setup."+kindName)
		if !slices.Contains(sheets, title) {
			continue
		}
		k, err := findKind(kindName)
		if err != nil {
			return nil, err
		}
		p, err := applyPart(tx, a, k, name, title, file)
		if err != nil {
			return nil, err
		}
		if parts = append(parts, part{k, p}); len(p.Problems) > 0 {
			break // what follows would only complain of what is missing here
		}
	}
	if len(parts) == 0 {
		return nil, fault.New(fault.Invalid, "setup.guide_no_sheet", nil, strings.Join(sheets, "、"))
	}
	return parts, knowYears(tx, a, parts)
}

func applyPart(tx *sqldb.Tx, a actor.Actor, k *kind, name, title string, file []byte) (*plan, error) {
	w, err := newWorld(tx, a)
	if err != nil {
		return nil, err
	}
	p, err := makePlan(tx, w, k, name, title, file)
	if fault.KindOf(err) == fault.Invalid {
		key, args := fault.KeyOf(err)
		return &plan{Problems: []sheet.Problem{{Key: key, Args: args}}}, nil
	}
	if err != nil || len(p.Problems) > 0 {
		return p, err
	}
	return p, p.apply(tx, w, k, nil)
}

// knowYears notes up to which year the calendar of the workbook reaches.
func knowYears(tx *sqldb.Tx, a actor.Actor, parts []part) error {
	latest := 0
	for _, p := range parts {
		for _, r := range p.Plan.Rows {
			if p.Kind.name == "days" && len(r.Key) >= 4 {
				year, _ := strconv.Atoi(r.Key[:4]) // a key of days was read as a date
				latest = max(latest, year)
			}
		}
	}
	set, err := catalog.LoadSettings(tx)
	if err != nil || latest <= set.Int("calendar.known", 0) {
		return err
	}
	if err := catalog.Revise(tx, a.HistoryID(), "setting", "calendar.known", 0, set["calendar.known"], strconv.Itoa(latest)); err != nil {
		return err
	}
	return catalog.SaveSetting(tx, "calendar.known", strconv.Itoa(latest))
}

func digestOf(parts []part) string {
	var all []string
	for _, p := range parts {
		all = append(all, p.Kind.name+" "+p.Plan.digest())
	}
	return strings.Join(all, "\n")
}

// tryAll finds out what a combined workbook would do by doing it and taking
// it back.
func (s *Service) tryAll(ctx context.Context, a actor.Actor, name string, file []byte) (parts []part, err error) {
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if parts, err = applyAll(tx, a, name, file); err != nil {
			return err
		}
		return errTrial
	})
	if errors.Is(err, errTrial) {
		err = nil
	}
	return parts, err
}

// UploadAll keeps a combined workbook until its preview is confirmed.
func (s *Service) UploadAll(ctx context.Context, a actor.Actor, name string, file []byte) (upid string, err error) {
	if err := actor.Can(a, "setup.city"); err != nil {
		return "", err
	}
	parts, err := s.tryAll(ctx, a, name, file)
	if err != nil {
		return "", err
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		upid, err = holdUpload(tx, a, upload{Kind: allKinds, Name: shown(name), File: file, Digest: digestOf(parts)})
		return err
	})
	return upid, err
}

// ConfirmAll does what the preview said, all tables or none.
func (s *Service) ConfirmAll(ctx context.Context, a actor.Actor, upid string) (parts []part, err error) {
	if err := actor.Can(a, "setup.city"); err != nil {
		return nil, err
	}
	u, err := s.waitingAll(ctx, a, upid)
	if err != nil {
		return nil, err
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if parts, err = applyAll(tx, a, u.Name, u.File); err != nil {
			return err
		}
		done, wrong := Imported{}, 0
		for _, p := range parts {
			done.Created, done.Changed, done.Same = done.Created+p.Plan.Created(), done.Changed+p.Plan.Changed(), done.Same+p.Plan.Same
			wrong += len(p.Plan.Problems)
		}
		switch {
		case wrong > 0:
			return fault.New(fault.Invalid, "setup.import_wrong", nil, wrong)
		case digestOf(parts) != u.Digest:
			return fault.New(fault.Conflict, "setup.import_stale", nil)
		}
		return settleUpload(tx, a, &kind{name: allKinds}, upid, done)
	})
	if err != nil {
		return nil, err
	}
	return parts, s.Reload(ctx)
}

func (s *Service) waitingAll(ctx context.Context, a actor.Actor, upid string) (u upload, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		u, err = s.findUpload(tx, a, &kind{name: allKinds}, upid)
		return err
	})
	return u, err
}
