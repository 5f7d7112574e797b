package webhook

import (
	"net/url"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/export"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
)

// Exports are this feature's lists as tables. Addresses of targets may hold a
// secret of theirs, so that only the host is told; no key is in any table.
func (s *Service) Exports() []export.List {
	const look = "webhook.look"
	return []export.List{
		{Name: "webhooks", Back: "/setup/webhooks", Policy: look, Open: exportTargets},
		{Name: "webhook-dead", Back: "/setup/webhooks/dead", Policy: look, Open: exportDead},
		{Name: "webhook-log", Back: "/setup/webhooks/entry/{of}", Policy: look, Open: exportLog},
	}
}

func exportTargets(tx *sqldb.Tx, b page.Base, _ actor.Actor, _ url.Values) (export.Table, error) {
	list, err := Subscriptions(tx)
	if err != nil {
		return export.Table{}, err
	}
	counts, err := Counts(tx)
	rows := make([][]any, len(list))
	for i, x := range list {
		_, word := standing(b, x)
		n := counts[x.ID]
		rows[i] = []any{x.Name, x.host(), x.about(b, nil), word, n[Done], n[Queued], n[Dead]}
	}
	return export.Rows(export.Columns("name_of", "host", "told", "state", "delivered", "waiting", "given_up"), "", rows), err
}

var lineColumns = export.Columns("at", "target", "event", "number", "state", "attempts", "status", "took_ms", "notice_why")

func exportDead(tx *sqldb.Tx, b page.Base, _ actor.Actor, _ url.Values) (export.Table, error) {
	all, err := Subscriptions(tx)
	if err != nil {
		return export.Table{}, err
	}
	names := map[string]string{}
	for _, x := range all {
		names[x.ID] = x.Name
	}
	n, err := countOf(tx, `state = 'dead'`)
	return deliveryTable(tx, b, "", n, names, func(before string) ([]Delivery, error) { return DeadLetters(tx, before) }), err
}

func exportLog(tx *sqldb.Tx, b page.Base, _ actor.Actor, q url.Values) (export.Table, error) {
	x, err := Find(tx, q.Get(export.Of))
	if err != nil {
		return export.Table{}, err
	}
	n, err := countOf(tx, `subscription = $1`, x.ID)
	return deliveryTable(tx, b, x.Name, n, map[string]string{x.ID: x.Name}, func(before string) ([]Delivery, error) { return Log(tx, x.ID, before) }), err
}

func countOf(tx *sqldb.Tx, which string, args ...any) (n int64, err error) {
	err = tx.QueryRow(`select cast(count(*) as bigint) from webhook_delivery where `+which, args...).Scan(&n)
	return n, err
}

func deliveryTable(tx *sqldb.Tx, b page.Base, filter string, n int64, targets map[string]string, read func(before string) ([]Delivery, error)) export.Table {
	next := func(before string) (out []Line, last string, err error) {
		list, err := read(before)
		if err != nil || len(list) == 0 {
			return nil, "", err
		}
		if len(list) == onPage {
			last = list[onPage-1].ID
		}
		out, err = lines(tx, list, targets)
		return out, last, err
	}
	return export.Lots(lineColumns, filter, n, next, func(x Line) []any {
		_, word := x.outcome(b)
		var status, took any
		if x.Status != 0 {
			status = x.Status
		}
		if !x.Tried.IsZero() {
			took = x.Took.Milliseconds()
		}
		return []any{export.When(b, x.Happened), x.Target, b.T("request.deed_" + x.Deed), x.Number, word, x.Attempts, status, took, strings.TrimSpace(x.why(b))}
	})
}
