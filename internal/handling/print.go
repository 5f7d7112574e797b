package handling

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
)

// printPage is the work order on paper, for who goes to the site and for the
// file. It is black on white, and says nothing by colour alone.
type printPage struct {
	casePage
	Link string // of the request's page, in the QR code
}

// print answers GET /case/{number}/print.
func (s *Service) print(w http.ResponseWriter, r *http.Request) error {
	p := &printPage{casePage: casePage{Base: s.Base(w, r, "handling.sheet"), A: actor.From(r.Context()), Book: s.Catalog.Book()}}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		o, err := request.FindNumber(tx, p.A, r.PathValue("number"))
		if err != nil {
			return err
		}
		p.O = o
		for _, step := range []func(*sqldb.Tx, *casePage) error{s.fillHistory, s.fillPeople, s.fillAround} {
			if err := step(tx, &p.casePage); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	p.Link = s.address(r) + show.Path(p.O)
	p.Path = show.Path(p.O) + "/print"
	return page.View{}.Render(w, r, http.StatusOK, printView(p))
}

// address is where this site is reached: as configured, else as it was asked.
func (s *Service) address(r *http.Request) string {
	if s.BaseURL != "" {
		return strings.TrimSuffix(s.BaseURL, "/")
	}
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// document is the number of the paper: city, year and request.
func (p *printPage) document() string {
	return p.T("handling.document", p.City, strconv.Itoa(p.O.OpenedAt.In(p.Book.Calendar.Zone).Year()), p.O.Number)
}

// urgency is told by a shape and a word, since paper has no colour.
func (p *printPage) urgency() string {
	if p.O.Urgency == "urgent" {
		return "▲ " + p.T("request.urgency_urgent")
	}
	return "○ " + p.T("request.urgency_normal")
}

// contact is who asked, masked. Paper travels: a reporter of wrongdoing is not
// on it, whoever prints.
func (p *printPage) contact() string {
	if p.O.Sealed {
		return p.T("handling.reporter_protected")
	}
	for _, c := range p.Contacts {
		if c.Kind == "requester" {
			return c.Text
		}
	}
	return p.T("handling.no_contact")
}

func (p *printPage) units(lead bool) string {
	var out []string
	for _, t := range p.Tasks {
		if t.Lead == lead && t.State != request.TaskReturned {
			word := t.UnitName
			if t.Open {
				word += p.T("handling.sheet_task", limitWord(p.Base, t.Limit), p.Short(t.DueAt))
			}
			out = append(out, word)
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) == 0 {
		return p.T("handling.none")
	}
	return strings.Join(out, p.T("handling.semicolon"))
}

func (p *printPage) due() string {
	if p.O.DueAt.IsZero() {
		return p.T("request.no_due")
	}
	return p.Short(p.O.DueAt)
}

// facts are the rows of the form's table, two pairs a row.
func (p *printPage) facts() [][2]string {
	return [][2]string{
		{p.T("handling.sheet_number"), show.Number(p.O)}, {p.T("handling.sheet_urgency"), p.urgency()},
		{p.T("handling.filter_type"), p.T("request.type_" + p.O.Type)}, {p.T("handling.filter_channel"), p.source()},
		{p.T("handling.col_received"), p.DateTime(p.O.OpenedAt)}, {p.T("handling.limit"), p.due()},
		{p.T("handling.requester"), p.contact()}, {p.T("handling.col_category"), strings.Join(p.crumbs(), " › ")},
	}
}

// boxes are ticked with a pen.
func (p *printPage) boxes() string {
	line := ""
	for _, r := range Results {
		line += "□ " + p.T("handling.result_"+r) + "　"
	}
	return line + "　" + p.T("handling.sheet_contacted") + "　□ " + p.T("handling.yes") + "　□ " + p.T("handling.no")
}
