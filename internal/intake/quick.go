package intake

import (
	"crypto/rand"
	"net/http"
	"net/url"

	"gongzhi/internal/actor"
	"gongzhi/internal/advice"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/web"
)

// quickPage is the report on one page, for who would rather fill everything at
// once, and for browsers that make every further page a wait.
type quickPage struct {
	page.Base
	Once     string // what makes a second sending the same report
	Typed    url.Values
	Problems page.Problems
	Groups   []page.Option
	Heed     heed
}

// Value is what was typed into a field.
func (p quickPage) Value(name string) string { return p.Typed.Get(name) }

func (s *Service) showQuick(w http.ResponseWriter, r *http.Request) error {
	return s.drawQuick(w, r, http.StatusOK, url.Values{}, nil)
}

func (s *Service) drawQuick(w http.ResponseWriter, r *http.Request, status int, typed url.Values, failed error) error {
	p := quickPage{Base: s.Base(w, r, "intake.quick"), Once: typed.Get("once"), Typed: typed, Groups: s.categoryOptions(r)}
	p.Heed = s.heed(p.Base, typed.Get("what"), typed.Get("address"))
	if p.Once == "" {
		p.Once = rand.Text()
	}
	if failed != nil {
		p.Problems = p.Base.Problems(failed)
	}
	return page.View{}.Render(w, r, status, quick(p))
}

// categoryOptions are the leaves of the tree under the names of its branches.
func (s *Service) categoryOptions(_ *http.Request) []page.Option {
	tree := s.Catalog.Book().Tree
	var out []page.Option
	for _, top := range tree.Children("") {
		if !top.Active {
			continue
		}
		for _, c := range tree.Leaves(top.Code) {
			out = append(out, page.Option{Value: c.Code, Label: c.Name, Group: top.Name})
		}
	}
	return out
}

// postQuick takes the whole report in one form. It costs one unit of work.
func (s *Service) postQuick(w http.ResponseWriter, r *http.Request) error {
	if err := s.limitReports(r); err != nil {
		return err
	}
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	out, err := s.receiveQuick(r, v)
	if fault.KindOf(err) == fault.Invalid {
		return s.drawQuick(w, r, http.StatusUnprocessableEntity, v.All(), err)
	}
	if err != nil {
		return err
	}
	return web.See(w, r, out.Path())
}

func (s *Service) receiveQuick(r *http.Request, v *web.Values) (Receipt, error) {
	rep := Report{Body: v.Text("what"), Address: v.String("address"), Category: v.String("category"), Name: v.String("name"), Phone: v.String("phone"), Email: v.String("email"), Prefer: v.String("prefer"),
		Lat: v.Float("lat"), Lng: v.Float("lng"), NoReply: v.Bool("no_reply"), Secret: v.Bool("secret"), Type: v.String("type")}
	rep.Draft = onceOf(v)
	if rep.Category == "" {
		if g, ok := s.Advice.Likely(advice.Question{Text: rep.Body}); ok {
			rep.Category, rep.Guessed = g.Category.Code, true
		}
	}
	var err error
	if rep.Photos, err = s.keepPhotos(r.Context(), v, "photos", 0); err != nil {
		return Receipt{}, err
	}
	if err := v.Err(); err != nil {
		return Receipt{}, err
	}
	return s.Receive(r.Context(), actor.Actor{}, rep)
}

// onceOf is what makes two sendings of one form the same, "" when it has none.
func onceOf(v *web.Values) string {
	if once := v.Raw("once"); len(once) >= 16 && len(once) <= 64 {
		return oncePrefix + once
	}
	return ""
}
