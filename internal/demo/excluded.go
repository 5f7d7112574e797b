package demo

import (
	"context"
	"fmt"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/assessment/exclusion"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// wishes are what units ask to have left out of their rates, and what becomes of it.
var wishes = []struct {
	ground, reason, ruling string
	grant, appeal          bool
}{
	{"not_lawful", "诉求人要求退还已按合同使用的费用，法院有同类判例，已当面解释两次。", "解释记录完整，依据清楚。", true, false},
	{"statutory", "房屋安全鉴定依规定要三十日，已书面告知诉求人。", "法定期限属实，已告知。", true, false},
	{"misrouted", "派来时已过两个工作日，之前在别的单位。", "转派用时已从期限里扣除，不影响按时率。", false, true},
	{"rating_other", "诉求人不满意的是物业收费，不是本次更换路灯。", "", false, false},
	{"not_duty", "红线内设施由物业管理，本单位没有法定职责。", "", false, false},
	{"count_twice", "同一处井盖两位市民反映，应并案，计了两次。", "已核对，两件是不同的井盖。", false, false},
	{"procedure", "双方已向法院起诉，案号已告知。", "", false, false},
	{"rating_wrong", "回访记录写“没解决”，诉求人电话里说的是“还要观察几天”。", "录音与记录不一致，记录有误。", true, false},
}

// exclusions lets units ask about requests that were closed of late.
func (h *history) exclusions(ctx context.Context) error {
	var ids []matter.ID
	err := h.app.DB.View(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(`select m.id from matter m join request_task t on t.matter_id = m.id and t.role = 'lead' where not m.open and m.state in ('closed', 'archived')
			and not m.sealed and m.closed_at > $1 group by m.id order by m.id desc limit 60`, h.plan.Until.AddDate(0, 0, -6).UnixMicro())
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var m matter.ID
			if err := rows.Scan(&m); err != nil {
				return err
			}
			ids = append(ids, m)
		}
		return rows.Err()
	})
	for i, w := range wishes {
		if err == nil && i*7 < len(ids) {
			err = h.app.DB.Update(ctx, func(tx *sqldb.Tx) error { return h.exclude(tx, ids[i*7], i) })
		}
		if err != nil {
			return fmt.Errorf("exclusion %s: %w", w.ground, err)
		}
	}
	return nil
}

func (h *history) exclude(tx *sqldb.Tx, m matter.ID, i int) error {
	w, x := wishes[i], h.app.Exclusion
	t, err := request.LastLead(tx, m)
	if err != nil {
		return err
	}
	unit, supervisor, reviewer := h.desk[t.Unit], h.one(actor.Supervisor), h.one(actor.Reviewer)
	o, err := request.Find(tx, actor.System, m)
	if err != nil {
		return err
	}
	at := func(d time.Duration) {
		tx.Now = h.plan.Until.Add(-d)
		if tx.Now.Before(o.ClosedAt) {
			tx.Now = o.ClosedAt.Add(time.Hour)
		}
	}
	at(time.Duration(30-2*i) * time.Hour)
	err = x.AskTx(tx, unit, exclusion.Ask{ID: m, Ground: w.ground, Reason: w.reason})
	if kind := fault.KindOf(err); kind == fault.Conflict || kind == fault.Denied {
		return nil // closed long ago over a holiday, or the desk has no rights of its own
	}
	if err != nil || w.ruling == "" {
		return err
	}
	list, err := exclusion.Of(tx, m)
	if err != nil {
		return err
	}
	at(time.Duration(12-i) * time.Hour)
	err = x.RuleTx(tx, supervisor, exclusion.Rule{ID: m, Exclusion: list[0].ID, Grant: w.grant, Reason: w.ruling})
	if fault.KindOf(err) == fault.Denied {
		return nil // the hotline's own case waits for somebody of another unit
	}
	if err != nil || !w.appeal {
		return err
	}
	at(3 * time.Hour)
	if err := x.AppealTx(tx, unit, exclusion.Appeal{ID: m, Exclusion: list[0].ID, Reason: "扣除的是工作时间，前一单位退单时已是当日下班后。"}); err != nil {
		return err
	}
	at(time.Hour)
	return x.RuleTx(tx, reviewer, exclusion.Rule{ID: m, Exclusion: list[0].ID, Grant: true, Reason: "经复核，退单时间计算有误，同意剔除。"})
}

// signals reckons the signals of the last two months, as the nights would have.
func (h *history) signals(ctx context.Context) error {
	return h.app.DB.Update(ctx, func(tx *sqldb.Tx) error {
		tx.Now = h.plan.Until
		local := h.plan.Until.In(h.cal.Zone)
		first := time.Date(local.Year(), local.Month(), 1, 0, 0, 0, 0, h.cal.Zone)
		for _, m := range []time.Time{first.AddDate(0, -1, 0), first} {
			if err := h.app.Gaming.Count(tx, m); err != nil {
				return err
			}
		}
		return nil
	})
}

// careless are units of which one in seven answers leaves something to be seen:
// nobody called, or the same words for everybody. It depends on the number alone,
// so that the rest of the history stays as it was.
func careless(unit, number string) bool {
	return sum(unit)%5 == 0 && sum(number)%7 < 2
}
