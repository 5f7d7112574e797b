package advice

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"gongzhi/internal/actor"
	"gongzhi/internal/classifier"
	"gongzhi/internal/fault"
	"gongzhi/internal/job"
	"gongzhi/internal/sqldb"
)

// TrainJob learns anew from all that was decided.
const TrainJob = "advice/train"

// DropJob ends the direct dispatch of categories that have sunk.
const DropJob = "advice/drop"

// When it is worth learning anew: after the first dozen decisions, then when a
// fifth more have been made. Before the first decision there must be texts to
// learn the city's language from.
const (
	firstDozen  = 12
	fewestTexts = 50
	growth      = 1.2
)

// Sweep asks for a new model when there is enough new to learn from, and ends
// the shadow of one that has been compared long enough.
func (a *Advisor) Sweep(ctx context.Context) error {
	changed := false
	err := a.DB.Update(ctx, func(tx *sqldb.Tx) error {
		var err error
		if changed, err = a.compare(tx); err != nil {
			return err
		}
		due, from, err := worthLearning(tx)
		if err != nil || !due {
			return err
		}
		return job.Enqueue(tx, TrainJob, strconv.FormatInt(from, 10), struct{}{}, tx.Now)
	})
	if err != nil || !changed {
		return err
	}
	return a.Reload(ctx)
}

// worthLearning also says from how many decisions.
func worthLearning(tx *sqldb.Tx) (bool, int64, error) {
	var decided, texts, learnt, models, shadows int64
	const q = `select (select count(*) from advice_case where decided_at > 0), (select count(*) from (select 1 from matter where kind = 'request' limit 50) t),
		coalesce((select max(decided) from advice_model), 0), (select count(*) from advice_model),
		(select count(*) from advice_model where state = 'shadow')`
	if err := tx.QueryRow(q).Scan(&decided, &texts, &learnt, &models, &shadows); err != nil {
		return false, 0, fmt.Errorf("count decisions: %w", err)
	}
	if models == 0 {
		return texts >= fewestTexts, decided, nil
	}
	return shadows == 0 && decided >= firstDozen && float64(decided) >= growth*float64(learnt), decided, nil
}

// Train learns all subjects anew. A subject for which too little is known yet is
// left as it is.
func (a *Advisor) Train(ctx context.Context, _ job.Job) error {
	var all map[string]corpus
	err := a.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		all, err = a.corpora(tx)
		return err
	})
	if err != nil {
		return err
	}
	var texts []classifier.Doc
	for _, e := range slices.Concat(all[Category].examples, all[Category].names, all[Unit].examples) {
		texts = append(texts, e.Doc)
	}
	language := classifier.Read(append(texts, all[Category].more...))
	for _, s := range subjects {
		c := all[s]
		m, err := language.Train(slices.Concat(c.examples, c.names), a.path(s))
		if fault.KindOf(err) == fault.Invalid {
			continue
		}
		if err != nil {
			return err
		}
		steps, err := curve(language, c, a.path(s))
		if err != nil {
			return err
		}
		if err := a.DB.Update(ctx, func(tx *sqldb.Tx) error { return keep(tx, s, c, m, steps) }); err != nil {
			return err
		}
	}
	return a.Reload(ctx)
}

// How many decisions a shadow is compared on before it is judged.
const (
	fewestJudged = 30
	mostJudged   = 500
)

// compare puts a shadow in force that named more decisions rightly than the model
// in force did, and refuses one that did not.
func (a *Advisor) compare(tx *sqldb.Tx) (changed bool, err error) {
	all, err := Versions(tx)
	if err != nil {
		return false, err
	}
	for _, v := range all {
		if v.State != Shadow || v.Judged < min(max(v.Examples/10, fewestJudged), mostJudged) {
			continue
		}
		changed = true
		if v.NewRight > v.OldRight {
			err = enthrone(tx, v.Subject, v.ID, actor.SystemID)
		} else {
			err = tx.Exec(`update advice_model set state = 'refused', changed_at = $1 where id = $2`, tx.Now.UnixMicro(), v.ID)
		}
		if err != nil {
			return false, fmt.Errorf("end the comparison of %s: %w", v.ID, err)
		}
	}
	return changed, nil
}
