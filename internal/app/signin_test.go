package app_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/setup"
	"gongzhi/internal/sqldb"
)

// A grave act at a desk left open asks who sits there, and loses nothing that
// was typed; the session goes on under a new token.
func TestAGraveActAsksWhoSitsThereAndKeepsWhatWasTyped(t *testing.T) {
	a, clock := openCity(t, sqldb.SQLite)
	b := signedIn(t, a.Handler(), "secadmin1551")
	b.open("/setup/staff/new")
	clock.Add(6 * time.Minute)
	b.submit("/setup/staff/new", url.Values{"login": {"wangfang"}, "name": {"王芳"}, "unit": {"hotline"}, "roles": {"agent"}, "active": {"1"}, "reason": {"新到岗"}})
	if b.status != 403 || !strings.Contains(b.text(), "确认一次是您本人") {
		t.Fatalf("status %d: %.600s", b.status, b.text())
	}
	asked := b.doc
	b.submit("/account/confirm", url.Values{"proof": {"guess"}})
	if b.status != 422 || !strings.Contains(b.text(), "密码不对") {
		t.Fatalf("wrong password: status %d: %.600s", b.status, b.text())
	}
	before := b.cookies["session"]
	b.submit("/account/confirm", url.Values{"proof": {setup.DemoPassword}})
	if b.status != 200 || b.cookies["session"] == before {
		t.Fatalf("status %d, new token %v: %.600s", b.status, b.cookies["session"] != before, b.text())
	}
	b.submit("/setup/staff/new", nil)
	if !strings.Contains(b.text(), "wangfang") || !strings.Contains(b.text(), "只在这里显示这一次") {
		t.Fatalf("the account was not made: status %d: %.600s", b.status, b.text())
	}
	// The token of before is dead, and a form of before still has its proof.
	old := newBrowser(t, a.Handler())
	old.cookies["session"] = before
	if old.open("/account"); !strings.HasPrefix(old.path, "/signin") {
		t.Errorf("the token of before opens %s", old.path)
	}
	b.doc = asked
	if b.submit("/account/confirm", url.Values{"proof": {"guess"}}); b.status != 422 {
		t.Errorf("a form of before: status %d", b.status)
	}
}

func TestALookAtAContactAsksAndComesBack(t *testing.T) {
	a, clock := openCity(t, sqldb.SQLite)
	m := &matrix{t: t, app: a}
	o := m.request("lighting")
	var contact string
	m.update(func(tx *sqldb.Tx) error {
		return tx.QueryRow(`select id from request_contact where matter_id = $1`, o.ID).Scan(&contact)
	})
	b := signedIn(t, a.Handler(), "dispatcher1101")
	path := "/case/" + o.Number + "/contact/" + contact
	b.open(path)
	clock.Add(6 * time.Minute)
	b.submit(path, url.Values{"reason": {"callback"}})
	if b.status != 403 || strings.Contains(b.body, "13800005521") {
		t.Fatalf("status %d: %.600s", b.status, b.text())
	}
	b.submit("/account/confirm", url.Values{"proof": {setup.DemoPassword}})
	b.submit(path, nil)
	if !strings.Contains(strings.ReplaceAll(b.text(), " ", ""), "13800005521") {
		t.Errorf("status %d: %.600s", b.status, b.text())
	}
}
