package assessment

import (
	"context"
	"fmt"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Levels to which a request may be lifted.
var Levels = []string{"district", "city"}

// Supervise 督办: the supervisor demands something of a unit by a date (济南市
// 12345市民服务热线条例 第二十八条).
type Supervise struct {
	ID          matter.ID
	Version     int64
	Instruction string
	Due         time.Time
	Unit        string // "" the unit that leads
}

type demandBody struct {
	Unit  string `json:"unit"`
	Level string `json:"level,omitempty"`
	Due   int64  `json:"due,omitempty"`
}

// Supervise is SuperviseTx in a unit of work of its own.
func (s *Service) Supervise(ctx context.Context, a actor.Actor, c Supervise) error {
	return update(ctx, s, a, c, s.SuperviseTx)
}

// SuperviseTx records the demand.
func (s *Service) SuperviseTx(tx *sqldb.Tx, a actor.Actor, c Supervise) error {
	o, err := load(tx, a, "assessment.supervise", c.ID, c.Version)
	if err != nil {
		return err
	}
	if err := in(o, request.DeedSupervised); err != nil {
		return err
	}
	var f fault.Fields
	sentence(&f, "supervise.instruction", c.Instruction, "assessment.instruction_missing")
	if !c.Due.After(tx.Now) {
		f.Add("supervise.due", "assessment.due_past")
	}
	if c.Unit == "" {
		c.Unit = o.Unit
	}
	if c.Unit != "" {
		if _, err := actor.FindUnit(tx, c.Unit); err != nil {
			f.Add("supervise.unit", "assessment.unit_unknown")
		}
	}
	if err := f.Err(); err != nil {
		return err
	}
	d := request.Deed{Name: request.DeedSupervised, Body: demandBody{Unit: c.Unit, Due: c.Due.UnixMicro()}, Notes: []request.Note{{Kind: "instruction", Text: c.Instruction}}}
	return demand(tx, a, o, d, "supervised", demandBody{Unit: c.Unit, Due: c.Due.UnixMicro()})
}

// Escalate 提级: the unit cannot coordinate it, so a higher level takes it in
// hand (北京市接诉即办工作条例 第二十条).
type Escalate struct {
	ID          matter.ID
	Version     int64
	Level       string // Levels
	Instruction string
}

// Escalate is EscalateTx in a unit of work of its own.
func (s *Service) Escalate(ctx context.Context, a actor.Actor, c Escalate) error {
	return update(ctx, s, a, c, s.EscalateTx)
}

// EscalateTx records it.
func (s *Service) EscalateTx(tx *sqldb.Tx, a actor.Actor, c Escalate) error {
	o, err := load(tx, a, "assessment.supervise", c.ID, c.Version)
	if err != nil {
		return err
	}
	if err := in(o, request.DeedEscalated); err != nil {
		return err
	}
	var f fault.Fields
	if !request.Known(Levels, c.Level) {
		f.Add("escalate.level", "assessment.choose_one")
	}
	sentence(&f, "escalate.instruction", c.Instruction, "assessment.instruction_missing")
	if err := f.Err(); err != nil {
		return err
	}
	body := demandBody{Unit: o.Unit, Level: c.Level}
	return demand(tx, a, o, request.Deed{Name: request.DeedEscalated, Body: body, Notes: []request.Note{{Kind: "instruction", Text: c.Instruction}}}, "escalated", body)
}

// demand writes the deed, the mark that lists show, and the demand itself.
func demand(tx *sqldb.Tx, a actor.Actor, o *request.Order, d request.Deed, kind string, b demandBody) error {
	if err := o.Record(tx, a, d); err != nil {
		return err
	}
	if err := request.Flag(tx, o.ID, kind, a.HistoryID()); err != nil {
		return err
	}
	var due any
	if b.Due != 0 {
		due = b.Due
	}
	const q = `insert into assessment_supervision(id, matter_id, kind, level, unit_id, due_at, open, at, actor) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	if err := tx.Exec(q, id.New(tx.Now), o.ID, kind, b.Level, b.Unit, due, true, tx.Now.UnixMicro(), a.HistoryID()); err != nil {
		return fmt.Errorf("%s %s: %w", kind, o.ID, err)
	}
	return nil
}

// Release 解除督办: what was demanded is met, or no longer needed.
type Release struct {
	ID      matter.ID
	Version int64
	Remark  string
}

type releaseBody struct {
	Released bool `json:"released"`
}

// Release is ReleaseTx in a unit of work of its own.
func (s *Service) Release(ctx context.Context, a actor.Actor, c Release) error {
	return update(ctx, s, a, c, s.ReleaseTx)
}

// ReleaseTx ends all demands on a request and takes their marks away.
func (s *Service) ReleaseTx(tx *sqldb.Tx, a actor.Actor, c Release) error {
	o, err := load(tx, a, "assessment.supervise", c.ID, c.Version)
	if err != nil {
		return err
	}
	var f fault.Fields
	sentence(&f, "release.remark", c.Remark, "assessment.reason_missing")
	if err := f.Err(); err != nil {
		return err
	}
	marked, err := supervised(tx, o.ID)
	if err != nil {
		return err
	}
	if !marked {
		return fault.New(fault.Conflict, "assessment.not_supervised", nil)
	}
	err = o.Record(tx, a, request.Deed{Name: request.DeedNoted, Body: releaseBody{true}, Notes: []request.Note{{Kind: "remark", Text: c.Remark}}})
	if err != nil {
		return err
	}
	for _, kind := range []string{"supervised", "escalated"} {
		if err := request.Unflag(tx, o.ID, kind); err != nil {
			return err
		}
	}
	return tx.Exec(`update assessment_supervision set open = $1, ended_at = $2 where matter_id = $3 and open`, false, tx.Now.UnixMicro(), o.ID)
}

// supervised reports whether a request is marked as supervised or escalated.
func supervised(tx *sqldb.Tx, m matter.ID) (bool, error) {
	var n int64
	const q = `select cast(count(*) as bigint) from request_flag where matter_id = $1 and kind in ('supervised', 'escalated')`
	if err := tx.QueryRow(q, m).Scan(&n); err != nil {
		return false, fmt.Errorf("marks of %s: %w", m, err)
	}
	return n > 0, nil
}
