package intake

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"gongzhi/internal/catalog"
	"gongzhi/internal/notice"
)

// replyWord is a word with what it asks for.
type replyWord struct {
	text  string
	deed  string
	stars int64
}

// replyWords are the words in force, the longest first: 非常满意 is not 满意.
func replyWords(s catalog.Settings) []replyWord {
	var out []replyWord
	for _, x := range notice.Answers {
		text, set := s[x.Name]
		if !set {
			text = x.Initial
		}
		for _, w := range strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == '，' || c == '、' }) {
			if w = foldReply(w); w != "" {
				out = append(out, replyWord{w, x.Deed, x.Stars})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b replyWord) int { return len(b.text) - len(a.text) })
	return out
}

// foldReply makes full-width and lower-case letters one.
func foldReply(s string) string { return strings.ToUpper(strings.TrimSpace(norm.NFKC.String(s))) }

// saidSMS is an SMS as it was understood.
type saidSMS struct {
	deed  string
	stars int64
	rest  string // his words behind the word
	all   string
}

// solved is what a grade says about the matter itself: he was not asked apart.
func (x saidSMS) solved() string {
	if x.stars >= 3 {
		return "yes"
	}
	return "partly"
}

// replyMarks may stand behind a word.
const replyMarks = " \t\n,.:;!?，。：；！？、"

// readReply reads an SMS by the city's words. A grade stands alone or before a
// mark, so that 1号楼的灯 is none; other words of letters and digits are not part
// of a longer one.
func (s *Service) readReply(words string) saidSMS {
	text := foldReply(words)
	for _, w := range replyWords(s.Catalog.Book().Settings) {
		rest, ok := strings.CutPrefix(text, w.text)
		if !ok {
			continue
		}
		marked := rest == "" || strings.ContainsRune(replyMarks, []rune(rest)[0])
		if !marked && (w.deed == notice.AnswerRate || w.deed == notice.AnswerStop || latin(w.text)) {
			continue
		}
		return saidSMS{w.deed, w.stars, strings.Trim(rest, replyMarks), words}
	}
	return saidSMS{deed: notice.AnswerAdd, all: words}
}

func latin(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}
