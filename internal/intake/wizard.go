package intake

import (
	"errors"
	"net/http"
	"strconv"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// steps is how many questions the report asks.
const steps = 5

// stepPage is what every question of the report knows.
type stepPage struct {
	page.Base
	D        *draft
	Back     string
	N        int
	Then     bool // it was opened from the last page and goes back there
	Problems page.Problems
	Heed     heed // what the writer should know of his own words
}

// Head is the masthead of the step.
func (p stepPage) Head() page.StepHead {
	return page.StepHead{Back: p.URL(p.Back), Title: p.T("intake.report"), N: p.N, Of: steps}
}

// At is the address of a step of this draft.
func (p stepPage) At(step string) string { return p.URL(stepPath(p.D, step)) }

func stepPath(d *draft, step string) string {
	if step == "" {
		return "/report/" + d.ID
	}
	return "/report/" + d.ID + "/" + step
}

// begun runs a step of a draft. One that was sent leads to its receipt, however
// often Back is pressed.
func (s *Service) begun(do func(w http.ResponseWriter, r *http.Request, d *draft) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		id := r.PathValue("draft")
		var d *draft
		var done Receipt
		err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
			if d, err = s.loadDraft(tx, id); fault.KindOf(err) != fault.NotFound {
				return err
			}
			if sent, ok, e := s.sent(tx, id); ok || e != nil {
				done = sent
				return e
			}
			return err
		})
		if err == nil && d == nil {
			return web.See(w, r, done.Path())
		}
		if err != nil {
			return err
		}
		return do(w, r, d)
	}
}

// step is a page of the draft.
func (s *Service) step(w http.ResponseWriter, r *http.Request, d *draft, title string, n int, back string) stepPage {
	p := stepPage{Base: s.Base(w, r, title), D: d, N: n, Back: stepPath(d, back)}
	p.Heed = s.heed(p.Base, d.What, d.Address)
	if p.Then = r.URL.Query().Get("then") == "check" || r.Method == "POST" && r.PostFormValue("then") == "check"; p.Then {
		p.Back = stepPath(d, "check")
	}
	if back == "start" {
		p.Back = "/"
	}
	return p
}

// on goes to the next step, or back to the last page when the step was opened
// from there.
func on(w http.ResponseWriter, r *http.Request, d *draft, next string) error {
	if r.PostFormValue("then") == "check" {
		next = "check"
	}
	return web.See(w, r, stepPath(d, next))
}

// whatPage is the first question.
type whatPage struct {
	stepPage
	First bool // the photo comes first
	Typed string
}

func (s *Service) showStart(w http.ResponseWriter, r *http.Request) error {
	return s.drawWhat(w, r, http.StatusOK, &draft{}, "", nil)
}

func (s *Service) showWhat(w http.ResponseWriter, r *http.Request, d *draft) error {
	return s.drawWhat(w, r, http.StatusOK, d, d.What, nil)
}

func (s *Service) drawWhat(w http.ResponseWriter, r *http.Request, status int, d *draft, typed string, failed error) error {
	p := whatPage{stepPage: s.step(w, r, d, "intake.what_ask", 1, "start"), Typed: typed, First: r.URL.Query().Get("first") == "photo"}
	if failed != nil {
		p.Problems = p.Base.Problems(failed)
	}
	return page.View{}.Render(w, r, status, what(p))
}

// postStart begins a draft, from the first page of the city or from the first
// question.
func (s *Service) postStart(w http.ResponseWriter, r *http.Request) error {
	if err := s.limitDrafts(r); err != nil {
		return err
	}
	d := &draft{}
	err := s.takeWhat(r, d)
	if fault.KindOf(err) == fault.Invalid {
		v, formErr := web.Form(r)
		return errors.Join(formErr, s.drawWhat(w, r, http.StatusUnprocessableEntity, d, v.Text("what"), err))
	}
	if err == nil {
		err = s.begin(r.Context(), d)
	}
	if err != nil {
		return err
	}
	return web.See(w, r, stepPath(d, "where"))
}

func (s *Service) postWhat(w http.ResponseWriter, r *http.Request, d *draft) error {
	n := *d
	err := s.takeWhat(r, &n)
	if fault.KindOf(err) == fault.Invalid {
		v, formErr := web.Form(r)
		return errors.Join(formErr, s.drawWhat(w, r, http.StatusUnprocessableEntity, d, v.Text("what"), err))
	}
	if err != nil {
		return err
	}
	d, err = s.edit(r.Context(), d.ID, func(_ *sqldb.Tx, d *draft) error {
		if d.What != n.What && !d.Sorted {
			d.Category = ""
		}
		d.What, d.Photos = n.What, n.Photos
		return nil
	})
	if err != nil {
		return err
	}
	return on(w, r, d, "where")
}

// takeWhat reads words and photos; ticked photos are taken away.
func (s *Service) takeWhat(r *http.Request, d *draft) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	d.What = v.Text("what", MaxBody)
	var left []Photo
	drop := v.Strings("drop")
	for i, p := range d.Photos {
		if !contains(drop, strconv.Itoa(i)) {
			left = append(left, p)
		}
	}
	more, err := s.keepPhotos(r.Context(), v, "photos", len(left))
	if err != nil {
		return err
	}
	d.Photos = append(left, more...)
	if d.What == "" && len(d.Photos) == 0 && v.Err() == nil {
		v.Add("what", "intake.what_missing")
	}
	return v.Err()
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// showDraftPhoto is the small copy of a photo of the draft.
func (s *Service) showDraftPhoto(w http.ResponseWriter, r *http.Request, d *draft) error {
	i, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || i < 0 || i >= len(d.Photos) {
		return fault.New(fault.NotFound, "request.not_found", err)
	}
	return s.sendJPEG(w, r, d.Photos[i].Thumb)
}

// followPage asks who follows how he can be told.
type followPage struct {
	page.Base
	Row      nearRow
	Action   string
	Back     string
	Once     string
	Typed    map[string]string
	Problems page.Problems
}

// Value is what was typed into a field.
func (p followPage) Value(name string) string { return p.Typed[name] }

func (s *Service) followed(w http.ResponseWriter, r *http.Request, draft, back string, v *web.Values) error {
	out, err := s.Follow(r.Context(), actor.Actor{}, Follow{Number: r.PathValue("number"), Draft: draft, Phone: v.String("phone", MaxName), Name: v.String("name", MaxName),
		Email: v.String("email", 254), Prefer: v.String("prefer", 10), Hears: v.String("hears", 20)})
	if fault.KindOf(err) == fault.Invalid {
		return s.drawFollow(w, r, http.StatusUnprocessableEntity, back, v, err)
	}
	if err != nil {
		return err
	}
	page.SetFlash(w, r, "", "intake.done_follow")
	return web.See(w, r, out.Path())
}

func (s *Service) showDraftFollow(w http.ResponseWriter, r *http.Request, d *draft) error {
	return s.drawFollow(w, r, http.StatusOK, stepPath(d, "like"), nil, nil)
}

func (s *Service) postDraftFollow(w http.ResponseWriter, r *http.Request, d *draft) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	return s.followed(w, r, d.ID, stepPath(d, "like"), v)
}

func (s *Service) showPublicFollow(w http.ResponseWriter, r *http.Request) error {
	return s.drawFollow(w, r, http.StatusOK, "/public/"+r.PathValue("number"), nil, nil)
}

func (s *Service) postPublicFollow(w http.ResponseWriter, r *http.Request) error {
	if err := s.limitReports(r); err != nil {
		return err
	}
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	return s.followed(w, r, onceOf(v), "/public/"+r.PathValue("number"), v)
}
