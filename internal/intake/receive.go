package intake

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
	"gongzhi/internal/id"
	"gongzhi/internal/locale"
	"gongzhi/internal/matter"
	"gongzhi/internal/notice"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/vault"
)

// Longest texts of a report, in characters.
const (
	MaxBody    = 2000
	MaxPartner = 4000 // of a body that another system brings: the limit of Open311
	MaxAddress = 200
	MaxName    = 40
	MaxPhotos  = 3
)

// Report is what somebody tells the city, by whatever channel.
type Report struct {
	Draft    string // what was typed into: the same draft gives the same receipt; "" none
	Number   string // taken from request.Numbers; Receive takes one itself
	Type     string // "" the category's
	Channel  string // "" web
	Title    string // "" made from the body
	Body     string
	Category string // "" not known: the dispatcher decides
	Guessed  bool   // the program proposed the category and the person chose none
	Answers  []request.Answer
	Address  string
	Area     string // "" found from the point
	Lat, Lng float64
	Origin   request.Origin // Datum: what the point is given in, "" WGS 84
	Urgency  string         // "" the category's
	Name     string
	Phone    string // as typed
	Email    string
	OpenID   string // of the city's WeChat account
	Prefer   string // channel to hear by: sms, mail, wechat; "" whatever there is
	Home     string
	Source   string // system it comes from, with SourceID its id there: the pair is taken once
	SourceID string
	NoReply  bool
	Secret   bool     // the person wants nothing published
	Subjects []string // units a report of wrongdoing is about
	Photos   []Photo
	State    string // "" to_dispatch
	Quiet    bool   // the receipt is not told: the person has had enough automatic messages
	Old      bool   // of the past: its words raise no alarm
	Calm     bool   // an agent has made sure that there is no danger
}

// Photo is a cleaned picture in the file store.
type Photo struct {
	Hash  string     `json:"hash"`
	Thumb string     `json:"thumb"`
	W     int        `json:"w"`
	H     int        `json:"h"`
	GPS   *geo.Point `json:"gps,omitempty"` // where the camera says it was; used only when the person agrees
}

// oncePrefix marks the mark of a single form, which is no draft on the server.
const oncePrefix = "once/"

// Receipt is what a person takes home. Code is in the clear here and nowhere else.
type Receipt struct {
	ID     matter.ID
	Number string
	Code   string
	Order  *request.Order // nil when the draft had been received before
}

// Path is the address of the receipt's page.
func (r Receipt) Path() string { return "/r/" + r.Number + "/" + r.Code }

// Receive registers a report. When it returns, the request survives a power cut.
func (s *Service) Receive(ctx context.Context, a actor.Actor, r Report) (Receipt, error) {
	if err := mayReport(a); err != nil {
		return Receipt{}, err
	}
	if err := s.fill(&r); err != nil {
		return Receipt{}, err
	}
	var out Receipt
	var err error
	if r.Number, err = s.Numbers.Next(ctx, s.DB.Now()); err != nil {
		return out, err
	}
	if err := findAddress(&r, func() (place.Address, bool, error) { return s.Atlas.Exact(ctx, r.Address) }); err != nil {
		return out, err
	}
	// It reads nothing, so it shares its way to the disk with others.
	err = s.DB.UpdateTogether(ctx, func(tx *sqldb.Tx) (err error) {
		out, err = s.register(tx, a, r)
		return err
	})
	if fault.KindOf(err) == fault.Conflict && r.Draft != "" {
		return s.sentBefore(ctx, r.Draft, err)
	}
	return out, err
}

// sentBefore is the receipt of a draft whose second sending was refused with err.
func (s *Service) sentBefore(ctx context.Context, draft string, err error) (Receipt, error) {
	var out Receipt
	e := s.DB.Look(ctx, func(tx *sqldb.Tx) error {
		was, ok, e := s.sent(tx, draft)
		if ok {
			out, err = was, nil
		}
		return e
	})
	if e != nil {
		return Receipt{}, e
	}
	return out, err
}

// mayReport lets everybody report who acts for himself; staff only at the desk.
func mayReport(a actor.Actor) error {
	if a.Staff() {
		return actor.Can(a, "intake.desk")
	}
	return nil
}

// ReceiveTx is Receive inside a unit of work; r carries its number.
func (s *Service) ReceiveTx(tx *sqldb.Tx, a actor.Actor, r Report) (Receipt, error) {
	if err := s.fill(&r); err != nil {
		return Receipt{}, err
	}
	if !tx.Locked() {
		if err := tx.Lock("intake/draft/" + r.Draft); err != nil {
			return Receipt{}, err
		}
	}
	if out, ok, err := s.sent(tx, r.Draft); ok || err != nil {
		return out, err
	}
	if err := findAddress(&r, func() (place.Address, bool, error) { return place.Exact(tx, r.Address) }); err != nil {
		return Receipt{}, err
	}
	return s.register(tx, a, r)
}

// register writes a report that is complete. A draft that was sent before makes
// it a Conflict. The new matter needs no lock: nobody else knows of it.
func (s *Service) register(tx *sqldb.Tx, a actor.Actor, r Report) (Receipt, error) {
	out := Receipt{ID: matter.ID(id.New(tx.Now)), Number: r.Number, Code: s.code(r.Draft)}
	o, err := request.Create(tx, s.Vault, a, s.draftOf(tx.Now, r, out))
	if err != nil {
		return Receipt{}, err
	}
	out.Order = o
	return out, s.accompany(tx, r, o, out.Code)
}

// accompany writes what belongs to a new request beside its record.
func (s *Service) accompany(tx *sqldb.Tx, r Report, o *request.Order, code string) error {
	for _, p := range r.Photos {
		f := request.File{Matter: o.ID, Seq: 1, Kind: "report", Audience: request.Resident, Hash: p.Hash, Thumb: p.Thumb, Width: p.W, Height: p.H}
		if _, err := request.AddFile(tx, f); err != nil {
			return err
		}
	}
	if r.Draft != "" {
		if err := tx.Later(`insert into intake_sent(draft_id, matter_id, at) values ($1, $2, $3)`, r.Draft, o.ID, tx.Now.UnixMicro()); err != nil {
			return fmt.Errorf("note what became of a draft: %w", err)
		}
	}
	if r.Draft != "" && !strings.HasPrefix(r.Draft, oncePrefix) {
		if err := tx.Exec(`delete from intake_draft where id = $1`, r.Draft); err != nil {
			return err
		}
	}
	if r.Phone == "" && r.Email == "" && r.OpenID == "" || r.Quiet || r.State == request.Registered {
		return nil // one who is answered at once is told that, not that it was received
	}
	sealed, err := notice.SealCode(s.Vault, o.ID, code)
	if err != nil {
		return err
	}
	return o.Tell(tx, "received", map[string]string{notice.QueryCode: sealed, "截止日期": locale.Short(locale.ZH, o.DueAt, s.Catalog.Book().Calendar.Zone)})
}

// sent is the receipt that an earlier sending of the draft got.
func (s *Service) sent(tx *sqldb.Tx, draft string) (Receipt, bool, error) {
	if draft == "" {
		return Receipt{}, false, nil
	}
	out := Receipt{Code: s.code(draft)}
	const q = `select m.id, m.number from intake_sent s join matter m on m.id = s.matter_id where s.draft_id = $1`
	err := tx.QueryRow(q, draft).Scan(&out.ID, &out.Number)
	if errors.Is(err, sql.ErrNoRows) {
		return Receipt{}, false, nil
	}
	return out, err == nil, err
}

// code is the query code of what a draft becomes. It follows from the draft,
// which nobody else can know, and from the vault's key: so a form that is sent
// twice leads to the same receipt although the code itself is never stored.
func (s *Service) code(draft string) string {
	if draft == "" {
		return id.Code()
	}
	raw, err := base64.RawURLEncoding.DecodeString(s.Vault.Token("query code", draft))
	if err != nil || len(raw) < 16 {
		return id.Code()
	}
	return id.NewSource(bytes.NewReader(raw)).Code()
}

func (s *Service) draftOf(now time.Time, r Report, out Receipt) request.Draft {
	book := s.Catalog.Book()
	c, _ := book.Tree.Find(r.Category)
	d := request.Draft{
		ID: out.ID, Number: out.Number, Code: out.Code, Title: r.Title, Type: r.Type, Channel: r.Channel, Body: r.Body,
		Category: r.Category, CategoryRev: c.Rev, Guessed: r.Guessed && r.Category != "", Answers: r.Answers, Address: r.Address, Area: r.Area, Lat: r.Lat, Lng: r.Lng,
		Origin: r.Origin, Urgency: r.Urgency, Publicity: publicity(r, c), NoReply: r.NoReply, Sealed: r.Type == "report", Subjects: r.Subjects,
		Due: book.Calendar.Due(now, s.limit(c, r.Type, r.Urgency, now)), Contact: contact(r, "requester"), State: r.State, Source: r.Source, SourceID: r.SourceID,
	}
	s.alarm(now, r, &d)
	return d
}

// publicity never shows more than the category allows, and nothing of a report
// of wrongdoing or of somebody who asked for secrecy.
func publicity(r Report, c catalog.Category) string {
	if r.Type == "report" || r.Secret || c.Publicity == "" {
		return "private"
	}
	return c.Publicity
}

func contact(r Report, kind string) request.Contact {
	c := request.Contact{Kind: kind, Name: r.Name, Phone: r.Phone, Email: r.Email, Home: r.Home, OpenID: r.OpenID, Prefer: r.Prefer}
	c.Masked = strings.Join(strings.Fields(vault.MaskName(r.Name)+" "+vault.MaskPhone(r.Phone)+" "+vault.MaskEmail(r.Email)), " ")
	return c
}

// limit is how long the city takes for what comes at a moment. A type and an
// urgency that nobody has chosen are those of the category.
func (s *Service) limit(c catalog.Category, sort, urgency string, at time.Time) calendar.Limit {
	return s.Catalog.Book().Allow(catalog.LimitCase{Type: or(sort, c.Type, "help"), Category: c.Code, Urgency: or(urgency, c.Urgency, "normal")}, at).Limit
}

// fill completes a report and says what is wrong with it. It may be called twice.
func (s *Service) fill(r *Report) error {
	var wrong fault.Fields
	c, known := s.Catalog.Book().Tree.Find(r.Category)
	r.Type, r.Channel, r.Urgency, r.State = or(r.Type, c.Type, "help"), or(r.Channel, "web"), or(r.Urgency, c.Urgency, "normal"), or(r.State, request.ToDispatch)
	r.Title = request.Hide(or(r.Title, title(r.Body), c.Name))
	if r.Category != "" && (!known || !s.Catalog.Book().Tree.Leaf(r.Category)) {
		wrong.Add("category", "intake.category_unknown")
	}
	if !request.Known(request.Types, r.Type) {
		wrong.Add("type", "intake.type_unknown")
	}
	if strings.TrimSpace(r.Body) == "" && len(r.Photos) == 0 {
		wrong.Add("what", "intake.what_missing")
	}
	most := MaxBody
	if r.Source != "" {
		most = MaxPartner
	}
	long(&wrong, "what", r.Body, most)
	long(&wrong, "address", r.Address, MaxAddress)
	long(&wrong, "name", r.Name, MaxName)
	reach(&wrong, &r.Phone, &r.Email, &r.Prefer)
	s.locate(r, &wrong)
	if machine[r.Channel] {
		s.fromWords(r)
	}
	return wrong.Err()
}

// mailAddress reports whether a text is one address and nothing else: a second
// recipient or a line break in it must never reach a mail server.
func mailAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 254
}

func long(wrong *fault.Fields, name, text string, most int) {
	if n := utf8.RuneCountInString(text); n > most {
		wrong.Add(name, "intake.too_long", most, n-most)
	}
}

// locate brings the point into our coordinate system and finds its area. A point
// outside of the city is dropped: it is somebody's holiday, or a device that is
// wrong. One that a system gives to all that have none is kept as the origin only.
func (s *Service) locate(r *Report, wrong *fault.Fields) {
	p, err := r.Origin.Convert(geo.Point{Lat: r.Lat, Lng: r.Lng})
	if err != nil {
		wrong.Add("datum", "geo.datum_unknown", string(r.Origin.Datum))
		return
	}
	atlas := s.Atlas.Atlas()
	area := atlas.Locate(p)
	switch {
	case s.Atlas.Default(p):
		r.Lat, r.Lng = 0, 0
		r.Origin.Placed = request.DefaultPoint
		if r.Origin.Lat == 0 && r.Origin.Lng == 0 {
			r.Origin.Lat, r.Origin.Lng = p.Lat, p.Lng
		}
	case p.Zero(), p.Check() != nil, area == "" && len(atlas.Areas) > 0:
		r.Lat, r.Lng = 0, 0
		if r.Origin.Placed != request.DefaultPoint {
			r.Origin = request.Origin{Placed: r.Origin.Placed}
		}
	default:
		r.Lat, r.Lng, r.Area = p.Lat, p.Lng, or(area, r.Area)
	}
}

// findAddress gives a typed address its point when the city knows it.
func findAddress(r *Report, look func() (place.Address, bool, error)) error {
	if r.Address == "" || r.Lat != 0 || r.Lng != 0 {
		return nil
	}
	a, ok, err := look()
	if ok {
		r.Lat, r.Lng, r.Area = a.Lat, a.Lng, a.Area
	}
	return err
}

// title is the beginning of what was said, cut where a sentence ends.
func title(body string) string {
	body = strings.TrimSpace(body)
	if i := strings.IndexAny(body, "。！？!?\n"); i > 0 {
		body = body[:i]
	}
	const most = 32
	runes := []rune(strings.TrimSpace(body))
	if len(runes) <= most {
		return string(runes)
	}
	cut := most
	for i := most; i > most/2; i-- {
		if strings.ContainsRune("，,；;、 ", runes[i]) {
			cut = i
			break
		}
	}
	return string(runes[:cut]) + "…"
}

func or(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
