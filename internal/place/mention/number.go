package mention

// number gives a road the house number that follows it. What comes behind it,
// building, unit and room, is nobody's business and stays out.
func (s *scan) number(m *span) {
	if m.kind != Road {
		return
	}
	if end := houseNumber(s.f.runes, m.end); end > m.end && s.free(m.end, end) {
		m.end = end
	}
}

// houseNumber is where 32号, 32-4号 or 6弄 ends that begins at a character.
func houseNumber(text []rune, at int) int {
	end := digits(text, at)
	if end == at || end-at > 5 {
		return at
	}
	if end < len(text) && (text[end] == '-' || text[end] == '之') {
		end = digits(text, end+1)
	}
	if end < len(text) && (text[end] == '号' || text[end] == '弄' || text[end] == '巷') && !follows(text, end+1, "线", "楼", "栋", "文", "令") {
		return end + 1
	}
	return at
}

func digits(text []rune, at int) int {
	for at < len(text) && digit(text[at]) {
		at++
	}
	return at
}

func follows(text []rune, at int, words ...string) bool {
	for _, w := range words {
		if r := []rune(w); at+len(r) <= len(text) && string(text[at:at+len(r)]) == w {
			return true
		}
	}
	return false
}

// highway is a numbered road: 320国道, 省道S312线, G107.
func (s *scan) highway(at int) (span, bool) {
	text := s.f.runes
	if at > 0 && (digit(text[at-1]) || small(text[at-1])) {
		return span{}, false
	}
	from := at
	if lettered := at < len(text) && (text[at] == 'g' || text[at] == 's' || text[at] == 'x'); lettered {
		from++
	}
	end := digits(text, from)
	if n := end - from; n < 2 || n > 4 || s.at(at) != nil {
		return span{}, false
	}
	for _, w := range []string{"国道", "省道", "县道"} {
		if follows(text, end, w) {
			return unknown(at, end+2, Road), true
		}
	}
	if from == at || end < len(text) && (digit(text[end]) || small(text[end])) {
		return span{}, false
	}
	for _, w := range []string{"线", "道路"} {
		if follows(text, end, w) {
			end += len([]rune(w))
			break
		}
	}
	return unknown(at, end, Road), true
}

// joints stand between the two roads of a crossing, corners behind it.
var (
	joints  = []string{"", "和", "与", "及", "跟", "、", "/", "-", "—"}
	corners = []string{"十字路口", "丁字路口", "交叉路口", "交叉口", "交汇处", "交会处", "交界处", "交接处", "路口", "交汇", "交叉", "交界", "口", "的路口", "的交叉口", "的交汇处"}
)

// crossings makes one place of two roads that meet: 杜鹃路和雷锋大道交界处.
func crossings(f *folded, list []span) []span {
	var out []span
	for i := 0; i < len(list); i++ {
		m := list[i]
		if i+1 < len(list) && m.kind == Road && list[i+1].kind == Road && m.end == m.name && joined(f, m.end, list[i+1].start) {
			if end := corner(f.runes, list[i+1].end); end > list[i+1].end && (i+2 == len(list) || list[i+2].start >= end) {
				m = span{start: m.start, end: end, name: end, kind: Crossing, word: -1}
				i++
			}
		}
		out = append(out, m)
	}
	return out
}

func joined(f *folded, from, to int) bool {
	if to-from > 1 {
		return false
	}
	between := f.string(from, to)
	for _, j := range joints {
		if between == j {
			return true
		}
	}
	return false
}

func corner(text []rune, at int) int {
	for _, c := range corners {
		if follows(text, at, c) {
			return at + len([]rune(c))
		}
	}
	return at
}

// RoadOf is the road of an address that consists of one and a house number:
// 梧桐路 of 梧桐路32号, "" of every other.
func RoadOf(address string) string {
	text := letters(address)
	i := 0
	for i < len(text) && !digit(text[i]) {
		i++
	}
	if houseNumber(text, i) == i || kindOf(text[:i]) != Road {
		return ""
	}
	return string(text[:i])
}
