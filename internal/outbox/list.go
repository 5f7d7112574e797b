package outbox

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/matter"
	"gongzhi/internal/notice"
	"gongzhi/internal/page"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

const onPage = 50

// listPage is the outbox: messages, newest first.
type listPage struct {
	page.Base
	F         notice.Filter
	Rows      []row
	Counts    map[string]int64
	Links     page.PageLinks
	Connected []string // channels that are
	Demo      bool
	Cases     bool // the reader may open requests
}

// row is a message as a person of the office may see it.
type row struct {
	notice.Message
	To     string // masked
	Sealed bool   // of a report: neither who made it nor what it says leaves its own page
}

func (s *Service) showList(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Query(r)
	if err != nil {
		return err
	}
	p := &listPage{Base: s.Base(w, r, "outbox.title"), Demo: s.Demo, Cases: actor.Allowed(actor.From(r.Context()), "request.show")}
	p.F = notice.Filter{State: known(v.String("state", 20), notice.States), Channel: known(v.String("channel", 20), notice.ChannelNames),
		Template: known(v.String("template", 40), codes()), Before: v.String("before", 60), Size: onPage}
	for _, c := range notice.ChannelNames {
		if s.Office.Connected(c) {
			p.Connected = append(p.Connected, c)
		}
	}
	err = s.DB.View(r.Context(), func(tx *sqldb.Tx) error { return p.fill(tx) })
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, listView(p))
}

func known(v string, list []string) string {
	if slices.Contains(list, v) {
		return v
	}
	return ""
}

func codes() []string {
	out := make([]string, len(notice.Kinds))
	for i, k := range notice.Kinds {
		out[i] = k.Code
	}
	return out
}

func (p *listPage) fill(tx *sqldb.Tx) (err error) {
	if p.Counts, err = notice.Counts(tx, tx.Now.AddDate(0, 0, -7)); err != nil {
		return err
	}
	list, next, err := p.F.Find(tx)
	if err != nil {
		return err
	}
	if next != "" {
		p.Links.Next = p.With("before", next)
	}
	if p.F.Before != "" {
		p.Links.Prev = p.With("before", "")
	}
	p.Rows, err = rows(tx, list)
	return err
}

// rows adds whom the messages are for.
func rows(tx *sqldb.Tx, list []notice.Message) ([]row, error) {
	contacts, matters := make([]string, len(list)), make([]matter.ID, len(list))
	for i, m := range list {
		contacts[i], matters[i] = m.Contact, m.Matter
	}
	masked, err := pairs(tx, `select id, masked from request_contact where id in (%s)`, contacts)
	if err != nil {
		return nil, err
	}
	sealed, err := pairs(tx, `select id, number from matter where sealed and id in (%s)`, matters)
	if err != nil {
		return nil, err
	}
	out := make([]row, len(list))
	for i, m := range list {
		_, hidden := sealed[string(m.Matter)]
		out[i] = row{m, masked[m.Contact], hidden}
		if hidden {
			out[i].To, out[i].Subject, out[i].Body = "", "", ""
		}
	}
	return out, nil
}

func pairs[T any](tx *sqldb.Tx, q string, keys []T) (map[string]string, error) {
	marks, args := sqldb.In(1, keys)
	rows, err := tx.Query(fmt.Sprintf(q, marks), args...)
	if err != nil {
		return nil, fmt.Errorf("recipients: %w", err)
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var k, v string
		if err := rows.Scan(&k, &v); err != nil {
			return nil, err
		}
		out[k] = v
	}
	return out, rows.Err()
}

// segments are the states as tabs with how many there were in a week.
func (p *listPage) segments() []page.Segment {
	all := int64(0)
	for _, n := range p.Counts {
		all += n
	}
	out := []page.Segment{{Label: p.T("outbox.all"), Path: p.at("state", ""), Count: int(all), Current: p.F.State == ""}}
	for _, st := range notice.States {
		_, word := show.NoticeState(p.Base, st)
		out = append(out, page.Segment{Label: word, Path: p.at("state", st), Count: int(p.Counts[st]), Current: p.F.State == st})
	}
	return out
}

// at is this list with another filter, from its beginning.
func (p *listPage) at(name, value string) string {
	b := p.Base
	b.Query = ""
	u := b
	for _, x := range [][2]string{{"state", p.F.State}, {"channel", p.F.Channel}, {"template", p.F.Template}} {
		v := x[1]
		if x[0] == name {
			v = value
		}
		if v != "" {
			u.Query = addQuery(u.Query, x[0], v)
		}
	}
	if u.Query == "" {
		return u.URL(u.Path)
	}
	return u.URL(u.Path) + "?" + u.Query
}

func addQuery(q, name, value string) string {
	if q != "" {
		q += "&"
	}
	return q + name + "=" + value // all three are codes
}

func (p *listPage) channels() []page.Option {
	out := []page.Option{{Value: "", Label: p.T("outbox.any")}}
	for _, c := range notice.ChannelNames {
		out = append(out, page.Option{Value: c, Label: show.NoticeChannel(p.Base, c)})
	}
	return out
}

func (p *listPage) templates() []page.Option {
	out := []page.Option{{Value: "", Label: p.T("outbox.any")}}
	for _, k := range notice.Kinds {
		out = append(out, page.Option{Value: k.Code, Label: show.NoticeKind(p.Base, k.Code)})
	}
	return out
}

// machine is a time as machines read it.
func machine(t time.Time) string { return t.UTC().Format(time.RFC3339) }
