package app_test

import (
	"strings"
	"testing"

	"gongzhi/internal/locale"
	"gongzhi/internal/sqldb"
)

// TestEveryKindOfWorkHasAName holds for the page of background work, which
// shows no names of the program's own.
func TestEveryKindOfWorkHasAName(t *testing.T) {
	a, _ := open(t, sqldb.SQLite)
	kinds := a.Jobs.Kinds()
	if len(kinds) < 10 {
		t.Errorf("only %q are done", kinds)
	}
	for _, kind := range kinds {
		for _, lang := range []locale.Lang{locale.ZH, locale.EN} {
			if key := "setup.jobkind_" + strings.TrimRight(kind, "-0123456789"); !locale.Has(lang, key) {
				t.Errorf("%s has no name in %s", kind, lang)
			}
		}
	}
}
