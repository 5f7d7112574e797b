package app_test

import (
	"fmt"
	"strings"
	"testing"

	"gongzhi/internal/assessment/scoring"
	"gongzhi/internal/intake"
	"gongzhi/internal/page/axetest"
	"gongzhi/internal/sqldb"
)

// TestScoresInARealBrowser puts a scheme in force and looks at each page of the
// scores as axe-core does, on a desk and on a phone.
func TestScoresInARealBrowser(t *testing.T) {
	s := openStation(t, "supervisor1301")
	received(t, s.app, intake.Report{Body: "路灯不亮", Category: "010101", Phone: "13811112222"})
	text := []byte(`{"code": "city", "name": "本市考核", "source": "办法", "notes": ["按比例计分"], "items": [
		{"code": "solved", "name": "解决率", "kind": "linear", "full": 60, "rate": "solved"}, {"code": "kept", "name": "按时办结率", "kind": "slope", "full": 40, "line": 95, "slope": 1, "none": "full", "rate": "kept"}]}`)
	v, err := s.app.Scoring.Save(t.Context(), cityAdmin, scoring.Save{Text: text})
	if err != nil {
		t.Fatal(err)
	}
	month := s.app.DB.Now().In(s.app.Catalog.Book().Calendar.Zone).Format("2006-01")
	if err := s.app.Scoring.Enforce(t.Context(), cityAdmin, scoring.Enforce{ID: v.ID, Rev: v.Rev, From: month}); err != nil {
		t.Fatal(err)
	}
	draft, err := s.app.Scoring.Copy(t.Context(), cityAdmin, v.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/scores", "/scores?if=" + draft.ID, "/scores/lighting", "/rates", "/setup/schemes", "/setup/schemes/" + draft.ID, "/en/scores"} {
		for _, width := range []int64{1366, 390} {
			found, err := s.browser.Check(s.url+path, width, s.cookies)
			if err != nil {
				t.Fatal(err)
			}
			axetest.Report(t, fmt.Sprintf("%s at %d px", path, width), found)
		}
	}
}

// TestAWrongSchemeComesBackWithWhatWasTyped sends a scheme with a slip and
// expects the form again, with the place of the slip and every word.
func TestAWrongSchemeComesBackWithWhatWasTyped(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	b := signedIn(t, a.Handler(), "sysadmin1501")
	b.open("/setup/schemes/new?template=lianyungang")
	if b.status != 200 || !strings.Contains(b.body, "连云港") {
		t.Fatalf("the form of a new scheme: %d", b.status)
	}
	typed := `{"code": "a", "name": "我市考核", "items": [{"code": "x", "name": "X", "kind": "slope", "full": 5}]}`
	b.post("/setup/schemes/new", map[string][]string{"csrf": {b.csrf()}, "text": {typed}}, false)
	if b.status != 422 || !strings.Contains(b.body, "items[0].line") || !strings.Contains(b.body, "我市考核") {
		t.Errorf("a scheme with a slip: %d", b.status)
	}
	b.post("/setup/schemes/new", map[string][]string{"csrf": {b.csrf()}, "text": {strings.Replace(typed, `"full": 5`, `"full": 5, "line": 95, "slope": 1`, 1)}}, false)
	if b.status != 303 && b.status != 200 {
		t.Errorf("a good scheme: %d", b.status)
	}
}
