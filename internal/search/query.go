package search

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// What a person may type. Above it the answer is a sentence, not a slow page.
const (
	maxTerms = 20
	maxTyped = 400 // characters
)

// Query is what a person looks for: all terms must be found.
type Query struct {
	terms []term
	kind  string
	words []string

	probed bool
	many   bool
	ids    []string // all hits, when probed and not many
}

// term is words that must stand beside each other; of the last one the
// beginning is enough when prefix is set.
type term struct {
	words  []string
	prefix bool
}

// Parse reads what a person typed. Words are separated by spaces or
// punctuation and all must be found; "…" or “…” holds words together. Nothing
// typed has any further meaning, so nothing can be injected. An unquoted Latin
// word finds longer ones (light: lights), a number of six digits or more too.
func Parse(typed string) (Query, error) {
	if utf8.RuneCountInString(typed) > maxTyped {
		return Query{}, fault.New(fault.Invalid, "search.too_long", nil, maxTyped)
	}
	var q Query
	for _, p := range pieces(typed) {
		t, ok := p.term()
		if !ok || slices.ContainsFunc(q.terms, t.equal) {
			continue
		}
		q.terms = append(q.terms, t)
		q.words = append(q.words, p.text)
	}
	if len(q.terms) > maxTerms {
		return Query{}, fault.New(fault.Invalid, "search.too_many_words", nil, maxTerms)
	}
	if len(q.terms) == 0 && strings.TrimSpace(typed) != "" {
		return Query{}, fault.New(fault.Invalid, "search.no_words", nil)
	}
	return q, nil
}

// Of narrows q to one kind of doc.
func (q Query) Of(kind string) Query {
	q.kind = kind
	return q
}

// Empty reports that nothing was typed: then everything is found.
func (q Query) Empty() bool { return len(q.terms) == 0 }

// Words are the terms as typed, for marking them on the page.
func (q Query) Words() []string { return q.words }

type piece struct {
	text  string
	exact bool // was quoted
}

// pieces cuts at quotes first. A quote without its partner is no quote.
func pieces(typed string) []piece {
	var all []piece
	rest := strings.Map(straight, typed)
	for {
		before, after, opened := strings.Cut(rest, `"`)
		inside, left, closed := strings.Cut(after, `"`)
		if !opened || !closed {
			return append(all, plain(rest)...)
		}
		all = append(all, plain(before)...)
		all = append(all, piece{inside, true})
		rest = left
	}
}

func straight(c rune) rune {
	if strings.ContainsRune("“”「」『』＂〝〞", c) {
		return '"'
	}
	return c
}

// plain cuts at spaces and at the punctuation that ends a thought. Marks
// inside a word (2019-02-28, A3.5) do not cut: the parts must stand together.
func plain(s string) []piece {
	var all []piece
	for _, w := range strings.FieldsFunc(s, func(c rune) bool {
		return unicode.IsSpace(c) || unicode.IsControl(c) || strings.ContainsRune(`",;!?，；！？。、：…（）()《》【】`, c)
	}) {
		all = append(all, piece{w, false})
	}
	return all
}

func (p piece) term() (term, bool) {
	var t term
	all := runs(p.text)
	for i, r := range all {
		last := i == len(all)-1
		before := len(t.words)
		t.words = r.index(t.words)
		switch {
		case !last:
		case r.chinese:
			// The text may go on after this run, so the word that says "here it
			// ends" is left out, or taken as a beginning when there is no other.
			if len(t.words)-before > 1 {
				t.words = t.words[:len(t.words)-1]
			} else {
				t.prefix = true
			}
		default:
			t.prefix = !p.exact && completes(r.text)
		}
	}
	return t, len(t.words) > 0
}

// completes reports that a word is long enough to stand for longer ones. Short
// numbers are not: whoever looks for building 12 does not want 1200.
func completes(word string) bool {
	if strings.Trim(word, "0123456789") == "" {
		return len(word) >= 6
	}
	return utf8.RuneCountInString(word) >= 3
}

func (t term) equal(o term) bool { return t.prefix == o.prefix && slices.Equal(t.words, o.words) }

// match is the query in the language of FTS5. The words hold letters and
// digits only; quotes make them words even where FTS5 has operators.
func (q Query) match() string {
	var b strings.Builder
	for i, t := range q.terms {
		if i > 0 {
			b.WriteString(" AND ")
		}
		b.WriteString(`"` + strings.ReplaceAll(strings.Join(t.words, " "), `"`, `""`) + `"`)
		if t.prefix {
			b.WriteByte('*')
		}
	}
	return b.String()
}

// tsquery is the query as a constant of PostgreSQL. A constant and not a
// parameter, because after five uses a prepared statement gets a plan for any
// parameter, and one that suits both a word of ten hits and one of a million
// does not exist (measured: 67 ms instead of 0.4). It holds words only, see
// quoted.
func (q Query) tsquery() string {
	var b strings.Builder
	for i, t := range q.terms {
		if i > 0 {
			b.WriteString(" & ")
		}
		b.WriteByte('(')
		for j, w := range t.words {
			if j > 0 {
				b.WriteString(" <-> ")
			}
			b.WriteString(quoted(w))
		}
		if t.prefix {
			b.WriteString(":*")
		}
		b.WriteByte(')')
	}
	return "'" + strings.ReplaceAll(b.String(), "'", "''") + "'::tsquery"
}

// few is how many hits a list is given by name. Above it, walking the list in
// its own order meets the first page sooner.
var few = 1_000

// Probe looks how many hits there are, so that Where can give the database the
// shape that suits: neither engine guesses it well, and a wrong guess reads
// every row (measured at 200,000: 270 ms instead of 2). It costs about as much
// as one page of hits.
func (q Query) Probe(tx *sqldb.Tx) (Query, error) {
	if q.Empty() {
		return q, nil
	}
	hits, err := Newest(tx, q, 0, few+1)
	if err != nil {
		return q, err
	}
	q.probed, q.many, q.ids = true, len(hits) > few, nil
	for _, h := range hits[:min(len(hits), few)] {
		q.ids = append(q.ids, h.ID)
	}
	return q, nil
}

// Where is a condition for another package's list: col, which holds ids, is
// among what q finds. Its parameters are numbered from argStart. For a list
// that people page through, Probe first.
//
//	q, err := q.Of("request").Probe(tx)
//	sql, args := q.Where(tx.Dialect, "m.id", 3)
func (q Query) Where(d sqldb.Dialect, col string, argStart int) (sql string, args []any) {
	switch {
	case q.Empty():
		return "1 = 1", nil
	case q.probed && !q.many:
		return q.among(d, col, argStart)
	}
	from, args := q.hits(d, argStart)
	if q.many && d == sqldb.SQLite {
		col = "+" + col // SQLite shall walk the list, not look up each of the hits
	}
	return col + " in (select d.id " + from + ")", args
}

func (q Query) among(d sqldb.Dialect, col string, argStart int) (sql string, args []any) {
	if len(q.ids) == 0 {
		return "1 = 0", nil
	}
	if d == sqldb.Postgres {
		return fmt.Sprintf("%s = any($%d)", col, argStart), []any{q.ids}
	}
	list, _ := json.Marshal(q.ids) // text always can be
	return fmt.Sprintf("%s in (select value from json_each($%d))", col, argStart), []any{string(list)}
}

// hits is the from and where of a select over search_doc d.
func (q Query) hits(d sqldb.Dialect, argStart int) (from string, args []any) {
	if d == sqldb.Postgres {
		from = "from search_doc d where d.fts @@ " + q.tsquery()
	} else {
		// cross join: the words are looked up first, whatever SQLite believes.
		from = fmt.Sprintf("from search_fts f cross join search_doc d on d.doc = f.rowid where f.search_fts match $%d", argStart)
		args = append(args, q.match())
	}
	if q.kind != "" {
		from += fmt.Sprintf(" and d.kind = $%d", argStart+len(args))
		args = append(args, q.kind)
	}
	return from, args
}

// Hit is something found.
type Hit struct {
	Kind   string
	ID     string
	Cursor int64 // of this hit: give it to Newest for what comes after
}

// Newest lists what q finds, newest first, at most limit, after the hit with
// the cursor before; 0 starts at the top. Whether the reader may see a hit is
// for the caller to ask.
func Newest(tx *sqldb.Tx, q Query, before int64, limit int) ([]Hit, error) {
	if q.Empty() || limit <= 0 {
		return nil, nil
	}
	from, args := q.hits(tx.Dialect, 1)
	order := "d.doc"
	if tx.Dialect == sqldb.SQLite {
		order = "f.rowid" // the order in which FTS5 finds them: no sorting
	}
	if before > 0 {
		from += fmt.Sprintf(" and %s < $%d", order, len(args)+1)
		args = append(args, before)
	}
	rows, err := tx.Query(fmt.Sprintf("select d.kind, d.id, d.doc %s order by %s desc limit $%d", from, order, len(args)+1), append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	defer rows.Close()
	var hits []Hit
	for rows.Next() {
		var h Hit
		if err := rows.Scan(&h.Kind, &h.ID, &h.Cursor); err != nil {
			return nil, fmt.Errorf("search: %w", err)
		}
		hits = append(hits, h)
	}
	return hits, rows.Err()
}

// Count says how many q finds.
func Count(tx *sqldb.Tx, q Query) (int64, error) {
	if q.Empty() {
		return 0, nil
	}
	from, args := q.hits(tx.Dialect, 1)
	if tx.Dialect == sqldb.SQLite && q.kind == "" {
		from, args = "from search_fts where search_fts match $1", args[:1] // needs no look at the docs
	}
	var n int64
	if err := tx.QueryRow("select cast(count(*) as bigint) "+from, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count hits: %w", err)
	}
	return n, nil
}
