package sheet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"gongzhi/internal/fault"
)

// A mapping file:
//
//	{
//	  "name": "市民留言 2019",
//	  "source": "messages-2019",              rows are unique by source and id
//	  "id": "留言编号",                        or a list of columns
//	  "encoding": "gb18030",                  only when it cannot be found out
//	  "zone": "Asia/Shanghai",
//	  "aliases": {"留言编号": ["编号", "工单号"]},
//	  "fields": [
//	    {"to": "title", "from": "留言主题", "max": 200, "required": true},
//	    {"to": "text", "from": ["留言主题", "留言详情"], "join": "\n"},
//	    {"to": "at", "from": "留言时间", "time": ["yyyy/M/d H:mm:ss"]},
//	    {"to": "channel", "const": "web"},
//	    {"to": "state", "from": "状态", "lookup": {"已办结": "closed", "*": "open"}},
//	    {"to": "street", "from": "所属区域", "split": "/", "part": -1, "optional": true},
//	    {"to": "days", "from": "时限", "number": {"min": 1, "max": 60}, "default": "5"}
//	  ]
//	}
//
// "time" is true or a list of patterns, "number" is true or min, max and
// decimals. "note" and "example" go into the template that people download.
var (
	mappingKeys = []string{"name", "source", "id", "encoding", "sheet", "header", "zone", "aliases", "fields", "note", "settings"}
	fieldKeys   = []string{"to", "from", "const", "join", "optional", "raw", "split", "part", "default", "lookup",
		"time", "number", "max", "required", "note", "example"}
)

// maxMapping keeps a file that is no mapping from being read into memory.
const maxMapping = 4 << 20

// LoadMappingFile reads the mapping file at path.
func LoadMappingFile(path string) (*Mapping, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.New(fault.NotFound, "sheet.mapping_missing", err, path)
	}
	defer f.Close()
	m, err := LoadMapping(f)
	if err != nil {
		return nil, fmt.Errorf("mapping %s: %w", path, err)
	}
	return m, nil
}

// LoadMapping reads and checks a mapping. Its errors are faults that say where
// the file is wrong and what would be right.
func LoadMapping(r io.Reader) (*Mapping, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxMapping+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxMapping {
		return nil, fault.New(fault.Invalid, "sheet.file_too_large", nil, maxMapping>>20)
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	top, err := object(raw, "", mappingKeys)
	if err != nil {
		return nil, atLine(raw, err)
	}
	d := decoder{}
	m := &Mapping{aliases: map[string][]string{}}
	d.get(top, "name", &m.Name)
	d.get(top, "source", &m.Source)
	d.get(top, "encoding", &m.Encoding)
	d.get(top, "sheet", &m.Sheet)
	d.get(top, "header", &m.Header)
	m.id = d.names(top, "id")
	m.Zone = d.zone(top)
	d.get(top, "settings", &m.Settings)
	d.aliases(top, m.aliases)
	d.fields(top, m)
	if d.err != nil {
		return nil, atLine(raw, d.err)
	}
	return m, m.check()
}

// atLine puts the line into a JSON error, which knows only an offset.
func atLine(raw []byte, err error) error {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	line := 1 + bytes.Count(raw[:min(int(syntax.Offset), len(raw))], []byte("\n"))
	return fault.New(fault.Invalid, "sheet.mapping_json", err, fmt.Sprint(line), syntax.Error())
}

// object reads a JSON object and refuses keys that nobody would read: a
// misspelt transform must not be left out silently.
func object(raw []byte, where string, known []string) (map[string]json.RawMessage, error) {
	var o map[string]json.RawMessage
	if err := json.Unmarshal(raw, &o); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) && where == "" {
			return nil, err
		}
		return nil, fault.New(fault.Invalid, "sheet.mapping_value", err, orTop(where), "{…}")
	}
	keys := make([]string, 0, len(o))
	for k := range o {
		keys = append(keys, k)
	}
	slices.Sort(keys) // the same message every time
	for _, k := range keys {
		if !slices.Contains(known, k) {
			return nil, fault.New(fault.Invalid, "sheet.mapping_unknown", nil, orTop(where), shorten(k), strings.Join(known, ", "))
		}
	}
	return o, nil
}

func orTop(where string) string {
	if where == "" {
		return "{}"
	}
	return where
}

// decoder keeps the first error, so that the reading stands without an if at
// every line.
type decoder struct {
	where string
	err   error
}

func (d *decoder) at(key string) string { return strings.TrimPrefix(d.where+"."+key, ".") }

func (d *decoder) bad(key, want string) {
	if d.err == nil {
		d.err = fault.New(fault.Invalid, "sheet.mapping_value", nil, d.at(key), want)
	}
}

// get decodes key into v when it is there and reports whether it was.
func (d *decoder) get(o map[string]json.RawMessage, key string, v any) bool {
	raw, ok := o[key]
	if !ok || d.err != nil {
		return false
	}
	if err := json.Unmarshal(raw, v); err != nil {
		d.bad(key, want(v))
	}
	return d.err == nil
}

func want(v any) string {
	switch v.(type) {
	case *string:
		return `"…"`
	case *int:
		return "1"
	case *bool:
		return "true"
	case *[]string:
		return `["…"]`
	case *map[string]string:
		return `{"…": "…"}`
	}
	return "{…}"
}

// names reads one name or a list of them.
func (d *decoder) names(o map[string]json.RawMessage, key string) []string {
	raw, ok := o[key]
	if !ok {
		return nil
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		if trim(one) == "" {
			d.bad(key, `"…"`)
		}
		return []string{one}
	}
	var many []string
	if d.get(o, key, &many) && (len(many) == 0 || slices.ContainsFunc(many, func(s string) bool { return trim(s) == "" })) {
		d.bad(key, `["…"]`)
	}
	return many
}

// zone falls back on China's fixed offset, which needs no zone database.
func (d *decoder) zone(o map[string]json.RawMessage) *time.Location {
	name := "Asia/Shanghai"
	d.get(o, "zone", &name)
	loc, err := time.LoadLocation(name)
	switch {
	case err == nil:
		return loc
	case name != "Asia/Shanghai":
		d.bad("zone", "Asia/Shanghai")
	}
	return time.FixedZone(name, 8*3600)
}

func (d *decoder) aliases(o map[string]json.RawMessage, into map[string][]string) {
	var read map[string][]string
	d.get(o, "aliases", &read)
	for name, others := range read {
		for _, other := range others {
			into[fold(name)] = append(into[fold(name)], fold(other))
		}
	}
}

func (d *decoder) fields(o map[string]json.RawMessage, m *Mapping) {
	var raw []json.RawMessage
	d.get(o, "fields", &raw)
	if d.err == nil && len(raw) == 0 {
		d.bad("fields", `[{"to": "…", "from": "…"}]`)
	}
	for i, r := range raw {
		d.where = fmt.Sprintf("fields[%d]", i+1)
		f := d.field(r)
		if d.err != nil {
			return
		}
		m.Fields = append(m.Fields, f)
	}
	d.where = ""
}

func (d *decoder) field(raw []byte) Field {
	o, err := object(raw, d.where, fieldKeys)
	if err != nil {
		d.err = err
		return Field{}
	}
	f := Field{}
	if d.get(o, "to", &f.To) && f.To != "" {
		d.where += " " + f.To
	}
	f.From = d.names(o, "from")
	d.get(o, "const", &f.Const)
	d.get(o, "join", &f.Join)
	d.get(o, "optional", &f.Optional)
	d.get(o, "raw", &f.Raw)
	d.get(o, "split", &f.Split)
	d.get(o, "part", &f.Part)
	d.get(o, "default", &f.Default)
	d.get(o, "max", &f.Max)
	d.get(o, "required", &f.Require)
	d.get(o, "note", &f.Note)
	d.get(o, "example", &f.Example)
	d.lookup(o, &f)
	d.time(o, &f)
	d.number(o, &f)
	return f
}

func (d *decoder) lookup(o map[string]json.RawMessage, f *Field) {
	var table map[string]string
	if !d.get(o, "lookup", &table) {
		return
	}
	if len(table) == 0 {
		d.bad("lookup", `{"…": "…"}`)
	}
	f.Lookup = make(map[string]string, len(table))
	for k, v := range table {
		f.Lookup[fold(k)] = v
		if k != "*" {
			f.choices = append(f.choices, k)
		}
	}
	slices.Sort(f.choices)
}

func (d *decoder) time(o map[string]json.RawMessage, f *Field) {
	raw, ok := o["time"]
	if !ok || string(raw) == "false" {
		return
	}
	f.Time = &TimeRule{}
	if string(raw) == "true" {
		return
	}
	d.get(o, "time", &f.Time.Shown)
	for _, pattern := range f.Time.Shown {
		goLayout, err := layout(pattern)
		if err != nil {
			d.bad("time", `"yyyy/M/d H:mm:ss"`)
			return
		}
		f.Time.Formats = append(f.Time.Formats, goLayout)
	}
}

func (d *decoder) number(o map[string]json.RawMessage, f *Field) {
	raw, ok := o["number"]
	if !ok || string(raw) == "false" {
		return
	}
	f.Number = &NumberRule{Decimals: -1}
	if string(raw) == "true" {
		return
	}
	rule, err := object(raw, d.at("number"), []string{"min", "max", "decimals"})
	if err != nil {
		d.err = err
		return
	}
	d.get(rule, "min", &f.Number.Min)
	d.get(rule, "max", &f.Number.Max)
	d.get(rule, "decimals", &f.Number.Decimals)
}
