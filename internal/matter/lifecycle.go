package matter

import (
	"fmt"
	"slices"
	"strings"

	"gongzhi/internal/fault"
)

// Lifecycle is the state machine of one kind of matter as a table.
type Lifecycle struct {
	Kind   string
	States []State
	Moves  []Move
}

// State is one stage. A final state closes the matter.
type State struct {
	Name  string
	Final bool
}

// Move says that in one of the From states the event leads to one of the To
// states. An empty From is the birth of a matter; an empty To keeps the state.
// From "*" means every state that is not final.
type Move struct {
	From   []string
	Event  string
	To     []string
	Source string // the rule the move comes from
}

// Final reports whether the state closes the matter.
func (l *Lifecycle) Final(state string) bool {
	i := slices.IndexFunc(l.States, func(s State) bool { return s.Name == state })
	return i >= 0 && l.States[i].Final
}

// Allows reports whether the event may happen in the state.
func (l *Lifecycle) Allows(state, event string) bool {
	return slices.ContainsFunc(l.Moves, func(m Move) bool { return m.Event == event && l.from(m, state) })
}

func (l *Lifecycle) from(m Move, state string) bool {
	if state == "" {
		return len(m.From) == 0
	}
	return slices.Contains(m.From, state) || slices.Contains(m.From, "*") && !l.Final(state)
}

// next is the state after event. wanted chooses among several; with a single
// one it may be empty.
func (l *Lifecycle) next(state, event, wanted string) (string, error) {
	for _, m := range l.Moves {
		if m.Event != event || !l.from(m, state) {
			continue
		}
		switch {
		case len(m.To) == 0 && (wanted == "" || wanted == state):
			return state, nil
		case len(m.To) == 1 && wanted == "":
			return m.To[0], nil
		case slices.Contains(m.To, wanted):
			return wanted, nil
		}
	}
	if state != "" && !l.Allows(state, event) {
		return "", fault.New(fault.Conflict, "matter.not_in_this_state", nil)
	}
	return "", fmt.Errorf("lifecycle %s: %q in state %q may not lead to %q", l.Kind, event, state, wanted)
}

// Check finds faults in the table: unknown states, states that cannot be
// reached, open states without a way out.
func (l *Lifecycle) Check() error {
	known := map[string]bool{"*": true}
	for _, s := range l.States {
		known[s.Name] = true
	}
	reached, leaves := map[string]bool{}, map[string]bool{}
	for _, m := range l.Moves {
		for _, s := range append(slices.Clone(m.From), m.To...) {
			if !known[s] {
				return fmt.Errorf("lifecycle %s: %s names unknown state %q", l.Kind, m.Event, s)
			}
		}
		for _, s := range m.To {
			reached[s] = true
		}
		for _, s := range m.From {
			leaves[s] = leaves[s] || len(m.To) > 0
		}
	}
	for _, s := range l.States {
		if !reached[s.Name] || !s.Final && !leaves[s.Name] {
			return fmt.Errorf("lifecycle %s: state %q is never reached or never left", l.Kind, s.Name)
		}
	}
	return nil
}

// Markdown prints the table as documentation. name translates the codes of
// states and events.
func (l *Lifecycle) Markdown(name func(code string) string) string {
	var b strings.Builder
	b.WriteString("| from | event | to | source |\n|---|---|---|---|\n")
	for _, m := range l.Moves {
		from, to := names(m.From, name), names(m.To, name)
		if len(m.From) == 0 {
			from = "–"
		}
		if len(m.To) == 0 {
			to = "="
		}
		fmt.Fprintf(&b, "| %s | %s `%s` | %s | %s |\n", from, name(m.Event), m.Event, to, m.Source)
	}
	return b.String()
}

func names(codes []string, name func(string) string) string {
	out := make([]string, len(codes))
	for i, c := range codes {
		if out[i] = "*"; c != "*" {
			out[i] = name(c) + " `" + c + "`"
		}
	}
	return strings.Join(out, ", ")
}
