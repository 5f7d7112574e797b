package actor

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/sqldb"
)

// Staff is an account.
type Staff struct {
	ID       string
	Login    string
	Name     string
	Number   string
	UnitID   string
	UnitName string
	Roles    []Role
	Active   bool
	Demo     bool // listed on the sign-in page of the demonstration
}

const staffQuery = `select s.id, s.login, s.name, s.number, s.unit_id, u.name, s.active, s.demo,
	coalesce((select string_agg(r.role, ',') from actor_role r where r.staff_id = s.id), '')
	from actor_staff s join actor_unit u on u.id = s.unit_id`

// AllStaff lists accounts by unit and name.
func AllStaff(tx *sqldb.Tx) ([]Staff, error) {
	rows, err := tx.Query(staffQuery + ` order by u.path, s.login`)
	if err != nil {
		return nil, fmt.Errorf("list staff: %w", err)
	}
	defer rows.Close()
	var out []Staff
	for rows.Next() {
		s, err := scanStaff(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list staff: %w", err)
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// FindStaff reads one account by id, or NotFound.
func FindStaff(tx *sqldb.Tx, staff string) (Staff, error) {
	s, err := scanStaff(tx.QueryRow(staffQuery+` where s.id = $1`, staff).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return s, fault.New(fault.NotFound, "actor.staff_not_found", err)
	}
	return s, err
}

func scanStaff(scan func(...any) error) (Staff, error) {
	var s Staff
	var roles string
	if err := scan(&s.ID, &s.Login, &s.Name, &s.Number, &s.UnitID, &s.UnitName, &s.Active, &s.Demo, &roles); err != nil {
		return s, err
	}
	for r := range strings.SplitSeq(roles, ",") {
		if r != "" {
			s.Roles = append(s.Roles, Role(r))
		}
	}
	return s, nil
}

// SaveStaff creates (empty ID) or changes an account and its roles. A hash of
// "" keeps the password. It returns the account's id.
func SaveStaff(tx *sqldb.Tx, s Staff, hash string) (string, error) {
	if s.Login == "" || s.Name == "" || s.UnitID == "" {
		return "", fault.New(fault.Invalid, "actor.staff_incomplete", nil)
	}
	if s.ID == "" {
		s.ID = id.New(tx.Now)
	}
	const q = `insert into actor_staff(id, login, name, number, unit_id, password, active, demo, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (id) do update set login = excluded.login, name = excluded.name, number = excluded.number, unit_id = excluded.unit_id,
		password = case when excluded.password = '' then actor_staff.password else excluded.password end,
		active = excluded.active, demo = excluded.demo`
	if err := tx.Exec(q, s.ID, s.Login, s.Name, s.Number, s.UnitID, hash, s.Active, s.Demo, tx.Now.UnixMicro()); err != nil {
		return "", fmt.Errorf("save staff %s: %w", s.Login, err)
	}
	if err := tx.Exec(`delete from actor_role where staff_id = $1`, s.ID); err != nil {
		return "", err
	}
	for _, r := range s.Roles {
		if err := tx.Exec(`insert into actor_role(staff_id, role) values ($1, $2)`, s.ID, string(r)); err != nil {
			return "", fmt.Errorf("save roles of %s: %w", s.Login, err)
		}
	}
	return s.ID, nil
}

// Names maps staff ids to names, for histories.
func Names(tx *sqldb.Tx, ids []string) (map[string]string, error) {
	return names(tx, `select id, name from actor_staff where id in (%s)`, ids)
}

func names(tx *sqldb.Tx, query string, ids []string) (map[string]string, error) {
	out := map[string]string{}
	if len(ids) == 0 {
		return out, nil
	}
	marks, args := sqldb.In(1, ids)
	rows, err := tx.Query(fmt.Sprintf(query, marks), args...)
	if err != nil {
		return nil, fmt.Errorf("names: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var k, v string
		if err := rows.Scan(&k, &v); err != nil {
			return nil, err
		}
		out[k] = v
	}
	return out, rows.Err()
}

// Deed records an administrative act: who changed what outside the history of
// a matter. detail holds codes and figures, never personal data.
func Deed(tx *sqldb.Tx, a Actor, deed, subject, detail string) error {
	const q = `insert into actor_deed(id, at, actor, unit, deed, subject, detail) values ($1, $2, $3, $4, $5, $6, $7)`
	if err := tx.Exec(q, id.New(tx.Now), tx.Now.UnixMicro(), a.HistoryID(), a.UnitID, deed, subject, detail); err != nil {
		return fmt.Errorf("record deed %s: %w", deed, err)
	}
	return nil
}
