package intake

import (
	"context"
	"slices"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/advice"
	"gongzhi/internal/api"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
	"gongzhi/internal/id"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
)

// deskAPI is the agent's work. What is typed comes in bodies only: it says who
// calls and about what.
func (s *Service) deskAPI(a *api.API) {
	const agents = "intake.desk"
	api.Add(a, api.Op{ID: "calls", Method: "GET", Path: "/desk/calls", Policy: agents, Pages: []string{"GET /desk", "GET /desk/{call}"}}, s.apiCalls)
	api.Add(a, api.Op{ID: "call-new", Method: "POST", Path: "/desk/calls", Policy: agents, Create: true, Pages: []string{"POST /desk/save"}}, s.apiNewCall)
	api.Add(a, api.Op{ID: "call-keep", Method: "PUT", Path: "/desk/calls/{call}", Policy: agents, Pages: []string{"POST /desk/save"}}, s.apiKeepCall)
	api.Add(a, api.Op{ID: "call-look", Method: "GET", Path: "/desk/calls/{call}", Policy: agents, Pages: []string{"GET /desk/{call}", "GET /desk/{call}/live"}}, s.apiLookCall)
	api.Add(a, api.Op{ID: "call-end", Method: "POST", Path: "/desk/calls/{call}/end", Policy: agents, Pages: []string{"POST /desk"}}, s.apiEndCall)
	api.Add(a, api.Op{ID: "call-discard", Method: "POST", Path: "/desk/calls/{call}/discard", Policy: agents, Pages: []string{"POST /desk"}},
		func(ctx context.Context, in *CallIn) (api.None, error) {
			return api.None{}, s.DiscardCall(ctx, actor.From(ctx), in.Call)
		})
	api.Add(a, api.Op{ID: "call-restore", Method: "POST", Path: "/desk/calls/{call}/restore", Policy: agents, Pages: []string{"POST /desk"}},
		func(ctx context.Context, in *CallIn) (api.None, error) {
			return api.None{}, s.RestoreCall(ctx, actor.From(ctx), in.Call)
		})
	api.Add(a, api.Op{ID: "case-voice", Method: "POST", Path: "/cases/{number}/voice", Policy: agents, Pages: []string{"POST /case/{number}/voice"}}, s.apiVoice)
	api.Add(a, api.Op{ID: "desk-look", Method: "POST", Path: "/desk/look", Policy: agents, Pages: []string{"POST /desk/look"}}, s.apiLook)
}

// FieldsIn are what an agent has typed and chosen.
type FieldsIn struct {
	What      string       `json:"what,omitempty" maxLength:"2000"`
	Address   string       `json:"address,omitempty" maxLength:"200"`
	Area      string       `json:"area,omitempty" maxLength:"20"`
	Lat       float64      `json:"lat,omitempty" minimum:"-90" maximum:"90"`
	Lng       float64      `json:"lng,omitempty" minimum:"-180" maximum:"180"`
	Datum     string       `json:"datum,omitempty" enum:"wgs84,cgcs2000,gcj02,bd09" default:"wgs84"`
	Type      string       `json:"type,omitempty" enum:"consult,help,complaint,report,suggestion,praise,other"`
	Category  string       `json:"category,omitempty" maxLength:"20"`
	Answers   []questionIn `json:"answers,omitempty" maxItems:"3"`
	Phone     string       `json:"phone,omitempty" maxLength:"40"`
	Name      string       `json:"name,omitempty" maxLength:"40"`
	Email     string       `json:"email,omitempty" maxLength:"254"`
	Prefer    string       `json:"prefer,omitempty" enum:"sms,mail"`
	NoReply   bool         `json:"no_reply,omitempty"`
	Secret    bool         `json:"secret,omitempty"`
	Subject   string       `json:"subject,omitempty" maxLength:"100"`
	Answer    string       `json:"answer,omitempty" maxLength:"2000"`
	Knowledge string       `json:"knowledge,omitempty" maxLength:"60"`
	Refusal   string       `json:"refusal,omitempty" maxLength:"40"`
	Reason    string       `json:"reason,omitempty" maxLength:"2000"`
}

func (f FieldsIn) fields() Fields {
	out := Fields{What: f.What, Address: f.Address, Area: f.Area, Lat: f.Lat, Lng: f.Lng, Type: f.Type, Category: f.Category, Phone: f.Phone, Name: f.Name,
		Email: f.Email, Prefer: f.Prefer, NoReply: f.NoReply, Secret: f.Secret, Subject: f.Subject, Answer: f.Answer, Knowledge: f.Knowledge, Refusal: f.Refusal, Reason: f.Reason}
	if f.Area != "" || f.Lat != 0 || f.Lng != 0 {
		out.Spot = f.Address // the place was chosen, not only typed
	}
	out.locate(geo.Point{Lat: f.Lat, Lng: f.Lng}, geo.Datum(f.Datum))
	for _, x := range f.Answers {
		out.Answers = append(out.Answers, request.Answer(x))
	}
	return out
}

type CallIn struct {
	Call string `path:"call" maxLength:"40"`
}

// callItem is a call without an outcome. The number is masked, as on the desk.
type callItem struct {
	ID      string    `json:"id"`
	State   string    `json:"state"`
	Caller  string    `json:"caller"`
	What    string    `json:"what"`
	BeganAt time.Time `json:"began_at"`
}

func callOf(c *Call) callItem {
	return callItem{c.ID, c.State, c.Fields.Masked(), c.Fields.What, c.Began.UTC()}
}

type callsItem struct {
	Items     []callItem `json:"items"`
	Discarded *callItem  `json:"discarded,omitempty"`
}

func (s *Service) apiCalls(ctx context.Context, _ *struct{}) (out callsItem, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		open, gone, err := s.openCalls(tx, actor.From(ctx))
		for _, c := range open {
			out.Items = append(out.Items, callOf(c))
		}
		if gone != nil {
			item := callOf(gone)
			out.Discarded = &item
		}
		return err
	})
	return out, err
}

type newCallIn struct{ Body FieldsIn }

func (s *Service) apiNewCall(ctx context.Context, in *newCallIn) (callItem, error) {
	c, err := s.KeepCall(ctx, actor.From(ctx), id.New(s.DB.Now()), func(f *Fields) { *f = in.Body.fields() })
	if err != nil {
		return callItem{}, err
	}
	return callOf(c), nil
}

type keepCallIn struct {
	CallIn
	Body FieldsIn
}

func (s *Service) apiKeepCall(ctx context.Context, in *keepCallIn) (callItem, error) {
	c, err := s.KeepCall(ctx, actor.From(ctx), in.Call, func(f *Fields) {
		phone := f.Phone
		if *f = in.Body.fields(); f.Phone == "" { // the sealed draft alone has it
			f.Phone = phone
		}
	})
	if err != nil {
		return callItem{}, err
	}
	return callOf(c), nil
}

// lookItem is what the desk says about a call.
type lookItem struct {
	Places    []placeItem     `json:"places"`
	Topics    []topicItem     `json:"topics"`
	Earlier   []earlierItem   `json:"earlier"`
	Alike     []likeItem      `json:"alike"`
	Knowledge []knowledgeItem `json:"knowledge"`
	Proposal  *leadItem       `json:"proposal,omitempty"`
	Likely    adviceItem      `json:"likely"`
}

// adviceItem is what was learnt from earlier decisions.
type adviceItem struct {
	Categories []suggestionItem `json:"categories"`
	Types      []suggestionItem `json:"types"`
	Units      []suggestionItem `json:"units"`
}

type suggestionItem struct {
	Code  string   `json:"code"`
	Share float64  `json:"share" doc:"how often proposals as sure as this one came true, 0 to 1"`
	Words []string `json:"words"`
}

func suggestions(list []advice.Suggestion) []suggestionItem {
	out := []suggestionItem{}
	for _, s := range list {
		out = append(out, suggestionItem{s.Code, s.Share, slices.Concat([]string{}, s.Words)})
	}
	return out
}

type earlierItem struct {
	Number   string    `json:"number"`
	Title    string    `json:"title"`
	State    string    `json:"state"`
	OpenedAt time.Time `json:"opened_at"`
}

type likeItem struct {
	show.Item
	Metres float64 `json:"metres"`
}

type knowledgeItem struct {
	Code     string `json:"code"`
	Question string `json:"question"`
	Answer   string `json:"answer"`
}

type leadItem struct {
	Lead      string    `json:"lead"`
	LeadName  string    `json:"lead_name"`
	Reason    string    `json:"reason"`
	Rule      string    `json:"rule"`
	Fallback  bool      `json:"fallback"`
	Limit     int       `json:"limit"`
	LimitUnit string    `json:"limit_unit"`
	DueAt     time.Time `json:"due_at"`
	Assists   []string  `json:"assists"`
}

func (s *Service) apiLook(ctx context.Context, in *newCallIn) (lookItem, error) {
	return s.lookItem(ctx, in.Body.fields())
}

func (s *Service) apiLookCall(ctx context.Context, in *CallIn) (lookItem, error) {
	var c *Call
	err := s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		c, err = s.findCall(tx, actor.From(ctx), in.Call)
		return err
	})
	if err != nil {
		return lookItem{}, err
	}
	return s.lookItem(ctx, c.Fields)
}

func (s *Service) lookItem(ctx context.Context, f Fields) (out lookItem, err error) {
	tree := s.Catalog.Book().Tree
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		l, err := s.look(tx, actor.From(ctx), &f)
		if err != nil {
			return err
		}
		out.Places, out.Knowledge = s.placesOf(l.Places), knowledgeOf(l.Knowledge)
		for _, o := range l.Options {
			out.Topics = append(out.Topics, topicOf(tree, o.Category))
		}
		for _, o := range l.Caller {
			out.Earlier = append(out.Earlier, earlierItem{o.Number, o.Title, o.State, o.OpenedAt.UTC()})
		}
		for _, t := range l.Twins {
			out.Alike = append(out.Alike, likeItem{show.ItemOf(t.Row), t.Metres})
		}
		out.Proposal = leadOf(l.Proposal)
		out.Likely = adviceItem{suggestions(l.Advice.Categories), suggestions(l.Advice.Types), suggestions(l.Advice.Units)}
		return nil
	})
	return out, err
}

func knowledgeOf(list []catalog.Knowledge) (out []knowledgeItem) {
	for _, k := range list {
		out = append(out, knowledgeItem{k.Code, k.Question, k.Answer})
	}
	return out
}

func leadOf(p Proposal) *leadItem {
	if p.Lead.ID == "" {
		return nil
	}
	out := &leadItem{p.Lead.ID, p.Lead.Name, p.Reason, p.Rule, p.Fallback, p.Limit.N, p.Limit.Unit, p.Due.UTC(), nil}
	for _, x := range p.Assists {
		out.Assists = append(out.Assists, x.Unit.ID)
	}
	return out
}

type endCallIn struct {
	CallIn
	Body struct {
		FieldsIn
		Outcome string `json:"outcome" enum:"dispatched,registered,answered,diverted,joined"`
		Number  string `json:"number,omitempty" maxLength:"40"`
	}
}

// endItem is what the agent tells the caller. Ending a call a second time gives
// the same answer and does nothing.
type endItem struct {
	Outcome string `json:"outcome"`
	Number  string `json:"number"`
	State   string `json:"state"`
	Version int64  `json:"version"`
	Code    string `json:"code"`
	Lead    string `json:"lead_name"`
}

func (s *Service) apiEndCall(ctx context.Context, in *endCallIn) (out endItem, err error) {
	a := actor.From(ctx)
	c, err := s.KeepCall(ctx, a, in.Call, func(f *Fields) {
		phone := f.Phone
		if *f = in.Body.fields(); f.Phone == "" {
			f.Phone = phone
		}
	})
	if err != nil {
		return out, err
	}
	if err := s.EndCall(ctx, a, End{Call: c.ID, Fields: c.Fields, Outcome: in.Body.Outcome, Number: in.Body.Number}); err != nil {
		return out, err
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		d, err := s.doneWith(tx, a, c.ID)
		if err == nil && d == nil {
			err = fault.New(fault.NotFound, "desk.call_not_found", nil)
		}
		if err == nil {
			out = endItem{d.Outcome, d.Order.Number, d.Order.State, d.Order.Version, d.Code, d.Lead}
		}
		return err
	})
	return out, err
}
