package intake

import (
	"cmp"
	"crypto/sha256"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/geo"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sheet"
	"gongzhi/internal/vault"
)

// States a row may have had where it comes from.
const (
	statusOpen    = "open"
	statusReplied = "replied"
	statusClosed  = "closed"
)

// maxImported is the longest text taken, in characters: messages of nine
// thousand exist, and nobody is asked to shorten what was said years ago.
const maxImported = 20_000

// shortBody is how many characters a text must have for two equal ones to be
// the same story.
const shortBody = 20

// arrival is one row of a table on its way to be a request.
type arrival struct {
	row      int
	source   string // id
	problems []sheet.Problem
	notes    []sheet.Problem // the row is taken all the same

	report   Report
	received time.Time
	due      time.Time
	follow   int64
	remark   string
	status   string
	settled  time.Time // when it was answered or closed
	answer   string
	unit     actor.Unit
	repeatOf string // source id of the first row with the same text
}

func (x *arrival) refused() bool { return len(x.problems) > 0 }

// rowReader turns rows into arrivals as one city understands them.
type rowReader struct {
	m      *ImportMapping
	tree   *catalog.Tree
	atlas  *place.Atlas
	now    time.Time
	leaves map[string]string // name → code of the leaf, "" when two have it
	areas  map[string]string
	units  map[string]actor.Unit
	crowds map[string]bool // points that too many rows share to be a place

	noPlace func(geo.Point) bool // points of which a person said so
	inWords func(*Report)        // finds the place of a report that has none in what it says

	seen  map[string]int      // source id → row
	texts map[[16]byte]string // of the rows taken
}

func (s *Service) newRowReader(m *ImportMapping, units []actor.Unit, now time.Time) *rowReader {
	tree, atlas := s.Catalog.Book().Tree, s.Atlas.Atlas()
	r := &rowReader{m: m, tree: tree, atlas: atlas, now: now, noPlace: s.Atlas.Default, inWords: s.fromWords, leaves: map[string]string{}, areas: map[string]string{}, units: map[string]actor.Unit{},
		seen: map[string]int{}, texts: map[[16]byte]string{}}
	for _, c := range tree.Leaves("") {
		nameOnce(r.leaves, c.Name, c.Code)
		r.leaves[c.Code] = c.Code
	}
	for _, a := range atlas.Areas {
		nameOnce(r.areas, a.Name, a.Code)
		r.areas[a.Code] = a.Code
	}
	for _, u := range units {
		r.units[u.ID], r.units[u.Name] = u, u
		if u.Short != "" {
			r.units[u.Short] = u
		}
	}
	return r
}

// nameOnce keeps a name only while one thing has it.
func nameOnce(names map[string]string, name, code string) {
	if was, twice := names[name]; twice && was != code {
		code = ""
	}
	names[name] = code
}

// read makes an arrival of a row. All that is wrong is listed, not only the first.
func (r *rowReader) read(row sheet.Row) *arrival {
	record, problems := r.m.Apply(row)
	x := &arrival{row: row.Number, source: record[sheet.SourceID]}
	for _, p := range problems {
		if !r.m.plain(p.Column) {
			p = nameless(p)
		}
		if p.Warning {
			x.notes = append(x.notes, p)
		} else {
			x.problems = append(x.problems, p)
		}
	}
	r.words(x, record)
	r.times(x, record)
	r.codes(x, record)
	r.ground(x, record)
	r.inWords(&x.report)
	r.person(x, record)
	r.standing(x, record)
	r.once(x)
	return x
}

// nameless takes the cell's text out of a problem: it could name a person.
func nameless(p sheet.Problem) sheet.Problem {
	for i, a := range p.Args {
		if s, ok := a.(string); ok && p.Value != "" && s == p.Value {
			p.Args[i] = "…"
		}
	}
	p.Value = ""
	return p
}

func (r *rowReader) bad(x *arrival, to, value, key string, args ...any) {
	x.problems = append(x.problems, sheet.Problem{Row: x.row, Column: r.m.column(to), Value: value, Key: key, Args: args})
}

func (r *rowReader) note(x *arrival, to, value, key string, args ...any) {
	x.notes = append(x.notes, sheet.Problem{Row: x.row, Column: r.m.column(to), Value: value, Key: key, Args: args, Warning: true})
}

// fails reports a problem that the mapping has found in the field already.
func (x *arrival) fails(column string) bool {
	for _, p := range x.problems {
		if p.Column == column {
			return true
		}
	}
	return false
}

func (r *rowReader) words(x *arrival, record sheet.Record) {
	p := &x.report
	p.Title, p.Body, p.Address, x.remark = record[toTitle], record[toBody], record[toAddress], record[toRemark]
	switch {
	case p.Body == "" && !r.m.maps(toBody):
		p.Body = p.Title
	case p.Body == "" && !x.fails(r.m.column(toBody)):
		r.bad(x, toBody, "", "intake.import_no_body")
	case utf8.RuneCountInString(p.Body) > maxImported:
		r.bad(x, toBody, "", "intake.import_too_long", maxImported)
	}
	if utf8.RuneCountInString(p.Title) > 200 {
		p.Title = ""
	}
	p.Title = request.Hide(or(p.Title, title(p.Body)))
	if n := utf8.RuneCountInString(p.Address); n > MaxAddress {
		p.Address = string([]rune(p.Address)[:MaxAddress])
		r.note(x, toAddress, "", "intake.import_address_cut", MaxAddress)
	}
}

func (r *rowReader) times(x *arrival, record sheet.Record) {
	x.received = rowTime(record[toReceived])
	switch {
	case x.received.IsZero() && !x.fails(r.m.column(toReceived)):
		r.bad(x, toReceived, "", "intake.import_no_time")
	case x.received.After(r.now.Add(24 * time.Hour)):
		r.bad(x, toReceived, record[toReceived], "intake.import_future")
	}
	if x.due = rowTime(record[toDue]); !x.due.IsZero() && x.due.Before(x.received) {
		x.due = time.Time{}
		r.note(x, toDue, "", "intake.import_due_order")
	}
	for _, to := range []string{toAnswered, toClosed} {
		t := rowTime(record[to])
		if t.IsZero() {
			continue
		}
		if t.Before(x.received) {
			r.bad(x, to, "", "intake.import_order")
		}
		x.settled = t
	}
}

// rowTime reads what the mapping wrote; "" and what it refused are the zero time.
func rowTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

func (r *rowReader) codes(x *arrival, record sheet.Record) {
	p := &x.report
	if c := record[toCategory]; c != "" {
		if p.Category = r.leaves[c]; p.Category == "" {
			r.note(x, toCategory, c, "intake.import_category_unknown", c)
			x.remark = strings.TrimSpace(c + "\n" + x.remark)
		}
	}
	category, _ := r.tree.Find(p.Category)
	p.Type = record[toType]
	if p.Type != "" && !request.Known(request.Types, p.Type) {
		r.note(x, toType, p.Type, "intake.import_type_unknown", p.Type)
		p.Type = ""
	}
	p.Type, p.Urgency = or(p.Type, category.Type, "help"), or(category.Urgency, "normal")
	p.Channel = or(record[toChannel], "other")
	if !request.Known(request.Channels, p.Channel) {
		r.note(x, toChannel, p.Channel, "intake.import_channel_unknown", p.Channel)
		p.Channel = "other"
	}
	if u := record[toUnit]; u != "" {
		if x.unit = r.units[u]; x.unit.ID == "" {
			r.note(x, toUnit, u, "intake.import_unit_unknown", u)
			x.remark = strings.TrimSpace(u + "\n" + x.remark)
		}
	}
	x.follow, _ = strconv.ParseInt(record[toFollowers], 10, 64)
}

// ground finds the area. A point outside of the city, or one that so many rows
// share that it can only be a default, is no place.
func (r *rowReader) ground(x *arrival, record sheet.Record) {
	p := &x.report
	if a := record[toArea]; a != "" {
		if p.Area = r.areas[a]; p.Area == "" {
			r.note(x, toArea, a, "intake.import_area_unknown", a)
		}
	}
	lat, lng := record[toLat], record[toLng]
	if lat == "" && lng == "" {
		return
	}
	var given geo.Point
	given.Lat, _ = strconv.ParseFloat(lat, 64)
	given.Lng, _ = strconv.ParseFloat(lng, 64)
	if lat == "" || lng == "" || given.Zero() || given.Check() != nil {
		r.note(x, toLat, "", "intake.import_point_wrong")
		return
	}
	origin := request.Origin{Datum: cmp.Or(geo.Datum(DatumOf(record[toDatum])), r.m.datum)}
	point, err := origin.Convert(given)
	if err != nil {
		r.bad(x, toDatum, record[toDatum], "geo.datum_unknown", record[toDatum])
		return
	}
	switch area := r.atlas.Locate(point); {
	case r.crowds[lat+" "+lng] || r.noPlace(point):
		r.note(x, toLat, lat+", "+lng, "intake.import_point_shared", lat+", "+lng)
		p.Origin = request.Origin{Placed: request.DefaultPoint, Datum: origin.Datum, Lat: given.Lat, Lng: given.Lng}
	case area == "" && len(r.atlas.Areas) > 0:
		r.note(x, toLat, "", "intake.import_point_outside")
	default:
		p.Lat, p.Lng, p.Area, p.Origin = point.Lat, point.Lng, or(area, p.Area), origin
	}
}

func (r *rowReader) person(x *arrival, record sheet.Record) {
	p := &x.report
	p.Name, p.Home = record[toName], record[toHome]
	if utf8.RuneCountInString(p.Name) > MaxName {
		p.Name = string([]rune(p.Name)[:MaxName])
	}
	if record[toPhone] == "" {
		return
	}
	if p.Phone = vault.NormalPhone(record[toPhone]); len(p.Phone) < 5 {
		p.Phone = ""
		r.note(x, toPhone, "", "intake.import_phone_wrong")
	}
}

// standing decides how far the row had come where it comes from.
func (r *rowReader) standing(x *arrival, record sheet.Record) {
	x.answer, x.status = record[toAnswer], record[toStatus]
	switch x.status {
	case statusOpen, statusReplied, statusClosed:
	case "":
		x.status = statusOpen
		if x.answer != "" || record[toClosed] != "" {
			x.status = statusClosed
		}
	default:
		r.bad(x, toStatus, x.status, "intake.import_status_unknown", x.status)
	}
	if x.status == statusOpen && x.answer != "" { // said, but not the end of it
		x.remark, x.answer = strings.TrimSpace(x.remark+"\n"+x.answer), ""
	}
	if x.status == statusReplied && x.answer == "" {
		r.bad(x, toAnswer, "", "intake.import_no_answer")
	}
	if x.status != statusOpen && x.settled.IsZero() && !x.refused() {
		x.settled = x.received
		r.note(x, toClosed, "", "intake.import_no_closing_time")
	}
}

// once finds the row's id in an earlier row, and an earlier row that says the
// same. The same text twice is two people, or one who insists: both are taken.
func (r *rowReader) once(x *arrival) {
	if x.source == "" {
		return // the mapping says so
	}
	if first, twice := r.seen[x.source]; twice {
		x.problems = append(x.problems, sheet.Problem{Row: x.row, Column: strings.Join(r.m.ID(), " + "), Value: x.source, Key: "intake.import_id_twice", Args: []any{x.source, strconv.Itoa(first)}})
		return
	}
	if x.refused() {
		return
	}
	r.seen[x.source] = x.row
	if !r.m.repeats {
		return
	}
	if utf8.RuneCountInString(x.report.Body) < shortBody {
		return // 路灯不亮 is said of many lamps
	}
	sum := sha256.Sum256([]byte(x.report.Body + "\x00" + x.report.Address))
	key := [16]byte(sum[:16])
	if first, again := r.texts[key]; again {
		x.repeatOf = first
		r.note(x, toBody, "", "intake.import_repeat")
		return
	}
	r.texts[key] = x.source
}
