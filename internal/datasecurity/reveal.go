package datasecurity

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// Reasons are the usual reasons to look at a contact; whoever has another
// writes it.
var Reasons = []string{"callback", "visit"}

// otherReason is the choice that asks for words.
const otherReason = "other"

// Reveal is one look at a contact.
type Reveal struct {
	Number  string
	Contact string // its id
	Reason  string // words, as the log keeps them
}

// freshLook asks for a proof of who sits there: one of the last five minutes, or
// of longer where a city has decided so for those who telephone all day.
func freshLook(tx *sqldb.Tx, a actor.Actor) error {
	set, err := catalog.LoadSettings(tx)
	if err != nil {
		return err
	}
	period := set.Int("signin.look", int(actor.FreshFor/time.Minute))
	return actor.FreshWithin(a, tx.Now, time.Duration(period)*time.Minute)
}

// Reveal shows a contact in the clear and logs the look with its reason in the
// same unit of work.
func (s *Service) Reveal(ctx context.Context, a actor.Actor, c Reveal) (o *request.Order, found request.Contact, err error) {
	if err := actor.Can(a, "request.contact"); err != nil {
		return nil, found, err
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := freshLook(tx, a); err != nil {
			return err
		}
		if o, err = request.FindNumber(tx, a, c.Number); err != nil {
			return err
		}
		found, err = request.Reveal(tx, s.Vault, a, o, c.Contact, c.Reason)
		return err
	})
	return o, found, err
}

// revealPage asks for the reason, and then shows the contact, once.
type revealPage struct {
	page.Base
	O       *request.Order
	Contact string
	Masked  string
	Reason  string
	Other   string
	Wrong   page.Problems
	Shown   *request.Contact // nil: not yet
}

// askReason answers GET /case/{number}/contact/{id}.
func (s *Service) askReason(w http.ResponseWriter, r *http.Request) error {
	return s.ask(w, r, http.StatusOK, &revealPage{Reason: Reasons[0]})
}

func (s *Service) ask(w http.ResponseWriter, r *http.Request, status int, p *revealPage) error {
	a := actor.From(r.Context())
	p.Base, p.Contact = s.Base(w, r, "datasecurity.reveal"), r.PathValue("id")
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if p.O, err = request.FindNumber(tx, a, id.CleanNumber(r.PathValue("number"))); err != nil {
			return err
		}
		if request.Protected(a, p.O) {
			return fault.New(fault.Denied, "request.reporter_protected", nil)
		}
		p.Masked, err = masked(tx, a, p.O, p.Contact)
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, status, revealView(p))
}

func masked(tx *sqldb.Tx, a actor.Actor, o *request.Order, contact string) (string, error) {
	list, err := request.Contacts(tx, a, o)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(list, func(m request.Masked) bool { return m.ID == contact })
	if i < 0 {
		return "", fault.New(fault.NotFound, "request.contact_not_found", nil)
	}
	return list[i].Text, nil
}

// reveal answers POST /case/{number}/contact/{id}.
func (s *Service) reveal(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	p := &revealPage{Reason: v.String("reason", 200), Other: v.String("other", 200)}
	reason := p.Reason
	switch {
	case slices.Contains(Reasons, reason):
		// The log is kept in one language, whoever looked.
		reason = locale.T(locale.ZH, "datasecurity.reason_"+reason)
	case reason == otherReason || reason == "":
		reason = p.Other
		p.Reason = otherReason
	default:
		p.Reason, p.Other = otherReason, reason // a page that asks for words only
	}
	if len([]rune(strings.TrimSpace(reason))) < 2 {
		v.Add("other", "request.look_reason_missing")
	}
	if err := v.Err(); err != nil {
		p.Wrong = s.Base(w, r, "datasecurity.reveal").Problems(err)
		return s.ask(w, r, http.StatusUnprocessableEntity, p)
	}
	o, found, err := s.Reveal(r.Context(), actor.From(r.Context()), Reveal{id.CleanNumber(r.PathValue("number")), r.PathValue("id"), reason})
	if err != nil {
		return err
	}
	p.Base, p.O, p.Masked, p.Shown = s.Base(w, r, "datasecurity.reveal"), o, found.Masked, &found
	p.Path = show.Path(o)
	return page.View{}.Render(w, r, http.StatusOK, revealView(p))
}

func (p *revealPage) options() []page.Option {
	var out []page.Option
	for _, c := range append(slices.Clone(Reasons), otherReason) {
		out = append(out, page.Option{Value: c, Label: p.T("datasecurity.reason_" + c)})
	}
	return out
}

// pairs are what the person left.
func (p *revealPage) pairs() []page.Pair {
	var out []page.Pair
	for _, x := range [][2]string{{"name", p.Shown.Name}, {"email", p.Shown.Email}, {"home", p.Shown.Home}} {
		if x[1] != "" {
			out = append(out, page.Pair{Term: p.T("datasecurity." + x[0]), Text: x[1]})
		}
	}
	return out
}
