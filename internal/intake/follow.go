package intake

import (
	"context"
	"fmt"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Follow is "this is it": a resident joins a request that is published instead
// of reporting the same again.
type Follow struct {
	Number string
	Draft  string // the same draft gives the same receipt
	Phone  string // "" no notices by telephone
	Email  string
	Prefer string // see Report
	OpenID string // of the city's WeChat account
	Name   string
	Hears  string // "" of every step, request.HearsAnswer of the answer only
}

// Follow adds the follower and gives him a receipt of his own.
func (s *Service) Follow(ctx context.Context, a actor.Actor, c Follow) (out Receipt, err error) {
	if err := mayReport(a); err != nil {
		return out, err
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) (err error) {
		out, err = s.FollowTx(tx, a, c)
		return err
	})
	return out, err
}

// FollowTx is Follow inside a unit of work.
func (s *Service) FollowTx(tx *sqldb.Tx, a actor.Actor, c Follow) (Receipt, error) {
	var wrong fault.Fields
	reach(&wrong, &c.Phone, &c.Email, &c.Prefer)
	if err := wrong.Err(); err != nil {
		return Receipt{}, err
	}
	m, _, err := publicID(tx, c.Number)
	if err != nil {
		return Receipt{}, err
	}
	o, err := request.Load(tx, actor.System, m, 0)
	if err != nil {
		return Receipt{}, err
	}
	out := Receipt{ID: m, Number: o.Number, Code: s.code(c.Draft), Order: o}
	known, err := s.follows(tx, out)
	if err != nil || known {
		return out, err
	}
	who := contact(Report{Name: c.Name, Phone: c.Phone, Email: c.Email, OpenID: c.OpenID, Prefer: c.Prefer}, "follower")
	return out, s.join(tx, a, o, out, who, c.Draft, c.Hears)
}

// follows reports whether the receipt was given before.
func (s *Service) follows(tx *sqldb.Tx, r Receipt) (bool, error) {
	var n int
	const q = `select cast(count(*) as bigint) from intake_follower where matter_id = $1 and code_hash = $2`
	err := tx.QueryRow(q, r.ID, s.Vault.CodeHash(r.Number, r.Code)).Scan(&n)
	return n > 0, err
}

func (s *Service) join(tx *sqldb.Tx, a actor.Actor, o *request.Order, r Receipt, who request.Contact, draft, hears string) error {
	o.Followers++
	if err := o.Record(tx, a, request.Deed{Name: request.DeedFollowed}); err != nil {
		return err
	}
	row := ""
	if !who.Empty() {
		var err error
		if row, err = request.KeepContact(tx, s.Vault, o.ID, who); err != nil {
			return err
		}
		if err := request.SetHears(tx, row, hears); err != nil {
			return err
		}
	}
	const q = `insert into intake_follower(id, matter_id, code_hash, contact_id, masked, at) values ($1, $2, $3, $4, $5, $6)`
	err := tx.Exec(q, string(o.ID)+"/"+fmt.Sprint(o.Version), o.ID, s.Vault.CodeHash(r.Number, r.Code), row, who.Masked, tx.Now.UnixMicro())
	if err != nil {
		return fmt.Errorf("follow %s: %w", o.ID, err)
	}
	return tx.Exec(`delete from intake_draft where id = $1`, draft)
}

// Unfollow forgets a follower and how he could be reached.
func (s *Service) Unfollow(ctx context.Context, t ticket) error {
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error { return s.unfollow(tx, t.ID, t.Follower) })
}

// publicID is the matter of a published request that can still be followed, and
// its number. Who comes after it was merged joins the one that goes on.
func publicID(tx *sqldb.Tx, number string) (m matter.ID, main string, err error) {
	const q = `select t.id, t.number from matter m join request_order o on o.matter_id = m.id
		left join matter_link l on l.from_id = m.id and l.kind = 'merged'
		join matter t on t.id = coalesce(l.to_id, m.id) join request_order r on r.matter_id = t.id
		where m.number = $1 and not m.sealed and o.publicity in ('public', 'masked') and t.open and not t.sealed and r.publicity in ('public', 'masked')`
	if err := tx.QueryRow(q, number).Scan(&m, &main); err != nil {
		return "", "", fault.New(fault.NotFound, "intake.not_public", err)
	}
	return m, main, nil
}

// Hear changes what a follower wants to hear of.
func (s *Service) Hear(tx *sqldb.Tx, t ticket, hears string) error {
	var row string
	if err := tx.QueryRow(`select contact_id from intake_follower where id = $1`, t.Follower).Scan(&row); err != nil {
		return fmt.Errorf("follower: %w", err)
	}
	return request.SetHears(tx, row, hears)
}
