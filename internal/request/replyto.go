package request

import (
	"gongzhi/internal/mail"
	"gongzhi/internal/matter"
)

// ReplyTo is the address at which answers to a mail about the request arrive as
// what its requester adds. mailbox is the city's own address, "" gives "".
func ReplyTo(v mail.Tokener, mailbox string, m matter.ID) string {
	return mail.Tagged(v, mailbox, mail.CaseTag, string(m))
}
