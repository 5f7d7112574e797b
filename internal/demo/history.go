package demo

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/app"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/demo/content"
	"gongzhi/internal/demo/geography"
	"gongzhi/internal/id"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// history makes requests one after the other, each taken through its life by
// the same verbs that pages use, at the times it would have had.
type history struct {
	*City
	app   *app.App
	rng   *rand.Rand
	book  *catalog.Book
	cal   *calendar.Calendar
	plan  Plan
	staff map[actor.Role][]actor.Actor
	units map[string]actor.Unit
	desk  map[string]actor.Actor // by unit: who signs there
	names map[string]string      // of areas by code
	past  []spot                 // where something was reported before
}

// spot is a place and a leaf that may be reported again.
type spot struct {
	at   geography.Address
	leaf content.Category
	kind string
	open string // number of a request about it that may be open
}

func newHistory(ctx context.Context, c *City, a *app.App, p Plan) (*history, error) {
	h := &history{City: c, app: a, rng: rand.New(rand.NewPCG(p.Seed, 0x676f6e67)), book: a.Catalog.Book(), plan: p,
		staff: map[actor.Role][]actor.Actor{}, units: map[string]actor.Unit{}, desk: map[string]actor.Actor{}, names: map[string]string{}}
	h.cal = h.book.Calendar
	for _, list := range [][]geography.Area{c.Land.Districts, c.Land.Streets, c.Land.Communities} {
		for _, area := range list {
			h.names[area.Code] = area.Name
		}
	}
	return h, a.DB.View(ctx, h.people)
}

// people reads who can act. A unit without an account of its own acts by its
// duty desk.
func (h *history) people(tx *sqldb.Tx) error {
	units, err := actor.Units(tx)
	if err != nil {
		return err
	}
	for _, u := range units {
		h.units[u.ID] = u
		h.desk[u.ID] = actor.Actor{ID: "duty-" + u.ID, Roles: []actor.Role{actor.Clerk, actor.Lead}, UnitID: u.ID, UnitName: u.Name, UnitPath: u.Path, UnitKind: u.Kind, UnitArea: u.Area}
	}
	all, err := actor.AllStaff(tx)
	for _, s := range all {
		u := h.units[s.UnitID]
		who := actor.Actor{ID: s.ID, Login: s.Login, Name: s.Name, Number: s.Number, Roles: s.Roles, UnitID: u.ID, UnitName: u.Name, UnitPath: u.Path, UnitKind: u.Kind, UnitArea: u.Area}
		for _, r := range s.Roles {
			h.staff[r] = append(h.staff[r], who)
			if r == actor.Clerk {
				h.desk[u.ID] = who
			}
		}
	}
	return err
}

func (h *history) one(role actor.Role) actor.Actor {
	return h.staff[role][h.rng.IntN(len(h.staff[role]))]
}

// run makes the days of the plan.
func (h *history) run(ctx context.Context, progress func(done, of int)) error {
	last := h.midnight(h.plan.Until)
	weights, total := make([]float64, h.plan.Days), 0.0
	for i := range weights {
		weights[i] = h.busy(last.AddDate(0, 0, i-h.plan.Days+1), i)
		total += weights[i]
	}
	// A storm: two days of almost double, and the days around it above the mean.
	done := 0
	for i, w := range weights {
		day := last.AddDate(0, 0, i-h.plan.Days+1)
		count := int(math.Round(float64(h.plan.Requests) * w / total))
		if err := h.day(ctx, day, count, h.stormy(i)); err != nil {
			return fmt.Errorf("the day %s: %w", day.Format(time.DateOnly), err)
		}
		done += count
		if progress != nil && i%15 == 14 {
			progress(done, h.plan.Requests)
		}
	}
	return nil
}

func (h *history) midnight(t time.Time) time.Time {
	t = t.In(h.cal.Zone)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, h.cal.Zone)
}

// stormy days lie a month back: heavy rain for two days.
func (h *history) stormy(i int) bool { return i == h.plan.Days-31 || i == h.plan.Days-30 }

func (h *history) busy(day time.Time, i int) float64 {
	w := content.WeekdayFactors[day.Weekday()]
	if worked, known := h.cal.Days[h.cal.DayOf(day)]; known {
		w = content.HolidayFactor
		if worked {
			w = 1
		}
	}
	switch since := i - (h.plan.Days - 31); {
	case since == 0:
		w *= content.StormDay
	case since > 0 && since < 5:
		w *= content.StormDays
	}
	return w * (0.94 + 0.12*h.rng.Float64())
}

func (h *history) day(ctx context.Context, day time.Time, count int, storm bool) error {
	moments := make([]time.Duration, count)
	for i := range moments {
		moments[i] = content.Moment(h.rng)
	}
	slices.Sort(moments)
	var last int64
	name := day.Format("060102")
	err := h.app.DB.Update(ctx, func(tx *sqldb.Tx) (err error) {
		last, err = request.TakeNumbers(tx, name, int64(count))
		return err
	})
	if err != nil {
		return err
	}
	for i, m := range moments {
		at := day.Add(m)
		if at.After(h.plan.Until) {
			break
		}
		number := id.Number(day, last-int64(count)+int64(i)+1)
		l := h.birth(at, number, storm)
		if err := h.app.DB.Update(ctx, l.live); err != nil {
			return fmt.Errorf("request %s (%s): %w", number, l.leaf.Name, err)
		}
		l.remember()
	}
	return nil
}
