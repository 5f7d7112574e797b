package dispatch

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/id"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// Lengths of what people type, in characters.
const (
	longText  = 2000
	shortText = 300
)

// consultUnits is how many units a form invites.
const consultUnits = 4

// posted is a panel's form on its way to a verb.
type posted struct {
	r     *http.Request
	a     actor.Actor
	on    On
	v     *web.Values
	names names
}

// act is the handler of a panel: the verb is called when the form can be read.
func (s *Service) act(panel string, do func(p posted) error) func(http.ResponseWriter, *http.Request) error {
	again := func(w http.ResponseWriter, r *http.Request, number string, f *show.Failed) error {
		return s.Case(w, r, number, f)
	}
	return show.Act(again, panel, func(r *http.Request, a actor.Actor, number string, version int64, v *web.Values) error {
		p := posted{r: r, a: a, on: On{number, version}, v: v}
		err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
			p.names, err = s.names(tx)
			return err
		})
		if err != nil {
			return err
		}
		return do(p)
	})
}

func (s *Service) postSend(p posted) error {
	v := p.v
	c := Send{On: p.on, Lead: p.names.id(v, "send.lead"), Category: v.String("send.category"),
		Reason: v.String("send.reason", shortText), Instruction: v.Text("send.instruction", longText)}
	for i := 1; i <= helperLines; i++ {
		n := strconv.Itoa(i)
		if unit := p.names.id(v, "send.assist"+n); unit != "" {
			c.Assists = append(c.Assists, Assist{unit, readLimit(v, "send.n"+n, "send.u"+n)})
		}
	}
	if v.String("send.lead") == "" {
		v.Add("send.lead", "dispatch.lead_missing")
	}
	if err := v.Err(); err != nil {
		return err
	}
	return s.Send(p.r.Context(), p.a, c)
}

func readLimit(v *web.Values, number, unit string) calendar.Limit {
	l := calendar.Limit{N: v.Int(number), Unit: cmp.Or(v.String(unit), "wd")}
	if l.N < 1 || l.N > 99 || l.Unit != "wd" && l.Unit != "cd" && l.Unit != "h" {
		v.Add(number, "dispatch.limit_wrong")
	}
	return l
}

func (s *Service) postConsult(p posted) error {
	c := Consult{On: p.on, Text: p.v.Text("consult.text", longText)}
	for i := 1; i <= consultUnits; i++ {
		if unit := p.names.id(p.v, "consult.unit"+strconv.Itoa(i)); unit != "" {
			c.Units = append(c.Units, unit)
		}
	}
	if err := p.v.Err(); err != nil {
		return err
	}
	return s.Consult(p.r.Context(), p.a, c)
}

func (s *Service) postConsultEnd(p posted) error {
	c := ConsultEnd{On: p.on, Lead: p.names.id(p.v, "consult_end.lead"), Text: p.v.Text("consult_end.text", longText)}
	if err := p.v.Err(); err != nil {
		return err
	}
	return s.ConsultEnd(p.r.Context(), p.a, c)
}

func (s *Service) postObjection(p posted) error {
	c := RuleObjection{On: p.on, Uphold: p.v.String("objection.uphold") == "1", Reason: p.v.Text("objection.reason", longText)}
	if c.Uphold {
		c.Unit = p.names.id(p.v, "objection.unit")
	}
	if err := p.v.Err(); err != nil {
		return err
	}
	return s.RuleObjection(p.r.Context(), p.a, c)
}

func (s *Service) postReclassify(p posted) error {
	v := p.v
	c := Reclassify{On: p.on, Category: v.String("reclassify.category"), Type: v.String("reclassify.type"), Urgency: v.String("reclassify.urgency"),
		Publicity: v.String("reclassify.publicity"), Subject: p.names.id(v, "reclassify.subject"), Reason: v.String("reclassify.reason", shortText)}
	address, area := v.String("reclassify.address", shortText), v.String("reclassify.area")
	if err := v.Err(); err != nil {
		return err
	}
	err := s.DB.View(p.r.Context(), func(tx *sqldb.Tx) error {
		o, err := request.FindNumber(tx, p.a, p.on.Number)
		if err == nil && (address != o.Address || area != areaChoice(o)) {
			c.Place, err = findPlace(tx, o, address, area)
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.Reclassify(p.r.Context(), p.a, c)
}

// findPlace is a mended place: a known address brings its area and point along;
// another keeps the old point only while the area stays the same.
func findPlace(tx *sqldb.Tx, o *request.Order, address, area string) (*Place, error) {
	p := &Place{Address: address, Area: area}
	if area == areaChoice(o) {
		p.Area, p.Lat, p.Lng = o.Area, o.Lat, o.Lng
	}
	if address == o.Address {
		return p, nil
	}
	hits, err := place.Search(tx, address, 1)
	if err != nil || len(hits) == 0 || place.Fold(hits[0].Text) != place.Fold(address) {
		return p, err
	}
	h := hits[0]
	if area != areaChoice(o) && (len(h.Area) < len(area) || h.Area[:len(area)] != area) {
		return p, nil // the person chose another area than the known address lies in: believe the person
	}
	return &Place{Address: address, Area: h.Area, Lat: h.Lat, Lng: h.Lng}, nil
}

func (s *Service) postMerge(p posted) error {
	typed := p.v.String("merge.into")
	c := Merge{On: p.on, Into: id.CleanNumber(cmp.Or(typed, p.v.String("merge.pick"))), Reason: p.v.String("merge.reason", shortText)}
	if c.Into == "" {
		p.v.Add("merge.into", "dispatch.merge_into_missing")
	}
	if err := p.v.Err(); err != nil {
		return err
	}
	return s.Merge(p.r.Context(), p.a, c)
}

func (s *Service) postUnmerge(p posted) error {
	c := Unmerge{On: p.on, Reason: p.v.String("unmerge.reason", shortText)}
	if err := p.v.Err(); err != nil {
		return err
	}
	return s.Unmerge(p.r.Context(), p.a, c)
}

func (s *Service) postSplit(p posted) error {
	c := Split{On: p.on, Title: p.v.String("split.title", 60), Body: p.v.Text("split.body", longText), Category: p.v.String("split.category"), Reason: p.v.String("split.reason", shortText)}
	if err := p.v.Err(); err != nil {
		return err
	}
	_, err := s.Split(p.r.Context(), p.a, c)
	return err
}

func (s *Service) postDirect(p posted) error {
	c := DirectAnswer{On: p.on, Text: p.v.Text("direct.text", longText)}
	if err := p.v.Err(); err != nil {
		return err
	}
	return s.DirectAnswer(p.r.Context(), p.a, c)
}

func (s *Service) postDivert(p posted) error {
	c := Divert{On: p.on, Code: p.v.String("divert.code"), Text: p.v.Text("divert.text", longText), Route: p.v.Text("divert.route", longText)}
	if err := p.v.Err(); err != nil {
		return err
	}
	return s.Divert(p.r.Context(), p.a, c)
}

func (s *Service) postCalm(p posted) error {
	c := Calm{On: p.on, Reason: p.v.String("calm.reason", shortText)}
	if preset := p.v.String("calm.preset"); c.Reason == "" && slices.Contains(calmReasons, preset) {
		c.Reason = say(preset)
	}
	if err := p.v.Err(); err != nil {
		return err
	}
	return s.Calm(p.r.Context(), p.a, c)
}

func (s *Service) postUrge(p posted) error {
	c := Urge{On: p.on, Text: p.v.Text("urge.text", longText)}
	if err := p.v.Err(); err != nil {
		return err
	}
	return s.Urge(p.r.Context(), p.a, c)
}
