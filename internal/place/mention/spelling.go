package mention

import (
	"slices"
	"strings"
)

// spelling is one way in which people write a name.
type spelling struct {
	letters []rune
	loose   bool
}

// forms are the endings that one kind of place is written with: in a name that
// ends in any of them it may be each of the first few, or none. The rest say who
// sits there, and are left out of the name.
type forms struct {
	kind    string
	endings []string
	offices []string
}

var written = []forms{
	{Street, []string{"街道", "办事处", "街"}, []string{"街道办事处", "街道办"}},
	{Street, []string{"镇"}, []string{"镇人民政府", "镇政府"}},
	{Street, []string{"乡"}, []string{"乡人民政府", "乡政府"}},
	{Community, []string{"社区", "居委会"}, []string{"社区居民委员会", "社区居委会", "居民委员会", "社区居委"}},
	{Community, []string{"村"}, []string{"村村民委员会", "村民委员会", "村村委会", "村委会"}},
	{Estate, []string{"小区"}, []string{"住宅小区"}},
}

// spellings are the ways in which a place is written: its name and other names,
// each with the endings of its kind and with none.
func spellings(e Entry) []spelling {
	var out []spelling
	for _, name := range append([]string{e.Name}, e.Aliases...) {
		full := string(letters(name))
		f, stem, office := formOf(e.Kind, full)
		if !office {
			out = add(out, full, false)
		}
		if stem == "" {
			continue
		}
		for _, ending := range f.endings {
			out = add(out, stem+ending, false)
		}
		out = add(out, stem, vague(e.Kind, []rune(stem)))
	}
	return out
}

// formOf finds the ending of a name and what stands before it, "" when it has
// none that its kind knows.
func formOf(kind, name string) (f forms, stem string, office bool) {
	for _, f := range written {
		if f.kind != kind {
			continue
		}
		for i, ending := range append(f.offices, f.endings...) {
			if stem, ok := strings.CutSuffix(name, ending); ok && len([]rune(stem)) >= 2 {
				return f, stem, i < len(f.offices)
			}
		}
		if kind == Estate {
			return f, name, false
		}
	}
	return f, "", false
}

// vague reports a name without its ending that says too little alone: two
// characters are a word more often than a place, 文艺路 is first of all a road,
// and 商贸城 is any.
func vague(kind string, stem []rune) bool {
	return kind != Estate && len(stem) < 3 || kind != Estate && strings.ContainsRune("路街巷", stem[len(stem)-1]) || ordinary(stem)
}

// ordinary reports a name that is a word of everyday prose, or nothing but an ending.
func ordinary(name []rune) bool {
	_, end := endings.longest(name, 0)
	_, stop := stops.longestBack(name, len(name), 0)
	_, common := commons.longestBack(name, len(name), 0)
	return end == len(name) || stop == 0 || common == 0
}

func add(list []spelling, name string, loose bool) []spelling {
	word := []rune(name)
	if len(word) < 2 || slices.ContainsFunc(list, func(s spelling) bool { return slices.Equal(s.letters, word) }) {
		return list
	}
	return append(list, spelling{word, loose})
}
