package intake

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/notice"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// receiptPage is the slip that a person takes home, and later the page on which
// he follows his request.
type receiptPage struct {
	page.Base
	Ticket   ticket
	Order    *request.Order
	Lines    []request.Line
	Handlers []handler
	Pauses   []request.Pause
	Area     string
	Category string
	Public   request.Row      // what of it is published, for who follows it
	Masked   string           // where notices go to, "" nowhere
	Prefer   string           // how the holder wishes to hear
	Notices  []notice.Message // what he was told, newest first
	Worked   int              // working days of the promise, and days skipped on the way
	Skipped  int
	Moving   bool // the promise lies beyond the announced holidays
	Question string
	Answer   string // the public answer of this round, "" none yet
	Answered time.Time
	Link     string // absolute, for the QR code
	Next     string // the category's word about what happens next
	Ruler    page.Ruler
	Main     *mainRequest // with which it is handled, nil unless it was merged
	Hears    string       // what a follower wants to hear of
	Reopened bool         // the resident has said once that it is not solved
	Once     string       // makes a form that is sent twice one act
	Heed     heed         // whom to call when there is danger
	Asked    string       // which form failed
	Typed    url.Values
	Problems page.Problems
}

// handler is a unit as a resident sees it.
type handler struct {
	Name     string
	Lead     bool
	Expected bool // not yet sent: what the duty list says
}

// part is what the unit does in it.
func (h handler) part(b page.Base) string {
	if h.Lead {
		return b.T("intake.who_lead")
	}
	return b.T("intake.who_assist")
}

func (s *Service) showReceipt(w http.ResponseWriter, r *http.Request) error {
	t, err := s.ticketOf(r)
	if err != nil {
		return err
	}
	return s.drawReceipt(w, r, t, http.StatusOK, "", nil, nil)
}

// drawReceipt shows the page of a ticket; after a failed form with what was
// typed and what is wrong with it.
func (s *Service) drawReceipt(w http.ResponseWriter, r *http.Request, t ticket, status int, form string, typed url.Values, failed error) error {
	p := receiptPage{Base: s.Base(w, r, "intake.receipt"), Ticket: t, Asked: form, Typed: typed, Once: or(typed.Get("once"), rand.Text())}
	if failed != nil {
		p.Problems = p.Base.Problems(failed)
		for i := range p.Problems {
			p.Problems[i].Name = prefixed(form, p.Problems[i].Name)
		}
	}
	if err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error { return s.readReceipt(tx, &p) }); err != nil {
		return err
	}
	p.Link = s.absolute(r, t.Path())
	return page.View{}.Render(w, r, status, receipt(p))
}

func prefixed(form, name string) string {
	if name == "" {
		return ""
	}
	return form + "." + name
}

func (s *Service) readReceipt(tx *sqldb.Tx, p *receiptPage) error {
	o, err := request.Find(tx, actor.System, p.Ticket.ID)
	if err != nil {
		return err
	}
	p.Order = o
	alarms, err := request.AlarmsOf(tx, o.ID)
	if err != nil {
		return err
	}
	if x := alarms[o.ID]; x.Live() && o.Open {
		p.Heed = s.danger(p.Base, x.Name, x.Phone, x.Service, x.Advice)
	}
	if p.Lines, err = request.Timeline(tx, actor.Actor{}, o); err != nil {
		return err
	}
	if p.Ticket.Follower != "" {
		row, err := knownRow(tx, o.Number) // nothing of one that is no longer public
		if err != nil {
			return err
		}
		p.Public = row
		p.Lines = published(p.Lines, row.Worded)
		if p.Hears, err = request.HearsOf(tx, p.Ticket.Contact); err != nil {
			return err
		}
	}
	for _, l := range p.Lines {
		p.Reopened = p.Reopened || l.Name == request.DeedReopened && l.Actor == actor.ResidentID
	}
	if p.Pauses, err = request.Pauses(tx, o.ID); err != nil {
		return err
	}
	if p.Handlers, err = s.handlers(tx, o); err != nil {
		return err
	}
	if p.Main, err = readMain(tx, o); err != nil {
		return err
	}
	if err := p.readReach(tx); err != nil {
		return err
	}
	s.reckon(p)
	return nil
}

// reckon works out what is shown from what was read.
func (s *Service) reckon(p *receiptPage) {
	book, o := s.Catalog.Book(), p.Order
	c, _ := book.Tree.Find(o.Category)
	p.Area, p.Category, p.Next = s.Atlas.Atlas().Name(o.Area), book.Tree.Name(o.Category), c.Hint
	if !o.DueAt.IsZero() {
		p.Worked, p.Skipped = book.Calendar.Between(o.OpenedAt, o.DueAt)
		p.Moving = book.Calendar.Known > 0 && book.Calendar.Provisional(o.DueAt)
	}
	p.Ruler = show.Ruler(p.Base, book.Calendar, o, p.Pauses, p.Now, true)
	p.answer()
	if o.State == request.Waiting {
		p.Question = lastNote(p.Lines, "question")
	}
}

// answer finds the answer of this round in the ledger. A review that failed or
// a reopening begins a new round.
func (p *receiptPage) answer() {
	for _, l := range p.Lines {
		switch l.Name {
		case request.DeedReplied, request.DeedAnswered, request.DeedDiverted:
			p.Answered, p.Answer = l.At, lastNote([]request.Line{l}, "answer")
		case request.DeedReviewFailed, request.DeedReopened:
			p.Answered, p.Answer = time.Time{}, ""
		}
	}
}

// Paused reports whether the clock stands still.
func (p receiptPage) Paused() bool {
	return p.Order.State == request.Waiting || p.Order.State == request.OnHold
}

// readReach finds how notices reach who holds the ticket, masked, and how far
// those to him came.
func (p *receiptPage) readReach(tx *sqldb.Tx) (err error) {
	to := p.Ticket.Contact
	p.Masked = p.Ticket.Masked
	if p.Own() {
		all, err := request.Contacts(tx, actor.System, p.Order)
		if err != nil {
			return err
		}
		for _, c := range all {
			if c.Kind == "requester" && c.Reach && to == "" {
				to, p.Masked = c.ID, c.Text[strings.LastIndexByte(c.Text, ' ')+1:] // the number; he knows his name
			}
		}
	}
	if to == "" {
		return nil
	}
	ways, err := request.People{Vault: nil}.Ways(tx, []string{to})
	if err != nil {
		return err
	}
	p.Prefer = ways[to].Prefer
	p.Notices, err = notice.To(tx, p.Order.ID, to)
	return err
}

// mostNotices are listed on the page; the older ones say nothing new.
const mostNotices = 6

// Told are the latest notices with how far each truly came.
func (p receiptPage) Told() []notice.Message { return p.Notices[:min(len(p.Notices), mostNotices)] }

func lastNote(lines []request.Line, kind string) string {
	for _, l := range slices.Backward(lines) {
		for _, n := range l.Notes {
			if n.Kind == kind {
				return n.Text
			}
		}
	}
	return ""
}

// handlers are the units that have the request, or before it is sent those that
// the duty list names. Of a report of wrongdoing nothing is foretold: the list
// might name the accused.
func (s *Service) handlers(tx *sqldb.Tx, o *request.Order) ([]handler, error) {
	tasks, err := request.Tasks(tx, o.ID)
	if err != nil {
		return nil, err
	}
	var out []handler
	for _, t := range tasks {
		if t.Round == o.Round && t.State != request.TaskReturned && t.State != request.TaskReleased {
			out = append(out, handler{Name: t.UnitName, Lead: t.Lead})
		}
	}
	if len(out) > 0 || o.Sealed || o.Category == "" || !o.Open {
		return out, nil
	}
	book := s.Catalog.Book()
	scopes, err := place.Scopes(tx, []string{o.Address})
	if err != nil {
		return nil, err
	}
	c, err := catalog.Resolve(tx, book.Tree, o.Category, catalog.Place{Area: o.Area, Scope: scopes[o.Address]}, book.Calendar.DayOf(tx.Now))
	if err != nil || c.Lead.ID == "" {
		return nil, err
	}
	out = append(out, handler{Name: c.Lead.Name, Lead: true, Expected: true})
	for _, a := range c.Assists {
		out = append(out, handler{Name: a.Unit.Name, Expected: true})
	}
	return out, nil
}

// published leaves of a ledger what everybody may read: the deeds, and texts
// and photos where they are published.
func published(lines []request.Line, worded bool) []request.Line {
	for i := range lines {
		lines[i].Notes = slices.DeleteFunc(slices.Clone(lines[i].Notes), func(n request.Note) bool { return n.Audience != request.Public || !worded })
		for j := range lines[i].Notes {
			lines[i].Notes[j].Text = request.Hide(lines[i].Notes[j].Text)
		}
		lines[i].Files = slices.DeleteFunc(slices.Clone(lines[i].Files), func(f request.File) bool { return f.Audience != request.Public || !worded })
	}
	return lines
}

// Fresh reports a receipt that was just given.
func (p receiptPage) Fresh() bool {
	return p.Order.Version == 1 && p.Now.Sub(p.Order.OpenedAt) < 30*time.Minute && p.Ticket.Follower == ""
}

// What is the matter: in his own words for who reported it, for others as far
// as it is published.
func (p receiptPage) What() string {
	switch {
	case p.Own() && p.Order.Body != "":
		return p.Order.Body
	case p.Own():
		return p.Order.Title
	case p.Public.Worded:
		return request.Hide(p.Public.Title)
	}
	return p.Category
}

// tells is what of a person stands in the words that were just sent. Who asked for
// secrecy has nothing published.
func (p receiptPage) tells() tells {
	if !p.Fresh() || p.Order.Publicity == "private" {
		return tells{}
	}
	return toldOf(p.Base, "intake.told_sent", passage{"", p.Order.Body}, passage{p.T("intake.where"), p.Order.Address})
}

// Address is the place, for who follows only as far as it is published.
func (p receiptPage) Address() string {
	if !p.Own() {
		return request.Hide(p.Public.Address)
	}
	return p.Order.Address
}

// Own reports whether the holder reported it himself.
func (p receiptPage) Own() bool { return p.Ticket.Follower == "" }

// Seal is the word of the seal.
func (p receiptPage) Seal() string { return p.T("intake.seal_" + sealOf(p.Order)) }

func sealOf(o *request.Order) string {
	switch o.State {
	case request.Registered, request.ToDispatch, request.PreConsult:
		return "received"
	case request.Replied, request.ToCallback, request.Answered, request.Diverted:
		return "answered"
	case request.Closed, request.Archived:
		return "closed"
	case request.Merged, request.Withdrawn, request.Terminated:
		return o.State
	}
	return "working"
}

// Solved reports whether the seal is the green one.
func (p receiptPage) Solved() bool { return sealOf(p.Order) == "closed" && p.Order.Solved != "no" }

// Ledger is the history, the newest line first.
func (p receiptPage) Ledger() []page.Entry {
	return show.Ledger(p.Base, p.Lines, func(f request.File) (string, string) {
		at := p.URL(p.Ticket.Path() + "/file/" + f.ID)
		return at, at + "/thumb"
	})
}

// AfterPhotos are the pictures of the work, before and after.
func (p receiptPage) AfterPhotos() []page.Photo {
	var out []page.Photo
	for _, l := range p.Lines {
		for _, f := range l.Files {
			if f.Kind == "before" || f.Kind == "after" {
				at := p.URL(p.Ticket.Path() + "/file/" + f.ID)
				word := p.T("request.photo_" + f.Kind)
				out = append(out, page.Photo{URL: at, Thumb: at + "/thumb", Alt: word, Caption: word})
			}
		}
	}
	return out
}

// May reports whether the holder may do a deed now.
func (p receiptPage) May(deed string) bool {
	o := p.Order
	switch deed {
	case "rate":
		return p.Own() && Rateable(o)
	case "unsolved":
		return p.Own() && over(o) && !Rateable(o) && !p.Reopened
	case "withdraw":
		return p.Own() && request.Life.Allows(o.State, request.DeedWithdrawn)
	case "urge":
		return p.Own() && o.Open && o.State != request.Replied && o.State != request.ToCallback && request.Life.Allows(o.State, request.DeedUrged)
	}
	return request.Life.Allows(o.State, request.DeedSupplemented)
}

// Cannot says what cannot be done now, and what to do instead.
func (p receiptPage) Cannot() []string {
	o := p.Order
	var out []string
	say := func(when bool, key string) {
		if when && p.Own() {
			out = append(out, p.T("intake.cannot_"+key))
		}
	}
	say(o.State == request.Replied, "rate_yet")
	say(over(o) && p.Reopened && !p.May("rate"), "reopen")
	say(o.Open && !p.May("withdraw"), "withdraw")
	say(!o.Open && !p.May("supplement") && o.State != request.Withdrawn, "supplement")
	return out
}

// whys are the reasons to withdraw, as choices.
func (p receiptPage) whys() []page.Option {
	var out []page.Option
	for _, w := range Whys {
		out = append(out, page.Option{Value: w, Label: p.T("intake.withdraw_why_" + w)})
	}
	return out
}

// Value is what was typed into a field of the failed form.
func (p receiptPage) Value(form, name string) string {
	if p.Asked != form {
		return ""
	}
	return p.Typed.Get(name)
}

// absolute is the address under which others reach a page.
func (s *Service) absolute(r *http.Request, path string) string {
	if s.BaseURL != "" {
		return s.BaseURL + web.URL(r, path)
	}
	return "http://" + r.Host + web.URL(r, path)
}

// Photos of a request for who holds its ticket.
func (s *Service) showFile(w http.ResponseWriter, r *http.Request) error {
	t, err := s.ticketOf(r)
	if err != nil {
		return err
	}
	f, err := s.ticketFile(r.Context(), t, r.PathValue("file"))
	if err != nil {
		return err
	}
	return s.serveFile(w, r, f)
}

// ticketFile is a photo that who holds the ticket may see.
func (s *Service) ticketFile(ctx context.Context, t ticket, file string) (f request.File, err error) {
	if t.Follower != "" {
		return s.publicFile(ctx, t.Number, file)
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		f, err = request.FindFile(tx, file)
		return err
	})
	if err == nil && (f.Matter != t.ID || f.Audience == request.Internal) {
		err = fault.New(fault.NotFound, "request.not_found", nil)
	}
	return f, err
}

// serveFile sends a picture. It may be kept by the browser of who saw it, since
// a file never changes under its id.
func (s *Service) serveFile(w http.ResponseWriter, r *http.Request, f request.File) error {
	hash := f.Hash
	if r.PathValue("size") == "thumb" {
		hash = f.Thumb
	}
	return s.sendJPEG(w, r, hash)
}

func (s *Service) sendJPEG(w http.ResponseWriter, r *http.Request, hash string) error {
	b, err := s.Blobs.Open(hash)
	if err != nil {
		return err
	}
	defer b.Close()
	w.Header().Set("Content-Type", "image/jpeg")
	w.Header().Set("Cache-Control", "private, max-age=86400")
	http.ServeContent(w, r, "", time.Time{}, b)
	return nil
}

// number is a public number, grouped for reading.
func number(n string) string { return id.ShowNumber(n) }
