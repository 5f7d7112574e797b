package reply

import (
	"strings"
	"unicode/utf8"
)

// greeting is whom an answer speaks to at one place.
type greeting struct{ name, passage string }

// lookAddressed finds a salutation of somebody else: of another name than the
// resident's, or a second one of another person, left over from the answer that
// this one was made from.
func lookAddressed(r *reading, rule Rule) {
	all := r.greetings(rule)
	for i, g := range all {
		switch {
		case i > 0 && g.name != all[0].name:
			r.found(g.passage, "second")
			return
		case r.Addressee != "" && !(strings.Contains(r.Addressee, "*") && utf8.RuneCountInString(g.name) > 3) && !fits(g.name, r.Addressee):
			r.found(g.passage, "name")
			return
		}
	}
}

// greetings are quoted handles that are spoken to, wherever they stand, and names
// with 先生, 女士 where a sentence begins.
func (r *reading) greetings(rule Rule) []greeting {
	var out []greeting
	for at := 0; ; {
		i := strings.Index(r.body[at:], "“")
		if i < 0 {
			break
		}
		at += i + len("“")
		end := strings.Index(r.body[at:], "”")
		if end < 0 {
			break
		}
		name, after := r.body[at:at+end], strings.TrimSpace(r.body[at+end+len("”"):])
		if spokenTo(r.body[:at-len("“")], after, rule.Words) && name != "" && utf8.RuneCountInString(name) <= 24 {
			out = append(out, greeting{name, "“" + name + "”"})
		}
		at += end
	}
	for _, s := range r.parts {
		if g, ok := titled(strings.TrimSpace(string(s)), rule.Off); ok {
			out = append(out, g)
		}
	}
	return out
}

// spokenTo reports whether a handle between two texts is spoken to: 网友“abc”您好,
// “abc”网友：, or “abc”： where a sentence begins.
func spokenTo(before, after string, words []string) bool {
	before = strings.TrimSpace(before)
	c, _ := utf8.DecodeLastRuneInString(before)
	called := before == "" || strings.ContainsRune(stops, c)
	for _, w := range words {
		called = called || strings.HasSuffix(before, w)
		if strings.HasPrefix(after, w) {
			called, after = true, strings.TrimSpace(after[len(w):])
		}
	}
	greets := strings.HasPrefix(after, "：") || strings.HasPrefix(after, ":") || strings.HasPrefix(after, "您好") || strings.HasPrefix(after, "你好")
	return called && greets
}

// titled reads 尊敬的张先生：, 李女士您好.
func titled(s string, titles []string) (greeting, bool) {
	rest := strings.TrimPrefix(strings.TrimPrefix(s, "尊敬的"), "亲爱的")
	for _, t := range titles {
		i := strings.Index(rest, t)
		if i <= 0 || utf8.RuneCountInString(rest[:i]) > 3 || hanCount(rest[:i]) != utf8.RuneCountInString(rest[:i]) {
			continue
		}
		after := strings.TrimSpace(rest[i+len(t):])
		if strings.HasPrefix(after, "：") || strings.HasPrefix(after, ":") || strings.HasPrefix(after, "您好") || strings.HasPrefix(after, "你好") || strings.HasPrefix(after, "，您好") {
			return greeting{rest[:i], rest[:i+len(t)]}, true
		}
	}
	return greeting{}, false
}

// fits reports whether a salutation may be the resident's: the same handle, or
// the same surname where only that is known.
func fits(name, resident string) bool {
	a, _ := utf8.DecodeRuneInString(name)
	b, _ := utf8.DecodeRuneInString(resident)
	if han(a) && han(b) && utf8.RuneCountInString(name) <= 3 {
		return a == b
	}
	return strings.EqualFold(strings.TrimSpace(name), strings.TrimSpace(resident))
}
