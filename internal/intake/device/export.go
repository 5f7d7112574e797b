package device

import (
	"fmt"
	"net/url"

	"gongzhi/internal/actor"
	"gongzhi/internal/export"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
)

// Exports are this feature's lists as tables. The table of /setup/devices itself
// is the one that can be mended and imported again; these say how things stand.
func (s *Service) Exports() []export.List {
	const look = "device.look"
	return []export.List{
		{Name: "devices", Back: "/setup/devices", Policy: look, Open: exportDevices},
		{Name: "device-faults", Back: "/setup/devices", Policy: look, Open: exportFaults},
		{Name: "device-missed", Back: "/setup/devices", Policy: look, Open: exportMissed},
		{Name: "device-readings", Back: "/setup/devices/entry/{of}", Policy: look, Open: exportReadings},
		{Name: "device-rules", Back: "/setup/devices/rules", Policy: look, Open: s.exportRules},
		{Name: "device-sources", Back: "/setup/devices/sources", Policy: look, Open: exportSources},
	}
}

const exportLot = 500

// exportDevices is the list as it is narrowed, with what each device said last.
func exportDevices(tx *sqldb.Tx, b page.Base, _ actor.Actor, q url.Values) (export.Table, error) {
	words, kind := q.Get("q"), q.Get("kind")
	p := listPage{Base: b}
	var err error
	if p.Units, err = units(tx); err != nil {
		return export.Table{}, err
	}
	var n int64
	const count = `select cast(count(*) as bigint) from intake_device d where ($1 = '' or d.kind = $1) and (d.code like $2 or d.name like $2 or d.address like $2)`
	if err := tx.QueryRow(count, kind, "%"+words+"%").Scan(&n); err != nil {
		return export.Table{}, fmt.Errorf("count devices: %w", err)
	}
	next := func(after string) (list []Listed, last string, err error) {
		if list, err = List(tx, words, kind, after, exportLot); len(list) == exportLot {
			last = list[exportLot-1].Code
		}
		return list, last, err
	}
	columns := export.Columns("code", "name_of", "kind", "address", "area", "state", "last_value", "heard", "readings", "open_faults")
	return export.Lots(columns, join(b, words, kind), n, next, func(x Listed) []any {
		_, word := p.state(x)
		return []any{x.Code, x.Name, x.Kind, x.Address, x.Area, word, p.reading(x), export.When(b, x.Heard), x.Readings, x.Faults}
	}), nil
}

func join(b page.Base, parts ...string) (out string) {
	for _, p := range parts {
		if p != "" && out != "" {
			out += b.T("export.comma")
		}
		out += p
	}
	return out
}

// mostFaults is how many faults a table holds: the newest.
const mostFaults = 20_000

func exportFaults(tx *sqldb.Tx, b page.Base, _ actor.Actor, _ url.Values) (export.Table, error) {
	list, err := Cases(tx, "", mostFaults)
	rows := make([][]any, len(list))
	for i, x := range list {
		state, request := b.T("device.fault_open"), ""
		if x.State == "" && x.Number == "" || x.Fault.State == FaultOver {
			state = b.T("device.fault_over")
		}
		if x.Number != "" {
			request = b.T("request.state_" + x.State)
		}
		rows[i] = []any{x.Of.Name, x.Device, x.At.Name, state, export.When(b, x.First), x.Of.show(x.Last), x.Of.show(x.Peak), x.Readings, x.Dropped, x.Number, request}
	}
	return export.Rows(export.Columns("fault", "code", "name_of", "state", "at", "last_value", "peak", "readings", "only_counted", "number", "request_state"), "", rows), err
}

func exportMissed(tx *sqldb.Tx, b page.Base, _ actor.Actor, _ url.Values) (export.Table, error) {
	list, err := MissedSince(tx, tx.Now.Add(-lately), "", mostFaults)
	rows := make([][]any, len(list))
	for i, m := range list {
		rows[i] = []any{missedName(b, m), b.T("device.drop_" + m.Reason), m.N, export.When(b, m.First), export.When(b, m.Last), m.Sample}
	}
	return export.Rows(export.Columns("device", "notice_why", "count", "at", "until", "sample"), b.T("device.figure_day"), rows), err
}

// exportReadings is all that is kept of what one device said, the newest first.
func exportReadings(tx *sqldb.Tx, b page.Base, _ actor.Actor, q url.Values) (export.Table, error) {
	d, err := Find(tx, q.Get(export.Of))
	if err != nil {
		return export.Table{}, err
	}
	units, err := units(tx)
	if err != nil {
		return export.Table{}, err
	}
	var n int64
	if err := tx.QueryRow(`select cast(count(*) as bigint) from intake_device_reading where device = $1`, d.Code).Scan(&n); err != nil {
		return export.Table{}, fmt.Errorf("count readings: %w", err)
	}
	table := export.Table{Columns: export.Columns("at", "metric", "value", "measure", "verdict"), Filter: d.Name + " " + d.Code, Count: n}
	table.Each = func(yield func(export.Row) error) error {
		return eachReading(tx, d.Code, func(p Point) error {
			verdict := ""
			if p.Verdict != "" {
				verdict = b.T("device.verdict_" + p.Verdict)
			}
			return yield(export.Row{Cells: []any{export.When(b, p.At), p.Metric, p.Value, units[d.Kind+" "+p.Metric], verdict}})
		})
	}
	return table, nil
}

// eachReading goes through the readings of a device in one reading of the
// database, so that two of the same moment are neither lost nor doubled.
func eachReading(tx *sqldb.Tx, device string, do func(Point) error) error {
	rows, err := tx.Query(`select at, metric, value, verdict from intake_device_reading where device = $1 order by at desc`, device)
	if err != nil {
		return fmt.Errorf("readings of %s: %w", device, err)
	}
	defer rows.Close()
	for rows.Next() {
		var p Point
		var at int64
		if err := rows.Scan(&at, &p.Metric, &p.Value, &p.Verdict); err != nil {
			return err
		}
		p.At = sqldb.FromMicros(at)
		if err := do(p); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (s *Service) exportRules(tx *sqldb.Tx, b page.Base, _ actor.Actor, _ url.Values) (export.Table, error) {
	list, err := Rules(tx)
	tree := s.Catalog.Book().Tree
	rows := make([][]any, len(list))
	for i, x := range list {
		rows[i] = []any{x.Kind, x.Name, x.says(b), tree.Name(x.Category), b.T("device.urgency_" + x.Urgency), x.Advice, onOff(b, x.Active)}
	}
	return export.Rows(export.Columns("kind", "name_of", "rule", "category", "urgency", "advice", "state"), "", rows), err
}

func onOff(b page.Base, on bool) string {
	if on {
		return b.T("device.rule_on")
	}
	return b.T("device.state_off")
}

func exportSources(tx *sqldb.Tx, b page.Base, _ actor.Actor, _ url.Values) (export.Table, error) {
	list, err := sourceRows(tx)
	rows := make([][]any, len(list))
	for i, x := range list {
		rows[i] = []any{x.Code, x.Name, x.Devices, onOff(b, x.Active)}
	}
	return export.Rows(export.Columns("code", "name_of", "devices", "state"), "", rows), err
}
