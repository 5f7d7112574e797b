package advice

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/classifier"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/sqldb"
)

// States of a model.
const (
	Shadow  = "shadow"   // proposes in silence and is compared
	InForce = "in_force" // its proposals are shown
	Retired = "retired"  // was in force, can be again
	Refused = "refused"  // was not better
)

// Version is one model and what is known of it. NewRight and OldRight are how
// many of the Judged decisions, made after it was trained, it and the model then
// in force had named first.
type Version struct {
	ID        string
	Subject   string
	State     string
	MadeAt    time.Time
	ChangedAt time.Time
	ChangedBy string
	Examples  int64
	Texts     int64
	Judged    int64
	NewRight  int64
	OldRight  int64
	Kept      bool // its content is still there
}

// kept is how many models of a subject are kept for going back.
const kept = 6

// Versions are the models of all subjects, the newest first.
func Versions(tx *sqldb.Tx) ([]Version, error) {
	rows, err := tx.Query(`select id, subject, state, made_at, changed_at, changed_by, examples, texts, judged, right_new, right_old, length(content) > 0
		from advice_model order by subject, made_at desc, id desc`)
	if err != nil {
		return nil, fmt.Errorf("list models: %w", err)
	}
	defer rows.Close()
	var out []Version
	for rows.Next() {
		var v Version
		var made, changed int64
		if err := rows.Scan(&v.ID, &v.Subject, &v.State, &made, &changed, &v.ChangedBy, &v.Examples, &v.Texts, &v.Judged, &v.NewRight, &v.OldRight, &v.Kept); err != nil {
			return nil, fmt.Errorf("list models: %w", err)
		}
		v.MadeAt, v.ChangedAt = sqldb.FromMicros(made), sqldb.FromMicros(changed)
		out = append(out, v)
	}
	return out, rows.Err()
}

// keep stores a model that has just been trained. The first of a subject is in
// force at once, a later one in the shadow; an earlier shadow is refused.
func keep(tx *sqldb.Tx, subject string, c corpus, m *classifier.Model, steps []Point) error {
	var b bytes.Buffer
	if err := m.Encode(&b); err != nil {
		return err
	}
	var force int
	if err := tx.QueryRow(`select count(*) from advice_model where subject = $1 and state = 'in_force'`, subject).Scan(&force); err != nil {
		return fmt.Errorf("count models: %w", err)
	}
	state := Shadow
	if force == 0 {
		state = InForce
	}
	now, model := tx.Now.UnixMicro(), id.New(tx.Now)
	if err := tx.Exec(`update advice_model set state = 'refused', changed_at = $1 where subject = $2 and state = 'shadow'`, now, subject); err != nil {
		return fmt.Errorf("end the shadow: %w", err)
	}
	const q = `insert into advice_model(id, subject, state, made_at, changed_at, changed_by, decided, examples, texts, judged, right_new, right_old, content)
		values ($1, $2, $3, $4, $4, $5, $6, $7, $8, 0, 0, 0, $9)`
	if err := tx.Exec(q, model, subject, state, now, actor.SystemID, c.decided, len(c.examples)+len(c.names), len(c.more), b.Bytes()); err != nil {
		return fmt.Errorf("keep model of %s: %w", subject, err)
	}
	if err := keepCurve(tx, model, steps); err != nil {
		return err
	}
	const old = `update advice_model set content = $3 where subject = $1 and state in ('retired', 'refused') and length(content) > 0 and id not in (
		select id from advice_model where subject = $1 order by made_at desc, id desc limit $2)`
	if err := tx.Exec(old, subject, kept, []byte{}); err != nil {
		return fmt.Errorf("let old models go: %w", err)
	}
	return nil
}

// enthrone puts a model in force and retires the one before.
func enthrone(tx *sqldb.Tx, subject, model, by string) error {
	now := tx.Now.UnixMicro()
	if err := tx.Exec(`update advice_model set state = 'retired', changed_at = $1, changed_by = $2 where subject = $3 and state = 'in_force'`, now, by, subject); err != nil {
		return fmt.Errorf("retire model: %w", err)
	}
	if err := tx.Exec(`update advice_model set state = 'in_force', changed_at = $1, changed_by = $2 where id = $3`, now, by, model); err != nil {
		return fmt.Errorf("put model in force: %w", err)
	}
	return nil
}

// Choose puts a version in force: the way back, in one step.
func (a *Advisor) Choose(ctx context.Context, who actor.Actor, model string) error {
	if err := actor.Can(who, "advice.choose"); err != nil {
		return err
	}
	err := a.DB.Update(ctx, func(tx *sqldb.Tx) error {
		var subject, state string
		var size int64
		err := tx.QueryRow(`select subject, state, length(content) from advice_model where id = $1`, model).Scan(&subject, &state, &size)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return fault.New(fault.NotFound, "advice.no_model", err)
		case err != nil:
			return fmt.Errorf("find model: %w", err)
		case size == 0:
			return fault.New(fault.Conflict, "advice.model_gone", nil)
		case state == InForce:
			return nil
		}
		if err := enthrone(tx, subject, model, who.ID); err != nil {
			return err
		}
		return actor.Deed(tx, who, "advice.choose", model, subject)
	})
	if err != nil {
		return err
	}
	return a.Reload(ctx)
}
