package show

import (
	"time"

	"gongzhi/internal/calendar"
	"gongzhi/internal/locale"
)

// Limit is a limit in words: 5个工作日. One of nothing is "".
func Limit(lang locale.Lang, l calendar.Limit) string {
	if l.Unit == "" {
		return ""
	}
	words := locale.T(lang, "calendar.limit_"+l.Unit, l.N)
	if l.N == 0 && !l.Clock() {
		words = locale.T(lang, "calendar.limit_today")
	}
	if l.Roll {
		return locale.T(lang, "calendar.limit_roll", words)
	}
	return words
}

// Steps says in words how a date was counted, days and hours alike joined.
func Steps(lang locale.Lang, zone *time.Location, steps []calendar.Step) []string {
	var out []string
	counted := 0
	for i := 0; i < len(steps); {
		j := i + 1
		for j < len(steps) && alike(steps[i], steps[j]) {
			j++
		}
		if steps[i].Counted {
			counted += j - i
		}
		out = append(out, stepWords(lang, zone, steps[i:j], counted))
		i = j
	}
	return out
}

// Step says one step in words; counted is how many days have counted with it.
func Step(lang locale.Lang, zone *time.Location, s calendar.Step, counted int) string {
	return stepWords(lang, zone, []calendar.Step{s}, counted)
}

// alike reports whether two steps may be told as one: whole days for one reason.
func alike(a, b calendar.Step) bool {
	return a.From.IsZero() && b.From.IsZero() && a.Counted == b.Counted && a.Why == b.Why && a.Name == b.Name
}

func stepWords(lang locale.Lang, zone *time.Location, run []calendar.Step, counted int) string {
	s := run[0]
	when := stepWhen(lang, zone, run)
	why := locale.T(lang, "calendar.why_"+s.Why)
	switch {
	case s.Why == calendar.Holiday && s.Name != "" && lang == locale.ZH:
		why = s.Name
	case s.Why == calendar.Stopped && s.Name != "":
		why = locale.T(lang, "calendar.stopped_for", stopName(lang, s.Name))
	}
	switch {
	case !s.From.IsZero() && s.To.IsZero():
		return locale.T(lang, "calendar.step_standing", when, why)
	case !s.From.IsZero() && s.Counted:
		return locale.T(lang, "calendar.step_ran", when, locale.Span(lang, s.To.Sub(s.From)))
	case !s.Counted:
		return locale.T(lang, "calendar.step_not", when, why)
	case s.Why == calendar.Worked:
		return locale.T(lang, "calendar.step_days", when, counted)
	}
	return locale.T(lang, "calendar.step_days_why", when, why, counted)
}

// stopName is the reason of a stop in words where it is one of the program's.
func stopName(lang locale.Lang, reason string) string {
	if key := "calendar.stop_" + reason; locale.Has(lang, key) {
		return locale.T(lang, key)
	}
	return reason
}

func stepWhen(lang locale.Lang, zone *time.Location, run []calendar.Step) string {
	s, last := run[0], run[len(run)-1]
	switch {
	case !s.From.IsZero() && s.To.IsZero():
		return locale.Short(lang, s.From, zone)
	case !s.From.IsZero():
		return locale.T(lang, "calendar.from_to", locale.Short(lang, s.From, zone), locale.Short(lang, s.To, zone))
	case len(run) == 1:
		return dayWords(lang, s.Day)
	}
	return locale.T(lang, "calendar.from_to", dayWords(lang, s.Day), dayWords(lang, last.Day))
}

func dayWords(lang locale.Lang, d calendar.Day) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	return locale.Day(lang, t.Add(12*time.Hour), time.UTC)
}
