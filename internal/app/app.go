// Package app puts the program together: it opens what the features stand on,
// builds each feature with exactly what it uses, and serves them. It is the
// only package that knows all features.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/advice"
	"gongzhi/internal/api"
	"gongzhi/internal/blob"
	"gongzhi/internal/catalog"
	"gongzhi/internal/config"
	"gongzhi/internal/fault"
	"gongzhi/internal/job"
	"gongzhi/internal/matter"
	"gongzhi/internal/outbound"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/place/citymap"
	"gongzhi/internal/request"
	"gongzhi/internal/setup"
	"gongzhi/internal/setup/signin"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/telemetry"
	"gongzhi/internal/vault"
	"gongzhi/internal/web"
	"gongzhi/internal/wechat"
)

// Options are what differs between serving, demonstrating and testing.
type Options struct {
	Demo  bool             // lists demo accounts on the sign-in page and marks every page
	Now   func() time.Time // nil: the system's clock
	Log   *slog.Logger     // nil: silent
	Vault *vault.Vault     // nil: from the key file
	Blobs blob.Store       // nil: in the data folder

	WeChat wechat.Caller            // stands in for WeChat's API; nil: the way out
	More   func(a *App) []web.Route // further ways in, of the demonstration
}

// App is one city's program, ready to serve.
type App struct {
	Config  *config.Config
	DB      *sqldb.DB
	Vault   *vault.Vault
	Blobs   blob.Store
	Catalog *catalog.Shelf
	Advice  *advice.Advisor
	Atlas   *place.Shelf
	Land    *citymap.Shelf
	Numbers *request.Numbers
	Server  *web.Server
	Jobs    *job.Queue
	Out     *outbound.Client // the only way out over HTTP
	Ops     *api.API
	Features

	opt     Options
	log     *slog.Logger
	metrics *telemetry.Metrics
}

// Open opens the database, brings it to this program's schema, and builds the
// features. Close gives back what it holds.
func Open(ctx context.Context, c *config.Config, o Options) (*App, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &App{Config: c, Vault: o.Vault, Blobs: o.Blobs, opt: o, log: o.Log}
	if err := a.openStores(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	allow, err := outbound.Networks(c.OutboundAllow)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("configuration: outbound_allow: %w", err), a.Close())
	}
	a.Out = &outbound.Client{Allow: allow}
	if err := loopback(c.MetricsAddr); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	a.metrics = telemetry.NewMetrics(a.figures)
	if err := checkMail(c); err != nil {
		return nil, errors.Join(fmt.Errorf("configuration: %w", err), a.Close())
	}
	a.build()
	if err := a.Outbox.Load(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	a.Jobs = a.queue()
	if err := a.serveWith(); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) openStores(ctx context.Context) (err error) {
	if err = os.MkdirAll(a.Config.Data, 0o700); err != nil {
		return err
	}
	if a.Vault == nil {
		if a.Vault, err = vault.Open(a.Config.Keys(), a.Config.KEK); err != nil {
			return err
		}
	}
	if a.Blobs == nil {
		if a.Blobs, err = blob.OpenDir(a.Config.Blobs()); err != nil {
			return err
		}
	}
	if a.DB, err = sqldb.Open(ctx, a.Config.Database(), sqldb.Options{Now: a.opt.Now, Schema: a.Config.Schema}); err != nil {
		return err
	}
	if err = a.DB.Migrate(ctx); err != nil {
		return err
	}
	if err = a.DB.Update(ctx, a.sameKeys); err != nil {
		return err
	}
	a.Catalog, a.Atlas, a.Land = &catalog.Shelf{DB: a.DB}, &place.Shelf{DB: a.DB}, &citymap.Shelf{DB: a.DB}
	a.Advice = &advice.Advisor{DB: a.DB, Catalog: a.Catalog}
	if err = a.Reload(ctx); err != nil {
		return err
	}
	a.Numbers = &request.Numbers{DB: a.DB, Zone: a.Catalog.Book().Calendar.Zone}
	return nil
}

// sameKeys refuses to start with other keys than those the city's contact data
// was sealed with: a lost key file must be restored, not replaced in silence.
func (a *App) sameKeys(tx *sqldb.Tx) error {
	settings, err := catalog.LoadSettings(tx)
	if err != nil {
		return err
	}
	const name = "vault.fingerprint"
	switch was := settings[name]; was {
	case a.Vault.Fingerprint():
		return nil
	case "":
		return catalog.SaveSetting(tx, name, a.Vault.Fingerprint())
	}
	return fmt.Errorf("the keys in %s are not those this city's contact data was sealed with: restore the key file from your backup", a.Config.Keys())
}

// Reload reads the city's data anew, after an edit or an import.
func (a *App) Reload(ctx context.Context) error {
	err := errors.Join(a.Catalog.Reload(ctx), a.Atlas.Reload(ctx), a.Land.Reload(ctx), a.Advice.Reload(ctx))
	if a.Outbox != nil { // it is not there yet when the city is opened
		err = errors.Join(err, a.Outbox.Load(ctx))
	}
	return err
}

func (a *App) serveWith() (err error) {
	a.Server, err = web.NewServer(web.Options{
		Policies:  func(p string) bool { return actor.Known(actor.Action(p)) },
		Authorize: a.authorize,
		Fresh:     a.fresh,
		OnError:   a.errorPage,
		Log:       a.log, Now: a.opt.Now, Observe: a.metrics.Observe,
		BaseURL: a.Config.BaseURL, TrustedProxies: a.Config.TrustedProxies, TileHost: a.Config.TileHost(),
		SessionCookie: signin.SessionCookie(a.secure()), Key: a.Vault.Key("form tokens"), Timeout: a.Config.Timeout,
	})
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	a.Server.Add(a.routes()...)
	return nil
}

// Handler answers all requests.
func (a *App) Handler() http.Handler { return a.Server.Handler() }

// Run serves on ln, and runs watchers and jobs, until ctx ends.
func (a *App) Run(ctx context.Context, ln net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.Watch(ctx)
	}()
	go a.keepFresh(ctx)
	err := a.serveMetrics(ctx)
	mails, mailErr := a.receiveMail(ctx)
	err = errors.Join(err, mailErr)
	hangUp, deviceErr := a.hearDevices()
	err = errors.Join(err, deviceErr)
	if err == nil {
		err = a.Jobs.Start(ctx)
	}
	if err == nil {
		err = a.Server.Run(ctx, ln)
	}
	stop()
	<-done
	hangUp(context.WithoutCancel(ctx))
	<-mails
	return errors.Join(err, a.Jobs.Stop(context.WithoutCancel(ctx)))
}

// Watch runs the watchers, and gives the reminders that fall due, until ctx ends.
func (a *App) Watch(ctx context.Context) {
	var reminding sync.WaitGroup
	reminding.Go(func() {
		a.Handling.KeepReminding(ctx, func(err error) { a.log.ErrorContext(ctx, "reminders", "err", err) })
	})
	matter.Watch(ctx, a.DB, a.log, nil, time.Second, a.watchers()...)
	reminding.Wait()
}

// keepFresh reads the city's data anew now and then: another process may have
// edited it.
func (a *App) keepFresh(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := a.Reload(ctx); err != nil && ctx.Err() == nil {
				a.log.ErrorContext(ctx, "reload", "err", err)
			}
		}
	}
}

// Close gives back the database and the file store.
func (a *App) Close() error {
	var errs []error
	if d, ok := a.Blobs.(*blob.Dir); ok {
		errs = append(errs, d.Close())
	}
	if a.DB != nil {
		errs = append(errs, a.DB.Close())
	}
	return errors.Join(errs...)
}

func (a *App) errorPage(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, setup.ErrMustChange) && web.See(w, r, "/account") == nil {
		return
	}
	if errors.Is(err, signin.ErrMustEnrol) && web.See(w, r, "/account/second") == nil {
		return
	}
	if errors.Is(err, actor.ErrStepUp) {
		if err = a.SignIn.StepUp(w, r); err == nil {
			return
		}
	}
	if errors.Is(err, web.ErrSignIn) || errors.Is(err, web.ErrFormExpired) {
		if done, wrong := a.SignIn.Resend(w, r, err); done && wrong == nil {
			return
		}
	}
	b := a.base(w, r, "app.error_"+string(fault.KindOf(err)))
	heading, text := errorWords(b, r, err)
	if e := a.view().Render(w, r, web.Status(err), page.ErrorPage(b, heading, text, web.RequestID(r))); e != nil {
		a.log.ErrorContext(r.Context(), "error page", "err", e)
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte(page.Fallback))
	}
}
