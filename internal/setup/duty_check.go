package setup

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/export"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
)

// DutyCheckPage is 职责清单检查: all that the checks find in the duty list.
type DutyCheckPage struct {
	page.Base
	Lines  int
	Groups []DutyGroup
	About  map[string]string // what a line is about, by its id
}

// Wrong are the kinds of which something was found, Fine the others.
func (p DutyCheckPage) Wrong() []DutyGroup { return p.split(true) }

// Fine are the kinds of which nothing was found.
func (p DutyCheckPage) Fine() []DutyGroup { return p.split(false) }

func (p DutyCheckPage) split(found bool) []DutyGroup {
	return slices.DeleteFunc(slices.Clone(p.Groups), func(g DutyGroup) bool { return len(g.Items) > 0 != found })
}

// DutyGroup are the findings of one kind.
type DutyGroup struct {
	Kind, Title, Why string
	Bad              bool
	Items            []Found
}

// mostShownFound is how many findings of one kind a page shows; the export has all.
const mostShownFound = 200

// mostOthers is how many other lines a finding names on the page.
const mostOthers = 4

// dutyResolver reads what the checks need of the units and the lists.
func dutyResolver(tx *sqldb.Tx, w *world) (*catalog.Resolver, error) {
	return catalog.NewResolver(tx, w.tree)
}

// dutyFindings looks through the duty list; changed lines stand for those that
// are there under the same id.
func (s *Service) dutyFindings(tx *sqldb.Tx, w *world, changed ...catalog.Duty) ([]catalog.DutyFinding, int, error) {
	lines, err := catalog.Duties(tx)
	if err != nil {
		return nil, 0, err
	}
	lines = overlaid(lines, changed)
	r, err := catalog.NewResolver(tx, w.tree)
	if err != nil {
		return nil, 0, err
	}
	return catalog.CheckDuties(r, lines, s.Catalog.Book().Calendar.DayOf(tx.Now)), len(lines), nil
}

func overlaid(lines, changed []catalog.Duty) []catalog.Duty {
	if len(changed) == 0 {
		return lines
	}
	at := make(map[string]int, len(lines))
	out := slices.Clone(lines)
	for i, d := range out {
		at[d.ID] = i
	}
	for _, d := range changed {
		if i, ok := at[d.ID]; ok {
			out[i] = d
			continue
		}
		at[d.ID], out = len(out), append(out, d)
	}
	return out
}

// found is a finding as a page lists it: the line, what it is, and where it is
// mended.
func (w *world) found(b page.Base, f catalog.DutyFinding) Found {
	x := Found{Label: f.Line, Path: b.URL("/setup/data/duties/entry/" + url.PathEscape(f.Line))}
	others := f.Others
	switch f.Kind {
	case catalog.DutyGap:
		x.Label = w.tree.Name(f.Category)
		x.Path = b.URL("/setup/data/duties/new?category=" + url.QueryEscape(f.Category))
		others = w.areaNames(f.Others)
	case catalog.DutyBureau:
		others = w.areaNames(f.Others)
	}
	x.Note = b.T("setup.duty_"+f.Kind, strings.Join(others, "、"), w.leadName(b.Lang, f.Unit), f.Day)
	return x
}

func (w *world) areaNames(codes []string) []string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = w.areaName(c)
	}
	return out
}

func (w *world) groups(b page.Base, all []catalog.DutyFinding) []DutyGroup {
	var out []DutyGroup
	for _, kind := range catalog.DutyKinds {
		g := DutyGroup{Kind: kind, Title: b.T("setup.duty_" + kind + "_title"), Why: b.T("setup.duty_" + kind + "_why"), Bad: kind == catalog.DutyClash || kind == catalog.DutyLead}
		for _, f := range all {
			if f.Kind == kind {
				if n := len(f.Others); n > mostOthers { // the export names all
					f.Others = slices.Concat(f.Others[:mostOthers-1], []string{b.T("setup.duty_and_more", f.Others[mostOthers-1], n)})
				}
				g.Items = append(g.Items, w.found(b, f))
			}
		}
		out = append(out, g)
	}
	return out
}

func (s *Service) dutyCheckPage(w http.ResponseWriter, r *http.Request) error {
	p := DutyCheckPage{Base: s.Base(w, r, "setup.duty_check")}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		world, err := newWorld(tx, actor.From(r.Context()))
		if err != nil {
			return err
		}
		all, n, err := s.dutyFindings(tx, world)
		if err != nil {
			return err
		}
		p.Lines, p.Groups = n, world.groups(p.Base, all)
		p.About, err = world.dutyNames(tx)
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, dutyCheckView(p))
}

// dutyNames are the matters of the lines.
func (w *world) dutyNames(tx *sqldb.Tx) (map[string]string, error) {
	lines, err := catalog.Duties(tx)
	out := make(map[string]string, len(lines))
	for _, d := range lines {
		out[d.ID] = w.tree.Name(d.Category)
	}
	return out, err
}

// about are the findings that concern some lines.
func about(all []catalog.DutyFinding, lines ...string) []catalog.DutyFinding {
	return slices.DeleteFunc(slices.Clone(all), func(f catalog.DutyFinding) bool { return f.Line == "" || !slices.Contains(lines, f.Line) })
}

// planNotes are what the checks would find at the rows of a table.
func (s *Service) planNotes(tx *sqldb.Tx, w *world, b page.Base, p *plan) ([]Found, error) {
	changed, ids := make([]catalog.Duty, len(p.Rows)), make([]string, len(p.Rows))
	for i, x := range p.Rows {
		changed[i], ids[i] = dutyOf(x.Now), x.Key
	}
	all, _, err := s.dutyFindings(tx, w, changed...)
	var out []Found
	for _, f := range about(all, ids...) {
		out = append(out, w.found(b, f))
	}
	return out, err
}

// clashes are the lines that a changed one cannot stand beside. Lines of the same
// table count as they will be.
func (w *world) clashes(d catalog.Duty) []string {
	if w.lines == nil {
		w.lines = map[string]catalog.Duty{}
		list, err := catalog.Duties(w.tx)
		if err != nil {
			return nil // the list is read again when it is saved
		}
		for _, x := range list {
			w.lines[x.ID] = x
		}
		if w.duty, err = catalog.NewResolver(w.tx, w.tree); err != nil {
			return nil
		}
		w.sameKey = map[string][]string{}
		for id, x := range w.lines {
			w.sameKey[keyOf(x)] = append(w.sameKey[keyOf(x)], id)
		}
	}
	if _, known := w.lines[d.ID]; !known || keyOf(w.lines[d.ID]) != keyOf(d) {
		w.sameKey[keyOf(d)] = append(w.sameKey[keyOf(d)], d.ID)
	}
	w.lines[d.ID] = d
	var beside []catalog.Duty
	for _, id := range w.sameKey[keyOf(d)] {
		if x := w.lines[id]; keyOf(x) == keyOf(d) {
			beside = append(beside, x)
		}
	}
	if len(beside) < 2 || w.duty == nil {
		return nil
	}
	return w.duty.Clashing(d, beside)
}

func keyOf(d catalog.Duty) string { return d.Category + "|" + d.Area + "|" + d.Scope }

func (s *Service) exportDutyCheck(tx *sqldb.Tx, b page.Base, a actor.Actor, _ url.Values) (export.Table, error) {
	w, err := newWorld(tx, a)
	if err != nil {
		return export.Table{}, err
	}
	all, _, err := s.dutyFindings(tx, w)
	rows := make([][]any, len(all))
	for i, f := range all {
		x := w.found(b, f)
		rows[i] = []any{b.T("setup.duty_" + f.Kind + "_title"), x.Label, x.Note}
	}
	return export.Rows(export.Columns("kind", "about", "detail"), b.T("setup.duty_check"), rows), err
}
