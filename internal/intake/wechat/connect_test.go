package wechat_test

import (
	"strings"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/intake/wechat"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
	wx "gongzhi/internal/wechat"
)

func TestConnectingKeepsSecretsSealedAndChecksWhatIsTyped(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := world(t, db)
		for _, column := range []string{"token", "aes_key", "secret"} {
			var kept string
			must(t, db.View(t.Context(), func(tx *sqldb.Tx) error {
				return tx.QueryRow(`select ` + column + ` from intake_wechat_account`).Scan(&kept)
			}))
			if kept == "" || strings.Contains(kept, account.Token) || strings.Contains(kept, account.AESKey) || strings.Contains(kept, account.Secret) {
				t.Errorf("%s stands in the clear: %q", column, kept)
			}
		}
		if n := c.count(`select cast(count(*) as bigint) from catalog_revision where what = 'wechat' and (after like '%' || $1 || '%' or after like '%' || $2 || '%')`, account.AESKey, account.Secret); n != 0 {
			t.Error("a secret stands in the revisions")
		}
		again := wechat.Connect{Account: wx.Account{AppID: account.AppID, Mode: wx.Safe}, Active: true, Rev: 1}
		must(t, c.Connect(t.Context(), admin, again))
		a, err := c.Account(t.Context())
		if err != nil || a.Secret != account.Secret || a.AESKey != account.AESKey || a.Token != account.Token {
			t.Errorf("empty secrets did not keep the former ones: %v", err)
		}
		if err := c.Connect(t.Context(), admin, again); fault.KindOf(err) != fault.Conflict {
			t.Errorf("a stale form: %v", err)
		}
		other := wechat.Connect{Account: wx.Account{AppID: "wx0123456789abcdef", Mode: wx.Safe}, Active: true, Rev: 2}
		must(t, c.Connect(t.Context(), admin, other))
		if a, _ := c.Account(t.Context()); a.Secret != "" {
			t.Error("another account has the former one's secret")
		}
		if err := c.Connect(t.Context(), actor.Actor{ID: "s", Roles: []actor.Role{actor.Clerk}}, other); fault.KindOf(err) != fault.Denied {
			t.Errorf("a clerk: %v", err)
		}
		wrong := wechat.Connect{Account: wx.Account{AppID: "wx1", Token: "a b", AESKey: "x", Mode: "loud", API: "ftp://x"}, Rev: 3}
		fields := fault.FieldsOf(c.Connect(t.Context(), admin, wrong))
		for _, name := range []string{"app_id", "token", "aes_key", "mode", "api"} {
			if _, ok := fields.Of(name); !ok {
				t.Errorf("%s was taken", name)
			}
		}
	})
}

func TestTheCityWritesItsOwnWords(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := world(t, db)
		must(t, db.Update(t.Context(), func(tx *sqldb.Tx) error {
			return catalog.SaveText(tx, "test", catalog.Text{Code: "wechat.what", Kind: wechat.TextKind, Title: "问什么事", Body: "{城市}的乡亲，出了啥事？", Active: true, Rev: 1})
		}))
		want(t, c.chat(c.phone("oMing"), "!REPORT"), "云泽市的乡亲，出了啥事？")
	})
}

func TestAnAccountThatIsOffAnswersNobody(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := world(t, db)
		must(t, c.Connect(t.Context(), admin, wechat.Connect{Account: wx.Account{AppID: account.AppID, Mode: wx.Safe}, Rev: 1}))
		if _, err := c.phone("oMing").Text("你好"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("got %v", err)
		}
	})
}

func TestTheMenuIsPutUpAndTroubleIsShown(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := world(t, db)
		must(t, c.PutMenu(t.Context(), admin))
		if m := c.API.Menu(); !strings.Contains(m, `"key":"REPORT"`) || !strings.Contains(m, "sub_button") {
			t.Errorf("menu %s", m)
		}
		for code, key := range map[int]string{48001: "wechat.api_right", 45009: "wechat.api_quota", 40164: "wechat.api_whitelist", -1: "wechat.api_failed"} {
			c.API.Refuse("/cgi-bin/menu/create", code)
			if got, _ := fault.KeyOf(c.PutMenu(t.Context(), admin)); got != key {
				t.Errorf("%d is told as %q, want %q", code, got, key)
			}
		}
		if n := c.count(`select cast(count(*) as bigint) from intake_wechat_account where trouble <> ''`); n != 1 {
			t.Error("the trouble is not kept for the page")
		}
		must(t, c.Try(t.Context(), admin))
		if n := c.count(`select cast(count(*) as bigint) from intake_wechat_account where trouble = ''`); n != 1 {
			t.Error("the trouble stays after it has gone")
		}
	})
}

func TestMenusAreReadAsTheyAreWritten(t *testing.T) {
	text := "我要反映 = 反映\n我的 > 查进度 = 进度\n我的 > 官网 = https://x.example/?a=1"
	menu, err := wechat.ParseMenu(text)
	if err != nil || wechat.MenuText(menu) != text {
		t.Errorf("read %+v, %v", menu, err)
	}
	for _, bad := range []string{"反映", "一 = 二", " = 反映", "名字长得放不下了呀 = 反映", "a > = 反映", "甲=反映\n乙=反映\n丙=反映\n丁=反映", strings.Repeat("甲 > 乙 = 反映\n", 6)} {
		if _, err := wechat.ParseMenu(bad); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q was taken", bad)
		}
	}
}
