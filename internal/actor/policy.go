package actor

import (
	"slices"

	"gongzhi/internal/fault"
)

// Action is something a route or a verb does. Each has one line in Policies.
type Action string

// Rule says who may take an action.
type Rule struct {
	Anyone bool   // residents too, without signing in
	Staff  bool   // every member of staff
	Roles  []Role // else one of these
	Key    bool   // programs with a key of their own, which the verb checks; a session is worth nothing here
	Own    bool   // units reach only objects of their own unit and those below; enforced by request.Scope
}

// handlers are the roles that work inside a handling unit.
var handlers = []Role{Clerk, Lead}

// seers are the roles that may look at requests. Handlers see only those of
// their own unit.
var seers = []Role{Agent, Dispatcher, Clerk, Lead, Reviewer, Supervisor, Auditor}

// Policies is the one table of authorisation. A route that names no action of
// this table stops the program at its start.
var Policies = map[Action]Rule{
	"public":  {Anyone: true},
	"account": {Staff: true},
	// What an account may do before it has a password of its own, and the second
	// factor that its role demands: get them, and leave.
	"account.own": {Staff: true},

	"request.list":    {Roles: seers, Own: true},
	"request.show":    {Roles: seers, Own: true},
	"request.contact": {Roles: []Role{Agent, Dispatcher, Clerk, Lead, Reviewer, Supervisor}, Own: true},
	"request.urge":    {Roles: []Role{Agent, Dispatcher, Reviewer, Supervisor}},
	"request.edit":    {Roles: []Role{Agent, Dispatcher}},

	"intake.desk":   {Roles: []Role{Agent, Dispatcher}},
	"intake.import": {Roles: []Role{SysAdmin}},

	"device.send": {Anyone: true, Key: true},
	"device.look": {Roles: []Role{SysAdmin, SecAdmin, Auditor, Supervisor, Dispatcher}},
	"device.edit": {Roles: []Role{SysAdmin}},

	"webhook.look": {Roles: []Role{SysAdmin, SecAdmin, Auditor}},
	"webhook.edit": {Roles: []Role{SysAdmin}},

	"signin.return": {Anyone: true, Key: true}, // from an identity provider, with the state that this browser was given

	"open311.write": {Anyone: true, Key: true},
	"open311.send":  {Roles: []Role{Dispatcher, Lead}, Own: true},

	"advice.look":     {Roles: []Role{Dispatcher, Supervisor, Auditor}},
	"advice.choose":   {Roles: []Role{Dispatcher}},
	"dispatch.queue":  {Roles: []Role{Dispatcher}},
	"dispatch.direct": {Roles: []Role{Dispatcher, Supervisor}},
	"dispatch.send":   {Roles: []Role{Dispatcher, Agent}},
	"dispatch.rule":   {Roles: []Role{Dispatcher}},
	"dispatch.merge":  {Roles: []Role{Agent, Dispatcher}},
	"dispatch.split":  {Roles: []Role{Dispatcher}},

	"dispatch.publish": {Roles: []Role{Dispatcher}},

	"handling.work":             {Roles: handlers, Own: true},
	"handling.rule_extension":   {Roles: []Role{Dispatcher}},
	"handling.rule_hold":        {Roles: []Role{Supervisor}},
	"handling.rule_termination": {Roles: []Role{Supervisor}},

	"assessment.review":    {Roles: []Role{Reviewer}},
	"assessment.callback":  {Roles: []Role{Reviewer}},
	"assessment.supervise": {Roles: []Role{Supervisor}},
	"assessment.give":      {Roles: []Role{Supervisor}},
	"assessment.scores":    {Roles: []Role{Supervisor, Dispatcher, Reviewer, Auditor}},
	"assessment.board":     {Roles: []Role{Supervisor, Dispatcher, Lead, Auditor}, Own: true},

	"assessment.exclusion_ask":  {Roles: handlers, Own: true},
	"assessment.exclusion_look": {Roles: []Role{Clerk, Lead, Reviewer, Supervisor, Auditor}, Own: true},
	"assessment.exclusion_rule": {Roles: []Role{Reviewer, Supervisor}},
	"assessment.signals":        {Roles: []Role{Reviewer, Supervisor, Auditor}},
	"assessment.signals_settle": {Roles: []Role{Reviewer, Supervisor}},

	"setup.city":    {Roles: []Role{SysAdmin}},
	"setup.catalog": {Roles: []Role{SysAdmin}},
	"setup.look":    {Roles: []Role{SysAdmin, SecAdmin, Auditor, Supervisor, Dispatcher}},
	"setup.staff":   {Roles: []Role{SecAdmin}},
	"setup.signin":  {Roles: []Role{SecAdmin}},

	"datasecurity.audit":   {Roles: []Role{Auditor, SecAdmin}},
	"datasecurity.exports": {Staff: true},
	"datasecurity.take":    {Roles: []Role{Dispatcher, Lead, Reviewer, Supervisor, SysAdmin}}, // contact data, in a file
	"datasecurity.approve": {Roles: []Role{Supervisor, SecAdmin}},
	"notice.look":          {Roles: []Role{SysAdmin, SecAdmin, Auditor, Supervisor, Dispatcher}},
	"notice.resend":        {Roles: []Role{SysAdmin, Supervisor, Dispatcher}},
}

// Known reports whether the table has the action.
func Known(a Action) bool {
	_, ok := Policies[a]
	return ok
}

// Allowed reports whether the table lets the actor take the action, the
// relation to one object aside.
func Allowed(a Actor, action Action) bool {
	r, ok := Policies[action]
	switch {
	case !ok:
		return false
	case r.Anyone:
		return true
	case !a.Staff():
		return false
	}
	return (r.Staff || a.Is(r.Roles...)) && a.covers(action)
}

// Can is Allowed as an error: Denied with a sentence for the person.
func Can(a Actor, action Action) error {
	if Allowed(a, action) || a.ID == SystemID {
		return nil
	}
	return fault.New(fault.Denied, "actor.denied", nil)
}

// SeesAll reports whether the actor's lists are not narrowed to a unit.
func SeesAll(a Actor) bool {
	return a.ID == SystemID || a.Is(Agent, Dispatcher, Reviewer, Supervisor, Auditor)
}

// Actions lists the table's actions in order.
func Actions() []Action {
	var out []Action
	for a := range Policies {
		out = append(out, a)
	}
	slices.Sort(out)
	return out
}
