package app_test

import (
	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/sqldb"
)

// lapFair is what keeps figures honest: an answer is read before it is sent, an
// exclusion asked, refused, appealed and granted, and a signal looked into.
func (z *fuzz) lapFair() {
	n := z.underway("路灯罩有裂纹")["number"]
	z.do(actor.Clerk, "case-answer-check", m2("number", n), m{"text": "您好，已转相关部门，将尽快处理。", "solved": "partly", "contacted": false})
	z.act(actor.Clerk, "case-exclusion", n, m{"ground": "statutory", "reason": "依法需要另行公告，期限更长"})
	asked := z.do(actor.Supervisor, "exclusions", nil, nil)["items"].([]any)[0].(m)["id"]
	z.act(actor.Supervisor, "case-exclusion-rule", n, m{"exclusion": asked, "grant": false, "reason": "没有写明依据"})
	z.act(actor.Clerk, "case-exclusion-appeal", n, m{"exclusion": asked, "reason": "依据是市容条例第十条"})
	z.act(actor.Reviewer, "case-exclusion-rule", n, m{"exclusion": asked, "grant": true, "reason": "依据属实"})

	err := z.app.DB.Update(z.t.Context(), func(tx *sqldb.Tx) error {
		return catalog.SaveWatch(tx, "test", catalog.Watch{Code: "urging", Active: true, Least: 1, Words: []string{"路灯已修好"}}, 0)
	})
	if err != nil {
		z.t.Fatal(err)
	}
	z.answered("路灯灯头朝天")
	if err := z.app.Gaming.Sweep(z.t.Context()); err != nil {
		z.t.Fatal(err)
	}
	for _, x := range z.do(actor.Reviewer, "signals", nil, nil)["items"].([]any) {
		one := m2("id", x.(m)["id"].(string))
		z.do(actor.Reviewer, "signal", one, nil)
		z.do(actor.Reviewer, "signal-settle", one, m{"verdict": "fine", "remark": "是事实"})
	}
}
