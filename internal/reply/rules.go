package reply

import (
	_ "embed"
	"encoding/json"
)

//go:embed rules.json
var defaults []byte

// Default are the rules that a new city begins with.
func Default() []Rule {
	var out []Rule
	if err := json.Unmarshal(defaults, &out); err != nil {
		panic("reply: rules.json: " + err.Error()) // part of the program
	}
	return out
}
