package citymap_test

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestNamesCanBeReadInEveryMode measures what is written on what.
func TestNamesCanBeReadInEveryMode(t *testing.T) {
	sheet, err := os.ReadFile("image.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"light", "dark", "contrast"} {
		_, part, _ := strings.Cut(string(sheet), "/* "+mode+" */")
		part, _, _ = strings.Cut(part, "/*")
		colour := map[string]string{}
		for _, m := range regexp.MustCompile(`--map-([\w-]+):(#\w+)`).FindAllStringSubmatch(part, -1) {
			colour[m[1]] = m[2]
		}
		for _, pair := range [][2]string{
			{"label", "land"}, {"label", "road"}, {"label", "block"}, {"label", "plate"}, {"label-2", "block"}, {"border", "land"}, {"border", "block"},
			{"label-water", "water"}, {"label-water", "land"}, {"label-park", "park"}, {"ring", "pin"}, {"ring", "dot"}, {"ring", "done"},
		} {
			if r := contrast(t, colour[pair[0]], colour[pair[1]]); r < 4.5 {
				t.Errorf("%s: %s on %s is %.2f to 1, want 4.5", mode, pair[0], pair[1], r)
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	x, y := light(t, a), light(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// light is the relative luminance as WCAG defines it.
func light(t *testing.T, hex string) float64 {
	t.Helper()
	hex = strings.TrimPrefix(hex, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || len(hex) != 6 {
		t.Fatalf("colour %q: %v", hex, err)
	}
	part := func(v uint64) float64 {
		c := float64(v&255) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(n>>16) + 0.7152*part(n>>8) + 0.0722*part(n)
}
