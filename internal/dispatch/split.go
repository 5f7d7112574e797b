package dispatch

import (
	"cmp"
	"context"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/notice"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Split 分拆 makes a request of its own of one part of another.
type Split struct {
	On
	Title    string
	Body     string // the part, in the resident's words as far as possible
	Category string
	Reason   string
	Part     string // number of the new request; Split takes one
}

type splitBody struct {
	Part matter.ID `json:"part"`
}

// Split is SplitTx in a unit of work of its own, with a number taken before.
func (s *Service) Split(ctx context.Context, a actor.Actor, c Split) (part string, err error) {
	if err := actor.Can(a, "dispatch.split"); err != nil {
		return "", err
	}
	if c.Part == "" {
		if c.Part, err = s.Numbers.Next(ctx, s.DB.Now()); err != nil {
			return "", err
		}
	}
	return c.Part, s.DB.Update(ctx, func(tx *sqldb.Tx) error { return s.SplitTx(tx, a, c) })
}

// SplitTx registers the part under its own number and query code. Whoever can
// be reached about the whole can be reached about the part.
func (s *Service) SplitTx(tx *sqldb.Tx, a actor.Actor, c Split) error {
	if err := actor.Can(a, "dispatch.split"); err != nil {
		return err
	}
	whole, err := request.FindNumber(tx, a, c.Number)
	if err != nil {
		return err
	}
	part := matter.ID(id.New(tx.Now))
	if !tx.Locked() {
		if err := tx.Lock(string(whole.ID), string(part)); err != nil {
			return err
		}
	}
	if whole, err = request.Load(tx, a, whole.ID, c.Version); err != nil {
		return err
	}
	if err := s.checkSplit(c, whole); err != nil {
		return err
	}
	err = whole.Record(tx, a, request.Deed{Name: request.DeedSplit, Body: splitBody{part}, Notes: []request.Note{{Kind: "reason", Text: c.Reason},
		{Kind: "result", Audience: request.Resident, Text: say("dispatch.split_into", id.ShowNumber(c.Part))}}})
	if err != nil {
		return err
	}
	return s.createPart(tx, a, whole, part, c)
}

func (s *Service) checkSplit(c Split, whole *request.Order) error {
	var f fault.Fields
	sentence(&f, "split.title", c.Title, "dispatch.split_title_missing")
	sentence(&f, "split.body", c.Body, "dispatch.split_body_missing")
	sentence(&f, "split.reason", c.Reason, "dispatch.split_reason_missing")
	if !s.Catalog.Book().Tree.Leaf(cmp.Or(c.Category, whole.Category)) {
		f.Add("split.category", "dispatch.category_leaf")
	}
	return f.Err()
}

func (s *Service) createPart(tx *sqldb.Tx, a actor.Actor, whole *request.Order, part matter.ID, c Split) error {
	subjects, err := request.SubjectsOf(tx, whole.ID)
	if err != nil {
		return err
	}
	code := id.Code()
	d := request.Draft{ID: part, Number: c.Part, Code: code, Title: c.Title, Type: whole.Type, Channel: whole.Channel, Body: c.Body,
		Category: cmp.Or(c.Category, whole.Category), Address: whole.Address, Area: whole.Area, Lat: whole.Lat, Lng: whole.Lng,
		Urgency: whole.Urgency, Publicity: whole.Publicity, NoReply: whole.NoReply, Sealed: whole.Sealed, State: request.ToDispatch}
	for _, x := range subjects[whole.ID] {
		d.Subjects = append(d.Subjects, x.Unit)
	}
	book := s.Catalog.Book()
	if k, ok := book.Tree.Find(d.Category); ok {
		d.CategoryRev = k.Rev
	}
	d.Due = book.Calendar.Due(tx.Now, book.Allow(catalog.LimitCase{Type: d.Type, Category: d.Category, Urgency: d.Urgency}, tx.Now).Limit)
	o, err := request.Create(tx, s.Vault, a, d)
	if err != nil {
		return err
	}
	if err := matter.Link(tx, part, "split", whole.ID); err != nil {
		return err
	}
	if err := request.CopyContacts(tx, s.Vault, whole.ID, part); err != nil {
		return err
	}
	sealed, err := notice.SealCode(s.Vault, part, code)
	if err != nil {
		return err
	}
	return o.Tell(tx, "split", map[string]string{"主件编号": id.ShowNumber(whole.Number), notice.QueryCode: sealed})
}
