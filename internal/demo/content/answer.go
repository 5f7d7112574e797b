package content

import (
	"cmp"
	"math/rand/v2"
	"strings"
)

// Answer is what a unit writes when it has dealt with a request of this leaf
// category: the internal record and, apart from it, the public answer, which
// names no person. With Slots.Said it answers what was said.
func (c *City) Answer(rng *rand.Rand, leaf Category, unit Unit, s Slots) (record, public string) {
	v := c.answering(rng, leaf, unit, s)
	if v.said["解答"] != "" {
		return v.pick(c.common.Told), v.told()
	}
	return v.pick(c.common.Records), v.pick(c.common.Publics)
}

// Direct is the answer an agent gives on the line, without dispatching: to a
// question out of the knowledge base, else what the unit on duty is doing.
func (c *City) Direct(rng *rand.Rand, leaf Category, unit Unit, s Slots) string {
	v := c.answering(rng, leaf, unit, s)
	if v.said["解答"] != "" {
		return v.told()
	}
	return v.pick(c.common.Direct)
}

func (v *voice) told() string {
	if v.kind != Consult {
		return "您好，" + v.said["解答"]
	}
	return v.pick(v.c.common.Answers)
}

// answering is a voice that knows what was found and done, or, where nothing
// is to be done on the spot, what to explain.
func (c *City) answering(rng *rand.Rand, leaf Category, unit Unit, s Slots) *voice {
	v := c.voice(rng, leaf, s)
	v.kind = cmp.Or(s.Type, leaf.Type)
	v.said["单位"] = unit.Short
	v.said["时限"] = leaf.Limit.words()
	v.deal()
	if v.kind == Consult {
		v.known()
	}
	if list := c.common.Explain[v.kind]; v.said["解答"] == "" && (v.kind != leaf.Type || v.kind == Praise) {
		v.said["解答"] = v.pick(list)
		v.said["问题"] = map[string]string{
			Consult: leaf.Name + "由谁办、怎么查进度", Praise: "表扬转达情况", Suggestion: "对“" + leaf.Name + "”的建议",
		}[v.kind]
	}
	return v
}

// deal decides what was found and done: the phrases are written in pairs, the
// nth deed for the nth finding.
func (v *voice) deal() {
	pairs := make([]string, max(len(v.p.Found), len(v.p.Did)))
	if len(v.p.Found) == 0 || len(v.p.Did) == 0 {
		return
	}
	for i := range pairs {
		pairs[i] = v.p.Found[i%len(v.p.Found)] + v.p.Did[i%len(v.p.Did)]
	}
	i, _ := v.fit(pairs, v.s.Said)
	v.said["查实"] = v.fill(v.p.Found[i%len(v.p.Found)])
	v.said["处理"] = v.fill(v.p.Did[i%len(v.p.Did)])
}

// known answers with the entry of the knowledge base that fits best.
func (v *voice) known() {
	best := -1
	for _, e := range v.c.Knowledge {
		if e.Category != v.leaf.Code {
			continue
		}
		score := shared(e.Question, v.s.Said)
		for _, word := range e.Keywords {
			if strings.Contains(v.s.Said, word) {
				score += 3
			}
		}
		if score > best || score == best && v.chance(0.5) {
			best = score
			v.said["解答"], v.said["问题"] = e.Answer, strings.TrimSuffix(e.Question, "？")
		}
	}
}

// ReturnReason is why a unit says an order is not its own; other is the short
// name of the unit it proposes.
func (c *City) ReturnReason(rng *rand.Rand, leaf Category, other string, s Slots) string {
	v := c.voice(rng, leaf, s)
	v.said["单位"] = other
	return v.pick(c.common.Returns)
}

// ExtensionReason is why a unit asks for more time.
func (c *City) ExtensionReason(rng *rand.Rand, leaf Category, s Slots) string {
	return c.voice(rng, leaf, s).pick(c.common.Extensions)
}

// HoldReason is why a request is suspended (挂账).
func (c *City) HoldReason(rng *rand.Rand, leaf Category, s Slots) string {
	return c.voice(rng, leaf, s).pick(c.common.Holds)
}

// Remark is what the callback notes down for a rating of Ratings.
func (c *City) Remark(rng *rand.Rand, leaf Category, rating string, s Slots) string {
	return c.voice(rng, leaf, s).pick(c.common.Remarks[rating])
}

// Dissatisfaction is why a resident says "not solved".
func (c *City) Dissatisfaction(rng *rand.Rand, leaf Category, s Slots) string {
	return c.voice(rng, leaf, s).pick(c.common.Unhappy)
}
