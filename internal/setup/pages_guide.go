package setup

import (
	"net/http"
	"slices"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/sheet"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// GuidePage leads through the first set-up of a city.
type GuidePage struct {
	page.Base
	Can      bool
	Tasks    []Task
	Findings []Finding // that would stop the work
	Left     int       // before the city can open
	Minutes  int       // about what that takes
	Opened   string    // since when it works
	Problems page.Problems
}

func (s *Service) guide(w http.ResponseWriter, r *http.Request) error {
	return s.showGuide(w, r, http.StatusOK, nil)
}

func (s *Service) showGuide(w http.ResponseWriter, r *http.Request, status int, fail error) error {
	who := actor.From(r.Context())
	p := GuidePage{Base: s.Base(w, r, "setup.guide"), Can: actor.Allowed(who, "setup.city")}
	p.Problems = named(p.Base.Problems(fail), "file")
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		tasks, all, err := s.tasks(tx, p.Base, who)
		if err != nil {
			return err
		}
		p.Tasks, p.Left, p.Minutes = tasks, blocking(tasks, all), minutesLeft(tasks)
		for _, f := range all {
			if f.Bad && len(f.Items) > 0 {
				p.Findings = append(p.Findings, f)
			}
		}
		set, err := catalog.LoadSettings(tx)
		p.Opened = set[opened]
		if day, err := time.Parse(time.DateOnly, p.Opened); err == nil {
			p.Opened = locale.Date(p.Lang, day, time.UTC)
		}
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, status, guidePage(p))
}

// main are the tasks that a city needs, extra those that can come later.
func (p GuidePage) main() []Task  { return p.only(false) }
func (p GuidePage) extra() []Task { return p.only(true) }

func (p GuidePage) only(extra bool) []Task {
	return slices.DeleteFunc(slices.Clone(p.Tasks), func(t Task) bool { return t.Extra != extra })
}

func minutesLeft(tasks []Task) (n int) {
	for _, t := range tasks {
		if t.State != complete && !t.Extra {
			n += t.Minutes
		}
	}
	return n
}

// named gives problems that have no field the one where they are mended.
func named(problems page.Problems, field string) page.Problems {
	for i := range problems {
		problems[i].Name = field
	}
	return problems
}

func (s *Service) guideWorkbook(w http.ResponseWriter, r *http.Request) error {
	attach(w, "gongzhi-city.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	return workbook(w, web.Lang(r))
}

func (s *Service) receiveAll(w http.ResponseWriter, r *http.Request) error {
	name, file, err := uploaded(r)
	var up string
	if err == nil {
		up, err = s.UploadAll(r.Context(), actor.From(r.Context()), name, file)
	}
	switch {
	case fault.KindOf(err) == fault.Invalid:
		return s.showGuide(w, r, http.StatusUnprocessableEntity, err)
	case err != nil:
		return err
	}
	return web.See(w, r, "/setup/first/import/"+up)
}

// GuidePreview says what a combined workbook would do.
type GuidePreview struct {
	page.Base
	Upload, File string
	Parts        []part
	Wrong        int
	Stale        bool
}

func (s *Service) previewAll(w http.ResponseWriter, r *http.Request) error {
	return s.showAll(w, r, http.StatusOK)
}

func (s *Service) showAll(w http.ResponseWriter, r *http.Request, status int) error {
	p := GuidePreview{Base: s.Base(w, r, "setup.guide_preview"), Upload: r.PathValue("upload"), Stale: status == http.StatusConflict}
	who := actor.From(r.Context())
	u, err := s.waitingAll(r.Context(), who, p.Upload)
	if err != nil {
		return err
	}
	if p.Parts, err = s.tryAll(r.Context(), who, u.Name, u.File); err != nil {
		return err
	}
	if p.Stale { // what is shown now can be confirmed
		if err := s.renew(r.Context(), stale{u.ID, digestOf(p.Parts)}); err != nil {
			return err
		}
	}
	p.File = u.Name
	for _, x := range p.Parts {
		p.Wrong += len(x.Plan.Problems)
	}
	return page.View{}.Render(w, r, status, guidePreview(p))
}

// sentence is what is wrong, and how to mend it.
func (p GuidePreview) sentence(x sheet.Problem) string { return locale.T(p.Lang, x.Key, x.Args...) }

func (s *Service) confirmAll(w http.ResponseWriter, r *http.Request) error {
	_, err := s.ConfirmAll(r.Context(), actor.From(r.Context()), r.PathValue("upload"))
	switch fault.KindOf(err) {
	case "":
		page.SetFlash(w, r, "good", "setup.imported")
		return web.See(w, r, "/setup/first")
	case fault.Conflict, fault.Invalid:
		return s.showAll(w, r, web.Status(err))
	}
	return err
}

func (s *Service) tick(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	if err := s.Tick(r.Context(), actor.From(r.Context()), v.String("task", 40), v.String("done", 10)); err != nil {
		return err
	}
	return web.See(w, r, "/setup/first")
}

func (s *Service) openCity(w http.ResponseWriter, r *http.Request) error {
	err := s.OpenCity(r.Context(), actor.From(r.Context()), s.Base(w, r, "setup.guide"))
	switch fault.KindOf(err) {
	case "":
		page.SetFlash(w, r, "good", "setup.guide_opened")
		return web.See(w, r, "/setup/first")
	case fault.Conflict:
		return s.showGuide(w, r, http.StatusConflict, err)
	}
	return err
}
