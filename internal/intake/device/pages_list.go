package device

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/geo"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/sheet"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// listPage shows the devices, what is wrong now, and what was not kept.
type listPage struct {
	page.Base
	Can     bool
	Words   string
	Kind    string
	Kinds   []page.Option
	Rows    []Listed
	Paging  page.PageLinks
	Figures []page.Figure
	Cases   []Case
	Missed  []Missed
	Units   map[string]string // of readings, by kind and metric
}

// lately is the time that the list looks back.
const lately = 24 * time.Hour

func (s *Service) showList(w http.ResponseWriter, r *http.Request) error {
	q, err := web.Query(r)
	if err != nil {
		return err
	}
	p := listPage{Base: s.Base(w, r, "device.title"), Can: actor.Allowed(actor.From(r.Context()), "device.edit"), Words: q.String("q", 60), Kind: q.String("kind", 20)}
	err = s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		if p.Rows, err = List(tx, p.Words, p.Kind, q.String("after", 40), onPage+1); err != nil {
			return err
		}
		if len(p.Rows) > onPage {
			p.Rows = p.Rows[:onPage]
			p.Paging.Next = p.With("after", p.Rows[onPage-1].Code)
		}
		if q.Has("after") {
			p.Paging.Prev = p.With("after", "")
		}
		return s.fillList(tx, &p)
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, listView(p))
}

func (s *Service) fillList(tx *sqldb.Tx, p *listPage) error {
	kinds, err := Kinds(tx)
	if err != nil {
		return err
	}
	p.Kinds = append(p.Kinds, page.Option{Label: p.T("device.every_kind")})
	for _, k := range kinds {
		p.Kinds = append(p.Kinds, page.Option{Value: k, Label: k})
	}
	if p.Units, err = units(tx); err != nil {
		return err
	}
	if p.Cases, err = Cases(tx, "", 10); err != nil {
		return err
	}
	if p.Missed, err = MissedSince(tx, tx.Now.Add(-lately), "", 20); err != nil {
		return err
	}
	return s.figures(tx, p)
}

func (s *Service) figures(tx *sqldb.Tx, p *listPage) error {
	var all, heard, open, missed int64
	const q = `select (select cast(count(*) as bigint) from intake_device where active), (select cast(count(*) as bigint) from intake_device_state where received_at >= $1),
		(select cast(count(*) as bigint) from intake_device_fault where closed_at = 0 and state = 'open'),
		(select cast(coalesce(sum(n), 0) as bigint) from intake_device_drop where hour >= $2)`
	since := tx.Now.Add(-lately)
	if err := tx.QueryRow(q, since.UnixMicro(), since.Truncate(time.Hour).UnixMicro()).Scan(&all, &heard, &open, &missed); err != nil {
		return err
	}
	line := p.T("device.mqtt_off")
	if l := s.connection(); l != nil {
		line = p.T("device.mqtt_online", l.Online())
	}
	p.Figures = []page.Figure{
		{Label: p.T("device.figure_all"), Value: locale.Count(int(all)), Note: line},
		{Label: p.T("device.figure_heard"), Value: locale.Count(int(heard)), Note: p.T("device.figure_day")},
		{Label: p.T("device.figure_open"), Value: locale.Count(int(open)), Note: p.T("device.figure_open_note"), Bad: open > 0},
		{Label: p.T("device.figure_missed"), Value: locale.Count(int(missed)), Note: p.T("device.figure_day"), Bad: missed > 0},
	}
	return nil
}

// units of readings by kind and metric, from the rules.
func units(tx *sqldb.Tx) (map[string]string, error) {
	list, err := Rules(tx)
	out := map[string]string{}
	for _, r := range list {
		out[r.Kind+" "+r.Metric] = r.Unit
	}
	return out, err
}

// state is the shape and word of how a device stands.
func (p listPage) state(x Listed) (kind, word string) {
	switch {
	case !x.Active:
		return "wait", p.T("device.state_off")
	case x.Faults > 0:
		return "late", p.T("device.state_fault")
	case x.Heard.IsZero():
		return "new", p.T("device.state_new")
	case p.Now.Sub(x.Heard) > lately:
		return "due", p.T("device.state_silent")
	}
	return "done", p.T("device.state_fine")
}

func (p listPage) reading(x Listed) string {
	if x.Heard.IsZero() {
		return "–"
	}
	return Show(x.Value, p.Units[x.Kind+" "+x.Metric])
}

// missedName is who a count is about.
func missedName(b page.Base, m Missed) string {
	if code, system := strings.CutPrefix(m.Device, "@"); system {
		return b.T("device.source_of", code)
	}
	return strings.TrimSpace(m.Device + " " + m.Name)
}

// columns of the table of devices, as it is exported and imported.
var columns = []string{"code", "name", "kind", "facility", "address", "area", "lat", "lng", "datum", "source", "per_minute", "active"}

func (d Device) cells(lang locale.Lang) []string {
	active := locale.T(lang, "device.no")
	if d.Active {
		active = locale.T(lang, "device.yes")
	}
	p, datum := d.given()
	return []string{d.Code, d.Name, d.Kind, d.Facility, d.Address, d.Area, degrees(p.Lat), degrees(p.Lng), datum, d.Source, strconv.FormatInt(d.PerMinute, 10), active}
}

// given is the point as it was given, and in which coordinate system, "" without
// a point.
func (d Device) given() (geo.Point, string) {
	switch {
	case d.Origin.Datum != "":
		return geo.Point{Lat: d.Origin.Lat, Lng: d.Origin.Lng}, string(d.Origin.Datum)
	case d.Lat == 0 && d.Lng == 0:
		return geo.Point{}, ""
	}
	return geo.Point{Lat: d.Lat, Lng: d.Lng}, string(geo.WGS84)
}

// degrees are written whole: what is exported is imported again as the same point.
func degrees(f float64) string {
	if f == 0 {
		return ""
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// tableWidths begins the table as a workbook.
func tableWidths(out io.Writer) sheet.Writer {
	return sheet.XLSX(out, 16, 24, 14, 16, 28, 18, 12, 12, 10, 14, 12, 8)
}

func (s *Service) tableXLSX(w http.ResponseWriter, r *http.Request) error {
	var out bytes.Buffer
	if err := s.table(r.Context(), web.Lang(r), tableWidths(&out)); err != nil {
		return err
	}
	return download(w, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "devices.xlsx", out.Bytes())
}

func (s *Service) tableCSV(w http.ResponseWriter, r *http.Request) error {
	var out bytes.Buffer
	if err := s.table(r.Context(), web.Lang(r), sheet.CSV(&out)); err != nil {
		return err
	}
	return download(w, "text/csv; charset=utf-8", "devices.csv", out.Bytes())
}

// table writes all devices. With none it is the form to fill in.
func (s *Service) table(ctx context.Context, lang locale.Lang, out sheet.Writer) error {
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = locale.T(lang, "device.column_"+c)
	}
	if err := out.Write(head...); err != nil {
		return err
	}
	err := s.DB.View(ctx, func(tx *sqldb.Tx) error {
		const batch = 1000
		for after := ""; ; {
			list, err := List(tx, "", "", after, batch)
			if err != nil {
				return err
			}
			for _, x := range list {
				if err := out.Write(x.cells(lang)...); err != nil {
					return err
				}
			}
			if len(list) < batch {
				return nil
			}
			after = list[batch-1].Code
		}
	})
	if err != nil {
		return err
	}
	return out.Close()
}

func download(w http.ResponseWriter, kind, name string, data []byte) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(data)
	return nil
}
