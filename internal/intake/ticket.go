package intake

import (
	"database/sql"
	"errors"
	"net/http"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// ticket is what number and query code open: one's own request, or one that is
// followed.
type ticket struct {
	Number   string
	Code     string
	ID       matter.ID
	Follower string // id of the follower, "" who reported it
	Masked   string // how the follower can be reached, masked
	Contact  string // id of the follower's contact data, "" none
}

// Path is the address of the ticket's page.
func (t ticket) Path() string { return "/r/" + t.Number + "/" + t.Code }

// errNoTicket is the one answer to a wrong number and to a wrong code.
func errNoTicket() error { return fault.New(fault.NotFound, "intake.no_ticket", nil) }

// ticketOf reads number and code from the address of a page.
func (s *Service) ticketOf(r *http.Request) (ticket, error) {
	return s.open(r, r.PathValue("number"), r.PathValue("code"))
}

// open finds what number and code open and slows down who guesses.
func (s *Service) open(r *http.Request, number, code string) (ticket, error) {
	t := ticket{Number: id.CleanNumber(number), Code: id.CleanCode(code)}
	now, ip := s.DB.Now(), web.ClientIP(r)
	if err := s.guard.check(t.Number, ip, now); err != nil {
		return t, err
	}
	if t.Number == "" || t.Code == "" {
		return t, errNoTicket()
	}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error { return s.punch(tx, &t) })
	if fault.KindOf(err) == fault.NotFound {
		s.guard.missed(t.Number, ip, now)
		return t, errNoTicket()
	}
	return t, err
}

// punch checks a ticket and finds its request.
func (s *Service) punch(tx *sqldb.Tx, t *ticket) error {
	m, fits, err := request.CodeFits(tx, s.Vault, t.Number, t.Code)
	if err != nil {
		return err
	}
	t.ID = m
	if fits {
		return nil
	}
	const q = `select id, masked, contact_id from intake_follower where matter_id = $1 and code_hash = $2`
	err = tx.QueryRow(q, m, s.Vault.CodeHash(t.Number, t.Code)).Scan(&t.Follower, &t.Masked, &t.Contact)
	if errors.Is(err, sql.ErrNoRows) {
		return errNoTicket()
	}
	return err
}

// loadTicket locks the request of a ticket for a deed of its holder.
func loadTicket(tx *sqldb.Tx, t ticket, own bool) (*request.Order, error) {
	if own && t.Follower != "" {
		return nil, fault.New(fault.Denied, "intake.only_reporter", nil)
	}
	return request.Load(tx, actor.System, t.ID, 0)
}
