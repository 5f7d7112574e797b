package setup

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// record is one entry of the city's data by column, each value in the form in
// which it is compared: codes, plain digits, "1" for yes. Names that begin with
// an underscore are carried along and not compared.
type record map[string]string

// kind is one sort of the city's data. Pages, templates, exports and imports
// are all made from its columns: what can be typed can be imported, by the same
// rules.
type kind struct {
	name    string // of the path, and of the keys of its words
	change  actor.Action
	key     string // column that names an entry, fixed once it exists
	parent  string // column with the entry above, "" for flat lists
	columns []column
	sealed  bool // holds personal data: uploads are sealed, nothing of it enters the history of revisions

	all    func(tx *sqldb.Tx) ([]record, error)
	save   func(tx *sqldb.Tx, by string, now, was record) error
	remove func(tx *sqldb.Tx, key string) error // for entries that nothing refers to
	check  func(w *world, now, was record, add problem)

	// Where there may be very many: a page after a key, and those named.
	some func(tx *sqldb.Tx, words, after string, n int) ([]record, error)
	find func(tx *sqldb.Tx, keys []string) ([]record, error)
	size string // statement that counts them

	what   string                                        // of its revisions
	decode func(text []byte) (record, error)             // of a revision, where the catalogue writes them itself
	order  func(rows []planned)                          // in which an import saves them
	next   func(w *world, all []record, q record) string // proposes the key of a new entry
}

// problem notes what is wrong with one column.
type problem func(column, key string, args ...any)

// kinds in the order in which the overview shows them.
var kinds = []*kind{unitKind(), staffKind(), areaKind(), addressKind(), facilityKind(), categoryKind(), dutyKind(), communityKind(), streetKind(),
	limitKind(), ladderKind(), refusalKind(), signalKind(), checkKind(), groundKind(), watchKind(), textKind(), knowledgeKind(), dayKind()}

// findKind is the kind of a name, or NotFound.
func findKind(name string) (*kind, error) {
	i := slices.IndexFunc(kinds, func(k *kind) bool { return k.name == name })
	if i < 0 {
		return nil, fault.New(fault.NotFound, "setup.no_kind", nil)
	}
	return kinds[i], nil
}

// path of the pages of a kind.
func (k *kind) path() string {
	if k.name == "staff" {
		return "/setup/staff"
	}
	return "/setup/data/" + k.name
}

// word is the key of the kind's sentence for something.
func (k *kind) word(what string) string { return "setup." + k.name + "_" + what }

func (k *kind) column(name string) *column {
	for i := range k.columns {
		if k.columns[i].name == name {
			return &k.columns[i]
		}
	}
	return nil
}

// rows are the columns as the form sets them: some side by side.
func (k *kind) rows() [][]*column {
	var out [][]*column
	for i := range k.columns {
		c := &k.columns[i]
		if last := len(out) - 1; c.row != "" && last >= 0 && out[last][0].row == c.row {
			out[last] = append(out[last], c)
			continue
		}
		out = append(out, []*column{c})
	}
	return out
}

func (k *kind) has(name string) bool { return k.column(name) != nil }

// same reports whether nothing of two records differs that a person could see.
func (k *kind) same(a, b record) bool { return len(k.diff(a, b)) == 0 }

// change is one column of an entry before and after.
type change struct {
	Column   *column
	Was, Now string
}

// diff lists the columns in which two records differ.
func (k *kind) diff(was, now record) []change {
	var out []change
	for i := range k.columns {
		c := &k.columns[i]
		if was[c.name] != now[c.name] {
			out = append(out, change{c, was[c.name], now[c.name]})
		}
	}
	return out
}

// lookup reads the entries of the keys.
func (k *kind) lookup(tx *sqldb.Tx, keys []string) (map[string]record, error) {
	list, err := k.named(tx, keys)
	out := make(map[string]record, len(list))
	for _, r := range list {
		out[r[k.key]] = r
	}
	return out, err
}

func (k *kind) named(tx *sqldb.Tx, keys []string) ([]record, error) {
	if k.find == nil {
		return k.all(tx)
	}
	var out []record
	for part := range slices.Chunk(keys, 400) { // both engines bound the places of a statement
		list, err := k.find(tx, part)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// one reads one entry, or NotFound.
func (k *kind) one(tx *sqldb.Tx, key string) (record, error) {
	found, err := k.lookup(tx, []string{key})
	if err != nil {
		return nil, err
	}
	if r, ok := found[key]; ok {
		return r, nil
	}
	return nil, fault.New(fault.NotFound, "setup.no_entry", nil, key)
}

// each calls f with every entry, a few thousand at a time where there are many.
func (k *kind) each(tx *sqldb.Tx, f func(record) error) error {
	if k.some == nil {
		list, err := k.all(tx)
		if err != nil {
			return err
		}
		return forEach(list, f)
	}
	const batch = 2000
	for after := ""; ; {
		list, err := k.some(tx, "", after, batch)
		if err != nil {
			return err
		}
		if err := forEach(list, f); err != nil || len(list) < batch {
			return err
		}
		after = list[len(list)-1][k.key]
	}
}

func forEach(list []record, f func(record) error) error {
	for _, r := range list {
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

// former is the state that a revision kept, nil when there was none.
func (k *kind) former(text string) (record, error) {
	if text == "" || text == "null" {
		return nil, nil
	}
	var r record
	var err error
	if k.decode != nil {
		r, err = k.decode([]byte(text))
	} else {
		err = json.Unmarshal([]byte(text), &r)
	}
	if err != nil || r[k.key] == "" {
		return nil, err
	}
	return r, nil
}

// nextCode proposes a code behind those in use: D197 is followed by D198.
func nextCode(all []record, key string) string {
	best, letters, width := 0, "", 0
	for _, r := range all {
		code := r[key]
		digits := strings.TrimLeftFunc(code, func(c rune) bool { return c < '0' || c > '9' })
		if n, err := strconv.Atoi(digits); err == nil && n >= best {
			best, letters, width = n, strings.TrimSuffix(code, digits), len(digits)
		}
	}
	if best == 0 {
		return ""
	}
	digits := strconv.Itoa(best + 1)
	return letters + strings.Repeat("0", max(0, width-len(digits))) + digits
}

// parentsFirst orders rows so that what stands above is saved before.
func parentsFirst(key, parent string) func([]planned) {
	return func(rows []planned) {
		above := make(map[string]string, len(rows))
		for _, p := range rows {
			above[p.Key] = p.Now[parent]
		}
		depth := func(key string) int {
			n := 0
			for next, in := above[key]; in && n <= len(rows); next, in = above[next] {
				n++
			}
			return n
		}
		slices.SortStableFunc(rows, func(a, b planned) int { return cmp.Compare(depth(a.Key), depth(b.Key)) })
	}
}

func yes(b bool) string {
	if b {
		return "1"
	}
	return ""
}

func number[T int | int64](n T) string { return strconv.FormatInt(int64(n), 10) }

func whole(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64) // checked when it was read
	return n
}

// degrees keeps six digits, a tenth of a metre.
func degrees(f float64) string {
	if f == 0 {
		return ""
	}
	return strconv.FormatFloat(f, 'f', 6, 64)
}

func float(s string) float64 {
	f, _ := strconv.ParseFloat(s, 64)
	return f
}
