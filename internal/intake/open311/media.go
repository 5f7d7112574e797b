package open311

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"

	"bytes"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/intake"
	"gongzhi/internal/job"
	"gongzhi/internal/locale"
	"gongzhi/internal/matter"
	"gongzhi/internal/outbound"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// mostMedia is how many pictures one call may bring.
const mostMedia = 6

// mostPicture is the largest picture, in bytes.
const mostPicture = 10 << 20

// mediaURLs are the addresses of pictures to be fetched later.
func (p *params) mediaURLs() []string {
	var out []string
	for _, name := range []string{"media_url", "media_url[]", "media_urls"} {
		for _, v := range p.Values[name] {
			v = strings.TrimSpace(v)
			u, err := url.Parse(v)
			switch {
			case strings.HasPrefix(v, "data:"):
			case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(v) > 2000:
				p.note(name, "georeport.media_url_wrong")
			default:
				out = append(out, v)
			}
		}
	}
	if len(out) > mostMedia {
		p.note("media_url", "georeport.too_many_media", mostMedia)
	}
	return out
}

// photos are the pictures that came along: files of whatever name, a field in
// base64, or an address that holds the picture itself.
func (s *Service) photos(c *call) ([]intake.Photo, error) {
	p := &c.params
	var sources []func() (io.ReadCloser, error)
	var names []string
	for _, name := range slices.Sorted(maps.Keys(p.files)) {
		for _, f := range p.files[name] {
			if f.Size > 0 {
				sources, names = append(sources, func() (io.ReadCloser, error) { return f.Open() }), append(names, name)
			}
		}
	}
	for _, name := range []string{"media", "media[]", "media_url", "media_url[]", "media_urls"} {
		for _, v := range p.Values[name] {
			raw, is := inline(name, v)
			if is {
				sources, names = append(sources, func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil }), append(names, name)
			}
		}
	}
	if len(sources) > mostMedia {
		p.note("media", "georeport.too_many_media", mostMedia)
		return nil, p.wrong.Err()
	}
	var out []intake.Photo
	for i, open := range sources {
		photo, err := s.photo(c.r.Context(), open)
		if fault.KindOf(err) == fault.Invalid {
			key, args := fault.KeyOf(err)
			p.note(names[i], key, args...)
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, photo)
	}
	return out, p.wrong.Err()
}

func (s *Service) photo(ctx context.Context, open func() (io.ReadCloser, error)) (intake.Photo, error) {
	src, err := open()
	if err != nil {
		return intake.Photo{}, err
	}
	defer src.Close()
	return s.Intake.KeepPhoto(ctx, src)
}

// inline is a picture that stands in a field itself. What cannot be decoded is
// an empty picture, which the cleaner refuses by name.
func inline(name, v string) (raw []byte, is bool) {
	v = strings.TrimSpace(v)
	if head, body, ok := strings.Cut(v, ","); ok && strings.HasPrefix(head, "data:") {
		if !strings.HasSuffix(head, ";base64") {
			text, err := url.PathUnescape(body)
			if err != nil {
				return nil, true
			}
			return []byte(text), true
		}
		v, name = body, "media"
	}
	if !strings.HasPrefix(name, "media") || strings.HasPrefix(name, "media_url") {
		return nil, false
	}
	v = strings.Map(func(c rune) rune {
		if c == ' ' { // a plus sign that became a space on the way
			return '+'
		}
		if c == '\n' || c == '\r' {
			return -1
		}
		return c
	}, v)
	raw, err := base64.StdEncoding.DecodeString(v)
	if err != nil {
		raw, _ = base64.RawStdEncoding.DecodeString(strings.TrimRight(v, "="))
	}
	return raw, true
}

// MediaJob fetches one picture that another system pointed to.
const MediaJob = "open311/media"

type mediaArgs struct {
	Media string `json:"media"`
}

// fetchLater has pictures fetched when the request is stored. The job holds only
// the row's name: what an address may tell stays in the row, and leaves it with
// the fetch.
func fetchLater(tx *sqldb.Tx, m matter.ID, seq int64, urls []string) error {
	for _, u := range urls { // at most six
		row := id.New(tx.Now)
		const q = `insert into intake_open311_media(id, matter_id, seq, url, state, trouble, at) values ($1, $2, $3, $4, 'queued', '', $5)`
		if err := tx.Exec(q, row, m, seq, u, tx.Now.UnixMicro()); err != nil {
			return fmt.Errorf("media of %s: %w", m, err)
		}
		if err := job.Enqueue(tx, MediaJob, row, mediaArgs{row}, tx.Now); err != nil {
			return err
		}
	}
	return nil
}

// RunMedia is the handler of MediaJob.
func (s *Service) RunMedia(ctx context.Context, j job.Job) error {
	var args mediaArgs
	if err := j.Decode(&args); err != nil {
		return err
	}
	var m matter.ID
	var seq int64
	var address, state string
	err := s.DB.Look(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(`select matter_id, seq, url, state from intake_open311_media where id = $1`, args.Media).Scan(&m, &seq, &address, &state)
	})
	if err != nil || state != "queued" {
		return err
	}
	photo, err := s.fetch(ctx, address)
	if why := refusal(err); why != "" {
		return s.refuseMedia(ctx, args.Media, m, why)
	}
	if err != nil {
		if j.Attempt >= mediaAttempts {
			return s.refuseMedia(ctx, args.Media, m, "unreachable")
		}
		return err
	}
	return s.keepMedia(ctx, args.Media, m, seq, photo)
}

// mediaAttempts is how often a picture is asked for.
const mediaAttempts = 5

// MediaOptions are those of MediaJob.
var MediaOptions = job.Options{Pool: "open311/media", MaxAttempts: mediaAttempts}

var errNoPicture = errors.New("open311: the address gives no picture")

// fetch gets a picture by the guarded way out, and cleans it.
func (s *Service) fetch(ctx context.Context, address string) (intake.Photo, error) {
	out := *s.Out
	out.Most = mostPicture
	a, err := out.Get(ctx, address)
	if err != nil {
		return intake.Photo{}, err
	}
	if !a.OK() {
		if a.Status >= 500 || a.Status == 429 {
			return intake.Photo{}, fmt.Errorf("picture: status %d", a.Status)
		}
		return intake.Photo{}, errNoPicture
	}
	return s.Intake.KeepPhoto(ctx, bytes.NewReader(a.Body))
}

// refusal is why a picture will never come, "" when it still may.
func refusal(err error) string {
	switch {
	case errors.Is(err, outbound.ErrRefused):
		return "forbidden"
	case errors.Is(err, outbound.ErrTooLarge):
		return "large"
	case errors.Is(err, errNoPicture), fault.KindOf(err) == fault.Invalid:
		return "no_picture"
	}
	return ""
}

func (s *Service) keepMedia(ctx context.Context, row string, m matter.ID, seq int64, p intake.Photo) error {
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Lock(string(m)); err != nil {
			return err
		}
		n, err := tx.ExecN(`update intake_open311_media set state = 'done', url = '' where id = $1 and state = 'queued'`, row)
		if err != nil || n == 0 {
			return err
		}
		audience := request.Resident
		if seq > 1 {
			audience = request.Internal // what another system says of the work is looked at first
		}
		_, err = request.AddFile(tx, request.File{Matter: m, Seq: seq, Kind: "report", Audience: audience, Hash: p.Hash, Thumb: p.Thumb, Width: p.W, Height: p.H})
		return err
	})
}

// refuseMedia says on the request that a picture is missing, and why.
func (s *Service) refuseMedia(ctx context.Context, row string, m matter.ID, why string) error {
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		o, err := request.Load(tx, actor.System, m, 0)
		if err != nil {
			return err
		}
		n, err := tx.ExecN(`update intake_open311_media set state = 'refused', url = '', trouble = $1 where id = $2 and state = 'queued'`, why, row)
		if err != nil || n == 0 {
			return err
		}
		return remark(tx, o, locale.T(locale.ZH, "georeport.media_"+why))
	})
}

// remark puts a sentence for the office on a request, where its state still
// takes one.
func remark(tx *sqldb.Tx, o *request.Order, text string) error {
	if !takesNotes(o) {
		return nil
	}
	return o.Record(tx, actor.System, request.Deed{Name: request.DeedNoted, Notes: []request.Note{{Kind: "record", Audience: request.Internal, Text: text}}})
}

// takesNotes reports whether the lifecycle lets a note follow.
func takesNotes(o *request.Order) bool {
	return !slices.Contains([]string{request.Terminated, request.Merged, request.Withdrawn}, o.State)
}
