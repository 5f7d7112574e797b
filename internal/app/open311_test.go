package app_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/app"
	"gongzhi/internal/intake/open311"
	"gongzhi/internal/page/axetest"
	"gongzhi/internal/sqldb"
)

var cityAdmin = actor.Actor{ID: "staff-1", Roles: []actor.Role{actor.SysAdmin}}

// withPartner gives the city a partner and a key.
func withPartner(t *testing.T, a *app.App, endpoint string) (partner string) {
	t.Helper()
	partner, err := a.Open311.SaveDestination(t.Context(), cityAdmin, open311.Destination{Name: "东江市 12345", Endpoint: endpoint, JSON: true, Key: "k", Active: true,
		Switches: open311.Switches{Photos: true, Extended: true}})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Open311.SaveMapping(t.Context(), cityAdmin, partner, open311.Mapping{Category: "*", Service: "other"}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Open311.GrantKey(t.Context(), cityAdmin, open311.GrantKey{Name: "地铁公司", Scopes: []string{"create", "read"}}); err != nil {
		t.Fatal(err)
	}
	return partner
}

// TestOpen311PagesHaveNoFaults looks at the pages of the door in a real browser,
// on a telephone and at a desk. GONGZHI_SHOTS names a folder for pictures.
func TestOpen311PagesHaveNoFaults(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	browser := axetest.Open(t)
	server := httptest.NewServer(a.Handler())
	defer server.Close()
	partner := withPartner(t, a, "https://open311.dongjiang.example.cn/v2")
	m := newMatrix(t, a)
	admin, dispatcher := signedIn(t, a.Handler(), "matrix-sysadmin").cookies, signedIn(t, a.Handler(), "matrix-dispatcher").cookies
	pages := []struct {
		path    string
		cookies map[string]string
	}{{"/open311", nil}, {"/en/open311", nil}, {"/setup/open311", admin}, {"/setup/open311/partner/" + partner, admin}, {"/setup/open311/partner/new", admin}, {"/en/setup/open311", admin},
		{"/case/" + m.own.Number, dispatcher}, {"/setup/open311", dispatcher}}
	for i, p := range pages {
		for _, width := range []int64{390, 1366} {
			found, err := browser.Check(server.URL+p.path, width, p.cookies)
			if err != nil {
				t.Fatal(err)
			}
			axetest.Report(t, fmt.Sprintf("%s at %d", p.path, width), found)
			if dir := os.Getenv("GONGZHI_SHOTS"); dir != "" {
				png, err := browser.Shot(server.URL+p.path, width, 1400, p.cookies)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("o311-%d-%d.png", i, width)), png, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// TestOpen311IsKeptOnItsPage goes the administrator's way: a key, used at once,
// revoked, a partner with its mapping, and what goes wrong on the way.
func TestOpen311IsKeptOnItsPage(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	newMatrix(t, a)
	b := signedIn(t, a.Handler(), "matrix-sysadmin")
	b.open("/setup/open311")
	b.submit("/setup/open311/key", url.Values{"name": {""}})
	if b.status != 422 || !strings.Contains(b.text(), "请写明给谁用") {
		t.Errorf("a key without a name: status %d", b.status)
	}
	b.submit("/setup/open311/key", url.Values{"name": {"地铁公司"}, "scopes": {"create"}})
	i := strings.Index(b.text(), "o311-")
	if b.status != 200 || i < 0 {
		t.Fatalf("a new key: status %d: %.600s", b.status, b.text())
	}
	key := strings.Fields(b.text()[i:])[0]
	r := httptest.NewRequest("POST", "/open311/v2/requests.json", strings.NewReader(url.Values{"api_key": {key}, "service_code": {"010101"}, "address_string": {"梧桐路32号"}, "description": {"路灯不亮"}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	if w.Code != 200 || !strings.Contains(w.Body.String(), "service_request_id") {
		t.Errorf("the key at once: status %d: %s", w.Code, w.Body)
	}
	b.open("/setup/open311")
	if strings.Contains(b.text(), key) {
		t.Error("the secret is shown a second time")
	}
	b.open("/setup/open311/partner/new")
	b.submit("/setup/open311/partner/new", url.Values{"name": {"东江市"}, "endpoint": {"ftp://x"}})
	if b.status != 422 || !strings.Contains(b.text(), "https://") {
		t.Errorf("a partner at ftp: status %d", b.status)
	}
	b.submit("/setup/open311/partner/new", url.Values{"name": {"东江市"}, "endpoint": {"https://open311.example.cn/v2"}, "key": {"geheim"}})
	if b.status != 200 || strings.Contains(b.text(), "geheim") {
		t.Errorf("a partner: status %d", b.status)
	}
	b.submit(b.path+"/mapping", url.Values{"category": {"010101"}, "other": {"LIGHT"}})
	if b.status != 200 || !strings.Contains(b.text(), "LIGHT") {
		t.Errorf("a mapping: status %d", b.status)
	}
}
