package app_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"gongzhi/internal/actor"
	"gongzhi/internal/app"
	"gongzhi/internal/demo"
	"gongzhi/internal/mail"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// TestStories plays testdata/stories: what the product promises, as a customer
// can read it, through the real handler. A line is one step:
//
//	as resident            a new browser without an account; "as agent1027" signs in
//	open /path             reads a page; its status must be 200 unless "status" follows
//	status 404             of the page just read
//	see 文字 / see not 文字   what stands on the page
//	at /path               where the browser is now
//	submit /action a=b …   sends the page's form with that action; a= takes "quoted text" and <file>
//	keep name regexp       remembers the first group as $name
//	clock +3d2h            moves the time; "clock 2026-03-09 10:00" sets it in the city's zone
//	mail FILE [to NUMBER]  a message arrives by SMTP, at the address for answers about a request
//	run                    lets watchers and due jobs do their work
func TestStories(t *testing.T) {
	names, err := filepath.Glob("testdata/stories/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
			t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar")+"/"+d.String(), func(t *testing.T) {
				a, clock := openCity(t, d)
				s := &story{t: t, app: a, clock: clock, kept: map[string]string{}, people: map[string]*browser{}, files: archive.Files}
				s.play(string(archive.Comment))
			})
		}
	}
}

type story struct {
	t      *testing.T
	app    *app.App
	clock  *sqldbtest.Clock
	kept   map[string]string
	people map[string]*browser
	files  []txtar.File
	who    *browser
	line   string
}

func (s *story) play(script string) {
	for i, line := range strings.Split(script, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		s.line = line
		s.step(i+1, line)
		if s.t.Failed() {
			s.t.Fatalf("line %d: %s\nthe page %s (status %d) reads: %.1500s", i+1, line, s.who.path, s.who.status, s.who.text())
		}
	}
}

func (s *story) step(n int, line string) {
	line = os.Expand(line, func(name string) string {
		if v, ok := s.kept[name]; ok {
			return v
		}
		return "$" + name
	})
	verb, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch verb {
	case "as":
		s.as(rest)
	case "open":
		s.who.open(rest)
	case "status":
		if got := s.who.status; rest != strconv.Itoa(got) {
			s.t.Errorf("status %d, want %s", got, rest)
		}
	case "at":
		if got := strings.Split(s.who.path, "?")[0]; got != rest {
			s.t.Errorf("at %s, want %s", got, rest)
		}
	case "see":
		s.see(rest)
	case "submit":
		s.submit(rest)
	case "keep":
		s.keep(rest)
	case "clock":
		s.move(rest)
	case "mail":
		s.mail(rest)
	case "run":
		s.run()
	default:
		s.t.Fatalf("line %d: unknown step %q", n, verb)
	}
}

func (s *story) as(name string) {
	if name == "resident" {
		s.who = newBrowser(s.t, s.app.Handler())
		return
	}
	if s.people[name] == nil {
		s.people[name] = signedIn(s.t, s.app.Handler(), name)
	}
	s.who = s.people[name]
}

func (s *story) see(rest string) {
	want, not := strings.CutPrefix(rest, "not ")
	squeeze := strings.NewReplacer(" ", "", "　", "").Replace
	if strings.Contains(squeeze(s.who.text()), squeeze(want)) == not {
		s.t.Errorf("seen %v, want the opposite: %s", !not, want)
	}
}

// pair matches name=value, with the value in quotes or without blanks.
var pair = regexp.MustCompile(`([^\s=]+)=("[^"]*"|<[^>]*>|\S*)`)

func (s *story) submit(rest string) {
	action, more, _ := strings.Cut(rest, " ")
	values, files := url.Values{}, []upload(nil)
	for _, m := range pair.FindAllStringSubmatch(more, -1) {
		if name, ok := strings.CutPrefix(m[2], "<"); ok {
			name = strings.TrimSuffix(name, ">")
			files = append(files, upload{m[1], name, s.file(name)})
			continue
		}
		values.Add(m[1], strings.Trim(m[2], `"`))
	}
	s.who.submit(action, values, files...)
}

// file is a file of the story, or a picture drawn for it when its name ends
// in .jpg.
func (s *story) file(name string) []byte {
	for _, f := range s.files {
		if f.Name == name {
			return f.Data
		}
	}
	if strings.HasSuffix(name, ".jpg") {
		return picture(s.t)
	}
	s.t.Fatalf("the story has no file %s", name)
	return nil
}

func (s *story) keep(rest string) {
	name, expr, _ := strings.Cut(rest, " ")
	for _, text := range []string{s.who.path, s.who.text(), s.who.body} {
		if m := regexp.MustCompile(expr).FindStringSubmatch(text); len(m) > 1 {
			s.kept[name] = strings.ReplaceAll(m[1], " ", "")
			return
		}
	}
	s.t.Errorf("nothing like %s", expr)
}

func (s *story) move(rest string) {
	if !strings.HasPrefix(rest, "+") {
		at, err := time.ParseInLocation("2006-01-02 15:04", rest, s.app.Catalog.Book().Calendar.Zone)
		if err != nil {
			s.t.Fatal(err)
		}
		s.clock.Set(at)
	} else {
		days, hours, _ := strings.Cut(strings.TrimPrefix(rest, "+"), "d")
		if hours == "" && !strings.Contains(rest, "d") {
			days, hours = "0", days
		}
		d, err := time.ParseDuration(hours + "0s")
		if hours == "" {
			d, err = 0, nil
		}
		n, _ := time.ParseDuration(days + "h")
		if err != nil {
			s.t.Fatal(err)
		}
		s.clock.Add(24*n + d)
	}
	for name := range s.people { // sessions end overnight: everybody signs in anew
		delete(s.people, name)
	}
}

// picture is a small photograph.
func picture(t testing.TB) []byte {
	img := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for i := range img.Pix {
		img.Pix[i] = byte(i * 7)
	}
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, img, nil); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func (s *story) run() {
	if err := s.app.Settle(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// mail has a file arrive as a message, to the city's address or to that for
// answers about a request.
func (s *story) mail(rest string) {
	name, number, answer := strings.Cut(rest, " to ")
	in := mail.Incoming{Via: "smtp", From: "li@example.cn", To: []string{demo.Mailbox}}
	for _, f := range s.files {
		if f.Name == name {
			in.Raw = bytes.ReplaceAll(f.Data, []byte("\n"), []byte("\r\n"))
		}
	}
	if answer {
		err := s.app.DB.View(s.t.Context(), func(tx *sqldb.Tx) error {
			o, err := request.FindNumber(tx, actor.System, strings.ReplaceAll(number, " ", ""))
			if err == nil {
				in.To = []string{request.ReplyTo(keys, demo.Mailbox, o.ID)}
			}
			return err
		})
		if err != nil {
			s.t.Error(err)
		}
	}
	if err := s.app.Mailbox.Take(s.t.Context(), in); err != nil || in.Raw == nil {
		s.t.Errorf("mail %s: %d bytes, %v", name, len(in.Raw), err)
	}
}
