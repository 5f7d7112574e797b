package exclusion

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/photo"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// Ask is a unit's wish to leave a request out of rates, or its appeal against a
// rating or a count: the ground says which.
type Ask struct {
	ID      matter.ID
	Version int64
	Ground  string
	Reason  string
	Proof   []request.File // pictures that are already made safe and kept
}

type askBody struct {
	Exclusion string   `json:"exclusion"`
	Kind      string   `json:"kind"`
	Ground    string   `json:"ground"`
	Rev       int64    `json:"rev"`
	Rates     []string `json:"rates"`
	Unit      string   `json:"unit"`
}

// AskTx asks. A unit asks about requests that it has or had as lead, once for
// each kind, while they are open and some days after.
func (s *Service) AskTx(tx *sqldb.Tx, a actor.Actor, c Ask) error {
	o, err := load(tx, a, "assessment.exclusion_ask", c.ID, c.Version)
	if err != nil {
		return err
	}
	t, err := led(tx, a, o)
	if err != nil {
		return err
	}
	g, err := s.check(tx, o, c)
	if err != nil {
		return err
	}
	if err := s.open(tx, o, t.Unit, g.Kind); err != nil {
		return err
	}
	x := Exclusion{ID: id.New(tx.Now), Matter: o.ID, Unit: t.Unit, Kind: g.Kind, Ground: g.Code, GroundName: g.Name, GroundRev: g.Rev, Rates: g.Rates,
		AskedBy: a.HistoryID(), DueAt: s.limit(tx.Now, setDecide, usualDecide)}
	err = o.Record(tx, a, request.Deed{Name: request.DeedExclusionAsked, Body: askBody{x.ID, g.Kind, g.Code, g.Rev, g.Rates, t.Unit},
		Notes: []request.Note{{Kind: "reason", Text: g.Name + "：" + c.Reason}}})
	if err != nil {
		return err
	}
	for _, f := range c.Proof { // at most a handful
		f.Matter, f.Seq, f.Kind, f.Audience = o.ID, o.Version, "evidence", request.Internal
		if _, err := request.AddFile(tx, f); err != nil {
			return err
		}
	}
	x.Seq = o.Version
	return x.insert(tx)
}

// led is the latest task by which the actor's unit led the request.
func led(tx *sqldb.Tx, a actor.Actor, o *request.Order) (request.Task, error) {
	tasks, err := request.Tasks(tx, o.ID)
	if err != nil {
		return request.Task{}, err
	}
	units, err := actor.Units(tx)
	if err != nil {
		return request.Task{}, err
	}
	path := map[string]string{}
	for _, u := range units {
		path[u.ID] = u.Path
	}
	for _, t := range slices.Backward(tasks) {
		if t.Lead && (a.ID == actor.SystemID || a.UnitID == t.Unit || request.Within(a, path[t.Unit])) {
			return t, nil
		}
	}
	return request.Task{}, fault.New(fault.Denied, "exclusion.not_yours", nil)
}

func (s *Service) check(tx *sqldb.Tx, o *request.Order, c Ask) (catalog.Ground, error) {
	var f fault.Fields
	sentence(&f, "exclusion.reason", c.Reason, "exclusion.reason_missing")
	g, err := catalog.FindGround(tx, c.Ground)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		f.Add("exclusion.ground", "exclusion.ground_missing")
	case err != nil:
		return g, err
	case g.Proof && len(c.Proof) == 0:
		f.Add("exclusion.proof", "exclusion.proof_missing")
	}
	if err := f.Err(); err != nil {
		return g, err
	}
	if !o.Open && tx.Now.After(s.limit(o.ClosedAt, setAsk, usualAsk)) {
		return g, fault.New(fault.Conflict, "exclusion.too_late", nil, s.Catalog.Book().Settings.Int(setAsk, usualAsk))
	}
	if !request.Life.Allows(o.State, request.DeedExclusionAsked) {
		return g, fault.New(fault.Conflict, "matter.not_in_this_state", nil)
	}
	return g, nil
}

// open refuses a second application of the same unit for the same thing.
func (s *Service) open(tx *sqldb.Tx, o *request.Order, unit, kind string) error {
	list, err := Of(tx, o.ID)
	if err == nil && slices.ContainsFunc(list, func(x Exclusion) bool { return x.Unit == unit && x.Kind == kind }) {
		err = fault.New(fault.Conflict, "exclusion.asked_already", nil)
	}
	return err
}

func (x Exclusion) insert(tx *sqldb.Tx) error {
	const q = `insert into assessment_exclusion(id, matter_id, unit_id, kind, ground, ground_name, ground_rev, rates, state, open, asked_seq, asked_at, asked_by, due_at,
		decided_by, decided, appealed_by, final_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '', '', '', '')`
	return tx.Exec(q, x.ID, x.Matter, x.Unit, x.Kind, x.Ground, x.GroundName, x.GroundRev, strings.Join(x.Rates, ","), Asked, true, x.Seq, tx.Now.UnixMicro(), x.AskedBy, x.DueAt.UnixMicro())
}

// mostProof is how many pictures an application takes.
const mostProof = 6

// keep makes pictures safe and stores them, before any unit of work begins.
func (s *Service) keep(ctx context.Context, files []web.File) ([]request.File, error) {
	var out []request.File
	for _, f := range files {
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		img, err := photo.Clean(ctx, r, photo.Limits{Zone: s.Catalog.Book().Calendar.Zone})
		if err = errors.Join(err, r.Close()); err != nil {
			return nil, err
		}
		kept := request.File{Width: img.W, Height: img.H}
		if kept.Hash, _, err = s.Blobs.Put(ctx, bytes.NewReader(img.JPEG)); err != nil {
			return nil, err
		}
		if kept.Thumb, _, err = s.Blobs.Put(ctx, bytes.NewReader(img.Thumb)); err != nil {
			return nil, err
		}
		out = append(out, kept)
	}
	return out, nil
}
