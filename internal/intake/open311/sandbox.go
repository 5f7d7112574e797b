package open311

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"gongzhi/internal/catalog"
	"gongzhi/internal/id"
	"gongzhi/internal/intake/open311/georeport"
	"gongzhi/internal/sqldb"
)

// sandbox keeps a request of the test endpoint. It is checked like a real one,
// can be read back by everybody for a week, and reaches nobody's desk; so it
// holds nothing of whoever reported it.
func (s *Service) sandbox(c *call, b brought, leaf catalog.Category) (answer, error) {
	r := georeport.Request{Status: "open", ServiceName: leaf.Name, ServiceCode: leaf.Code, Description: b.Report.Body, Notice: leaf.Hint,
		Requested: c.now, Updated: c.now, Address: b.Report.Address, Lat: b.Report.Lat, Long: b.Report.Lng, Placed: b.Report.Lat != 0 || b.Report.Lng != 0}
	err := s.DB.Update(c.r.Context(), func(tx *sqldb.Tx) error {
		r.ID = "test-" + id.New(tx.Now)
		record, err := json.Marshal(r)
		if err != nil {
			return err
		}
		const q = `insert into intake_open311_sandbox(id, key_id, service_code, record, at) values ($1, $2, $3, $4, $5)`
		return tx.Exec(q, r.ID, c.key.ID, leaf.Code, string(record), tx.Now.UnixMicro())
	})
	return c.say(georeport.CreatedOf(c.format, georeport.Created{ID: r.ID, Notice: leaf.Hint, Account: c.params.get("account_id")})), err
}

// sandboxed lists what was tried out, or one of it.
func (s *Service) sandboxed(c *call) (answer, error) {
	f := c.filter()
	if c.one {
		f = filter{ids: []string{c.id}, size: 1}
	}
	if err := c.params.wrong.Err(); err != nil {
		return answer{}, err
	}
	var list []georeport.Request
	err := s.DB.View(c.r.Context(), func(tx *sqldb.Tx) (err error) {
		list, err = tried(tx, f)
		return err
	})
	if err == nil && c.one && len(list) == 0 {
		err = unknownRequest(c.id)
	}
	if err != nil {
		return answer{}, err
	}
	return c.say(georeport.RequestsOf(c.format, list)), nil
}

func tried(tx *sqldb.Tx, f filter) ([]georeport.Request, error) {
	q := query{cond: []string{`1 = 1`}}
	if len(f.ids) > 0 {
		q.in(`id`, f.ids)
	} else if !f.from.IsZero() {
		q.add(`at >= ?`, f.from.UnixMicro())
		q.add(`at < ?`, f.to.Truncate(time.Second).Add(time.Second).UnixMicro())
	}
	if len(f.codes) > 0 {
		q.in(`service_code`, f.codes)
	}
	text := `select record from intake_open311_sandbox where ` + q.String() + ` order by at desc, id desc limit ` + strconv.Itoa(f.size)
	rows, err := tx.Query(text, q.args...)
	if err != nil {
		return nil, fmt.Errorf("sandbox of open311: %w", err)
	}
	defer rows.Close()
	var out []georeport.Request
	for rows.Next() {
		var record string
		var r georeport.Request
		if err := rows.Scan(&record); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(record), &r); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	if f.open == "no" || len(f.states) > 0 && !slices.Contains(f.states, "registered") {
		out = nil // what is only tried out stays as it came
	}
	return out, rows.Err()
}
