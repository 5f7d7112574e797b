package content

import (
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

// mix is how often each leaf is reported, within its type: official statistics
// name classes too coarse for it, so these weights are ours.
type mix struct {
	Usual  float64              `json:"usual"`  // the weight of a leaf that is not listed
	Weight map[string]float64   `json:"weight"` // by leaf code
	Month  map[string][]float64 `json:"month"`  // January to December, by a code's beginning; the longest counts
	Storm  map[string]float64   `json:"storm"`  // how many times as often on a day of storm
}

// Share is a part of a whole.
type Share struct {
	Code string
	Part float64
}

// Channels by which requests come in.
const (
	ChannelPhone    = "phone"    // 电话
	ChannelWechat   = "wechat"   // 微信
	ChannelApp      = "app"      // 手机客户端
	ChannelWeb      = "web"      // 网站
	ChannelMailbox  = "mailbox"  // 市长信箱
	ChannelUpstream = "upstream" // 上级平台流转
	ChannelTransfer = "transfer" // 110 等转办
	ChannelSMS      = "sms"      // 短信
	ChannelWindow   = "window"   // 窗口和走访
)

// TypeShares lie between the two published cities, which differ widely: 唐山
// 2024-11 (咨询 64, 求助 29, 投诉 1, 建议 0.6, 举报 0.5, 感谢 0.2, 其他 5 %) and
// 淮北 2021-03 (34, 3, 51, 1, 0.2, –, 10.5 %).
var TypeShares = []Share{
	{Consult, 0.48}, {Help, 0.20}, {Complaint, 0.25}, {Suggestion, 0.02},
	{Report, 0.02}, {Praise, 0.01}, {Other, 0.02},
}

// ChannelShares follow 江苏 2024 (电话 85.19 %, 互联网 about 14 %) and, within the
// internet, 北京 2021 (微信 78.48 %); the small ones 连云港 2020-09.
var ChannelShares = []Share{
	{ChannelPhone, 0.83}, {ChannelWechat, 0.095}, {ChannelApp, 0.015}, {ChannelWeb, 0.015},
	{ChannelUpstream, 0.02}, {ChannelMailbox, 0.01}, {ChannelTransfer, 0.006}, {ChannelSMS, 0.004},
	{ChannelWindow, 0.005},
}

// HourShares have the peaks of 北京 2019, at 9–11 and 14–16 o'clock; between
// them they are ours.
var HourShares = [24]float64{
	0.009, 0.006, 0.004, 0.004, 0.005, 0.009, 0.018, 0.037, 0.070, 0.100, 0.098, 0.068,
	0.044, 0.052, 0.088, 0.085, 0.071, 0.056, 0.045, 0.040, 0.034, 0.027, 0.018, 0.012,
}

// WeekdayFactors begin with Sunday. No city publishes them; a quieter weekend
// and a busy Monday are common knowledge of the trade.
var WeekdayFactors = [7]float64{0.68, 1.16, 1.10, 1.06, 1.05, 1.04, 0.76}

// Factors on the count of a day.
const (
	HolidayFactor = 0.60 // ours: a statutory holiday
	StormDay      = 1.86 // 滨州 2021-07-14: 3,982 calls against a mean of 2,135.36
	StormDays     = 1.55 // 滨州 2021-07-12 to 16: 3,313.4 a day
)

// Shares of what happens to a request.
const (
	RefusedShare   = 0.03  // ours: not dispatched, with a reason of the intake gate
	MergedShare    = 0.04  // ours: joined with one that was there before
	RepeatShare    = 0.19  // 象州: repeats of the same address
	ReturnShare    = 0.06  // ours; cities count returns (回退率) and do not publish them
	ReturnUpheld   = 0.55  // ours: returns that the dispatcher allows
	ExtensionShare = 0.05  // ours; 福州 2024 Q1 has 0.02 % for 数字城管, a much simpler matter
	HoldShare      = 0.012 // ours
	LateShare      = 0.035 // ours; 上海 2016 had 0.5 %, 福州 2024 Q1 0.17 % in 数字城管
	ReopenShare    = 0.08  // ours, between 数字城管 rework (福州 0.05 %) and the unsatisfied below
	CalledBack     = 0.85  // ours; 晴隆 asks for 10 % a month at least, most cities call back all they can
)

// DirectShares are the parts answered on the line. Together they make some
// 60 %: 连云港 50 %, 江苏 2024 68.45 %, 盘锦 and 淮北 about 75 %.
var DirectShares = map[string]float64{
	Consult: 0.93, Help: 0.28, Complaint: 0.24, Suggestion: 0.40, Report: 0.05, Praise: 0.80, Other: 0.60,
}

// Ratings of a callback.
const (
	Satisfied   = "satisfied"   // 满意
	Basic       = "basic"       // 基本满意
	Unsatisfied = "unsatisfied" // 不满意
	Unreachable = "unreachable" // 无法联系
)

// Ratings follow 江苏 2024 (73.26 % satisfied among valid answers) and
// 北京 2024 (满意率 96.9 %) and lie between them. No city names its share of 无法联系.
var Ratings = []Share{{Satisfied, 0.62}, {Basic, 0.14}, {Unsatisfied, 0.08}, {Unreachable, 0.16}}

// Means of 江苏 2024: handling in working days, for consultations and others.
const (
	ConsultDays = 1.4
	OtherDays   = 4.6
)

// Draw picks by shares; they need not add up to one.
func Draw(rng *rand.Rand, shares []Share) string {
	total := 0.0
	for _, s := range shares {
		total += s.Part
	}
	at := rng.Float64() * total
	for _, s := range shares {
		if at -= s.Part; at < 0 {
			return s.Code
		}
	}
	return shares[len(shares)-1].Code
}

// Moment draws a time of day by HourShares, from midnight.
func Moment(rng *rand.Rand) time.Duration {
	total := 0.0
	for _, p := range HourShares {
		total += p
	}
	at := rng.Float64() * total
	for h, p := range HourShares {
		if at -= p; at < 0 {
			return time.Duration(h)*time.Hour + time.Duration(rng.Int64N(int64(time.Hour)))
		}
	}
	return 23 * time.Hour
}

// Handling draws working days from dispatch to answer, long-tailed as handling
// is, with the published mean. A short limit pulls it in: people work towards
// the date they were given.
func Handling(rng *rand.Rand, kind string, limit Limit) float64 {
	mean := OtherDays
	if kind == Consult {
		mean = ConsultDays
	}
	days := float64(limit.N)
	if limit.Unit == "h" {
		days /= 24
	}
	mean = min(mean, days*0.75)
	const sigma = 0.6
	return mean * math.Exp(rng.NormFloat64()*sigma-sigma*sigma/2)
}

// Season is what of the day bears on what is reported.
type Season struct {
	Month time.Month
	Storm bool
}

// Matter draws a leaf and the type of the request.
func (c *City) Matter(rng *rand.Rand, s Season) (leaf Category, kind string) {
	kind = Draw(rng, TypeShares)
	// Any matter can be asked about, praised or improved; nobody reports in
	// secret what is not a secret.
	elsewhere := map[string]float64{Consult: 0.08, Help: 0.03, Complaint: 0.03, Suggestion: 0.5, Praise: 0.5}[kind]
	other := rng.Float64() < elsewhere
	weights := make([]Share, 0, len(c.Categories))
	for _, k := range c.Categories {
		if k.Leaf && (k.Type == kind) != other && (!other || k.Place || kind == Praise) {
			weights = append(weights, Share{k.Code, c.Weight(k, s)})
		}
	}
	leaf, _ = c.Category(Draw(rng, weights))
	return leaf, kind
}

// Weight is how often a leaf is reported in a season, within its type.
func (c *City) Weight(leaf Category, s Season) float64 {
	w, ok := c.mix.Weight[leaf.Code]
	if !ok {
		w = c.mix.Usual
	}
	longest := ""
	for prefix := range c.mix.Month {
		if strings.HasPrefix(leaf.Code, prefix) && len(prefix) > len(longest) {
			longest = prefix
		}
	}
	if longest != "" && s.Month != 0 {
		w *= c.mix.Month[longest][s.Month-1]
	}
	if factor, ok := c.mix.Storm[leaf.Code]; ok && s.Storm {
		w *= factor
	}
	return w
}
