package intake

import (
	"fmt"
	"time"

	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// write registers the new rows of a chunk through request.Create, each at the
// time when it was received.
func (im *importing) write(tx *sqldb.Tx, list []*arrival, there map[string]string) error {
	if len(list) == 0 {
		return nil
	}
	numbers, err := im.numbers(tx, list)
	if err != nil {
		return err
	}
	now := tx.Now
	defer func() { tx.Now = now }()
	for i, x := range list {
		o, err := im.create(tx, x, numbers[i])
		if err != nil {
			return fmt.Errorf("import row %d: %w", x.row, err)
		}
		there[x.source] = string(o.ID)
		if first := there[x.repeatOf]; x.repeatOf != "" && first != "" {
			if err := matter.Link(tx, o.ID, "same", matter.ID(first)); err != nil {
				return err
			}
		}
		if x.status == statusOpen {
			continue
		}
		if err := im.settle(tx, o, x); err != nil {
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

func (im *importing) create(tx *sqldb.Tx, x *arrival, number string) (*request.Order, error) {
	tx.Now = x.received
	r := x.report
	r.State = request.ToDispatch
	d := im.s.draftOf(im.dueFrom(x), r, Receipt{ID: matter.ID(id.New(x.received)), Number: number})
	d.Source, d.SourceID, d.Deed, d.Followers = im.run.Source, x.source, request.DeedImported, x.follow
	if !x.due.IsZero() {
		d.Due = x.due
	}
	if x.remark != "" {
		d.Notes = []request.Note{{Kind: "record", Audience: request.Internal, Text: x.remark}}
	}
	return request.Create(tx, im.s.Vault, im.who, d)
}

// dueFrom is when the city's promise begins: for what is open, when it came
// into this system. Nobody here could have kept a promise before that.
func (im *importing) dueFrom(x *arrival) time.Time {
	if x.status == statusOpen {
		return im.now
	}
	return x.received
}

// settledBody is what history keeps of how a request was settled elsewhere.
type settledBody struct {
	Source string `json:"source"`
}

// settle records what had become of a request before it was imported, at the
// time when it happened.
func (im *importing) settle(tx *sqldb.Tx, o *request.Order, x *arrival) error {
	if x.unit.ID != "" {
		if err := im.handledBy(tx, o, x); err != nil {
			return err
		}
	}
	tx.Now = x.settled
	d := request.Deed{Name: request.DeedSettled, To: request.Closed, Body: settledBody{im.run.Source}}
	if x.status == statusReplied {
		d.To = request.Replied
	}
	if x.answer != "" {
		o.Replies++
		d.Notes = []request.Note{{Kind: "answer", Audience: request.Public, Text: x.answer}}
	}
	return o.Record(tx, im.who, d)
}

// handledBy gives the unit that answered its finished task, so that it is the
// one to do the work again when the answer does not hold.
func (im *importing) handledBy(tx *sqldb.Tx, o *request.Order, x *arrival) error {
	c, _ := im.reader.tree.Find(o.Category)
	task, err := request.AddTask(tx, request.Task{Matter: o.ID, Unit: x.unit.ID, Lead: true, State: request.TaskWorking, Limit: im.s.limit(c), DueAt: o.DueAt})
	if err != nil {
		return err
	}
	o.Unit = x.unit.ID
	tx.Now = x.settled
	return request.MoveTask(tx, task, request.TaskDone)
}
