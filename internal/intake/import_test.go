package intake_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"

	"gongzhi/internal/actor"
	"gongzhi/internal/advice"
	"gongzhi/internal/blob"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/intake"
	"gongzhi/internal/job"
	"gongzhi/internal/matter"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sheet"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// bare is a city without land, units or categories.
func bare(t testing.TB, db *sqldb.DB) *intake.Service {
	t.Helper()
	s := &intake.Service{DB: db, Vault: keys, Blobs: blob.NewMemory(db.Now), Catalog: &catalog.Shelf{DB: db}, Atlas: &place.Shelf{DB: db}}
	s.Advice = &advice.Advisor{DB: db, Catalog: s.Catalog}
	if err := s.Catalog.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Atlas.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Numbers = &request.Numbers{DB: db, Zone: s.Catalog.Book().Calendar.Zone}
	return s
}

var discard = slog.New(slog.DiscardHandler)

type watch struct{ from time.Time }

func newWatch() watch { return watch{time.Now()} }

func (w watch) rate(n int64) float64 { return float64(n) / time.Since(w.from).Seconds() }

const callMapping = `{
	"name": "来电登记表", "source": "calls", "id": "编号",
	"fields": [
		{"to": "title", "from": "标题", "optional": true},
		{"to": "body", "from": "内容"},
		{"to": "received", "from": "来电时间"},
		{"to": "name", "from": "诉求人", "optional": true},
		{"to": "phone", "from": "电话", "optional": true},
		{"to": "category", "from": "分类", "optional": true},
		{"to": "status", "from": "状态", "lookup": {"办理中": "open", "已答复": "replied", "已办结": "closed"}, "optional": true},
		{"to": "answer", "from": "答复", "optional": true},
		{"to": "closed", "from": "办结时间", "optional": true},
		{"to": "unit", "from": "单位", "optional": true},
		{"to": "lat", "from": "纬度", "optional": true},
		{"to": "lng", "from": "经度", "optional": true}
	]
}`

func calls(t testing.TB) *intake.ImportMapping {
	t.Helper()
	m, err := intake.ReadImportMapping("calls", []byte(callMapping))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const callHead = "编号,标题,内容,来电时间,诉求人,电话,分类,状态,答复,办结时间,单位\n"

type brought struct {
	run      intake.ImportRun
	problems []sheet.Problem
}

func bring(t *testing.T, s *intake.Service, data []byte, change ...func(*intake.ImportFile)) brought {
	t.Helper()
	var out brought
	f := intake.ImportFile{Name: "calls.csv", File: bytes.NewReader(data), Size: int64(len(data)), Mapping: calls(t),
		Problem: func(p sheet.Problem) { out.problems = append(out.problems, p) }}
	for _, c := range change {
		c(&f)
	}
	var err error
	if out.run, err = s.Import(t.Context(), actor.System, f); err != nil {
		t.Fatal(err)
	}
	return out
}

// counts are the figures of a run, rows · imported·existing·refused.
func counts(r intake.ImportRun) string {
	return fmt.Sprint(r.Rows, "·", r.Imported, "·", r.Existing, "·", r.Refused)
}

func TestImportReadsEveryKindOfFile(t *testing.T) {
	table := callHead + "7,路灯不亮,梧桐路三盏路灯坏了,2026/2/27 9:05,李芳,138 0000 5521,路灯不亮,办理中,,,\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(table)
	if err != nil {
		t.Fatal(err)
	}
	var book bytes.Buffer
	x := sheet.XLSX(&book)
	for line := range strings.Lines(table) {
		if err := x.Write(strings.Split(strings.TrimSpace(line), ",")...); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		for i, data := range [][]byte{[]byte(table), []byte("\ufeff" + table), []byte(gb), book.Bytes()} {
			want := "1·0·1·0"
			if i == 0 {
				want = "1·1·0·0"
			}
			if got := counts(bring(t, s, data).run); got != want {
				t.Errorf("file %d: %s, want %s", i, got, want)
			}
		}
		o := find(t, s, imported(t, db, "7"))
		got := []any{o.Title, o.State, o.Category, o.OpenedAt.Format(time.RFC3339), o.Number[:6], o.SourceID, o.DueAt.After(db.Now())}
		want := []any{"路灯不亮", request.ToDispatch, "0101", "2026-02-27T01:05:00Z", "260227", "7", true}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if n := count(t, db, `select count(*) from request_contact where phone_token = $1`, keys.Token("phone", "13800005521")); n != 1 {
			t.Errorf("%d callers are found by their number, want 1", n)
		}
	})
}

func imported(t *testing.T, db *sqldb.DB, source string) (m matter.ID) {
	t.Helper()
	err := db.View(t.Context(), func(tx *sqldb.Tx) error {
		return tx.QueryRow(`select matter_id from request_order where source = 'calls' and source_id = $1`, source).Scan(&m)
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestARowThatWasSettledKeepsItsTimesAndItsAnswer(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		bring(t, s, []byte(callHead+
			"1,,梧桐路三盏路灯坏了,2026-01-05 09:00,李芳,,路灯不亮,已办结,已更换灯泡,2026-01-07 17:30,路灯管理所\n"+
			"2,,梧桐路又有路灯坏了,2026-01-08 09:00,李芳,,路灯不亮,已答复,已安排,2026-01-09 10:00,路灯管理所\n"))
		o := find(t, s, imported(t, db, "1"))
		got := []any{o.State, o.Open, o.OpenedAt.UTC().Format(time.RFC3339), o.ClosedAt.UTC().Format(time.RFC3339), o.Unit, o.Replies, o.Version}
		want := []any{request.Closed, false, "2026-01-05T01:00:00Z", "2026-01-07T09:30:00Z", "lamps", int64(1), int64(2)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if o := find(t, s, imported(t, db, "2")); o.State != request.Replied || !o.Open {
			t.Errorf("the replied row is %s, want replied and open", o.State)
		}
		if n := count(t, db, `select count(*) from request_note where kind = 'answer' and text = '已更换灯泡'`); n != 1 {
			t.Errorf("%d answers kept, want 1", n)
		}
		if n := count(t, db, `select count(*) from request_task where unit_id = 'lamps' and state = 'done'`); n != 2 {
			t.Errorf("%d finished tasks, want 2", n)
		}
	})
}

func TestEveryRowIsImportedOrListedWithItsReason(t *testing.T) {
	table := callHead +
		"1,好的一行,内容一,2026-02-01 10:00,,,,,,,\n" +
		"2,没有内容,,2026-02-01 10:00,,,,,,,\n" +
		"3,时间不对,内容三,二月一日,,,,,,,\n" +
		"1,编号重复,内容四,2026-02-01 10:00,,,,,,,\n" +
		",没有编号,内容五,2026-02-01 10:00,,,,,,,\n" +
		"6,以后,内容六,2036-02-01 10:00,,,,,,,\n" +
		"7,顺序,内容七,2026-02-01 10:00,,,,已办结,好,2026-01-01 10:00,\n" +
		"8,没有答复,内容八,2026-02-01 10:00,,,,已答复,,,\n" +
		"9,状态,内容九,2026-02-01 10:00,,,,搁置,,,\n"
	want := []string{"3 intake.import_no_body", "4 sheet.time_unknown", "5 intake.import_id_twice", "6 sheet.id_missing", "7 intake.import_future",
		"8 intake.import_order", "9 intake.import_no_answer", "10 sheet.not_in_list"}
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		dry := bring(t, s, []byte(table), func(f *intake.ImportFile) { f.DryRun = true })
		if n := count(t, db, `select count(*) from matter`) + count(t, db, `select count(*) from intake_import`); n != 0 {
			t.Errorf("the dry run left %d rows", n)
		}
		real := bring(t, s, []byte(table))
		var got []string
		for _, p := range real.problems {
			got = append(got, fmt.Sprint(p.Row, " ", p.Key))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if counts(real.run) != "9·1·0·8" || counts(dry.run) != counts(real.run) {
			t.Errorf("dry run %s, import %s; want 9·1·0·8 of both", counts(dry.run), counts(real.run))
		}
		if diff := cmp.Diff(dry.problems, real.problems); diff != "" {
			t.Errorf("the dry run said something else: %s", diff)
		}
		if n := count(t, db, `select count(*) from intake_import_problem`); n != len(want) {
			t.Errorf("%d problems kept, want %d", n, len(want))
		}
	})
}

func TestTheSameTextTwiceIsTwoLinkedRequests(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		const long = "小区旁边的搅拌站每天夜里施工到两点钟，灰尘和噪声让人没法休息"
		run := bring(t, s, []byte(callHead+"1,甲,"+long+",2026-02-01 10:00,,,,,,,\n2,乙,"+long+",2026-02-02 10:00,,,,,,,\n3,丙,路灯不亮,2026-02-02 10:00,,,,,,,\n4,丁,路灯不亮,2026-02-02 10:00,,,,,,,\n")).run
		if run.Imported != 4 || run.Repeats != 1 {
			t.Errorf("%d imported, %d repeat another; want 4 and 1", run.Imported, run.Repeats)
		}
		if n := count(t, db, `select count(*) from matter_link where kind = 'same' and from_id = $1 and to_id = $2`, imported(t, db, "2"), imported(t, db, "1")); n != 1 {
			t.Error("the second is not linked to the first")
		}
	})
}

func TestAPointThatManyRowsShareIsNoPlace(t *testing.T) {
	var table strings.Builder
	table.WriteString("编号,内容,来电时间,纬度,经度\n")
	for i := range 60 {
		fmt.Fprintf(&table, "%d,内容%d,2026-02-01 10:00,30.02,120.02\n", i, i)
	}
	table.WriteString("60,内容,2026-02-01 10:00,30.05,120.05\n61,内容,2026-02-01 10:00,42,-71\n")
	s := world(t, sqldbtest.New(t, sqldb.SQLite))
	bring(t, s, []byte(table.String()))
	if n := count(t, s.DB, `select count(*) from request_order where lat is not null`); n != 1 {
		t.Errorf("%d requests have a place, want the one that is not shared and lies in the city", n)
	}
	if o := find(t, s, imported(t, s.DB, "60")); o.Area != "330101001001" {
		t.Errorf("area %q, want that of the point", o.Area)
	}
}

func manyCalls(n int) []byte {
	var table strings.Builder
	table.WriteString(callHead)
	for i := range n {
		fmt.Fprintf(&table, "%d,,这是第%d个来电,2026-02-%02d 10:00,李%d,,,,,,\n", i, i, i%28+1, i)
	}
	return []byte(table.String())
}

func TestAnImportThatWasCutShortGoesOn(t *testing.T) {
	data := manyCalls(1000)
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		ctx, cancel := context.WithCancel(t.Context())
		f := intake.ImportFile{Name: "calls.csv", File: bytes.NewReader(data), Size: int64(len(data)), Mapping: calls(t),
			Progress: func(r intake.ImportRun) {
				if r.Rows >= 400 {
					cancel()
				}
			}}
		first, err := s.Import(ctx, actor.System, f)
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("err = %v, want that it was cancelled", err)
		}
		was := count(t, db, `select count(*) from request_order`)
		if was == 0 || was == 1000 || int64(was) != first.Imported {
			t.Fatalf("%d requests after the stop, %d counted", was, first.Imported)
		}
		second := bring(t, s, data).run
		if second.ID != first.ID || counts(second) != "1000·1000·0·0" || second.State != intake.ImportDone {
			t.Errorf("went on as %s with %s, want the same run with 1000·1000·0·0", second.State, counts(second))
		}
		if n := count(t, db, `select count(*) from request_order`); n != 1000 {
			t.Errorf("%d requests, want 1000", n)
		}
		third := bring(t, s, data).run
		if third.ID == first.ID || counts(third) != "1000·0·1000·0" {
			t.Errorf("the third time: %s, want 1000·0·1000·0", counts(third))
		}
	})
}

// TestAnUploadIsCheckedStartedStoppedAndResumed is the life of an import on the
// page, with its background work.
func TestAnUploadIsCheckedStartedStoppedAndResumed(t *testing.T) {
	sysadmin := actor.Actor{ID: "s-admin", Roles: []actor.Role{actor.SysAdmin}, UnitID: "city", UnitPath: "city/"}
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		if _, err := s.AddImport(t.Context(), agent, "calls.csv", manyCalls(5), calls(t)); fault.KindOf(err) != fault.Denied {
			t.Errorf("an agent may import: %v", err)
		}
		run, err := s.AddImport(t.Context(), sysadmin, "calls.csv", manyCalls(500), calls(t))
		if err != nil {
			t.Fatal(err)
		}
		work := queue(t, s)
		work()
		expect(t, s, run, intake.ImportChecked, "500·500·0·0")
		if n := count(t, db, `select count(*) from request_order`); n != 0 {
			t.Fatalf("the check wrote %d requests", n)
		}
		act(t, s.StartImport, sysadmin, run)
		act(t, s.StopImport, sysadmin, run)
		work()
		expect(t, s, run, intake.ImportStopped, "0·0·0·0")
		act(t, s.ResumeImport, sysadmin, run)
		work()
		expect(t, s, run, intake.ImportDone, "500·500·0·0")
		if n := count(t, db, `select count(*) from request_order where taken_by = 's-admin'`); n != 500 {
			t.Errorf("%d requests carry who imported them, want 500", n)
		}
		sqldbtest.ClockOf(db).Add(40 * 24 * time.Hour)
		if err := s.SweepImports(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := count(t, db, `select count(*) from intake_import where file <> ''`); n != 0 {
			t.Error("the uploaded file is still there after forty days")
		}
	})
}

func queue(t *testing.T, s *intake.Service) func() {
	q := job.New(s.DB, discard)
	q.Register(intake.ImportJob, s.RunImport, job.Options{})
	return func() {
		t.Helper()
		if _, err := q.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func act(t *testing.T, do func(context.Context, actor.Actor, string) error, a actor.Actor, run string) {
	t.Helper()
	if err := do(t.Context(), a, run); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, s *intake.Service, run, state, figures string) {
	t.Helper()
	err := s.DB.View(t.Context(), func(tx *sqldb.Tx) error {
		r, err := intake.FindImport(tx, run)
		if err == nil && (r.State != state || counts(r) != figures) {
			t.Errorf("%s with %s, want %s with %s", r.State, counts(r), state, figures)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAMappingThatCannotBeMeantIsRefused(t *testing.T) {
	for spec, want := range map[string]string{
		`{"name": "x", "fields": [{"to": "body", "from": "a"}, {"to": "received", "from": "b"}]}`:                                      "intake.import_no_id",
		`{"source": "x", "id": "i", "fields": [{"to": "body", "from": "a"}]}`:                                                          "intake.import_target_missing",
		`{"source": "x", "id": "i", "fields": [{"to": "text", "from": "a"}]}`:                                                          "intake.import_target_unknown",
		`{"source": "x", "id": "i", "settings": {"a": "b"}, "fields": [{"to": "body", "from": "a"}, {"to": "received", "from": "b"}]}`: "intake.import_setting",
	} {
		_, err := intake.ReadImportMapping("x", []byte(spec))
		if key, _ := fault.KeyOf(err); key != want {
			t.Errorf("%s: %v, want %s", spec, err, want)
		}
	}
}
