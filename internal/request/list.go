package request

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/matter"
	"gongzhi/internal/search"
	"gongzhi/internal/sqldb"
)

// Filter narrows a list. Zero fields do not narrow.
type Filter struct {
	States     []string
	Open       string // "yes", "no"
	Unit       string // lead unit and those below
	Task       string // unit with an open task, lead or assist
	Categories []string
	Area       string // an area and all inside it
	Type       string
	Channel    string
	Urgency    string
	Flag       string // urged, supervised, escalated
	Text       string // full text, or a number
	From, To   time.Time
	DueBefore  time.Time // open and due before
	Overdue    bool      // its clock runs and its date has passed
	Reopened   bool
	Returned   bool   // a unit asked to return it
	Plea       string // an open plea of this kind
	TakenBy    string
	Near       *Near
	ReturnedBy string // a unit, it or one below asked to return it
	SentTo     string // a unit: it or one below has or had a task
	Ran        string // share of the promised time that has run, of open ones: "half" up to 50 %, "most" up to 80 %, "last" up to 100 %, "none" its clock does not run
	ClosedFrom time.Time
	ClosedTo   time.Time
	DueFrom    time.Time // a lead unit's date lies in the span
	DueTo      time.Time
	Kept       string // with DueFrom and DueTo: "yes" every such date was kept, "no" one was not
	Solved     string // the resident's last word: yes, partly, no; "any" he was reached
	Rated      string // the resident's last rating: "any"; "good" satisfied or very; "fair" basically or better; "bad" not; "asked" any, or he could not be reached
	Accepted   string // sent to a lead unit: "any"; "yes" each accepted within Within hours, "no" one was not
	Within     string // whole hours
	Contacted  bool   // the unit reached the resident
	Extended   bool   // a later date was granted
	Sort       string // "new" (default), "old", "due"
	Source     string
	Repeat     string // "again" one person reported it several times, "many" many people did, "any" either
	Without    string // not those excluded from this rate, AnyRate from any
	Excluded   string // only those excluded from this rate, AnyRate from any
	Published  bool   // only what residents may read, and of it no more than that
	Listed     bool   // with Published: what stands in lists, nothing at people's homes
	Unscreened bool   // of a public category and of the last months, and nobody has read yet what of it may be published
}

// Near is a square of about twice Metres around a point.
type Near struct {
	Lat, Lng float64
	Metres   float64
}

// Row is one line of a list.
type Row struct {
	Order
	UnitName     string
	CategoryName string
	AreaName     string
	Flags        []string
	Worded       bool // of a published one: its words, its answers and its photos may be read
	Pauses       []Pause
	Repeats      Repeats
}

// where collects conditions and their arguments.
type where struct {
	cond []string
	args []any
}

// add appends a condition whose ? stand for the arguments in order.
func (w *where) add(cond string, args ...any) {
	for _, a := range args {
		w.args = append(w.args, a)
		cond = strings.Replace(cond, "?", "$"+strconv.Itoa(len(w.args)), 1)
	}
	w.cond = append(w.cond, cond)
}

func (w *where) in(col string, list []string) {
	marks, args := sqldb.In(len(w.args)+1, list)
	w.cond, w.args = append(w.cond, col+` in (`+marks+`)`), append(w.args, args...)
}

func (w *where) String() string { return strings.Join(w.cond, ` and `) }

// where is the filter for one page of a list, or for a count of all.
func (f Filter) where(tx *sqldb.Tx, a actor.Actor, list bool) (*where, error) {
	if err := tx.PlanAnew(); err != nil {
		return nil, err
	}
	w := &where{cond: []string{`m.kind = 'request'`}}
	if list {
		w.cond = nil // who has a record is a request; SQLite might think that the kind narrows
	}
	if err := w.scope(tx, a, f, list); err != nil {
		return nil, err
	}
	if f.Overdue {
		if err := w.wide(tx, list, `m.open and @m.due_at < ? and m.state not in `+clockStopped, tx.Now.UnixMicro()); err != nil {
			return nil, err
		}
	}
	f.state(w, tx.Now)
	f.subject(w)
	if err := f.around(tx, w, list); err != nil {
		return nil, err
	}
	if err := f.repeats(tx, w); err != nil {
		return nil, err
	}
	if f.Published {
		f.published(w)
	}
	if f.Unscreened {
		w.add(`m.opened_at >= ? and not m.sealed and r.publicity = 'public' and m.state not in ('withdrawn', 'merged')
			and not exists (select 1 from request_publication p where p.matter_id = m.id)`, tx.Now.AddDate(0, 0, -unscreenedDays).UnixMicro())
	}
	if f.Text != "" {
		if err := f.text(tx, w); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (f Filter) state(w *where, now time.Time) {
	if len(f.States) > 0 {
		w.in(`m.state`, f.States)
	}
	switch f.Open {
	case "yes":
		w.add(`m.open`)
	case "no":
		w.add(`not m.open`)
	}
	if !f.DueBefore.IsZero() {
		w.add(`m.open and m.due_at < ?`, f.DueBefore.UnixMicro())
	}
	if !f.From.IsZero() {
		w.add(`m.opened_at >= ?`, f.From.UnixMicro())
	}
	if !f.To.IsZero() {
		w.add(`m.opened_at < ?`, f.To.UnixMicro())
	}
	f.outcome(w, now)
	f.excluded(w)
	if f.Reopened {
		w.add(`r.round > 0`)
	}
	if f.Returned {
		w.add(`m.id in (select p.matter_id from request_plea p where p.kind = 'return')`)
	}
	if f.Plea != "" {
		w.add(`m.id in (select p.matter_id from request_plea p where p.open and p.kind = ?)`, f.Plea)
	}
	if f.Flag != "" {
		w.add(`m.id in (select g.matter_id from request_flag g where g.kind = ?)`, f.Flag)
	}
}

// below are a unit and those below it.
const below = `(select fu.id from actor_unit fu, actor_unit top where top.id = ? and substr(fu.path, 1, length(top.path)) = top.path)`

// around adds what may let many through: whose it is, what it is about, where.
func (f Filter) around(tx *sqldb.Tx, w *where, list bool) (err error) {
	if f.Unit != "" {
		err = w.wide(tx, list, `@m.unit in `+below, f.Unit)
	}
	switch n := len(f.Categories); {
	case err != nil || n == 0:
	case n == 1:
		w.add(`m.topic = ?`, f.Categories[0])
	default:
		marks := strings.TrimSuffix(strings.Repeat(`?, `, n), `, `)
		err = w.wide(tx, list, `@m.topic in (`+marks+`)`, anys(f.Categories)...)
	}
	if err == nil && f.Area != "" {
		err = w.wide(tx, list, `@m.area >= ? and @m.area < ?`, f.Area, f.Area+"~")
	}
	return err
}

func anys(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

func (f Filter) subject(w *where) {
	if f.ReturnedBy != "" {
		w.add(`m.id in (select p.matter_id from request_plea p where p.kind = 'return' and p.unit_id in `+below+`)`, f.ReturnedBy)
	}
	if f.SentTo != "" {
		w.add(`m.id in (select st.matter_id from request_task st where st.unit_id in `+below+`)`, f.SentTo)
	}
	if f.Task != "" {
		w.add(`m.id in (select ft.matter_id from request_task ft where ft.open and ft.unit_id = ?)`, f.Task)
	}
	for col, v := range map[string]string{`r.type`: f.Type, `r.channel`: f.Channel, `r.urgency`: f.Urgency, `r.taken_by`: f.TakenBy, `r.source`: f.Source} {
		if v != "" {
			w.add(col+` = ?`, v)
		}
	}
	if n := f.Near; n != nil {
		dLat := n.Metres / 111_000
		w.add(`r.lat between ? and ?`, n.Lat-dLat, n.Lat+dLat)
		w.add(`r.lng between ? and ?`, n.Lng-dLat*1.2, n.Lng+dLat*1.2)
	}
}

func (f Filter) text(tx *sqldb.Tx, w *where) error {
	if n := digits(f.Text); len(n) >= 6 && len(n) <= 12 {
		w.add(`m.number >= ?`, n)
		w.add(`m.number < ?`, n+"~")
		return nil
	}
	if f.Published {
		if err := f.publishedWords(w); err != nil {
			return err
		}
	}
	q, err := search.Parse(f.Text)
	if err != nil {
		return err
	}
	if q, err = q.Of(Life.Kind).Probe(tx); err != nil {
		return err
	}
	cond, args := q.Where(tx.Dialect, "m.id", len(w.args)+1)
	w.cond, w.args = append(w.cond, cond), append(w.args, args...)
	return nil
}

func digits(s string) string {
	s = strings.NewReplacer(" ", "", "-", "").Replace(s)
	if strings.Trim(s, "0123456789") != "" {
		return ""
	}
	return s
}

// noDue stands for "no date" where rows are ordered by date.
const noDue = int64(1) << 60

// unscreenedDays is how long a request waits to be read before it is published.
// One that is older stands on the board by its category for good.
const unscreenedDays = 90

const rowQuery = `select ` + matter.Columns + `, ` + orderColumns + `, coalesce(u.name, ''), coalesce(c.name, ''), coalesce(pa.name, '')
	from matter m join request_order r on r.matter_id = m.id
	left join actor_unit u on u.id = m.unit left join catalog_category c on c.code = m.topic
	left join place_area pa on pa.code = substr(m.area, 1, 12)`

// List is one page of the requests that the actor may see and the filter
// lets through, and the cursor of the next page, "" at the end.
func List(tx *sqldb.Tx, a actor.Actor, f Filter, p Page) ([]Row, string, error) {
	if p.Size <= 0 || p.Size > 200 {
		p.Size = 20
	}
	q, args, err := f.list(tx, a, p)
	if err != nil {
		return nil, "", err
	}
	rows, err := scanRows(tx, q, args...)
	if err != nil {
		return nil, "", fmt.Errorf("list requests: %w", err)
	}
	if f.Published {
		if err := publish(tx, rows); err != nil {
			return nil, "", err
		}
	}
	next := ""
	if len(rows) > p.Size {
		rows = rows[:p.Size]
		last := rows[p.Size-1]
		next = cursor{Key: last.key(f.Sort), ID: string(last.ID)}.String()
	}
	return rows, next, decorate(tx, rows)
}

// list is the query of one page and one row more, and its arguments.
func (f Filter) list(tx *sqldb.Tx, a actor.Actor, p Page) (string, []any, error) {
	w, err := f.where(tx, a, true)
	if err != nil {
		return "", nil, err
	}
	c, more, err := p.cursor()
	if err != nil {
		return "", nil, err
	}
	order := ` order by m.opened_at desc, m.id desc`
	switch {
	case f.Sort == "due":
		order = ` order by coalesce(m.due_at, 1152921504606846976), m.id`
		if more {
			w.add(`(coalesce(m.due_at, 1152921504606846976), m.id) > (?, ?)`, c.Key, c.ID)
		}
	case f.Sort == "old":
		order = ` order by m.opened_at, m.id`
		if more {
			w.add(`(m.opened_at, m.id) > (?, ?)`, c.Key, c.ID)
		}
	case more:
		w.add(`(m.opened_at, m.id) < (?, ?)`, c.Key, c.ID)
	}
	return rowQuery + ` where ` + w.String() + order + ` limit ` + strconv.Itoa(p.Size+1), w.args, nil
}

func (r Row) key(sort string) int64 {
	switch {
	case sort != "due":
		return r.OpenedAt.UnixMicro()
	case r.DueAt.IsZero():
		return noDue
	}
	return r.DueAt.UnixMicro()
}

func scanRows(tx *sqldb.Tx, q string, args ...any) ([]Row, error) {
	rows, err := tx.Query(q, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Row
	for rows.Next() {
		var r Row
		o, err := scanOrder(rows.Scan, &r.UnitName, &r.CategoryName, &r.AreaName)
		if err != nil {
			return nil, err
		}
		r.Order = *o
		out = append(out, r)
	}
	return out, rows.Err()
}

// decorate adds flags and pauses to all rows with one query each.
func decorate(tx *sqldb.Tx, out []Row) error {
	if len(out) == 0 {
		return nil
	}
	at, ids := map[matter.ID]int{}, make([]string, len(out))
	for i, r := range out {
		at[r.ID], ids[i] = i, string(r.ID)
	}
	marks, args := sqldb.In(1, ids)
	rows, err := tx.Query(`select matter_id, kind, '', 0, 0 from request_flag where matter_id in (`+marks+`)
		union all select matter_id, '', reason, from_at, coalesce(to_at, 0) from request_pause where matter_id in (`+marks+`) order by 1, 4, 2`, args...)
	if err != nil {
		return fmt.Errorf("flags and pauses: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var m matter.ID
		var flag, reason string
		var from, to int64
		if err := rows.Scan(&m, &flag, &reason, &from, &to); err != nil {
			return err
		}
		r := &out[at[m]]
		if flag != "" {
			r.Flags = append(r.Flags, flag)
			continue
		}
		r.Pauses = append(r.Pauses, Pause{From: sqldb.FromMicros(from), To: sqldb.FromMicros(to), Reason: reason})
	}
	if err := rows.Err(); err != nil {
		return err
	}
	repeats, err := RepeatsOf(tx, ids)
	for m, x := range repeats {
		out[at[m]].Repeats = x
	}
	return err
}

// Count is how many requests the actor may see and the filter lets through.
func Count(tx *sqldb.Tx, a actor.Actor, f Filter) (int64, error) {
	w, err := f.where(tx, a, false)
	if err != nil {
		return 0, err
	}
	var n int64
	q := `select cast(count(*) as bigint)` + tables(w.String()) + ` where ` + w.String()
	if err := tx.QueryRow(q, w.args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count requests: %w", err)
	}
	return n, nil
}

// Cross counts the requests of a filter by lead unit and category.
func Cross(tx *sqldb.Tx, a actor.Actor, f Filter) (map[[2]string]int64, error) {
	w, err := f.where(tx, a, false)
	if err != nil {
		return nil, err
	}
	const by = `m.unit, m.topic`
	rows, err := tx.Query(`select `+by+`, cast(count(*) as bigint)`+tables(w.String())+` where `+w.String()+` group by 1, 2`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("count requests by unit and category: %w", err)
	}
	defer rows.Close()
	out := map[[2]string]int64{}
	for rows.Next() {
		var key [2]string
		var n int64
		if err := rows.Scan(&key[0], &key[1], &n); err != nil {
			return nil, err
		}
		out[key] = n
	}
	return out, rows.Err()
}

// Tally counts the requests of a filter by one column: "state", "unit",
// "topic", "area" (community), "type" or "channel".
func Tally(tx *sqldb.Tx, a actor.Actor, f Filter, by string) (map[string]int64, error) {
	col, ok := map[string]string{"state": "m.state", "unit": "m.unit", "topic": "m.topic", "area": "substr(m.area, 1, 12)", "type": "r.type", "channel": "r.channel"}[by]
	if !ok {
		return nil, fmt.Errorf("tally requests by unknown column %q", by)
	}
	w, err := f.where(tx, a, false)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(`select `+col+`, cast(count(*) as bigint)`+tables(col+w.String())+` where `+w.String()+` group by 1`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("tally requests: %w", err)
	}
	defer rows.Close()
	out := map[string]int64{}
	for rows.Next() {
		var k string
		var n int64
		if err := rows.Scan(&k, &n); err != nil {
			return nil, err
		}
		out[k] = n
	}
	return out, rows.Err()
}
