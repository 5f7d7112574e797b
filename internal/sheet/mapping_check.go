package sheet

import (
	"slices"
	"strconv"
	"strings"

	"gongzhi/internal/fault"
)

// check finds what is spelt well and still cannot be meant.
func (m *Mapping) check() error {
	if !slices.Contains([]string{"", UTF8, UTF16, GB18030}, m.Encoding) {
		return fault.New(fault.Invalid, "sheet.mapping_value", nil, "encoding", `"utf-8", "utf-16", "gb18030"`)
	}
	if m.Header < 0 {
		return fault.New(fault.Invalid, "sheet.mapping_value", nil, "header", "1")
	}
	seen := map[string]bool{}
	if len(m.id) > 0 {
		seen[SourceID] = true
	}
	for i, f := range m.Fields {
		where := "fields[" + strconv.Itoa(i+1) + "] " + f.To
		if problem := f.check(); problem != "" {
			return fault.New(fault.Invalid, problem, nil, where)
		}
		if seen[f.To] {
			return fault.New(fault.Invalid, "sheet.mapping_twice", nil, f.To)
		}
		seen[f.To] = true
	}
	return nil
}

func (f *Field) check() string {
	switch {
	case f.To == "":
		return "sheet.mapping_no_target"
	case len(f.From) == 0 && f.Const == "":
		return "sheet.mapping_no_source"
	case len(f.From) > 0 && f.Const != "":
		return "sheet.mapping_two_sources"
	case f.Join != "" && len(f.From) < 2:
		return "sheet.mapping_join"
	case f.Part != 0 && f.Split == "":
		return "sheet.mapping_part"
	case f.Time != nil && f.Number != nil:
		return "sheet.mapping_time_number"
	case f.Max < 0:
		return "sheet.mapping_max"
	}
	return ""
}

// Column is one column that a mapping reads.
type Column struct {
	Name     string
	Required bool // an empty cell is refused
	Optional bool // the column may be missing
	Note     string
	Example  string
}

// Columns lists what the mapping reads, in the order of the mapping, each once.
func (m *Mapping) Columns() []Column {
	var all []Column
	add := func(c Column) {
		i := slices.IndexFunc(all, func(o Column) bool { return fold(o.Name) == fold(c.Name) })
		if i < 0 {
			all = append(all, c)
			return
		}
		o := &all[i]
		o.Required, o.Optional = o.Required || c.Required, o.Optional && c.Optional
		if o.Note == "" {
			o.Note = c.Note
		}
		if o.Example == "" {
			o.Example = c.Example
		}
	}
	for _, c := range m.id {
		add(Column{Name: c, Required: true})
	}
	for _, f := range m.Fields {
		for _, c := range f.From {
			add(Column{Name: c, Required: f.Require && len(f.From) == 1, Optional: f.Optional, Note: f.Note, Example: f.Example})
		}
	}
	return all
}

// Check reports the columns that the mapping needs and the file does not have.
func (m *Mapping) Check(h *Header) error {
	var missing []string
	for _, c := range m.Columns() {
		if _, ok := m.find(h, c.Name); !ok && !c.Optional {
			missing = append(missing, c.Name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "sheet.column_missing", nil, strings.Join(missing, "、"), strings.Join(h.Names, "、"))
}
