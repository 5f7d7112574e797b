package command

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"strings"
)

// measure is one measurement on a file: gongzhi eval NAME …. It prints one JSON
// object, so that a script and a test can read it.
type measure struct {
	name string
	run  func(ctx context.Context, e env, args []string) error
}

func measures() []measure {
	return []measure{
		{"classify", evalClassify},
		{"duplicates", evalDuplicates},
		{"places", evalPlaces},
		{"replies", evalReplies},
	}
}

// evaluate runs a measurement.
func evaluate(ctx context.Context, e env, args []string) error {
	var names []string
	for _, m := range measures() {
		if len(args) > 0 && m.name == args[0] {
			return m.run(ctx, e, args[1:])
		}
		names = append(names, m.name)
	}
	return errors.New("usage: gongzhi eval " + strings.Join(names, "|") + " … (each tells its flags with --help)")
}

// evalFlags are the flags of a measurement. --json is taken and changes nothing:
// the answer is always JSON.
func evalFlags(e env, name string) *flag.FlagSet {
	fs := flag.NewFlagSet("gongzhi eval "+name, flag.ContinueOnError)
	fs.SetOutput(e.err)
	fs.Bool("json", true, "the answer as JSON, which it always is")
	return fs
}

// columns are names separated by commas.
func columns(s string) []string {
	var out []string
	for c := range strings.SplitSeq(s, ",") {
		if c = strings.TrimSpace(c); c != "" {
			out = append(out, c)
		}
	}
	return out
}

// answer prints what was measured.
func (e env) answer(v any) error {
	enc := json.NewEncoder(e.out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}
