package app_test

import (
	"path/filepath"
	"strings"
	"testing"

	"gongzhi/internal/app"
	"gongzhi/internal/backup"
	"gongzhi/internal/blob"
	"gongzhi/internal/config"
	"gongzhi/internal/demo"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

func TestAnAdministratorAsksForABackup(t *testing.T) {
	to, clock := t.TempDir(), sqldbtest.NewClock(sqldbtest.Start)
	c := &config.Config{Data: t.TempDir(), DB: sqldbtest.Address(t, sqldb.SQLite), City: "云泽市", BackupTo: to, BackupKeep: 2}
	a, err := app.Open(t.Context(), c, app.Options{Now: clock.Now, Vault: keys, Blobs: blob.NewMemory(clock.Now)})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	city, err := demo.NewCity(1)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.DB.Update(t.Context(), city.Load); err != nil {
		t.Fatal(err)
	}
	if err := a.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := signedIn(t, a.Handler(), "sysadmin1501")
	if b.open("/setup/backup"); !strings.Contains(b.text(), "还没有备份") {
		t.Errorf("empty list: %s", b.text())
	}
	b.submit("/setup/backup", nil)
	if b.open("/setup/backup"); !strings.Contains(b.text(), "正在备份") {
		t.Error("the page does not say that one is being made")
	}
	if _, err := a.Jobs.RunDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	list, err := backup.List(to)
	if err != nil || len(list) != 1 || list[0].City == "" {
		t.Fatalf("backups %v, %v", list, err)
	}
	if wrong, err := backup.Check(t.Context(), filepath.Join(to, list[0].Name)); err != nil || len(wrong) > 0 {
		t.Errorf("check: %v %v", wrong, err)
	}
	if b.open("/setup/backup"); !strings.Contains(b.text(), list[0].Name) || strings.Contains(b.text(), "正在备份") {
		t.Error("the finished backup is not listed")
	}
	b = signedIn(t, a.Handler(), "dispatcher1101")
	if b.open("/setup/backup"); b.status != 200 || strings.Contains(b.body, "现在备份一次") {
		t.Errorf("a dispatcher who may only look: status %d", b.status)
	}
}
