package request

import (
	"fmt"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
)

// Sealer encrypts contact data. Context binds a value to its row, so that it
// cannot be moved to another. *vault.Vault is one.
type Sealer interface {
	Seal(plain, context string) (string, error)
	Open(sealed, context string) (string, error)
	Token(purpose, value string) string
	CodeHash(number, code string) string
}

// Contact is how a person can be reached, in the clear. It lives in memory
// only; the database holds it encrypted, with a masked form beside it.
type Contact struct {
	Kind   string // requester, follower
	Name   string
	Phone  string // normalised
	Email  string
	Home   string
	OpenID string // of the city's WeChat account
	Prefer string // channel the person wants to hear by: sms, mail, wechat; "" whatever there is
	Masked string // what may be shown: 李** 138****5521
}

// Empty reports whether the person left nothing.
func (c Contact) Empty() bool {
	return c.Name == "" && c.Phone == "" && c.Email == "" && c.Home == "" && c.OpenID == ""
}

// Reach reports whether some channel leads to the person.
func (c Contact) Reach() bool { return c.Phone != "" || c.Email != "" || c.OpenID != "" }

// Masked is a contact as lists and pages may show it.
type Masked struct {
	ID    string
	Kind  string
	Text  string
	Phone bool // a number is known
	Reach bool // a notice can be sent: by telephone, mail or WeChat
}

const insertContact = `insert into request_contact(id, matter_id, kind, name, phone, email, home, openid, masked, phone_token, email_token, openid_token, prefer, created_at) values (`

// AddContact keeps a contact for a matter.
func AddContact(tx *sqldb.Tx, v Sealer, m matter.ID, c Contact) error {
	_, err := KeepContact(tx, v, m, c)
	return err
}

// ForgetContact removes a contact for good, when the person asks for it.
func ForgetContact(tx *sqldb.Tx, m matter.ID, contact string) error {
	return tx.Exec(`delete from request_contact where id = $1 and matter_id = $2`, contact, m)
}

// KeepContact is AddContact that tells the id of the contact.
func KeepContact(tx *sqldb.Tx, v Sealer, m matter.ID, c Contact) (string, error) {
	row := id.New(tx.Now)
	values, err := c.row(v, row, m, tx.Now)
	if err != nil {
		return "", err
	}
	if err := tx.Later(insertContact+`$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`, values...); err != nil {
		return "", fmt.Errorf("keep contact of %s: %w", m, err)
	}
	return row, nil
}

// row is the contact as it is stored: sealed, with a token to find it by.
func (c Contact) row(v Sealer, row string, m matter.ID, at time.Time) ([]any, error) {
	out := []any{row, m, c.Kind}
	for _, plain := range []string{c.Name, c.Phone, c.Email, c.Home, c.OpenID} {
		s := ""
		if plain != "" {
			var err error
			if s, err = v.Seal(plain, row); err != nil {
				return nil, fmt.Errorf("seal contact of %s: %w", m, err)
			}
		}
		out = append(out, s)
	}
	out = append(out, c.Masked)
	for _, x := range [][2]string{{"phone", c.Phone}, {"email", strings.ToLower(c.Email)}, {"openid", c.OpenID}} {
		token := ""
		if x[1] != "" {
			token = v.Token(x[0], x[1])
		}
		out = append(out, token)
	}
	return append(out, c.Prefer, at.UnixMicro()), nil
}

// Contacts are the contacts of a request as the actor may see them. Nobody of
// a handling unit sees anything of who reported a wrongdoing (信访工作条例 第三十条；
// 济南市12345市民服务热线条例 第十六条).
func Contacts(tx *sqldb.Tx, a actor.Actor, o *Order) ([]Masked, error) {
	if Protected(a, o) {
		return nil, nil
	}
	rows, err := tx.Query(`select id, kind, masked, phone_token, phone_token <> '' or email_token <> '' or openid_token <> '' from request_contact where matter_id = $1 order by created_at, id`, o.ID)
	if err != nil {
		return nil, fmt.Errorf("contacts of %s: %w", o.ID, err)
	}
	defer rows.Close()
	var out []Masked
	for rows.Next() {
		var m Masked
		var token string
		if err := rows.Scan(&m.ID, &m.Kind, &m.Text, &token, &m.Reach); err != nil {
			return nil, err
		}
		m.Phone = token != ""
		out = append(out, m)
	}
	return out, rows.Err()
}

// Protected reports whether the reporter's identity is kept from the actor.
func Protected(a actor.Actor, o *Order) bool {
	return o.Sealed && !a.Is(actor.Agent, actor.Dispatcher, actor.Reviewer, actor.Supervisor) && a.ID != actor.SystemID
}

// Reveal decrypts one contact for the actor and logs the look with its reason,
// in the same unit of work: no look without its line.
func Reveal(tx *sqldb.Tx, v Sealer, a actor.Actor, o *Order, contact, reason string) (Contact, error) {
	if err := actor.Can(a, "request.contact"); err != nil {
		return Contact{}, err
	}
	if Protected(a, o) {
		return Contact{}, fault.New(fault.Denied, "request.reporter_protected", nil)
	}
	if len([]rune(reason)) < 2 {
		return Contact{}, fault.New(fault.Invalid, "request.look_reason_missing", nil)
	}
	const q = `insert into request_look(id, at, actor, unit, matter_id, contact_id, reason) values ($1, $2, $3, $4, $5, $6, $7)`
	if err := tx.Exec(q, id.New(tx.Now), tx.Now.UnixMicro(), a.HistoryID(), a.UnitID, o.ID, contact, reason); err != nil {
		return Contact{}, fmt.Errorf("log look: %w", err)
	}
	return open(tx, v, o.ID, contact)
}

// open decrypts a contact of the matter without logging: for sending notices.
func open(tx *sqldb.Tx, v Sealer, m matter.ID, contact string) (Contact, error) {
	var c Contact
	var sealed [5]string
	const q = `select kind, name, phone, email, home, openid, masked, prefer from request_contact where id = $1 and matter_id = $2`
	err := tx.QueryRow(q, contact, m).Scan(&c.Kind, &sealed[0], &sealed[1], &sealed[2], &sealed[3], &sealed[4], &c.Masked, &c.Prefer)
	if err != nil {
		return c, fault.New(fault.NotFound, "request.contact_not_found", err)
	}
	for i, dst := range []*string{&c.Name, &c.Phone, &c.Email, &c.Home, &c.OpenID} {
		if sealed[i] == "" {
			continue
		}
		if *dst, err = v.Open(sealed[i], contact); err != nil {
			return c, fmt.Errorf("open contact %s: %w", contact, err)
		}
	}
	return c, nil
}

// CopyContacts gives another matter the contacts of one, so that everybody who
// can be reached about the one can be reached about the other. They are sealed
// anew, because a sealed value is bound to its row.
func CopyContacts(tx *sqldb.Tx, v Sealer, from, to matter.ID) error {
	ids, err := contactIDs(tx, from)
	if err != nil {
		return err
	}
	for _, contact := range ids {
		c, err := open(tx, v, from, contact)
		if err != nil {
			return err
		}
		if err := AddContact(tx, v, to, c); err != nil {
			return err
		}
	}
	return nil
}

func contactIDs(tx *sqldb.Tx, m matter.ID) ([]string, error) {
	rows, err := tx.Query(`select id from request_contact where matter_id = $1 order by created_at, id`, m)
	if err != nil {
		return nil, fmt.Errorf("contacts of %s: %w", m, err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var c string
		if err := rows.Scan(&c); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// ByPhone are the requests that came from a telephone number, newest first.
func ByPhone(tx *sqldb.Tx, v Sealer, a actor.Actor, phone string, n int) ([]*Order, error) {
	scope, args := Scope(a, 3)
	q := orderQuery + ` where m.id in (select c.matter_id from request_contact c where c.phone_token = $1) and ` + scope + ` order by m.opened_at desc, m.id desc limit $2`
	rows, err := tx.Query(q, append([]any{v.Token("phone", phone), n}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("requests by phone: %w", err)
	}
	defer rows.Close()
	var out []*Order
	for rows.Next() {
		o, err := scanOrder(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, rows.Err()
}

// CodeFits reports whether the query code belongs to the request of a number.
// It reads only what a resident's look-up may use.
func CodeFits(tx *sqldb.Tx, v Sealer, number, code string) (matter.ID, bool, error) {
	var m matter.ID
	var hash string
	err := tx.QueryRow(`select m.id, r.code_hash from matter m join request_order r on r.matter_id = m.id where m.number = $1`, number).Scan(&m, &hash)
	if err != nil {
		return "", false, notFound(err)
	}
	return m, hash != "" && code != "" && hash == v.CodeHash(number, code), nil
}
