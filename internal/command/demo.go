package command

import (
	"context"
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"

	"gongzhi/internal/app"
	"gongzhi/internal/config"
	"gongzhi/internal/demo"
	"gongzhi/internal/demo/chat"
)

// demonstrate serves the demonstration city, making it first where there is
// none yet.
func demonstrate(ctx context.Context, e env, args []string) error {
	var seed uint64
	var days, requests int
	var browser bool
	c, rest, err := config.Load("gongzhi demo", args, e.vars, e.err, func(fs *flag.FlagSet) {
		fs.Uint64Var(&seed, "seed", 1, "the same seed makes the same city")
		fs.IntVar(&days, "days", 90, "days of history")
		fs.IntVar(&requests, "requests", 6000, "requests in these days")
		fs.BoolVar(&browser, "open", false, "open the city in the browser")
	})
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("demo takes no argument %q", rest[0])
	}
	if c.BackupTo == "" {
		c.BackupTo = filepath.Join(c.Data, "backups")
	}
	if c.MailAddress == "" && c.MailFrom == "" {
		c.MailAddress = demo.Mailbox
	}
	prepare := func(a *app.App) error {
		if err := found(ctx, e, a, demo.Plan{Seed: seed, Days: days, Requests: requests, Until: time.Now()}); err != nil {
			return err
		}
		return chat.Connect(ctx, a)
	}
	talk := chat.New(time.Now)
	ready := func(address string) {
		if browser {
			openBrowser(ctx, address)
		}
	}
	return listen(ctx, e, c, app.Options{Demo: true, WeChat: talk.API, More: talk.Routes}, prepare, ready)
}

// openBrowser opens the address where there is a browser to open it.
func openBrowser(ctx context.Context, address string) {
	for _, program := range []string{"xdg-open", "open"} {
		if exec.CommandContext(ctx, program, address).Start() == nil {
			return
		}
	}
}

// found makes the city, unless the database holds one already.
func found(ctx context.Context, e env, a *app.App, p demo.Plan) error {
	there, err := demo.Exists(ctx, a.DB)
	if there || err != nil {
		return err
	}
	started := time.Now()
	fmt.Fprintf(e.err, "gongzhi: making the demonstration city (seed %d) …\n", p.Seed)
	if err := demo.Make(ctx, a, p, func(done, of int) {
		fmt.Fprintf(e.err, "gongzhi: %d of %d requests\n", done, of)
	}); err != nil {
		return err
	}
	fmt.Fprintf(e.err, "gongzhi: the city is ready after %s\n", time.Since(started).Round(time.Second))
	return nil
}
