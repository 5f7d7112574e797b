package mail

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

var (
	manyBreaks = regexp.MustCompile(`\n{3,}`)
	manyBlanks = regexp.MustCompile(`[ \t\x{a0}]+`)
)

// tidy makes a text calm: one kind of line break, no trailing blanks, at most one
// empty line in a row, nothing invisible.
func tidy(s string) string {
	s = safeText(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s))
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t\u00a0\u3000")
	}
	return strings.TrimSpace(manyBreaks.ReplaceAllString(strings.Join(lines, "\n"), "\n\n"))
}

// blocks are the elements that stand on lines of their own.
var blocks = map[string]bool{"p": true, "div": true, "br": true, "tr": true, "li": true, "ul": true, "ol": true, "table": true, "h1": true, "h2": true, "h3": true,
	"h4": true, "h5": true, "h6": true, "blockquote": true, "hr": true, "pre": true, "section": true, "article": true, "header": true, "footer": true, "body": true, "dt": true, "dd": true}

// unread are elements whose content is no text.
var unread = map[string]bool{"script": true, "style": true, "head": true, "title": true, "template": true, "noscript": true, "object": true, "svg": true, "select": true, "textarea": true, "iframe": true, "xml": true}

// void elements have no end.
var void = map[string]bool{"br": true, "hr": true, "img": true, "input": true, "meta": true, "link": true, "area": true, "base": true, "col": true, "embed": true, "source": true, "wbr": true, "track": true}

// opened is an element that is not closed yet.
type opened struct {
	tag           string
	hidden, quote bool
	href          string
	from          int // where its text begins
}

// flat is a page on its way to plain text.
type flat struct {
	out    strings.Builder
	open   []opened
	hidden int
	quotes int
}

// htmlText is what a person sees of a page: no scripts, nothing hidden by CSS,
// nothing loaded from anywhere. Quoted passages get their sign.
func htmlText(page string) string {
	f := &flat{}
	z := html.NewTokenizer(strings.NewReader(page))
	z.SetMaxBuf(mostText)
	for {
		switch z.Next() {
		case html.ErrorToken:
			return f.out.String()
		case html.TextToken:
			f.text(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			f.start(z.Token())
		case html.EndTagToken:
			name, _ := z.TagName()
			f.end(string(name))
		}
	}
}

func (f *flat) text(s string) {
	if f.hidden > 0 || f.out.Len() > mostText {
		return
	}
	if !f.within("pre") {
		s = manyBlanks.ReplaceAllString(strings.NewReplacer("\r", " ", "\n", " ").Replace(s), " ")
		if f.fresh() {
			s = strings.TrimLeft(s, " ")
		}
	}
	f.out.WriteString(s)
}

func (f *flat) within(tag string) bool { return len(f.open) > 0 && f.open[len(f.open)-1].tag == tag }

// fresh reports that nothing stands on the line yet.
func (f *flat) fresh() bool {
	s := f.out.String()
	return s == "" || strings.HasSuffix(s, "\n") || strings.HasSuffix(s, "\n"+strings.Repeat("> ", min(f.quotes, 3)))
}

func (f *flat) breakLine() {
	if f.hidden == 0 {
		f.out.WriteString("\n" + strings.Repeat("> ", min(f.quotes, 3)))
	}
}

func (f *flat) start(t html.Token) {
	o := opened{tag: t.Data, hidden: unread[t.Data], quote: t.Data == "blockquote"}
	for _, a := range t.Attr {
		switch a.Key {
		case "hidden":
			o.hidden = true
		case "style":
			o.hidden = o.hidden || hides(a.Val)
		case "href":
			o.href = a.Val
		}
	}
	if o.quote && !o.hidden {
		f.quotes++
	}
	switch {
	case t.Data == "br" || t.Data == "p" || t.Data == "hr", blocks[t.Data] && !f.fresh():
		f.breakLine()
	case t.Data == "td" || t.Data == "th":
		f.text(" ")
	}
	if void[t.Data] || t.Type == html.SelfClosingTagToken || len(f.open) > 5000 {
		return
	}
	if o.hidden {
		f.hidden++
	}
	o.from = f.out.Len()
	f.open = append(f.open, o)
}

// hides reports a style that keeps its element from a person's eyes.
func hides(style string) bool {
	s := strings.ToLower(strings.NewReplacer(" ", "", "\t", "", "\n", "", "\r", "").Replace(style))
	for _, way := range []string{"display:none", "visibility:hidden", "font-size:0", "opacity:0;", "max-height:0", "mso-hide:all", "text-indent:-9"} {
		if strings.Contains(s+";", way) {
			return !strings.Contains(s, "font-size:0.") || way != "font-size:0"
		}
	}
	return false
}

// end closes an element and what was left open within it.
func (f *flat) end(tag string) {
	from := -1
	for i := len(f.open) - 1; i >= max(0, len(f.open)-64); i-- {
		if f.open[i].tag == tag {
			from = i
			break
		}
	}
	if from < 0 {
		return
	}
	closing := f.open[from:]
	f.open = f.open[:from]
	for i := len(closing) - 1; i >= 0; i-- {
		f.close(closing[i])
	}
	if blocks[tag] && !f.fresh() {
		f.breakLine()
	}
}

func (f *flat) close(o opened) {
	if o.hidden {
		f.hidden--
	} else if o.quote {
		f.quotes--
	}
	// Where a link leads is said when its words say something else.
	if web := strings.HasPrefix(o.href, "http://") || strings.HasPrefix(o.href, "https://"); o.tag != "a" || !web || f.hidden > 0 || o.hidden {
		return
	}
	said := strings.TrimSpace(f.out.String()[o.from:])
	if said != "" && said != strings.TrimSuffix(o.href, "/") && said != o.href && len(o.href) < 2000 {
		f.out.WriteString(" <" + o.href + ">")
	}
}
