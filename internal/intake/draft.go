package intake

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gongzhi/internal/advice"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// How long a report that was begun and not sent waits, and how long it is known
// what a sent one became.
const (
	draftLife = 24 * time.Hour
	sentLife  = 7 * 24 * time.Hour
)

// draft is a report on its way through the questions. It is kept on the server,
// so that nothing personal stands in an address and nothing depends on a
// script, and sealed as a whole, because it holds a telephone number.
type draft struct {
	ID       string            `json:"-"`
	What     string            `json:"what"`
	Photos   []Photo           `json:"photos,omitempty"`
	Address  string            `json:"address,omitempty"`
	Auto     bool              `json:"auto,omitempty"`  // the address was found, not typed
	Found    string            `json:"found,omitempty"` // the typed address that was looked up last
	Lat      float64           `json:"lat,omitempty"`
	Lng      float64           `json:"lng,omitempty"`
	Which    bool              `json:"which,omitempty"` // several places fit: ask which
	View     view              `json:"view"`
	Category string            `json:"category,omitempty"`
	Sorted   bool              `json:"sorted,omitempty"` // the resident chose the category himself, or chose none
	Answers  map[string]string `json:"answers,omitempty"`
	Phone    string            `json:"phone,omitempty"`
	Email    string            `json:"email,omitempty"`
	Prefer   string            `json:"prefer,omitempty"`
	Name     string            `json:"name,omitempty"`
	NoReply  bool              `json:"no_reply,omitempty"`
	Secret   bool              `json:"secret,omitempty"`
	Accuse   bool              `json:"accuse,omitempty"` // 举报
	Accused  string            `json:"accused,omitempty"`
}

// view is what of the city the map shows. Zoom 0 is the whole of it; N counts
// the changes, so that no browser shows an older picture.
type view struct {
	At   geo.Point `json:"at"`
	Zoom float64   `json:"zoom"`
	N    int       `json:"n"`
}

func (d *draft) point() geo.Point { return geo.Point{Lat: d.Lat, Lng: d.Lng} }

// camera is where a photo says it was taken.
func (d *draft) camera() (geo.Point, bool) {
	for _, p := range d.Photos {
		if p.GPS != nil {
			return *p.GPS, true
		}
	}
	return geo.Point{}, false
}

// put moves the place of the draft and what the map shows of it.
func (d *draft) put(p geo.Point) {
	d.Lat, d.Lng, d.Which = p.Lat, p.Lng, false
	d.View = view{At: p, Zoom: max(d.View.Zoom, 16), N: d.View.N + 1}
}

func draftRow(draft string) string { return "intake_draft/" + draft }

// begin keeps a new draft.
func (s *Service) begin(ctx context.Context, d *draft) error {
	d.ID = rand.Text()
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error { return s.saveDraft(tx, d) })
}

func (s *Service) saveDraft(tx *sqldb.Tx, d *draft) error {
	raw, err := json.Marshal(d)
	if err != nil {
		return err
	}
	sealed, err := s.Vault.Seal(string(raw), draftRow(d.ID))
	if err != nil {
		return err
	}
	const q = `insert into intake_draft(id, state, changed_at) values ($1, $2, $3) on conflict (id) do update set state = excluded.state, changed_at = excluded.changed_at`
	if err := tx.Exec(q, d.ID, sealed, tx.Now.UnixMicro()); err != nil {
		return fmt.Errorf("keep draft: %w", err)
	}
	return nil
}

func (s *Service) loadDraft(tx *sqldb.Tx, id string) (*draft, error) {
	var sealed string
	err := tx.QueryRow(`select state from intake_draft where id = $1`, id).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "intake.draft_gone", err)
	}
	if err != nil {
		return nil, err
	}
	raw, err := s.Vault.Open(sealed, draftRow(id))
	if err != nil {
		return nil, fmt.Errorf("open draft: %w", err)
	}
	d := &draft{ID: id}
	return d, json.Unmarshal([]byte(raw), d)
}

// edit changes a draft in one unit of work.
func (s *Service) edit(ctx context.Context, id string, change func(*sqldb.Tx, *draft) error) (d *draft, err error) {
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Lock("intake/draft/" + id); err != nil {
			return err
		}
		if d, err = s.loadDraft(tx, id); err != nil {
			return err
		}
		if err := change(tx, d); err != nil {
			return err
		}
		return s.saveDraft(tx, d)
	})
	return d, err
}

// Sweep forgets drafts that nobody sent.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Exec(`delete from intake_draft where changed_at < $1`, tx.Now.Add(-draftLife).UnixMicro()); err != nil {
			return err
		}
		return tx.Exec(`delete from intake_sent where at < $1`, tx.Now.Add(-sentLife).UnixMicro())
	})
}

// question is the draft as advice is asked for it.
func (d *draft) question() advice.Question { return advice.Question{Text: d.What} }

// category is what the draft is about: chosen, or read from its words with the
// words that say so.
func (s *Service) category(d *draft) (catalog.Category, []string, bool) {
	tree := s.Catalog.Book().Tree
	guess, sure := s.Advice.Likely(d.question())
	switch {
	case guess.Category.Code != "" && guess.Category.Code == d.Category, sure && !d.Sorted && d.Category == "":
		return guess.Category, guess.Words, true
	case d.Category != "":
		c, ok := tree.Find(d.Category)
		return c, nil, ok
	}
	return catalog.Category{}, nil, false
}

// report is the draft as it will be received.
func (s *Service) report(d *draft) Report {
	c, _, _ := s.category(d)
	r := Report{Draft: d.ID, Body: d.What, Category: c.Code, Guessed: !d.Sorted, Address: d.Address, Lat: d.Lat, Lng: d.Lng, Name: d.Name, Phone: d.Phone, Email: d.Email, Prefer: d.Prefer,
		NoReply: d.NoReply, Secret: d.Secret, Photos: d.Photos}
	for _, q := range c.Questions {
		if a := d.Answers[q.Text]; a != "" {
			r.Answers = append(r.Answers, request.Answer{Question: q.Text, Answer: a})
		}
	}
	if s.accuses(d) {
		r.Type = "report"
		if d.Accused != "" {
			r.Subjects = []string{d.Accused}
		}
	}
	return r
}

// accuses reports a draft that calls somebody's deed a wrong.
func (s *Service) accuses(d *draft) bool {
	c, _, _ := s.category(d)
	return d.Accuse || c.Type == "report"
}

// area is the code of the area the draft's point lies in.
func (s *Service) area(d *draft) string { return s.Atlas.Atlas().Locate(d.point()) }

// name gives the point an address when nobody typed one.
func (d *draft) name(tx *sqldb.Tx) error {
	if d.Address != "" && !d.Auto {
		return nil
	}
	a, ok, err := place.Nearest(tx, d.Lat, d.Lng)
	d.Address, d.Auto = "", true
	if ok {
		d.Address = a.Text
	}
	return err
}
