package request

import (
	"fmt"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/sqldb"
)

// View is a filter that a member of staff has kept under a name. It belongs to
// the person alone and gives no rights: its list is narrowed like any other.
type View struct {
	ID    string
	Name  string
	Query string // as Filter.Query writes it
}

// mostViews is how many views one person keeps. More cannot be overlooked.
const mostViews = 30

// Views are the kept filters of the actor, oldest first.
func Views(tx *sqldb.Tx, a actor.Actor) ([]View, error) {
	rows, err := tx.Query(`select id, name, query from request_view where staff_id = $1 order by created_at, id`, a.ID)
	if err != nil {
		return nil, fmt.Errorf("views of %s: %w", a.ID, err)
	}
	defer rows.Close()
	var out []View
	for rows.Next() {
		var v View
		if err := rows.Scan(&v.ID, &v.Name, &v.Query); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// SaveView keeps a filter under a name; the same name again replaces it.
func SaveView(tx *sqldb.Tx, a actor.Actor, name, query string) error {
	if err := actor.Can(a, "request.list"); err != nil {
		return err
	}
	var f fault.Fields
	if n := len([]rune(strings.TrimSpace(name))); n == 0 || n > 30 {
		f.Add("name", "request.view_name")
	}
	kept, err := Views(tx, a)
	if err != nil {
		return err
	}
	if len(kept) >= mostViews {
		f.Add("name", "request.views_full", mostViews)
	}
	if err := f.Err(); err != nil {
		return err
	}
	if err := tx.Exec(`delete from request_view where staff_id = $1 and name = $2`, a.ID, name); err != nil {
		return err
	}
	return tx.Exec(`insert into request_view(id, staff_id, name, query, created_at) values ($1, $2, $3, $4, $5)`, id.New(tx.Now), a.ID, name, query, sqldb.Micros(tx.Now))
}

// DropView forgets a filter of the actor's own.
func DropView(tx *sqldb.Tx, a actor.Actor, view string) error {
	return tx.Exec(`delete from request_view where id = $1 and staff_id = $2`, view, a.ID)
}
