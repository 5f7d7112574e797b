// Package actor knows who acts: units in a tree, staff with roles, their
// sessions, and the one table that says who may do what. Residents have no
// account; they act as Resident.
package actor

import (
	"context"
	"time"
)

// Role is a function that a member of staff fulfils.
type Role string

// The roles of a hotline. The two administrators are separated so that nobody
// can both change the city's rules and grant himself the right to do so.
const (
	Agent      Role = "agent"      // 话务员
	Dispatcher Role = "dispatcher" // 派单员
	Clerk      Role = "clerk"      // 承办单位经办
	Lead       Role = "lead"       // 承办单位负责人
	Reviewer   Role = "reviewer"   // 回访员: review and call-back
	Supervisor Role = "supervisor" // 督办
	Auditor    Role = "auditor"    // 审计
	SysAdmin   Role = "sysadmin"   // 系统管理员: the city's data
	SecAdmin   Role = "secadmin"   // 安全管理员: accounts, roles, sessions
)

// Roles lists all roles in the order in which pages show them.
var Roles = []Role{Agent, Dispatcher, Clerk, Lead, Reviewer, Supervisor, Auditor, SysAdmin, SecAdmin}

// ResidentID and SystemID stand in history where no member of staff acted.
const (
	ResidentID = "resident"
	SystemID   = "system"
)

// Actor is who acts: a member of staff with a session, a resident (zero
// value), or the system itself.
type Actor struct {
	ID       string // staff id, "" resident
	Login    string
	Name     string
	Number   string // staff number
	Roles    []Role
	UnitID   string
	UnitName string
	UnitPath string // prefix of the paths of all units below
	UnitKind string
	UnitArea string // code of the unit's territory, "" none
	Session  string // hash of the session's token; binds the CSRF token

	Token  string   // id of the API token that acts, "" a person at a page
	Scopes []string // what the token reaches
	Writes bool     // the call with the token means to change something

	Proved time.Time // when this session last proved who sits there: see Fresh
	Strong bool      // it was opened with a second factor

	Waiting []Role // roles that open once a first password, or a missing second factor, is seen to
}

// System acts for jobs, watchers and imports.
var System = Actor{ID: SystemID, Name: "系统"}

// Is reports whether the actor has one of the roles.
func (a Actor) Is(roles ...Role) bool {
	for _, have := range a.Roles {
		for _, want := range roles {
			if have == want {
				return true
			}
		}
	}
	return false
}

// Pending is the actor without the rights of their roles.
func Pending(a Actor) Actor {
	a.Roles, a.Waiting = nil, a.Roles
	return a
}

// Staff reports whether a member of staff acts.
func (a Actor) Staff() bool { return a.ID != "" && a.ID != SystemID }

// HistoryID is what history keeps of the actor.
func (a Actor) HistoryID() string {
	if a.ID == "" {
		return ResidentID
	}
	return a.ID
}

type key struct{}

// With returns a context that carries the actor of an HTTP request. Only
// handlers read it; verbs and store functions take the actor as an argument.
func With(ctx context.Context, a Actor) context.Context { return context.WithValue(ctx, key{}, a) }

// From is the actor of an HTTP request, a resident when nobody signed in.
func From(ctx context.Context) Actor {
	a, _ := ctx.Value(key{}).(Actor)
	return a
}
