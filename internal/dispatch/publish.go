package dispatch

import (
	"context"
	"net/http"
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

// Publish is what a person who has read a request lets everybody read of it: its
// words and its place, mended where they name somebody, or nothing.
type Publish struct {
	Number string
	Text   string // "" keeps the words back
	Place  string
}

// mostPublished is how long a published text may be.
const mostPublished = 120

// Publish keeps it. It changes nothing in the course of the request, so that no
// other form about it grows stale.
func (s *Service) Publish(ctx context.Context, a actor.Actor, list ...Publish) error {
	if err := actor.Can(a, "dispatch.publish"); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		for _, c := range list { // at most a page of them
			if err := publish(tx, a, c); err != nil {
				return err
			}
		}
		return nil
	})
}

func publish(tx *sqldb.Tx, a actor.Actor, c Publish) error {
	o, err := request.FindNumber(tx, a, c.Number)
	if err != nil {
		return err
	}
	c.Text, c.Place = strings.TrimSpace(c.Text), strings.TrimSpace(c.Place)
	var wrong fault.Fields
	switch {
	case o.Sealed || o.Publicity != "public":
		wrong.Add("publish.text", "dispatch.publish_not_public")
	case len([]rune(c.Text)) > mostPublished || len([]rune(c.Place)) > mostPublished:
		wrong.Add("publish.text", "dispatch.publish_long", mostPublished)
	case request.Tells(c.Text) || request.Tells(c.Place):
		wrong.Add("publish.text", "dispatch.publish_number")
	}
	if err := wrong.Err(); err != nil {
		return err
	}
	if err := request.Publish(tx, a, o.ID, c.Text, c.Place); err != nil {
		return err
	}
	deed := "publish"
	if c.Text == "" {
		deed = "withhold"
	}
	return actor.Deed(tx, a, deed, o.Number, "")
}

// screenPage lists what nobody has read yet.
type screenPage struct {
	page.Base
	Rows  []screenRow
	Count int64
	Links page.PageLinks
	Wrong page.Problems
}

type screenRow struct {
	request.Row
	Text, Place string // proposed: the title and the address without numbers that name a person
	Where       string
	Warn        bool // a number stood in them
}

func (s *Service) screen(w http.ResponseWriter, r *http.Request) error {
	return s.drawScreen(w, r, http.StatusOK, nil)
}

// unscreened is what the screen lists, the oldest first.
var unscreened = request.Filter{Unscreened: true, Sort: "old"}

func (s *Service) drawScreen(w http.ResponseWriter, r *http.Request, status int, failed error) error {
	p := &screenPage{Base: s.Base(w, r, "dispatch.screen")}
	p.Path = "/publish"
	p.Wrong = p.Problems(failed)
	a, after := actor.From(r.Context()), r.URL.Query().Get("after")
	f := unscreened
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if p.Count, err = request.Count(tx, a, f); err != nil {
			return err
		}
		rows, next, err := request.List(tx, a, f, request.Page{After: after, Size: queueRows})
		for _, row := range rows {
			p.Rows = append(p.Rows, screenRow{Row: row, Text: request.Hide(row.Title), Place: request.Hide(row.Address), Where: s.Atlas.Atlas().Name(row.Area),
				Warn: request.Tells(row.Title) || request.Tells(row.Address)})
		}
		if next != "" {
			p.Links.Next = p.With("after", next)
		}
		return err
	})
	if err != nil {
		return err
	}
	if after != "" {
		p.Links.Prev = p.With("after", "")
	}
	return page.View{}.Render(w, r, status, screenView(p))
}

// postScreen publishes one line, or all that are ticked, or keeps one back.
func (s *Service) postScreen(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	picks, hide := v.Strings("pick"), false
	if one := v.String("publish", 20); one != "" {
		picks = []string{one}
	}
	if one := v.String("withhold", 20); one != "" {
		picks, hide = []string{one}, true
	}
	if len(picks) > queueRows {
		picks = picks[:queueRows]
	}
	var list []Publish
	for _, n := range picks {
		if n = id.CleanNumber(n); n == "" {
			continue
		}
		c := Publish{Number: n, Text: v.String("text."+n, mostPublished), Place: v.String("place."+n, mostPublished)}
		if hide {
			c.Text, c.Place = "", ""
		}
		list = append(list, c)
	}
	if err := v.Err(); err != nil {
		return s.drawScreen(w, r, http.StatusUnprocessableEntity, err)
	}
	err = s.Publish(r.Context(), actor.From(r.Context()), list...)
	if fault.KindOf(err) == fault.Invalid {
		return s.drawScreen(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	if len(list) > 0 {
		page.SetFlash(w, r, "good", "dispatch.published")
	}
	return web.See(w, r, "/publish")
}

// publish offers the same on the page of one request, also to change it later.
func (x *offer) publish() error {
	if !actor.Allowed(x.a, "dispatch.publish") || x.o.Sealed || x.o.Publicity != "public" {
		return nil
	}
	p, screened, err := request.PublicationOf(x.tx, x.o.ID)
	if err != nil {
		return err
	}
	if !screened {
		p.Text, p.Place = request.Hide(x.o.Title), request.Hide(x.o.Address)
	}
	x.add("publish", publishForm(x.form("publish"), p, screened), func(p *show.Panel) {
		if !screened {
			p.Label = x.b.T("dispatch.act_publish_first")
		}
	})
	return nil
}

func (s *Service) postPublish(p posted) error {
	c := Publish{Number: p.on.Number, Text: p.v.String("publish.text", mostPublished), Place: p.v.String("publish.place", mostPublished)}
	if err := p.v.Err(); err != nil {
		return err
	}
	return s.Publish(p.r.Context(), p.a, c)
}
