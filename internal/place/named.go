package place

import (
	"gongzhi/internal/place/mention"
	"gongzhi/internal/sqldb"
)

// Named are the places that a text names, for a person to choose from: house
// numbers that the city knows first, then each thing that a name may mean. Of
// several with one name all are there, at most so many in all.
func (s *Shelf) Named(tx *sqldb.Tx, text string, most int) ([]Hit, error) {
	all, err := s.NamedAll(tx, []string{text}, most)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// NamedAll is Named for several texts with one look at the addresses.
func (s *Shelf) NamedAll(tx *sqldb.Tx, texts []string, most int) ([][]Hit, error) {
	found, houses := make([]naming, len(texts)), []string(nil)
	for i, text := range texts {
		found[i] = s.naming(text, most)
		houses = append(houses, found[i].houses...)
	}
	known, err := ExactAll(tx, houses)
	if err != nil {
		return nil, err
	}
	byHouse := map[string][]Address{}
	for _, a := range known {
		byHouse[Fold(a.Text)] = append(byHouse[Fold(a.Text)], a)
	}
	out := make([][]Hit, len(texts))
	for i, n := range found {
		out[i] = n.hits(byHouse, most)
	}
	return out, nil
}

// naming is what a text names: things with an area or a point, roads of house
// numbers, and the house numbers themselves.
type naming struct {
	things, roads []Hit
	houses        []string
}

func (s *Shelf) naming(text string, most int) (n naming) {
	seen := map[string]bool{}
	for _, p := range mention.Places(text, s.Find(text)) {
		to := &n.things
		if p.Head.Number != "" {
			if to = &n.roads; len(n.houses) < most {
				n.houses = append(n.houses, p.Head.Name+p.Head.Number)
			}
		}
		for _, e := range candidates(p) {
			h := Hit{Text: e.Name, Kind: hitKind(e), Area: e.Code, Lat: e.Point.Lat, Lng: e.Point.Lng}
			if _, known := s.Atlas().Find(e.Code); known && !seen[h.Text+h.Area] {
				seen[h.Text+h.Area] = true
				*to = append(*to, h)
			}
		}
	}
	return n
}

func (n naming) hits(byHouse map[string][]Address, most int) (out []Hit) {
	seen := map[string]bool{}
	for _, house := range n.houses {
		for _, a := range byHouse[Fold(house)] {
			if !seen[a.ID] {
				seen[a.ID] = true
				out = append(out, Hit{Text: a.Text, Kind: "address", Area: a.Area, Lat: a.Lat, Lng: a.Lng})
			}
		}
	}
	if len(out) == 0 {
		out = n.roads
	}
	out = append(out, n.things...)
	return out[:min(len(out), most)]
}

// candidates are what a place may mean: its head, or what is around a head that
// the gazetteer does not know.
func candidates(p mention.Place) []mention.Entry {
	for i := len(p.Within); i >= 0; i-- {
		m := p.Head
		if i < len(p.Within) {
			m = p.Within[i]
		}
		if m.Known {
			return m.Candidates
		}
	}
	return nil
}

// hitKind is the kind of a place to choose: an area's middle, and a road, are
// not where anything happened.
func hitKind(e mention.Entry) string {
	if e.Kind == mention.Facility {
		return e.Kind
	}
	return "area"
}
