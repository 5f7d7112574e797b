// Package locale holds every sentence a person reads, in Chinese and English, and the ways dates and numbers are written.
//
// Catalogues are flat JSON files, zh/<package>.json and en/<package>.json; every key begins with its file's name.
// A sentence may hold {0}, {1} … for arguments and {0|case|cases}, which picks the first word when argument 0 is one.
package locale

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"strconv"
	"strings"
)

// Lang is a language the pages are written in.
type Lang string

// The two languages. Chinese is the one every page falls back on.
const (
	ZH Lang = "zh"
	EN Lang = "en"
)

//go:embed zh/*.json en/*.json
var files embed.FS

var catalogues = map[Lang]map[string]string{ZH: mustLoad(files, ZH), EN: mustLoad(files, EN)}

// Tag is the value of the lang attribute of a page.
func (l Lang) Tag() string {
	if l == EN {
		return "en"
	}
	return "zh-CN"
}

// Other is the language the switch at the top of a page offers.
func (l Lang) Other() Lang {
	if l == EN {
		return ZH
	}
	return EN
}

// Has reports whether the catalogue of lang holds key.
func Has(lang Lang, key string) bool {
	_, ok := catalogues[lang][key]
	return ok
}

// T is the sentence of key in lang with its arguments filled in. A key that is missing is returned as it is, so that
// a page with a forgotten sentence still works and the gap is seen. Whole numbers get thousands separators: pass a
// year, a phone or an identifier as a string.
func T(lang Lang, key string, args ...any) string {
	text, ok := catalogues[lang][key]
	if !ok {
		return key
	}
	return fill(text, args)
}

func fill(text string, args []any) string {
	if len(args) == 0 || !strings.Contains(text, "{") {
		return text
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		hole, after, closed := strings.Cut(rest, "}")
		word, ok := value(hole, args)
		if !closed || !ok {
			b.WriteByte('{')
			text = rest
			continue
		}
		b.WriteString(word)
		text = after
	}
}

// value is what stands for the inside of one pair of braces; ok is false when the braces are not a placeholder.
func value(hole string, args []any) (word string, ok bool) {
	number, words, plural := strings.Cut(hole, "|")
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n >= len(args) {
		return "", false
	}
	if !plural {
		return show(args[n]), true
	}
	one, other, _ := strings.Cut(words, "|")
	if s := show(args[n]); s == "1" {
		return one, true
	}
	return other, true
}

func show(arg any) string {
	switch v := arg.(type) {
	case string:
		return v
	case int:
		return Count(v)
	case int64:
		return Count(int(v))
	case float64:
		return Decimal(v, 1)
	default:
		return fmt.Sprint(v)
	}
}

// mustLoad stops the program when a catalogue embedded at build time cannot be read: nothing could be shown then.
func mustLoad(fsys fs.FS, lang Lang) map[string]string {
	merged, err := load(fsys, lang)
	if err != nil {
		panic(err)
	}
	return merged
}

func load(fsys fs.FS, lang Lang) (map[string]string, error) {
	names, err := fs.Glob(fsys, path.Join(string(lang), "*.json"))
	if err != nil {
		return nil, err
	}
	merged := map[string]string{}
	for _, name := range names {
		raw, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		var one map[string]string
		if err := json.Unmarshal(raw, &one); err != nil {
			return nil, fmt.Errorf("catalogue %s: %w", name, err)
		}
		for k, v := range one {
			merged[k] = v
		}
	}
	return merged, nil
}

// All are the sentences of a language by their keys, for tests and tools.
func All(lang Lang) map[string]string { return maps.Clone(catalogues[lang]) }
