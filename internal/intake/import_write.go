package intake

import (
	"fmt"
	"time"

	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// write registers the new rows of a chunk, each at the time when it was
// received, and links those that repeat another.
func (im *importing) write(tx *sqldb.Tx, list []*arrival, there map[string]string) error {
	if len(list) == 0 {
		return nil
	}
	numbers, err := im.numbers(tx, list)
	if err != nil {
		return err
	}
	past := make([]request.Past, len(list))
	for i, x := range list {
		past[i] = im.past(x, numbers[i])
		there[x.source] = string(past[i].ID)
	}
	if err := request.CreateAll(tx, im.s.Vault, im.who, past); err != nil {
		return fmt.Errorf("import rows %d to %d: %w", list[0].row, list[len(list)-1].row, err)
	}
	for i, x := range list {
		if first := there[x.repeatOf]; x.repeatOf != "" && first != "" {
			if err := matter.Link(tx, past[i].ID, "same", matter.ID(first)); err != nil {
				return err
			}
		}
		if past[i].Unit == "" {
			continue
		}
		if err := im.handledBy(tx, past[i]); err != nil {
			return fmt.Errorf("import row %d: %w", x.row, err)
		}
	}
	return nil
}

// numbers takes the numbers of a chunk at once, by the day of receipt.
func (im *importing) numbers(tx *sqldb.Tx, list []*arrival) ([]string, error) {
	zone := im.s.Catalog.Book().Calendar.Zone
	if zone == nil {
		zone = time.UTC
	}
	counts := map[string]int64{}
	for _, x := range list {
		counts[x.received.In(zone).Format("060102")]++
	}
	next, err := request.TakeDays(tx, counts)
	if err != nil {
		return nil, err
	}
	for day, n := range counts {
		next[day] -= n
	}
	out := make([]string, len(list))
	for i, x := range list {
		day := x.received.In(zone)
		key := day.Format("060102")
		next[key]++
		out[i] = id.Number(day, next[key])
	}
	return out, nil
}

// fresh is how old an imported request may be and still be taken for what
// happens now.
const fresh = 24 * time.Hour

// past is the request that a row becomes.
func (im *importing) past(x *arrival, number string) request.Past {
	x.report.Old = x.status != statusOpen || im.now.Sub(x.received) > fresh
	p := request.Past{Draft: im.s.draftOf(im.dueFrom(x), x.report, Receipt{ID: matter.ID(id.New(x.received)), Number: number}), Received: x.received}
	p.Source, p.SourceID, p.Deed, p.Followers = im.run.Source, x.source, request.DeedImported, x.follow
	if danger := p.Alarm != nil && p.Alarm.Limit.N > 0; !x.due.IsZero() && (!danger || x.due.Before(p.Due)) {
		p.Due = x.due // but not behind the short limit of a danger
	}
	if x.remark != "" {
		p.Notes = append(p.Notes, request.Note{Kind: "record", Audience: request.Internal, Text: x.remark})
	}
	if x.status == statusOpen {
		return p
	}
	p.Settled, p.To, p.Unit = x.settled, importedState(x.status), x.unit.ID
	if x.answer != "" {
		p.Answer = []request.Note{{Kind: "answer", Audience: request.Public, Text: x.answer}}
	}
	return p
}

// dueFrom is when the city's promise begins: for what is open, when it came
// into this system. Nobody here could have kept a promise before that.
func (im *importing) dueFrom(x *arrival) time.Time {
	if x.status == statusOpen {
		return im.now
	}
	return x.received
}

// handledBy gives the unit that answered its finished task, so that it is the
// one to do the work again when the answer does not hold.
func (im *importing) handledBy(tx *sqldb.Tx, p request.Past) error {
	now := tx.Now
	defer func() { tx.Now = now }()
	c, _ := im.reader.tree.Find(p.Category)
	tx.Now = p.Received
	task, err := request.AddTask(tx, request.Task{Matter: p.ID, Unit: p.Unit, Lead: true, State: request.TaskWorking, Limit: im.s.limit(c, p.Type, "", p.Received), DueAt: p.Due})
	if err != nil {
		return err
	}
	tx.Now = p.Settled
	return request.MoveTask(tx, task, request.TaskDone)
}
