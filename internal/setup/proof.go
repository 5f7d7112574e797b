package setup

import (
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// Proof goes with what one person alone could misuse: giving roles, making
// accounts, resetting passwords. Who does it says why, and has just proved who
// they are, so that a desk left open is not enough.
type Proof struct{ Reason string }

// check says what is missing; reason is the name of the form's field.
func (p Proof) check(a actor.Actor, now time.Time, reason string) error {
	if len([]rune(p.Reason)) < 2 {
		return fault.Fields{{Name: reason, Key: "setup.reason_missing"}}
	}
	return actor.Fresh(a, now)
}

// keep stores the reason beside the deed of the same instant.
func (p Proof) keep(tx *sqldb.Tx, a actor.Actor, staff string) error {
	const q = `insert into setup_reason(staff_id, at, actor, reason) values ($1, $2, $3, $4) on conflict (staff_id, at) do nothing`
	return tx.Exec(q, staff, tx.Now.UnixMicro(), a.HistoryID(), p.Reason)
}

// grave reports whether a change of an account needs a proof.
func grave(now, was record) bool {
	return was == nil || was["roles"] != now["roles"] || was["unit"] != now["unit"] || was["active"] == "" && now["active"] == "1"
}
