package dispatch

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// part is one tab of the queue.
type part struct {
	name   string
	states []string
	urgent bool
	repeat string // as in request.Filter
	flag   string // open ones with this mark, in whatever state
}

// parts are the tabs: what waits to be dispatched, what waits for a ruling.
var parts = []part{
	{name: "to_dispatch", states: []string{request.ToDispatch}},
	{name: "urgent", states: []string{request.ToDispatch, request.PreConsult}, urgent: true},
	{name: "human", flag: request.FlagHuman},
	{name: "pre_consult", states: []string{request.PreConsult}},
	{name: "objection_review", states: []string{request.ObjectionReview}},
	{name: "extension_review", states: []string{request.ExtensionReview}},
	{name: "hold_review", states: []string{request.HoldReview}},
	{name: "termination_review", states: []string{request.TerminationReview}},
}

func (p part) filter() request.Filter {
	f := request.Filter{States: p.states, Open: "yes", Sort: "old", Repeat: p.repeat, Flag: p.flag}
	if p.urgent {
		f.Urgency, f.Sort = "urgent", "due"
	}
	return f
}

// sends reports whether rows of the part can be dispatched.
func (p part) sends() bool { return slices.Contains(p.states, request.ToDispatch) }

// How far back what may be the same matter is looked for, and how many rows a page
// of the queue has.
const (
	nearDays  = 14
	queueRows = 20
)

// queuePage is the dispatcher's queue.
type queuePage struct {
	page.Base
	Part     part
	Segments []page.Segment
	Rows     []queueRow
	Next     string
	Report   *report
	Ticked   bool     // all that is certain is ticked
	Merged   []string // what has just been merged
	Into     string
}

// queueRow is one request with what is proposed for it.
type queueRow struct {
	request.Row
	N        int // number of the line: its key
	Where    string
	Proposal Proposal
	Near     []request.Neighbour
	Places   []placing // that its words name, while it has no point
	Choices  []choice
	Worth    request.Repeats // what of the repeats is told
	Alarm    request.Alarm
	Plea     *request.Plea
	Proposed string // name of the unit a return proposes
}

// pick is what the form sends for a row: the number, the version that was
// shown, and the lead that was proposed, so that nothing else is sent than what
// the person saw.
func (r queueRow) pick() string {
	return r.Number + ":" + strconv.FormatInt(r.Version, 10) + ":" + r.Proposal.Lead.ID
}

// queue answers GET /dispatch.
func (s *Service) queue(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p := &queuePage{Base: s.Base(w, r, "dispatch.title"), Part: partOf(q.Get("part")), Report: readReport(q), Ticked: q.Get("tick") == "all"}
	p.Merged, p.Into = readMerged(q)
	if q.Get("repeat") == "any" {
		p.Part.repeat = "any"
	}
	a := actor.From(r.Context())
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		if err := s.segments(tx, a, p); err != nil {
			return err
		}
		return s.rows(tx, a, p, q.Get("after"))
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, queueView(p))
}

// counts answers GET /dispatch/counts: the tabs alone, which the page refreshes
// while somebody works on it.
func (s *Service) counts(w http.ResponseWriter, r *http.Request) error {
	p := &queuePage{Base: s.Base(w, r, "dispatch.title"), Part: partOf(r.URL.Query().Get("part"))}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error { return s.segments(tx, actor.From(r.Context()), p) })
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, page.Segments(p.T("dispatch.title"), p.Segments))
}

func partOf(name string) part {
	if i := slices.IndexFunc(parts, func(p part) bool { return p.name == name }); i >= 0 {
		return parts[i]
	}
	return parts[0]
}

func (s *Service) segments(tx *sqldb.Tx, a actor.Actor, p *queuePage) error {
	counts, err := countParts(tx, a)
	if err != nil {
		return err
	}
	for i, x := range parts {
		n := counts[i]
		path := "/dispatch"
		if x.name != parts[0].name {
			path += "?part=" + x.name
		}
		p.Segments = append(p.Segments, page.Segment{Label: p.T("dispatch.part_" + x.name), Path: p.URL(path), Count: int(n), Current: x.name == p.Part.name})
	}
	return nil
}

// countParts counts each tab, in the order of parts.
func countParts(tx *sqldb.Tx, a actor.Actor) ([]int64, error) {
	byState, err := request.Tally(tx, a, request.Filter{Open: "yes"}, "state")
	if err != nil {
		return nil, err
	}
	out := make([]int64, len(parts))
	for i, x := range parts {
		if x.urgent || x.flag != "" {
			if out[i], err = request.Count(tx, a, x.filter()); err != nil {
				return nil, err
			}
			continue
		}
		out[i] = byState[x.states[0]]
	}
	return out, nil
}

func (s *Service) rows(tx *sqldb.Tx, a actor.Actor, p *queuePage, after string) error {
	rows, next, err := s.queueRows(tx, a, p.Part, request.Page{After: after, Size: queueRows})
	if p.Rows = rows; next != "" {
		p.Next = p.URL("/dispatch") + "?" + url.Values{"part": {p.Part.name}, "repeat": {p.Part.repeat}, "after": {next}}.Encode()
	}
	return err
}

// queueRows reads one page of the queue. Whatever a row needs is read for all
// rows at once.
func (s *Service) queueRows(tx *sqldb.Tx, a actor.Actor, part part, size request.Page) (out []queueRow, next string, err error) {
	list, next, err := pressing(tx, a, part, size)
	if err != nil {
		return nil, "", err
	}
	orders := make([]*request.Order, len(list))
	for i := range list {
		orders[i] = &list[i].Order
	}
	pr, err := s.proposer(tx, orders...)
	if err != nil {
		return nil, "", err
	}
	near, err := request.Same(tx, a, list, tx.Now.AddDate(0, 0, -nearDays))
	if err != nil {
		return nil, "", err
	}
	named, err := placings(tx, orders...)
	if err != nil {
		return nil, "", err
	}
	for i, row := range list {
		q := queueRow{Places: named[row.ID], Choices: s.choices(named[row.ID]), Row: row, Worth: row.Repeats.Worth(s.Catalog.Book().Settings), N: i + 1, Where: show.Where(s.Atlas.Atlas().Name(row.Area), row.Address), Near: near[row.ID], Alarm: pr.alarms[row.ID]}
		if part.sends() {
			q.Proposal = pr.propose(orders[i])
		}
		q.plea(pr)
		out = append(out, q)
	}
	return out, next, nil
}

// Where a page of the queue begins: among the urgent ones or behind them.
const (
	amongUrgent = "u."
	behindThem  = "n."
)

// pressing is one page of what waits to be dispatched: the urgent ones first, by
// the instant at which their limits are over, then the others, the oldest first.
func pressing(tx *sqldb.Tx, a actor.Actor, part part, size request.Page) (out []request.Row, next string, err error) {
	f := part.filter()
	if !part.sends() || part.urgent {
		return request.List(tx, a, f, size)
	}
	after, behind := strings.CutPrefix(size.After, behindThem)
	if !behind {
		f.Urgency, f.Sort, size.After = "urgent", "due", strings.TrimPrefix(after, amongUrgent)
		if out, next, err = request.List(tx, a, f, size); err != nil || next != "" {
			return out, prefixed(amongUrgent, next), err
		}
		after = ""
	}
	f.Urgency, f.Sort, size.After = "normal", "old", after
	if size.Size -= len(out); size.Size == 0 {
		size.Size = 1 // to know whether there is more
		more, _, err := request.List(tx, a, f, size)
		if len(more) > 0 {
			next = behindThem
		}
		return out, next, err
	}
	rest, next, err := request.List(tx, a, f, size)
	return append(out, rest...), prefixed(behindThem, next), err
}

// plea is the plea that waits for a ruling.
func (r *queueRow) plea(p *proposer) {
	for _, x := range p.pleas[r.ID] {
		if x.State == "asked" {
			r.Plea = &x
			u, _ := p.Unit(x.Proposed)
			r.Proposed = u.Name
		}
	}
}

// report is what became of the requests that were to be sent.
type report struct {
	Sent []string
	Kept []kept
}

// kept is a request that was not sent, and why.
type kept struct{ Number, Why string }

// Why a request is kept: the sentences are dispatch.kept_….
const (
	keptChanged = "changed" // somebody else changed it, or the proposal is another by now
	keptUnsure  = "unsure"  // the district's fallback, or nobody: a person has to look
	keptRefused = "refused" // the rules refuse it
)

// postQueue sends one request as proposed, or all that are ticked.
func (s *Service) postQueue(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	if take := v.String("take"); take != "" {
		return s.takePick(w, r, take, v.String("part"))
	}
	picks, bulk := v.Strings("pick"), true
	if one := v.String("send"); one != "" {
		picks, bulk = []string{one}, false
	}
	if len(picks) > queueRows {
		picks = picks[:queueRows]
	}
	var rep report
	for _, pick := range picks {
		if err := s.sendPick(r.Context(), actor.From(r.Context()), pick, bulk, &rep); err != nil {
			return err
		}
	}
	q := rep.query()
	if part := partOf(v.String("part")); part.name != parts[0].name {
		q.Set("part", part.name)
	}
	return web.See(w, r, "/dispatch?"+q.Encode())
}

// take is what the form sends for a place of a row, as pick does for its lead.
func (r queueRow) take(n string) string {
	return r.Number + ":" + strconv.FormatInt(r.Version, 10) + ":" + n
}

// takePick takes a place that a form names as queueRow.take writes it.
func (s *Service) takePick(w http.ResponseWriter, r *http.Request, text, part string) error {
	x, err := readPick(text)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(x.lead)
	if err != nil {
		return fault.New(fault.Invalid, "dispatch.pick_bad", err)
	}
	switch err := s.TakePlace(r.Context(), actor.From(r.Context()), TakePlace{On{x.number, x.version}, n}); fault.KindOf(err) {
	case "":
		page.SetFlash(w, r, "good", "dispatch.place_done")
	case fault.Conflict, fault.NotFound, fault.Invalid:
		page.SetFlash(w, r, "warn", "dispatch.place_not")
	default:
		return err
	}
	return web.See(w, r, "/dispatch?"+url.Values{"part": {partOf(part).name}}.Encode())
}

// pick is a request as the person saw it: with the version and the lead that
// were shown.
type pick struct {
	number  string
	version int64
	lead    string
}

// sendPick sends what a form names as queueRow.pick writes it.
func (s *Service) sendPick(ctx context.Context, a actor.Actor, text string, bulk bool, rep *report) error {
	x, err := readPick(text)
	if err != nil {
		return err
	}
	return s.sendOne(ctx, a, x, bulk, rep)
}

func readPick(text string) (pick, error) {
	number, rest, _ := strings.Cut(text, ":")
	seen, lead, _ := strings.Cut(rest, ":")
	version, err := strconv.ParseInt(seen, 10, 64)
	number = id.CleanNumber(number)
	if err != nil || version < 1 || number == "" {
		return pick{}, fault.New(fault.Invalid, "dispatch.pick_bad", err)
	}
	return pick{number, version, lead}, nil
}

// sendOne sends one request in a unit of work of its own: one that cannot be
// sent keeps none of the others back. In bulk only what is certain goes.
func (s *Service) sendOne(ctx context.Context, a actor.Actor, x pick, bulk bool, rep *report) error {
	why := ""
	err := s.with(ctx, a, On{x.number, x.version}, func(tx *sqldb.Tx, o *request.Order) error {
		p, err := s.Propose(tx, o)
		switch {
		case err != nil:
			return err
		case !p.Ready() || bulk && !p.Certain():
			why = keptUnsure
		case p.Lead.ID != x.lead:
			why = keptChanged
		default:
			return s.SendTx(tx, a, o, "", nil)
		}
		return nil
	})
	switch fault.KindOf(err) {
	case "":
	case fault.Conflict, fault.NotFound:
		why = keptChanged
	case fault.Invalid:
		why = keptRefused
	default:
		return err
	}
	if why == "" {
		rep.Sent = append(rep.Sent, x.number)
	} else {
		rep.Kept = append(rep.Kept, kept{x.number, why})
	}
	return nil
}

// query carries the report over the redirect. It holds numbers and known words
// only, so that a made-up address can say nothing of its own.
func (r report) query() url.Values {
	q := url.Values{}
	if len(r.Sent) > 0 {
		q.Set("sent", strings.Join(r.Sent, "."))
	}
	var list []string
	for _, k := range r.Kept {
		list = append(list, k.Number+"-"+k.Why)
	}
	if len(list) > 0 {
		q.Set("kept", strings.Join(list, "."))
	}
	return q
}

func readReport(q url.Values) *report {
	var r report
	for n := range strings.SplitSeq(q.Get("sent"), ".") {
		if n = id.CleanNumber(n); n != "" && len(r.Sent) < queueRows {
			r.Sent = append(r.Sent, n)
		}
	}
	for entry := range strings.SplitSeq(q.Get("kept"), ".") {
		n, why, _ := strings.Cut(entry, "-")
		if n = id.CleanNumber(n); n != "" && slices.Contains([]string{keptChanged, keptUnsure, keptRefused}, why) && len(r.Kept) < queueRows {
			r.Kept = append(r.Kept, kept{n, why})
		}
	}
	if len(r.Sent)+len(r.Kept) == 0 {
		return nil
	}
	return &r
}

// readMerged reads what the redirect after a merge carries: numbers only.
func readMerged(q url.Values) (merged []string, into string) {
	for n := range strings.SplitSeq(q.Get("merged"), ".") {
		if n = id.CleanNumber(n); n != "" && len(merged) < mostMerged {
			merged = append(merged, n)
		}
	}
	return merged, id.CleanNumber(q.Get("into"))
}

// waited says how long a request has been waiting.
func waited(b page.Base, since time.Time) string {
	return b.T("dispatch.waits", locale.Span(b.Lang, b.Now.Sub(since)))
}

func prefixed(prefix, next string) string {
	if next == "" {
		return ""
	}
	return prefix + next
}
