package mention

import "slices"

// Place is a run of names that say one place together: 某街道 某社区 某小区. Head
// is the most precise of them.
type Place struct {
	Start, End int
	Text       string
	Head       Mention
	Within     []Mention // the others, in the text's order
}

// Places puts the mentions of a text together.
func Places(text string, list []Mention) []Place {
	var out []Place
	for i := 0; i < len(list); {
		j := i + 1
		for j < len(list) && touching(text, list[j-1], list[j]) && rank(list[j].Kind) >= rank(list[j-1].Kind) {
			j++
		}
		p := Place{Start: list[i].Start, End: list[j-1].End, Head: list[j-1], Within: list[i : j-1]}
		p.Text = text[p.Start:p.End]
		out = append(out, p)
		i = j
	}
	return out
}

// Sure is the one thing that a place means: what its head means, or the
// narrowest area around a head that the gazetteer does not know. ok is false
// when several are possible, and when the names contradict one another.
func (p Place) Sure() (Entry, bool) {
	names := append(slices.Clone(p.Within), p.Head)
	var known []Mention
	for _, m := range names {
		if m.Known {
			known = append(known, m)
		}
	}
	if len(known) == 0 || !agree(known) {
		return Entry{}, false
	}
	last := known[len(known)-1]
	return last.Candidates[0], len(last.Candidates) == 1
}

// Certain is the one place that a text is about: the most precise of those that
// are sure, when all of them lie in one another.
func Certain(places []Place) (p Place, means Entry, ok bool) {
	for _, q := range places {
		e, sure := q.Sure()
		switch {
		case !sure:
			if q.Head.Known {
				return Place{}, Entry{}, false // one that may be several is not left aside
			}
		case !ok, nested(means.Code, e.Code) && preciser(q, e, p, means):
			p, means, ok = q, e, true
		case !nested(means.Code, e.Code):
			return Place{}, Entry{}, false
		}
	}
	return p, means, ok
}

func preciser(q Place, e Entry, p Place, was Entry) bool {
	if r, s := rank(e.Kind), rank(was.Kind); r != s {
		return r > s
	}
	return len(e.Code) > len(was.Code) || q.Head.Number != "" && p.Head.Number == ""
}
