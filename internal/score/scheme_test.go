package score

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
)

func template(t *testing.T, name string) *Scheme {
	t.Helper()
	s, ok, err := Template(name)
	if !ok || err != nil {
		t.Fatalf("template %s: %v, %v", name, ok, err)
	}
	return s
}

func read(t *testing.T, text string) *Scheme {
	t.Helper()
	s, err := Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTemplatesSayWhereTheyComeFromAndWhatTheyDo(t *testing.T) {
	if len(Templates()) < 8 {
		t.Fatalf("only %v", Templates())
	}
	for _, name := range Templates() {
		s := template(t, name)
		if s.Code != name || s.Source == "" || len(s.Notes) == 0 {
			t.Errorf("%s: code %q, source %q, %d notes", name, s.Code, s.Source, len(s.Notes))
		}
		for i := range s.Items {
			for _, l := range []locale.Lang{locale.ZH, locale.EN} {
				if words := s.Items[i].Words(l); strings.Contains(words, "score.") || strings.Contains(words, "{") {
					t.Errorf("%s: the rule of %s reads %q", name, s.Items[i].Code, words)
				}
			}
		}
	}
	if s, ok, err := Template("../scheme"); s != nil || ok || err != nil {
		t.Errorf("a path is no name: %v, %v, %v", s, ok, err)
	}
}

func TestASchemeThatIsWrongSaysWhere(t *testing.T) {
	const head = `{"code": "a", "name": "A", "source": "s", "items": [`
	for text, place := range map[string]string{
		`{"name": "A", "items": [{"code": "x", "name": "X", "kind": "fixed", "full": 1}]}`:                                                                "code",
		`{"code": "a", "name": "A", "items": []}`:                                                                                                         "items",
		head + `{"code": "x", "name": "X", "kind": "slope", "full": 5, "line": 95}]}`:                                                                     "items[0].slope",
		head + `{"code": "x", "name": "X", "kind": "slope", "full": 5, "slope": 1}]}`:                                                                     "items[0].line",
		head + `{"code": "x", "name": "X", "kind": "slop", "full": 5}]}`:                                                                                  "items[0].kind",
		head + `{"code": "x", "name": "X", "kind": "fixed", "full": -5}]}`:                                                                                "items[0].full",
		head + `{"code": "x", "name": "X", "kind": "fixed", "full": 5, "floor": 6}]}`:                                                                     "items[0].floor",
		head + `{"code": "x", "name": "X", "kind": "fixed", "full": 5}, {"code": "x", "name": "Y", "kind": "fixed", "full": 5}]}`:                         "items[1].code",
		head + `{"code": "x", "name": "X", "kind": "fixed", "full": 5, "in": ["g"]}]}`:                                                                    "items[0].in",
		head + `{"code": "x", "name": "X", "kind": "linear", "full": 5, "input": {"decimals": 9}}]}`:                                                      "items[0].input",
		head + `{"code": "x", "name": "X", "kind": "steps", "full": 5, "steps": [{"from": 90, "points": 5}]}]}`:                                           "items[0].steps[0].from",
		head + `{"code": "x", "name": "X", "kind": "steps", "full": 5, "steps": [{"from": 90, "points": 5}, {"from": 90, "points": 3}, {"points": 0}]}]}`: "items[0].steps[1].from",
		head + `{"code": "x", "name": "X", "kind": "parts", "full": 5, "parts": [{"code": "p", "name": "P", "line": 95}]}]}`:                              "items[0].parts[0]",
		head + `{"code": "x", "name": "X", "kind": "fixed", "full": 5}], "from": "2021-13"}`:                                                              "from",
		head + `{"code": "x", "name": "X", "kind": "fixed", "full": 5}], "from": "2021-07", "to": "2021-06"}`:                                             "to",
		head + `{"code": "x", "name": "X", "kind": "fixed", "full": 5}], "grades": [{"name": "好", "from": 90}, {"name": "差", "from": 95}]}`:               "grades[1].from",
		head + `{"code": "x", "name": "X", "kind": "fixed", "full": 5}], "groups": [{"code": "g", "name": "G", "full": 0}]}`:                              "groups[0].full",
	} {
		_, err := Read(strings.NewReader(text))
		var f fault.Fields
		if !errors.As(err, &f) {
			t.Errorf("%s: %v, want what is wrong", text, err)
			continue
		}
		if _, ok := f.Of(place); !ok {
			t.Errorf("%s: %v, want %s", text, err, place)
		}
		for _, x := range f {
			if !locale.Has(locale.ZH, x.Key) {
				t.Errorf("no sentence for %s", x.Key)
			}
		}
	}
}

func TestASchemeThatCannotBeReadNamesTheLine(t *testing.T) {
	for text, key := range map[string]string{
		"{\n\"code\": \"a\",\n\"nam\": \"A\"}":                                    "score.scheme_field",
		"{\n\"code\": \"a\",\n\"name\": }":                                        "score.scheme_json",
		"{\n\"code\": \"a\",\n\"items\": {}}":                                     "score.scheme_type",
		"{\"code\": \"a\",\n\"name\":\n \"A\", \"items\": [{\"full\": \"ten\"}]}": "score.scheme_number",
	} {
		_, err := Read(strings.NewReader(text))
		got, args := fault.KeyOf(err)
		if got != key || len(args) == 0 || args[0] != 3 {
			t.Errorf("%q: %s %v, want %s in line 3", text, got, args, key)
		}
	}
	for _, text := range []string{"", "[]", "null x", "{}{}", strings.Repeat(" ", 1<<20+1)} {
		if _, err := Read(strings.NewReader(text)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

// Pairs of rate and points that 连云港 published.
func TestPublishedPoints(t *testing.T) {
	s := template(t, "lianyungang")
	for _, x := range []struct{ item, rate, want string }{
		{"按时办结率", "80", "5.00"}, {"按时办结率", "66.67", "0.00"}, {"按时办结率", "89.82", "14.82"},
		{"及时签收率", "77.27", "0.00"}, {"回访满意率", "70.59", "12.80"}, {"回访满意率", "50", "12.50"},
		{"省派工单满意率", "87.5", "19.75"}, {"省派满意率", "71.43", "12.50"}, {"回访满意率", "95", "25.00"}, {"回访满意率", "99", "25.00"},
	} {
		x1 := Must(x.rate)
		got := one(t, s, map[string]Value{s.code(x.item): {X: &x1}})
		for _, p := range got.Items {
			if p.Item.Code == s.code(x.item) && p.Got.Fixed(2) != x.want {
				t.Errorf("%s %s: %s, want %s (%s)", x.item, x.rate, p.Got.Fixed(2), x.want, p.Sum())
			}
		}
	}
}

func one(t *testing.T, s *Scheme, v map[string]Value) Result {
	t.Helper()
	out, err := s.Score([]Entry{{Unit: "甲局", Period: "2021-07", Values: v}})
	if err != nil {
		t.Fatal(err)
	}
	return out[0]
}

// 12 of 17 is 70.588…: from the published 70.59 come 12.80 points, from the
// unrounded rate 12.79.
func TestRatesAreRoundedBeforeTheyAreUsed(t *testing.T) {
	k, n := Int(12), Int(17)
	s := template(t, "lianyungang")
	got := one(t, s, map[string]Value{"satisfied": {K: &k, N: &n}})
	p := got.Items[2]
	if p.Got.Fixed(2) != "12.80" || p.Sum() != "25 − 0.5 × (95 − 70.59) = 12.795 ≈ 12.80" || p.Figure() != "12 ÷ 17 ≈ 70.59%" {
		t.Errorf("%s, %s, %s", p.Got, p.Sum(), p.Figure())
	}
	s.Items[2].Input = nil
	if p = one(t, s, map[string]Value{"satisfied": {K: &k, N: &n}}).Items[2]; p.Got.Fixed(2) != "12.79" {
		t.Errorf("without rounding first: %s", p.Got)
	}
}

func TestBaseAndBonusStandApart(t *testing.T) {
	x := Must("80")
	r := one(t, template(t, "lianyungang"), map[string]Value{"ontime": {X: &x}})
	if r.Total == nil || r.Total.String() != "84" || r.Base.String() != "100" || r.Lost.String() != "20" || r.Bonus.String() != "4" {
		t.Errorf("%+v", r)
	}
	if got := r.Sum(nil); got != "100 − 20 + 4 = 84" {
		t.Errorf("the sum reads %q", got)
	}
	if len(r.Absent) != 4 {
		t.Errorf("absent: %v; what the figures do not name is said", r.Absent)
	}
}

func TestWithoutOrdersAUnitStandsApart(t *testing.T) {
	s := template(t, "lianyungang")
	zero, full := Int(0), Int(100)
	for _, v := range []Value{{Empty: true}, {K: &zero, N: &zero}} {
		r := one(t, s, map[string]Value{"ontime": v, "accepted": {X: &full}})
		if r.Apart != ApartNone || r.Total != nil || r.Rank != 0 {
			t.Errorf("no order was due: %+v", r)
		}
	}
	if r := one(t, s, nil); r.Apart != ApartAbsent || r.Total != nil {
		t.Errorf("of a unit of which nothing is known: %+v", r)
	}
	if r := one(t, s, map[string]Value{"province": {Empty: true}, "ontime": {X: &full}}); r.Total == nil || r.Total.String() != "104" {
		t.Errorf("no order from the province costs nothing: %+v", r)
	}
}

func TestFewOrdersAreNotRanked(t *testing.T) {
	s := template(t, "three-rates-30-35-35")
	x := Int(90)
	v := map[string]Value{"response": {X: &x}, "solved": {X: &x}, "satisfied": {X: &x}}
	few, enough := int64(14), int64(15)
	out, err := s.Score([]Entry{{Unit: "甲", Volume: &few, Values: v}, {Unit: "乙", Volume: &enough, Values: v}, {Unit: "丙", Volume: &enough, Values: v}})
	if err != nil {
		t.Fatal(err)
	}
	if out[0].Apart != ApartFew || out[0].Rank != 0 || out[0].Total == nil {
		t.Errorf("14 orders: %+v", out[0])
	}
	if out[1].Rank != 1 || out[2].Rank != 1 || !out[1].Tied || out[1].Of != 2 {
		t.Errorf("two with one total: %+v, %+v", out[1], out[2])
	}
}

func TestGroupsAreRankedApartAndFoundByName(t *testing.T) {
	s := template(t, "lianyungang")
	x := Must("98")
	v := map[string]Value{"ontime": {X: &x}}
	out, err := s.Score([]Entry{{Unit: "东海县", Period: "2021-07", Values: v}, {Unit: "海州区", Period: "2021-07", Values: v}, {Unit: "市体育局", Period: "2021-07", Values: v},
		{Unit: "海州区", Period: "2022-02", Values: v}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"county150", "district100", "unit100", "district100"} {
		if out[i].In.Code != want || out[i].Rank != 1 || out[i].Of != 1 {
			t.Errorf("%s: group %s, rank %d of %d, want %s and 1 of 1", out[i].Unit, out[i].In.Code, out[i].Rank, out[i].Of, want)
		}
	}
	if out[0].Total.String() != "152" || out[1].Total.String() != "102" {
		t.Errorf("totals %s and %s start from the full marks of the group", out[0].Total, out[1].Total)
	}
	if _, err := s.Score([]Entry{{Unit: "甲", Group: "none", Values: v}}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a group that is not there: %v", err)
	}
}

// 盘锦: round1(0.20·办结率 + 0.30·满意率 + 50).
func TestWeightedRates(t *testing.T) {
	a, b := Must("99.5"), Must("93.27")
	r := one(t, template(t, "panjin-2023"), map[string]Value{"closed": {X: &a}, "satisfied": {X: &b}})
	if r.Total.String() != "97.9" || r.Sum(&Rounding{Decimals: 1}) != "100 − 2.119 = 97.881 ≈ 97.9" {
		t.Errorf("%s: %s", r.Total, r.Sum(&Rounding{Decimals: 1}))
	}
}

func TestCausesOfOneItemShareItsMarks(t *testing.T) {
	s := template(t, "jinhua-szcg")
	values := func(texts map[string]string) map[string]Value {
		out := map[string]Value{}
		for code, text := range texts {
			n := Must(text)
			out[code] = Value{X: &n}
		}
		return out
	}
	r := one(t, s, values(map[string]string{"ontime": "68.5", "closed": "91", "urgent_closed": "98", "urgent_ontime": "93", "rework": "3", "rework_many": "1", "false": "0", "leaders": "4"}))
	want := []string{"48.5", "20", "8", "3.9", "4"}
	for i, p := range r.Items {
		if p.Got.String() != want[i] {
			t.Errorf("%s: %s, want %s (%s)", p.Item.Name, p.Got, want[i], p.Sum())
		}
	}
	if r.Total.String() != "84.4" {
		t.Errorf("total %s", r.Total)
	}
	if p := one(t, s, values(map[string]string{"false": "9"})).Items[3]; p.Got.Sign() != 0 || p.Sum() != "5 − 1 × 9 = -4 → 0" {
		t.Errorf("more than its marks: %s, %s", p.Got, p.Sum())
	}
}

func TestLevelsAndGrades(t *testing.T) {
	s := template(t, "haochaping")
	v := map[string]Value{}
	for code, n := range map[string]int64{"stars5": 10, "stars4": 5, "stars3": 3, "stars2": 1, "stars1": 1} {
		x := Int(n)
		v[code] = Value{X: &x}
	}
	if r := one(t, s, v); r.Total.String() != "4.1" {
		t.Errorf("mean of the stars: %s, %s", r.Total, r.Items[0].Sum())
	}
	b := template(t, "bengbu-2011")
	for total, want := range map[string]string{"90": "优秀", "89.99": "良好", "89.5": "良好", "80": "良好", "79.999": "合格", "60": "合格", "59.99": "不合格", "-3": "不合格"} {
		if got := b.Grade(Must(total)); got != want {
			t.Errorf("%s is %s, want %s", total, got, want)
		}
	}
}

func TestPointsAreMonotoneAndBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	num := func(most int64) *Num { n := Frac(r.Int64N(most*100+1), 100); return &n }
	for range 3000 {
		full := *num(50)
		if full.Sign() == 0 {
			continue
		}
		it := Item{Code: "x", Name: "X", Full: full, Kind: []string{Slope, Line, Linear, Tally}[r.Int64N(4)], Line: num(100), Slope: num(3), Each: num(3), Low: r.Int64N(2) == 0}
		if floor := num(50); floor.Cmp(full) <= 0 && r.Int64N(2) == 0 {
			it.Floor = floor
		}
		a, b := *num(100), *num(100)
		if a.Cmp(b) > 0 {
			a, b = b, a
		}
		lo, hi := it.rule(a), it.rule(b)
		if it.Low || it.Kind == Tally {
			lo, hi = hi, lo
		}
		if lo.Cmp(hi) > 0 {
			t.Fatalf("%+v: %s and %s give %s and %s", it, a, b, lo, hi)
		}
		if lo.Cmp(it.floor()) < 0 || hi.Cmp(full) > 0 {
			t.Fatalf("%+v: %s–%s leaves %s–%s", it, lo, hi, it.floor(), full)
		}
	}
}

func TestOrderOfEntriesChangesNothing(t *testing.T) {
	s := template(t, "three-rates-30-35-35")
	r := rand.New(rand.NewPCG(13, 14))
	var list []Entry
	for i := range 12 {
		a, b, c, n := Int(80+r.Int64N(5)), Int(80+r.Int64N(5)), Int(80+r.Int64N(5)), 10+r.Int64N(20)
		list = append(list, Entry{Unit: string(rune('a' + i)), Volume: &n, Values: map[string]Value{"response": {X: &a}, "solved": {X: &b}, "satisfied": {X: &c}}})
	}
	ranks := func(list []Entry) map[string]int {
		out, err := s.Score(list)
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]int{}
		for _, x := range out {
			m[x.Unit] = x.Rank
		}
		return m
	}
	want := ranks(list)
	for range 20 {
		shuffled := slices.Clone(list)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		for unit, rank := range ranks(shuffled) {
			if want[unit] != rank {
				t.Fatalf("%s has rank %d in one order and %d in another", unit, want[unit], rank)
			}
		}
	}
}

func TestASchemeIsInForceByMonth(t *testing.T) {
	s := &Scheme{From: "2021-07", To: "2022-02"}
	for month, want := range map[string]bool{"2021-06": false, "2021-07": true, "2022-02": true, "2022-03": false, "第一季度": true} {
		if s.Holds(month) != want {
			t.Errorf("%s: %v", month, !want)
		}
	}
	for text, want := range map[string]string{"2021年7月": "2021-07", "2021/7": "2021-07", "202107": "2021-07", "2021-07-31": "2021-07", "2021.12": "2021-12", "2021年一季度": "2021年一季度", "2021": "2021"} {
		if got := Month(text); got != want {
			t.Errorf("Month(%q) = %q, want %q", text, got, want)
		}
	}
}
