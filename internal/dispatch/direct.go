package dispatch

import (
	"context"
	"slices"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/advice"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// directBatch is how many requests are read at once on the look for those that
// need no person.
const directBatch = 50

// SendDirect dispatches what may go without a person: of categories that the
// city allowed, proposed surely, with a line of the duty list that names the
// lead, and nothing about it that a person should see first.
func (s *Service) SendDirect(ctx context.Context) error {
	after := matter.ID("")
	for {
		var ids, certain []matter.ID
		err := s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
			if ids, err = advice.DirectReady(tx, after, directBatch); err != nil || len(ids) == 0 {
				return err
			}
			certain, err = s.plain(tx, ids)
			return err
		})
		if err != nil {
			return err
		}
		for _, m := range certain {
			if err := s.sendDirect(ctx, m); err != nil {
				return err
			}
		}
		if len(ids) < directBatch {
			return nil
		}
		after = ids[len(ids)-1]
	}
}

// plain are those of the requests that no person needs to see first.
func (s *Service) plain(tx *sqldb.Tx, ids []matter.ID) ([]matter.ID, error) {
	orders, err := request.Orders(tx, ids)
	if err != nil {
		return nil, err
	}
	p, err := s.proposer(tx, orders...)
	if err != nil {
		return nil, err
	}
	var out []matter.ID
	for _, o := range orders {
		if p.plain(o) {
			out = append(out, o.ID)
		}
	}
	return out, nil
}

func (p *proposer) plain(o *request.Order) bool {
	return p.propose(o).Certain() && len(p.pleas[o.ID]) == 0 && len(p.subjects[o.ID]) == 0 && p.talks[o.ID] == nil && !p.alarms[o.ID].Live()
}

// sendDirect dispatches one request. Everything is looked at again under its
// lock: another process, or a person, may have been quicker. What is refused
// waits for a person.
func (s *Service) sendDirect(ctx context.Context, m matter.ID) error {
	err := s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		o, err := request.Load(tx, actor.System, m, 0)
		if err != nil {
			return err
		}
		return s.sendDirectTx(tx, o)
	})
	switch fault.KindOf(err) {
	case fault.Conflict, fault.Invalid, fault.NotFound:
		return nil
	}
	return err
}

func (s *Service) sendDirectTx(tx *sqldb.Tx, o *request.Order) error {
	c, ok, err := advice.CaseOf(tx, o.ID)
	if err != nil || !ok || c.Direct || c.Category != o.Category || o.State != request.ToDispatch {
		return err
	}
	if may, err := advice.MayDirect(tx, o.Category); err != nil || !may {
		return err
	}
	list, err := s.plain(tx, []matter.ID{o.ID})
	if err != nil || len(list) == 0 {
		return err
	}
	twins, err := request.Similar(tx, actor.System, likeness(o))
	if err != nil || slices.ContainsFunc(twins, sameMatter) {
		return err
	}
	if err := s.SendOrderTx(tx, actor.System, o, Send{direct: directWords(c)}); err != nil {
		return err
	}
	if err := request.Flag(tx, o.ID, request.FlagDirect, actor.SystemID); err != nil {
		return err
	}
	return advice.NoteDirect(tx, o.ID)
}

// directWords say on the history why no person was asked.
func directWords(c advice.Case) string {
	if len(c.Words) == 0 {
		return say("dispatch.direct_note", percent(c.Share))
	}
	return say("dispatch.direct_note_words", percent(c.Share), strings.Join(c.Words, "”“"))
}

// Twins that a person should see first: in like words anywhere, or of the same
// category as near as this.
const (
	twinWords  = 0.4
	twinMetres = 300
)

func sameMatter(t request.Twin) bool {
	return t.Alike >= twinWords || t.SameCategory && t.Metres >= 0 && t.Metres <= twinMetres
}
