package app

import (
	"context"
	"net/http"
	"slices"

	"gongzhi/internal/assessment"
	"gongzhi/internal/assessment/exclusion"
	"gongzhi/internal/assessment/gaming"
	"gongzhi/internal/assessment/scoring"
	"gongzhi/internal/datasecurity"
	"gongzhi/internal/dispatch"
	"gongzhi/internal/handling"
	"gongzhi/internal/intake"
	"gongzhi/internal/intake/device"
	"gongzhi/internal/intake/mailbox"
	"gongzhi/internal/intake/open311"
	"gongzhi/internal/intake/wechat"
	"gongzhi/internal/matter"
	"gongzhi/internal/outbox"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/setup"
	"gongzhi/internal/setup/signin"
	"gongzhi/internal/web"
	"gongzhi/internal/webhook"
)

// Features are the rooms of the program.
type Features struct {
	Open311      *open311.Service
	Intake       *intake.Service
	Dispatch     *dispatch.Service
	Handling     *handling.Service
	Assessment   *assessment.Service
	Exclusion    *exclusion.Service
	Gaming       *gaming.Service
	Scoring      *scoring.Service
	Devices      *device.Service
	Webhooks     *webhook.Service
	Setup        *setup.Service
	SignIn       *signin.Service
	DataSecurity *datasecurity.Service
	Mailbox      *mailbox.Service
	WeChat       *wechat.Service
	Outbox       *outbox.Service
}

// build makes each feature with what it uses.
func (a *App) build() {
	f := &a.Features
	f.Intake = &intake.Service{DB: a.DB, Vault: a.Vault, Blobs: a.Blobs, Catalog: a.Catalog, Advice: a.Advice, Atlas: a.Atlas, Land: a.Land, Numbers: a.Numbers, Base: a.base, Reload: a.Reload, BaseURL: a.Config.BaseURL}
	f.Dispatch = &dispatch.Service{DB: a.DB, Vault: a.Vault, Catalog: a.Catalog, Advice: a.Advice, Atlas: a.Atlas, Numbers: a.Numbers, Base: a.base}
	f.Handling = &handling.Service{DB: a.DB, Vault: a.Vault, Blobs: a.Blobs, Catalog: a.Catalog, Atlas: a.Atlas, Land: a.Land, Base: a.base, BaseURL: a.Config.BaseURL}
	f.Assessment = &assessment.Service{DB: a.DB, Vault: a.Vault, Catalog: a.Catalog, Atlas: a.Atlas, Land: a.Land, Base: a.base}
	f.Exclusion = &exclusion.Service{DB: a.DB, Blobs: a.Blobs, Catalog: a.Catalog, Base: a.base}
	f.Gaming = &gaming.Service{DB: a.DB, Vault: a.Vault, Catalog: a.Catalog, Base: a.base}
	f.Scoring = &scoring.Service{DB: a.DB, Catalog: a.Catalog, Base: a.base}
	f.Setup = &setup.Service{DB: a.DB, Vault: a.Vault, Catalog: a.Catalog, Atlas: a.Atlas, Land: a.Land, Base: a.base, Reload: a.Reload, Demo: a.opt.Demo, BackupTo: a.Config.BackupTo, BackupKeep: a.Config.BackupKeep}

	f.SignIn = &signin.Service{DB: a.DB, Vault: a.Vault, Catalog: a.Catalog, Setup: f.Setup, Base: a.base, Demo: a.opt.Demo, Home: Home,
		Cookie: signin.SessionCookie(a.secure()), Secure: a.secure(), BaseURL: a.Config.BaseURL, Out: a.Out}

	f.DataSecurity = &datasecurity.Service{DB: a.DB, Vault: a.Vault, Blobs: a.Blobs, Catalog: a.Catalog, Base: a.base}

	f.Mailbox = a.mailbox()
	f.WeChat = a.wechat(f.Intake)
	a.tellers()

	f.Devices, f.Webhooks = a.machines()

	// What to send at once is dispatch's to say; the desk only asks it.
	f.Intake.Sender = f.Dispatch
	if r, ok := any(f.Handling).(intake.Resumer); ok {
		f.Intake.Resumer = r
	}
	f.Handling.Panels = []show.PanelFunc{f.Handling.OwnPanels, f.Dispatch.Panels, f.Assessment.Panels, f.Intake.Panels}
	f.Handling.Panels = append(f.Handling.Panels, f.Exclusion.Panels, f.Devices.Panels)
	f.Exclusion.Case = f.Handling.Case
	f.Intake.Case, f.Dispatch.Case, f.Assessment.Case, f.DataSecurity.Case = f.Handling.Case, f.Handling.Case, f.Handling.Case, f.Handling.Case
	a.openDoor()
	f.DataSecurity.Lists = slices.Concat(f.Handling.Exports(), f.Dispatch.Exports(), f.Assessment.Exports(), f.Exclusion.Exports(), f.Gaming.Exports(), f.Scoring.Exports(), f.Intake.Exports(), f.Outbox.Exports(), f.DataSecurity.Exports(),
		f.Webhooks.Exports(), f.Devices.Exports(), f.Mailbox.Exports(), f.Open311.Exports(), f.Setup.Exports(), f.SignIn.Exports())
}

// routes lists every way in. web refuses to start on one without a policy.
func (a *App) routes() []web.Route {
	list := []web.Route{
		{Method: "GET", Path: "/healthz", Policy: "public", Do: a.healthz, AnyHost: true},
		{Method: "GET", Path: "/readyz", Policy: "public", Do: a.readyz, AnyHost: true},
		{Method: "GET", Path: "/assets/{name}", Policy: "public", Do: asset},
		{Method: "POST", Path: "/mode", Policy: "public", Do: page.SetMode},
		{Method: "GET", Path: "/design", Policy: "public", Do: a.design},
	}
	list = append(list, a.Open311.Routes()...)
	for _, more := range [][]web.Route{a.Intake.Routes(), a.Devices.Routes(), a.Webhooks.Routes(), a.Dispatch.Routes(), a.Handling.Routes(), a.Assessment.Routes(), a.Exclusion.Routes(), a.Gaming.Routes(), a.Scoring.Routes(), a.Setup.Routes(), a.SignIn.Routes(), a.DataSecurity.Routes(), a.Mailbox.Routes(), a.WeChat.Routes()} {
		list = append(list, more...)
	}
	if a.opt.More != nil {
		list = append(list, a.opt.More(a)...)
	}
	a.Ops = a.operations()
	list = append(append(list, a.Outbox.Routes()...), a.Ops.Routes()...)
	return askFresh(list, a.Ops.Ops())
}

// watchers read the history behind the people at work.
func (a *App) watchers() []matter.Watcher {
	return []matter.Watcher{request.Indexer(), request.Marker(), request.Repeater(), a.Handling.Reminders(), a.Advice.Watcher(), a.Features.Dispatch.Watcher(), a.Outbox.Office.Watcher(), webhook.Watcher(), a.Open311.Watcher()}
}

func (a *App) healthz(w http.ResponseWriter, _ *http.Request) error {
	_, err := w.Write([]byte("ok\n"))
	return err
}

// readyz says whether requests can be taken: the database answers.
func (a *App) readyz(w http.ResponseWriter, r *http.Request) error {
	if err := a.ready(r.Context()); err != nil {
		return err
	}
	return a.healthz(w, r)
}

func (a *App) ready(ctx context.Context) error { return a.DB.Ping(ctx) }

func asset(w http.ResponseWriter, r *http.Request) error {
	page.ServeAsset(w, r)
	return nil
}
