package intake

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/advice"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// story is what a request's history says of how it was decided.
type story struct {
	birth request.Birth
	taken string        // who registered it
	sent  *request.Line // the latest dispatch that was not taken back
	order struct {
		Rule   string `json:"rule"`
		Direct bool   `json:"direct"`
	}
}

// reasons are the answers for one reader. Of a confidential report nothing is
// said: what decided might name whom it is about.
func (s *Service) reasons(tx *sqldb.Tx, p *whyPage, o *request.Order, worded bool) error {
	p.Number, p.Sealed = o.Number, o.Sealed
	lines, err := request.Timeline(tx, actor.System, o)
	if err != nil {
		return err
	}
	if p.Own {
		p.Answers = rechecks(lines)
	}
	if o.Sealed {
		return nil
	}
	st, err := readStory(lines)
	if err != nil {
		return err
	}
	c, known, err := advice.CaseOf(tx, o.ID)
	if err != nil {
		return err
	}
	p.category(s, o, st, c, known)
	if err := p.unit(tx, s, o, st, worded); err != nil {
		return err
	}
	p.who(o, st, c)
	if p.Own {
		if err := p.more(tx, o); err != nil {
			return err
		}
	}
	p.add("you", p.T("intake.why_you_text"))
	return nil
}

func (p *whyPage) add(name string, text ...string) {
	text = slices.DeleteFunc(text, func(s string) bool { return s == "" })
	p.Reasons = append(p.Reasons, reason{name, text})
}

func rechecks(lines []request.Line) (out []answered) {
	for _, l := range lines {
		if l.Name == request.DeedRechecked {
			out = append(out, answered{l.At, lastNote([]request.Line{l}, "ruling")})
		}
	}
	return out
}

func readStory(lines []request.Line) (st story, err error) {
	for i, l := range lines {
		switch l.Name {
		case request.DeedReceived, request.DeedImported:
			st.taken = l.Actor
			err = json.Unmarshal([]byte(l.Body), &st.birth)
		case request.DeedDispatched:
			st.sent, st.order.Rule, st.order.Direct = &lines[i], "", false
			err = json.Unmarshal([]byte(l.Body), &st.order)
		case request.DeedRecalled, request.DeedObjectionUpheld:
			st.sent = nil
		}
		if err != nil {
			return st, err
		}
	}
	return st, nil
}

func (p *whyPage) category(s *Service, o *request.Order, st story, c advice.Case, known bool) {
	tree := s.Catalog.Book().Tree
	if o.Category == "" {
		p.add("category", p.T("intake.why_category_none"))
		return
	}
	list := []string{p.T("intake.why_category_is", tree.Name(o.Category))}
	switch {
	case st.birth.Category != o.Category && st.birth.Category != "":
		list = append(list, p.T("intake.why_category_changed", tree.Name(st.birth.Category)))
	case st.birth.Category == "":
		list = append(list, p.T("intake.why_category_later"))
	case st.birth.Guessed:
		list = append(list, p.T("intake.why_category_proposed"))
	case st.birth.Source != "" || o.Channel == "mail" || o.Channel == "device":
		list = append(list, p.T("intake.why_category_source"))
	case st.taken != actor.ResidentID && st.taken != actor.SystemID:
		list = append(list, p.T("intake.why_category_agent"))
	case p.Own:
		list = append(list, p.T("intake.why_category_own"))
	default:
		list = append(list, p.T("intake.why_category_reporter"))
	}
	if p.Own && known && c.Category == o.Category {
		list = append(list, p.proposed(c)...)
	} else if p.Own && known {
		list = append(list, p.T("intake.why_category_not", tree.Name(c.Category)))
	}
	p.add("category", list...)
}

// proposed are the words that decided, and how sure the program was.
func (p *whyPage) proposed(c advice.Case) (out []string) {
	if len(c.Words) > 0 {
		out = append(out, p.T("intake.why_words", strings.Join(c.Words, "”“")))
	}
	if c.Learnt {
		out = append(out, p.T("intake.why_sure", strconv.Itoa(int(c.Share*100))))
	}
	return out
}

func (p *whyPage) unit(tx *sqldb.Tx, s *Service, o *request.Order, st story, worded bool) error {
	list, err := s.handlers(tx, o)
	if err != nil {
		return err
	}
	var text []string
	for _, h := range list {
		switch {
		case h.Expected && h.Lead:
			text = append(text, p.T("intake.why_unit_expected", h.Name))
		case h.Lead:
			text = append(text, p.T("intake.why_unit_lead", h.Name))
		default:
			text = append(text, p.T("intake.why_unit_assist", h.Name))
		}
	}
	if len(text) == 0 {
		text = append(text, p.T("intake.why_unit_none"))
	}
	if st.sent == nil {
		p.add("unit", text...)
		return nil
	}
	if st.order.Rule != "" {
		text = append(text, p.T("intake.why_rule", st.order.Rule))
	} else {
		text = append(text, p.T("intake.why_rule_person"))
	}
	if why := lastNote([]request.Line{*st.sent}, "reason"); why != "" && worded {
		text = append(text, p.T("intake.why_reason", request.Hide(why)))
	}
	p.add("unit", append(text, p.T("intake.why_law", dispatchLaw))...)
	return nil
}

// dispatchLaw is where the rules of dispatching stand, as the lifecycle names it.
var dispatchLaw = func() string {
	for _, m := range request.Life.Moves {
		if m.Event == request.DeedDispatched {
			return m.Source
		}
	}
	return ""
}()

func (p *whyPage) who(o *request.Order, st story, c advice.Case) {
	switch {
	case st.sent == nil && (o.State == request.Answered || o.State == request.Diverted):
		p.add("who", p.T("intake.why_who_line"))
	case st.sent == nil:
		p.add("who", p.T("intake.why_who_nobody"))
	case st.order.Direct:
		share := ""
		if p.Own {
			share = p.T("intake.why_sure", strconv.Itoa(int(c.Share*100)))
		}
		p.add("who", p.T("intake.why_who_program"), share, p.T("intake.why_who_rules", advice.DirectDecisions))
	case st.sent.Actor == actor.SystemID:
		p.add("who", p.T("intake.why_who_system"))
	default:
		p.add("who", p.T("intake.why_who_person"))
	}
}

// more is what else the program noticed, where it had consequences.
func (p *whyPage) more(tx *sqldb.Tx, o *request.Order) error {
	alarms, err := request.AlarmsOf(tx, o.ID)
	if err != nil {
		return err
	}
	if x := alarms[o.ID]; x.Live() {
		p.add("urgent", p.T("intake.why_urgent_text", x.Name, strings.Join(x.Found, "”“")))
	} else if o.Urgency == "urgent" {
		p.add("urgent", p.T("intake.why_urgent_person"))
	}
	main, err := readMain(tx, o)
	if err == nil && main != nil {
		p.add("same", p.T("intake.why_same_text", number(main.Order.Number)))
	}
	return err
}

// Words of the heading of a reason.
func (p whyPage) head(r reason) string { return p.T("intake.why_" + r.Name) }
