package catalog

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
)

// shownEdits is how many of the last edits of an entry a page shows.
const shownEdits = 20

// Edits are the last edits of an entry as a page lists them, the newest first: who
// changed what when. label names a field by its name in snake_case, "" leaves it out.
func Edits(tx *sqldb.Tx, b page.Base, what, code string, label func(field string) string) ([]page.Entry, error) {
	const q = `select r.at, coalesce(s.name, r.actor), r.before, r.after from catalog_revision r left join actor_staff s on s.id = r.actor
		where r.what = $1 and r.code = $2 order by r.rev desc, r.id desc limit $3`
	rows, err := tx.Query(q, what, code, shownEdits)
	if err != nil {
		return nil, fmt.Errorf("edits of %s %s: %w", what, code, err)
	}
	defer rows.Close()
	var out []page.Entry
	for rows.Next() {
		var at int64
		var who, before, after string
		if err := rows.Scan(&at, &who, &before, &after); err != nil {
			return nil, err
		}
		was, err := plainFields(before)
		if err != nil {
			return nil, err
		}
		now, err := plainFields(after)
		if err != nil {
			return nil, err
		}
		if who == "system" {
			who = b.T("catalog.edit_system")
		}
		e := page.Entry{At: b.Stamp(sqldb.FromMicros(at)), Title: b.T("catalog.edit_changed"), Text: differences(b, was, now, label), Who: who}
		if was["Rev"] == "" {
			e.Title, e.Text, e.Kind = b.T("catalog.edit_new"), "", "key"
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

// plainFields are the fields of a stored state in words; those that say nothing
// are left out.
func plainFields(text string) (map[string]string, error) {
	out := map[string]string{}
	if text == "" {
		return out, nil
	}
	var all map[string]any
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return nil, fmt.Errorf("read revision: %w", err)
	}
	for name, v := range all {
		switch v := v.(type) {
		case string:
			out[name] = v
		case bool:
			out[name] = map[bool]string{true: "✓"}[v]
		case float64:
			if v != 0 {
				out[name] = strconv.FormatFloat(v, 'f', -1, 64)
			}
		case []any:
			out[name] = strings.Trim(fmt.Sprint(v), "[]")
		}
	}
	return out, nil
}

func differences(b page.Base, was, now map[string]string, label func(string) string) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(now)) {
		was[name] += "" // so that what came new is looked at with the rest
	}
	for _, name := range slices.Sorted(maps.Keys(was)) {
		words := label(snake(name))
		if words == "" || was[name] == now[name] {
			continue
		}
		out = append(out, b.T("catalog.edit_line", words, shownValue(b, was[name]), shownValue(b, now[name])))
	}
	return strings.Join(out, b.T("catalog.edit_next"))
}

func shownValue(b page.Base, v string) string {
	if v == "" {
		return b.T("catalog.edit_none")
	}
	return v
}

// snake is PerMinute as per_minute, and URL as url.
func snake(s string) string {
	var out strings.Builder
	for i, c := range s {
		if unicode.IsUpper(c) && i > 0 && !unicode.IsUpper(rune(s[i-1])) {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(c))
	}
	return out.String()
}
