package command

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

func TestAnEmptyCityGetsItsTwoAdministrators(t *testing.T) {
	dir, db := t.TempDir(), sqldbtest.Address(t, sqldb.SQLite)
	run := func(args ...string) (string, error) {
		var out, errs bytes.Buffer
		err := Run(t.Context(), append([]string{"admin", "--data", dir, "--db", db, "--city", "云泽市人民政府"}, args...), nil, &out, &errs)
		return out.String(), err
	}
	password := regexp.MustCompile(`\t([a-z2-9]{4}(-[a-z2-9]{4}){3})\n`)
	for _, role := range []string{"sysadmin", "secadmin"} {
		out, err := run("--login", role, "--name", "王芳", "--role", role)
		if err != nil || !password.MatchString(out) {
			t.Errorf("%s: %v\n%s", role, err, out)
		}
	}
	for want, args := range map[string][]string{
		"已经有了":  {"--login", "sysadmin", "--name", "另一人"},
		"只能建":   {"--login", "boss", "--name", "某人", "--role", "supervisor"},
		"没有单位":  {"--login", "third", "--name", "某人", "--unit", "moon"},
		"usage": {"--login", "x"},
	} {
		if _, err := run(args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
}
