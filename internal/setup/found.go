package setup

import (
	"cmp"
	"context"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/notice"
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
		if err := notice.Plant(tx, actor.SystemID); err != nil {
			return err
		}
		if _, err := catalog.PlantSignals(tx, actor.SystemID); err != nil {
			return err
		}
		if err := catalog.PlantLadder(tx, actor.SystemID); err != nil {
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

// Founders are the first two administrators of a city, made in the browser by
// whoever holds the token of the first start: the one who sits there keeps the
// city's data and chooses a password, the other one keeps the accounts and gets
// a first password.
type Founders struct {
	City          string
	Login, Name   string
	New, Again    string // password
	Other, Called string // login and name of the other one
}

// FoundLocks keep two from founding a city at once.
var FoundLocks = []string{"setup.units", "setup.staff"}

// Check says what is wrong with what was typed.
func (c Founders) Check() error {
	var fields fault.Fields
	for _, x := range [][2]string{{"city", c.City}, {"login", c.Login}, {"name", c.Name}, {"other", c.Other}, {"called", c.Called}} {
		if x[1] == "" {
			fields.Add(x[0], "web.field_missing")
		}
	}
	if key, args := weak(ChangePassword{New: c.New}, actor.Actor{Login: c.Login}); key != "" {
		fields.Add("new", key, args...)
	}
	if c.New != c.Again {
		fields.Add("again", "setup.password_again")
	}
	if c.Login == c.Other && c.Login != "" {
		fields.Add("other", "setup.founders_same")
	}
	return fields.Err()
}

// FoundBoth makes both accounts in the unit of work of tx, in a city that has
// none. The caller has taken FoundLocks. It returns the id of the first.
func (s *Service) FoundBoth(tx *sqldb.Tx, c Founders, own, others string) (staff string, err error) {
	at := Founding{}
	if err := root(tx, &at, c.City); err != nil {
		return "", err
	}
	if err := notice.Plant(tx, actor.SystemID); err != nil {
		return "", err
	}
	if _, err := catalog.PlantSignals(tx, actor.SystemID); err != nil {
		return "", err
	}
	if err := catalog.PlantLadder(tx, actor.SystemID); err != nil {
		return "", err
	}
	for _, x := range []record{
		{"login": c.Login, "name": c.Name, "roles": string(actor.SysAdmin), "_hash": own},
		{"login": c.Other, "name": c.Called, "roles": string(actor.SecAdmin), "_hash": others},
	} {
		x["unit"], x["active"] = at.Unit, "1"
		if err := saveOne(tx, actor.System, staffKind(), Save{Kind: "staff", Typed: x}, nil); err != nil {
			return "", renamed(err, x["login"] == c.Other)
		}
	}
	first, err := staffKind().one(tx, c.Login)
	if err != nil {
		return "", err
	}
	if err := tx.Exec(`update setup_password set must_change = $1 where staff_id = $2`, false, first["_id"]); err != nil {
		return "", err
	}
	return first["_id"], catalog.SaveSetting(tx, "city.name", c.City)
}

// renamed gives a problem of the other account's columns the names of the form.
func renamed(err error, other bool) error {
	fields := fault.FieldsOf(err)
	if !other || len(fields) == 0 {
		return err
	}
	out := make(fault.Fields, len(fields))
	for i, f := range fields {
		out[i] = fault.Field{Name: map[string]string{"login": "other", "name": "called"}[f.Name], Key: f.Key, Args: f.Args}
	}
	return out
}
