package open311

import (
	"encoding/json"
	"slices"
	"strings"

	"gongzhi/internal/geo"
	"gongzhi/internal/intake/open311/georeport"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// requests writes a list. What a partner brought it may read back in full; of
// the rest everybody reads what is published.
func (s *Service) requests(c *call, rows []row) []byte {
	out := make([]georeport.Request, len(rows))
	for i := range rows {
		out[i] = s.publicly(c, &rows[i])
	}
	return georeport.RequestsOf(c.format, out)
}

func (s *Service) publicly(c *call, r *row) georeport.Request {
	book := s.Catalog.Book()
	leaf, _ := book.Tree.Find(r.topic)
	zone := book.Calendar.Zone
	out := georeport.Request{
		ID: r.number, Status: status(r.open), Notes: request.Hide(r.notes), ServiceName: leaf.Name, ServiceCode: r.topic, Description: s.description(r, leaf.Name),
		Agency: r.unit, Notice: leaf.Hint, Requested: sqldb.FromMicros(r.opened).In(zone), Updated: sqldb.FromMicros(max(r.updated, r.opened)).In(zone),
		Address: s.address(r), Media: r.media(c.base),
	}
	if r.due != 0 {
		out.Expected = sqldb.FromMicros(r.due).In(zone)
	}
	if p := r.shown(); !p.Zero() {
		out.Lat, out.Long, out.Placed = p.Lat, p.Lng, true
	}
	if c.params.truth("extensions") {
		out.Extended = s.extended(r, out, leaf.Name)
	}
	return out
}

func status(open bool) string {
	if open {
		return "open"
	}
	return "closed"
}

// description is as much of a person's own words as the city publishes, without
// the numbers that could name somebody.
func (s *Service) description(r *row, category string) string {
	switch how := s.setting(setDescription, "title"); {
	case r.own:
		return r.body
	case how == "none":
		return ""
	case r.publicity != request.Public:
		return category
	case how == "full":
		return request.Hide(r.body)
	}
	return request.Hide(r.title)
}

// shown is the place that is published: of a request at somebody's home the
// middle of a square of 100 metres.
func (r *row) shown() geo.Point {
	if r.point.Zero() || r.own || r.publicity == request.Public {
		return r.point
	}
	return geo.Grid100(r.point)
}

// address runs from the most specific to the most general, as the standard asks.
func (s *Service) address(r *row) string {
	var parts []string
	for _, a := range s.Atlas.Atlas().Path(r.area) {
		if a.Level != "grid" {
			parts = append(parts, a.Name)
		}
	}
	slices.Reverse(parts)
	if r.own || r.publicity == request.Public {
		if a := request.Hide(r.address); a != "" {
			parts = append([]string{a}, parts...)
		}
	}
	return strings.Join(parts, ", ")
}

// media are the addresses of the photos that were published: our cleaned copies.
func (r *row) media(base string) []string {
	files := r.files
	if len(files) == 0 && r.file != "" {
		files = []string{r.file}
	}
	var out []string
	for _, f := range files {
		out = append(out, base+"/public/"+r.number+"/file/"+f)
	}
	return out
}

func (s *Service) extended(r *row, shown georeport.Request, category string) *georeport.Extended {
	x := &georeport.Extended{Detailed: detailedOf(r.state), DetailedAt: shown.Updated, Channel: r.channel, Votes: r.followers, Title: request.Hide(r.title)}
	if !r.own && r.publicity != request.Public {
		x.Title = category
	}
	for _, n := range r.history {
		n.At, n.Description = n.At.In(shown.Requested.Location()), request.Hide(n.Description)
		x.History = append(x.History, n)
	}
	if r.own {
		var answers []request.Answer
		if json.Unmarshal([]byte(r.answers), &answers) == nil {
			for _, a := range answers {
				x.Attributes = append(x.Attributes, georeport.Answer{Code: a.Question, Label: a.Question, Value: a.Answer})
			}
		}
	}
	return x
}
