package scoring

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/score"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// schemesPage lists the versions.
type schemesPage struct {
	page.Base
	Can  bool
	Rows []Version
}

func (s *Service) showSchemes(w http.ResponseWriter, r *http.Request) error {
	p := &schemesPage{Base: s.Base(w, r, "scoring.schemes"), Can: actor.Allowed(actor.From(r.Context()), "setup.city")}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		p.Rows, err = Versions(tx)
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, schemesView(p))
}

// schemePage is one version, or the form of a new one.
type schemePage struct {
	page.Base
	Can      bool
	New      bool
	V        Version
	Text     string // the scheme as a file, as typed
	From     string // month typed
	Problems page.Problems
	Edits    []page.Entry
}

func (s *Service) showNew(w http.ResponseWriter, r *http.Request) error {
	p := schemePage{New: true}
	if t, ok, err := score.Template(r.URL.Query().Get("template")); ok && err == nil {
		p.Text = string(Version{Scheme: t}.Text())
	}
	return s.drawScheme(w, r, http.StatusOK, p)
}

func (s *Service) showScheme(w http.ResponseWriter, r *http.Request) error {
	return s.drawScheme(w, r, http.StatusOK, schemePage{V: Version{ID: r.PathValue("scheme")}})
}

// drawScheme draws a version with what was typed and what is wrong with it.
func (s *Service) drawScheme(w http.ResponseWriter, r *http.Request, status int, p schemePage) error {
	p.Base, p.Can = s.Base(w, r, "scoring.new"), actor.Allowed(actor.From(r.Context()), "setup.city")
	if p.New {
		return page.View{}.Render(w, r, status, schemeView(&p))
	}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if p.V, err = Find(tx, p.V.ID); err != nil {
			return err
		}
		label := func(field string) string {
			if field == "body" || field == "rev" {
				return ""
			}
			return p.T("scoring.edit_" + field)
		}
		p.Edits, err = catalog.Edits(tx, p.Base, "scheme", p.V.ID, label)
		return err
	})
	if err != nil {
		return err
	}
	p.Title = p.V.Scheme.Name
	if p.Text == "" {
		p.Text = string(p.V.Text())
	}
	if p.From == "" {
		p.From = months(p.Now.In(p.Zone), 1)[0]
	}
	return page.View{}.Render(w, r, status, schemeView(&p))
}

// textMost is how long a scheme in a form may be, in characters.
const textMost = 200_000

func (s *Service) postScheme(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	c := Save{ID: r.PathValue("scheme"), Rev: number(v.String("rev")), Text: []byte(v.Raw("text"))}
	if len(c.Text) > textMost {
		err = fault.New(fault.Invalid, "score.scheme_long", nil)
	}
	if err == nil {
		if file, there, failed := uploaded(v); there || failed != nil {
			c.Text, err = file, failed
		}
	}
	var saved Version
	if err == nil {
		saved, err = s.Save(r.Context(), actor.From(r.Context()), c)
	}
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Conflict:
		p := schemePage{New: c.ID == "", V: Version{ID: c.ID}, Text: v.Raw("text")}
		p.Problems = s.places(w, r, err)
		return s.drawScheme(w, r, web.Status(err), p)
	}
	if err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "scoring.saved")
	return web.See(w, r, "/setup/schemes/"+saved.ID)
}

// places says what is wrong with a scheme, with the place in the text.
func (s *Service) places(w http.ResponseWriter, r *http.Request, err error) page.Problems {
	b := s.Base(w, r, "scoring.new")
	var fields fault.Fields
	if !errors.As(err, &fields) {
		key, args := fault.KeyOf(err)
		return page.Problems{{Name: "text", Text: b.T(key, args...)}}
	}
	var out page.Problems
	for _, f := range fields {
		out = append(out, page.Problem{Name: "text", Text: b.T("scoring.at", f.Name, b.T(f.Key, f.Args...))})
	}
	return out
}

// uploaded is a scheme that came as a file, JSON or the table of items.
func uploaded(v *web.Values) (text []byte, there bool, err error) {
	files := v.Files("file", 1)
	if len(files) == 0 {
		return nil, false, v.Err()
	}
	f, err := files[0].Open()
	if err != nil {
		return nil, true, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, uploadMost))
	if err != nil {
		return nil, true, err
	}
	if bytes.HasPrefix(raw, []byte("PK")) {
		text, err = fromWorkbook(files[0].Name, raw, []byte(v.Raw("text")))
		return text, true, err
	}
	return raw, true, nil
}

const uploadMost = 4 << 20

func (s *Service) postForce(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	c := Enforce{ID: r.PathValue("scheme"), Rev: number(v.String("rev")), From: v.String("from", 7)}
	err = s.Enforce(r.Context(), actor.From(r.Context()), c)
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Conflict:
		b := s.Base(w, r, "scoring.new")
		return s.drawScheme(w, r, web.Status(err), schemePage{V: Version{ID: c.ID}, From: c.From, Problems: b.Problems(err)})
	}
	if err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "scoring.enforced")
	return web.See(w, r, "/setup/schemes/"+c.ID)
}

func (s *Service) postCopy(w http.ResponseWriter, r *http.Request) error {
	v, err := s.Copy(r.Context(), actor.From(r.Context()), r.PathValue("scheme"))
	if err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "scoring.copied")
	return web.See(w, r, "/setup/schemes/"+v.ID)
}

func (s *Service) postRemove(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	if err := s.Remove(r.Context(), actor.From(r.Context()), r.PathValue("scheme"), number(v.String("rev"))); err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "scoring.removed")
	return web.See(w, r, "/setup/schemes")
}

// file hands a version out: as JSON, or its items as a workbook.
func (s *Service) file(media, ext string, write func(io.Writer, Version) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		var v Version
		err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
			v, err = Find(tx, r.PathValue("scheme"))
			return err
		})
		if err != nil {
			return err
		}
		h := w.Header()
		h.Set("Content-Type", media)
		h.Set("Content-Disposition", `attachment; filename="gongzhi-scheme.`+ext+`"`)
		h.Set("Cache-Control", "no-store")
		return write(w, v)
	}
}

func writeJSON(w io.Writer, v Version) error {
	_, err := w.Write(v.Text())
	return err
}

// stateOf is the shape and word of how a version stands.
func stateOf(b page.Base, v Version) (kind, word string) {
	if v.State == Draft {
		return "wait", b.T("scoring.state_draft")
	}
	now := months(b.Now.In(b.Zone), 1)[0]
	switch {
	case v.Scheme.From > now:
		return "new", b.T("scoring.state_later")
	case v.Scheme.To != "" && v.Scheme.To < now:
		return "wait", b.T("scoring.state_over")
	}
	return "done", b.T("scoring.state_force")
}

// templates are the schemes that come with the program.
func (p *schemePage) templates() []*score.Scheme {
	var out []*score.Scheme
	for _, name := range score.Templates() {
		if t, ok, err := score.Template(name); ok && err == nil {
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(a, b *score.Scheme) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// fill is the rate that fills an item, in words.
func fill(b page.Base, it score.Item) string {
	switch {
	case it.Rate != "":
		return b.T("assessment.rate_" + it.Rate)
	case it.Kind == score.Fixed:
		return "–"
	case slices.ContainsFunc(it.Parts, func(p score.Part) bool { return p.Rate != "" }):
		return b.T("scoring.by_parts")
	}
	return b.T("scoring.by_nothing")
}

// formURL is where the form of the scheme goes.
func (p *schemePage) formURL() string {
	if p.New {
		return p.URL("/setup/schemes/new")
	}
	return p.URL("/setup/schemes/" + p.V.ID)
}

// hint says how the text is come by.
func (p *schemePage) hint() string {
	if p.New {
		return p.T("scoring.hint_text_new")
	}
	return p.T("scoring.hint_text")
}
