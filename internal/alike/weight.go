package alike

import "math"

// Weights tell how much each piece says: what stands in every second text says
// little. The zero value knows nothing and takes all pieces for equal.
type Weights struct {
	texts float64
	in    map[Gram]int32
}

// Learn counts in how many of the texts each piece stands.
func Learn(texts [][]Gram) *Weights {
	w := &Weights{texts: float64(len(texts)), in: map[Gram]int32{}}
	for _, t := range texts {
		for _, g := range t {
			w.in[g]++
		}
	}
	return w
}

// Of is the weight of a piece.
func (w *Weights) Of(g Gram) float64 {
	switch {
	case polite[g]:
		return 0.1
	case w == nil || w.in == nil:
		return 1
	}
	return math.Log((w.texts + 1) / (float64(w.in[g]) + 0.5))
}

// In is in how many texts a piece stands.
func (w *Weights) In(g Gram) int { return int(w.in[g]) }

// Compare tells what two texts have in common: both is the share of all that
// either says, part the share of what the shorter one says.
func (w *Weights) Compare(a, b []Gram) (both, part float64) {
	var common, left, right float64
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case j == len(b) || i < len(a) && a[i] < b[j]:
			left += w.Of(a[i])
			i++
		case i == len(a) || b[j] < a[i]:
			right += w.Of(b[j])
			j++
		default:
			common += w.Of(a[i])
			i, j = i+1, j+1
		}
	}
	if common == 0 {
		return 0, 0
	}
	return common / (common + left + right), common / (common + min(left, right))
}

// Common are the pieces that both texts have.
func Common(a, b []Gram) int {
	n := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case b[j] < a[i]:
			j++
		default:
			n, i, j = n+1, i+1, j+1
		}
	}
	return n
}

// polite are pieces of what people say to any office about anything.
var polite = func() map[Gram]bool {
	out := map[Gram]bool{}
	for _, s := range []string{"尊敬的领导您好", "请问领导你们", "我们希望政府", "请相关部门", "有关部门", "尽快解决", "谢谢", "感谢", "这个问题", "为什么", "是不是", "什么时候", "没有人管",
		"我是", "居民反映", "市民反映", "来电反映", "诉求人", "希望尽快处理", "望处理", "谢谢领导", "请政府", "我们小区的", "我们的", "可以", "现在", "已经", "进行", "因为", "所以", "如果", "但是", "一个", "一直", "不知道", "如何", "怎么", "请帮忙"} {
		for _, g := range Grams(s) {
			out[g] = true
		}
	}
	return out
}()

// Telling are the pieces that say something of the matter.
func Telling(grams []Gram) []Gram {
	out := make([]Gram, 0, len(grams))
	for _, g := range grams {
		if !polite[g] {
			out = append(out, g)
		}
	}
	return out
}
