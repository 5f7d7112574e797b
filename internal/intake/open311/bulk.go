package open311

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"

	"gongzhi/internal/intake/open311/georeport"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// bulkColumns are those of GeoReport Bulk.
var bulkColumns = []string{"service_request_id", "requested_datetime", "updated_datetime", "closed_date", "status_description", "status_notes", "source",
	"service_name", "service_subtype", "description", "agency_responsible", "address", "lat", "long"}

// bulk is the open data export: the published requests of a window, as a table.
// More than mostRows go over several pages, which the header Link joins.
func (s *Service) bulk(c *call) (answer, error) {
	f := c.filter()
	if err := c.params.wrong.Err(); err != nil {
		return answer{}, err
	}
	if c.test {
		return s.bulkOf(c, nil), nil
	}
	var rows []row
	err := s.DB.View(c.r.Context(), func(tx *sqldb.Tx) (err error) {
		rows, err = s.read311(tx, nil, f)
		return err
	})
	if err != nil {
		return answer{}, err
	}
	a := s.bulkOf(c, rows)
	if n := len(rows); n == f.size && n > 0 && len(f.ids) == 0 {
		a.next = c.next("after", strconv.FormatInt(rows[n-1].opened, 36)+"-"+rows[n-1].id)
	}
	return a, nil
}

func (s *Service) bulkOf(c *call, rows []row) answer {
	records := make([][]string, len(rows))
	for i := range rows {
		records[i] = s.record(c, &rows[i])
	}
	if c.csv {
		var buf bytes.Buffer
		w := csv.NewWriter(&buf)
		w.UseCRLF = true
		_ = w.Write(bulkColumns) // into memory
		for _, r := range records {
			for i := range r {
				r[i] = harmless(r[i], i >= len(r)-2)
			}
			_ = w.Write(r)
		}
		w.Flush()
		return answer{media: "text/csv; charset=utf-8; header=present", body: buf.Bytes(), total: -1}
	}
	w := georeport.NewWriter(c.format)
	w.List("service_requests")
	for _, r := range records {
		w.Object("request")
		for i, name := range bulkColumns {
			w.Text(name, r[i])
		}
		w.End()
	}
	w.End()
	return c.say(w.Bytes())
}

// harmless keeps a spreadsheet from taking a cell for a formula. Coordinates are
// numbers and may begin with a minus.
func harmless(cell string, number bool) string {
	if number || cell == "" || !strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return cell
	}
	return "'" + cell
}

func (s *Service) record(c *call, r *row) []string {
	p := s.publicly(c, r)
	closed, lat, long := "", "", ""
	if r.closed != 0 {
		closed = georeport.FormatTime(sqldb.FromMicros(r.closed).In(p.Requested.Location()))
	}
	if p.Placed {
		lat, long = strconv.FormatFloat(p.Lat, 'f', -1, 64), strconv.FormatFloat(p.Long, 'f', -1, 64)
	}
	return []string{p.ID, georeport.FormatTime(p.Requested), georeport.FormatTime(p.Updated), closed, strings.ToLower(detailedOf(r.state)), request.Hide(r.notes), r.channel,
		p.ServiceName, "", p.Description, p.Agency, p.Address, lat, long}
}
