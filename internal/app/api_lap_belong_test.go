package app_test

import (
	"fmt"

	"gongzhi/internal/actor"
	"gongzhi/internal/id"
	"gongzhi/internal/intake"
	"gongzhi/internal/job"
	"gongzhi/internal/sqldb"
)

// lapBelonging is where a request belongs: what the program proposes and notices,
// and the people who have the last word on it.
func (z *fuzz) lapBelonging() {
	z.lapDoubts()
	z.lapSame()
	z.lapSignals()
	z.lapPoints()
	z.lapDirect()
	z.lapModels()
}

// lapDoubts is a danger that is none, a dispatch taken back, and a person asked.
func (z *fuzz) lapDoubts() {
	z.act(actor.Dispatcher, "case-calm", z.report("三楼楼道煤气泄漏，味道很大")["number"], m{"reason": "已到现场，是邻居炒菜"})
	a := z.report("河边的路灯不亮")
	z.act(actor.Dispatcher, "case-send", a["number"], m{"lead": "lighting", "reason": "由路灯管护单位办理"})
	z.do("", "receipt-recheck", a, m{"text": "灯在小区里面"})
	z.act(actor.Dispatcher, "case-recall", a["number"], m{"text": "灯在小区里，改派"})
	z.act(actor.Dispatcher, "case-recheck", a["number"], m{"text": "您说得对，已收回改派。"})
}

// lapSame merges what stands in the queue twice, and takes one apart again.
func (z *fuzz) lapSame() {
	into, from := z.report("梧桐路32号前的路灯一闪一闪")["number"], z.report("梧桐路32号前路灯一闪一闪的")["number"]
	z.do(actor.Dispatcher, "queue-merge", nil, m{"into": into, "from": []m{{"number": from, "version": 1}}, "reason": "同一盏灯"})
	z.act(actor.Dispatcher, "case-unmerge", from, m{"reason": "是对面那盏"})
}

func (z *fuzz) lapSignals() {
	z.do(actor.SysAdmin, "limits-take", nil, m{"profile": "shandong_2020", "from": "2030-01-01"})
	z.do(actor.SysAdmin, "signals-plant", nil, nil)
	z.do(actor.SysAdmin, "signals-try", nil, m{"text": "三楼楼道煤气泄漏"})
}

// lapPoints has a system that gives one point to whatever it cannot place.
func (z *fuzz) lapPoints() {
	z.t.Helper()
	at := homeOf(z.t, z.app)
	for i := range 36 {
		r := intake.Report{Body: "旧平台转来的诉求", Category: "010101", Channel: "upstream", Address: []string{"东", "西", "南", "北", "上", "下"}[i%6] + []string{"风", "山", "河"}[i/6%3] + "街", Lat: at.Lat, Lng: at.Lng}
		received(z.t, z.app, r)
	}
	if err := z.app.Setup.SweepPoints(z.t.Context()); err != nil {
		z.t.Fatal(err)
	}
	list := z.do(actor.SysAdmin, "default-points", nil, nil)["points"].([]any)
	if len(list) == 0 {
		z.t.Fatal("no point was found")
	}
	p := list[0].(m)
	z.do(actor.SysAdmin, "default-point-decide", m2("key", p["key"].(string)), m{"default": true, "rev": p["rev"]})
	z.do(actor.SysAdmin, "default-point-decide", m2("key", p["key"].(string)), m{"default": false, "rev": z.do(actor.SysAdmin, "default-points", nil, nil)["points"].([]any)[0].(m)["rev"]})
}

// lapDirect switches on what has five hundred decisions that came true.
func (z *fuzz) lapDirect() {
	z.t.Helper()
	const category = "010102"
	err := z.app.DB.Update(z.t.Context(), func(tx *sqldb.Tx) error {
		now := tx.Now.UnixMicro()
		for i := range 500 {
			m := id.New(tx.Now)
			if err := tx.Exec(`insert into matter(id, kind, number, state, open, version, title, topic, area, unit, sealed, opened_at, closed_at, changed_at)
				values ($1, 'past', $2, 'closed', $3, 1, '', $4, '', '', $3, $5, $5, $5)`, m, fmt.Sprint("past-", i), false, category, now); err != nil {
				return err
			}
			if err := tx.Exec(`insert into advice_case(matter_id, at, category, share, second, third, type, unit, unit_share, model, chosen, chosen_type, first_unit, chosen_unit, decided_at, returned, direct, words)
				values ($1, $2, $3, 0.97, '', '', 'help', 'lighting', 0.9, '', $3, 'help', 'lighting', 'lighting', $2, $4, $4, '')`, m, now, category, false); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		z.t.Fatal(err)
	}
	z.do(actor.Dispatcher, "direct-on", m2("category", category), nil)
	z.do(actor.Dispatcher, "direct-off", m2("category", category), nil)
}

// lapModels goes back to the version that a person wants.
func (z *fuzz) lapModels() {
	z.t.Helper()
	z.settle()
	for range 2 { // the second is compared in the shadow of the first
		if err := z.app.Advice.Train(z.t.Context(), job.Job{}); err != nil {
			z.t.Fatal(err)
		}
	}
	for _, v := range z.do(actor.Dispatcher, "advice", nil, nil)["versions"].([]any) {
		if v.(m)["state"] == "shadow" {
			z.do(actor.Dispatcher, "advice-choose", m2("model", v.(m)["id"].(string)), nil)
			return
		}
	}
	z.t.Error("no version stands in the shadow")
}
