package webhook

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// listPage shows all targets and how they stand.
type listPage struct {
	page.Base
	Can    bool
	Rows   []Subscription
	Counts map[string]map[string]int64
	Dead   int64
}

func (s *Service) showList(w http.ResponseWriter, r *http.Request) error {
	p := listPage{Base: s.Base(w, r, "webhook.title"), Can: actor.Allowed(actor.From(r.Context()), "webhook.edit")}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if p.Rows, err = Subscriptions(tx); err != nil {
			return err
		}
		p.Counts, err = Counts(tx)
		return err
	})
	if err != nil {
		return err
	}
	for _, c := range p.Counts {
		p.Dead += c[Dead]
	}
	return page.View{}.Render(w, r, http.StatusOK, listView(p))
}

// standing is the shape and word of how a target stands.
func standing(b page.Base, x Subscription) (kind, word string) {
	switch {
	case !x.Active:
		return "wait", b.T("webhook.off")
	case x.Paused.After(b.Now):
		return "late", b.T("webhook.paused", b.Stamp(x.Paused))
	case x.Failures > 0:
		return "due", b.T("webhook.failing", x.Failures)
	}
	return "done", b.T("webhook.fine")
}

// host is the part of the address that a list shows.
func (x Subscription) host() string {
	u, err := url.Parse(x.URL)
	if err != nil {
		return ""
	}
	return u.Host
}

// about says what a target is told.
func (x Subscription) about(b page.Base, units map[string]string) string {
	parts := []string{b.T("webhook.all_deeds")}
	if n := len(x.Deeds); n > 0 {
		parts[0] = b.T("webhook.some_deeds", n)
	}
	if x.Unit != "" {
		parts = append(parts, first(units[x.Unit], x.Unit))
	}
	if x.Category != "" {
		parts = append(parts, x.Category)
	}
	return strings.Join(parts, b.T("webhook.comma"))
}

func first(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// onePage is one target: its entry, its secrets and its log.
type onePage struct {
	page.Base
	Can        bool
	New        bool
	X          Subscription
	Problems   page.Problems
	Typed      bool // X holds what was typed
	Units      []page.Option
	Categories []page.Option
	Keys       []Key
	Secret     string // just issued: shown here and never again
	Log        []Line
	Paging     page.PageLinks
	Edits      []page.Entry
}

// Line is a delivery as pages show it.
type Line struct {
	Delivery
	Number string // of the request, "" it may not be named here
	Target string
}

func (s *Service) showNew(w http.ResponseWriter, r *http.Request) error {
	return s.draw(w, r, http.StatusOK, onePage{New: true, X: Subscription{Active: true}})
}

func (s *Service) showOne(w http.ResponseWriter, r *http.Request) error {
	return s.draw(w, r, http.StatusOK, onePage{X: Subscription{ID: r.PathValue("id")}})
}

func (s *Service) draw(w http.ResponseWriter, r *http.Request, status int, p onePage) error {
	p.Base, p.Can = s.Base(w, r, "webhook.new"), actor.Allowed(actor.From(r.Context()), "webhook.edit")
	if p.Path = "/setup/webhooks/new"; !p.New {
		p.Path = "/setup/webhooks/entry/" + p.X.ID
	}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		if err := s.offer(tx, &p); err != nil || p.New {
			return err
		}
		return p.fill(tx, r.URL.Query().Get("before"))
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, status, oneView(p))
}

// offer makes the lists that questions are answered from.
func (s *Service) offer(tx *sqldb.Tx, p *onePage) error {
	list, err := actor.Units(tx)
	if err != nil {
		return err
	}
	p.Units = []page.Option{{Label: p.T("webhook.whole_city")}}
	for _, u := range list {
		if u.Active || u.ID == p.X.Unit {
			p.Units = append(p.Units, page.Option{Value: u.ID, Label: u.Name})
		}
	}
	tree := s.Catalog.Book().Tree
	p.Categories = []page.Option{{Label: p.T("webhook.all_categories")}}
	for _, c := range tree.All {
		if c.Active || c.Code == p.X.Category {
			p.Categories = append(p.Categories, page.Option{Value: c.Code, Label: tree.Name(c.Code) + " " + c.Code})
		}
	}
	return nil
}

func (p *onePage) fill(tx *sqldb.Tx, before string) error {
	x, err := Find(tx, p.X.ID)
	if err != nil {
		return err
	}
	p.Title = x.Name
	if !p.Typed {
		p.X = x
	}
	if p.Keys, _, err = Keys(tx, x.ID); err != nil {
		return err
	}
	label := func(field string) string {
		if key := "webhook.field_" + field; locale.Has(p.Lang, key) {
			return p.T(key)
		}
		return ""
	}
	if p.Edits, err = catalog.Edits(tx, p.Base, "webhook", x.ID, label); err != nil {
		return err
	}
	list, err := Log(tx, x.ID, before)
	if err != nil {
		return err
	}
	if len(list) == onPage {
		p.Paging.Next = p.With("before", list[onPage-1].ID)
	}
	if before != "" {
		p.Paging.Prev = p.With("before", "")
	}
	p.Log, err = lines(tx, list, map[string]string{x.ID: x.Name})
	return err
}

// lines adds the numbers of requests, except of those that are protected.
func lines(tx *sqldb.Tx, list []Delivery, targets map[string]string) ([]Line, error) {
	var ids []string
	for _, d := range list {
		ids = append(ids, string(d.Matter))
	}
	slices.Sort(ids)
	marks, args := sqldb.In(1, slices.Compact(ids))
	rows, err := tx.Query(`select id, number from matter where not sealed and id in (`+marks+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("numbers of deliveries: %w", err)
	}
	defer rows.Close()
	numbers := map[string]string{}
	for rows.Next() {
		var m, number string
		if err := rows.Scan(&m, &number); err != nil {
			return nil, err
		}
		numbers[m] = number
	}
	out := make([]Line, len(list))
	for i, d := range list {
		out[i] = Line{d, numbers[string(d.Matter)], targets[d.Subscription]}
	}
	return out, rows.Err()
}

func (s *Service) postOne(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	x := Subscription{ID: r.PathValue("id"), Name: v.String("name", 60), URL: v.String("url", 500), Deeds: v.Strings("deeds"), Unit: v.String("unit"), Category: v.String("category"),
		Private: v.Bool("private"), Active: v.Bool("active"), Rev: int64(v.Int("rev"))}
	created := x.ID == ""
	saved := x
	if err = v.Err(); err == nil {
		saved, err = s.Save(r.Context(), actor.From(r.Context()), x)
	}
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Conflict:
		return s.draw(w, r, web.Status(err), onePage{New: created, X: x, Typed: true, Problems: s.Base(w, r, "webhook.new").Problems(err)})
	}
	if err != nil {
		return err
	}
	if created { // a target without a secret gets nothing: it begins with one
		secret, err := s.Issue(r.Context(), actor.From(r.Context()), saved.ID)
		if err != nil {
			return err
		}
		return s.draw(w, r, http.StatusCreated, onePage{X: saved, Secret: secret})
	}
	page.SetFlash(w, r, "good", "webhook.saved")
	return web.See(w, r, "/setup/webhooks/entry/"+saved.ID)
}

func (s *Service) postSecret(w http.ResponseWriter, r *http.Request) error {
	x := r.PathValue("id")
	secret, err := s.Issue(r.Context(), actor.From(r.Context()), x)
	if err != nil {
		return err
	}
	return s.draw(w, r, http.StatusOK, onePage{X: Subscription{ID: x}, Secret: secret})
}

// deadPage lists what was given up.
type deadPage struct {
	page.Base
	Can    bool
	Lines  []Line
	Paging page.PageLinks
}

func (s *Service) showDead(w http.ResponseWriter, r *http.Request) error {
	p := deadPage{Base: s.Base(w, r, "webhook.dead"), Can: actor.Allowed(actor.From(r.Context()), "webhook.edit")}
	before := r.URL.Query().Get("before")
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		list, err := DeadLetters(tx, before)
		if err != nil {
			return err
		}
		if len(list) == onPage {
			p.Paging.Next = p.With("before", list[onPage-1].ID)
		}
		if before != "" {
			p.Paging.Prev = p.With("before", "")
		}
		all, err := Subscriptions(tx)
		names := map[string]string{}
		for _, x := range all {
			names[x.ID] = x.Name
		}
		if err != nil {
			return err
		}
		p.Lines, err = lines(tx, list, names)
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, deadView(p))
}

func (s *Service) postReplay(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	if _, err := s.Replay(r.Context(), actor.From(r.Context()), v.String("id", 40), v.String("subscription", 40)); err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "webhook.replayed")
	return web.See(w, r, web.LocalPath(v.String("next"), "/setup/webhooks/dead"))
}

// outcome is the shape and word of what became of a delivery.
func (d Delivery) outcome(b page.Base) (kind, word string) {
	switch {
	case d.State == Queued && d.Attempts > 0:
		return "due", b.T("webhook.again", b.Stamp(d.Next))
	case d.State == Queued:
		return "new", b.T("webhook.state_queued")
	}
	return map[string]string{Done: "done", Dead: "late", Withheld: "wait"}[d.State], b.T("webhook.state_" + d.State)
}

// why is the trouble of the last attempt in a sentence.
func (d Delivery) why(b page.Base) string {
	switch {
	case d.State == Withheld:
		return b.T("webhook.withheld_why")
	case d.Trouble == "":
		return ""
	case d.Trouble == troubleStatus:
		return b.T(d.Trouble, d.Status)
	}
	return b.T(d.Trouble)
}

func (d Delivery) status() string {
	if d.Status == 0 {
		return "–"
	}
	return fmt.Sprint(d.Status)
}

func (d Delivery) took() string {
	if d.Tried.IsZero() {
		return "–"
	}
	return fmt.Sprintf("%d ms", d.Took.Milliseconds())
}

// deedOptions are the events of a request to choose from.
func (p onePage) deedOptions() []page.Option {
	var out []page.Option
	for _, d := range Deeds() {
		out = append(out, page.Option{Value: d, Label: p.T("request.deed_" + d), Selected: slices.Contains(p.X.Deeds, d)})
	}
	return out
}

func (p onePage) field(name, value string) page.Field {
	f := page.Field{Name: name, Label: p.T("webhook.field_" + name), Value: value, Error: p.Problems.Of(name)}
	if key := "webhook.hint_" + name; locale.Has(p.Lang, key) {
		f.Hint = p.T(key)
	}
	return f
}

func truth(b bool) string {
	if b {
		return "1"
	}
	return ""
}
