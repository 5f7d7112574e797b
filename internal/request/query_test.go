package request_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gongzhi/internal/request"
)

func TestFilterComesBackFromItsAddress(t *testing.T) {
	zone := time.FixedZone("CST", 8*3600)
	day := func(d int) time.Time { return time.Date(2026, 11, d, 0, 0, 0, 0, zone) }
	want := request.Filter{States: []string{"replied", "to_callback"}, Open: "yes", Unit: "lamps", Categories: []string{"0101", "0102"}, Area: "330102", Overdue: true,
		Reopened: true, From: day(1), To: day(27), DueFrom: day(1), DueTo: day(27).Add(9 * time.Hour), Kept: "no", Ran: "most", Solved: "any", Text: "路灯 不亮"}
	q := want.Query(zone)
	if got := q.Get("to"); got != "2026-11-26" {
		t.Errorf("the end of a span is written %s, want its last day", got)
	}
	if diff := cmp.Diff(want, request.ParseFilter(q, zone)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(request.Filter{}, request.ParseFilter(map[string][]string{"from": {"soon"}, "overdue": {"x"}}, zone)); diff != "" {
		t.Errorf("nonsense narrows: %s", diff)
	}
}
