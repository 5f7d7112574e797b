package actor

import (
	"fmt"
	"strings"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// FreshFor is how long a proof of who sits there lasts for what one person
// alone could misuse: contact data, accounts, keys, channels, exports.
const FreshFor = 5 * time.Minute

// ErrStepUp asks the person to prove once more who they are, with the second
// factor or, for an account without one, the password. The program answers it
// with that question and comes back to what was being done. A program with a
// token hears instead that its token lacks the scope StepUp.
var ErrStepUp = fault.New(fault.Denied, "actor.step_up", nil)

// Fresh is nil when the actor's session has proved who sits there within the
// last five minutes, by signing in or by confirming. A verb that needs it calls
// it beside Can:
//
//	if err := actor.Fresh(a, tx.Now); err != nil {
//		return err
//	}
func Fresh(a Actor, now time.Time) error { return FreshWithin(a, now, FreshFor) }

// FreshWithin is Fresh with a period of the city's own.
func FreshWithin(a Actor, now time.Time, period time.Duration) error {
	switch {
	case a.ID == SystemID || now.Sub(a.Proved) <= period:
		return nil
	case a.Token != "":
		return fault.New(fault.Denied, "actor.token_scope", nil, StepUp)
	}
	return ErrStepUp
}

// Prove notes that the actor's session has just proved who sits there. The
// session gets a new token, the old one is dead; cookie is what the browser has
// sent, and what it returns takes its place.
func Prove(tx *sqldb.Tx, a Actor, cookie string) (string, error) {
	_, form, ok := strings.Cut(cookie, ".")
	if tokenHash(cookie) != a.Session || !ok {
		return "", fault.New(fault.NotFound, "actor.session_over", nil)
	}
	next := Secret() + "." + form
	n, err := tx.ExecN(`update actor_session set token = $1, proved_at = $2, strong = exists (select 1 from actor_second where staff_id = $3) where token = $4`,
		tokenHash(next), tx.Now.UnixMicro(), a.ID, a.Session)
	if err == nil && n == 0 {
		err = fault.New(fault.NotFound, "actor.session_over", nil)
	}
	if err != nil {
		return "", fmt.Errorf("renew session: %w", err)
	}
	return next, Deed(tx, a, "account.confirm", a.ID, "")
}
