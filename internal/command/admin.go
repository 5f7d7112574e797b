package command

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"gongzhi/internal/app"
	"gongzhi/internal/config"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/setup"
)

// admin makes the first administrators of a city: gongzhi admin --login NAME
// --name 姓名 --role sysadmin|secadmin.
func admin(ctx context.Context, e env, args []string) error {
	var who setup.Founding
	c, rest, err := config.Load("gongzhi admin", args, e.vars, e.err, func(fs *flag.FlagSet) {
		fs.StringVar(&who.Login, "login", "", "`NAME` to sign in with")
		fs.StringVar(&who.Name, "name", "", "the person's `NAME`")
		fs.StringVar(&who.Role, "role", "sysadmin", "sysadmin keeps the city's data, secadmin the accounts")
		fs.StringVar(&who.Unit, "unit", "", "`ID` of the unit; empty is the city itself, which is made where there is none")
	})
	if err != nil {
		return err
	}
	if len(rest) > 0 || who.Login == "" || who.Name == "" {
		return errors.New("usage: gongzhi admin --db URL --login NAME --name NAME --role sysadmin|secadmin [--unit ID]")
	}
	a, err := app.Open(ctx, c, app.Options{})
	if err != nil {
		return err
	}
	defer a.Close()
	made, err := a.Setup.Found(ctx, who, c.City)
	if err != nil {
		return inWords(err)
	}
	_, err = fmt.Fprintf(e.out, "gongzhi: %s (%s) signs in with the password\n\n\t%s\n\nIt is shown this once and must be changed at the first sign-in.\n", who.Login, who.Role, made.Password)
	return err
}

// inWords is an error as a person at a terminal reads it.
func inWords(err error) error {
	if fields := fault.FieldsOf(err); len(fields) > 0 {
		var all []error
		for _, f := range fields {
			all = append(all, fmt.Errorf("%s: %s", f.Name, locale.T(locale.ZH, f.Key, f.Args...)))
		}
		return errors.Join(all...)
	}
	if key, args := fault.KeyOf(err); key != "" && fault.KindOf(err) != fault.Internal {
		return errors.New(locale.T(locale.ZH, key, args...))
	}
	return err
}
