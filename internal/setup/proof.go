package setup

import (
	"context"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// Proof goes with what one person alone could misuse: giving roles, making
// accounts, resetting passwords. Who does it says why and enters their own
// password once more, so that a desk left open is not enough.
type Proof struct{ Reason, Password string }

// check says what is missing; names are those of the form's fields.
func (p Proof) check(ctx context.Context, db *sqldb.DB, a actor.Actor, reason, proof string) error {
	var fields fault.Fields
	if len([]rune(p.Reason)) < 2 {
		fields.Add(reason, "setup.reason_missing")
	}
	right, err := actor.PasswordIs(ctx, db, a.ID, p.Password)
	if err != nil {
		return err
	}
	if !right {
		fields.Add(proof, "setup.proof_wrong")
	}
	return fields.Err()
}

// keep stores the reason beside the deed of the same instant.
func (p Proof) keep(tx *sqldb.Tx, a actor.Actor, staff string) error {
	const q = `insert into setup_reason(staff_id, at, actor, reason) values ($1, $2, $3, $4) on conflict (staff_id, at) do nothing`
	return tx.Exec(q, staff, tx.Now.UnixMicro(), a.HistoryID(), p.Reason)
}

// grave reports whether a change of an account needs a proof.
func grave(now, was record) bool { return was == nil || was["roles"] != now["roles"] }
