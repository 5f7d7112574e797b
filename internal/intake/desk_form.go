package intake

import (
	"strconv"
	"strings"

	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/web"
)

// read takes over what the form of a call holds. The number of the caller is in
// the form only while it is typed; afterwards the sealed draft alone has it, so
// a form without one leaves it as it is.
func (f *Fields) read(v *web.Values, tree *catalog.Tree) {
	f.What, f.Address, f.Find = v.Text("what"), v.String("address"), v.String("find")
	f.Spot, f.Area, f.Lat, f.Lng = v.String("spot"), v.String("area"), v.Float("lat"), v.Float("lng")
	f.Origin = request.Origin{Datum: geo.Datum(v.String("datum", 10)), Lat: v.Float("src_lat"), Lng: v.Float("src_lng")}
	f.Type, f.Subject = v.String("type"), v.String("subject")
	if v.Has("phone") {
		f.Phone = v.String("phone")
	}
	f.Email, f.Prefer = v.String("email", 254), v.String("prefer", 10)
	f.Name, f.NoReply, f.Secret = v.String("name"), v.Bool("noreply"), v.Bool("secret")
	f.Calm = v.Bool("calm")
	f.Answer, f.Knowledge = v.Text("answer"), v.String("knowledge")
	f.Refusal, f.Reason = v.String("refusal"), v.Text("reason")
	f.keepSpot()
	f.readCategory(v, tree)
}

// keepSpot lets go of the chosen point when the address no longer begins with
// what was chosen: "梧桐路32号" may become "梧桐路32号南门", not another street.
func (f *Fields) keepSpot() {
	if f.Spot == "" || !strings.HasPrefix(place.Fold(f.Address), place.Fold(f.Spot)) {
		f.Spot, f.Area, f.Lat, f.Lng, f.Origin = "", "", 0, 0, request.Origin{}
	}
}

// readCategory takes the category and the answers to its questions. Answers
// given to another category's questions are dropped.
func (f *Fields) readCategory(v *web.Values, tree *catalog.Tree) {
	f.Category, f.Answers = v.String("category"), nil
	if pick := v.String("pick"); tree.Leaf(pick) {
		f.Category, f.Find = pick, ""
	}
	c, ok := tree.Find(f.Category)
	if !ok || v.String("asked") != f.Category {
		return
	}
	for i, q := range c.Questions {
		if a := v.String("q" + strconv.Itoa(i)); a != "" {
			f.Answers = append(f.Answers, request.Answer{Question: q.Text, Answer: a})
		}
	}
}

// answerTo is what was answered to a question.
func (f *Fields) answerTo(question string) string {
	for _, a := range f.Answers {
		if a.Question == question {
			return a.Answer
		}
	}
	return ""
}

// typeOf is the request type: what the agent chose, else the category's.
func (f *Fields) typeOf(tree *catalog.Tree) string {
	c, _ := tree.Find(f.Category)
	return or(f.Type, c.Type, "help")
}

// receiptOf is under which name a call is received. The id of a call stands in
// addresses and logs, so the query code must not follow from it alone.
func (s *Service) receiptOf(call string) string { return s.Vault.Token("desk call", call) }

// report is the call as the request it becomes.
func (s *Service) reportOf(c *Call) Report {
	f, tree := c.Fields, s.Catalog.Book().Tree
	r := Report{Draft: s.receiptOf(c.ID), Type: f.typeOf(tree), Channel: "phone", Body: f.What, Category: f.Category, Answers: f.Answers,
		Address: f.Address, Area: f.Area, Lat: f.Lat, Lng: f.Lng, Origin: f.Origin, Name: f.Name, Phone: f.Phone, Email: f.Email, Prefer: f.Prefer, NoReply: f.NoReply, Secret: f.Secret, Calm: f.Calm}
	if accuses(r.Type) && f.Subject != "" {
		r.Subjects = []string{f.Subject}
	}
	return r
}

// accuses reports whether what is said may be about a unit itself: a complaint
// about one is no more its own to handle than a report of wrongdoing is.
func accuses(kind string) bool { return kind == "report" || kind == "complaint" }

// contact is how the caller can be reached.
func (f Fields) contact(kind string) request.Contact {
	return contact(Report{Name: f.Name, Phone: f.KnownPhone(), Email: f.Email, Prefer: f.Prefer}, kind)
}

// complete says what a call still lacks before it can be dispatched.
func (s *Service) complete(f Fields, p Proposal) error {
	var wrong fault.Fields
	c, _ := s.Catalog.Book().Tree.Find(f.Category)
	switch {
	case f.Category == "":
		wrong.Add("category", "desk.category_missing")
	case c.NeedsPlace && f.Area == "" && f.Address == "":
		wrong.Add("address", "desk.address_missing")
	case p.Lead.ID == "":
		wrong.Add("address", "desk.lead_missing")
	}
	return wrong.Err()
}

// both joins what two checks found wrong, one problem for each field, in words
// for an agent.
func both(a, b error) error {
	one, two := fault.FieldsOf(a), fault.FieldsOf(b)
	if a != nil && one == nil {
		return a
	}
	if b != nil && two == nil {
		return b
	}
	for i, f := range one {
		if f.Key == "intake.what_missing" {
			one[i].Key = "desk.what_missing"
		}
	}
	for _, f := range two {
		if _, ok := one.Of(f.Name); !ok {
			one = append(one, f)
		}
	}
	return one.Err()
}
