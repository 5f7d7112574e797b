// Package show is how a request looks on every page: the word and shape of its
// state, its deadline ruler, its ledger, its line in a list. Residents and the
// office read the same words.
package show

import (
	"math"
	"slices"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/id"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
)

// State is the shape and the word of a request's state.
func State(b page.Base, o *request.Order) (kind, word string) {
	return stateKind(o.State), b.T("request.state_" + o.State)
}

func stateKind(state string) string {
	switch state {
	case request.Registered, request.ToDispatch, request.ToAccept:
		return "new"
	case request.Waiting, request.OnHold, request.PreConsult, request.ObjectionReview, request.ExtensionReview, request.HoldReview, request.TerminationReview:
		return "wait"
	case request.Replied, request.ToCallback, request.Answered, request.Diverted, request.Merged:
		return "info"
	case request.Closed, request.Archived:
		return "done"
	}
	return ""
}

// Urgency of a date: how it stands now.
const (
	OnTime = ""
	Soon   = "due"
	Over   = "late"
)

// Standing says how the request's promise stands: on time, soon (the last
// fifth of the time, or the last working day), or late.
func Standing(cal *calendar.Calendar, o *request.Order, now time.Time) string {
	switch {
	case !o.Open || o.DueAt.IsZero() || o.State == request.Replied || o.State == request.ToCallback:
		return OnTime
	case !now.Before(o.DueAt):
		return Over
	}
	left, _ := cal.Between(now, o.DueAt)
	share := float64(o.DueAt.Sub(now)) / float64(max(1, o.DueAt.Sub(o.OpenedAt)))
	if left == 0 || share < 0.2 {
		return Soon
	}
	return OnTime
}

// Due is the date in words beside its shape: 还剩 2 个工作日, 超期 3 小时.
func Due(b page.Base, cal *calendar.Calendar, o *request.Order, now time.Time) (kind, word string) {
	standing := Standing(cal, o, now)
	switch {
	case !o.Open || o.DueAt.IsZero():
		return State(b, o)
	case o.State == request.Waiting || o.State == request.OnHold:
		return "wait", b.T("request.clock_stopped")
	case standing == Over:
		return "late", span(b, "request.over", cal, o.DueAt, now)
	case standing == Soon:
		return "due", span(b, "request.left", cal, now, o.DueAt)
	}
	return "", span(b, "request.left", cal, now, o.DueAt)
}

func span(b page.Base, key string, cal *calendar.Calendar, from, to time.Time) string {
	if days, _ := cal.Between(from, to); days > 0 {
		return b.T(key+"_days", days)
	}
	if h := int(to.Sub(from).Hours()); h > 0 {
		return b.T(key+"_hours", h)
	}
	return b.T(key+"_minutes", max(1, int(math.Ceil(to.Sub(from).Minutes()))))
}

// Ruler draws the promise of a request: time run, paused and left, with a tick
// at the end of each working day.
func Ruler(b page.Base, cal *calendar.Calendar, o *request.Order, pauses []request.Pause, now time.Time, thick bool) page.Ruler {
	end := o.DueAt
	if end.IsZero() {
		return page.Ruler{Label: b.T("request.no_due")}
	}
	r := page.Ruler{State: Standing(cal, o, now), Thick: thick}
	_, r.Label = Due(b, cal, o, now)
	r.Label = b.T("request.ruler", b.Short(end), r.Label)
	until := now
	if !o.Open {
		until, r.State = o.ClosedAt, "done"
	}
	whole := float64(end.Sub(o.OpenedAt))
	at := func(t time.Time) float64 { return 100 * float64(t.Sub(o.OpenedAt)) / math.Max(whole, 1) }
	from := o.OpenedAt
	for _, p := range pauses {
		stop := p.To
		if stop.IsZero() {
			stop = until
		}
		r.Spans = append(r.Spans, page.Span{From: at(from), To: at(p.From)}, page.Span{From: at(p.From), To: at(stop), Paused: true})
		from = stop
	}
	r.Spans = append(r.Spans, page.Span{From: at(from), To: at(until)})
	r.Days = dayEnds(cal, o.OpenedAt, end, at)
	if thick {
		r.Scale = []string{b.T("request.scale_from", b.Day(o.OpenedAt)), b.Short(end)}
	}
	return r
}

func dayEnds(cal *calendar.Calendar, from, to time.Time, at func(time.Time) float64) []float64 {
	var out []float64
	for d := from; d.Before(to) && len(out) < 40; d = d.AddDate(0, 0, 1) {
		if x := at(cal.Due(d, calendar.Limit{N: 0, Unit: "cd"})); cal.Working(d) && x > 0 && x < 100 {
			out = append(out, x)
		}
	}
	return out
}

// Where is a place as people write it: areas, then the address.
func Where(area, address string) string {
	return strings.TrimSpace(area + " " + strings.TrimPrefix(address, area))
}

// keyDeeds stand out in the ledger; badDeeds are marked.
var (
	keyDeeds = []string{request.DeedReceived, request.DeedDispatched, request.DeedReplied, request.DeedClosed, request.DeedAnswered, request.DeedReopened}
	badDeeds = []string{request.DeedObjectionRejected, request.DeedReviewFailed, request.DeedReopened, request.DeedSupervised, request.DeedEscalated, request.DeedUrged, request.DeedExtensionRefused, request.DeedHoldRefused}
)

// Ledger turns a timeline into the ledger of a page, newest first. photo gives
// the addresses of a file's picture and thumbnail.
func Ledger(b page.Base, lines []request.Line, photo func(request.File) (url, thumb string)) []page.Entry {
	var out []page.Entry
	for _, l := range lines {
		e := page.Entry{At: b.Stamp(l.At), Machine: l.At.UTC().Format(time.RFC3339), Title: b.T("request.deed_" + l.Name), Who: who(b, l), Told: told(b, l.Told)}
		e.Text, e.Inside = texts(b, l)
		e.InsideWord = b.T("request.internal")
		switch {
		case slices.Contains(badDeeds, l.Name):
			e.Kind = "bad"
		case slices.Contains(keyDeeds, l.Name):
			e.Kind = "key"
		}
		for _, f := range l.Files {
			url, thumb := photo(f)
			e.Photos = append(e.Photos, page.Photo{URL: url, Thumb: thumb, Alt: b.T("request.photo_" + f.Kind), Caption: b.T("request.photo_"+f.Kind) + " " + b.Stamp(f.At)})
		}
		out = append(out, e)
	}
	slices.Reverse(out)
	return out
}

func texts(b page.Base, l request.Line) (text string, inside bool) {
	var parts []string
	internal := func(n request.Note) bool { return n.Audience == request.Internal }
	open := slices.ContainsFunc(l.Notes, func(n request.Note) bool { return !internal(n) })
	for _, n := range l.Notes {
		word := b.T("request.note_" + n.Kind)
		if open && internal(n) {
			word += b.T("request.internal_part")
		}
		parts = append(parts, word+b.T("request.colon")+n.Text)
	}
	inside = len(l.Notes) > 0 && !open
	if words := effect(b, l); words != "" {
		parts = append(parts, words)
	}
	return strings.Join(parts, "\n"), inside
}

func who(b page.Base, l request.Line) string {
	switch l.Actor {
	case actor.ResidentID:
		return b.T("request.by_resident")
	case actor.SystemID:
		return b.T("request.by_system")
	}
	return strings.TrimSpace(l.Unit + " " + l.Who)
}

// Number is the public number, grouped for reading.
func Number(o *request.Order) string { return id.ShowNumber(o.Number) }

// Path is the address of a request's page for staff.
func Path(o *request.Order) string { return "/case/" + o.Number }
