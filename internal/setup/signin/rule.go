package signin

import (
	"slices"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// ErrMustEnrol is the answer to everything that an account asks for while its
// role demands a second factor that it does not have.
var ErrMustEnrol = fault.New(fault.Denied, "signin.must_enrol", nil)

// Demanded are the roles that must show a second factor while nothing is set:
// those who rule the city's data, its accounts, and watch both.
var demanded = []actor.Role{actor.SysAdmin, actor.SecAdmin, actor.Auditor}

// Rule is what a city demands of those who sign in.
type Rule struct {
	Roles []actor.Role // must show a second factor
	Grace string       // last day on which they may do without, as 2026-12-31; "" none
	Look  int          // minutes for which a proof lets one look at contacts
}

// nobody is the setting of a city that demands a second factor of no role.
const nobody = "none"

// RuleOf reads the rule from the settings.
func RuleOf(set catalog.Settings) Rule {
	r := Rule{Roles: demanded, Grace: set["signin.grace"], Look: set.Int("signin.look", int(actor.FreshFor/time.Minute))}
	if v := set["signin.second"]; v != "" {
		r.Roles = nil
		for name := range strings.SplitSeq(v, ",") {
			if role := actor.Role(name); slices.Contains(actor.Roles, role) {
				r.Roles = append(r.Roles, role)
			}
		}
	}
	return r
}

// Demands reports whether the rule demands a second factor of the actor, and
// whether it may still be put off.
func (r Rule) Demands(a actor.Actor, now time.Time, zone *time.Location) (demands, later bool) {
	return a.Is(r.Roles...), now.In(zone).Format(time.DateOnly) <= r.Grace
}

// MustEnrol reports whether the account has to get a second factor before
// anything else opens to it.
func (s *Service) MustEnrol(tx *sqldb.Tx, a actor.Actor) (bool, error) {
	if a.Strong {
		return false, nil
	}
	set := s.Catalog.Book().Settings
	demands, later := RuleOf(set).Demands(a, tx.Now, set.Zone())
	if !demands || later {
		return false, nil
	}
	second, err := actor.SecondOf(tx, a.ID)
	return !second.On(), err
}
