package handling

import (
	"strings"
	"testing"
	"time"

	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/locale"
	"gongzhi/internal/matter"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
)

func day(d, hour int) time.Time {
	return time.Date(2026, 11, d, hour, 0, 0, 0, time.FixedZone("CST", 8*3600))
}

func TestTheDeadlineIsExplainedStepByStep(t *testing.T) {
	cal := &calendar.Calendar{Zone: day(1, 0).Location(), Close: 18 * time.Hour, Days: map[calendar.Day]bool{"2026-11-25": false}, Names: map[calendar.Day]string{"2026-11-25": "市庆日"}, Known: 2026}
	five := calendar.Limit{N: 5, Unit: "wd"}
	p := &casePage{Base: page.Base{Lang: locale.ZH, Zone: cal.Zone, Now: day(27, 9)}, Book: &catalog.Book{Tree: catalog.NewTree(nil), Calendar: cal},
		O: &request.Order{Matter: matter.Matter{OpenedAt: day(20, 14), DueAt: day(30, 18)}}, Tasks: []request.Task{{Lead: true, Limit: five, SentAt: day(20, 14)}}}
	x := explain(p)
	for _, want := range []string{"从受理时2026年11月20日 14:00起算，时限5个工作日", "11月30日（周一）18:00", "11月21日（周六）至11月22日（周日），周末，不计", "11月25日（周三），市庆日，不计", "11月23日（周一）至11月24日（周二），计到第2天"} {
		if !strings.Contains(strings.Join(x.Steps, "\n"), want) {
			t.Errorf("the explanation does not say %q:\n%s", want, strings.Join(x.Steps, "\n"))
		}
	}
	p.O.DueAt = day(29, 11)
	if x := explain(p); len(x.Steps) != 1 || !strings.Contains(x.Steps[0], "11月29日") {
		t.Errorf("a date that no rule gives is explained as %q", x.Steps)
	}
}

func TestALimitThatASignalSetIsExplainedByTheSignal(t *testing.T) {
	cal := &calendar.Calendar{Zone: day(1, 0).Location(), Close: 18 * time.Hour}
	hour := calendar.Limit{N: 1, Unit: "h"}
	for _, x := range []struct {
		name     string
		category calendar.Limit
		tasks    []request.Task
		due      time.Time
		signal   bool
	}{
		{"before dispatch", calendar.Limit{N: 5, Unit: "wd"}, nil, day(20, 15), true},
		{"dispatched, the promised date stays", calendar.Limit{N: 5, Unit: "wd"}, []request.Task{{Lead: true, Limit: hour, SentAt: day(20, 14).Add(time.Minute)}}, day(20, 15), true},
		{"dispatched late, counted anew", calendar.Limit{N: 5, Unit: "wd"}, []request.Task{{Lead: true, Limit: hour, SentAt: day(20, 16)}}, day(20, 17), true},
		{"the category's own limit is as short", hour, nil, day(20, 15), false},
		{"set by hand", calendar.Limit{N: 5, Unit: "wd"}, nil, day(20, 18), false},
	} {
		tree := catalog.NewTree([]catalog.Category{{Code: "01", Name: "燃气", Limit: x.category, Active: true}})
		p := &casePage{Base: page.Base{Lang: locale.ZH, Zone: cal.Zone, Now: day(20, 14)}, Book: &catalog.Book{Tree: tree, Calendar: cal}, Tasks: x.tasks,
			O:     &request.Order{Matter: matter.Matter{OpenedAt: day(20, 14), DueAt: x.due}, Category: "01"},
			Alarm: request.Alarm{Signal: "gas", Rev: 3, Name: "燃气泄漏", Found: []string{"煤气味", "很浓"}, Limit: hour}}
		got := explain(p)
		said := got.Short + "\n" + strings.Join(got.Steps, "\n")
		named := strings.Contains(got.Short, "燃气泄漏") && strings.Contains(said, "煤气味”“很浓") && strings.Contains(said, "第3版") && strings.Contains(said, "1小时") && !strings.Contains(said, "办理人员")
		if named != x.signal || !x.signal && strings.Contains(said, "信号") {
			t.Errorf("%s: %s", x.name, said)
		}
	}
}

func TestDatesMoveByWhatStoodStill(t *testing.T) {
	cal := &calendar.Calendar{Zone: day(1, 0).Location(), Close: 18 * time.Hour}
	for _, x := range []struct {
		name, unit string
		from, to   time.Time
		want       time.Time
	}{
		{"over a night", "wd", day(23, 15), day(24, 9), day(30, 18)},
		{"over a weekend", "wd", day(20, 15), day(23, 9), day(30, 18)},
		{"within a day", "wd", day(23, 9), day(23, 17), day(27, 18)},
		{"calendar days", "cd", day(20, 15), day(23, 9), day(30, 18)},
		{"hours", "h", day(23, 9), day(23, 11), day(27, 20)},
		{"backwards", "wd", day(24, 9), day(23, 9), day(27, 18)},
	} {
		if got, _ := shift(cal, day(18, 9), day(27, 18), calendar.Limit{N: 5, Unit: x.unit}, calendar.Stop{From: x.from, To: x.to}); !got.Equal(x.want) {
			t.Errorf("%s: %v, want %v", x.name, got, x.want)
		}
	}
}
