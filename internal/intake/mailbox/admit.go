package mailbox

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/intake"
	"gongzhi/internal/locale"
	"gongzhi/internal/mail"
	"gongzhi/internal/matter"
	"gongzhi/internal/photo"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/vault"
)

// content is a message as intake takes it.
type content struct {
	title  string
	text   string
	photos []intake.Photo
	left   []string // names of files that were not taken
}

// words are what the sender wrote: of an answer only what is new.
func words(l *letter) string {
	text := mail.Signed(l.msg.Text)
	if text == "" {
		text = trimSubject(l.msg.Subject)
	}
	return text
}

// pictures are the files that may be photos: not the small ones that stand in a
// signature.
func pictures(m *mail.Message) (out []mail.File) {
	const signature = 4 << 10
	for _, f := range m.Files {
		if strings.HasPrefix(f.Kind, "image/") && (!f.Inline || len(f.Bytes) > signature) {
			out = append(out, f)
		}
	}
	return out
}

// prepare cleans the photos and puts them into the file store, before the unit of
// work that names them.
func (s *Service) prepare(ctx context.Context, l *letter) (content, error) {
	c := content{title: cut(trimSubject(l.msg.Subject), 60), text: words(l)}
	taken := map[string]bool{}
	for _, f := range pictures(l.msg) {
		if len(c.photos) == intake.MaxPhotos {
			break
		}
		p, err := s.picture(ctx, f)
		if fault.KindOf(err) == fault.Invalid {
			continue // no picture, whatever it calls itself
		}
		if err != nil {
			return c, err
		}
		c.photos, taken[f.Name] = append(c.photos, p), true
	}
	for _, f := range l.msg.Files {
		if !taken[f.Name] && !f.Inline && len(c.left) < 20 {
			c.left = append(c.left, f.Name)
		}
	}
	return c, nil
}

func (s *Service) picture(ctx context.Context, f mail.File) (p intake.Photo, err error) {
	img, err := photo.Clean(ctx, bytes.NewReader(f.Bytes), photo.Limits{Zone: s.Catalog.Book().Calendar.Zone})
	if err != nil {
		return p, err
	}
	p = intake.Photo{W: img.W, H: img.H, GPS: img.GPS}
	if p.Hash, _, err = s.Blobs.Put(ctx, bytes.NewReader(img.JPEG)); err != nil {
		return p, err
	}
	p.Thumb, _, err = s.Blobs.Put(ctx, bytes.NewReader(img.Thumb))
	return p, err
}

// admit makes a request of a message, or adds it to the one it answers.
func (s *Service) admit(ctx context.Context, l *letter) error {
	c, err := s.prepare(ctx, l)
	if err != nil {
		return err
	}
	number, err := s.Intake.Numbers.Next(ctx, s.DB.Now())
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		m, proven, err := s.caseOf(tx, l)
		if err != nil {
			return err
		}
		if m != "" {
			if err := tx.Lock(row(l.ID), string(m)); err != nil { // both at once: locks are taken in one order
				return err
			}
		} else if err := tx.Lock(row(l.ID)); err != nil {
			return err
		}
		if l.Mail, err = find(tx, l.ID); err != nil || l.State != New {
			return err
		}
		return s.enter(tx, l, c, m, proven, number)
	})
}

func (s *Service) enter(tx *sqldb.Tx, l *letter, c content, m matter.ID, proven bool, number string) error {
	if m == "" {
		return s.begin(tx, l, c, number)
	}
	o, err := request.Find(tx, actor.System, m)
	if fault.KindOf(err) == fault.NotFound {
		return s.begin(tx, l, c, number)
	}
	if err != nil {
		return err
	}
	fresh := mail.Fresh(l.msg.Text)
	if closed(o) { // nothing can be added: what he says now is a matter of its own that names the old one
		c.text = locale.T(locale.ZH, "mailbox.about_closed", id.ShowNumber(o.Number)) + "\n" + or(fresh, c.text)
		return s.begin(tx, l, c, number)
	}
	if fresh == "" && len(c.photos) == 0 {
		l.State, l.Reason, l.Attention, l.Matter = Parked, ReasonEmpty, true, m
		return l.settle(tx, actor.SystemID)
	}
	c.text = fresh
	return s.add(tx, l, c, o, proven)
}

// begin registers a new request.
func (s *Service) begin(tx *sqldb.Tx, l *letter, c content, number string) error {
	_, answered, err := since(tx, s.Vault.Token("email", l.sender.Address), tx.Now.Add(-hour))
	if err != nil {
		return err
	}
	pieces := split(c.text, intake.MaxBody)
	r := intake.Report{Draft: "mail/" + l.ID, Number: number, Channel: "mail", Title: c.title, Body: pieces[0], Name: cut(l.sender.Name, intake.MaxName),
		Email: l.sender.Address, Prefer: "mail", Photos: c.photos, Quiet: answered >= answersPerHour}
	out, err := s.Intake.ReceiveTx(tx, actor.Actor{}, r)
	if err != nil {
		return err
	}
	l.State, l.Reason, l.Attention, l.Matter = Case, "", false, out.ID
	if !r.Quiet {
		if err := tx.Exec(`update intake_mail set answered = $1 where id = $2`, true, l.ID); err != nil {
			return err
		}
	}
	if err := s.rest(tx, out.ID, pieces[1:], nil); err != nil {
		return err
	}
	if err := s.leftOut(tx, out.ID, c.left, ""); err != nil {
		return err
	}
	return l.settle(tx, actor.SystemID)
}

// add puts a message to the request it answers. Who has the address with its proof
// may add; that he is somebody else than the requester is written beside it.
func (s *Service) add(tx *sqldb.Tx, l *letter, c content, o *request.Order, proven bool) error {
	if err := s.rest(tx, o.ID, split(c.text, intake.MaxBody), c.photos); err != nil {
		return err
	}
	other := ""
	if proven {
		known, err := request.Reaches(tx, s.Vault, o.ID, l.sender.Address)
		if err != nil {
			return err
		}
		if !known {
			other = vault.MaskEmail(l.sender.Address)
		}
	}
	if err := s.leftOut(tx, o.ID, c.left, other); err != nil {
		return err
	}
	l.State, l.Reason, l.Attention, l.Matter = Supplement, "", false, o.ID
	return l.settle(tx, actor.SystemID)
}

// rest adds what is longer than one text may be, piece by piece.
func (s *Service) rest(tx *sqldb.Tx, m matter.ID, pieces []string, photos []intake.Photo) error {
	for i, text := range pieces {
		c := intake.Supplement{ID: m, Text: text}
		if i == 0 {
			c.Photos = photos
		}
		if err := s.Intake.SupplementTx(tx, actor.Actor{}, c); err != nil {
			return err
		}
	}
	return nil
}

// leftOut notes for the office what a message brought that was not taken, and that
// it came from another address.
func (s *Service) leftOut(tx *sqldb.Tx, m matter.ID, files []string, other string) error {
	var lines []string
	if other != "" {
		lines = append(lines, locale.T(locale.ZH, "mailbox.other_sender", other))
	}
	if len(files) > 0 {
		lines = append(lines, locale.T(locale.ZH, "mailbox.files_left", len(files), strings.Join(files, "、")))
	}
	if len(lines) == 0 {
		return nil
	}
	o, err := request.Load(tx, actor.System, m, 0)
	if err != nil {
		return err
	}
	return o.Record(tx, actor.System, request.Deed{Name: request.DeedNoted, Notes: []request.Note{{Kind: "record", Text: strings.Join(lines, "\n")}}})
}

// most is how many pieces of a long message are taken: five pages. The message
// itself is kept whole.
const most = 5

// split cuts a text into pieces of at most n characters, where a line ends if one
// does near the end.
func split(text string, n int) (out []string) {
	runes := []rune(text)
	for len(runes) > n && len(out) < most-1 {
		at := n
		for i := n; i > n*3/4; i-- {
			if runes[i-1] == '\n' || runes[i-1] == '。' {
				at = i
				break
			}
		}
		out, runes = append(out, strings.TrimSpace(string(runes[:at]))), runes[at:]
	}
	if len(runes) > n {
		runes = append(runes[:n-1:n-1], '…')
	}
	return append(out, strings.TrimSpace(string(runes)))
}

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func isYes(s string) bool {
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(s)), "yes")
}

// masked is a sender as lists show him.
func masked(p mail.Person) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s", vault.MaskName(p.Name), vault.MaskEmail(p.Address)))
}
