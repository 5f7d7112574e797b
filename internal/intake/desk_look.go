package intake

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"

	"gongzhi/internal/actor"
	"gongzhi/internal/advice"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/geo"
	"gongzhi/internal/matter"
	"gongzhi/internal/notice"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Look is what the desk says about a call while it is typed.
type Look struct {
	Places    []place.Hit // what the typed address may mean
	Mentioned bool        // they come from the words of the call
	Options   []Option
	Advice    advice.Advice
	Caller    []*request.Order
	Told      map[matter.ID]notice.Message // the last notice about each of them
	Knowledge []catalog.Knowledge
	Proposal  Proposal
	Twins     []request.Twin

	Alarm      *catalog.Fired // what in the words speaks of danger
	AlarmPhone string
}

// Option is a category the call may be about.
type Option struct {
	Category catalog.Category
	Share    float64 // of all matched words, 0 when it was looked for by name
	Words    []string
	Chosen   bool
}

// Proposal is whom the duty list names for a call.
type Proposal struct {
	Lead     actor.Unit // ID "" when none can be named yet
	Limit    calendar.Limit
	Due      time.Time
	Reason   string
	Fallback bool // the district must organise a solution
	Rule     string
	Assists  []Assistant
}

// Assistant is a unit that helps, with its own date.
type Assistant struct {
	Unit  actor.Unit
	Limit calendar.Limit
	Due   time.Time
}

// How much the desk offers at once: what fits beside the form and can be told
// apart while somebody is talking.
const (
	mostPlaces    = 6
	mostFound     = 6
	mostCaller    = 6
	mostKnowledge = 3
	mostTwins     = 4
)

// look reads all that belongs to a call. It also completes the call's place.
func (s *Service) look(tx *sqldb.Tx, a actor.Actor, f *Fields) (l Look, err error) {
	if l.Places, l.Mentioned, err = s.findPlaces(tx, f); err != nil {
		return l, err
	}
	if fired, ok := s.Catalog.Book().Alarm.First(f.What); ok {
		l.Alarm, l.AlarmPhone = &fired, s.urgentPhone(fired.Signal)
	}
	l.Advice = s.Advice.Advise(advice.Question{Text: f.What, Area: f.Area, Answers: f.Answers, Category: f.Category})
	if no := barred(s.Catalog.Book(), *f); no != nil {
		l.Advice.Units = slices.DeleteFunc(l.Advice.Units, func(x advice.Suggestion) bool {
			u, _ := s.Catalog.Book().Resolver.Unit(x.Code)
			return no(u)
		})
	}
	l.Options = deskOptions(s.Catalog.Book().Tree, *f, l.Advice.Categories)
	if phone := f.KnownPhone(); phone != "" {
		if l.Caller, err = request.ByPhone(tx, s.Vault, a, phone, mostCaller); err != nil {
			return l, err
		}
		ids := make([]matter.ID, len(l.Caller))
		for i, o := range l.Caller {
			ids[i] = o.ID
		}
		if l.Told, err = notice.Last(tx, ids); err != nil {
			return l, err
		}
	}
	all, err := catalog.AllKnowledge(tx)
	if err != nil {
		return l, err
	}
	l.Knowledge = entriesFor(all, f.What, l.Options)
	if l.Proposal, err = s.propose(tx, *f); err != nil {
		return l, err
	}
	l.Twins, err = s.twins(tx, a, *f)
	return l, err
}

// findPlaces lists what the address may mean, or the words of the call while
// nobody has typed one. An address the city knows gives the call its point at
// once, and so do typed coordinates.
func (s *Service) findPlaces(tx *sqldb.Tx, f *Fields) (hits []place.Hit, mentioned bool, err error) {
	switch {
	case f.Spot != "":
		return nil, false, nil
	case f.Address == "":
		hits, err = s.named(tx, f.What)
		return hits, true, err
	}
	if p, datum, ok := coordinates(f.Address); ok {
		return nil, false, s.putTo(tx, f, p, datum)
	}
	if hits, err = s.searchTyped(tx, f.Address); err != nil {
		return nil, false, err
	}
	for _, h := range hits {
		if place.Fold(h.Text) == place.Fold(f.Address) {
			h.Text = f.Address
			f.choose(h)
			return nil, false, nil
		}
	}
	return hits, false, nil
}

// searchTyped looks for what was typed; with words around a place that nobody
// knows, for the places in it.
func (s *Service) searchTyped(tx *sqldb.Tx, typed string) ([]place.Hit, error) {
	hits, err := place.Search(tx, typed, mostPlaces)
	if err == nil && len(hits) == 0 {
		hits, err = s.named(tx, typed)
	}
	slices.SortStableFunc(hits, func(a, b place.Hit) int { return closeness(a, typed) - closeness(b, typed) })
	return hits, err
}

// closeness puts the very address first, and house numbers before what stands
// beside them when a number was typed.
func closeness(h place.Hit, typed string) int {
	switch {
	case place.Fold(h.Text) == place.Fold(typed):
		return 0
	case h.Kind == "address" && strings.ContainsAny(place.Fold(typed), "0123456789"):
		return 1
	}
	return 2
}

// choose takes a place. An area's middle is not where anything happened, so it
// gives no point.
func (f *Fields) choose(h place.Hit) {
	f.Address, f.Spot, f.Area, f.Lat, f.Lng, f.Origin = h.Text, h.Text, h.Area, h.Lat, h.Lng, request.Origin{}
	if h.Kind == "area" {
		f.Lat, f.Lng = 0, 0
	}
}

// deskOptions are the categories to choose from: those whose name was looked for,
// else those the words speak of, and always the chosen one.
func deskOptions(tree *catalog.Tree, f Fields, likely []advice.Suggestion) []Option {
	var out []Option
	if f.Find != "" {
		for _, c := range tree.Leaves("") {
			if strings.Contains(tree.Name(c.Code), f.Find) && len(out) < mostFound {
				out = append(out, Option{Category: c, Chosen: c.Code == f.Category})
			}
		}
	} else {
		for _, g := range likely {
			c, _ := tree.Find(g.Code)
			out = append(out, Option{Category: c, Share: g.Share, Words: g.Words, Chosen: g.Code == f.Category})
		}
	}
	chosen := func(o Option) bool { return o.Chosen }
	if c, ok := tree.Find(f.Category); ok && !slices.ContainsFunc(out, chosen) {
		out = append(out, Option{Category: c, Chosen: true})
	}
	return out
}

// entriesFor are the entries of the knowledge base that answer what is asked: those
// with keywords in the text, a longer word weighing more, and those whose
// question shares pairs of characters with it. Words that made a category likely
// weigh three times as much: they are what the call is about. What scores far
// less than the best would only be in the way.
func entriesFor(all []catalog.Knowledge, text string, likely []Option) []catalog.Knowledge {
	about := ""
	for _, o := range likely {
		about += " " + o.Category.Name + " " + strings.Join(o.Words, " ")
	}
	mine, best := bigrams(text), 0
	score := map[string]int{}
	for _, k := range all {
		n := 0
		for w := range strings.SplitSeq(k.Keywords, "、") {
			if r := len([]rune(w)); r >= 2 && strings.Contains(text, w) {
				n += r * r
				if strings.Contains(about, w) {
					n += 2 * r * r
				}
			}
		}
		for p := range bigrams(k.Question) {
			if mine[p] {
				n++
			}
		}
		if k.Active && n >= 4 {
			score[k.Code], best = n, max(best, n)
		}
	}
	out := slices.DeleteFunc(slices.Clone(all), func(k catalog.Knowledge) bool { return score[k.Code] == 0 || score[k.Code]*5 < best*3 })
	slices.SortStableFunc(out, func(a, b catalog.Knowledge) int { return cmp.Compare(score[b.Code], score[a.Code]) })
	return out[:min(mostKnowledge, len(out))]
}

// bigrams are the pairs of neighbouring Chinese characters of a text.
func bigrams(s string) map[string]bool {
	out := map[string]bool{}
	var last rune
	for _, c := range s {
		if !unicode.Is(unicode.Han, c) {
			last = 0
			continue
		}
		if last != 0 {
			out[string([]rune{last, c})] = true
		}
		last = c
	}
	return out
}

// propose asks the duty list. A unit that a complaint or a report of wrongdoing is
// about, and those above and below it, are never named.
func (s *Service) propose(tx *sqldb.Tx, f Fields) (Proposal, error) {
	book := s.Catalog.Book()
	c, ok := book.Tree.Find(f.Category)
	if !ok {
		return Proposal{}, nil
	}
	at := catalog.Place{Area: f.Area}
	if f.Address != "" {
		scopes, err := place.Scopes(tx, []string{f.Address, or(f.Spot, f.Address)})
		if err != nil {
			return Proposal{}, err
		}
		at.Scope = or(scopes[f.Address], scopes[or(f.Spot, f.Address)])
	}
	choice := book.Resolver.Resolve(f.Category, at, book.Calendar.DayOf(tx.Now), barred(book, f))
	p := Proposal{Lead: choice.Lead, Limit: s.limit(c, f.Type, "", tx.Now), Reason: choice.Reason, Fallback: choice.Fallback, Rule: choice.Rule}
	p.Due = book.Calendar.Due(tx.Now, p.Limit)
	if fired, ok := book.Alarm.First(f.What); ok && !f.Calm && fired.Limit.N > 0 {
		if due := book.Calendar.Due(tx.Now, fired.Limit); due.Before(p.Due) {
			p.Limit, p.Due = fired.Limit, due
		}
	}
	for _, x := range choice.Assists {
		p.Assists = append(p.Assists, Assistant{Unit: x.Unit, Limit: x.Limit, Due: book.Calendar.Due(tx.Now, x.Limit)})
	}
	return p, nil
}

func barred(book *catalog.Book, f Fields) func(actor.Unit) bool {
	u, ok := book.Resolver.Unit(f.Subject)
	if !ok || !accuses(f.typeOf(book.Tree)) {
		return nil
	}
	return request.Subject{Unit: u.ID, Path: u.Path}.Bars
}

// twins are open requests that may be about the same thing.
func (s *Service) twins(tx *sqldb.Tx, a actor.Actor, f Fields) ([]request.Twin, error) {
	return request.Similar(tx, a, request.Likeness{Category: f.Category, Text: f.What, Address: f.Address, Lat: f.Lat, Lng: f.Lng, Area: f.Area, Named: s.spokenOf(f.What),
		Sealed: f.typeOf(s.Catalog.Book().Tree) == "report", Most: mostTwins})
}

// point is where the call is about, zero when only an area or nothing is known.
func (f Fields) point() geo.Point { return geo.Point{Lat: f.Lat, Lng: f.Lng} }
