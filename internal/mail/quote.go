package mail

import (
	"regexp"
	"strings"
)

// introductions are the lines after which a mail program repeats the mail that
// is answered.
var introductions = []*regexp.Regexp{
	regexp.MustCompile(`^\W*[-—_]{2,}\s*(?:原始邮件|原邮件|回复的原邮件|Original Message|Original message|original message|Forwarded message|转发邮件)\s*[-—_]*\W*$`),
	regexp.MustCompile(`^(?:在|于)?\s*\d{4}[-年/.].{4,80}(?:写道|寫道|wrote)\s*[:：]\s*$`),
	regexp.MustCompile(`^.{0,200}(?:于|於|在)\s*\d{4}年.{2,80}(?:写道|寫道)\s*[:：]\s*$`),
	regexp.MustCompile(`^On .{6,200} wrote:\s*$`),
	regexp.MustCompile(`^At \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, ?.{1,200} wrote:\s*$`),
	regexp.MustCompile(`^.{0,120}<[^<>\s]+@[^<>\s]+>\s*(?:写道|寫道|wrote)\s*[:：]\s*$`),
	regexp.MustCompile(`^_{20,}$`),
}

// fields are the lines of a mail's head as Outlook and others repeat it.
var (
	fromField = regexp.MustCompile(`^[>*\s]*(?:发件人|寄件者|From)\**\s*[:：]`)
	moreField = regexp.MustCompile(`^[>*\s]*(?:发送时间|发件日期|收件人|主题|日期|抄送|Sent|Date|To|Subject|寄件日期|收件者|主旨)\**\s*[:：]`)
)

// signOff are last lines that phones and programs write.
var signOff = regexp.MustCompile(`(?i)^(?:发自我的|从我的|來自我的|来自我的|发自|Sent from (?:my|Mail)|从 ?Windows|获取 ?Outlook|Get Outlook|来自QQ邮箱|发送自|由.{1,12}邮箱(?:发送|大师)).{0,60}$`)

// Fresh is what the writer of an answer added: without the mail he answers and
// without his program's signature. "" when he added nothing.
func Fresh(text string) string {
	lines := strings.Split(text, "\n")
	cut := len(lines)
	for i := range lines {
		if introduces(lines, i) {
			cut = i
			break
		}
	}
	own := Signed(strings.Join(unquoted(lines[:cut]), "\n"))
	if own == "" && cut < len(lines) { // he wrote below what he answers
		own = Signed(strings.Join(below(lines[cut+1:]), "\n"))
	}
	return own
}

func introduces(lines []string, i int) bool {
	l := strings.TrimSpace(lines[i])
	if l == "" || len(l) > 400 {
		return false
	}
	for _, x := range introductions {
		if x.MatchString(l) {
			return true
		}
	}
	if i+1 < len(lines) && strings.HasPrefix(l, "On ") && strings.HasSuffix(strings.TrimSpace(lines[i+1]), "wrote:") {
		return true // broken into two lines
	}
	if !fromField.MatchString(l) {
		return false
	}
	for _, next := range lines[i+1 : min(len(lines), i+5)] {
		if moreField.MatchString(next) {
			return true
		}
	}
	return false
}

// unquoted leaves out the lines that carry the sign of a quotation.
func unquoted(lines []string) (out []string) {
	for _, l := range lines {
		if !strings.HasPrefix(strings.TrimSpace(l), ">") {
			out = append(out, l)
		}
	}
	return out
}

// below is what follows the last quoted line.
func below(lines []string) []string {
	last := -1
	for i, l := range lines {
		if strings.HasPrefix(strings.TrimSpace(l), ">") {
			last = i
		}
	}
	if last < 0 {
		return nil // nothing tells where the quotation ends
	}
	return lines[last+1:]
}

// Signed is a text without the signature that a mail program put under it.
func Signed(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, l := range lines {
		if (l == "--" || l == "-- ") && len(lines)-i <= 12 {
			lines = lines[:i]
			break
		}
	}
	for len(lines) > 0 {
		last := strings.TrimSpace(lines[len(lines)-1])
		if last != "" && !signOff.MatchString(last) {
			break
		}
		lines = lines[:len(lines)-1]
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
