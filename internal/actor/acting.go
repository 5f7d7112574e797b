package actor

import (
	"fmt"

	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// Acting is the actor that an account is now, for work that goes on after its
// session: with the rights of this moment, NotFound when it is switched off.
func Acting(tx *sqldb.Tx, staff string) (Actor, error) {
	s, err := FindStaff(tx, staff)
	if err != nil {
		return Actor{}, err
	}
	if !s.Active {
		return Actor{}, fault.New(fault.NotFound, "actor.staff_not_found", nil)
	}
	u, err := FindUnit(tx, s.UnitID)
	if err != nil {
		return Actor{}, err
	}
	return Actor{ID: s.ID, Login: s.Login, Name: s.Name, Number: s.Number, Roles: s.Roles,
		UnitID: u.ID, UnitName: u.Name, UnitPath: u.Path, UnitKind: u.Kind, UnitArea: u.Area}, nil
}

// SessionName names the actor's session, whatever token it has by now: a
// session gets a new one when the person proves once more who sits there.
func SessionName(tx *sqldb.Tx, a Actor) (string, error) {
	if a.Token != "" {
		return "token/" + a.Token, nil
	}
	var name string
	const q = `select coalesce((select staff_id || '/' || cast(created_at as text) from actor_session where token = $1), '')`
	if err := tx.QueryRow(q, a.Session).Scan(&name); err != nil {
		return "", fmt.Errorf("name session: %w", err)
	}
	return name, nil
}
