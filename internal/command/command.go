// Package command reads the command line and runs what it asks for.
package command

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"gongzhi/internal/app"
	"gongzhi/internal/config"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/telemetry"
)

// env is what a command may use of the world around it.
type env struct {
	vars     []string
	out, err io.Writer
}

// verb is one command: gongzhi NAME …
type verb struct {
	name, help string
	run        func(ctx context.Context, e env, args []string) error
}

func verbs() []verb {
	return []verb{
		{"serve", "serve a city", serve},
		{"demo", "serve the demonstration city", demonstrate},
		{"admin", "make the first administrators of a city", admin},
		{"import", "take in a table of another system: gongzhi import requests", bring},
		{"backup", "copy a city while it works", backUp},
		{"restore", "bring a city back from a backup", restore},
		{"check", "read a city or a backup from end to end", check},
		{"eval", "measure a method on a table and print JSON: gongzhi eval places|duplicates|classify", evaluate},
		{"assess", "score, reckon rates, rank, and print JSON: gongzhi assess score|rates|rank", assess},
		{"deadline", "count a date and explain it: gongzhi deadline explain", deadline},
		{"states", "print the state machine of a request as a table", states},
	}
}

// Run runs the command that args name.
func Run(ctx context.Context, args, vars []string, out, err io.Writer) error {
	e := env{vars, out, err}
	for _, v := range verbs() {
		if len(args) > 0 && v.name == args[0] {
			if err := v.run(ctx, e, args[1:]); !errors.Is(err, flag.ErrHelp) {
				return err
			}
			return nil
		}
	}
	for _, v := range verbs() {
		fmt.Fprintf(err, "  gongzhi %-10s %s\n", v.name, v.help)
	}
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "--help"}, args[0]) {
		return nil
	}
	return fmt.Errorf("no command %q", args[0])
}

func serve(ctx context.Context, e env, args []string) error {
	c, rest, err := config.Load("gongzhi serve", args, e.vars, e.err, nil)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("serve takes no argument %q", rest[0])
	}
	invite := ""
	prepare := func(a *app.App) (err error) {
		invite, err = a.SignIn.Invite(ctx)
		return err
	}
	return listen(ctx, e, c, app.Options{}, prepare, func(address string) {
		if invite != "" {
			fmt.Fprintf(e.out, firstStart, cmp.Or(c.BaseURL, address), invite)
		}
	})
}

// firstStart is printed once, when a city has no account yet.
const firstStart = `
这座城市还没有账号。请在一小时内打开下面的网址，建立最初的两位管理员；网址只能用一次，重新启动会换新的。
This city has no account yet. Open this address within an hour to make its first two administrators; it works once.

	%s/start?token=%s

`

// listen opens the city, lets prepare work on it, and serves until ctx ends.
// ready is told the address. Both may be nil.
func listen(ctx context.Context, e env, c *config.Config, o app.Options, prepare func(*app.App) error, ready func(address string)) error {
	log, err := telemetry.Logger(e.err, c.LogLevel)
	if err != nil {
		return err
	}
	o.Log = log
	fmt.Fprint(e.err, c.String())
	a, err := app.Open(ctx, c, o)
	if err != nil {
		return err
	}
	defer a.Close()
	if prepare != nil {
		if err := prepare(a); err != nil {
			return err
		}
	}
	ln, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.out, "gongzhi: ready on http://%s\n", ln.Addr())
	if ready != nil {
		ready("http://" + ln.Addr().String())
	}
	return a.Run(ctx, ln)
}

// states prints the table from which the program decides.
func states(_ context.Context, e env, _ []string) error {
	_, err := io.WriteString(e.out, lifecycle(&request.Life))
	return err
}

func lifecycle(l *matter.Lifecycle) string {
	return strings.TrimSpace(l.Markdown(words)) + "\n"
}
