package intake

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
)

// open says which of the two ways to end a call without a unit is unfolded.
func (p DeskPage) open() string {
	f := p.Call.Fields
	switch {
	case p.Problems.Of("answer") != "":
		return "answer"
	case p.Problems.Of("refusal") != "" || p.Problems.Of("reason") != "" || f.Refusal != "":
		return "divert"
	case f.Answer != "":
		return "answer"
	}
	return ""
}

// category is the chosen one, the zero value before.
func (p DeskPage) category() catalog.Category {
	c, _ := p.Book.Tree.Find(p.Call.Fields.Category)
	return c
}

// ground is the chosen one, the zero value before.
func (p DeskPage) ground() Ground {
	for _, g := range p.Grounds {
		if g.Code == p.Call.Fields.Refusal {
			return g
		}
	}
	return Ground{}
}

func (p DeskPage) types() []page.Option {
	out := []page.Option{{Label: p.T("desk.type_by_category", p.T("request.type_"+p.Call.Fields.typeOf(p.Book.Tree)))}}
	for _, t := range request.Types {
		out = append(out, page.Option{Value: t, Label: p.T("request.type_" + t)})
	}
	return out
}

func (p DeskPage) grounds() []page.Option {
	out := []page.Option{{Label: p.T("desk.choose")}}
	for _, g := range p.Grounds {
		out = append(out, page.Option{Value: g.Code, Label: g.Name})
	}
	return out
}

func (p DeskPage) subjects() []page.Option {
	out := []page.Option{{Label: p.T("desk.subject_none")}}
	kind := func(u actor.Unit) int { return slices.Index(actor.UnitKinds, u.Kind) }
	slices.SortStableFunc(p.Units, func(a, b actor.Unit) int { return kind(a) - kind(b) })
	for _, u := range p.Units {
		if u.Active && u.Kind != "city" {
			out = append(out, page.Option{Value: u.ID, Label: u.Name, Group: p.T("actor.unit_" + u.Kind)})
		}
	}
	return out
}

func (p DeskPage) answers(options []string) []page.Option {
	out := []page.Option{{Label: p.T("desk.not_asked")}}
	for _, o := range options {
		out = append(out, page.Option{Value: o, Label: o})
	}
	return out
}

// choice is an option with the words of the caller that speak for it.
func (p DeskPage) choice(i int, o Option) page.Choosable {
	c := page.Choosable{Name: "category", Value: o.Category.Code, Label: p.Book.Tree.Name(o.Category.Code), Checked: o.Chosen, Right: p.limit(o.Category.Limit)}
	if i < 9 {
		c.Key = strconv.Itoa(i + 1)
	}
	if len(o.Words) > 0 {
		c.Right = percent(o.Share)
		c.Reason = []string{p.T("desk.because")}
		for i, w := range o.Words {
			if i > 0 {
				c.Reason = append(c.Reason, p.T("desk.comma"))
			}
			c.Reason = append(c.Reason, w)
		}
	}
	return c
}

// likelyType says what the words read like, where the agent has chosen nothing and
// it is not what the category says.
func (p DeskPage) likelyType() string {
	list := p.Look.Advice.Types
	if p.Call.Fields.Type != "" || len(list) == 0 || list[0].Share < 0.5 || list[0].Code == p.Call.Fields.typeOf(p.Book.Tree) {
		return ""
	}
	return p.T("desk.reads_like", p.T("request.type_"+list[0].Code), percent(list[0].Share))
}

// pastUnits says to whom requests like this one went before: the duty list may
// be older than what is done.
func (p DeskPage) pastUnits() string {
	var parts []string
	for _, s := range p.Look.Advice.Units {
		if u, ok := p.Book.Resolver.Unit(s.Code); ok && s.Share >= 0.1 {
			parts = append(parts, u.Name+" "+percent(s.Share))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return p.T("desk.past_units", strings.Join(parts, p.T("desk.comma")))
}

// percent writes how sure a proposal is. No proposal is certain.
func percent(share float64) string { return strconv.Itoa(min(int(math.Round(100*share)), 99)) + "%" }

// reason says why this unit: the duty list's own sentence.
func (p DeskPage) reason() string {
	if x := p.Look.Proposal; x.Reason == "" && x.Fallback {
		return p.T("desk.fallback")
	}
	return p.Look.Proposal.Reason
}

func (p DeskPage) limit(l calendar.Limit) string {
	if l.Unit == "" {
		return ""
	}
	return show.Limit(p.Lang, l)
}

func (p DeskPage) areaName(area string) string {
	name := p.Atlas.Name(area)
	if a, ok := p.Atlas.Find(area); ok && a.Level == place.Grid {
		name += " · " + a.Name
	}
	return name
}

// twin is what tells a similar request from others: how far, how old, how many,
// who has it, until when.
func (p DeskPage) twin(t request.Twin) string {
	var parts []string
	if t.Metres >= 0 {
		parts = append(parts, locale.Distance(p.Lang, t.Metres))
	}
	parts = append(parts, p.Ago(t.OpenedAt), p.T("desk.reported_by", int(t.Followers)+1))
	if t.UnitName != "" {
		parts = append(parts, t.UnitName)
	}
	if !t.DueAt.IsZero() {
		parts = append(parts, p.T("desk.due", p.Stamp(t.DueAt)))
	}
	return strings.Join(parts, " · ")
}

// again is the time that this caller reports the matter: of the category that is
// chosen, in the community of the call, as often as the city wants to be told.
func (p DeskPage) again() int64 {
	f, s := p.Call.Fields, p.Book.Settings
	since, n := p.Now.AddDate(0, 0, -s.Int("repeat.days", 90)), int64(1)
	for _, o := range p.Look.Caller {
		if f.Category != "" && o.Category == f.Category && communityOf(o.Area) == communityOf(f.Area) && o.OpenedAt.After(since) && !o.Sealed {
			n++
		}
	}
	return request.Repeats{Nth: n}.Worth(s).Nth
}

func communityOf(area string) string { return area[:min(12, len(area))] }

// fill puts into a phrase what the desk knows.
func (p DeskPage) fill(body string) string {
	values := map[string]string{}
	if p.Call.Fields.Address != "" {
		values["地点"] = p.Call.Fields.Address
	}
	if p.Number != "" {
		values["工号"] = p.Number
	}
	if x := p.Look.Proposal; x.Lead.ID != "" {
		values["承办单位"], values["截止日期"] = x.Lead.Name, p.Short(x.Due)
	}
	return catalog.Fill(body, values)
}

// spot are the hidden fields that hold the chosen place.
func (p DeskPage) spot() [][2]string {
	f := p.Call.Fields
	return [][2]string{{"spot", f.Spot}, {"area", f.Area}, {"lat", degrees(f.Lat)}, {"lng", degrees(f.Lng)},
		{"datum", string(f.Origin.Datum)}, {"src_lat", degrees(f.Origin.Lat)}, {"src_lng", degrees(f.Origin.Lng)}}
}

func degrees(x float64) string {
	if x == 0 {
		return ""
	}
	return strconv.FormatFloat(x, 'f', 6, 64)
}

// focusHere puts the cursor into the first field of a fresh call.
func (p DeskPage) focusHere() templ.Attributes {
	if p.Call.stored || len(p.Problems) > 0 {
		return nil
	}
	return templ.Attributes{"autofocus": true}
}

func flag(on bool) string {
	if on {
		return "1"
	}
	return ""
}

// fillWith is what a button puts into fields by script.
func fillWith(pairs ...string) string {
	values := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	raw, err := json.Marshal(values)
	if err != nil {
		return "{}"
	}
	return string(raw)
}

func fillPlace(h place.Hit) string {
	var f Fields
	f.choose(h)
	return fillWith("address", f.Address, "spot", f.Spot, "area", f.Area, "lat", degrees(f.Lat), "lng", degrees(f.Lng), "datum", "", "src_lat", "", "src_lng", "")
}

// packHit writes a place into the value of a button, parseHit reads it.
func packHit(h place.Hit) string {
	return strings.Join([]string{h.Kind, h.Area, degrees(h.Lat), degrees(h.Lng), h.Text}, ",")
}

func parseHit(s string) (h place.Hit, ok bool) {
	part := strings.SplitN(s, ",", 5)
	if len(part) != 5 {
		return h, false
	}
	lat, err := strconv.ParseFloat(part[2], 64)
	lng, also := strconv.ParseFloat(part[3], 64)
	return place.Hit{Kind: part[0], Area: part[1], Lat: lat, Lng: lng, Text: part[4]}, err == nil && also == nil
}

// foundWords are the words of a signal in quotes.
func foundWords(list []string) string { return "“" + strings.Join(list, "”“") + "”" }
