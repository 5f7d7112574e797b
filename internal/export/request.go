package export

import (
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
)

// batch is how many requests are read at once: the most that request.List gives.
const batch = 200

// RequestColumns are what every list of requests says of each. Lists add their
// own after them.
var RequestColumns = Columns("number", "title", "state", "type", "category", "channel", "area", "address", "lat", "lng", "datum", "unit", "urgency", "received", "due", "standing",
	"closed", "round", "flags", "followers", "repeat_nth", "repeat_people", "solved", "rating")

// Requests is a list of requests under a filter. more gives the cells of columns
// beside RequestColumns for a batch of rows; nil: there are none.
func Requests(tx *sqldb.Tx, b page.Base, cal *calendar.Calendar, a actor.Actor, f request.Filter, columns []Column, more func([]request.Row) ([][]any, error)) (Table, error) {
	n, err := request.Count(tx, a, f)
	if err != nil {
		return Table{}, err
	}
	t := Table{Columns: append(append([]Column{}, RequestColumns...), columns...), Count: n}
	t.Each = func(yield func(Row) error) error {
		return eachBatch(tx, a, f, func(rows []request.Row) error {
			var extra [][]any
			if more != nil {
				var err error
				if extra, err = more(rows); err != nil {
					return err
				}
			}
			for i := range rows {
				cells := Cells(b, cal, &rows[i])
				if extra != nil {
					cells = append(cells, extra[i]...)
				}
				if err := yield(Row{cells, &rows[i].Order}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return t, nil
}

// eachBatch goes through all pages of a list. In one unit of work they are pages
// of one state of the database: none is missed and none comes twice.
func eachBatch(tx *sqldb.Tx, a actor.Actor, f request.Filter, do func([]request.Row) error) error {
	for after := ""; ; {
		rows, next, err := request.List(tx, a, f, request.Page{After: after, Size: batch})
		if err != nil {
			return err
		}
		if err := do(rows); err != nil || next == "" {
			return err
		}
		after = next
	}
}

// Cells are the cells of RequestColumns, in the words of the pages.
func Cells(b page.Base, cal *calendar.Calendar, r *request.Row) []any {
	_, state := show.State(b, &r.Order)
	standing := ""
	if r.Open && !r.DueAt.IsZero() && r.State != request.Replied && r.State != request.ToCallback {
		_, standing = show.Due(b, cal, &r.Order, b.Now)
	}
	flags := make([]string, len(r.Flags))
	for i, f := range r.Flags {
		flags[i] = b.T("request.flag_" + f)
	}
	solved := ""
	if r.Solved != "" {
		solved = b.T("request.solved_" + r.Solved)
	}
	var rating any
	if r.Rating > 0 {
		rating = r.Rating
	}
	var lat, lng any
	at, datum := r.Given()
	if !at.Zero() {
		lat, lng = at.Lat, at.Lng
	}
	return []any{r.Number, r.Title, state, b.T("request.type_" + r.Type), r.CategoryName, b.T("request.channel_" + r.Channel), r.AreaName, r.Address, lat, lng, string(datum), r.UnitName,
		b.T("request.urgency_" + r.Urgency), When(b, r.OpenedAt), When(b, r.DueAt), standing, When(b, r.ClosedAt), r.Round, strings.Join(flags, b.T("export.comma")),
		r.Followers, max(1, r.Repeats.Nth), max(1, r.Repeats.People), solved, rating}
}

// When is a moment in the city's zone, nothing for none.
func When(b page.Base, t time.Time) any {
	if t.IsZero() {
		return nil
	}
	if b.Zone == nil {
		return t.UTC()
	}
	return t.In(b.Zone)
}
