package assessment

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// queue is one of the two lists that are worked off one by one: answers to
// review, residents to call.
type queue struct {
	name, state string
}

var (
	reviewQueue   = queue{"review", request.Replied}
	callbackQueue = queue{"callback", request.ToCallback}
)

func (q queue) path() string { return "/" + q.name }

// queueSize is how many are listed beside the one at hand.
const queueSize = 30

// queuePage is the one at hand, with those that wait beside it.
type queuePage struct {
	page.Base
	Q      queue
	Rows   []request.Row
	Next   string // address of the next part of the list
	Total  int64
	Calls  map[matter.ID]calls
	Failed *show.Failed
	Gone   bool // the one asked for no longer waits
	D      *detail
}

// detail is what a person reads before he decides about one request.
type detail struct {
	O        *request.Order
	Where    string
	Category string
	Unit     string
	Lines    []request.Line
	Reply    request.Line // the latest answer, with texts and photos
	Files    []request.File
	Pauses   []request.Pause
	Checks   []check
	Found    answered // what the reply check finds in the answer
	Contacts []request.Masked
	Script   []catalog.Text
	Panels   []show.Panel
}

// calls is how often a resident was called in this round, and how the last
// call went.
type calls struct {
	N       int64
	Outcome string
}

func (s *Service) queue(q queue) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		return s.showQueue(w, r, q, id.CleanNumber(r.URL.Query().Get("n")), nil)
	}
}

func (s *Service) showQueue(w http.ResponseWriter, r *http.Request, q queue, number string, f *show.Failed) error {
	p := &queuePage{Base: s.Base(w, r, "assessment."+q.name), Q: q, Failed: f}
	p.Path = q.path()
	a := actor.From(r.Context())
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error { return s.fillQueue(tx, a, p, number, r.URL.Query().Get("after")) })
	if err != nil {
		return err
	}
	status := http.StatusOK
	if f != nil {
		status = web.Status(f.Err)
	}
	return page.View{}.Render(w, r, status, queueView(p))
}

func (s *Service) fillQueue(tx *sqldb.Tx, a actor.Actor, p *queuePage, number, after string) (err error) {
	f := request.Filter{States: []string{p.Q.state}, Sort: "old"}
	if p.Total, err = request.Count(tx, a, f); err != nil {
		return err
	}
	var next string
	if p.Rows, next, err = request.List(tx, a, f, request.Page{After: after, Size: queueSize}); err != nil {
		return err
	}
	if next != "" {
		p.Next = p.URL(p.Q.path()) + "?" + url.Values{"after": {next}}.Encode()
	}
	if p.Calls, err = callsOf(tx, p.Rows); err != nil {
		return err
	}
	o, err := p.current(tx, a, number)
	if err != nil || o == nil {
		return err
	}
	return s.fillDetail(tx, a, p, o)
}

// current is the request at hand: the one asked for while it waits, else the
// first of the list.
func (p *queuePage) current(tx *sqldb.Tx, a actor.Actor, number string) (*request.Order, error) {
	if number != "" {
		o, err := request.FindNumber(tx, a, number)
		if err != nil {
			return nil, err
		}
		if o.State == p.Q.state {
			return o, nil
		}
		p.Gone = true
	}
	if len(p.Rows) == 0 {
		return nil, nil
	}
	return &p.Rows[0].Order, nil
}

func (s *Service) fillDetail(tx *sqldb.Tx, a actor.Actor, p *queuePage, o *request.Order) (err error) {
	book := s.Catalog.Book()
	d := &detail{O: o, Where: show.Where(s.Atlas.Atlas().Name(o.Area), o.Address), Category: book.Tree.Name(o.Topic)}
	p.D = d
	if d.Lines, err = request.Timeline(tx, a, o); err != nil {
		return err
	}
	if d.Pauses, err = request.Pauses(tx, o.ID); err != nil {
		return err
	}
	tasks, err := request.Tasks(tx, o.ID)
	if err != nil {
		return err
	}
	d.read(p.Base, tasks)
	if d.Found, err = s.readAnswer(tx, a, o, d.Reply); err != nil {
		return err
	}
	if p.Q == callbackQueue {
		if d.Contacts, err = request.Contacts(tx, a, o); err != nil {
			return err
		}
		if d.Script, err = script(tx, a, d); err != nil {
			return err
		}
	}
	x := &offer{b: p.Base, a: a, o: o, f: p.Failed, next: p.URL(p.Q.path())}
	x.judge()
	d.Panels = x.list
	return nil
}

// read finds the latest answer and what speaks for and against it.
func (d *detail) read(b page.Base, tasks []request.Task) {
	for _, l := range d.Lines {
		switch {
		case l.Name == request.DeedReplied:
			d.Reply = l
		case l.Seq == 1:
			d.Files = l.Files
		}
	}
	for _, t := range tasks {
		if t.Lead && t.State == request.TaskDone {
			d.Unit = t.UnitName
		}
	}
	d.Checks = checks(b, d.O, d.Reply, d.Lines, tasks)
}

// note is a text of the answer.
func (d *detail) note(kind string) string {
	i := slices.IndexFunc(d.Reply.Notes, func(n request.Note) bool { return n.Kind == kind })
	if i < 0 {
		return ""
	}
	return d.Reply.Notes[i].Text
}

// script are the city's texts for the call, filled as far as they can be.
func script(tx *sqldb.Tx, a actor.Actor, d *detail) ([]catalog.Text, error) {
	texts, err := catalog.Texts(tx, "callback")
	if err != nil {
		return nil, err
	}
	values := map[string]string{"工号": a.Number, "事项": "“" + d.O.Title + "”", "编号": id.ShowNumber(d.O.Number), "承办单位": d.Unit}
	out := texts[:0]
	for _, t := range texts {
		if t.Active {
			t.Body = catalog.Fill(t.Body, values)
			out = append(out, t)
		}
	}
	return out, nil
}

// callsOf are the calls about the listed requests in their present round.
func callsOf(tx *sqldb.Tx, list []request.Row) (map[matter.ID]calls, error) {
	out := map[matter.ID]calls{}
	var ids []matter.ID
	for _, r := range list {
		ids = append(ids, r.ID)
	}
	marks, args := sqldb.In(1, ids)
	rows, err := tx.Query(`select c.matter_id, c.outcome from assessment_call c join request_order r on r.matter_id = c.matter_id and r.round = c.round
		where c.matter_id in (`+marks+`) order by c.at`, args...)
	if err != nil {
		return nil, fmt.Errorf("calls: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var m matter.ID
		var outcome string
		if err := rows.Scan(&m, &outcome); err != nil {
			return nil, err
		}
		out[m] = calls{out[m].N + 1, outcome}
	}
	return out, rows.Err()
}

// check is one line of the list that a reviewer goes through.
type check struct {
	OK   bool
	Text string
}

// checks are what the record itself can say; whether the answer meets the words
// of the resident only the reader can.
func checks(b page.Base, o *request.Order, reply request.Line, lines []request.Line, tasks []request.Task) []check {
	var body struct {
		Solved    string `json:"solved"`
		Contacted bool   `json:"contacted"`
	}
	_ = json.Unmarshal([]byte(reply.Body), &body) // an imported answer has none
	for _, l := range lines {
		body.Contacted = body.Contacted || l.Name == request.DeedContacted
	}
	photos := len(reply.Files)
	out := []check{
		say(b, body.Contacted, "assessment.check_contacted", "assessment.check_not_contacted"),
		say(b, photos > 0, "assessment.check_photos", "assessment.check_no_photos", photos),
	}
	if body.Solved == "no" || body.Solved == "partly" {
		explained := slices.ContainsFunc(reply.Notes, func(n request.Note) bool { return n.Kind == "reason" && n.Text != "" })
		out = append(out, say(b, explained, "assessment.check_unsolved_why", "assessment.check_unsolved_no_why"))
	}
	for _, t := range tasks {
		if t.Lead && t.State == request.TaskDone && t.Round == o.Round {
			out = append(out, say(b, !t.DoneAt.After(t.DueAt), "assessment.check_in_time", "assessment.check_late", b.Short(t.DueAt)))
		}
	}
	return out
}

func say(b page.Base, ok bool, yes, no string, args ...any) check {
	if ok {
		return check{true, b.T(yes, args...)}
	}
	return check{false, b.T(no, args...)}
}
