package device

import (
	"fmt"

	"gongzhi/internal/actor"
	"gongzhi/internal/locale"
	"gongzhi/internal/matter"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
)

// Finding is a fault with what it is about.
type Finding struct {
	Fault
	Of Rule
	At Device
}

// Faults are the faults behind a request, oldest first.
func Faults(tx *sqldb.Tx, m matter.ID) ([]Finding, error) {
	const q = `select ` + faultColumns + `, r.name, r.kind, r.metric, r.unit, r.below, r.trip, r.clear, d.name from intake_device_fault f
		join intake_device_rule r on r.id = f.rule join intake_device d on d.code = f.device where f.matter_id = $1 order by f.id limit 200`
	rows, err := tx.Query(q, m)
	if err != nil {
		return nil, fmt.Errorf("faults of %s: %w", m, err)
	}
	defer rows.Close()
	var out []Finding
	for rows.Next() {
		var x Finding
		if x.Fault, err = scanFault(rows.Scan, &x.Of.Name, &x.Of.Kind, &x.Of.Metric, &x.Of.Unit, &x.Of.Below, &x.Of.Trip, &x.Of.Clear, &x.At.Name); err != nil {
			return nil, err
		}
		x.At.Code = x.Device
		out = append(out, x)
	}
	return out, rows.Err()
}

// Panels are the readings behind a request on its page.
func (s *Service) Panels(tx *sqldb.Tx, b page.Base, a actor.Actor, o *request.Order, _ *show.Failed) ([]show.Panel, error) {
	list, err := Faults(tx, o.ID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	p := panel{Base: b, List: list, Link: actor.Allowed(a, "device.look")}
	if len(list) == 1 {
		if p.Points, err = Points(tx, list[0].Device, list[0].Of.Metric, 60); err != nil {
			return nil, err
		}
		if len(p.Points) > 1 {
			p.Chart = chart(b, list[0].At.Name, list[0].Of.Unit, p.Points)
			p.Chart.High = p.limitLine()
		}
	}
	return []show.Panel{{ID: "readings", Label: b.T("device.panel", p.total()), Body: panelView(p)}}, nil
}

// panel is what the page of a request shows of its devices.
type panel struct {
	page.Base
	List   []Finding
	Link   bool
	Points []Point
	Chart  page.Chart
}

func (p panel) total() string {
	var n int64
	for _, x := range p.List {
		n += x.Readings + x.Dropped
	}
	return locale.Count(int(n))
}

// limitLine is the threshold beside each reading, so that the chart marks what
// lies above it.
func (p panel) limitLine() []float64 {
	if p.List[0].Of.Below {
		return nil
	}
	out := make([]float64, len(p.Chart.Values))
	for i := range out {
		out[i] = p.List[0].Of.Trip
	}
	return out
}
