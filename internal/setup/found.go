package setup

import (
	"cmp"
	"context"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// Founding makes an administrator of a city from the command line: nobody can
// sign in before there is one.
type Founding struct{ Login, Name, Role, Unit string }

// Found gives the new account a first password. In an empty city it makes the
// root of the units, named as the city is.
func (s *Service) Found(ctx context.Context, c Founding, city string) (Credential, error) {
	role := actor.Role(c.Role)
	if role != actor.SysAdmin && role != actor.SecAdmin {
		return Credential{}, fault.New(fault.Invalid, "setup.found_role", nil, c.Role)
	}
	out := Credential{Login: c.Login, Name: c.Name, Password: NewPassword()}
	hash := actor.HashPassword(out.Password)
	err := s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Lock("setup.units", "setup.staff"); err != nil {
			return err
		}
		if err := root(tx, &c, city); err != nil {
			return err
		}
		return saveOne(tx, actor.System, staffKind(), Save{Kind: "staff",
			Typed: record{"login": c.Login, "name": c.Name, "unit": c.Unit, "roles": c.Role, "active": "1", "_hash": hash}}, nil)
	})
	return out, err
}

// root fills in the unit: the root, made first where there is none.
func root(tx *sqldb.Tx, c *Founding, city string) error {
	units, err := actor.Units(tx)
	if err != nil || c.Unit != "" {
		return err
	}
	for _, u := range units {
		if u.Parent == "" {
			c.Unit = u.ID
			return nil
		}
	}
	c.Unit = "city"
	u := actor.Unit{ID: c.Unit, Name: cmp.Or(city, "市人民政府"), Kind: "city", Active: true}
	if err := actor.SaveUnit(tx, u); err != nil {
		return err
	}
	return actor.Deed(tx, actor.System, "setup.create", "units/"+u.ID, "")
}
