package open311

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
	"gongzhi/internal/intake/open311/georeport"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// mostRows is the most requests that one call gives.
const mostRows = 1000

// mostNear is how many of the newest requests around a place are looked at.
const mostNear = 5000

// filter is what a list is asked for. Zero fields do not narrow.
type filter struct {
	ids      []string
	codes    []string
	open     string // yes, no
	states   []string
	from, to time.Time // of requested_datetime, both included
	since    time.Time // of updated_datetime
	until    time.Time
	busy     bool // much happened between since and until
	box      *geo.Box
	around   *geo.Point
	radius   float64
	after    *cursor
	size     int
	page     int
	count    bool
	extended bool
}

// cursor is the last row that a page showed.
type cursor struct {
	at int64
	id string
}

// list gives published requests, the newest first.
func (s *Service) list(c *call) (answer, error) {
	if c.test {
		return s.sandboxed(c)
	}
	f := c.filter()
	if err := c.params.wrong.Err(); err != nil {
		return answer{}, err
	}
	var rows []row
	total := int64(-1)
	err := s.DB.View(c.r.Context(), func(tx *sqldb.Tx) (err error) {
		if rows, err = s.read311(tx, c.key, f); err != nil || !f.count {
			return err
		}
		total, err = s.countRows(tx, c.key, f)
		return err
	})
	if err != nil {
		return answer{}, err
	}
	a := c.say(s.requests(c, rows))
	a.total = total
	if n := len(rows); n == f.size && n > 0 && len(f.ids) == 0 {
		a.next = c.next("after", strconv.FormatInt(rows[n-1].opened, 36)+"-"+rows[n-1].id)
	}
	return a, nil
}

// one gives a single request, as a list.
func (s *Service) one(c *call) (answer, error) {
	if c.test {
		return s.sandboxed(c)
	}
	f := filter{ids: []string{c.id}, size: 1, extended: c.params.truth("extensions")}
	var rows []row
	err := s.DB.View(c.r.Context(), func(tx *sqldb.Tx) (err error) {
		rows, err = s.read311(tx, c.key, f)
		return err
	})
	if err == nil && len(rows) == 0 {
		err = unknownRequest(c.id)
	}
	if err != nil {
		return answer{}, err
	}
	return c.say(s.requests(c, rows)), nil
}

// unknownRequest is the one answer to what does not exist and to what is not
// published.
func unknownRequest(id string) error {
	return fault.New(fault.NotFound, "georeport.request_unknown", nil, id)
}

// filter reads what a list is asked for. Ids override everything else.
func (c *call) filter() filter {
	p := &c.params
	f := filter{size: mostRows, extended: p.truth("extensions")}
	if f.ids = p.list("service_request_id"); len(f.ids) > 0 {
		f.ids = f.ids[:min(len(f.ids), mostRows)]
		return f
	}
	f.codes = p.list("service_code")
	f.status(p)
	f.times(p, c.now)
	f.place(p)
	f.size = min(p.whole("page_size", mostRows, 1, mostRows), p.whole("max_requests", mostRows, 1, mostRows))
	f.page = p.whole("page", 0, 1, 100_000)
	f.count = f.page > 0
	if a := p.get("after"); a != "" {
		at, id, ok := strings.Cut(a, "-")
		n, err := strconv.ParseInt(at, 36, 64)
		if f.after = (&cursor{n, id}); !ok || err != nil {
			p.note("after", "georeport.cursor_wrong")
		}
	}
	return f
}

func (f *filter) status(p *params) {
	var open, closed bool
	for _, st := range p.list("status") {
		switch strings.ToLower(st) {
		case "open":
			open = true
		case "closed":
			closed = true
		default:
			p.note("status", "georeport.status_unknown", st)
		}
	}
	switch {
	case open && !closed:
		f.open = "yes"
	case closed && !open:
		f.open = "no"
	}
	for _, d := range p.list("detailed_status") {
		states := statesOf(strings.ToUpper(d))
		if f.states = append(f.states, states...); len(states) == 0 {
			p.note("detailed_status", "georeport.status_unknown", d)
		}
	}
}

// times reads the windows. Without any the last 90 days are given.
func (f *filter) times(p *params, now time.Time) {
	var ok, changed bool
	f.from, f.to, ok = p.span("start_date", "end_date")
	f.since, f.until, changed = p.span("updated_after", "updated_before")
	if !ok && !changed {
		f.from, f.to = now.Add(-window), now
	}
}

// place reads bbox (west,south,east,north), or lat, long and radius in metres.
func (f *filter) place(p *params) {
	if box := p.list("bbox"); len(box) > 0 {
		var n [4]float64
		bad := len(box) != 4
		for i := range min(len(box), 4) {
			v, err := strconv.ParseFloat(box[i], 64)
			n[i], bad = v, bad || err != nil || math.IsNaN(v) || math.IsInf(v, 0)
		}
		if bad || n[0] > n[2] || n[1] > n[3] {
			p.note("bbox", "georeport.bbox_wrong")
			return
		}
		f.box = &geo.Box{Min: geo.Point{Lat: n[1], Lng: n[0]}, Max: geo.Point{Lat: n[3], Lng: n[2]}}
	}
	lat, has := p.number("lat")
	lng, also := p.number("long")
	radius, wide := p.number("radius")
	switch n := btoi(has) + btoi(also) + btoi(wide); {
	case n == 0:
	case n < 3 || radius <= 0 || radius > 50_000:
		p.note("radius", "georeport.radius_incomplete")
	default:
		f.around, f.radius = &geo.Point{Lat: lat, Lng: lng}, radius
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// row is one published request.
type row struct {
	id, number, state, title, topic, area string
	open                                  bool
	opened                                int64
	due, closed, updated                  int64
	channel, body, answers                string
	address                               string
	point                                 geo.Point
	publicity                             string
	own                                   bool // of the key that asks
	followers                             int64
	unit                                  string
	notes                                 string
	file                                  string

	files   []string
	history []georeport.Note
}

// published is the condition on what everybody may read. It is the same as that
// of the public pages: nothing private, no report of wrongdoing, nothing that its
// reporter took back.
const published = `not m.sealed and r.publicity in ('public', 'masked') and m.state <> 'withdrawn'`

// shownUpdates are the deeds that other systems hear of. What units say to one
// another about whose duty it is, is none of them.
const shownUpdates = `('settled', 'answered', 'diverted', 'dispatched', 'accepted', 'asked', 'resumed', 'hold_granted', 'termination_granted', 'replied', 'closed', 'reopened', 'merged')`

// updatedSQL is when a request last changed for others; of a closed one when it
// was closed: filing it later is no change.
const updatedSQL = `coalesce(m.closed_at, (select max(e.at) from matter_event e where e.matter_id = m.id and e.name in ` + shownUpdates + `), m.opened_at)`

// query collects conditions and their arguments.
type query struct {
	cond []string
	args []any
}

func (q *query) add(cond string, args ...any) {
	for _, a := range args {
		q.args = append(q.args, a)
		cond = strings.Replace(cond, "?", "$"+strconv.Itoa(len(q.args)), 1)
	}
	q.cond = append(q.cond, cond)
}

func (q *query) in(col string, list []string) {
	marks, args := sqldb.In(len(q.args)+1, list)
	q.cond, q.args = append(q.cond, col+` in (`+marks+`)`), append(q.args, args...)
}

// where is the condition of a filter over matter m and request_order r.
func (s *Service) where(d sqldb.Dialect, key *Key, f filter) *query {
	q := &query{cond: []string{published}}
	if s.setting(setFrom, "received") == "dispatched" {
		q.add(`(m.state not in ('registered', 'to_dispatch', 'pre_consult') or r.source = ?)`, cmp.Or(key.source(), "-"))
	}
	if len(f.ids) > 0 {
		q.in(`m.number`, f.ids)
		return q
	}
	plus := ""
	if d == sqldb.SQLite && len(f.codes) > 1 {
		plus = "+" // several categories: walking by time meets the first page sooner
	}
	if len(f.codes) > 0 {
		q.in(plus+`m.topic`, f.codes)
	}
	if len(f.states) > 0 {
		q.in(map[bool]string{true: "+", false: ""}[d == sqldb.SQLite]+`m.state`, f.states)
	}
	switch f.open {
	case "yes":
		q.add(`m.open`)
	case "no":
		q.add(`not m.open`)
	}
	if !f.from.IsZero() {
		q.add(`m.opened_at >= ?`, f.from.Truncate(time.Second).UnixMicro())
		q.add(`m.opened_at < ?`, f.to.Truncate(time.Second).Add(time.Second).UnixMicro())
	}
	if !f.since.IsZero() {
		if !f.busy { // few are looked up and sorted; of many the first page is met sooner by walking
			q.add(`m.id in (select e.matter_id from matter_event e where e.at >= ? and e.at < ?)`, f.since.Truncate(time.Second).UnixMicro(), f.until.Truncate(time.Second).Add(time.Second).UnixMicro())
		}
		q.add(updatedSQL+` between ? and ?`, f.since.Truncate(time.Second).UnixMicro(), f.until.Truncate(time.Second).Add(time.Second).UnixMicro()-1)
	}
	if b := f.bounds(); b != nil {
		q.add(`r.lat between ? and ?`, b.Min.Lat, b.Max.Lat)
		q.add(`r.lng between ? and ?`, b.Min.Lng, b.Max.Lng)
	}
	if f.after != nil {
		q.add(`(m.opened_at, m.id) < (?, ?)`, f.after.at, f.after.id)
	}
	return q
}

// bounds is the box that holds all candidates, with a grid's width around it:
// whether a coarsened request belongs is decided by the place that is published
// of it, or asking again and again would find the door.
func (f filter) bounds() *geo.Box {
	const margin = 0.003
	b := f.box
	if f.around != nil {
		d := f.radius / 110_000
		w := d / math.Max(0.1, math.Cos(f.around.Lat*math.Pi/180))
		b = &geo.Box{Min: geo.Point{Lat: f.around.Lat - d, Lng: f.around.Lng - w}, Max: geo.Point{Lat: f.around.Lat + d, Lng: f.around.Lng + w}}
	}
	if b == nil {
		return nil
	}
	return &geo.Box{Min: geo.Point{Lat: b.Min.Lat - margin, Lng: b.Min.Lng - margin}, Max: geo.Point{Lat: b.Max.Lat + margin, Lng: b.Max.Lng + margin}}
}

// holds reports whether the place that is published of a request belongs.
func (f filter) holds(p geo.Point) bool {
	switch {
	case f.around != nil:
		return f.around.Distance(p) <= f.radius
	case f.box != nil:
		return p.Lat >= f.box.Min.Lat && p.Lat <= f.box.Max.Lat && p.Lng >= f.box.Min.Lng && p.Lng <= f.box.Max.Lng
	}
	return true
}

const (
	rowIDs = `select m.id, m.opened_at from matter m join request_order r on r.matter_id = m.id where `

	rowColumns = `m.id, m.number, m.state, m.open, m.title, m.topic, m.area, m.opened_at, coalesce(m.due_at, 0), coalesce(m.closed_at, 0), ` + updatedSQL + `,
		r.channel, r.body, r.answers, r.address, coalesce(r.lat, 0), coalesce(r.lng, 0), r.publicity, r.source, r.followers, coalesce(u.name, ''),
		coalesce((select n.text from request_note n where n.matter_id = m.id and n.audience = 'public' order by n.seq desc, n.kind limit 1), ''),
		coalesce((select f.id from request_file f where f.matter_id = m.id and f.audience = 'public' order by f.seq, f.id limit 1), '')`
)

// read311 reads one page. The ids are found first, so that what is looked up per
// row is looked up for the page's rows only.
func (s *Service) read311(tx *sqldb.Tx, key *Key, f filter) ([]row, error) {
	if err := tx.PlanAnew(); err != nil {
		return nil, err
	}
	if err := f.probe(tx); err != nil {
		return nil, err
	}
	q := s.where(tx.Dialect, key, f)
	size, skip := f.size, max(0, f.page-1)*f.size
	if len(f.ids) > 0 {
		size = len(f.ids)
	}
	if f.bounds() != nil {
		size, skip = mostNear, 0
	}
	text := `select ` + rowColumns + ` from (` + rowIDs + q.String() + ` order by m.opened_at desc, m.id desc limit ` + strconv.Itoa(size) + ` offset ` + strconv.Itoa(skip) + `) p
		join matter m on m.id = p.id join request_order r on r.matter_id = m.id left join actor_unit u on u.id = m.unit order by p.opened_at desc, p.id desc`
	rows, err := s.scan(tx, key, text, q.args)
	if err != nil {
		return nil, err
	}
	if f.bounds() != nil {
		rows = slices.DeleteFunc(rows, func(r row) bool { return !f.holds(r.shown()) })
		skip = max(0, f.page-1) * f.size
		rows = rows[min(skip, len(rows)):]
		rows = rows[:min(f.size, len(rows))]
	}
	if f.extended {
		err = extend(tx, rows)
	}
	return rows, err
}

// probe finds out whether more happened in the window of changes than is worth
// looking up. The engines cannot know: they guess the same for every window.
func (f *filter) probe(tx *sqldb.Tx) error {
	if f.since.IsZero() {
		return nil
	}
	const most = 2_000
	var n int
	const q = `select cast(count(*) as bigint) from (select 1 from matter_event e where e.at >= $1 and e.at < $2 limit 2001) x`
	if err := tx.QueryRow(q, f.since.UnixMicro(), f.until.UnixMicro()).Scan(&n); err != nil {
		return fmt.Errorf("probe changes: %w", err)
	}
	f.busy = n > most
	return nil
}

func (s *Service) scan(tx *sqldb.Tx, key *Key, text string, args []any) ([]row, error) {
	rows, err := tx.Query(text, args...)
	if err != nil {
		return nil, fmt.Errorf("list for open311: %w", err)
	}
	defer rows.Close()
	var out []row
	for rows.Next() {
		var r row
		var source string
		err := rows.Scan(&r.id, &r.number, &r.state, &r.open, &r.title, &r.topic, &r.area, &r.opened, &r.due, &r.closed, &r.updated,
			&r.channel, &r.body, &r.answers, &r.address, &r.point.Lat, &r.point.Lng, &r.publicity, &source, &r.followers, &r.unit, &r.notes, &r.file)
		if err != nil {
			return nil, err
		}
		r.own = key.source() != "" && source == key.source() && key.may(scopeRead)
		out = append(out, r)
	}
	return out, rows.Err()
}

// countRows is how many a filter lets through, for who reads by pages.
func (s *Service) countRows(tx *sqldb.Tx, key *Key, f filter) (n int64, err error) {
	if f.bounds() != nil {
		return -1, nil // what is decided row by row is not counted
	}
	f.after = nil
	q := s.where(tx.Dialect, key, f)
	err = tx.QueryRow(`select cast(count(*) as bigint) from matter m join request_order r on r.matter_id = m.id where `+q.String(), q.args...).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count for open311: %w", err)
	}
	return n, nil
}

// extend adds photos and history to all rows, with one query each.
func extend(tx *sqldb.Tx, list []row) error {
	at, ids := map[string]int{}, make([]string, len(list))
	for i, r := range list {
		at[r.id], ids[i] = i, r.id
	}
	if len(ids) == 0 {
		return nil
	}
	marks, args := sqldb.In(1, ids)
	rows, err := tx.Query(`select f.matter_id, f.seq, f.at, '', f.id, '' from request_file f where f.audience = 'public' and f.matter_id in (`+marks+`)
		union all select e.matter_id, e.seq, e.at, e.name, '', coalesce(n.text, '') from matter_event e
			left join request_note n on n.matter_id = e.matter_id and n.seq = e.seq and n.audience = 'public'
			where e.name in `+shownUpdates+` and e.matter_id in (`+marks+`) order by 1, 2, 5`, args...)
	if err != nil {
		return fmt.Errorf("extensions of open311: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var m, name, file, text string
		var seq, when int64
		if err := rows.Scan(&m, &seq, &when, &name, &file, &text); err != nil {
			return err
		}
		r := &list[at[m]]
		if file != "" {
			r.files = append(r.files, file)
			continue
		}
		r.history = append(r.history, georeport.Note{At: sqldb.FromMicros(when), Type: name, Description: text})
	}
	return rows.Err()
}

// detailed are CitySDK's words for our states.
var detailed = []struct {
	word   string
	states []string
}{
	{"PENDING", []string{request.Registered, request.ToDispatch, request.PreConsult}},
	{"RECEIVED", []string{request.ToAccept, request.ObjectionReview}},
	{"IN_PROCESS", []string{request.InProgress, request.Waiting, request.ExtensionReview, request.HoldReview, request.OnHold, request.TerminationReview}},
	{"PROCESSED", []string{request.Replied, request.ToCallback, request.Answered, request.Closed, request.Archived, request.Merged}},
	{"REJECTED", []string{request.Diverted, request.Terminated}},
}

func statesOf(word string) []string {
	for _, d := range detailed {
		if d.word == word {
			return d.states
		}
	}
	return nil
}

func detailedOf(state string) string {
	for _, d := range detailed {
		if slices.Contains(d.states, state) {
			return d.word
		}
	}
	return "IN_PROCESS"
}

func (q *query) String() string { return strings.Join(q.cond, ` and `) }
