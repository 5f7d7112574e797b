package outbox

import (
	"net/url"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/export"
	"gongzhi/internal/id"
	"gongzhi/internal/notice"
	"gongzhi/internal/page"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
)

// Exports are this feature's lists as tables: the messages as the page shows
// them, whom they went to masked.
func (s *Service) Exports() []export.List {
	return []export.List{
		{Name: "outbox", Back: "/outbox", Policy: "notice.look", Open: exportMessages},
		{Name: "gateways", Back: "/setup/sms", Policy: "setup.look", Open: s.exportGateways},
	}
}

// exportLot is how many messages are read at once.
const exportLot = 200

func exportMessages(tx *sqldb.Tx, b page.Base, _ actor.Actor, q url.Values) (export.Table, error) {
	f := notice.Filter{State: known(q.Get("state"), notice.States), Channel: known(q.Get("channel"), notice.ChannelNames),
		Template: known(q.Get("template"), codes()), Size: exportLot}
	n, err := f.Count(tx)
	if err != nil {
		return export.Table{}, err
	}
	t := export.Table{Count: n, Filter: filterWords(b, f), Columns: export.Columns("at", "to", "channel", "notice", "number", "words", "notice_state", "notice_why")}
	t.Each = func(yield func(export.Row) error) error {
		for {
			list, next, err := f.Find(tx)
			if err != nil {
				return err
			}
			shown, err := rows(tx, list)
			if err != nil {
				return err
			}
			for _, m := range shown {
				if err := yield(export.Row{Cells: messageCells(b, m)}); err != nil {
					return err
				}
			}
			if f.Before = next; next == "" {
				return nil
			}
		}
	}
	return t, nil
}

func messageCells(b page.Base, m row) []any {
	to, words := m.To, m.Words()
	if m.Sealed {
		to, words = b.T("outbox.sealed"), b.T("outbox.sealed_text", id.ShowNumber(m.Number))
	}
	channel := ""
	if m.Channel != "" {
		channel = show.NoticeChannel(b, m.Channel)
	}
	_, state := show.Notice(b, m.Message)
	return []any{export.When(b, m.At), to, channel, show.NoticeKind(b, m.Template), m.Number, words, state, show.NoticeWhy(b, m.Message)}
}

func filterWords(b page.Base, f notice.Filter) string {
	var out []string
	if f.State != "" {
		_, word := show.NoticeState(b, f.State)
		out = append(out, word)
	}
	if f.Channel != "" {
		out = append(out, show.NoticeChannel(b, f.Channel))
	}
	if f.Template != "" {
		out = append(out, show.NoticeKind(b, f.Template))
	}
	return strings.Join(out, " · ")
}

// exportGateways are the gateways without what opens them.
func (s *Service) exportGateways(tx *sqldb.Tx, b page.Base, _ actor.Actor, _ url.Values) (export.Table, error) {
	list, err := s.gateways(tx)
	rows := make([][]any, len(list))
	for i, g := range list {
		state, trouble, since := b.T("outbox.g_off"), "", any(nil)
		if g.Active {
			state = b.T("outbox.g_on")
		}
		if g.Trouble != "" {
			trouble, since = show.Reason(b, g.Trouble), export.When(b, g.Since)
		}
		rows[i] = []any{g.Name, g.ID, g.Rank, state, trouble, since, export.When(b, g.Changed)}
	}
	return export.Rows(export.Columns("name_of", "code", "rank", "state", "notice_why", "since", "changed"), "", rows), err
}
