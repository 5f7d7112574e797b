package intake

import (
	"net/http"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/advice"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// hintPage is what a resident is shown while he still types: published requests
// that may be about the same thing.
type hintPage struct {
	page.Base
	Rows []nearRow
}

// hintLeast is how many characters say enough to look.
const hintLeast = 4

// postHint answers a sentence that is being typed with what others have reported.
// The sentence comes in the body, so that no address and no log holds it.
func (s *Service) postHint(w http.ResponseWriter, r *http.Request) error {
	if err := limit(r, "intake.hint", web.Rate{N: 40 * reportRate.N, Per: reportRate.Per}); err != nil {
		return err
	}
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	p := hintPage{Base: s.Base(w, r, "intake.report")}
	what := v.Text("what")
	if n := len([]rune(what)); n < hintLeast || n > MaxBody {
		return page.View{}.Render(w, r, http.StatusOK, hint(p))
	}
	err = s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		l, err := s.spoken(tx, what)
		if err != nil {
			return err
		}
		twins, err := request.Similar(tx, actor.Actor{}, l)
		for _, t := range twins {
			row := s.nearRow(p.Base, t.Row)
			row.Metres = t.Metres
			p.Rows = append(p.Rows, row)
		}
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, hint(p))
}

// spoken is what one sentence tells: the category it speaks of, and the place when
// it names one in full. Of a report of wrongdoing nothing is
// compared.
func (s *Service) spoken(tx *sqldb.Tx, what string) (request.Likeness, error) {
	l := request.Likeness{Text: what, Public: true, Most: 3, Named: s.spokenOf(what)}
	learnt, sure := s.Advice.Likely(advice.Question{Text: what})
	for _, g := range append(s.Catalog.Book().Tree.Suggest(what, 1), learnt) {
		if g.Category.Type == "report" {
			return request.Likeness{}, nil
		}
	}
	if sure {
		l.Category = learnt.Category.Code
	}
	f := Fields{What: what}
	hits, _, err := s.findPlaces(tx, &f)
	several := len(hits) > 1 && hits[0].Text == hits[1].Text // which one is not for us to guess
	if err == nil && len(hits) > 0 && !several && strings.Contains(place.Fold(what), place.Fold(hits[0].Text)) {
		f.choose(hits[0])
		l.Address, l.Lat, l.Lng, l.Area = f.Address, f.Lat, f.Lng, f.Area
	}
	return l, err
}
