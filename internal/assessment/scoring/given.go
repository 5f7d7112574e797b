package scoring

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/score"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// given is a figure of an item that no rate of the program fills: a bonus, a
// judgement, a count that somebody keeps elsewhere.
type given struct {
	Value  string
	Reason string
	rev    int64
}

// givens are the figures of a month by unit and item.
func givens(tx *sqldb.Tx, month string) (map[string]map[string]score.Num, error) {
	rows, err := tx.Query(`select unit_id, item, value from assessment_given where month = $1`, month)
	if err != nil {
		return nil, fmt.Errorf("given figures of %s: %w", month, err)
	}
	defer rows.Close()
	out := map[string]map[string]score.Num{}
	for rows.Next() {
		var unit, item, value string
		if err := rows.Scan(&unit, &item, &value); err != nil {
			return nil, err
		}
		n, err := score.ParseNum(value)
		if err != nil {
			return nil, err
		}
		if out[unit] == nil {
			out[unit] = map[string]score.Num{}
		}
		out[unit][item] = n
	}
	return out, rows.Err()
}

// Give sets the figure of an item of a unit for a month, with the reason for it;
// without a value it is taken away. The scheme in force decides what it can be.
type Give struct {
	Month, Unit, Item string
	Value, Reason     string
}

// Give is GiveTx in a unit of work of its own.
func (s *Service) Give(ctx context.Context, a actor.Actor, c Give) error {
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error { return s.GiveTx(tx, a, c) })
}

// GiveTx sets it.
func (s *Service) GiveTx(tx *sqldb.Tx, a actor.Actor, c Give) error {
	if err := actor.Can(a, "assessment.give"); err != nil {
		return err
	}
	span, err := s.span(tx, c.Month)
	if err != nil {
		return err
	}
	if _, err := actor.FindUnit(tx, c.Unit); err != nil {
		return err
	}
	v, ok, err := InForce(tx, span.Name)
	if err != nil {
		return err
	}
	if err := c.check(v, ok); err != nil {
		return err
	}
	was, err := findGiven(tx, span.Name, c)
	if err != nil {
		return err
	}
	return keepGiven(tx, a, span.Name, c, was)
}

// check refuses what the scheme has no place for.
func (c *Give) check(v Version, inForce bool) error {
	var f fault.Fields
	if c.Value, c.Reason = strings.TrimSpace(c.Value), strings.TrimSpace(c.Reason); !inForce || !slices.Contains(byHand(v.Scheme), c.Item) {
		f.Add("item", "scoring.which_item")
	} else if c.Value != "" {
		n, err := score.ParseNum(c.Value)
		if err == nil {
			err = v.Scheme.Takes(c.Item, n)
		}
		if key, args := fault.KeyOf(err); err != nil {
			f.Add("value", key, args...)
		}
		c.Value = n.String()
	}
	if len([]rune(c.Reason)) < 2 || len([]rune(c.Reason)) > 500 {
		f.Add("reason", "scoring.why_given")
	}
	return f.Err()
}

// byHand are the codes of the items and parts that people fill.
func byHand(s *score.Scheme) []string {
	var out []string
	for _, it := range s.Items {
		if len(it.Parts) == 0 && it.Rate == "" && it.Kind != score.Fixed {
			out = append(out, it.Code)
		}
		for _, p := range it.Parts {
			if p.Rate == "" {
				out = append(out, p.Code)
			}
		}
	}
	return out
}

func findGiven(tx *sqldb.Tx, month string, c Give) (g given, err error) {
	const q = `select value, reason, rev from assessment_given where month = $1 and unit_id = $2 and item = $3`
	err = tx.QueryRow(q, month, c.Unit, c.Item).Scan(&g.Value, &g.Reason, &g.rev)
	if errors.Is(err, sql.ErrNoRows) {
		return given{}, nil
	}
	return g, err
}

func keepGiven(tx *sqldb.Tx, a actor.Actor, month string, c Give, was given) error {
	const put = `insert into assessment_given(month, unit_id, item, value, reason, rev, at, actor) values ($1, $2, $3, $4, $5, $6, $7, $8)
		on conflict (month, unit_id, item) do update set value = excluded.value, reason = excluded.reason, rev = excluded.rev, at = excluded.at, actor = excluded.actor`
	now := given{c.Value, c.Reason, was.rev + 1}
	err := tx.Exec(put, month, c.Unit, c.Item, c.Value, c.Reason, now.rev, tx.Now.UnixMicro(), a.HistoryID())
	if c.Value == "" {
		err = tx.Exec(`delete from assessment_given where month = $1 and unit_id = $2 and item = $3`, month, c.Unit, c.Item)
	}
	if err != nil {
		return fmt.Errorf("give %s of %s: %w", c.Item, c.Unit, err)
	}
	return catalog.Revise(tx, a.HistoryID(), "score", strings.Join([]string{month, c.Unit, c.Item}, "/"), now.rev, was, now)
}

func (s *Service) postGiven(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	c := Give{Month: v.String("month", 7), Unit: r.PathValue("unit"), Item: v.String("item", 60), Value: v.String("value", 40), Reason: v.String("reason", 500)}
	if err = v.Err(); err == nil {
		err = s.Give(r.Context(), actor.From(r.Context()), c)
	}
	if fault.KindOf(err) == fault.Invalid {
		return s.drawUnit(w, r, web.Status(err), c, err)
	}
	if err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "scoring.given_kept")
	return web.See(w, r, "/scores/"+c.Unit+"?month="+c.Month)
}

// handOptions are the items that people fill.
func (p *leaguePage) handOptions() []page.Option {
	var out []page.Option
	s := p.L.Version.Scheme
	for _, code := range byHand(s) {
		out = append(out, page.Option{Value: code, Label: s.NameOf(code), Selected: code == p.Typed.Item})
	}
	return out
}
