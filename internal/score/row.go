package score

import (
	"slices"
	"strings"

	"gongzhi/internal/fault"
)

// nothing are the words for "there was nothing to count".
var nothing = []string{"-", "--", "—", "——", "–", "/", "\\", "n/a", "na", "无", "无工单", "无诉求", "无群众诉求", "无应办结工单", "无应办工单", "无回访"}

func isNothing(cell string) bool { return slices.Contains(nothing, Compact(cell)) }

func (r *reading) cell(row TableRow, role string) string {
	i, ok := r.at[role]
	if !ok || i >= len(row.Cells) {
		return ""
	}
	return strings.TrimSpace(row.Cells[i])
}

func (r *reading) problem(row TableRow, column int, err error) {
	p := Problem{Row: row.Number, Err: err}
	if column >= 0 && column < len(r.t.Header) {
		p.Column = r.t.Header[column]
		if column < len(row.Cells) {
			p.Value = row.Cells[column]
		}
	}
	r.out.Problems = append(r.out.Problems, p)
}

func (r *reading) role(role string) int {
	if i, ok := r.at[role]; ok {
		return i
	}
	return -1
}

func (r *reading) row(row TableRow) {
	if len(row.Cells) > 0 && strings.HasPrefix(strings.TrimSpace(row.Cells[0]), "#") {
		return
	}
	unit := r.cell(row, "unit")
	if unit == "" {
		r.problem(row, r.at["unit"], fault.New(fault.Invalid, "score.unit_empty", nil))
		return
	}
	e := r.entry(row, unit)
	if e < 0 {
		return
	}
	st := Stated{Row: row.Number, Entry: e}
	r.stated(row, &st)
	if r.out.Long {
		st.Item = r.longValue(row, e)
	} else {
		r.wideValues(row, e)
	}
	r.pairs(row, e)
	if st.Points != nil || st.Total != nil || st.Rank != nil {
		r.out.Stated = append(r.out.Stated, st)
	}
}

// entry finds or begins the entry of a row. A wide table has one row for each.
func (r *reading) entry(row TableRow, unit string) int {
	key := [3]string{Compact(unit), Month(r.cell(row, "period")), r.cell(row, "group")}
	i, there := r.index[key]
	if there && !r.out.Long {
		r.problem(row, r.at["unit"], fault.New(fault.Invalid, "score.unit_twice", nil, unit, key[1]))
		return -1
	}
	if !there {
		i = len(r.out.Entries)
		r.index[key] = i
		r.out.Entries = append(r.out.Entries, Entry{Unit: unit, Group: key[2], Period: key[1], Values: map[string]Value{}})
		if _, err := r.s.place(r.out.Entries[i]); err != nil {
			r.problem(row, max(r.role("group"), r.role("unit")), err)
		}
	}
	e := &r.out.Entries[i]
	if n := r.number(row, "volume"); n != nil {
		if whole, ok := n.Whole(); ok && whole >= 0 {
			e.Volume = &whole
		} else {
			r.problem(row, r.at["volume"], fault.New(fault.Invalid, "score.not_a_count", nil, n.String()))
		}
	}
	if n := r.number(row, "lost"); n != nil {
		e.Known = n
	}
	return i
}

// stated reads the figures that the table brings as published.
func (r *reading) stated(row TableRow, st *Stated) {
	st.Points, st.Total = r.number(row, "points"), r.number(row, "total")
	if st.Total != nil {
		r.out.Entries[st.Entry].Stated = st.Total
	}
	if n := r.number(row, "rank"); n != nil {
		if whole, ok := n.Whole(); ok && whole > 0 {
			at := int(whole)
			st.Rank = &at
		} else {
			r.problem(row, r.at["rank"], fault.New(fault.Invalid, "score.not_a_count", nil, n.String()))
		}
	}
}

// number of a column that may be empty.
func (r *reading) number(row TableRow, role string) *Num {
	text := r.cell(row, role)
	if text == "" || isNothing(text) {
		return nil
	}
	n, err := ParsePercent(text)
	if err != nil {
		r.problem(row, r.at[role], err)
		return nil
	}
	return &n
}

// longValue reads a row of one unit and item.
func (r *reading) longValue(row TableRow, e int) string {
	name := r.cell(row, "item")
	code := r.s.code(name)
	if code == "" {
		r.problem(row, r.at["item"], fault.New(fault.Invalid, "score.item_unknown", nil, name, r.s.itemNames()))
		return ""
	}
	values := r.out.Entries[e].Values
	if _, twice := values[code]; twice {
		r.problem(row, r.at["item"], fault.New(fault.Invalid, "score.item_twice", nil, r.out.Entries[e].Unit, name))
		return code
	}
	if k, n := r.cell(row, "k"), r.cell(row, "n"); k != "" && n != "" {
		r.set(row, e, r.at["k"], target{code, "k"}, k)
		r.set(row, e, r.at["n"], target{code, "n"}, n)
		return code
	}
	if x := r.cell(row, "x"); x != "" {
		r.set(row, e, r.at["x"], target{code, "x"}, x)
	}
	return code
}

// pairs refuses half a rate, and more met than counted.
func (r *reading) pairs(row TableRow, e int) {
	for code, v := range r.out.Entries[e].Values {
		it, _ := r.s.find(code)
		switch {
		case (v.K == nil) != (v.N == nil) && v.X == nil && !v.Empty:
			r.problem(row, -1, fault.New(fault.Invalid, "score.half_a_rate", nil, it.Name))
		case v.K != nil && v.N != nil && v.K.Cmp(*v.N) > 0:
			r.problem(row, -1, fault.New(fault.Invalid, "score.more_than_all", nil, it.Name, v.K.String(), v.N.String()))
		}
	}
}

func (s *Scheme) itemNames() string {
	var names []string
	for _, it := range s.Items {
		if len(it.Parts) == 0 {
			names = append(names, it.Name)
		}
		for _, p := range it.Parts {
			names = append(names, p.Name)
		}
	}
	return strings.Join(names, "、")
}

func (r *reading) wideValues(row TableRow, e int) {
	for i := range r.t.Header {
		t, ok := r.value[i]
		if !ok || i >= len(row.Cells) || strings.TrimSpace(row.Cells[i]) == "" {
			continue
		}
		r.set(row, e, i, t, strings.TrimSpace(row.Cells[i]))
	}
}

// set puts a cell into the value of an item.
func (r *reading) set(row TableRow, e, column int, t target, text string) {
	values := r.out.Entries[e].Values
	v := values[t.code]
	if isNothing(text) {
		v.Empty = true
		values[t.code] = v
		return
	}
	n, err := ParsePercent(text)
	if err == nil {
		err = r.s.sane(t, n)
	}
	if err != nil {
		r.problem(row, column, err)
		return
	}
	switch t.side {
	case "k":
		v.K = &n
	case "n":
		v.N = &n
	default:
		v.X = &n
	}
	values[t.code] = v
}

// sane refuses a figure that its item cannot have.
func (s *Scheme) sane(t target, n Num) error {
	it, part := s.find(t.code)
	rate := it.Kind == Slope || it.Kind == Line || it.Kind == Linear || part != nil && part.Line != nil
	count := it.Kind == Tally || it.Kind == Levels || part != nil && part.Each != nil || it.Kind == Bonus && it.Each != nil
	_, whole := n.Whole()
	switch {
	case n.Sign() < 0:
		return fault.New(fault.Invalid, "score.below_zero", nil, n.String())
	case t.side != "x":
		return nil
	case rate && n.Cmp(hundred) > 0:
		return fault.New(fault.Invalid, "score.over_hundred", nil, n.String())
	case count && !whole:
		return fault.New(fault.Invalid, "score.not_a_count", nil, n.String())
	case (it.Kind == Given || it.Kind == Mean) && n.Cmp(it.Full) > 0:
		return fault.New(fault.Invalid, "score.beyond_full", nil, it.Full.String())
	}
	return nil
}
