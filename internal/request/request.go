// Package request is what intake, dispatch, handling and assessment all mean
// by a request (诉求): its state machine, its record, the tasks units have with
// it, the texts and photos kept beside its history, whose contact is whose, and
// who may see which of it. Features add the verbs.
package request

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
)

// Types of requests, 北京市接诉即办工作条例 第二条 and DB12/T 1438—2025.
var Types = []string{"consult", "help", "complaint", "report", "suggestion", "praise", "other"}

// Channels through which requests come. An import may bring others.
var Channels = []string{"phone", "web", "wechat", "app", "mail", "sms", "open311", "api", "device", "window", "inspector", "upstream", "transfer", "media", "other"}

// Order is one request: the matter and its record.
type Order struct {
	matter.Matter
	Type        string
	Channel     string
	Body        string // the resident's own words
	Category    string // = Topic
	CategoryRev int64
	Answers     []Answer
	Address     string
	District    string
	Lat, Lng    float64 // 0, 0 unknown
	Origin      Origin
	Urgency     string // normal, urgent
	Publicity   string // public, masked, private
	NoReply     bool   // the resident wants no answer
	Source      string // where it was imported from, "" here
	SourceID    string
	TakenBy     string // staff id of the agent, "" the resident
	Round       int64  // 0 first handling, 1 first redo …
	Ruled       bool   // a ruling fixed the unit: it may not return the request again
	Followers   int64
	Replies     int64
	Solved      string // "", yes, partly, no: the resident's word
	Rating      int64  // 1 very dissatisfied … 5 very satisfied, 0 none

	people []string // of one that this unit of work has just created: its contact with a telephone
	fresh  bool     // people is known
}

// Answer is what the resident answered to a question of the category.
type Answer struct {
	Question string `json:"q"`
	Answer   string `json:"a"`
}

// HasPoint reports whether the place is known as a point.
func (o *Order) HasPoint() bool { return o.Lat != 0 || o.Lng != 0 }

const orderColumns = `r.type, r.channel, r.body, r.category, r.category_rev, r.answers, r.address, r.district, r.lat, r.lng, r.placed, r.src_datum, r.src_lat, r.src_lng, r.urgency, r.publicity,
	r.no_reply, r.source, coalesce(r.source_id, ''), r.taken_by, r.round, r.ruled, r.followers, r.reply_count, r.solved, r.rating`

const orderQuery = `select ` + matter.Columns + `, ` + orderColumns + ` from matter m join request_order r on r.matter_id = m.id`

func scanOrder(scan func(...any) error, more ...any) (*Order, error) {
	var o Order
	var answers string
	var lat, lng, srcLat, srcLng sql.NullFloat64
	dst := []any{&o.Type, &o.Channel, &o.Body, &o.Category, &o.CategoryRev, &answers, &o.Address, &o.District, &lat, &lng,
		&o.Origin.Placed, &o.Origin.Datum, &srcLat, &srcLng, &o.Urgency, &o.Publicity,
		&o.NoReply, &o.Source, &o.SourceID, &o.TakenBy, &o.Round, &o.Ruled, &o.Followers, &o.Replies, &o.Solved, &o.Rating}
	m, err := matter.Scan(scan, append(dst, more...)...)
	if err != nil {
		return nil, err
	}
	o.Matter, o.Lat, o.Lng = m, lat.Float64, lng.Float64
	o.Origin.Lat, o.Origin.Lng = srcLat.Float64, srcLng.Float64
	return &o, json.Unmarshal([]byte(answers), &o.Answers)
}

// Draft is a request about to be registered.
type Draft struct {
	ID          matter.ID
	Number      string
	Code        string // query code in the clear, "" none: stored as a keyed hash
	Title       string
	Type        string
	Channel     string
	Body        string
	Category    string
	CategoryRev int64
	Guessed     bool // the program proposed the category
	Answers     []Answer
	Address     string
	Area        string // grid or community, "" unknown
	Lat, Lng    float64
	Origin      Origin
	Urgency     string
	Publicity   string
	NoReply     bool
	Sealed      bool // a report of wrongdoing: the reporter is protected
	Subjects    []string
	Source      string
	SourceID    string
	Followers   int64 // who stood behind it where it was imported from
	Notes       []Note
	Due         time.Time
	Contact     Contact
	Alarm       *Alarm // why it is urgent, nil when its words say nothing
	State       string
	Deed        string // DeedReceived unless imported
}

// Birth is the body of the first event.
type Birth struct {
	Type     string `json:"type"`
	Channel  string `json:"channel"`
	Category string `json:"category"`
	Area     string `json:"area"`
	Source   string `json:"source,omitempty"`
	Guessed  bool   `json:"guessed,omitempty"` // the program proposed the category and nobody chose it
}

// Create registers a request. The caller has locked d.ID. A row with the same
// source and source id that already exists makes it a Conflict.
func Create(tx *sqldb.Tx, v Sealer, a actor.Actor, d Draft) (*Order, error) {
	o, birth := d.order(a, tx.Now)
	if err := matter.Open(tx, &Life, o.Matter, birth); err != nil {
		return nil, err
	}
	o.Open = !Life.Final(o.State)
	if err := o.insert(tx, v, d.Code); err != nil {
		return nil, err
	}
	for _, u := range d.Subjects {
		if err := AddSubject(tx, o.ID, u); err != nil {
			return nil, err
		}
	}
	for _, n := range d.Notes {
		if err := addNote(tx, o.ID, o.Version, n); err != nil {
			return nil, err
		}
	}
	if err := keepAlarm(tx, o.ID, d.Alarm); err != nil {
		return nil, err
	}
	if d.Contact.Empty() {
		return o, nil
	}
	d.Contact.Kind = "requester"
	row, err := KeepContact(tx, v, o.ID, d.Contact)
	if d.Contact.Reach() {
		o.people, o.fresh = []string{row}, true
	}
	return o, err
}

// order is the request that the draft becomes when it is received at a time, and
// its first event.
func (d Draft) order(a actor.Actor, at time.Time) (*Order, matter.Event) {
	o := &Order{
		Matter: matter.Matter{ID: d.ID, Kind: Life.Kind, Number: d.Number, State: d.State, Title: d.Title, Topic: d.Category, Area: d.Area,
			Sealed: d.Sealed, OpenedAt: at, DueAt: d.Due, Changed: at, Version: 1},
		Type: d.Type, Channel: d.Channel, Body: d.Body, Category: d.Category, CategoryRev: d.CategoryRev, Answers: d.Answers, Address: d.Address,
		District: prefix(d.Area, 6), Lat: d.Lat, Lng: d.Lng, Origin: d.Origin, Urgency: or(d.Urgency, "normal"), Publicity: or(d.Publicity, "private"),
		NoReply: d.NoReply, Source: d.Source, SourceID: d.SourceID, TakenBy: a.ID, Followers: d.Followers,
	}
	birth := Birth{Type: d.Type, Channel: d.Channel, Category: d.Category, Area: d.Area, Source: d.Source, Guessed: d.Guessed}
	return o, matter.Event{Name: or(d.Deed, DeedReceived), Actor: a.HistoryID(), Unit: a.UnitID, Body: birth}
}

const insertOrder = `insert into request_order(matter_id, type, channel, body, category, category_rev, answers, address, area, district, lat, lng, placed, src_datum, src_lat, src_lng,
	urgency, publicity, no_reply, code_hash, source, source_id, taken_by, round, ruled, followers, reply_count, solved, rating) values (`

func (o *Order) insert(tx *sqldb.Tx, v Sealer, code string) error {
	row, err := o.row(v, code)
	if err != nil {
		return err
	}
	write := tx.Later
	if o.SourceID != "" {
		write = tx.Exec // who brings it wants to hear at once that it is there already
	}
	const q = insertOrder + `$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29)`
	if err := write(q, row...); err != nil {
		return fmt.Errorf("insert request %s: %w", o.ID, err)
	}
	return nil
}

// row is a new request as it is stored.
func (o *Order) row(v Sealer, code string) ([]any, error) {
	if o.Answers == nil {
		o.Answers = []Answer{}
	}
	answers, err := json.Marshal(o.Answers)
	if err != nil {
		return nil, err
	}
	hash := ""
	if code != "" {
		hash = v.CodeHash(o.Number, code)
	}
	var source any
	if o.SourceID != "" {
		source = o.SourceID
	}
	return []any{o.ID, o.Type, o.Channel, o.Body, o.Category, o.CategoryRev, string(answers), o.Address, o.Area, o.District, coordinate(o.Lat, o.Lng, o.Lat), coordinate(o.Lat, o.Lng, o.Lng),
		o.Origin.Placed, o.Origin.Datum, coordinate(o.Origin.Lat, o.Origin.Lng, o.Origin.Lat), coordinate(o.Origin.Lat, o.Origin.Lng, o.Origin.Lng), o.Urgency, o.Publicity, o.NoReply, hash, o.Source, source, o.TakenBy, o.Round, o.Ruled, o.Followers, o.Replies, o.Solved, o.Rating}, nil
}

// Save writes what a verb changed in the record beside state and version.
func (o *Order) Save(tx *sqldb.Tx) error {
	const q = `update request_order set type = $1, category = $2, category_rev = $3, address = $4, area = $5, district = $6, lat = $7, lng = $8,
		urgency = $9, publicity = $10, round = $11, ruled = $12, followers = $13, reply_count = $14, solved = $15, rating = $16,
		placed = $17, src_datum = $18, src_lat = $19, src_lng = $20 where matter_id = $21`
	err := tx.Exec(q, o.Type, o.Category, o.CategoryRev, o.Address, o.Area, prefix(o.Area, 6), coordinate(o.Lat, o.Lng, o.Lat), coordinate(o.Lat, o.Lng, o.Lng),
		o.Urgency, o.Publicity, o.Round, o.Ruled, o.Followers, o.Replies, o.Solved, o.Rating,
		o.Origin.Placed, o.Origin.Datum, coordinate(o.Origin.Lat, o.Origin.Lng, o.Origin.Lat), coordinate(o.Origin.Lat, o.Origin.Lng, o.Origin.Lng), o.ID)
	if err != nil {
		return fmt.Errorf("save request %s: %w", o.ID, err)
	}
	return nil
}

// Load locks a request for change and reads it as the actor may see it. version
// is what the person's form carried; when somebody else changed the request
// since, the answer is a Conflict. Machine work passes 0.
func Load(tx *sqldb.Tx, a actor.Actor, id matter.ID, version int64) (*Order, error) {
	if !tx.Locked() {
		if err := tx.Lock(string(id)); err != nil {
			return nil, err
		}
	}
	o, err := Find(tx, a, id)
	if err != nil {
		return nil, err
	}
	if version != 0 && version != o.Version {
		return nil, fault.New(fault.Conflict, "request.changed_meanwhile", nil)
	}
	return o, nil
}

// Find reads a request if the actor may see it. What he may not see is not
// found: a refusal would tell that it exists.
func Find(tx *sqldb.Tx, a actor.Actor, id matter.ID) (*Order, error) {
	return find(tx, a, `m.id = $1`, string(id))
}

// FindNumber is Find by the public number.
func FindNumber(tx *sqldb.Tx, a actor.Actor, number string) (*Order, error) {
	return find(tx, a, `m.number = $1`, number)
}

// Orders reads several requests for machine work, in the order of their ids.
func Orders(tx *sqldb.Tx, ids []matter.ID) ([]*Order, error) {
	marks, args := sqldb.In(1, ids)
	rows, err := tx.Query(orderQuery+` where m.id in (`+marks+`) order by m.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read requests: %w", err)
	}
	defer rows.Close()
	var out []*Order
	for rows.Next() {
		o, err := scanOrder(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("read requests: %w", err)
		}
		out = append(out, o)
	}
	return out, rows.Err()
}

func find(tx *sqldb.Tx, a actor.Actor, where string, arg string) (*Order, error) {
	scope, args := Scope(a, 2)
	o, err := scanOrder(tx.QueryRow(orderQuery+` where `+where+` and `+scope, append([]any{arg}, args...)...).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "request.not_found", err)
	}
	if err != nil {
		return nil, fmt.Errorf("find request: %w", err)
	}
	return o, nil
}

// Deed is one event with the texts that belong to it. Body must hold no
// personal data and no free text; those go into Notes.
type Deed struct {
	Name  string
	To    string // when the lifecycle leaves a choice
	Body  any
	Notes []Note
}

// Record writes a deed of the actor: state, event and texts in one unit of
// work, and saves the record.
func (o *Order) Record(tx *sqldb.Tx, a actor.Actor, d Deed) error {
	e := matter.Event{Name: d.Name, Actor: a.HistoryID(), Unit: a.UnitID, Body: d.Body}
	if err := matter.Append(tx, &Life, &o.Matter, e, d.To); err != nil {
		return err
	}
	for _, n := range d.Notes {
		if n.Text == "" {
			continue
		}
		if err := addNote(tx, o.ID, o.Version, n); err != nil {
			return err
		}
	}
	return o.Save(tx)
}

func prefix(s string, n int) string { return s[:min(n, len(s))] }

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// Known reports whether v is one of the listed codes.
func Known(list []string, v string) bool { return slices.Contains(list, v) }
