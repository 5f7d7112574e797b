package show

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// Panel is one act that a person may take on a request now, as the page of the
// request offers it: a button that opens the form in Body. Each feature offers
// its own; the page shows them in one row. Field names inside begin with the
// panel's ID and a dot, so that ids on the page stay single.
type Panel struct {
	ID      string // "accept"; the form posts to /case/{number}/accept
	Label   string
	Primary bool // the act that is usually next
	Danger  bool
	Key     string // key combination
	Body    templ.Component
}

// PanelFunc offers a feature's panels for a request. f is not nil when an act
// of this page has just failed: its panel shows what was typed.
type PanelFunc func(tx *sqldb.Tx, b page.Base, a actor.Actor, o *request.Order, f *Failed) ([]Panel, error)

// Failed is an act that could not be done, for showing its form again.
type Failed struct {
	Panel  string
	Values url.Values // as typed
	Err    error
	Seen   int64 // version of the request the person saw
}

// Value is what was typed into a field of the panel, or otherwise.
func (f *Failed) Value(panel, name, otherwise string) string {
	if f == nil || f.Panel != panel || !f.Values.Has(name) {
		return otherwise
	}
	return f.Values.Get(name)
}

// Error is the sentence about a field of the panel, "" when it is right.
func (f *Failed) Error(b page.Base, name string) string {
	if f == nil {
		return ""
	}
	if fields, ok := f.Err.(fault.Fields); ok {
		if p, ok := fields.Of(name); ok {
			return b.T(p.Key, p.Args...)
		}
	}
	return ""
}

// CaseFunc shows the page of a request; with f it shows it with status 422 or
// 409 and the failed form open. The app gives it to every feature.
type CaseFunc func(w http.ResponseWriter, r *http.Request, number string, f *Failed) error

// Act is the handler of one panel: it reads the form, takes the act, and comes
// back to the request's page, or to the form's "next" address. What is wrong
// with the form, and a change by somebody else, is shown on that page with
// everything typed still there.
func Act(again CaseFunc, panel string, do func(r *http.Request, a actor.Actor, number string, version int64, v *web.Values) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		number := id.CleanNumber(r.PathValue("number"))
		v, err := web.Form(r)
		if err != nil {
			return err
		}
		version := int64(v.Int("version"))
		err = do(r, actor.From(r.Context()), number, version, v)
		switch fault.KindOf(err) {
		case fault.Invalid, fault.Conflict:
			return again(w, r, number, &Failed{Panel: panel, Values: v.All(), Err: err, Seen: version})
		}
		if err != nil {
			return err
		}
		page.SetFlash(w, r, "", "request.done_"+panel)
		return web.See(w, r, web.LocalPath(v.String("next"), "/case/"+number))
	}
}
