package config

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// String lists the settings as a file would hold them, without secrets: for the
// start of the program.
func (c *Config) String() string {
	var b strings.Builder
	for _, s := range c.settings() {
		fmt.Fprintf(&b, "%s = %s\n", s.key, s.show())
	}
	for _, name := range c.Ignored {
		fmt.Fprintf(&b, "# %s is not a setting and was ignored\n", name)
	}
	return b.String()
}

func (s setting) show() string {
	if list, ok := s.value.Interface().([]string); ok {
		return strings.Join(list, ", ")
	}
	text := fmt.Sprint(s.value.Interface())
	switch {
	case s.secret && text == "":
		return "(not set)"
	case s.secret:
		return "(set, not shown)"
	case strings.Contains(text, "://"):
		return withoutPassword(text)
	}
	return text
}

// withoutPassword: an address of a database may carry one before the host, or
// among its parameters.
func withoutPassword(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "(not shown: not a proper address)"
	}
	q := u.Query()
	for key := range q {
		if strings.Contains(strings.ToLower(key), "pass") {
			q.Set(key, "xxxxx")
			u.RawQuery = q.Encode()
		}
	}
	shown := u.Redacted()
	if u.User == nil && u.RawQuery == "" {
		shown = text // as typed: parsing would escape {z}/{x}/{y}
	}
	return shown
}

// hint names the known key that a mistyped one is nearest to.
func hint(key string, known []string) string {
	best, least := "", 3
	for _, k := range known {
		if d := distance(strings.ToLower(strings.ReplaceAll(key, "-", "_")), k); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// distance counts the letters to insert, delete or change between two words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

func sorted(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
