package request

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/notice"
	"gongzhi/internal/sqldb"
)

// People tells the notice office who can be reached, and reads an address at the
// moment it is needed.
type People struct{ Vault Sealer }

// Ways says by which channels contacts can be reached. Who was forgotten is not
// among them.
func (p People) Ways(tx *sqldb.Tx, contacts []string) (map[string]notice.Ways, error) {
	marks, args := sqldb.In(1, contacts)
	rows, err := tx.Query(`select id, phone_token, email_token, openid_token, prefer from request_contact where id in (`+marks+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("ways to contacts: %w", err)
	}
	defer rows.Close()
	out := map[string]notice.Ways{}
	for rows.Next() {
		var contact, phone, mail, wechat, prefer string
		if err := rows.Scan(&contact, &phone, &mail, &wechat, &prefer); err != nil {
			return nil, err
		}
		out[contact] = notice.Ways{Prefer: prefer, Person: map[string]string{notice.SMS: phone, notice.Mail: mail, notice.WeChat: wechat}}
	}
	return out, rows.Err()
}

// Whom decrypts the address of a message's contact, and says why the message
// need not go any more: the person was forgotten, or the request has moved on.
func (p People) Whom(tx *sqldb.Tx, m notice.Message) (notice.Person, error) {
	var home matter.ID // a follower of a merged request is a contact of that one
	err := tx.QueryRow(`select matter_id from request_contact where id = $1`, m.Contact).Scan(&home)
	if errors.Is(err, sql.ErrNoRows) {
		return notice.Person{Moot: notice.ReasonForgotten}, nil
	}
	if err != nil {
		return notice.Person{}, err
	}
	c, err := open(tx, p.Vault, home, m.Contact)
	if fault.KindOf(err) == fault.NotFound {
		return notice.Person{Moot: notice.ReasonForgotten}, nil
	}
	if err != nil {
		return notice.Person{}, err
	}
	ways, err := p.Ways(tx, []string{m.Contact})
	if err != nil {
		return notice.Person{}, err
	}
	who := notice.Person{Ways: ways[m.Contact], Phone: c.Phone, Email: c.Email, OpenID: c.OpenID}
	var state, urgency string
	var open bool
	err = tx.QueryRow(`select m.state, m.open, r.urgency from matter m join request_order r on r.matter_id = m.id where m.id = $1`, m.Matter).Scan(&state, &open, &urgency)
	if err != nil {
		return who, fmt.Errorf("request of a notice: %w", err)
	}
	who.Urgent = urgency == "urgent"
	if late(m.Template, state, open) {
		who.Moot = notice.ReasonOver
	}
	return who, nil
}

// whileOpen are notices of work under way: of a request that has ended they
// would be wrong.
var whileOpen = []string{"received", "dispatched", "accepted", "resumed", "extended", "suspended", "reminded", "reopened"}

// late reports a notice that no longer fits what has become of its request.
func late(template, state string, open bool) bool {
	switch template {
	case "ask":
		return state != Waiting
	case "callback":
		return state != ToCallback
	case "closed":
		return state != Closed && state != Archived
	case "answered":
		return state == Withdrawn || state == Merged
	}
	return !open && slices.Contains(whileOpen, template)
}

// Prefer changes how a contact wants to be told; notice.Nothing ends it.
func Prefer(tx *sqldb.Tx, contact, channel string) error {
	return tx.Exec(`update request_contact set prefer = $1 where id = $2`, channel, contact)
}
