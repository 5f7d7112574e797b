package datasecurity

import (
	"context"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/sqldb"
)

// API declares the operations of this feature.
func (s *Service) API(a *api.API) {
	a.Chapter("datasecurity")
	api.Add(a, api.Op{ID: "contact-reveal", Method: "POST", Path: "/cases/{number}/contacts/{id}/reveal", Policy: "request.contact",
		Pages: []string{"GET /case/{number}/contact/{id}", "POST /case/{number}/contact/{id}"}}, s.apiReveal)
	s.exportAPI(a)
	api.Add(a, api.Op{ID: "audit", Method: "GET", Path: "/audit", Policy: "datasecurity.audit", Pages: []string{"GET /audit"}},
		func(ctx context.Context, in *auditIn) (api.List[auditItem], error) { return s.apiAudit(ctx, a, in) })
}

type revealIn struct {
	Number string `path:"number" maxLength:"40"`
	ID     string `path:"id" maxLength:"60"`
	Body   struct {
		Reason string `json:"reason" minLength:"2" maxLength:"200"`
	}
}

// contactItem is a contact in the clear. The look at it is in the log.
type contactItem struct {
	Name  string `json:"name"`
	Phone string `json:"phone"`
	Email string `json:"email"`
	Home  string `json:"home"`
}

func (s *Service) apiReveal(ctx context.Context, in *revealIn) (out contactItem, err error) {
	if len([]rune(strings.TrimSpace(in.Body.Reason))) < 2 {
		return out, fault.Fields{{Name: "reason", Key: "request.look_reason_missing"}}
	}
	_, found, err := s.Reveal(ctx, actor.From(ctx), Reveal{id.CleanNumber(in.Number), in.ID, in.Body.Reason})
	return contactItem{found.Name, found.Phone, found.Email, found.Home}, err
}

type auditIn struct {
	api.Page
	Kind   string `query:"kind" enum:"look,deed,signin" default:"look"`
	Person string `query:"person" maxLength:"60"`
	Number string `query:"number" maxLength:"40"`
	From   string `query:"from" format:"date"`
	To     string `query:"to" format:"date"`
}

type auditItem struct {
	At     time.Time `json:"at"`
	Who    string    `json:"who"`
	Login  string    `json:"login"`
	Unit   string    `json:"unit"`
	Deed   string    `json:"deed"`
	About  string    `json:"about"`
	Detail string    `json:"detail"`
}

func (s *Service) apiAudit(ctx context.Context, a *api.API, in *auditIn) (out api.List[auditItem], err error) {
	list := strings.Join([]string{"audit", in.Kind, in.Person, in.Number, in.From, in.To}, "/")
	f := Search{Kind: in.Kind, Person: in.Person, Number: id.CleanNumber(in.Number), From: s.day(in.From), To: s.day(in.To), Most: in.Limit}
	if !f.To.IsZero() {
		f.To = f.To.AddDate(0, 0, 1) // the day itself is meant
	}
	if f.After, err = a.Position(list, in.Cursor); err != nil {
		return out, err
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		lines, next, err := Read(tx, actor.From(ctx), f)
		for _, l := range lines {
			out.Items = append(out.Items, auditItem{l.At.UTC(), l.Who, l.Login, l.Unit, l.Deed, l.About, l.Detail})
		}
		out.Next = a.Next(list, next)
		return err
	})
	return out, err
}

// day is the begin of a day whose form has been checked.
func (s *Service) day(text string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, text, s.Catalog.Book().Calendar.Zone)
	if err != nil || t.Year() < 1900 || t.Year() >= 2200 {
		return time.Time{}
	}
	return t
}
