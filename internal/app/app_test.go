package app_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"gongzhi/internal/app"
	"gongzhi/internal/blob"
	"gongzhi/internal/config"
	"gongzhi/internal/demo"
	"gongzhi/internal/demo/chat"
	"gongzhi/internal/demo/geography"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
	"gongzhi/internal/vault"
)

// keys are those of the city that tests open: the template below is sealed with
// them.
var keys = vault.Test()

// open opens an empty city on a new database of the engine.
func open(t testing.TB, d sqldb.Dialect) (*app.App, *sqldbtest.Clock) {
	t.Helper()
	return openAt(t, d, "")
}

// openAt is open for people who come by the address.
func openAt(t testing.TB, d sqldb.Dialect, base string) (*app.App, *sqldbtest.Clock) {
	t.Helper()
	clock := sqldbtest.NewClock(sqldbtest.Start)
	c := &config.Config{BaseURL: base, Data: t.TempDir(), DB: sqldbtest.Address(t, d), City: "云泽市", MailAddress: demo.Mailbox}
	talk := chat.New(clock.Now)
	a, err := app.Open(t.Context(), c, app.Options{Now: clock.Now, Vault: keys, Blobs: blob.NewMemory(clock.Now), WeChat: talk.API, More: talk.Routes})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a, clock
}

// openCity opens the fictional city without its history, and of its land only
// what a few streets need.
func openCity(t testing.TB, d sqldb.Dialect) (*app.App, *sqldbtest.Clock) {
	t.Helper()
	a, clock := open(t, d)
	loadCity(t, a)
	return a, clock
}

func loadCity(t testing.TB, a *app.App) {
	t.Helper()
	city, err := demo.NewCity(1)
	if err != nil {
		t.Fatal(err)
	}
	city.Land.Buildings, city.Land.Blocks, city.Land.Roads, city.Land.Parks = nil, nil, nil, nil
	quarter := addressOf(city, "梧桐路32号").Community[:9]
	city.Land.Addresses = slices.DeleteFunc(city.Land.Addresses, func(x geography.Address) bool { return x.Community[:9] != quarter })
	city.Land.Facilities = slices.DeleteFunc(city.Land.Facilities, func(x geography.Facility) bool { return x.Community[:9] != quarter })
	city.Land.Estates = slices.DeleteFunc(city.Land.Estates, func(x geography.Estate) bool { return x.Community[:9] != quarter })
	if err := a.DB.Update(t.Context(), city.Load); err != nil {
		t.Fatal(err)
	}
	if err := a.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func addressOf(c *demo.City, text string) geography.Address {
	i := slices.IndexFunc(c.Land.Addresses, func(x geography.Address) bool { return strings.ReplaceAll(x.Text, " ", "") == text })
	return c.Land.Addresses[max(i, 0)]
}

func get(t testing.TB, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w
}

func TestHealthAndUnknownPages(t *testing.T) {
	a, _ := open(t, sqldb.SQLite)
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/nothing": 404, "/design": 200, "/signin": 200, "/en/signin": 200} {
		if w := get(t, a.Handler(), path); w.Code != want {
			t.Errorf("%s: status %d, want %d", path, w.Code, want)
		}
	}
}

func TestOtherKeysAreRefused(t *testing.T) {
	c := &config.Config{Data: t.TempDir(), DB: sqldbtest.Address(t, sqldb.SQLite)}
	first, err := app.Open(t.Context(), c, app.Options{Vault: vault.Test(), Blobs: blob.NewMemory(nil)})
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = app.Open(t.Context(), c, app.Options{Vault: vault.Test(), Blobs: blob.NewMemory(nil)})
	if err == nil || !strings.Contains(err.Error(), "restore the key file") {
		t.Errorf("other keys: %v, want a refusal that says what to do", err)
	}
}
