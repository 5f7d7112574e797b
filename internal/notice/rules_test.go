package notice_test

import (
	"strings"
	"testing"
	"time"

	"gongzhi/internal/catalog"
	"gongzhi/internal/notice"
)

func TestQuietSpanEndsWhenItSays(t *testing.T) {
	zone := catalog.Settings{}.Zone()
	at := func(text string) time.Time {
		x, err := time.ParseInLocation("2 15:04", text, zone)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	for _, c := range []struct{ span, now, want string }{
		{"22:00-08:00", "2 21:59", ""}, {"22:00-08:00", "2 22:00", "3 08:00"}, {"22:00-08:00", "3 07:59", "3 08:00"}, {"22:00-08:00", "3 08:00", ""},
		{"12:30－13:30", "2 13:00", "2 13:30"}, {"12:30-13:30", "2 14:00", ""}, {"00:00-06:00", "2 00:00", "2 06:00"},
	} {
		s, ok := notice.ParseSpan(c.span)
		if !ok {
			t.Fatalf("%s is not read", c.span)
		}
		got := ""
		if u := s.Until(at(c.now), zone); !u.IsZero() {
			got = u.In(zone).Format("2 15:04")
		}
		if got != c.want {
			t.Errorf("%s at %s: until %q, want %q", c.span, c.now, got, c.want)
		}
	}
	for _, bad := range []string{"", "22-8", "25:00-08:00", "22:00", "08:00-08:00"} {
		if _, ok := notice.ParseSpan(bad); ok {
			t.Errorf("%q is read", bad)
		}
	}
}

func TestSegmentsAreCountedAsNetworksDo(t *testing.T) {
	for _, c := range []struct {
		text    string
		n, want int
	}{
		{"", 0, 0}, {"hello", 5, 1}, {strings.Repeat("a", 160), 160, 1}, {strings.Repeat("a", 161), 161, 2},
		{strings.Repeat("字", 70), 70, 1}, {strings.Repeat("字", 71), 71, 2}, {strings.Repeat("字", 134), 134, 2}, {strings.Repeat("字", 135), 135, 3},
		{strings.Repeat("𠮷", 35), 70, 1}, {strings.Repeat("𠮷", 36), 72, 2},
	} {
		if n, got := notice.Segments(c.text); n != c.n || got != c.want {
			t.Errorf("%.8s…: %d characters in %d, want %d in %d", c.text, n, got, c.n, c.want)
		}
	}
}

func TestWeChatFieldsAreReadLineByLine(t *testing.T) {
	got, bad := notice.Fields("thing1={事项}\n\ncharacter_string2：{编号}\n")
	if bad != "" || len(got) != 2 || got[1] != (notice.Field{Name: "character_string2", Text: "{编号}"}) {
		t.Errorf("got %v, bad %q", got, bad)
	}
	if _, bad := notice.Fields("thing1={事项}\n随便写的一行"); bad != "随便写的一行" {
		t.Errorf("bad line %q", bad)
	}
}
