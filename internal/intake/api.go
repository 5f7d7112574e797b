package intake

import (
	"bytes"
	"context"
	"io"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/advice"
	"gongzhi/internal/api"
	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
	"gongzhi/internal/id"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// API declares the operations of this feature.
func (s *Service) API(a *api.API) {
	a.Chapter("resident")
	s.reportAPI(a)
	s.publicAPI(a)
	s.whyAPI(a)
	a.Chapter("desk")
	s.deskAPI(a)
	s.smsAPI(a)
	a.Chapter("import")
	s.importAPI(a)
}

// apiPhotos is the largest body with photos, which are a third longer in base64.
const apiPhotos = 44 << 20

// reportAPI is what a resident does. Nobody needs an account for it; the query
// code says which request is his, and stands in a header so that no address
// holds it.
func (s *Service) reportAPI(a *api.API) {
	api.Add(a, api.Op{ID: "report", Method: "POST", Path: "/reports", Policy: "public", Create: true, Body: apiPhotos, Fields: map[string]string{"what": "body.what"},
		Pages: []string{"POST /report/quick", "POST /report/{draft}/check"}}, s.apiReport)
	api.Add(a, api.Op{ID: "receipt-state", Method: "GET", Path: "/receipts/{number}/state", Policy: "public", Pages: []string{"POST /track"}}, s.apiState)
	api.Add(a, api.Op{ID: "receipt", Method: "GET", Path: "/receipts/{number}", Policy: "public", Pages: []string{"GET /r/{number}/{code}", "POST /track"}}, s.apiReceipt)
	api.Add(a, api.Op{ID: "receipt-file", Method: "GET", Path: "/receipts/{number}/files/{file}", Policy: "public", Media: "image/jpeg",
		Pages: []string{"GET /r/{number}/{code}/file/{file}", "GET /r/{number}/{code}/file/{file}/{size}"}}, s.apiReceiptFile)
	op := func(name string) api.Op {
		return api.Op{ID: "receipt-" + name, Method: "POST", Path: "/receipts/{number}/" + name, Policy: "public", Pages: []string{"POST /r/{number}/{code}/" + name}}
	}
	supplement := op("supplement")
	supplement.Create, supplement.Body = true, apiPhotos
	api.Add(a, supplement, s.apiSupplement)
	api.Add(a, op("urge"), func(ctx context.Context, in *TicketIn) (api.None, error) {
		return s.apiDeed(ctx, in, func(t ticket) (deed, error) {
			return func(tx *sqldb.Tx) error { return s.UrgeTx(tx, holder, t.ID) }, own(t)
		})
	})
	api.Add(a, op("withdraw"), func(ctx context.Context, in *withdrawIn) (api.None, error) {
		return s.apiDeed(ctx, &in.TicketIn, func(t ticket) (deed, error) {
			reason := locale.T(locale.ZH, "intake.withdraw_why_"+in.Body.Why) // texts are kept in the city's language
			if in.Body.Reason != "" {
				reason += "：" + in.Body.Reason
			}
			return func(tx *sqldb.Tx) error { return s.WithdrawTx(tx, holder, t.ID, reason) }, own(t)
		})
	})
	api.Add(a, op("rate"), func(ctx context.Context, in *rateIn) (api.None, error) {
		return s.apiDeed(ctx, &in.TicketIn, func(t ticket) (deed, error) {
			c := Rating{ID: t.ID, Solved: in.Body.Solved, Stars: in.Body.Stars, Text: in.Body.Text}
			return func(tx *sqldb.Tx) error { return s.RateTx(tx, holder, c) }, own(t)
		})
	})
	api.Add(a, op("unsolved"), func(ctx context.Context, in *unsolvedIn) (api.None, error) {
		return s.apiDeed(ctx, &in.TicketIn, func(t ticket) (deed, error) {
			return func(tx *sqldb.Tx) error { return s.UnsolvedTx(tx, holder, t.ID, in.Body.Text) }, own(t)
		})
	})
	api.Add(a, op("hears"), func(ctx context.Context, in *hearsIn) (api.None, error) {
		return s.apiDeed(ctx, &in.TicketIn, func(t ticket) (deed, error) {
			if t.Follower == "" {
				return nil, fault.New(fault.Denied, "intake.only_reporter", nil)
			}
			return func(tx *sqldb.Tx) error { return s.Hear(tx, t, hearsOf(in.Body.Hears)) }, nil
		})
	})
	api.Add(a, op("unfollow"), func(ctx context.Context, in *TicketIn) (api.None, error) {
		t, err := s.ticketFor(ctx, in)
		if err == nil && t.Follower == "" {
			err = fault.New(fault.Denied, "intake.only_reporter", nil)
		}
		if err == nil {
			err = s.Unfollow(ctx, t)
		}
		return api.None{}, err
	})
}

type reportIn struct {
	Body struct {
		What     string       `json:"what" minLength:"1" maxLength:"2000"`
		Category string       `json:"category,omitempty" maxLength:"20"`
		Type     string       `json:"type,omitempty" enum:"consult,help,complaint,report,suggestion,praise,other"`
		Answers  []questionIn `json:"answers,omitempty" maxItems:"3"`
		Address  string       `json:"address,omitempty" maxLength:"200"`
		Lat      float64      `json:"lat,omitempty" minimum:"-90" maximum:"90"`
		Lng      float64      `json:"lng,omitempty" minimum:"-180" maximum:"180"`
		Datum    string       `json:"datum,omitempty" enum:"wgs84,cgcs2000,gcj02,bd09" default:"wgs84"`
		Name     string       `json:"name,omitempty" maxLength:"40"`
		Phone    string       `json:"phone,omitempty" maxLength:"40"`
		Email    string       `json:"email,omitempty" maxLength:"254"`
		Prefer   string       `json:"prefer,omitempty" enum:"sms,mail"`
		NoReply  bool         `json:"no_reply,omitempty"`
		Secret   bool         `json:"secret,omitempty"`
		Photos   [][]byte     `json:"photos,omitempty" maxItems:"3"`
	}
}

type questionIn struct {
	Question string `json:"question" maxLength:"200"`
	Answer   string `json:"answer" maxLength:"200"`
}

// receiptItem is given once: the code opens the request and is stored nowhere.
type receiptItem struct {
	Number string `json:"number"`
	Code   string `json:"code"`
}

// apiReport takes a report as the page with one form does. A member of staff
// whose token comes along reports as a resident, too.
func (s *Service) apiReport(ctx context.Context, in *reportIn) (receiptItem, error) {
	if err := s.limitReports(api.Request(ctx)); err != nil {
		return receiptItem{}, err
	}
	b := in.Body
	rep := Report{Channel: "api", Body: b.What, Category: b.Category, Type: b.Type, Address: b.Address, Lat: b.Lat, Lng: b.Lng, Origin: request.Origin{Datum: geo.Datum(b.Datum)}, Name: b.Name, Phone: b.Phone,
		Email: b.Email, Prefer: b.Prefer, NoReply: b.NoReply, Secret: b.Secret}
	for _, x := range b.Answers {
		rep.Answers = append(rep.Answers, request.Answer(x))
	}
	if rep.Category == "" {
		if g, ok := s.Advice.Likely(advice.Question{Text: rep.Body}); ok {
			rep.Category, rep.Guessed = g.Category.Code, true
		}
	}
	var err error
	if rep.Photos, err = s.keepBytes(ctx, b.Photos); err != nil {
		return receiptItem{}, err
	}
	out, err := s.Receive(ctx, actor.Actor{}, rep)
	return receiptItem{out.Number, out.Code}, err
}

// keepBytes makes photos safe and stores them, before any unit of work begins.
func (s *Service) keepBytes(ctx context.Context, photos [][]byte) ([]Photo, error) {
	var out []Photo
	for _, data := range photos {
		p, err := s.keepPhoto(ctx, web.File{Size: int64(len(data)), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }})
		if err != nil {
			return nil, onField("photos", err)
		}
		out = append(out, p)
	}
	return out, nil
}

// TicketIn names a request by its number and the query code of the receipt.
type TicketIn struct {
	Number string `path:"number" maxLength:"40"`
	Code   string `header:"Query-Code" required:"true" minLength:"1" maxLength:"60"`
}

func (s *Service) ticketFor(ctx context.Context, in *TicketIn) (ticket, error) {
	return s.open(api.Request(ctx), in.Number, in.Code)
}

// apiDeed does in one unit of work what the holder of a ticket asks for.
func (s *Service) apiDeed(ctx context.Context, in *TicketIn, read func(ticket) (deed, error)) (api.None, error) {
	t, err := s.ticketFor(ctx, in)
	if err != nil {
		return api.None{}, err
	}
	do, err := read(t)
	if err != nil {
		return api.None{}, err
	}
	return api.None{}, s.DB.Update(ctx, func(tx *sqldb.Tx) error { return once(tx, t.ID, "", do) })
}

// hearsOf is what a follower wants to hear of as it is stored.
func hearsOf(choice string) string {
	if choice == "answer" {
		return request.HearsAnswer
	}
	return ""
}

type withdrawIn struct {
	TicketIn
	Body struct {
		Why    string `json:"why" enum:"solved,mistake,double,other"`
		Reason string `json:"reason,omitempty" maxLength:"200"`
	}
}

type unsolvedIn struct {
	TicketIn
	Body struct {
		Text string `json:"text" minLength:"2" maxLength:"2000"`
	}
}

type hearsIn struct {
	TicketIn
	Body struct {
		Hears string `json:"hears" enum:"all,answer"`
	}
}

type rateIn struct {
	TicketIn
	Body struct {
		Solved string `json:"solved" enum:"yes,partly,no"`
		Stars  int64  `json:"stars" minimum:"1" maximum:"5"`
		Text   string `json:"text,omitempty" maxLength:"2000"`
	}
}

type supplementIn struct {
	TicketIn
	Body struct {
		Text   string   `json:"text,omitempty" maxLength:"2000"`
		Photos [][]byte `json:"photos,omitempty" maxItems:"3"`
	}
}

type StateItem struct {
	Number string `json:"number"`
	State  string `json:"state"`
	Word   string `json:"word"`
}

func (s *Service) apiSupplement(ctx context.Context, in *supplementIn) (StateItem, error) {
	t, err := s.ticketFor(ctx, &in.TicketIn)
	if err != nil {
		return StateItem{}, err
	}
	c := Supplement{ID: t.ID, Text: in.Body.Text, Follower: t.Follower != ""}
	if c.Photos, err = s.keepBytes(ctx, in.Body.Photos); err != nil {
		return StateItem{}, err
	}
	if err := s.Supplement(ctx, actor.Actor{}, c); err != nil {
		return StateItem{}, err
	}
	var o *request.Order
	err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		o, err = request.Find(tx, actor.System, t.ID)
		return err
	})
	if err != nil {
		return StateItem{}, err
	}
	return s.stateItem(ctx, o), nil
}

type numberIn struct {
	Number string `path:"number" maxLength:"40"`
}

func (s *Service) apiState(ctx context.Context, in *numberIn) (StateItem, error) {
	number := id.CleanNumber(in.Number)
	if number == "" {
		return StateItem{}, fault.New(fault.NotFound, "intake.no_number", nil)
	}
	o, err := s.state(api.Request(ctx), number)
	if err != nil {
		return StateItem{}, err
	}
	return s.stateItem(ctx, o), nil
}

func (s *Service) stateItem(ctx context.Context, o *request.Order) StateItem {
	_, word := show.State(s.apiBase(ctx), o)
	return StateItem{o.Number, o.State, word}
}

// apiBase is what the words of an answer need to know.
func (s *Service) apiBase(ctx context.Context) page.Base {
	return page.Base{Lang: web.Lang(api.Request(ctx)), Now: s.DB.Now(), Zone: s.Catalog.Book().Calendar.Zone}
}

// ticketItem is a request as its reporter, or who follows it, may read it.
type ticketItem struct {
	StateItem
	Own       bool         `json:"own"`
	What      string       `json:"what"`
	Category  string       `json:"category_name"`
	Address   string       `json:"address"`
	AreaName  string       `json:"area_name"`
	Open      bool         `json:"open"`
	OpenedAt  time.Time    `json:"opened_at"`
	DueAt     *time.Time   `json:"due_at,omitempty"`
	Paused    bool         `json:"paused"`
	Question  string       `json:"question"`
	Answer    string       `json:"answer"`
	Handlers  []handlerOut `json:"handlers"`
	Timeline  []show.Entry `json:"timeline"`
	Followers int64        `json:"followers"`
	Acts      []string     `json:"acts"`
}

type handlerOut struct {
	Name     string `json:"name"`
	Lead     bool   `json:"lead"`
	Expected bool   `json:"expected"`
}

func (s *Service) apiReceipt(ctx context.Context, in *TicketIn) (out ticketItem, err error) {
	t, err := s.ticketFor(ctx, in)
	if err != nil {
		return out, err
	}
	p := receiptPage{Base: s.apiBase(ctx), Ticket: t}
	if err := s.DB.View(ctx, func(tx *sqldb.Tx) error { return s.readReceipt(tx, &p) }); err != nil {
		return out, err
	}
	o := p.Order
	out = ticketItem{StateItem: s.stateItem(ctx, o), Own: p.Own(), What: p.What(), Category: p.Category, Address: p.Address(), AreaName: p.Area, Open: o.Open,
		OpenedAt: o.OpenedAt.UTC(), DueAt: show.Moment(o.DueAt), Paused: p.Paused(), Question: p.Question, Answer: p.Answer, Timeline: show.EntriesOf(p.Lines), Followers: o.Followers}
	for _, h := range p.Handlers {
		out.Handlers = append(out.Handlers, handlerOut(h))
	}
	for _, act := range []string{"supplement", "urge", "withdraw", "rate", "unsolved"} {
		if p.May(act) {
			out.Acts = append(out.Acts, act)
		}
	}
	return out, nil
}

type ticketFileIn struct {
	TicketIn
	File  string `path:"file" maxLength:"60"`
	Small bool   `query:"small"`
}

func (s *Service) apiReceiptFile(ctx context.Context, in *ticketFileIn) (api.File, error) {
	t, err := s.ticketFor(ctx, &in.TicketIn)
	if err != nil {
		return api.File{}, err
	}
	f, err := s.ticketFile(ctx, t, in.File)
	if err != nil {
		return api.File{}, err
	}
	return s.readFile(f, in.Small)
}

func (s *Service) readFile(f request.File, small bool) (api.File, error) {
	hash := f.Hash
	if small {
		hash = f.Thumb
	}
	body, err := s.Blobs.Open(hash)
	if err != nil {
		return api.File{}, err
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	return api.File{Type: "image/jpeg", Data: data}, err
}
