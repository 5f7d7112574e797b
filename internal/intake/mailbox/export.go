package mailbox

import (
	"fmt"
	"net/url"

	"gongzhi/internal/actor"
	"gongzhi/internal/export"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
)

// Exports are this feature's lists as tables: one tab, senders masked as on the
// page. What mails say stays where it is.
func (s *Service) Exports() []export.List {
	return []export.List{{Name: "mail", Back: "/mail", Policy: "intake.desk", Open: exportMails}}
}

const exportLot = 200

func exportMails(tx *sqldb.Tx, b page.Base, _ actor.Actor, q url.Values) (export.Table, error) {
	tab := q.Get("tab")
	if tabs[tab] == "" {
		tab = TabWait
	}
	var n int64
	if err := tx.QueryRow(`select cast(count(*) as bigint) from intake_mail e where ` + tabs[tab]).Scan(&n); err != nil {
		return export.Table{}, fmt.Errorf("count mails: %w", err)
	}
	next := func(before string) (list []Mail, last string, err error) {
		if list, err = List(tx, Filter{tab, before}, exportLot); len(list) == exportLot {
			last = list[exportLot-1].ID
		}
		return list, last, err
	}
	columns := export.Columns("at", "subject", "from", "state", "number", "size", "deliveries", "who", "ended", "detail")
	return export.Lots(columns, b.T("mailbox.tab_"+tab), n, next, func(m Mail) []any {
		_, word := outcome(b, m)
		return []any{export.When(b, m.At), m.Subject, m.Masked, word, m.Number, m.Size, m.Deliveries, m.By, export.When(b, m.Settled), m.Note}
	}), nil
}
