package sheet_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/sheet"
)

func load(t *testing.T, text string) *sheet.Mapping {
	t.Helper()
	m, err := sheet.LoadMapping(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// one loads a mapping of a single field to "x" and applies it to one row with
// the columns a and b.
func one(t *testing.T, field, a, b string) (string, []sheet.Problem) {
	t.Helper()
	m := load(t, `{"fields":[{"to":"x",`+field+`}]}`)
	record, problems := m.Apply(sheet.NewHeader("a", "b").Row(7, a, b))
	return record["x"], problems
}

func TestTransforms(t *testing.T) {
	for _, c := range []struct{ name, field, a, b, want string }{
		{"copy", `"from":"a"`, "甲", "", "甲"},
		{"other spelling of the column", `"from":"Ａ "`, "甲", "", "甲"},
		{"spaces are cut", `"from":"a"`, "\u3000甲\t", "", "甲"},
		{"raw keeps them", `"from":"a","raw":true`, " 甲", "", " 甲"},
		{"const", `"const":"web"`, "", "", "web"},
		{"default", `"from":"a","default":"5"`, "  ", "", "5"},
		{"join", `"from":["a","b"],"join":"，"`, "甲", "乙", "甲，乙"},
		{"join leaves empty cells out", `"from":["a","b"],"join":"，"`, "甲", " ", "甲"},
		{"split, part", `"from":"a","split":"/","part":2`, "区/ 街 /社区", "", "街"},
		{"split, part from the end", `"from":"a","split":"/","part":-1`, "区/街/社区", "", "社区"},
		{"split, all", `"from":"a","split":"、"`, "甲、、乙 、", "", "甲\n乙"},
		{"split, missing optional part", `"from":"a","split":"/","part":3,"optional":true`, "区/街", "", ""},
		{"lookup", `"from":"a","lookup":{"已办结":"closed","Open":"open"}`, "ＯＰＥＮ", "", "open"},
		{"lookup, any other", `"from":"a","lookup":{"x":"y","*":"other"}`, "z", "", "other"},
		{"lookup, kept", `"from":"a","lookup":{"x":"y","*":"="}`, "Z", "", "Z"},
		{"number", `"from":"a","number":true`, "１,２３４.50", "", "1234.5"},
		{"small number", `"from":"a","number":{"min":-180,"max":180}`, "-71.06", "", "-71.06"},
		{"time", `"from":"a","time":true`, "2019年2月28日", "", "2019-02-28T00:00:00+08:00"},
		{"time by pattern", `"from":"a","time":["M/d/yyyy h:mm a","yyyy-MM-dd"]`, "7/1/2011 1:32 PM", "", "2011-07-01T13:32:00+08:00"},
		{"time by pattern, as Excel made a number of it", `"from":"a","time":["yyyy-MM-dd"]`, "43524", "", "2019-02-28T00:00:00+08:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, problems := one(t, c.field, c.a, c.b)
			if got != c.want || len(problems) > 0 {
				t.Errorf("got %q, %v, want %q", got, problems, c.want)
			}
		})
	}
}

func TestProblemsSayHowToMend(t *testing.T) {
	for _, c := range []struct{ name, field, a, key, says string }{
		{"required", `"from":"a","required":true`, " ", "sheet.required", "填写"},
		{"too long", `"from":"a","max":2`, "路灯不亮", "sheet.too_long", "最多 2"},
		{"lookup", `"from":"a","lookup":{"是":"1","否":"0"}`, "也许", "sheet.not_in_list", "否、是"},
		{"number", `"from":"a","number":true`, "5天", "sheet.number_unknown", "5天"},
		{"infinite number", `"from":"a","number":true`, "Inf", "sheet.number_unknown", "Inf"},
		{"too small", `"from":"a","number":{"min":1}`, "0", "sheet.number_small", "不小于 1"},
		{"too large", `"from":"a","number":{"max":60}`, "61", "sheet.number_large", "60"},
		{"whole", `"from":"a","number":{"decimals":0}`, "1.5", "sheet.number_whole", "整数"},
		{"decimals", `"from":"a","number":{"decimals":1}`, "1.55", "sheet.number_decimals", "1.55"},
		{"time", `"from":"a","time":true`, "昨天", "sheet.time_unknown", "昨天"},
		{"time by pattern", `"from":"a","time":["yyyy-MM-dd"]`, "2019/1/2", "sheet.time_format", "yyyy-MM-dd"},
		{"split", `"from":"a","split":"/","part":3`, "区/街", "sheet.split_missing", "3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, problems := one(t, c.field, c.a, "")
			if len(problems) != 1 || got != "" || !sheet.Refused(problems) {
				t.Fatalf("got %q, %v", got, problems)
			}
			p := problems[0]
			if p.Key != c.key || p.Row != 7 || p.Column != "a" {
				t.Errorf("got %+v, want %s", p, c.key)
			}
			if text := locale.T(locale.ZH, p.Key, p.Args...); !strings.Contains(text, c.says) {
				t.Errorf("%q does not say %q", text, c.says)
			}
		})
	}
}

func TestAllProblemsOfARowAreListed(t *testing.T) {
	m := load(t, `{"id":["a","b"],"fields":[{"to":"x","from":"a","required":true},{"to":"y","from":"b","number":true}]}`)
	_, problems := m.Apply(sheet.NewHeader("a", "b").Row(3, "", "z"))
	var keys []string
	for _, p := range problems {
		keys = append(keys, p.Key)
	}
	if d := cmp.Diff([]string{"sheet.id_missing", "sheet.required", "sheet.number_unknown"}, keys); d != "" {
		t.Error(d)
	}
	record, _ := m.Apply(sheet.NewHeader("a", "b").Row(4, "A1", "7"))
	if record[sheet.SourceID] != "A1/7" {
		t.Errorf("id = %q", record[sheet.SourceID])
	}
}

func TestAliasesFindAColumnUnderAnotherName(t *testing.T) {
	m := load(t, `{"aliases":{"留言编号":["工单号"]},"id":"留言编号","fields":[{"to":"x","from":"留言编号"}]}`)
	h := sheet.NewHeader("工单 号")
	if err := m.Check(h); err != nil {
		t.Fatal(err)
	}
	if record, _ := m.Apply(h.Row(2, "12")); record["x"] != "12" {
		t.Errorf("got %v", record)
	}
}

func TestMissingColumnsAreNamedBesideThoseOfTheFile(t *testing.T) {
	m := load(t, `{"id":"编号","fields":[{"to":"x","from":"内容"},{"to":"y","from":"备注","optional":true}]}`)
	key, args := fault.KeyOf(m.Check(sheet.NewHeader("ID", "标题")))
	if want := []any{"编号、内容", "ID、标题"}; key != "sheet.column_missing" || !cmp.Equal(want, args) {
		t.Errorf("got %s %q", key, args)
	}
}

func TestWrongMappingFilesSayWhere(t *testing.T) {
	for _, c := range []struct{ name, text, key, where string }{
		{"not JSON", "{\n \"fields\": [\n}", "sheet.mapping_json", "3"},
		{"not an object", `[]`, "sheet.mapping_value", "{}"},
		{"unknown key", `{"feilds":[]}`, "sheet.mapping_unknown", "{}"},
		{"unknown transform", `{"fields":[{"to":"a","const":"b"},{"to":"x","from":"y","upper":true}]}`, "sheet.mapping_unknown", "fields[2]"},
		{"unknown rule of a number", `{"fields":[{"to":"x","from":"y","number":{"least":1}}]}`, "sheet.mapping_unknown", "fields[1] x.number"},
		{"no fields", `{"name":"x"}`, "sheet.mapping_value", "fields"},
		{"wrong type", `{"fields":[{"to":"x","from":"y","max":"10"}]}`, "sheet.mapping_value", "fields[1] x.max"},
		{"empty column", `{"fields":[{"to":"x","from":""}]}`, "sheet.mapping_value", "fields[1] x.from"},
		{"unknown part of a time", `{"fields":[{"to":"x","from":"y","time":["YYYY-MM-DD"]}]}`, "sheet.mapping_value", "fields[1] x.time"},
		{"unknown zone", `{"zone":"Mars","fields":[{"to":"x","from":"y"}]}`, "sheet.mapping_value", "zone"},
		{"unknown encoding", `{"encoding":"big5","fields":[{"to":"x","from":"y"}]}`, "sheet.mapping_value", "encoding"},
		{"no target", `{"fields":[{"from":"y"}]}`, "sheet.mapping_no_target", "fields[1] "},
		{"no source", `{"fields":[{"to":"x"}]}`, "sheet.mapping_no_source", "fields[1] x"},
		{"two sources", `{"fields":[{"to":"x","from":"y","const":"z"}]}`, "sheet.mapping_two_sources", "fields[1] x"},
		{"field twice", `{"fields":[{"to":"x","from":"y"},{"to":"x","from":"z"}]}`, "sheet.mapping_twice", "x"},
		{"id field by hand", `{"id":"a","fields":[{"to":"source_id","from":"y"}]}`, "sheet.mapping_twice", "source_id"},
		{"part without split", `{"fields":[{"to":"x","from":"y","part":2}]}`, "sheet.mapping_part", "fields[1] x"},
		{"join of one", `{"fields":[{"to":"x","from":"y","join":"-"}]}`, "sheet.mapping_join", "fields[1] x"},
		{"time and number", `{"fields":[{"to":"x","from":"y","time":true,"number":true}]}`, "sheet.mapping_time_number", "fields[1] x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := sheet.LoadMapping(strings.NewReader(c.text))
			key, args := fault.KeyOf(err)
			if key != c.key || len(args) == 0 || args[0] != c.where || fault.KindOf(err) != fault.Invalid {
				t.Errorf("got %s %q, want %s %q", key, args, c.key, c.where)
			}
		})
	}
}

func TestTemplateIsReadByItsOwnMapping(t *testing.T) {
	m := load(t, `{"id":"编号","fields":[{"to":"x","from":["内容","标题"],"note":"写清地点","example":"路灯不亮"}]}`)
	var b bytes.Buffer
	if err := m.Template(&b, locale.ZH); err != nil {
		t.Fatal(err)
	}
	r, rows := read(t, b.Bytes(), m.Options())
	if err := m.Check(r.Header); err != nil || len(rows) > 0 {
		t.Errorf("%v, rows %q", err, rows)
	}
	_, notes := read(t, b.Bytes(), sheet.Options{Sheet: "填写说明"})
	if d := cmp.Diff([]string{"2|编号|必填||", "3|内容|可不填|写清地点|路灯不亮", "4|标题|可不填|写清地点|路灯不亮"}, notes); d != "" {
		t.Error(d)
	}
}

func TestEverySentenceExistsInBothLanguages(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	key := regexp.MustCompile(`"(sheet\.[a-z0-9_]+)"`)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range key.FindAllStringSubmatch(string(text), -1) {
			if !locale.Has(locale.ZH, m[1]) || !locale.Has(locale.EN, m[1]) {
				t.Errorf("%s: %s is missing in a catalogue", name, m[1])
			}
		}
	}
}

// shared opens a file of the real data that lies beside the repository.
func shared(tb testing.TB, name string) *os.File {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			tb.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	f, err := os.Open(filepath.Join(dir, "..", "shared", "data", filepath.FromSlash(name)))
	if err != nil && os.Getenv("GONGZHI_SHARED") == "required" {
		tb.Fatalf("the shared data is required here: %v", err)
	}
	if err != nil {
		tb.Skip("the shared data is not beside the repository")
	}
	tb.Cleanup(func() { _ = f.Close() })
	return f
}

var sharedFiles = []struct {
	file, mapping string
	rows          int
}{
	{"messages/stream_2019.csv", "stream_2019.json", 4_326},
	{"messages/replied_before_2018.csv", "replied_before_2018.json", 1_079},
	{"boston311/requests_2011-07_09.csv", "boston311.json", 31_828},
}

// run maps every row of a file and counts those taken and the problems.
func run(tb testing.TB, f *os.File, m *sheet.Mapping) (rows, refused int, keys map[string]int) {
	tb.Helper()
	info, err := f.Stat()
	if err != nil {
		tb.Fatal(err)
	}
	r, err := sheet.Open(f.Name(), f, info.Size(), m.Options())
	if err != nil {
		tb.Fatal(err)
	}
	defer r.Close()
	if err := m.Check(r.Header); err != nil {
		tb.Fatal(err)
	}
	keys = map[string]int{}
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return rows, refused, keys
		}
		if err != nil {
			tb.Fatal(err)
		}
		rows++
		_, problems := m.Apply(row)
		for _, p := range problems {
			keys[fmt.Sprint(p.Key, " ", p.Column)]++
		}
		if sheet.Refused(problems) {
			refused++
		}
	}
}

func TestRealFilesAreReadToTheLastRow(t *testing.T) {
	for _, c := range sharedFiles {
		t.Run(c.file, func(t *testing.T) {
			f := shared(t, c.file)
			m, err := sheet.LoadMappingFile(filepath.Join("testdata", c.mapping))
			if err != nil {
				t.Fatal(err)
			}
			rows, refused, keys := run(t, f, m)
			if rows != c.rows || refused != 0 {
				t.Errorf("%d rows, %d refused (%v), want %d and none", rows, refused, keys, c.rows)
			}
		})
	}
}

func BenchmarkRealFiles(b *testing.B) {
	for _, c := range sharedFiles {
		b.Run(filepath.Base(c.file), func(b *testing.B) {
			f := shared(b, c.file)
			m, err := sheet.LoadMappingFile(filepath.Join("testdata", c.mapping))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				run(b, f, m)
			}
			b.ReportMetric(float64(c.rows*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkWorkbook reads the same rows from an XLSX that Writer made.
func BenchmarkWorkbook(b *testing.B) {
	f := shared(b, "messages/stream_2019.csv")
	info, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	r, err := sheet.Open(f.Name(), f, info.Size(), sheet.Options{})
	if err != nil {
		b.Fatal(err)
	}
	rows := [][]string{r.Header.Names}
	for row, err := r.Next(); err == nil; row, err = r.Next() {
		rows = append(rows, row.Cells)
	}
	data := write(b, "xlsx", rows)
	b.ReportAllocs()
	for b.Loop() {
		r, err := sheet.Open("f", bytes.NewReader(data), int64(len(data)), sheet.Options{})
		for err == nil {
			_, err = r.Next()
		}
		if !errors.Is(err, io.EOF) {
			b.Fatal(err)
		}
		_ = r.Close()
	}
	b.ReportMetric(float64((len(rows)-1)*b.N)/b.Elapsed().Seconds(), "rows/s")
}
