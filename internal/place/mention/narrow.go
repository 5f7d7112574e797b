package mention

import (
	"slices"
	"strings"
	"unicode"
)

// narrow drops what a name cannot mean: candidates outside of the areas that
// stand directly beside it, and then those outside of the areas of the whole
// text when these agree with one another.
func narrow(text string, list []Mention) []Mention {
	for range 2 { // a street may be narrowed first and then narrow its community
		for i := range list {
			for _, j := range beside(text, list, i) {
				list[i].Candidates = fitting(list[i].Candidates, list[j].Candidates)
			}
		}
	}
	ground := areas(list)
	if !agree(ground) {
		return list
	}
	for i := range list {
		for _, a := range ground {
			list[i].Candidates = fitting(list[i].Candidates, a.Candidates)
		}
	}
	return list
}

// Settle drops the candidates that do not fit to an area which is known from
// elsewhere, as that of a request's point.
func Settle(list []Mention, code string) {
	for i := range list {
		list[i].Candidates = fitting(list[i].Candidates, []Entry{{Code: code}})
	}
}

// fitting keeps the candidates that lie in one of the others or hold one of
// them; all of them when none does, for people are wrong about borders.
func fitting(list, others []Entry) []Entry {
	if len(list) < 2 || len(others) == 0 {
		return list
	}
	var out []Entry
	for _, c := range list {
		if slices.ContainsFunc(others, func(o Entry) bool { return nested(c.Code, o.Code) }) {
			out = append(out, c)
		}
	}
	if out == nil {
		return list
	}
	return out
}

// nested reports that one of two codes lies in the other.
func nested(a, b string) bool {
	return a != "" && b != "" && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a))
}

// beside are the mentions in one run of names with another, the nearest first.
func beside(text string, list []Mention, at int) []int {
	var out []int
	for i := at - 1; i >= 0 && touching(text, list[i], list[i+1]); i-- {
		out = append(out, i)
	}
	for i := at + 1; i < len(list) && touching(text, list[i-1], list[i]); i++ {
		out = append(out, i)
	}
	return out
}

// touching reports that nothing but blanks stands between two mentions.
func touching(text string, a, b Mention) bool {
	return strings.TrimFunc(text[a.End:b.Start], unicode.IsSpace) == "" && !strings.Contains(text[a.End:b.Start], "\n")
}

func areas(list []Mention) []Mention {
	var out []Mention
	for _, m := range list {
		if area(m.Kind) && len(m.Candidates) > 0 {
			out = append(out, m)
		}
	}
	return out
}

// agree reports areas each of which can mean something in, or around, every other.
func agree(list []Mention) bool {
	for i, m := range list {
		for _, o := range list[:i] {
			if !meet(m.Candidates, o.Candidates) {
				return false
			}
		}
	}
	return true
}

func meet(a, b []Entry) bool {
	return slices.ContainsFunc(a, func(x Entry) bool {
		return slices.ContainsFunc(b, func(y Entry) bool { return nested(x.Code, y.Code) })
	})
}
