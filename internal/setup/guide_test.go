package setup

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/setup/setuptest"
	"gongzhi/internal/sheet"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// filled is the combined template with rows in its worksheets.
func filled(t *testing.T, rows map[string][]string) []byte {
	t.Helper()
	var empty bytes.Buffer
	if err := workbook(&empty, locale.ZH); err != nil {
		t.Fatal(err)
	}
	return setuptest.Fill(t, empty.Bytes(), rows)
}

func TestAWorkbookOfAllTablesComesInWholeOrNotAtAll(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := service(t, db)
		good := filled(t, setuptest.City())
		// One wrong row: nothing of the other tables comes in, and the row is named.
		wrong := setuptest.City()
		wrong["职责清单"] = append(wrong["职责清单"], "清单编号=D2 事项=0101 主办单位=moon")
		up, err := s.UploadAll(t.Context(), sysadmin, "city.xlsx", filled(t, wrong))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.ConfirmAll(t.Context(), sysadmin, up); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a workbook with a fault: %v", err)
		}
		parts, err := s.tryAll(t.Context(), sysadmin, "city.xlsx", filled(t, wrong))
		if err != nil || len(parts) != 4 || len(parts[3].Plan.Problems) != 1 || parts[3].Plan.Problems[0].Row != 3 {
			t.Errorf("parts %+v, %v: %+v", parts, err, parts[len(parts)-1].Plan.Problems)
		}
		for _, k := range guideKinds {
			if n := size(t, s, k); n != map[string]int{"units": 1}[k] {
				t.Errorf("%d %s came in", n, k)
			}
		}

		if up, err = s.UploadAll(t.Context(), sysadmin, "city.xlsx", good); err != nil {
			t.Fatal(err)
		}
		if n := size(t, s, "areas"); n != 0 {
			t.Errorf("the preview has changed something: %d areas", n)
		}
		if _, err := s.ConfirmAll(t.Context(), secadmin, up); fault.KindOf(err) != fault.Denied {
			t.Errorf("the security administrator confirms: %v", err)
		}
		if _, err := s.ConfirmAll(t.Context(), sysadmin, up); err != nil {
			t.Fatal(err)
		}
		for k, want := range map[string]int{"areas": 2, "units": 3, "categories": 2, "duties": 1, "days": 2} {
			if n := size(t, s, k); n != want {
				t.Errorf("%d %s, want %d", n, k, want)
			}
		}
		_ = db.View(t.Context(), func(tx *sqldb.Tx) error {
			set, err := catalog.LoadSettings(tx)
			if err != nil || set["calendar.known"] != "2026" {
				t.Errorf("calendar known to %q, %v", set["calendar.known"], err)
			}
			return err
		})
		// The same again changes nothing; once only can an upload be confirmed.
		parts, err = s.tryAll(t.Context(), sysadmin, "city.xlsx", good)
		if err != nil || slices.ContainsFunc(parts, func(p part) bool { return len(p.Plan.Rows) > 0 }) {
			t.Errorf("the second time: %+v, %v", parts[len(parts)-1].Plan, err)
		}
		if _, err := s.ConfirmAll(t.Context(), sysadmin, up); fault.KindOf(err) != fault.NotFound {
			t.Errorf("confirmed twice: %v", err)
		}
	})
}

func TestAnEditBetweenPreviewAndConfirmationIsNotOverwritten(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := service(t, db)
		up, err := s.UploadAll(t.Context(), sysadmin, "city.xlsx", filled(t, setuptest.City()))
		if err != nil {
			t.Fatal(err)
		}
		err = s.Save(t.Context(), sysadmin, Save{Kind: "units", Typed: record{"id": "lighting", "name": "路灯所", "kind": "department", "parent": "city", "active": "是"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.ConfirmAll(t.Context(), sysadmin, up); fault.KindOf(err) != fault.Conflict {
			t.Errorf("confirmed over an edit: %v", err)
		}
	})
}

func TestFilesThatAreNoWorkbookOfOursAreToldWhy(t *testing.T) {
	db := sqldbtest.New(t, sqldb.SQLite)
	s := service(t, db)
	var other bytes.Buffer
	w := sheet.XLSX(&other)
	if err := w.Write("甲", "乙"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{"other tables": other.Bytes(), "text": []byte("单位编码,单位名称\nx,y\n"), "noise": []byte(strings.Repeat("\x00\x01", 99)), "nothing": nil} {
		if _, err := s.UploadAll(t.Context(), sysadmin, "x.xlsx", file); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.UploadAll(t.Context(), actor.Actor{ID: "x", Roles: []actor.Role{actor.Clerk}}, "x.xlsx", other.Bytes()); fault.KindOf(err) != fault.Denied {
		t.Errorf("a clerk: %v", err)
	}
}

// What a city cannot work without takes at most twenty minutes, and nobody can
// say of it that it is not needed.
func TestTheGuideIsDoneInTwentyMinutes(t *testing.T) {
	s := service(t, sqldbtest.New(t, sqldb.SQLite))
	minutes := 0
	for _, x := range guideSteps {
		if x.minutes < 1 {
			t.Errorf("%s takes no time", x.name)
		}
		if !x.extra {
			minutes += x.minutes
		}
		err := s.Tick(t.Context(), sysadmin, x.name, "1")
		if x.waive != (err == nil) {
			t.Errorf("%s ticked off: %v", x.name, err)
		}
	}
	if minutes > 20 {
		t.Errorf("%d minutes", minutes)
	}
}
