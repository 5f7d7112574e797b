package content

import "strings"

// fill replaces the holes of a phrase and decides for each 〔…〕 whether it is
// said.
func (v *voice) fill(text string) string {
	for {
		from := strings.Index(text, "〔")
		to := strings.Index(text, "〕")
		if from < 0 || to < from {
			break
		}
		inner := ""
		if v.chance(0.5) {
			inner = text[from+len("〔") : to]
		}
		text = text[:from] + inner + text[to+len("〕"):]
	}
	for {
		from := strings.Index(text, "{")
		to := strings.Index(text, "}")
		if from < 0 || to < from {
			return text
		}
		text = text[:from] + v.word(text[from+1:to]) + text[to+1:]
	}
}

// word fills one hole: a slot when the caller gave it, else a word of the pool
// of that name.
func (v *voice) word(hole string) string {
	if w, ok := v.said[hole]; ok {
		return w
	}
	w := v.slot(hole)
	if w == "" {
		w = v.pick(v.c.pools[hole])
	}
	v.said[hole] = w
	return w
}

func (v *voice) slot(hole string) string {
	switch hole {
	case "区":
		return v.s.District
	case "街道":
		return v.s.Street
	case "社区":
		return v.s.Community
	case "小区":
		return v.s.Estate
	case "路":
		return v.s.Road
	case "近":
		return v.s.Near
	case "事":
		return v.leaf.Name
	case "地":
		return v.where()
	case "户":
		return v.fill("{小区}{栋}〔{单元}〕")
	case "短":
		return v.pick(v.p.Short)
	}
	return ""
}

// where says the place in one of the ways people say it, with what is known.
func (v *voice) where() string {
	var ways []string
	if v.s.Road != "" {
		ways = append(ways, "{路}{号}附近", "{路}{号}门口", "{路}{向}")
		if v.s.Near != "" {
			ways = append(ways, "{路}{近}", "{路}{近}旁边")
		}
		if v.s.District != "" {
			ways = append(ways, "{区}{路}{号}", "{区}{路}")
		}
	}
	if v.s.Estate != "" {
		ways = append(ways, "{小区}门口", "{小区}{侧}", "{小区}旁边的路上")
		if v.s.Community != "" {
			ways = append(ways, "{社区}{小区}门口")
		}
	}
	if len(ways) == 0 {
		ways = []string{"我家附近", "家门口", "单位门口"}
	}
	return v.pick(ways)
}

// knownHole says whether a phrase may have this name in braces: something the
// slots fill, or a pool.
func (c *City) knownHole(name string) bool {
	switch name {
	case "区", "街道", "社区", "小区", "路", "近", "事", "地", "户", "短", "单位", "查实", "处理", "解答", "问题", "时限":
		return true
	}
	return len(c.pools[name]) > 0
}
