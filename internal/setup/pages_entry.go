package setup

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/notice"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// EntryPage shows one entry, and its form to those who may change it.
type EntryPage struct {
	page.Base
	Kind                *kind
	Key                 string // "" for a new one
	Heading             string
	Action              string
	Can                 bool
	Typed               record
	Seen                string
	Problems            page.Problems
	Options             map[sort][]page.Option
	Changed             []Line // what somebody else changed meanwhile
	Restored            string // when the form shows a former state: of when
	History             []Edit
	Preview             string
	Characters          int // of a notice, and how many short messages it costs
	Segments            int
	Map                 string // of an area with a border
	Sessions            []actor.Visit
	Second              actor.Second
	Deeds               []deed
	Self                bool    // the account is the reader's own
	Reason, ResetReason string  // typed for a proof
	Notes               []Found // what the checks of the duty list find at this line

	words  *world
	all    []record
	former []revision
}

// Line is one column before and after, in words.
type Line struct{ Label, Was, Now string }

// Edit is one revision as the page shows it.
type Edit struct {
	ID, When, Machine, Who, Title string
	Lines                         []Line
	Restore                       string // address of the form with this state
}

func (s *Service) entry(w http.ResponseWriter, r *http.Request) error {
	q, err := web.Query(r)
	if err != nil {
		return err
	}
	return s.showEntry(w, r, http.StatusOK, r.PathValue("key"), func(p *EntryPage, now record) {
		p.Typed, p.Seen = now, p.Kind.seenText(now)
		for _, e := range p.History {
			if from := q.String("from", 40); from != "" && e.ID == from {
				p.restore(e)
			}
		}
	})
}

// restore fills the form with a former state; saving it is an ordinary change.
func (p *EntryPage) restore(e Edit) {
	for _, r := range p.former {
		if r.ID == e.ID && r.Now != nil {
			p.Typed, p.Restored = r.Now, e.When
		}
	}
}

func (s *Service) newEntry(w http.ResponseWriter, r *http.Request) error {
	q, err := web.Query(r)
	if err != nil {
		return err
	}
	return s.showEntry(w, r, http.StatusOK, "", func(p *EntryPage, _ record) {
		p.Typed = record{}
		for _, c := range p.Kind.columns {
			p.Typed[c.name] = c.blank
			if v := q.String(c.name, 100); v != "" {
				p.Typed[c.name] = v
			}
		}
		if p.Kind.next != nil && p.Typed[p.Kind.key] == "" {
			p.Typed[p.Kind.key] = p.Kind.next(p.words, p.all, p.Typed)
		}
	})
}

func (s *Service) create(w http.ResponseWriter, r *http.Request) error {
	return s.keep(w, r, "")
}

func (s *Service) save(w http.ResponseWriter, r *http.Request) error {
	return s.keep(w, r, r.PathValue("key"))
}

// keep saves what was typed. A form that cannot be accepted is shown again with
// everything that was typed in it.
func (s *Service) keep(w http.ResponseWriter, r *http.Request, key string) error {
	k, err := kindOf(r)
	if err != nil {
		return err
	}
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	c, first, err := k.command(v, key)
	if err != nil {
		return err
	}
	if v.Bool("preview") {
		return s.showEntry(w, r, http.StatusOK, key, func(p *EntryPage, _ record) {
			p.Typed, p.Seen, p.Preview = c.Typed, v.Raw("seen"), catalog.Fill(c.Typed["body"], samples)
			if c.Typed["kind"] == "notice" {
				p.Preview = notice.Fill(c.Typed["body"], notice.Samples)
				p.Characters, p.Segments = notice.Segments(p.Preview)
			}
		})
	}
	err = s.Save(r.Context(), actor.From(r.Context()), c)
	var changed Changed
	switch {
	case errors.As(err, &changed):
		return s.showEntry(w, r, http.StatusConflict, key, func(p *EntryPage, _ record) {
			p.Typed, p.Seen, p.Changed = c.Typed, k.seenText(changed.Now), p.lines(k.diff(c.Seen, changed.Now))
		})
	case fault.KindOf(err) == fault.Invalid:
		return s.showEntry(w, r, http.StatusUnprocessableEntity, key, func(p *EntryPage, _ record) {
			p.Typed, p.Seen, p.Problems, p.Reason = c.Typed, v.Raw("seen"), p.Base.Problems(err), c.Proof.Reason
		})
	case err != nil:
		return err
	case first.Login != "":
		return s.showCredentials(w, r, k, []Credential{first})
	}
	page.SetFlash(w, r, "good", "setup.saved")
	if key == "" {
		key = strings.TrimSpace(c.Typed[k.key])
	}
	return web.See(w, r, k.path()+"/entry/"+url.PathEscape(key))
}

// command is what a form asks for; a new account comes with a first password.
func (k *kind) command(v *web.Values, key string) (c Save, first Credential, err error) {
	c = Save{Kind: k.name, Key: key, Typed: k.typed(v)}
	if key != "" {
		c.Seen = seenRecord(v.Raw("seen"))
	}
	if !k.sealed {
		return c, first, nil
	}
	c.Proof = Proof{v.String("reason", 200)}
	if key == "" {
		first = Credential{c.Typed["login"], c.Typed["name"], NewPassword()}
		c.Typed["_hash"] = actor.HashPassword(first.Password)
	}
	return c, first, nil
}

// typed reads the fields of a form, as they are.
func (k *kind) typed(v *web.Values) record {
	out := record{}
	for _, c := range k.columns {
		if c.sort == many {
			out[c.name] = strings.Join(v.Strings(c.name), "、")
			continue
		}
		out[c.name] = v.Text(c.name)
	}
	return out
}

func (s *Service) remove(w http.ResponseWriter, r *http.Request) error {
	k, err := kindOf(r)
	if err != nil {
		return err
	}
	if err := s.Remove(r.Context(), actor.From(r.Context()), Remove{k.name, r.PathValue("key")}); err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "setup.removed")
	if k.name == "days" {
		return web.See(w, r, "/setup/calendar")
	}
	return web.See(w, r, k.path())
}

// showEntry draws the page; fill gives it what is typed. key "" is a new entry.
func (s *Service) showEntry(w http.ResponseWriter, r *http.Request, status int, key string, fill func(*EntryPage, record)) error {
	k, err := kindOf(r)
	if err != nil {
		return err
	}
	who := actor.From(r.Context())
	p := EntryPage{Base: s.Base(w, r, "setup."+k.name), Kind: k, Key: key, Can: actor.Allowed(who, k.change)}
	err = s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		if p.words, err = newWorld(tx, who); err != nil {
			return err
		}
		var now record
		if key != "" {
			if now, err = k.one(tx, key); err != nil {
				return err
			}
		} else if k.all != nil {
			if p.all, err = k.all(tx); err != nil {
				return err
			}
		}
		if err := p.past(tx, now, who); err != nil {
			return err
		}
		if k.name == "duties" && key != "" {
			all, _, err := s.dutyFindings(tx, p.words)
			if err != nil {
				return err
			}
			for _, f := range about(all, key) {
				p.Notes = append(p.Notes, p.words.found(p.Base, f))
			}
		}
		if k.name == "areas" && key != "" {
			area, err := place.FindArea(tx, key)
			if err != nil {
				return err
			}
			if p.Map, err = s.areaMap(p.Base, area); err != nil {
				return err
			}
		}
		fill(&p, now)
		p.name(now)
		p.offer()
		return nil
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, status, entryPage(p))
}

// name is the heading, and where the form goes.
func (p *EntryPage) name(now record) {
	p.Action = p.Kind.path() + "/new"
	p.Heading = p.T("setup.new", p.T("setup."+p.Kind.name))
	if p.Key != "" {
		p.Action = p.Kind.path() + "/entry/" + url.PathEscape(p.Key)
		p.Heading = p.headline(now)
	}
	p.Title = p.Heading
}

func (p *EntryPage) headline(now record) string {
	for _, c := range []string{"name", "title", "question", "text"} {
		if now[c] != "" && p.Kind.has(c) {
			return now[c]
		}
	}
	if c := p.Kind.column("category"); c != nil {
		return p.words.show(p.Lang, c, now["category"], false)
	}
	return p.Key
}

// past is what happened to the entry before.
func (p *EntryPage) past(tx *sqldb.Tx, now record, who actor.Actor) (err error) {
	switch {
	case p.Key == "":
		return nil
	case p.Kind.sealed:
		p.Self = now["_id"] == who.ID
		if p.Second, err = actor.SecondOf(tx, now["_id"]); err != nil {
			return err
		}
		if p.Sessions, err = actor.Visits(tx, now["_id"], who.Session); err != nil {
			return err
		}
		p.Deeds, err = deedsOn(tx, now["_id"])
		return err
	}
	if p.former, err = history(tx, p.Kind, p.Key); err != nil {
		return err
	}
	for i, r := range p.former {
		p.History = append(p.History, p.edit(i, r))
	}
	return nil
}

func (p *EntryPage) edit(i int, r revision) Edit {
	e := Edit{ID: r.ID, When: p.DateTime(r.At), Machine: r.At.Format("2006-01-02T15:04:05Z"), Who: r.Who, Title: p.T("setup.edit_changed"), Lines: p.lines(r.Diff)}
	if r.Was == nil {
		e.Title, e.Lines = p.T("setup.edit_created"), nil
	}
	if r.Now == nil {
		e.Title, e.Lines = p.T("setup.edit_removed"), nil
	}
	if r.Who == actor.SystemID {
		e.Who = p.T("setup.system")
	}
	if i > 0 && p.Can && r.Now != nil {
		e.Restore = p.URL(p.Kind.path()+"/entry/"+url.PathEscape(p.Key)) + "?from=" + r.ID
	}
	return e
}

func (p *EntryPage) lines(diff []change) []Line {
	var out []Line
	for _, d := range diff {
		out = append(out, Line{p.Kind.header(p.Lang, d.Column), p.words.show(p.Lang, d.Column, d.Was, false), p.words.show(p.Lang, d.Column, d.Now, false)})
	}
	return out
}

// pairs are the values in words, for those who may only look.
func (p EntryPage) pairs() []page.Pair {
	var out []page.Pair
	for i := range p.Kind.columns {
		c := &p.Kind.columns[i]
		if v := p.Typed[c.name]; v != "" {
			out = append(out, page.Pair{Term: p.Kind.header(p.Lang, c), Text: p.words.show(p.Lang, c, v, true)})
		}
	}
	return out
}

// field is the question that a column puts in the form.
func (p EntryPage) field(c *column) page.Field {
	f := page.Field{Name: c.name, Label: p.Kind.header(p.Lang, c), Value: p.Typed[c.name], Error: p.Problems.Of(c.name), Hint: p.hint(c),
		Optional: !c.required && c.sort != truth && c.sort != many, Max: c.max}
	switch c.sort {
	case limit:
		if l := limitOf(f.Value); l.N > 0 && len(f.Value) < 8 {
			f.Value = limitWords(p.Lang, f.Value)
		}
		f.Class = "w-m"
	case scope:
		f.Value, f.Class = showScope(p.Lang, f.Value), "w-m"
	case count:
		f.Inputmode, f.Class = "numeric", "w-s"
	case degree:
		f.Inputmode, f.Class = "decimal", "w-m"
	case day:
		f.Type, f.Class = "date", "w-m"
	case code:
		f.Class = "w-m"
	}
	if c.row != "" && f.Hint != "" { // side by side, a hint would push its field down
		f.Hint, f.Placeholder = "", p.Kind.example(c)
	}
	if c.sort != text {
		f.Max = 0 // an error keeps what was typed, maxlength would cut it
	}
	return f
}

// hint is the column's own note; what a list of choices says is not repeated.
func (p EntryPage) hint(c *column) string {
	switch c.sort {
	case truth: // the note tells how to fill a cell
		if key := p.Kind.word(c.name + "_hint"); locale.Has(p.Lang, key) {
			return p.T(key)
		}
		return ""
	case choice, many, unit, lead, category, anyCategory, area, day, count:
		if c.sort != area || len(p.Options[area]) > 0 {
			return ownNote(p.Kind, p.Lang, c)
		}
	}
	return p.Kind.note(p.Lang, c)
}
