package open311

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/intake/open311/georeport"
	"gongzhi/internal/locale"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// lately is the window of updates when none is asked for.
const lately = 24 * time.Hour

// updates gives what became of published requests in a window, the oldest first,
// so that who reads on from the last time misses nothing.
func (s *Service) updates(c *call) (answer, error) {
	p := &c.params
	from, to, ok := p.span("start_date", "end_date")
	switch {
	case ok && (p.get("start_date") == "") != (p.get("end_date") == ""):
		p.note("end_date", "georeport.both_or_neither")
	case !ok:
		from, to = c.now.Add(-lately), c.now
	}
	ids := p.list("service_request_id")
	if err := p.wrong.Err(); err != nil {
		return answer{}, err
	}
	var out []georeport.Update
	if !c.test {
		err := s.DB.View(c.r.Context(), func(tx *sqldb.Tx) (err error) {
			out, err = s.changes(tx, c, ids, from, to)
			return err
		})
		if err != nil {
			return answer{}, err
		}
	}
	return c.say(georeport.UpdatesOf(c.format, out)), nil
}

func (s *Service) changes(tx *sqldb.Tx, c *call, ids []string, from, to time.Time) ([]georeport.Update, error) {
	q := &query{cond: []string{published}}
	q.add(`e.at >= ?`, from.UnixMicro())
	q.add(`e.at < ?`, to.Truncate(time.Second).Add(time.Second).UnixMicro())
	if s.setting(setFrom, "received") == "dispatched" {
		q.add(`m.state not in ('registered', 'to_dispatch', 'pre_consult')`)
	}
	if len(ids) > 0 {
		q.in(`m.number`, ids[:min(len(ids), mostRows)])
	}
	text := `select m.number, e.seq, e.name, e.at, m.open, r.solved, coalesce(o.reference, ''), coalesce(o.key_id, ''),
			coalesce((select n.text from request_note n where n.matter_id = e.matter_id and n.seq = e.seq and n.audience = 'public' order by n.kind limit 1), '')
		from matter_event e join matter m on m.id = e.matter_id join request_order r on r.matter_id = m.id
		left join intake_open311_origin o on o.matter_id = m.id where e.name in ` + shownUpdates + ` and ` + q.String() + ` order by e.at, e.id limit ` + strconv.Itoa(mostRows)
	rows, err := tx.Query(text, q.args...)
	if err != nil {
		return nil, fmt.Errorf("updates for open311: %w", err)
	}
	defer rows.Close()
	zone := s.Catalog.Book().Calendar.Zone
	var out []georeport.Update
	for rows.Next() {
		var number, deed, solved, reference, key, note string
		var seq, at int64
		var open bool
		if err := rows.Scan(&number, &seq, &deed, &at, &open, &solved, &reference, &key, &note); err != nil {
			return nil, err
		}
		u := georeport.Update{ID: number + "-" + strconv.FormatInt(seq, 10), RequestID: number, Status: statusAfter(deed, open, solved),
			Description: request.Hide(note), At: sqldb.FromMicros(at).In(zone)}
		if u.Description == "" {
			u.Description = locale.T(c.lang, "georeport.update_"+deed)
		}
		if c.key != nil && c.key.ID == key {
			u.Reference = reference
		}
		out = append(out, u)
	}
	return out, rows.Err()
}

// statusAfter is the status that a deed leaves behind, in mySociety's words.
func statusAfter(deed string, open bool, solved string) string {
	switch deed {
	case "dispatched":
		return "investigating"
	case "accepted", "resumed":
		return "in_progress"
	case "hold_granted":
		return "planned"
	case "answered":
		return "closed"
	case "diverted":
		return "not_councils_responsibility"
	case "termination_granted":
		return "no_further_action"
	case "merged":
		return "duplicate"
	case "reopened":
		return "reopen"
	case "closed":
		if solved == "yes" {
			return "fixed"
		}
		return "closed"
	case "settled":
		if !open {
			return "closed"
		}
	}
	return "unchanged"
}

// takeUpdate takes what another system has to say about a request: of one that
// it brought, what its reporter adds; of one that was handed to it, how the work
// goes.
func (s *Service) takeUpdate(c *call) (answer, error) {
	if err := c.need(scopeUpdate); err != nil {
		return answer{}, err
	}
	p := &c.params
	in := incoming{Key: c.key, Source: c.key.source(), urls: p.mediaURLs()}
	u := &in.Update
	u.ID, u.RequestID, u.Description = p.line("update_id"), p.line("service_request_id"), p.get("description")
	for name, v := range map[string]string{"update_id": u.ID, "service_request_id": u.RequestID} {
		if v == "" {
			p.note(name, "georeport.missing")
		} else if len(v) > 100 || strings.ContainsAny(v, " /") {
			p.note(name, "georeport.id_wrong")
		}
	}
	var known bool
	if u.Status, known = georeport.Status(p.get("status")); !known {
		p.note("status", "georeport.status_unknown", p.get("status"))
	}
	if p.get("updated_datetime") == "" {
		p.note("updated_datetime", "georeport.missing")
	}
	if u.At = p.time("updated_datetime"); !u.At.IsZero() && !georeport.Believable(u.At, c.now) {
		p.note("updated_datetime", "georeport.time_unbelievable")
	}
	if n := len([]rune(u.Description)); n > mostDescription {
		p.note("description", "georeport.too_long", mostDescription, n)
	}
	u.Reference = p.reference()
	if err := p.wrong.Err(); err != nil {
		return answer{}, err
	}
	if c.test {
		return c.say(georeport.UpdateTakenOf(c.format, u.ID)), nil
	}
	var err error
	if in.photos, err = s.photos(c); err != nil {
		return answer{}, err
	}
	if c.key.Destination != "" {
		in.Source = c.key.Destination
	}
	if err := s.receiveUpdate(c.r.Context(), in); err != nil {
		return answer{}, err
	}
	return c.say(georeport.UpdateTakenOf(c.format, u.ID)), nil
}

// notHis is the answer to an update of what is not the sender's business: as if
// it did not exist.
func notHis(id string) error {
	return fault.New(fault.NotFound, "georeport.request_unknown", nil, id)
}
