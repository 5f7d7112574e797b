package intake

import (
	"context"
	"crypto/rand"
	"net/http"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// publicPage is one published request.
type publicPage struct {
	page.Base
	Row      nearRow
	Category string
	Handlers []handler
	Lines    []request.Line
	Ruler    page.Ruler
	Due      time.Time
	Open     bool
	Link     string // absolute, for the QR code
}

func (s *Service) showPublic(w http.ResponseWriter, r *http.Request) error {
	p := publicPage{Base: s.Base(w, r, "intake.public")}
	if err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error { return s.fillPublic(tx, &p, r.PathValue("number")) }); err != nil {
		return err
	}
	p.Title, p.Link = p.Row.Title, s.absolute(r, "/public/"+p.Row.Number)
	return page.View{}.Render(w, r, http.StatusOK, public(p))
}

func (s *Service) fillPublic(tx *sqldb.Tx, p *publicPage, number string) error {
	row, err := publishedRow(tx, number)
	if err != nil {
		return err
	}
	p.Row, p.Category, p.Open, p.Due = s.nearRow(p.Base, row), s.Catalog.Book().Tree.Name(row.Category), row.Open, row.DueAt
	p.Ruler = show.Ruler(p.Base, s.Catalog.Book().Calendar, &row.Order, row.Pauses, p.Now, false)
	if p.Handlers, err = s.handlers(tx, &row.Order); err != nil {
		return err
	}
	p.Lines, err = request.Timeline(tx, actor.Actor{}, &row.Order)
	p.Lines = published(p.Lines, row.Worded)
	return err
}

// publishedRow is a published request by its number.
func publishedRow(tx *sqldb.Tx, number string) (request.Row, error) {
	number = id.CleanNumber(number)
	if number == "" {
		return request.Row{}, fault.New(fault.NotFound, "intake.not_public", nil)
	}
	rows, _, err := request.List(tx, actor.System, request.Filter{Text: number, Published: true}, request.Page{Size: 1})
	if err == nil && len(rows) == 0 {
		err = fault.New(fault.NotFound, "intake.not_public", nil)
	}
	if err != nil {
		return request.Row{}, err
	}
	return rows[0], nil
}

// knownRow is what is published of a request, the zero Row when nothing is: then
// one sees how it stands, and no words.
func knownRow(tx *sqldb.Tx, number string) (request.Row, error) {
	row, err := publishedRow(tx, number)
	if fault.KindOf(err) == fault.NotFound {
		return request.Row{}, nil
	}
	return row, err
}

// Ledger is the published history.
func (p publicPage) Ledger() []page.Entry { return publicLedger(p.Base, p.Row.Number, p.Lines) }

// publicLedger is the published history of a request, to the day: the hour might
// tell who reported it.
func publicLedger(b page.Base, number string, lines []request.Line) []page.Entry {
	list := show.Ledger(b, lines, func(f request.File) (string, string) {
		at := b.URL("/public/" + number + "/file/" + f.ID)
		return at, at + "/thumb"
	})
	for i := range list {
		l := lines[len(list)-1-i]
		list[i].At, list[i].Machine = day(b, l.At), ""
	}
	return list
}

// answer is the public answer as it stands, none when it is not published.
func (p publicPage) answer() (text string, at time.Time, photos []page.Photo) {
	for _, l := range p.Lines {
		switch l.Name {
		case request.DeedReplied, request.DeedAnswered, request.DeedDiverted:
			text, at, photos = lastNote([]request.Line{l}, "answer"), l.At, nil
			for _, f := range l.Files {
				path, word := p.URL("/public/"+p.Row.Number+"/file/"+f.ID), p.T("request.photo_"+f.Kind)
				photos = append(photos, page.Photo{URL: path, Thumb: path + "/thumb", Alt: word, Caption: word})
			}
		case request.DeedReviewFailed, request.DeedReopened:
			text, at, photos = "", time.Time{}, nil
		}
	}
	return text, at, photos
}

// showPublicFile is a published photo of a published request.
func (s *Service) showPublicFile(w http.ResponseWriter, r *http.Request) error {
	f, err := s.publicFile(r.Context(), r.PathValue("number"), r.PathValue("file"))
	if err != nil {
		return err
	}
	return s.serveFile(w, r, f)
}

func (s *Service) publicFile(ctx context.Context, number, file string) (f request.File, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		row, err := publishedRow(tx, number)
		if err != nil {
			return err
		}
		if f, err = request.FindFile(tx, file); err == nil && (f.Matter != row.ID || f.Audience != request.Public || !row.Worded) {
			err = fault.New(fault.NotFound, "request.not_found", nil)
		}
		return err
	})
	return f, err
}

// drawFollow asks who joins a request how he can be told.
func (s *Service) drawFollow(w http.ResponseWriter, r *http.Request, status int, back string, v *web.Values, failed error) error {
	p := followPage{Base: s.Base(w, r, "intake.follow"), Action: r.URL.Path, Back: back, Once: rand.Text()}
	if failed != nil {
		p.Problems = p.Base.Problems(failed)
		p.Typed = map[string]string{"phone": v.Raw("phone"), "hears": v.Raw("hears")}
		p.Once = or(v.Raw("once"), p.Once)
	}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		_, main, err := publicID(tx, id.CleanNumber(r.PathValue("number")))
		if err != nil {
			return err
		}
		row, err := publishedRow(tx, main)
		p.Row = s.nearRow(p.Base, row)
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, status, follow(p))
}

func showWhere(area, address string) string { return show.Where(area, address) }
