package request

import (
	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/sqldb"
)

// Reopen takes up a request again that its reporter calls not solved (重办,
// 济南市12345市民服务热线条例 第二十七条). The unit that led before leads again with
// the same limit, counted from now. The caller has loaded o in this unit of work.
func Reopen(tx *sqldb.Tx, cal *calendar.Calendar, a actor.Actor, o *Order, reason string) error {
	last, err := LastLead(tx, o.ID)
	if fault.KindOf(err) == fault.NotFound {
		return fault.New(fault.Conflict, "request.nobody_to_redo", err)
	}
	if err != nil {
		return err
	}
	o.Round, o.Solved, o.Unit = o.Round+1, "no", last.Unit
	o.DueAt = cal.Due(tx.Now, last.Limit)
	d := Deed{Name: DeedReopened, Body: map[string]any{"round": o.Round, "unit": last.Unit, "due": o.DueAt.UnixMicro()},
		Notes: []Note{{Kind: "reason", Audience: Resident, Text: reason}}}
	if err := o.Record(tx, a, d); err != nil {
		return err
	}
	if err := ReleaseTasks(tx, o.ID); err != nil {
		return err
	}
	task, err := AddTask(tx, Task{Matter: o.ID, Unit: last.Unit, Lead: true, Round: o.Round, Limit: last.Limit, Reason: last.Reason, DueAt: o.DueAt})
	if err != nil {
		return err
	}
	if err := MoveTask(tx, task, TaskWorking); err != nil {
		return err
	}
	if err := superviseAgain(tx, o); err != nil {
		return err
	}
	return o.Tell(tx, "reopened", map[string]string{"承办单位": last.UnitName, "新截止日期": locale.Short(locale.ZH, o.DueAt, cal.Zone)})
}

// superviseAgain puts a request under supervision by itself when it was called
// not solved for a second time.
func superviseAgain(tx *sqldb.Tx, o *Order) error {
	if o.Round < 2 {
		return nil
	}
	if err := o.Record(tx, actor.System, Deed{Name: DeedSupervised, Body: map[string]any{"unit": o.Unit, "round": o.Round}}); err != nil {
		return err
	}
	return Flag(tx, o.ID, "supervised", actor.SystemID)
}
