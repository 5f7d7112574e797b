package open311

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"database/sql"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/intake"
	"gongzhi/internal/intake/open311/georeport"
	"gongzhi/internal/locale"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// mostDescription is the standard's limit, in characters.
const mostDescription = 4000

// brought is a new request as another system brings it.
type brought struct {
	Report    intake.Report
	URLs      []string // photos to be fetched
	Key       string
	Reference string // what the sender calls it
	Digest    string // of all that was sent
	Once      bool   // the sender gave a mark of its own, so a second one is the first again
}

// create registers a request. The answer comes when it is stored.
func (s *Service) create(c *call) (answer, error) {
	if err := c.need(scopeCreate); err != nil {
		return answer{}, err
	}
	b, leaf, err := s.bring(c)
	if err != nil {
		return answer{}, err
	}
	if c.test {
		return s.sandbox(c, b, leaf)
	}
	x, err := s.extra(c.r.Context())
	if err != nil {
		return answer{}, err
	}
	if x.batch[leaf.Code] {
		token, err := s.defer311(c.r.Context(), b)
		return c.say(georeport.CreatedOf(c.format, georeport.Created{Token: token})), err
	}
	number, err := s.take(c.r.Context(), b)
	if err != nil {
		return answer{}, err
	}
	return c.say(georeport.CreatedOf(c.format, georeport.Created{ID: number, Notice: leaf.Hint, Account: c.params.get("account_id")})), nil
}

// bring reads a new request from a call and says all that is wrong with it.
func (s *Service) bring(c *call) (brought, catalog.Category, error) {
	p := &c.params
	code := p.get("service_code")
	if code == "" {
		p.note("service_code", "georeport.missing")
		return brought{}, catalog.Category{}, p.wrong.Err()
	}
	leaf, err := s.find(code)
	if err != nil {
		return brought{}, leaf, err
	}
	r := intake.Report{Channel: "open311", Category: leaf.Code, Body: p.get("description"), Email: p.line("email"), Phone: p.line("phone"), Name: p.person(), Source: c.key.source()}
	if n := utf8.RuneCountInString(r.Body); n > mostDescription {
		p.note("description", "georeport.too_long", mostDescription, n)
	}
	if r.Body == "" {
		r.Body = leaf.Name // the standard does not ask for words
	}
	b := brought{Key: c.key.ID}
	if err := s.where311(c, leaf, &r); err != nil {
		return b, leaf, err
	}
	if r.Answers, err = s.answers(c, leaf); err != nil {
		return b, leaf, err
	}
	b.Reference = p.reference()
	b.URLs = p.mediaURLs()
	if err := p.wrong.Err(); err != nil {
		return b, leaf, err
	}
	if r.Photos, err = s.photos(c); err != nil {
		return b, leaf, err
	}
	b.Digest = c.digest()
	if mark := c.r.Header.Get("Idempotency-Key"); mark != "" && len(mark) <= 255 {
		b.Once, r.Draft = true, draftOf(c.key.ID, mark)
	}
	if b.Reference != "" {
		b.Once, r.SourceID = true, b.Reference
	}
	b.Report = r
	return b, leaf, nil
}

// draftOf makes a sender's mark ours: the same mark gives the same receipt.
func draftOf(key, mark string) string {
	sum := sha256.Sum256([]byte(key + "\x00" + mark))
	return "once/open311/" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// digest is of everything that was sent but the key.
func (c *call) digest() string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(c.params.Values)) {
		if name != "api_key" {
			fmt.Fprintf(h, "%q=%q\n", name, c.params.Values[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.params.files)) {
		for _, f := range c.params.files[name] {
			fmt.Fprintf(h, "%q:%d\n", f.Filename, f.Size)
		}
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:18])
}

// person is the name as it is written where it comes from: 李芳, Jane Doe.
func (p *params) person() string {
	first, last := p.line("first_name"), p.line("last_name")
	han := func(s string) bool {
		return strings.ContainsFunc(s, func(c rune) bool { return unicode.Is(unicode.Han, c) })
	}
	name := strings.TrimSpace(first + " " + last)
	if han(first) || han(last) {
		name = last + first
	}
	if n := utf8.RuneCountInString(name); n > intake.MaxName {
		p.note("first_name", "georeport.too_long", intake.MaxName, n)
	}
	return name
}

// reference is what the sender itself calls the request.
func (p *params) reference() string {
	for _, name := range []string{"attribute[fixmystreet_id]", "attribute[external_id]", "external_id", "service_request_id_ext"} {
		if v := p.line(name); v != "" {
			return v
		}
	}
	return ""
}

// notPinpointed is what FixMyStreet sends for a place that nobody marked.
const notPinpointed = "#NOTPINPOINTED#"

// where311 reads the place: at least one of point, address and id of an address.
func (s *Service) where311(c *call, leaf catalog.Category, r *intake.Report) error {
	p := &c.params
	point, err := s.place(c)
	if err != nil {
		return err
	}
	r.Lat, r.Lng, r.Address = point.Lat, point.Lng, p.line("address_string")
	if n := utf8.RuneCountInString(r.Address); n > intake.MaxAddress {
		p.note("address_string", "georeport.too_long", intake.MaxAddress, n)
	}
	id := p.get("address_id")
	none := point.Zero() && r.Address == ""
	switch {
	case id == notPinpointed && none && leaf.NeedsPlace:
		p.note("address_id", "georeport.place_needed")
	case id == notPinpointed:
	case id != "":
		return s.addressOf(c, id, r)
	case none:
		p.note("lat", "georeport.place_missing")
	}
	return nil
}

// addressOf fills in what a known address stands for, where nothing more exact
// was sent.
func (s *Service) addressOf(c *call, id string, r *intake.Report) error {
	err := s.DB.Look(c.r.Context(), func(tx *sqldb.Tx) error {
		var text, area string
		var lat, lng float64
		if err := tx.QueryRow(`select text, area, lat, lng from place_address where id = $1`, id).Scan(&text, &area, &lat, &lng); err != nil {
			return err
		}
		if r.Address == "" {
			r.Address = text
		}
		if r.Lat == 0 && r.Lng == 0 {
			r.Lat, r.Lng, r.Area = lat, lng, area
		}
		return nil
	})
	if errors.Is(err, sql.ErrNoRows) {
		if r.Address == "" && r.Lat == 0 && r.Lng == 0 {
			c.params.note("address_id", "georeport.address_unknown")
		}
		return nil
	}
	return err
}

// Bounds on answers that the service does not ask for.
const (
	mostExtra       = 30
	mostExtraLength = 1000
)

// answers are those to the service's questions, and whatever else was sent:
// other systems add fields of their own, which are kept and shown to the desk.
func (s *Service) answers(c *call, leaf catalog.Category) ([]request.Answer, error) {
	x, err := s.extra(c.r.Context())
	if err != nil {
		return nil, err
	}
	p, sent := &c.params, c.params.attributes()
	var out []request.Answer
	for _, a := range x.definition(leaf).Attributes {
		values := sent[a.Code]
		delete(sent, a.Code)
		if key, args := a.Check(values); key != "" {
			p.note("attribute["+a.Code+"]", key, args...)
			continue
		}
		if a.Variable && len(values) > 0 {
			out = append(out, request.Answer{Question: a.Description, Answer: a.Words(values)})
		}
	}
	known := len(out)
	for _, code := range slices.Sorted(maps.Keys(sent)) {
		v := strings.Join(sent[code], "、")
		if n := utf8.RuneCountInString(v); n > mostExtraLength || len(out)-known >= mostExtra {
			p.note("attribute["+code+"]", "georeport.too_long", mostExtraLength, n)
			continue
		}
		out = append(out, request.Answer{Question: code, Answer: v})
	}
	if len(out) > known {
		s.log().LogAttrs(c.r.Context(), slog.LevelInfo, "open311", slog.String("key", c.key.ID), slog.String("service", leaf.Code), slog.Int("unknown_attributes", len(out)-known))
	}
	return out, nil
}

// take registers what was brought, and gives its number. What was brought before
// under the same mark gives the number it got then.
func (s *Service) take(ctx context.Context, b brought) (number string, err error) {
	r := b.Report
	if r.Number, err = s.Numbers.Next(ctx, s.DB.Now()); err != nil {
		return "", err
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Lock("open311/" + b.Key + "/" + b.mark()); err != nil {
			return err
		}
		number, err = s.before(tx, b)
		if number != "" || err != nil {
			return err
		}
		number, err = s.register(tx, r, b)
		return err
	})
	return number, err
}

// mark is what two sendings of the same have in common.
func (b brought) mark() string {
	if b.Reference != "" {
		return b.Reference
	}
	if b.Report.Draft != "" {
		return b.Report.Draft
	}
	return b.Digest
}

// before is the number of what the sender brought under the same mark. Another
// request under that mark is a mistake of the sender, and no request of ours.
func (s *Service) before(tx *sqldb.Tx, b brought) (number string, err error) {
	if !b.Once {
		return "", nil
	}
	const q = `select m.number, coalesce(o.body_hash, '') from request_order r join matter m on m.id = r.matter_id left join intake_open311_origin o on o.matter_id = m.id
		where r.source = $1 and r.source_id = $2`
	args := []any{b.Report.Source, b.Report.SourceID}
	text := q
	if b.Reference == "" {
		const sent = `select m.number, coalesce(o.body_hash, '') from intake_sent s join matter m on m.id = s.matter_id left join intake_open311_origin o on o.matter_id = m.id where s.draft_id = $1`
		text, args = sent, []any{b.Report.Draft}
	}
	var digest string
	err = tx.QueryRow(text, args...).Scan(&number, &digest)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", nil
	case err == nil && b.Reference == "" && digest != "" && digest != b.Digest:
		return "", fault.New(fault.Invalid, "georeport.mark_reused", nil)
	}
	return number, err
}

func (s *Service) register(tx *sqldb.Tx, r intake.Report, b brought) (string, error) {
	twin, err := twinOf(tx, b)
	if err != nil {
		return "", err
	}
	out, err := s.Intake.ReceiveTx(tx, actor.Actor{}, r)
	if err != nil {
		return "", err
	}
	const q = `insert into intake_open311_origin(matter_id, key_id, reference, body_hash, at) values ($1, $2, $3, $4, $5)`
	if err := tx.Exec(q, out.ID, b.Key, b.Reference, b.Digest, tx.Now.UnixMicro()); err != nil {
		return "", fmt.Errorf("origin of %s: %w", out.ID, err)
	}
	if err := fetchLater(tx, out.ID, 1, b.URLs); err != nil {
		return "", err
	}
	if twin != "" {
		note := request.Note{Kind: "record", Audience: request.Internal, Text: locale.T(locale.ZH, "georeport.twin_note", twin)}
		err = out.Order.Record(tx, actor.System, request.Deed{Name: request.DeedNoted, Notes: []request.Note{note}})
	}
	return out.Number, err
}

// soon is how long an equal request of the same sender looks like the same one
// sent twice.
const soon = 10 * time.Minute

// twinOf is the number of an equal request that came a moment ago.
func twinOf(tx *sqldb.Tx, b brought) (number string, err error) {
	const q = `select m.number from intake_open311_origin o join matter m on m.id = o.matter_id where o.key_id = $1 and o.body_hash = $2 and o.at >= $3 order by o.at desc limit 1`
	err = tx.QueryRow(q, b.Key, b.Digest, tx.Now.Add(-soon).UnixMicro()).Scan(&number)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return number, err
}

// sealed is what was brought as it waits for its turn, readable with our key only.
func (s *Service) sealed(b brought, row string) (string, error) {
	raw, err := json.Marshal(b)
	if err != nil {
		return "", err
	}
	return s.Vault.Seal(string(raw), row)
}

func (s *Service) unsealed(text, row string) (b brought, err error) {
	raw, err := s.Vault.Open(text, row)
	if err != nil {
		return b, err
	}
	return b, json.Unmarshal([]byte(raw), &b)
}
