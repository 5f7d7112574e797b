package request

import (
	"strings"

	"gongzhi/internal/mail"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
)

// ReplyTo is the address at which answers to a mail about the request arrive as
// what its requester adds. mailbox is the city's own address, "" gives "".
func ReplyTo(v mail.Tokener, mailbox string, m matter.ID) string {
	return mail.Tagged(v, mailbox, mail.CaseTag, string(m))
}

// Reaches reports whether an address is that of somebody who is told about the
// request.
func Reaches(tx *sqldb.Tx, v Sealer, m matter.ID, email string) (bool, error) {
	var n int
	const q = `select cast(count(*) as bigint) from request_contact where matter_id = $1 and email_token = $2 and email_token <> ''`
	err := tx.QueryRow(q, m, v.Token("email", strings.ToLower(email))).Scan(&n)
	return n > 0, err
}
