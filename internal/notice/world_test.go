package notice_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/id"
	"gongzhi/internal/job"
	"gongzhi/internal/matter"
	"gongzhi/internal/notice"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
	"gongzhi/internal/vault"
)

var keys = vault.Test()

// post is a channel that the test decides about.
type post struct {
	mu     sync.Mutex
	closed bool
	answer func(p notice.Parcel) (notice.Outcome, error)
	got    []notice.Parcel
}

func (p *post) Open() bool { return !p.closed }

func (p *post) Send(ctx context.Context, x notice.Parcel) (notice.Outcome, error) {
	p.mu.Lock()
	p.got = append(p.got, x)
	answer := p.answer
	p.mu.Unlock()
	if answer != nil {
		return answer(x)
	}
	return notice.Outcome{State: notice.Accepted, Via: "gate", Ref: "ref-" + x.Key}, nil
}

func (p *post) sent() []notice.Parcel {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.got
}

// down is a gateway that cannot be reached.
func down(notice.Parcel) (notice.Outcome, error) {
	return notice.Outcome{}, notice.Trouble{Reason: notice.ReasonDown, Err: errors.New("connection refused")}
}

type world struct {
	*testing.T
	last              int64 // number of a request
	db                *sqldb.DB
	clock             *sqldbtest.Clock
	office            *notice.Office
	jobs              *job.Queue
	sms, mail, wechat *post
	settings          catalog.Settings
}

// start is noon in the city: no quiet hours.
func newWorld(t *testing.T, db *sqldb.DB) *world {
	w := &world{T: t, db: db, clock: sqldbtest.ClockOf(db), sms: &post{}, mail: &post{}, wechat: &post{closed: true}, settings: catalog.Settings{"city.name": "云泽市"}}
	w.at(12, 0)
	w.office = &notice.Office{DB: db, Vault: keys, People: request.People{Vault: keys}, Settings: func() catalog.Settings { return w.settings },
		Channels: map[string]notice.Channel{notice.SMS: w.sms, notice.Mail: w.mail, notice.WeChat: w.wechat}}
	w.jobs = job.New(db, slog.New(slog.DiscardHandler))
	w.office.Register(w.jobs)
	w.update(func(tx *sqldb.Tx) error {
		for code, body := range map[string]string{"received": "收到{事项}，编号{编号}，查询码{查询码}", "dispatched": "{编号}已派{承办单位}", "accepted": "{编号}由{承办单位}签收",
			"answered": "{编号}答复：{答复}", "closed": "{编号}已办结", "ask": "请补充{补充内容}"} {
			if err := catalog.SaveText(tx, "t", catalog.Text{Code: code, Kind: "notice", Title: "关于{编号}", Body: body, Active: true}); err != nil {
				return err
			}
		}
		return nil
	})
	return w
}

// at sets the clock of the city on the test's day.
func (w *world) at(hour, minute int) {
	y, m, d := sqldbtest.Start.In(catalog.Settings{}.Zone()).Date()
	w.clock.Set(dayAt(y, m, d, hour, minute))
}

func (w *world) update(f func(*sqldb.Tx) error) {
	w.Helper()
	if err := w.db.Update(w.Context(), f); err != nil {
		w.Fatal(err)
	}
}

var both = request.Contact{Name: "李芳", Phone: "13800005521", Email: "li@example.com", Masked: "李* 138****5521"}

// open registers a request with a contact and tells that it was received.
func (w *world) open(c request.Contact, d request.Draft) *request.Order {
	w.Helper()
	var o *request.Order
	w.update(func(tx *sqldb.Tx) (err error) {
		w.last++
		d.ID = matter.ID(id.New(tx.Now))
		d.Number, d.Title, d.Body, d.State, d.Contact = id.Number(tx.Now, w.last), or(d.Title, "路灯不亮"), "正文", request.ToDispatch, c
		if err := tx.Lock(string(d.ID)); err != nil {
			return err
		}
		if o, err = request.Create(tx, keys, actor.Actor{}, d); err != nil {
			return err
		}
		code, err := notice.SealCode(keys, o.ID, "7KQM-V2XD9-94HT")
		if err != nil {
			return err
		}
		return o.Tell(tx, "received", map[string]string{notice.QueryCode: code})
	})
	return o
}

// tell records a deed and gives notice of it.
func (w *world) tell(o *request.Order, deed, template string, values map[string]string) {
	w.Helper()
	w.update(func(tx *sqldb.Tx) error {
		now, err := request.Load(tx, actor.System, o.ID, 0)
		if err != nil {
			return err
		}
		if err := now.Record(tx, actor.System, request.Deed{Name: deed}); err != nil || template == "" {
			return err
		}
		return now.Tell(tx, template, values)
	})
}

// run routes what was queued and does the jobs that are due.
func (w *world) run() {
	w.Helper()
	if err := w.office.Watcher().Drain(w.Context(), w.db); err != nil {
		w.Fatal(err)
	}
	if _, err := w.jobs.RunDue(w.Context()); err != nil {
		w.Fatal(err)
	}
}

func (w *world) of(o *request.Order) (out []notice.Message) {
	w.Helper()
	err := w.db.View(w.Context(), func(tx *sqldb.Tx) (err error) {
		out, err = notice.Of(tx, o.ID)
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return out
}

// only is the one message about a request.
func (w *world) only(o *request.Order) notice.Message {
	w.Helper()
	all := w.of(o)
	if len(all) != 1 {
		w.Fatalf("%d messages, want 1", len(all))
	}
	return all[0]
}

func (w *world) is(m notice.Message, state, reason string) {
	w.Helper()
	if m.State != state || m.Reason != reason {
		w.Errorf("%s by %q is %s (%s), want %s (%s)", m.Template, m.Channel, m.State, m.Reason, state, reason)
	}
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
