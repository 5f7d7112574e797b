package setup

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

func TestNewAccountsGetAPasswordThatMustBeChanged(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := service(t, db)
		got := confirm(t, s, secadmin, "staff", book(t, "登录名|姓名|所在单位|岗位", "wangfang|王芳|city|经办"))
		if len(got.Passwords) != 1 || got.Passwords[0].Login != "wangfang" {
			t.Fatalf("passwords %+v", got.Passwords)
		}
		token, err := actor.SignIn(t.Context(), db, "wangfang", got.Passwords[0].Password, "test")
		if err != nil {
			t.Fatal(err)
		}
		var a actor.Actor
		must := func(want bool) {
			t.Helper()
			_ = db.View(t.Context(), func(tx *sqldb.Tx) error {
				a, _, _ = actor.Session(tx, token)
				if got, err := MustChange(tx, a.ID); err != nil || got != want {
					t.Errorf("must change %v, %v; want %v", got, err, want)
				}
				return nil
			})
		}
		must(true)
		for _, c := range []ChangePassword{{"wrong", "梧桐 路灯 社区 三号 楼", "梧桐 路灯 社区 三号 楼"}, {got.Passwords[0].Password, "short", "short"},
			{got.Passwords[0].Password, "my-wangfang-login", "my-wangfang-login"}, {got.Passwords[0].Password, "lamps and bridges", "lamps and bridge"}} {
			if err := s.ChangePassword(t.Context(), a, c); fault.KindOf(err) != fault.Invalid {
				t.Errorf("change to %q: %v", c.New, err)
			}
		}
		if err := s.ChangePassword(t.Context(), a, ChangePassword{got.Passwords[0].Password, "lamps and bridges", "lamps and bridges"}); err != nil {
			t.Fatal(err)
		}
		must(false)
	})
}

func TestNobodyRulesHimself(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := service(t, db)
		save := func(a actor.Actor, login, roles string) error {
			return s.Save(t.Context(), a, Save{Kind: "staff", Key: login, Typed: record{"name": "管理员", "unit": "city", "roles": roles, "active": "是"}, Proof: why})
		}
		if key, _ := fault.KeyOf(save(secadmin, "sec", "secadmin、supervisor")); key != "setup.own_account" {
			t.Errorf("own roles: %q", key)
		}
		if key, _ := fault.KeyOf(save(secadmin, "sys", "sysadmin、secadmin")); key != "setup.roles_apart" {
			t.Errorf("both administrators in one person: %q", key)
		}
		for _, a := range []actor.Actor{sysadmin, agent} {
			if err := save(a, "sys", "supervisor"); fault.KindOf(err) != fault.Denied {
				t.Errorf("%v changes roles: %v", a.Roles, err)
			}
			if _, err := s.Reset(t.Context(), a, "sec", why); fault.KindOf(err) != fault.Denied {
				t.Errorf("%v resets a password: %v", a.Roles, err)
			}
		}
		for _, a := range []actor.Actor{secadmin, agent} {
			if err := s.Save(t.Context(), a, Save{Kind: "units", Typed: record{"id": "x", "name": "x", "kind": "department", "parent": "city"}}); fault.KindOf(err) != fault.Denied {
				t.Errorf("%v makes a unit: %v", a.Roles, err)
			}
		}
	})
}

func TestSwitchingAnAccountOffEndsItsSessions(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := service(t, db)
		c, err := s.Reset(t.Context(), secadmin, "sys", why)
		if err != nil {
			t.Fatal(err)
		}
		token, err := actor.SignIn(t.Context(), db, "sys", c.Password, "test")
		if err != nil {
			t.Fatal(err)
		}
		err = s.Save(t.Context(), secadmin, Save{Kind: "staff", Key: "sys", Typed: record{"name": "管理员", "unit": "city", "roles": "sysadmin", "active": "否"}})
		if err != nil {
			t.Fatal(err)
		}
		_ = db.View(t.Context(), func(tx *sqldb.Tx) error {
			if _, _, err := actor.Session(tx, token); fault.KindOf(err) != fault.NotFound {
				t.Errorf("the session lives on: %v", err)
			}
			if n, err := tally(tx, `select cast(count(*) as bigint) from actor_session`); err != nil || n != 0 {
				t.Errorf("%d sessions, %v", n, err)
			}
			return nil
		})
	})
}

func TestRolesAreGivenOnlyWithAReasonAndAFreshProof(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := service(t, db)
		save := func(p Proof) error {
			return s.Save(t.Context(), secadmin, Save{Kind: "staff", Key: "sys", Typed: record{"name": "管理员", "unit": "city", "roles": "sysadmin、supervisor", "active": "是"}, Proof: p})
		}
		if _, ok := fault.FieldsOf(save(Proof{})).Of("reason"); !ok {
			t.Error("no complaint about the reason")
		}
		if _, err := s.Reset(t.Context(), secadmin, "sys", Proof{}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("reset without a reason: %v", err)
		}
		idle := secadmin
		idle.Proved = db.Now().Add(-actor.FreshFor - time.Second)
		if _, err := s.Reset(t.Context(), idle, "sys", why); !errors.Is(err, actor.ErrStepUp) {
			t.Errorf("reset at a desk left open: %v", err)
		}
		err := s.Save(t.Context(), idle, Save{Kind: "staff", Key: "sys", Typed: record{"name": "管理员", "unit": "city", "roles": "supervisor", "active": "是"}, Proof: why})
		if !errors.Is(err, actor.ErrStepUp) {
			t.Errorf("roles from a desk left open: %v", err)
		}
		if err := save(why); err != nil {
			t.Fatal(err)
		}
		_ = db.View(t.Context(), func(tx *sqldb.Tx) error {
			list, err := deedsOn(tx, "sys")
			if err != nil || len(list) != 1 || list[0].Reason != why.Reason || list[0].Detail != "roles:sysadmin>supervisor、sysadmin" {
				t.Errorf("deeds %+v, %v", list, err)
			}
			return nil
		})
	})
}

func TestAnUploadIsSealedAndItsSendersAlone(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := service(t, db)
		// As Excel in China saves it: GB18030, which is not UTF-8.
		file, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte("登录名,姓名,所在单位,岗位\r\nwangfang,王芳,city,经办\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		up := send(t, s, secadmin, "staff", file)
		_ = db.View(t.Context(), func(tx *sqldb.Tx) error {
			var kept []byte
			if err := tx.QueryRow(`select content from setup_upload where id = $1`, up).Scan(&kept); err != nil || bytes.Contains(kept, []byte("wangfang")) {
				t.Errorf("the table lies open: %v", err)
			}
			return nil
		})
		other := secadmin
		other.ID = "sys"
		if _, err := s.Confirm(t.Context(), other, "staff", up, Proof{}); err == nil {
			t.Error("somebody else confirms the upload")
		}
		if done, err := s.Confirm(t.Context(), secadmin, "staff", up, why); err != nil || done.Created != 1 || len(done.Passwords) != 1 {
			t.Errorf("%+v, %v", done, err)
		}
	})
}
