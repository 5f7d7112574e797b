package notice

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/job"
	"gongzhi/internal/sqldb"
)

// send hands one message over. What is decided before and what came of it are
// units of work of their own; between them nothing is held, however long the
// gateway takes. If the program dies in between the message is sent again under
// the same key.
func (o *Office) send(ctx context.Context, channel string, j job.Job) error {
	var args sendArgs
	if err := j.Decode(&args); err != nil {
		return err
	}
	var m Message
	var p *Parcel
	err := o.DB.Update(ctx, func(tx *sqldb.Tx) (err error) {
		if err := tx.Lock("notice/" + args.Message); err != nil {
			return err
		}
		m, err = find(tx, args.Message)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil || m.State != Queued || m.Channel != channel {
			return err
		}
		p, err = o.prepare(tx, &m)
		return err
	})
	if err != nil {
		return err
	}
	if p == nil {
		return o.wait(m)
	}
	out, err := o.hand(ctx, channel, *p)
	if ctx.Err() != nil && err != nil && context.Cause(ctx) != context.DeadlineExceeded {
		return ctx.Err() // the program stops: the job goes back and nothing is said about the try
	}
	err = o.DB.Update(context.WithoutCancel(ctx), func(tx *sqldb.Tx) error {
		if err := tx.Lock("notice/" + m.ID); err != nil {
			return err
		}
		return o.conclude(tx, &m, out, err)
	})
	if err != nil {
		return err
	}
	return o.wait(m)
}

// wait asks the queue to come back where the message still has a time to wait for.
func (o *Office) wait(m Message) error {
	if m.State == Queued && !m.Due.IsZero() {
		return job.Again(m.Due)
	}
	return nil
}

func find(tx *sqldb.Tx, message string) (Message, error) {
	return scan(tx.QueryRow(`select `+columns+from+` where n.id = $1`, message).Scan)
}

// prepare looks at everything again that may have changed since the message was
// queued, and makes the parcel. No parcel: the message waits, goes another way or
// is dropped, and m says so.
func (o *Office) prepare(tx *sqldb.Tx, m *Message) (*Parcel, error) {
	who, err := o.People.Whom(tx, *m)
	if err != nil {
		return nil, err
	}
	rules := RulesOf(o.Settings())
	moot, err := o.moot(tx, m, who)
	if err != nil {
		return nil, err
	}
	switch {
	case moot != "":
		return nil, m.end(tx, Dropped, moot)
	case !o.open(m.Channel) || who.Person[m.Channel] == "":
		return nil, o.reroute(tx, m, who, rules, ReasonNoChannel)
	}
	if at, why, err := o.notYet(tx, rules, m, who); err != nil || !at.IsZero() {
		if err != nil {
			return nil, err
		}
		return nil, m.postpone(tx, at, why)
	}
	p, err := o.parcel(tx, m, who)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, o.reroute(tx, m, who, rules, ReasonNoTemplate)
	}
	return p, m.try(tx, who.Person[m.Channel])
}

// moot is a reason not to send any more. What a person of the office has sent
// again on purpose is not held to be stale.
func (o *Office) moot(tx *sqldb.Tx, m *Message, who Person) (string, error) {
	if who.Prefer == Nothing {
		return ReasonUnwanted, nil
	}
	if who.Moot != "" && (m.Round == 0 || who.Moot == ReasonForgotten) {
		return who.Moot, nil
	}
	codes := later(m.Template)
	if len(codes) == 0 || m.Round > 0 {
		return "", nil
	}
	marks, args := sqldb.In(4, codes)
	var newer bool
	q := `select exists (select 1 from notice_message where matter_id = $1 and contact_id = $2 and seq > $3 and template in (` + marks + `))`
	if err := tx.QueryRow(q, append([]any{m.Matter, m.Contact, m.Seq}, args...)...).Scan(&newer); err != nil {
		return "", fmt.Errorf("newer notices: %w", err)
	}
	if newer {
		return ReasonSuperseded, nil
	}
	return "", nil
}

// notYet is when the message may go out and why not before, zero now.
func (o *Office) notYet(tx *sqldb.Tx, rules Rules, m *Message, who Person) (time.Time, string, error) {
	if at := rules.quietUntil(m.Channel, who.Urgent || answers(m.Template), tx.Now); !at.IsZero() {
		return at, ReasonQuiet, nil
	}
	if m.Channel != SMS || rules.Budget <= 0 {
		return time.Time{}, "", nil
	}
	var n int
	const q = `select cast(count(*) as bigint) from notice_message where person = $1 and sent_at >= $2 and channel = 'sms'`
	if err := tx.QueryRow(q, who.Person[SMS], rules.today(tx.Now).UnixMicro()).Scan(&n); err != nil || n < rules.Budget {
		return time.Time{}, "", err
	}
	return rules.tomorrow(tx.Now), ReasonBudget, nil
}

// answers reports a message that a person has just asked for by writing one.
func answers(template string) bool { return len(template) > 6 && template[:6] == "reply_" }

// parcel fills the text of the channel. It is nil when the channel needs a text
// of its own that the city has not written.
func (o *Office) parcel(tx *sqldb.Tx, m *Message, who Person) (*Parcel, error) {
	t, own, err := o.words(tx, m)
	if err != nil || m.Channel == WeChat && !own {
		return nil, err
	}
	values, err := o.values(m)
	if err != nil {
		return nil, err
	}
	m.Subject, m.Body = t.Title, t.Body
	p := &Parcel{Key: fmt.Sprintf("%s-%d", m.ID, m.Round), Matter: m.Matter, Contact: m.Contact, Number: m.Number, Template: m.Template,
		Phone: who.Phone, Email: who.Email, OpenID: who.OpenID, Subject: line(Fill(t.Title, values)), Text: Fill(t.Body, values), Link: o.Link, Urgent: who.Urgent}
	if m.Channel == WeChat {
		fields, _ := Fields(t.Body)
		for _, f := range fields {
			p.Fields = append(p.Fields, Field{f.Name, line(Fill(f.Text, values))})
		}
	}
	return p, nil
}

// words is the text for the message's channel, own when it is the channel's own.
func (o *Office) words(tx *sqldb.Tx, m *Message) (t catalog.Text, own bool, err error) {
	texts, err := catalog.Texts(tx, "notice")
	if err != nil {
		return t, false, err
	}
	all := make(map[string]catalog.Text, len(texts))
	for _, x := range texts {
		all[x.Code] = x
	}
	if m.Channel != SMS {
		if t, own = variant(all, m.Template, m.Channel); own {
			return t, true, nil
		}
	}
	return catalog.Text{Title: m.Subject, Body: m.Body}, false, nil
}

// values are those of the deed, those that every message has, and the query code
// in the clear.
func (o *Office) values(m *Message) (map[string]string, error) {
	s := o.Settings()
	out := map[string]string{"电话": or(s["city.phone"], "12345"), "城市": s["city.name"]}
	for k, v := range m.Given {
		out[k] = v
	}
	if o.Link != "" {
		out["链接"] = o.Link
	}
	var err error
	out[QueryCode], err = o.Vault.Open(m.Given[QueryCode], codeRow(m.Matter))
	return out, err
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// hand gives the parcel to the channel. A channel that panics has failed.
func (o *Office) hand(ctx context.Context, channel string, p Parcel) (out Outcome, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = Trouble{ReasonBroken, fmt.Errorf("panic: %v", r)}
		}
	}()
	return o.Channels[channel].Send(ctx, p)
}

// conclude writes what became of a try.
func (o *Office) conclude(tx *sqldb.Tx, m *Message, out Outcome, failed error) error {
	if failed == nil {
		return m.accept(tx, out)
	}
	reason, again := reasonOf(failed)
	rules := RulesOf(o.Settings())
	if !again {
		who, err := o.People.Whom(tx, *m)
		if err != nil {
			return err
		}
		return o.reroute(tx, m, who, rules, reason)
	}
	at := tx.Now.Add(pause(m))
	if at.Sub(m.Begun) > rules.Keep {
		return m.end(tx, Failed, ReasonExpired+":"+reason)
	}
	return m.postpone(tx, at, reason)
}

// pause is how long a message rests before the next try: 15 seconds, doubling to
// an hour, and up to a fifth more so that what failed together comes back apart.
func pause(m *Message) time.Duration {
	d := min(15*time.Second<<min(max(m.Tries-1, 0), 20), time.Hour)
	h := fnv.New32a()
	fmt.Fprint(h, m.ID, m.Tries)
	return d + time.Duration(float64(d)/5*float64(h.Sum32()%1000)/1000)
}

// reroute sends the message another way, or ends it where there is none.
func (o *Office) reroute(tx *sqldb.Tx, m *Message, who Person, rules Rules, reason string) error {
	tried, err := triedIn(tx, m)
	if err != nil {
		return err
	}
	next, _ := rules.choose(who.Ways, o.open, append(tried, m.Channel))
	if next == "" {
		if reason == ReasonNoChannel || reason == ReasonNoTemplate {
			return m.end(tx, Kept, reason)
		}
		return m.end(tx, Failed, reason)
	}
	if err := step(tx, *m, Failed, reason, actor.SystemID); err != nil {
		return err
	}
	m.Channel, m.Due, m.Reason = next, time.Time{}, ""
	const q = `update notice_message set channel = $1, state = 'queued', reason = '', due_at = null where id = $2`
	if err := tx.Exec(q, next, m.ID); err != nil {
		return err
	}
	return enqueue(tx, m.ID, next, time.Time{})
}

// triedIn are the channels by which the message failed in this round.
func triedIn(tx *sqldb.Tx, m *Message) ([]string, error) {
	rows, err := tx.Query(`select distinct channel from notice_step where message_id = $1 and state = 'failed' and at >= $2`, m.ID, m.Begun.UnixMicro())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var c string
		if err := rows.Scan(&c); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// try notes a try before it is made, with the words that go out.
func (m *Message) try(tx *sqldb.Tx, person string) error {
	m.Tries++
	m.Due = time.Time{}
	const q = `update notice_message set tries = $1, person = $2, subject = $3, body = $4, due_at = null, reason = '' where id = $5`
	if err := tx.Exec(q, m.Tries, person, m.Subject, m.Body, m.ID); err != nil {
		return err
	}
	return step(tx, *m, "trying", "", actor.SystemID)
}

func (m *Message) postpone(tx *sqldb.Tx, at time.Time, reason string) error {
	m.Due, m.Reason = at, reason
	if err := tx.Exec(`update notice_message set due_at = $1, reason = $2 where id = $3`, at.UnixMicro(), reason, m.ID); err != nil {
		return err
	}
	return step(tx, *m, Queued, reason, actor.SystemID)
}

func (m *Message) end(tx *sqldb.Tx, state, reason string) error {
	m.State, m.Reason, m.Due = state, reason, time.Time{}
	const q = `update notice_message set state = $1, reason = $2, done_at = $3, due_at = null where id = $4`
	if err := tx.Exec(q, state, reason, tx.Now.UnixMicro(), m.ID); err != nil {
		return err
	}
	return step(tx, *m, state, reason, actor.SystemID)
}

// accept notes that the channel took it. Its report may have been faster than
// this unit of work: then it is taken from where it waits.
func (m *Message) accept(tx *sqldb.Tx, out Outcome) error {
	state := or(out.State, Accepted)
	m.State, m.Via, m.Ref, m.Sent, m.Reason = state, or(out.Via, m.Channel), out.Ref, tx.Now, ""
	var done any
	if state == Delivered {
		done = tx.Now.UnixMicro()
	}
	const q = `update notice_message set state = $1, via = $2, ref = $3, sent_at = $4, done_at = $5, reason = '', due_at = null where id = $6`
	if err := tx.Exec(q, state, m.Via, m.Ref, tx.Now.UnixMicro(), done, m.ID); err != nil {
		return err
	}
	if err := step(tx, *m, state, "", actor.SystemID); err != nil || m.Ref == "" {
		return err
	}
	var r Report
	err := tx.QueryRow(`delete from notice_report where via = $1 and ref = $2 returning ref, state, reason`, m.Via, m.Ref).Scan(&r.Ref, &r.State, &r.Reason)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return m.report(tx, r)
}
