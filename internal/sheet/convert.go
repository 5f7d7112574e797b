package sheet

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/width"

	"gongzhi/internal/fault"
)

// convert takes a value that is not empty through lookup, time, number and
// length. A key other than "" names what is wrong.
func (f *Field) convert(value string, zone *time.Location) (out, key string, args []any) {
	if f.Lookup != nil {
		if value, key, args = f.look(value); key != "" || value == "" {
			return "", key, args
		}
	}
	switch {
	case f.Time != nil:
		value, key, args = f.Time.read(value, zone)
	case f.Number != nil:
		value, key, args = f.Number.read(value)
	}
	if key != "" {
		return "", key, args
	}
	if n := utf8.RuneCountInString(value); f.Max > 0 && n > f.Max {
		return "", "sheet.too_long", []any{n, f.Max}
	}
	return value, "", nil
}

const shownChoices = 8

func (f *Field) look(value string) (out, key string, args []any) {
	found, ok := f.Lookup[fold(value)]
	if !ok {
		found, ok = f.Lookup["*"]
	}
	switch {
	case !ok:
		choices := strings.Join(f.choices[:min(len(f.choices), shownChoices)], "、")
		if len(f.choices) > shownChoices {
			choices += "…"
		}
		return "", "sheet.not_in_list", []any{shorten(value), choices}
	case found == "=":
		return value, "", nil
	}
	return found, "", nil
}

func (r *TimeRule) read(value string, zone *time.Location) (out, key string, args []any) {
	narrow := width.Narrow.String(value)
	for _, format := range r.Formats {
		if t, err := time.ParseInLocation(format, narrow, zone); err == nil {
			return t.Format(time.RFC3339), "", nil
		}
	}
	if len(r.Formats) > 0 {
		// A serial number is what Excel makes of a date under any format.
		if t, ok := serial(narrow, zone); ok {
			return t.Format(time.RFC3339), "", nil
		}
		return "", "sheet.time_format", []any{shorten(value), strings.Join(r.Shown, "、")}
	}
	t, err := Time(value, zone)
	if err != nil {
		key, args = fault.KeyOf(err)
		return "", key, args
	}
	return t.Format(time.RFC3339), "", nil
}

// read takes 1,234.5 and full-width digits; it refuses units and guesses.
func (r *NumberRule) read(value string) (out, key string, args []any) {
	plain := strings.ReplaceAll(width.Narrow.String(value), ",", "")
	n, err := strconv.ParseFloat(plain, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) || strings.ContainsAny(plain, "xXpP_") {
		return "", "sheet.number_unknown", []any{shorten(value)}
	}
	if r.Min != nil && n < *r.Min {
		return "", "sheet.number_small", []any{shorten(value), digits(*r.Min)}
	}
	if r.Max != nil && n > *r.Max {
		return "", "sheet.number_large", []any{shorten(value), digits(*r.Max)}
	}
	out = digits(n)
	if _, after, _ := strings.Cut(out, "."); r.Decimals >= 0 && len(after) > r.Decimals {
		if r.Decimals == 0 {
			return "", "sheet.number_whole", []any{shorten(value)}
		}
		return "", "sheet.number_decimals", []any{shorten(value), r.Decimals}
	}
	return out, "", nil
}

func digits(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
