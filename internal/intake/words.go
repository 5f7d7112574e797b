package intake

import (
	"strings"
	"unicode/utf8"

	"gongzhi/internal/place/mention"
	"gongzhi/internal/request"
)

// machine are the channels by which words come that nobody here has read: no
// person has chosen a place on the way.
var machine = map[string]bool{"sms": true, "mail": true, "open311": true, "api": true, "other": true, "upstream": true, "transfer": true}

// spokenOf are the places that a text names and that are no mere district. A road
// and what stands at it are known by their names alone: they are in many areas.
func (s *Service) spokenOf(text string) (out []request.Named) {
	for _, m := range s.Atlas.Find(text) {
		if m.Kind == mention.District {
			continue
		}
		n := request.Named{Name: m.Name}
		if m.Kind == mention.Street || m.Kind == mention.Community {
			for _, c := range m.Candidates {
				n.Areas = append(n.Areas, c.Code)
			}
		}
		out = append(out, n)
	}
	return out
}

// fromWords gives a report without any place the one that its words name, when
// exactly one is certain. A district alone says whom somebody writes to more
// often than where. What was taken is marked; staff can mend it.
func (s *Service) fromWords(r *Report) {
	if r.Address != "" || r.Area != "" || r.Lat != 0 || r.Lng != 0 || r.Origin.Placed == request.FromWords {
		return
	}
	text := r.Body
	if !strings.HasPrefix(text, strings.TrimSuffix(r.Title, "…")) {
		text = r.Title + "\n" + text
	}
	p, means, ok := mention.Certain(mention.Places(text, s.Atlas.Find(text)))
	if !ok || means.Kind == mention.District || utf8.RuneCountInString(p.Text) > MaxAddress {
		return
	}
	if area, known := s.Atlas.Atlas().Find(means.Code); known {
		r.Area = area.Code
	}
	switch {
	case p.Head.Number != "":
		r.Address = p.Head.Text
	case r.Area == "" || !p.Head.Known || means.Kind != mention.Street && means.Kind != mention.Community: // more than the area says already
		r.Address = p.Text
	}
	if means.Kind == mention.Facility || means.Kind == mention.Estate {
		r.Lat, r.Lng = means.Point.Lat, means.Point.Lng
	}
	if r.Origin.Placed == "" {
		r.Origin.Placed = request.FromWords
	}
}
