package content

import (
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"
)

// phrases are the words about one leaf category, written as a resident or an
// official says them. In braces stand holes, filled from the place and from
// pools of words; 〔…〕 is said or left out.
type phrases struct {
	Code  string   `json:"code"`
	Short []string `json:"short"` // the matter in a few words, without a place: 路灯坏了没人修
	Say   []string `json:"say"`   // the core sentence; for a consultation, the question
	Why   []string `json:"why"`   // what follows from it for the person
	Found []string `json:"found"` // what the unit found
	Did   []string `json:"did"`   // what it did about it, to be read after 已
}

// common are the words that go with any category.
type common struct {
	Open    map[string][]string `json:"open"`    // first words, by request type
	Record  []string            `json:"record"`  // how an agent begins to write down a call
	Since   []string            `json:"since"`   // how long it has lasted
	Tried   map[string][]string `json:"tried"`   // what was done before, by class; "" for the rest
	Wish    map[string][]string `json:"wish"`    // what is wanted, by request type
	Close   []string            `json:"close"`   // last words
	Extra   map[string][]string `json:"extra"`   // a detail more, likewise; for questions under their type
	Instead map[string][]string `json:"instead"` // core sentences for a type that is not the category's own

	Records    []string            `json:"records"`    // an internal record, with {查实} and {处理}
	Publics    []string            `json:"publics"`    // a public answer, likewise
	Told       []string            `json:"told"`       // the record of an answered question
	Answers    []string            `json:"answers"`    // the public answer to a question, with {解答}
	Explain    map[string][]string `json:"explain"`    // {解答} where knowledge has none, by request type
	Direct     []string            `json:"direct"`     // what an agent says on the line when it is no question
	Returns    []string            `json:"returns"`    // why a unit returns an order
	Extensions []string            `json:"extensions"` // why it needs more time
	Holds      []string            `json:"holds"`      // why a request is suspended
	Remarks    map[string][]string `json:"remarks"`    // what is said at the callback, by rating
	Unhappy    []string            `json:"unhappy"`    // why an answer does not satisfy
}

// Slots are the place and time a text is about. Any of them may be empty: the
// text then speaks of it vaguely, as people do.
type Slots struct {
	District  string // 南湖区
	Street    string // 文昌街道
	Community string // 梧桐社区
	Estate    string // 梧桐苑
	Road      string // 梧桐路
	Near      string // a landmark: 菜场北门
	Channel   string // ChannelPhone writes as an agent takes it down, more often than not
	Type      string // for answers: the request's type, when it is not the category's own
	Said      string // for answers: the request's own words, so that the answer fits them
}

// Request is what a person says about a leaf category, with a short title.
// The same rng state and slots give the same words.
func (c *City) Request(rng *rand.Rand, leaf Category, s Slots) (title, body string) {
	return c.RequestOf(rng, leaf, leaf.Type, s)
}

// RequestOf is Request for a type that need not be the category's own: a
// suggestion about street lamps, thanks for a repaired one.
func (c *City) RequestOf(rng *rand.Rand, leaf Category, kind string, s Slots) (title, body string) {
	v := c.voice(rng, leaf, s)
	v.kind = kind
	for range 20 { // a body of the wanted length is all but certain within a few tries
		body = v.body()
		if n := utf8.RuneCountInString(body); 30 <= n && n <= 200 {
			break
		}
	}
	return v.title(body), body
}

// voice is one person speaking once: what it fills into a hole the first time
// stays the same for the rest of what it says.
type voice struct {
	c    *City
	rng  *rand.Rand
	leaf Category
	p    phrases
	s    Slots
	kind string
	said map[string]string
}

func (c *City) voice(rng *rand.Rand, leaf Category, s Slots) *voice {
	return &voice{c: c, rng: rng, leaf: leaf, p: c.phrases[leaf.Code], s: s, kind: leaf.Type, said: map[string]string{}}
}

func (v *voice) chance(p float64) bool { return v.rng.Float64() < p }

// pick fills one phrase of the list, one whose place is known if it can.
func (v *voice) pick(list []string) string {
	if len(list) == 0 {
		return ""
	}
	text := list[v.rng.IntN(len(list))]
	for range 5 {
		if !v.vague(text) {
			break
		}
		text = list[v.rng.IntN(len(list))]
	}
	return v.fill(text)
}

// vague says whether a phrase names a place that is not known.
func (v *voice) vague(text string) bool {
	return v.s.Estate == "" && strings.Contains(text, "{小区}") ||
		v.s.Community == "" && strings.Contains(text, "{社区}") ||
		v.s.Road == "" && strings.Contains(text, "{路}")
}

// byClass picks from the list of the category's class or, now and then, from
// the one that suits all.
func (v *voice) byClass(lists map[string][]string) string {
	own := lists[v.leaf.Code[:4]]
	if len(own) == 0 {
		own = lists[v.leaf.Code[:2]]
	}
	if len(own) == 0 || v.chance(0.3) {
		return v.pick(lists[""])
	}
	return v.pick(own)
}

func (v *voice) title(body string) string {
	own := v.kind == v.leaf.Type
	short := v.leaf.Name + "问题"
	plain := v.kind == Praise || v.kind == Other // a name such as 表扬感谢 says nothing
	if at, score := v.fit(v.p.Short, body); own && (score > 0 || plain) {
		short = v.fill(v.p.Short[at])
	}
	switch {
	case v.kind == Consult:
		return "咨询" + short
	case v.kind == Praise && own:
		return "表扬" + short
	case v.kind == Praise:
		return "感谢及时解决" + short
	case v.kind == Suggestion:
		return "建议：" + short
	}
	for _, where := range []string{v.s.Estate, v.s.Road} {
		if v.leaf.Place && where != "" && strings.Contains(body, where) {
			return where + short
		}
	}
	if utf8.RuneCountInString(short) < 5 || v.chance(0.3) {
		return "反映" + short
	}
	return short
}

func (v *voice) body() string {
	clear(v.said)
	var parts []string
	say := func(p float64, text func() string) {
		if v.chance(p) {
			parts = append(parts, text())
		}
	}
	core := v.core()
	trouble := v.kind == Help || v.kind == Complaint || v.kind == Report || v.kind == Other
	parts = append(parts, core)
	if trouble && !strings.ContainsAny(core, "天周月年") {
		say(0.5, func() string { return v.pick(v.c.common.Since) })
	}
	if v.kind == v.leaf.Type {
		say(0.75, func() string { return v.pick(v.p.Why) })
	}
	if trouble {
		say(0.4, func() string { return v.byClass(v.c.common.Tried) })
		say(0.3, func() string { return v.byClass(v.c.common.Extra) })
	}
	if v.kind == Consult {
		say(0.35, func() string { return v.pick(v.c.common.Extra[Consult]) })
	}
	say(0.8, func() string { return v.pick(v.c.common.Wish[v.kind]) })
	if v.s.Channel == ChannelPhone && v.chance(0.7) {
		return v.pick(v.c.common.Record) + asTaken.Replace(v.sentences(parts))
	}
	say(0.55, func() string { return v.pick(v.c.common.Close) })
	text := v.sentences(parts)
	if v.chance(0.6) {
		text = v.pick(v.c.common.Open[v.kind]) + text
	}
	return text
}

func (v *voice) core() string {
	if v.kind != v.leaf.Type {
		if instead := v.c.common.Instead[v.kind]; len(instead) > 0 {
			return v.pick(instead)
		}
	}
	return v.pick(v.p.Say)
}

// asTaken turns the caller's "I" into the agent's "the caller", as agents write.
var asTaken = strings.NewReplacer(
	"我们几户", "其与几户邻居", "我们这边", "其居住地", "我们", "其", "我妈", "其母亲", "我父亲", "其父亲",
	"我爸", "其父亲", "我爱人", "其爱人", "我家", "其家", "我自己", "其本人", "我", "其", "给其说", "告知其",
)

// sentences ends each part that has no ending of its own, a question with its
// mark.
func (v *voice) sentences(parts []string) string {
	var b strings.Builder
	for _, p := range parts {
		if p == "" {
			continue
		}
		b.WriteString(p)
		last, _ := utf8.DecodeLastRuneInString(p)
		switch {
		case strings.ContainsRune("。？！～…", last):
		case strings.HasSuffix(p, "吗"), v.kind == Consult && asks(p):
			b.WriteString("？")
		default:
			b.WriteString("。")
		}
	}
	return b.String()
}

var (
	asking = strings.Fields("吗 怎么 多少 哪 几号 几点 什么 能不能 可不可以 行不行 多久 要不要 有没有 会不会 是不是 算不算 归谁 找谁 够不够 几天 还能 可以")
	saying = strings.Fields("不知道 想知道 告诉 希望 没几天 请说 不懂 说法 真假 最新")
)

// asks looks at the last clause only: "不知道找谁，麻烦看看" asks nothing.
func asks(text string) bool {
	if i := strings.LastIndex(text, "，"); i >= 0 {
		text = text[i+len("，"):]
	}
	has := func(word string) bool { return strings.Contains(text, word) }
	return slices.ContainsFunc(asking, has) && !slices.ContainsFunc(saying, has)
}

// fit is the index of the phrase that shares most pairs of characters with
// what was said, and their number; among equals, any.
func (v *voice) fit(list []string, said string) (at, score int) {
	score = -1
	if len(list) == 0 {
		return 0, score
	}
	from := v.rng.IntN(len(list))
	for i := range list {
		i = (i + from) % len(list)
		if n := shared(list[i], said); n > score {
			at, score = i, n
		}
	}
	return at, score
}

func shared(phrase, said string) int {
	n := 0
	r := []rune(phrase)
	for i := range len(r) - 1 {
		if strings.Contains(said, string(r[i:i+2])) {
			n++
		}
	}
	return n
}
