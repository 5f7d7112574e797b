package page

// Ruler is the deadline ruler (时间尺). The whole length is the time promised; positions are per cent of it.
type Ruler struct {
	Spans []Span    // elapsed and paused time in order; what is not covered is left
	Days  []float64 // where each working day ends
	State string    // "" on time, due, late, done
	Thick bool
	Label string   // the same in words, for those who do not see it; required
	Scale []string // words below, from start to end
}

// Span is one stretch of a ruler.
type Span struct {
	From, To float64
	Paused   bool
}

// EvenDays is where n working days end on a ruler measured in working time.
func EvenDays(n int) []float64 {
	if n < 2 || n > 60 {
		return nil // one day needs no tick, and ticks closer than this are a blur
	}
	days := make([]float64, 0, n-1)
	for i := 1; i < n; i++ {
		days = append(days, 100*float64(i)/float64(n))
	}
	return days
}

// Elapsed is the span of a ruler that has run without a pause for share of its time.
func Elapsed(share float64) []Span { return []Span{{To: clamp(share * 100)}} }

func (s Span) x() string     { return percent(clamp(s.From)) }
func (s Span) width() string { return percent(max(0, clamp(s.To)-clamp(s.From))) }

func clamp(x float64) float64 { return min(100, max(0, x)) }
