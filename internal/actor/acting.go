package actor

import (
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
