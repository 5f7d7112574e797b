package search_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gongzhi/internal/fault"
	"gongzhi/internal/search"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

var start = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// put indexes texts as requests r0, r1 …, each a minute newer than the last.
func put(tb testing.TB, db *sqldb.DB, texts ...string) {
	tb.Helper()
	update(tb, db, func(tx *sqldb.Tx) error {
		for i, text := range texts {
			d := search.Doc{Kind: "request", ID: fmt.Sprint("r", i), At: start.Add(time.Duration(i) * time.Minute), Texts: strings.Split(text, "|")}
			if err := search.Put(tx, d); err != nil {
				return err
			}
		}
		return nil
	})
}

func update(tb testing.TB, db *sqldb.DB, f func(*sqldb.Tx) error) {
	tb.Helper()
	if err := db.Update(context.Background(), f); err != nil {
		tb.Fatal(err)
	}
}

func parse(tb testing.TB, typed string) search.Query {
	tb.Helper()
	q, err := search.Parse(typed)
	if err != nil {
		tb.Fatalf("parse %q: %v", typed, err)
	}
	return q
}

// find returns the ids of what is found, newest first, and checks that the
// condition for lists and the count agree.
func find(tb testing.TB, db *sqldb.DB, typed string) []string {
	tb.Helper()
	ids := []string{}
	err := db.View(context.Background(), func(tx *sqldb.Tx) error {
		q := parse(tb, typed).Of("request")
		hits, err := search.Newest(tx, q, 0, 1_000)
		if err != nil {
			return err
		}
		for _, h := range hits {
			ids = append(ids, h.ID)
		}
		n, err := search.Count(tx, q)
		if err != nil {
			return err
		}
		if n != int64(len(hits)) {
			tb.Errorf("%q: count = %d, hits = %d", typed, n, len(hits))
		}
		probed, err := q.Probe(tx)
		if err != nil {
			return err
		}
		for _, q := range []search.Query{q, probed} {
			if listed := list(tb, tx, q); !slices.Equal(listed, sorted(ids)) {
				tb.Errorf("%q: the condition gives %v, the hits are %v", typed, listed, ids)
			}
		}
		return nil
	})
	if err != nil {
		tb.Fatalf("%q: %v", typed, err)
	}
	return ids
}

func sorted(ids []string) []string {
	return slices.Sorted(slices.Values(ids))
}

// list uses the condition as another package does, here over search_doc itself.
func list(tb testing.TB, tx *sqldb.Tx, q search.Query) []string {
	tb.Helper()
	where, args := q.Where(tx.Dialect, "m.id", 2)
	rows, err := tx.Query(`select m.id from search_doc m where m.kind = $1 and `+where+` order by m.id`, append([]any{"request"}, args...)...)
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close()
	ids := []string{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			tb.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return ids
}

func TestWhatIsTypedIsFound(t *testing.T) {
	texts := []string{
		0: "人民路路灯不亮，晚上出行不便",
		1: "路面塌陷|灯光扰民",
		2: "A3区𠮷祥里㐂寿巷积水，电话12345转8",
		3: "Street LIGHT out at Café No.12, ＡＢＣ公司",
		4: "灯路亮不",
		5: "编号 20190228-0017，问题：垃圾未清运",
		6: "\ue000村与\U00031350街", // private use, and a character of Unicode 15
		7: "李\U000E0100明的车",      // variation selector
		8: "路灯 不亮",
	}
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		put(t, db, texts...)
		for _, c := range []struct {
			typed string
			want  []int
		}{
			{"路灯", []int{8, 0}},
			{"路灯不亮", []int{0}},
			{"路灯 不亮", []int{8, 0}},
			{"“路灯不亮”", []int{0}},
			{"“路灯 不亮”", []int{8}},
			{"灯路", []int{4}},
			{"路灯，积水", nil},
			{"亮", []int{8, 4, 0}},
			{"车", []int{7}},
			{"便", []int{0}},
			{"塌陷灯光", nil}, // not across two texts
			{"塌陷 灯光", []int{1}},
			{"𠮷", []int{2}},
			{"𠮷祥", []int{2}},
			{"㐂", []int{2}},
			{"里㐂寿", []int{2}},
			{"\U00031350", []int{6}},
			{"\ue000村", []int{6}},
			{"李明", []int{7}},
			{"A3区", []int{2}},
			{"a3", []int{2}},
			{"Ａ３区𠮷", []int{2}},
			{"12345", []int{2}},
			{"123", nil},
			{"light", []int{3}},
			{"STREET lig", []int{3}},
			{`"lig"`, nil},
			{"lights", nil},
			{"abc公司", []int{3}},
			{"café", []int{3}},
			{"no.12", []int{3}},
			{"20190228-0017", []int{5}},
			{"201902", []int{5}},
			{"问题：垃圾", []int{5}},
			{"问题垃圾", nil},
			{"没有", nil},
		} {
			want := []string{}
			for _, n := range c.want {
				want = append(want, fmt.Sprint("r", n))
			}
			if got := find(t, db, c.typed); !cmp.Equal(want, got) {
				t.Errorf("%q: got %v, want %v", c.typed, got, want)
			}
		}
	})
}

// Whatever is typed is words, never syntax.
func TestNothingTypedIsSyntax(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		put(t, db, "路灯 and or near not", "b's c\\d")
		for _, typed := range []string{
			`路灯 OR 没有`, `body:没有`, `没有*`, `NEAR(没有 没有, 5)`, `^没有`, `路灯 NOT 没有`, `- 没有 +没有`, `"没有" "`, `'没有' | '路灯'`,
			`路灯 & !没有`, `没有:*`, `没有'); drop table search_doc; --`, `没有\'`, "没有\x00", "没有\xff", `{没有}: `, `没有 <-> 路灯`, `$1 没有`, `%没有_`,
		} {
			if got := find(t, db, typed); len(got) != 0 {
				t.Errorf("%q found %v", typed, got)
			}
		}
		for typed, want := range map[string][]string{"b's": {"r1"}, `c\d`: {"r1"}, "NEAR": {"r0"}, "and or not": {"r0"}} {
			if got := find(t, db, typed); !cmp.Equal(want, got) {
				t.Errorf("%q: got %v, want %v", typed, got, want)
			}
		}
	})
}

func TestTooMuchIsRefusedWithASentence(t *testing.T) {
	many := make([]string, 30)
	for i := range many {
		many[i] = fmt.Sprint("w", i)
	}
	for typed, key := range map[string]string{
		strings.Join(many, " "):      "search.too_many_words",
		strings.Repeat("路灯 ", 4_000): "search.too_long",
		"！？ *":                       "search.no_words",
	} {
		_, err := search.Parse(typed)
		if got, _ := fault.KeyOf(err); got != key || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%.20q: got %v, want %s", typed, err, key)
		}
	}
	if q := parse(t, " \u3000"); !q.Empty() {
		t.Error("blank is not empty")
	}
	if q := parse(t, strings.Repeat("路灯 ", 100)); len(q.Words()) != 1 {
		t.Errorf("repeated words count %d times", len(q.Words()))
	}
}

func TestPutReplacesAndDeleteForgets(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		put(t, db, "路灯不亮", "路灯不亮")
		update(t, db, func(tx *sqldb.Tx) error {
			d := search.Doc{Kind: "request", ID: "r0", At: start, Texts: []string{"井盖丢失"}}
			for range 2 { // the second time changes nothing
				if err := search.Put(tx, d); err != nil {
					return err
				}
			}
			d.At = start.Add(time.Hour) // now it is the newest
			return search.Put(tx, d)
		})
		if got := find(t, db, "路灯"); !cmp.Equal([]string{"r1"}, got) {
			t.Errorf("路灯: %v", got)
		}
		if got := find(t, db, "井盖"); !cmp.Equal([]string{"r0"}, got) {
			t.Errorf("井盖: %v", got)
		}
		update(t, db, func(tx *sqldb.Tx) error {
			if err := search.Delete(tx, "request", "r1"); err != nil {
				return err
			}
			if err := search.Delete(tx, "request", "unknown"); err != nil {
				return err
			}
			return search.Compact(tx)
		})
		if got := find(t, db, "路灯"); len(got) != 0 {
			t.Errorf("deleted and still found: %v", got)
		}
	})
}

func TestErasedWordsLeaveTheFile(t *testing.T) {
	db := sqldbtest.New(t, sqldb.SQLite)
	put(t, db, "欧阳锋住在桃花岛", "别的")
	held := func() (n int) {
		if err := db.View(t.Context(), func(tx *sqldb.Tx) error {
			return tx.QueryRow(`select count(*) from search_fts_data where instr(block, cast('桃花' as blob)) > 0`).Scan(&n)
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if held() == 0 {
		t.Fatal("the test looks in the wrong place")
	}
	update(t, db, func(tx *sqldb.Tx) error {
		if err := search.Delete(tx, "request", "r0"); err != nil {
			return err
		}
		return search.Compact(tx)
	})
	if n := held(); n > 0 {
		t.Errorf("%d blocks still hold an erased word", n)
	}
}

func TestNewestComesPageByPageWithoutGapOrRepeat(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		var want []string
		update(t, db, func(tx *sqldb.Tx) error {
			for i := range 50 {
				at := start.Add(time.Duration(i/7) * time.Second) // seven share each second
				id := fmt.Sprintf("r%02d", i)
				want = append([]string{id}, want...)
				for _, kind := range []string{"request", "notice"} {
					if err := search.Put(tx, search.Doc{Kind: kind, ID: id, At: at, Texts: []string{"路灯"}}); err != nil {
						return err
					}
				}
			}
			return nil
		})
		var got []string
		before := int64(0)
		for {
			var hits []search.Hit
			if err := db.View(t.Context(), func(tx *sqldb.Tx) (err error) {
				hits, err = search.Newest(tx, parse(t, "路灯").Of("request"), before, 8)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if len(hits) == 0 {
				break
			}
			for _, h := range hits {
				got, before = append(got, h.ID), h.Cursor
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
}

func TestRebuildGivesTheSameIndex(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		var docs []search.Doc
		for i := range 25 {
			docs = append(docs, search.Doc{Kind: "request", ID: fmt.Sprintf("r%02d", i), At: start, Texts: []string{fmt.Sprint("路灯", i)}})
		}
		put(t, db, "旧的路灯")
		err := search.Rebuild(t.Context(), db, func(_ *sqldb.Tx, after search.Doc) ([]search.Doc, error) {
			i := slices.IndexFunc(docs, func(d search.Doc) bool { return d.ID > after.ID })
			if i < 0 {
				return nil, nil
			}
			return docs[i:min(i+10, len(docs))], nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := find(t, db, "路灯"); len(got) != len(docs) {
			t.Errorf("found %d, want %d", len(got), len(docs))
		}
		if got := find(t, db, "旧的"); len(got) != 0 {
			t.Errorf("found what is gone: %v", got)
		}
	})
}

func TestVeryLongTextsAreIndexedUpToTheirLimit(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		put(t, db, "开头路灯"+strings.Repeat("不亮", 10_000)+"结尾", strings.Repeat("长", 300)+strings.Repeat("w", 5_000))
		if got := find(t, db, "开头路灯不亮"); !cmp.Equal([]string{"r0"}, got) {
			t.Errorf("start: %v", got)
		}
		if got := find(t, db, "长长长 "+strings.Repeat("w", 300)); !cmp.Equal([]string{"r1"}, got) {
			t.Errorf("long word: %v", got)
		}
	})
}

func TestAListOfManyHitsIsTheSameList(t *testing.T) {
	search.SetFew(t, 3)
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		put(t, db, "路灯不亮", "路灯", "井盖", "路灯坏了", "坏路灯", "Lamp 路灯", "井盖")
		for typed, want := range map[string]int{"路灯": 5, "灯": 5, "井盖": 2, "lamp": 1, "没有": 0} {
			if got := find(t, db, typed); len(got) != want { // find compares the shapes of the condition
				t.Errorf("%q found %v, want %d", typed, got, want)
			}
		}
	})
}

// Both engines and a plain look at the text agree on any Chinese text.
func TestEnginesAgreeWithPlainLooking(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	letters := []rune("路灯不亮𠮷区")
	random := func(n int) string {
		b := make([]rune, 1+rng.IntN(n))
		for i := range b {
			b[i] = letters[rng.IntN(len(letters))]
		}
		return string(b)
	}
	texts := make([]string, 200)
	for i := range texts {
		texts[i] = random(12)
	}
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		put(t, db, texts...)
		for range 60 {
			a, b := random(4), random(2)
			want := []string{}
			for i, text := range slices.Backward(texts) {
				if strings.Contains(text, a) && strings.Contains(text, b) {
					want = append(want, fmt.Sprint("r", i))
				}
			}
			if got := find(t, db, a+" "+b); !cmp.Equal(want, got) {
				t.Errorf("%q %q: got %v, want %v", a, b, got, want)
			}
		}
	})
}
