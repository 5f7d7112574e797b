package setup

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/export"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// SweepPoints looks for points that are defaults of some system and lays them
// before a person. It decides nothing.
func (s *Service) SweepPoints(ctx context.Context) error {
	var found []place.Default
	err := s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		found, err = request.SharedPoints(tx)
		return err
	})
	if err != nil || len(found) == 0 {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		for _, d := range found {
			if err := place.KeepDefault(tx, d); err != nil {
				return err
			}
		}
		return nil
	})
}

// DecidePoint says whether a point that was found is a default.
type DecidePoint struct {
	Key     string
	Default bool
	Rev     int64 // as it was seen
}

// DecidePoint confirms or dismisses a point. The requests at one that is
// confirmed have no place from now on; dismissed later, they have it again.
func (s *Service) DecidePoint(ctx context.Context, a actor.Actor, c DecidePoint) error {
	if err := actor.Can(a, "setup.city"); err != nil {
		return err
	}
	err := s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		d, err := place.FindDefault(tx, c.Key)
		if err != nil {
			return err
		}
		if err := place.DecideDefault(tx, d, flagged(c.Default), a.ID, c.Rev); err != nil {
			return err
		}
		switch {
		case c.Default:
			err = request.Unplace(tx, d.Point)
		case d.Verdict == "yes":
			err = request.Replace(tx, d.Point)
		}
		if err != nil {
			return err
		}
		return actor.Deed(tx, a, "setup.point", d.Key(), flagged(c.Default))
	})
	if err != nil {
		return err
	}
	return s.Reload(ctx)
}

func flagged(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// PointsPage shows the points that many requests share.
type PointsPage struct {
	page.Base
	Can    bool
	Points []place.Default
	Names  map[string]string // of who decided
	Where  func(place.Default) string
}

func (s *Service) pointsPage(w http.ResponseWriter, r *http.Request) error {
	p := PointsPage{Base: s.Base(w, r, "setup.points"), Can: actor.Allowed(actor.From(r.Context()), "setup.city")}
	p.Where = func(d place.Default) string {
		return s.Atlas.Atlas().Name(s.Atlas.Atlas().Locate(d.Point))
	}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if p.Points, err = place.Defaults(tx); err != nil {
			return err
		}
		p.Names, err = deciders(tx, p.Points)
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, pointsPage(p))
}

func deciders(tx *sqldb.Tx, list []place.Default) (map[string]string, error) {
	var ids []string
	for _, d := range list {
		if d.By != "" {
			ids = append(ids, d.By)
		}
	}
	return actor.Names(tx, ids)
}

// decided says what became of a point.
func (p PointsPage) decided(d place.Default) string {
	if d.Verdict == "" {
		return p.T("setup.point_open")
	}
	return p.T("setup.point_"+d.Verdict, p.Names[d.By], p.Date(d.Decided))
}

func share(d place.Default) string { return fmt.Sprintf("%.1f%%", d.Share()*100) }

func (s *Service) decidePoint(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	err = s.DecidePoint(r.Context(), actor.From(r.Context()), DecidePoint{Key: v.String("key", 60), Default: v.String("verdict", 3) == "yes", Rev: int64(v.Int("rev"))})
	switch fault.KindOf(err) {
	case "":
		page.SetFlash(w, r, "good", "setup.point_done")
	case fault.Conflict:
		page.SetFlash(w, r, "warn", "place.default_changed")
	default:
		return err
	}
	return web.See(w, r, "/setup/points")
}

// exportPoints is the page as a table.
func exportPoints(tx *sqldb.Tx, b page.Base, _ actor.Actor, _ url.Values) (export.Table, error) {
	list, err := place.Defaults(tx)
	if err != nil {
		return export.Table{}, err
	}
	names, err := deciders(tx, list)
	p := PointsPage{Base: b, Names: names}
	rows := make([][]any, len(list))
	for i, d := range list {
		rows[i] = []any{d.Key(), d.Requests, share(d), d.Addresses, d.Categories, strings.Join(d.Examples, b.T("export.comma")), export.When(b, d.Found), p.decided(d)}
	}
	return export.Rows(export.Columns("point", "requests", "share", "addresses", "matters", "examples", "at", "verdict"), "", rows), err
}

// pointItem is a point as a program reads it.
type pointItem struct {
	Key        string     `json:"key"`
	Rev        int64      `json:"rev"`
	Lat        float64    `json:"lat"`
	Lng        float64    `json:"lng"`
	Requests   int64      `json:"requests"`
	Among      int64      `json:"among"`
	Share      float64    `json:"share"`
	Addresses  int64      `json:"addresses"`
	Categories int64      `json:"categories"`
	Examples   []string   `json:"examples"`
	FoundAt    time.Time  `json:"found_at"`
	Verdict    string     `json:"verdict"`
	DecidedAt  *time.Time `json:"decided_at,omitempty"`
}

type pointsItem struct {
	Points []pointItem `json:"points"`
}

func (s *Service) apiPoints(ctx context.Context, _ *struct{}) (out pointsItem, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		list, err := place.Defaults(tx)
		for _, d := range list {
			out.Points = append(out.Points, pointItem{d.Key(), d.Rev, d.Point.Lat, d.Point.Lng, d.Requests, d.Among, d.Share(), d.Addresses, d.Categories, d.Examples,
				d.Found.UTC(), d.Verdict, moment(d.Decided)})
		}
		return err
	})
	return out, err
}

type decidePointIn struct {
	Key  string `path:"key" maxLength:"60"`
	Body struct {
		Default bool  `json:"default"`
		Rev     int64 `json:"rev"`
	}
}

func (s *Service) apiDecidePoint(ctx context.Context, in *decidePointIn) (api.None, error) {
	return api.None{}, s.DecidePoint(ctx, actor.From(ctx), DecidePoint{in.Key, in.Body.Default, in.Body.Rev})
}

// spelled is a count as people read it.
func spelled(n int64) string { return locale.Count(int(n)) }
