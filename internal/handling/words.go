package handling

import (
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
)

// tags are the request's standing as shapes and words: its date, its state, and
// what marks it out.
func (p *casePage) tags() [][2]string {
	kind, word := show.State(p.Base, p.O)
	out := [][2]string{{kind, word}}
	answered := p.O.State == request.Replied || p.O.State == request.ToCallback
	if p.O.Open && !answered && !p.O.DueAt.IsZero() {
		kind, word = show.Due(p.Base, p.Book.Calendar, p.O, p.Now)
		out = append([][2]string{{kind, word}}, out...)
	}
	if p.O.Urgency == "urgent" {
		out = append(out, [2]string{"late", p.T("request.urgency_urgent")})
	}
	if p.O.Round > 0 {
		out = append(out, [2]string{"due", p.T("handling.round", p.O.Round)})
	}
	for _, f := range p.Flags {
		out = append(out, [2]string{"due", p.T("request.flag_" + f)})
	}
	return out
}

func (p *casePage) crumbs() []string {
	var out []string
	for _, code := range p.Book.Tree.Path(p.O.Category) {
		c, _ := p.Book.Tree.Find(code)
		out = append(out, c.Name)
	}
	return out
}

// source is by which channel the request came and who took it.
func (p *casePage) source() string {
	channel := p.T("request.channel_" + p.O.Channel)
	if !request.Known(request.Channels, p.O.Channel) {
		channel = p.O.Channel // as an import named it
	}
	if p.TakenBy == "" {
		return channel
	}
	return p.T("handling.taken_by", channel, p.TakenBy)
}

// origin says how the place came about, "" when somebody gave it.
func (p *casePage) origin() []string {
	o, out := p.O.Origin, []string(nil)
	switch o.Placed {
	case request.FromWords:
		out = append(out, p.T("handling.placed_words"))
	case request.DefaultPoint:
		out = append(out, p.T("handling.placed_default", degrees(o.Lat), degrees(o.Lng)))
	}
	if o.Datum != "" && o.Placed != request.DefaultPoint {
		out = append(out, p.T("handling.placed_datum", p.T("handling.datum_"+string(o.Datum)), degrees(o.Lat), degrees(o.Lng)))
	}
	return out
}

func degrees(x float64) string { return strconv.FormatFloat(x, 'f', 6, 64) }

func (p *casePage) place() string {
	if p.Where == "" {
		return p.T("handling.place_unknown")
	}
	return p.Where
}

// finished reports a state in which the page carries a seal.
func (p *casePage) finished() bool { return !p.O.Open }

func (p *casePage) sealWord() string {
	if p.O.State == request.Closed || p.O.State == request.Archived {
		return p.T("handling.seal_closed")
	}
	return p.T("request.state_" + p.O.State)
}

// standing is a sentence on what an answered or finished request means:
// answered is not yet closed.
func (p *casePage) standing() (key, kind string) {
	switch p.O.State {
	case request.Replied:
		return "handling.standing_replied", ""
	case request.ToCallback:
		return "handling.standing_to_callback", ""
	case request.Closed, request.Archived:
		if p.O.Solved == "no" {
			return "handling.standing_closed_unsolved", "warn"
		}
		return "handling.standing_closed", "good"
	case request.Waiting:
		return "handling.standing_waiting", "warn"
	case request.OnHold:
		return "handling.standing_hold", "warn"
	case request.Merged:
		return "handling.standing_merged", ""
	}
	return "", ""
}

// problem is why the form was refused, in one sentence.
func (p *casePage) problem() string {
	if key, args := fault.KeyOf(p.Failed.Err); key != "" {
		return p.T(key, args...)
	}
	return p.T("app.error_text_" + string(fault.KindOf(p.Failed.Err)))
}

// photoURL gives the addresses of a photo for staff.
func photoURL(b page.Base) func(request.File) (url, thumb string) {
	return func(f request.File) (string, string) { return b.URL("/file/" + f.ID), "/file/" + f.ID + "/thumb" }
}

// photos are those that came with the report.
func (p *casePage) photos() []page.Photo {
	var out []page.Photo
	for _, f := range p.Files {
		url, thumb := photoURL(p.Base)(f)
		out = append(out, page.Photo{URL: url, Thumb: thumb, Alt: p.T("request.photo_" + f.Kind)})
	}
	return out
}

func taskRole(b page.Base, t request.Task) string {
	key := "handling.assistant"
	if t.Lead {
		key = "handling.lead"
	}
	if t.Round > 0 {
		return b.T("handling.in_round", b.T(key), t.Round)
	}
	return b.T(key)
}

// linkWord names how another request belongs to this one.
func linkWord(b page.Base, l related) string {
	direction := "_to"
	if l.Incoming {
		direction = "_from"
	}
	key := "handling.link_" + l.Kind + direction
	if word := b.T(key); word != key && !strings.HasPrefix(word, "handling.") {
		return word
	}
	return b.T("handling.link_other")
}

// ruler is the thick ruler of the side column, with what stood still named
// between its ends.
func (p *casePage) ruler() page.Ruler {
	r := show.Ruler(p.Base, p.Book.Calendar, p.O, p.Pauses, p.Now, true)
	if len(r.Scale) == 0 {
		return r
	}
	var stood time.Duration
	for _, x := range p.Pauses {
		end := x.To
		if end.IsZero() {
			end = p.Now
		}
		stood += end.Sub(x.From)
	}
	r.Scale = []string{p.Stamp(p.O.OpenedAt), p.Stamp(p.O.DueAt)}
	if stood > 0 {
		r.Scale = []string{r.Scale[0], p.T("handling.stood", locale.Span(p.Lang, stood)), r.Scale[1]}
	}
	return r
}

func (p *casePage) followers() string {
	if p.O.Followers == 0 && p.Merged == 0 {
		return p.T("handling.followers_none")
	}
	return p.T("handling.followers_n", p.O.Followers, p.Merged)
}
