package wechat

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
	wx "gongzhi/internal/wechat"
)

// budget is how long an answer may take. WeChat waits five seconds; what is not done
// by then is refused and comes again.
const budget = 4 * time.Second

// remembered is how long the answer to a message is kept, for its second and third
// sending. No later one passes the time window.
const remembered = time.Hour

// Push takes one push of WeChat's servers and gives the body of the answer. at is
// the address under which our pages are reached.
//
// The message, the answer and all that it did are one unit of work: a message that
// comes again finds its answer and does nothing.
func (s *Service) Push(ctx context.Context, c wx.Call, body []byte, at string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	a, err := s.Account(ctx)
	if err != nil {
		return nil, err
	}
	m, err := a.Open(c, body, s.DB.Now())
	if err != nil {
		return nil, s.refuse(err)
	}
	reply, err := s.answer(ctx, c, m, at)
	if err == nil {
		err = s.report(ctx, m)
	}
	if err != nil || !m.Encrypted || string(reply) == wx.Nothing {
		return reply, err
	}
	return a.Seal(reply, s.DB.Now())
}

// refuse notes a push that is not taken, and tells its sender nothing more.
func (s *Service) refuse(err error) error {
	r := refusal{At: s.DB.Now()}
	for _, x := range []struct {
		err error
		key string
	}{{wx.ErrSignature, "signature"}, {wx.ErrStale, "stale"}, {wx.ErrMode, "mode"}, {wx.ErrCrypt, "crypt"}, {wx.ErrAppID, "app_id"}, {wx.ErrMessage, "message"}, {errReplayed, "replayed"}} {
		if errors.Is(err, x.err) {
			r.Key = x.key
		}
	}
	s.mu.Lock()
	s.refused = r
	s.mu.Unlock()
	return fault.New(fault.Denied, "wechat.refused", err)
}

var errReplayed = errors.New("wechat: another message under the same nonce")

// errNumber asks for a number: one is taken outside of units of work.
var errNumber = errors.New("wechat: a number is needed")

// answer runs the conversation.
func (s *Service) answer(ctx context.Context, c wx.Call, m wx.Message, at string) (reply []byte, err error) {
	t := &turn{s: s, m: m, at: at}
	for range 3 {
		err = s.DB.Update(ctx, func(tx *sqldb.Tx) (err error) {
			reply, err = s.once(tx, t, c)
			return err
		})
		switch kind := fault.KindOf(err); {
		case errors.Is(err, errReplayed):
			return nil, s.refuse(err)
		case errors.Is(err, errNumber):
			if t.number, err = s.Numbers.Next(ctx, s.DB.Now()); err != nil {
				return nil, err
			}
		case t.failed == nil && (kind == fault.Invalid || kind == fault.Conflict || kind == fault.TooMany || kind == fault.Denied || kind == fault.NotFound):
			t.failed = err // nothing is written; say so in a unit of its own
		default:
			return reply, err
		}
	}
	return nil, err
}

// once answers a message the first time, and gives the same answer again the others.
func (s *Service) once(tx *sqldb.Tx, t *turn, c wx.Call) ([]byte, error) {
	token := s.token(t.m.From)
	if err := tx.Lock(userRow(token)); err != nil {
		return nil, err
	}
	name := s.Vault.Token("wechat message", t.m.Once())
	known, err := nonce(tx, c.Once(), name)
	if err != nil {
		return nil, err
	}
	var sealed string
	err = tx.QueryRow(`select reply from intake_wechat_message where once = $1`, name).Scan(&sealed)
	if err == nil {
		text, err := s.Vault.Open(sealed, messageRow(name))
		if err != nil || known {
			return []byte(text), err
		}
		return []byte(text), keepNonce(tx, c.Once(), name)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("read an answer: %w", err)
	}
	reply, err := t.run(tx)
	if err != nil {
		return nil, err
	}
	out := reply.To(t.m, tx.Now)
	if sealed, err = s.Vault.Seal(string(out), messageRow(name)); err != nil {
		return nil, err
	}
	const q = `insert into intake_wechat_message(once, reply, at) values ($1, $2, $3)`
	if err := tx.Exec(q, name, sealed, tx.Now.UnixMicro()); err != nil {
		return nil, err
	}
	if known {
		return out, nil
	}
	return out, keepNonce(tx, c.Once(), name)
}

func messageRow(name string) string { return "intake_wechat_message/" + name }

// nonce reports whether the push's nonce was seen with the same message before; with
// another one it is a forgery.
func nonce(tx *sqldb.Tx, once, name string) (known bool, err error) {
	var was string
	err = tx.QueryRow(`select once from intake_wechat_nonce where nonce = $1`, once).Scan(&was)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("read a nonce: %w", err)
	case was != name:
		return false, errReplayed
	}
	return true, nil
}

func keepNonce(tx *sqldb.Tx, once, name string) error {
	return tx.Exec(`insert into intake_wechat_nonce(nonce, once, at) values ($1, $2, $3)`, once, name, tx.Now.UnixMicro())
}

// report passes on what became of our own messages. It may do so twice.
func (s *Service) report(ctx context.Context, m wx.Message) error {
	switch {
	case s.Delivered == nil || m.Type != "event":
	case m.Event == "TEMPLATESENDJOBFINISH" && m.Job != "":
		return s.Delivered(ctx, m.Job, m.Status == "success", m.Status)
	case m.Event == "subscribe_msg_sent_event":
		for _, x := range m.Sent {
			if err := s.Delivered(ctx, x.Job, x.Code == "0", x.Status); err != nil {
				return err
			}
		}
	}
	return nil
}

// Sweep forgets answers that nobody will ask for again, and reports that were begun
// and not sent.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		old := tx.Now.Add(-remembered).UnixMicro()
		if err := tx.Exec(`delete from intake_wechat_nonce where at < $1`, old); err != nil {
			return err
		}
		if err := tx.Exec(`delete from intake_wechat_message where at < $1`, old); err != nil {
			return err
		}
		day := tx.Now.Add(-keepFor).UnixMicro()
		if err := tx.Exec(`delete from intake_wechat_photo where at < $1 and (matter_id = '' or state <> 'pending')`, day); err != nil {
			return err
		}
		return tx.Exec(`update intake_wechat_user set state = '' where changed_at < $1 and state <> ''`, day)
	})
}
