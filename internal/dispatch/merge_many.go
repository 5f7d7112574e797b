package dispatch

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// mostMerged is how many requests one act merges: what a person can compare.
const mostMerged = 20

// MergeMany puts several requests into one, all or none.
type MergeMany struct {
	Into   string
	From   []On
	Reason string
}

// MergeMany locks all of them in one call, so that two of these acts cannot wait
// for each other.
func (s *Service) MergeMany(ctx context.Context, a actor.Actor, c MergeMany) error {
	if err := actor.Can(a, "dispatch.merge"); err != nil {
		return err
	}
	numbers := []string{c.Into}
	for _, on := range c.From {
		numbers = append(numbers, on.Number)
	}
	if len(c.From) == 0 || len(c.From) > mostMerged {
		return fault.Fields{{Name: "pick", Key: "dispatch.merge_none", Args: []any{mostMerged}}}
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		rows, err := request.Numbered(tx, a, numbers)
		if err != nil {
			return err
		}
		var ids []string
		for _, r := range rows {
			ids = append(ids, string(r.ID))
		}
		if len(rows) != len(numbers) {
			return fault.Fields{{Name: "pick", Key: "dispatch.merge_unknown"}}
		}
		if err := tx.Lock(ids...); err != nil {
			return err
		}
		for _, on := range c.From {
			if err := s.MergeTx(tx, a, Merge{On: on, Into: c.Into, Reason: c.Reason}); err != nil {
				return err
			}
		}
		return nil
	})
}

// mergePage shows what a merge would do, before it is done.
type mergePage struct {
	page.Base
	Rows     []mergeRow
	Reason   string
	Problems page.Problems
	Failed   string // in one sentence: somebody was faster
}

type mergeRow struct {
	request.Row
	Where  string
	State  string
	Picked bool
	Main   bool
	Open   bool // it can be merged
}

func (r mergeRow) pick() string { return r.Number + ":" + strconv.FormatInt(r.Version, 10) }

// Told is how many people besides those of the main one will be told from now on.
func (p mergePage) Told() int64 {
	n := int64(0)
	for _, r := range p.Rows {
		if !r.Main {
			n += 1 + r.Followers
		}
	}
	return n
}

// mergePreview answers GET /dispatch/merge?n=…
func (s *Service) mergePreview(w http.ResponseWriter, r *http.Request) error {
	var numbers []string
	for _, n := range r.URL.Query()["n"] {
		numbers = append(numbers, id.CleanNumber(n))
	}
	return s.drawMerge(w, r, http.StatusOK, numbers, "", "", nil)
}

func (s *Service) drawMerge(w http.ResponseWriter, r *http.Request, status int, numbers []string, into, reason string, failed error) error {
	p := mergePage{Base: s.Base(w, r, "dispatch.merge_title"), Reason: reason}
	if failed != nil {
		if p.Problems = p.Base.Problems(failed); fault.KindOf(failed) != fault.Invalid {
			key, args := fault.KeyOf(failed)
			p.Failed = p.T(key, args...)
		}
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		rows, err := request.Numbered(tx, actor.From(r.Context()), numbers[:min(len(numbers), mostMerged+1)])
		for _, row := range rows {
			_, state := show.State(p.Base, &row.Order)
			p.Rows = append(p.Rows, mergeRow{Row: row, Where: show.Where(s.Atlas.Atlas().Name(row.Area), row.Address), State: state, Picked: true,
				Main: row.Number == into, Open: request.Life.Allows(row.State, request.DeedMerged)})
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(p.Rows) < 2 {
		return fault.New(fault.NotFound, "request.not_found", nil)
	}
	if !slices.ContainsFunc(p.Rows, func(r mergeRow) bool { return r.Main }) {
		p.Rows[mainOf(p.Rows)].Main = true
	}
	return page.View{}.Render(w, r, status, mergeView(p))
}

// mainOf is the one that goes on unless the person says otherwise: what a unit
// has already, then the oldest.
func mainOf(rows []mergeRow) int {
	best := 0
	for i, r := range rows {
		b := rows[best]
		if at := cmp.Compare(started(r), started(b)); at > 0 || at == 0 && r.OpenedAt.Before(b.OpenedAt) {
			best = i
		}
	}
	return best
}

func started(r mergeRow) int {
	switch {
	case !r.Row.Open:
		return 0
	case r.Unit != "":
		return 2
	}
	return 1
}

// postMerges merges what was chosen.
func (s *Service) postMerges(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	c := MergeMany{Into: id.CleanNumber(v.String("into")), Reason: v.String("reason", shortText)}
	var numbers, done []string
	for _, text := range v.Strings("all") {
		numbers = append(numbers, id.CleanNumber(text))
	}
	for _, text := range v.Strings("pick") {
		number, seen, _ := strings.Cut(text, ":")
		version, err := strconv.ParseInt(seen, 10, 64)
		if number = id.CleanNumber(number); err != nil || number == "" {
			return fault.New(fault.Invalid, "dispatch.pick_bad", err)
		}
		if number != c.Into && len(c.From) < mostMerged {
			c.From, done = append(c.From, On{number, version}), append(done, number)
		}
	}
	if err = v.Err(); err == nil {
		err = s.MergeMany(r.Context(), actor.From(r.Context()), c)
	}
	switch fault.KindOf(err) {
	case "":
		return web.See(w, r, "/dispatch?"+url.Values{"merged": {strings.Join(done, ".")}, "into": {c.Into}}.Encode())
	case fault.Invalid, fault.Conflict:
		return s.drawMerge(w, r, web.Status(err), numbers, c.Into, c.Reason, err)
	}
	return err
}

// postUnmerges takes back the merges that were made a moment ago.
func (s *Service) postUnmerges(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	a, numbers := actor.From(r.Context()), v.Strings("n")
	for _, n := range numbers[:min(len(numbers), mostMerged)] {
		c := Unmerge{On: On{Number: id.CleanNumber(n)}, Reason: say("dispatch.unmerge_at_once")}
		if err := s.Unmerge(r.Context(), a, c); err != nil && fault.KindOf(err) != fault.Conflict {
			return err
		}
	}
	page.SetFlash(w, r, "", "dispatch.done_unmerge")
	return web.See(w, r, "/dispatch")
}
