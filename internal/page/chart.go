package page

import (
	"math"
	"strings"

	"gongzhi/internal/locale"
)

// Chart is a line over time with the band it was expected in. Low and High are empty or as long as Values.
type Chart struct {
	Title, Desc string // what it shows, and in a sentence what it says
	Values      []float64
	Low, High   []float64
	Labels      []ChartLabel
	Bars        bool // bars in place of a line, for few values
}

// ChartLabel is a word under the value with index At.
type ChartLabel struct {
	At   int
	Text string
}

// The drawing board of a chart, in its own units.
const (
	chartLeft, chartRight = 40.0, 630.0
	chartTop, chartFoot   = 20.0, 190.0
)

func (c Chart) x(i int) float64 {
	if c.Bars {
		return chartLeft + (float64(i)+.5)*(chartRight-chartLeft)/float64(max(1, len(c.Values)))
	}
	if len(c.Values) < 2 {
		return chartLeft
	}
	return chartLeft + float64(i)*(chartRight-chartLeft)/float64(len(c.Values)-1)
}

func (c Chart) y(v float64) float64 {
	return chartFoot - (v/c.top())*(chartFoot-chartTop)
}

// step is the distance between two lines of the grid: a round number that gives two to five of them. The scale
// always begins at zero, so that a rise looks as large as it is.
func (c Chart) step() float64 {
	highest := 1.0
	for _, list := range [][]float64{c.Values, c.High} {
		for _, v := range list {
			highest = max(highest, v)
		}
	}
	step := math.Pow(10, math.Floor(math.Log10(highest)))
	for _, part := range []float64{5, 2} {
		if highest/step < 2 && step/part >= 1 {
			return step / part
		}
	}
	if highest/step > 5 {
		return step * 2
	}
	return step
}

func (c Chart) top() float64 {
	highest := 1.0
	for _, list := range [][]float64{c.Values, c.High} {
		for _, v := range list {
			highest = max(highest, v)
		}
	}
	return math.Ceil(highest/c.step()) * c.step()
}

func (c Chart) gridLines() []float64 {
	var lines []float64
	for v := 0.0; v <= c.top()+1e-9; v += c.step() {
		lines = append(lines, v)
	}
	return lines
}

func (c Chart) line() string { return c.path(c.Values, false) }

// band runs along the upper edge and back along the lower one.
func (c Chart) band() string {
	if len(c.Low) != len(c.Values) || len(c.High) != len(c.Values) || len(c.Values) == 0 {
		return ""
	}
	return c.path(c.High, false) + " L" + strings.TrimPrefix(c.path(c.Low, true), "M") + "Z"
}

func (c Chart) path(values []float64, backwards bool) string {
	var b strings.Builder
	for n := range values {
		i := n
		if backwards {
			i = len(values) - 1 - n
		}
		b.WriteString(map[bool]string{true: "M", false: " L"}[n == 0])
		b.WriteString(coord(c.x(i)) + " " + coord(c.y(values[i])))
	}
	return b.String()
}

// above are the triangles over values that lie above the band.
func (c Chart) above() []string {
	var marks []string
	for i, v := range c.Values {
		if i < len(c.High) && v > c.High[i] {
			marks = append(marks, "M"+coord(c.x(i)-5)+" "+coord(c.y(v)-3)+"l5 -9 5 9z")
		}
	}
	return marks
}

func (c Chart) barWidth() float64 {
	return .7 * (chartRight - chartLeft) / float64(max(1, len(c.Values)))
}

// Spark is a small line without a scale for a row of a table; Label says it in words.
type Spark struct {
	Values []float64
	Label  string
}

func (s Spark) points() (path string, lastX, lastY float64) {
	if len(s.Values) == 0 {
		return "", 0, 0
	}
	low, high := s.Values[0], s.Values[0]
	for _, v := range s.Values {
		low, high = min(low, v), max(high, v)
	}
	var b strings.Builder
	for i, v := range s.Values {
		lastX, lastY = 2+92*float64(i)/float64(max(1, len(s.Values)-1)), 12
		if high > low {
			lastY = 21 - 18*(v-low)/(high-low)
		}
		b.WriteString(map[bool]string{true: "M", false: " L"}[i == 0] + coord(lastX) + " " + coord(lastY))
	}
	return b.String(), lastX, lastY
}

func (s Spark) path() string {
	p, _, _ := s.points()
	return p
}

func (s Spark) lastX() string {
	_, x, _ := s.points()
	return coord(x)
}

func (s Spark) lastY() string {
	_, _, y := s.points()
	return coord(y)
}

// Rate is a share with the interval it is known to lie in and the number of answers it rests on.
type Rate struct {
	Share, Low, High float64 // of one
	N                int
	Least            int // below this N the rate is not shown but called 样本不足
}

// RateOf is the share that k of n are, with its 95 % interval (Wilson 1927): it
// holds for small n and near 0 and 1, where the plain one does not.
func RateOf(k, n int64, least int) Rate {
	r := Rate{High: 1, N: int(n), Least: least}
	if n == 0 {
		return r
	}
	const z = 1.959963984540054
	share, of := float64(k)/float64(n), float64(n)
	mid := (share + z*z/(2*of)) / (1 + z*z/of)
	half := z / (1 + z*z/of) * math.Sqrt(share*(1-share)/of+z*z/(4*of*of))
	r.Share, r.Low, r.High = share, max(0, mid-half), min(1, mid+half)
	return r
}

func (r Rate) enough() bool { return r.N > 0 && r.N >= r.Least }

func axis(v float64) string { return locale.Decimal(v, 0) }
