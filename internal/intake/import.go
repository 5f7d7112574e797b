package intake

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"path"
	"slices"
	"strings"

	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
	"gongzhi/internal/sheet"
	"gongzhi/mappings"
)

// Target fields of a mapping. The id column gives the source id.
const (
	toTitle     = "title"
	toBody      = "body"
	toReceived  = "received"
	toType      = "type"     // one of request.Types
	toChannel   = "channel"  // one of request.Channels
	toCategory  = "category" // code or name of a leaf
	toAddress   = "address"
	toLat       = "lat"
	toLng       = "lng"
	toDatum     = "datum"  // coordinate system of the two: wgs84, gcj02, bd09; "" ours
	toArea      = "area"   // code or name
	toStatus    = "status" // open, replied, closed; "" from answer and closed
	toDue       = "due"
	toClosed    = "closed"
	toAnswer    = "answer"
	toAnswered  = "answered"
	toUnit      = "unit" // code or name of who handled it
	toName      = "name"
	toPhone     = "phone"
	toHome      = "home"
	toFollowers = "followers"
	toRemark    = "remark" // for the office only
)

// importTargets are all of them in the order in which the page offers them.
var importTargets = []string{toTitle, toBody, toReceived, toAddress, toArea, toLat, toLng, toDatum, toName, toPhone, toHome, toType, toChannel,
	toCategory, toStatus, toUnit, toAnswer, toAnswered, toClosed, toDue, toFollowers, toRemark}

var (
	timeTargets   = []string{toReceived, toDue, toClosed, toAnswered}
	numberTargets = []string{toLat, toLng, toFollowers}
	// plainTargets cannot name a person: their cells may be kept with a problem.
	plainTargets = append([]string{toDatum, toType, toChannel, toCategory, toArea, toStatus, toUnit}, append(timeTargets, numberTargets...)...)
)

// ImportMapping is a mapping that fills the fields of a request.
type ImportMapping struct {
	*sheet.Mapping
	Code string // file name without its ending
	Spec []byte // as written

	repeats bool      // the same text in another row is noted
	datum   geo.Datum // coordinate system of rows that do not name theirs, "" WGS 84
}

// ReadImportMapping reads a mapping file and checks that it gives what a
// request needs.
func ReadImportMapping(code string, spec []byte) (*ImportMapping, error) {
	m, err := sheet.LoadMapping(bytes.NewReader(spec))
	if err != nil {
		return nil, err
	}
	im := &ImportMapping{Mapping: m, Code: code, Spec: spec, repeats: true}
	if m.Source == "" || len(m.ID()) == 0 {
		return nil, fault.New(fault.Invalid, "intake.import_no_id", nil)
	}
	has := map[string]bool{}
	for i := range m.Fields {
		f := &m.Fields[i]
		if !slices.Contains(importTargets, f.To) {
			return nil, fault.New(fault.Invalid, "intake.import_target_unknown", nil, f.To, strings.Join(importTargets, ", "))
		}
		has[f.To] = true
		if slices.Contains(timeTargets, f.To) && f.Time == nil {
			f.Time = &sheet.TimeRule{}
		}
		if slices.Contains(numberTargets, f.To) && f.Number == nil {
			f.Number = &sheet.NumberRule{Decimals: -1}
		}
	}
	if !has[toReceived] || !has[toTitle] && !has[toBody] {
		return nil, fault.New(fault.Invalid, "intake.import_target_missing", nil)
	}
	return im, im.settings()
}

func (m *ImportMapping) settings() error {
	for name, value := range m.Settings {
		switch {
		case name == "repeats" && (value == "off" || value == "text"):
			m.repeats = value == "text"
		case name == "datum" && slices.Contains(importDatums, value):
			m.datum = geo.Datum(value)
		default:
			return fault.New(fault.Invalid, "intake.import_setting", nil, name, value)
		}
	}
	return nil
}

// importDatums are the coordinate systems that a person may say a file is in.
var importDatums = []string{string(geo.WGS84), string(geo.CGCS2000), string(geo.GCJ02), string(geo.BD09)}

// in is the mapping for a file whose points are in a coordinate system, but for
// rows that name another; "" leaves it as it is.
func (m *ImportMapping) in(datum string) (*ImportMapping, error) {
	if m == nil || datum == "" {
		return m, nil
	}
	var spec map[string]json.RawMessage
	if err := json.Unmarshal(m.Spec, &spec); err != nil {
		return nil, err
	}
	settings := map[string]string{}
	if raw, ok := spec["settings"]; ok {
		if err := json.Unmarshal(raw, &settings); err != nil {
			return nil, err
		}
	}
	settings["datum"] = datum
	var err error
	if spec["settings"], err = json.Marshal(settings); err != nil {
		return nil, err
	}
	out, err := json.MarshalIndent(spec, "", "  ")
	if err != nil {
		return nil, err
	}
	return ReadImportMapping(m.Code, out)
}

// column is what a person finds in his table for a target field.
func (m *ImportMapping) column(to string) string {
	for _, f := range m.Fields {
		if f.To == to {
			return strings.Join(f.From, " + ")
		}
	}
	return ""
}

// maps reports whether the mapping fills the field.
func (m *ImportMapping) maps(to string) bool {
	return slices.ContainsFunc(m.Fields, func(f sheet.Field) bool { return f.To == to })
}

// plain reports whether the cells of a column cannot name a person.
func (m *ImportMapping) plain(column string) bool {
	if slices.Contains(m.ID(), column) {
		return true
	}
	found := false
	for _, f := range m.Fields {
		if strings.Join(f.From, " + ") != column && !slices.Contains(f.From, column) {
			continue
		}
		if !slices.Contains(plainTargets, f.To) {
			return false
		}
		found = true
	}
	return found
}

// KeptMappings are those that come with the program, by their code.
func KeptMappings() ([]*ImportMapping, error) {
	names, err := fs.Glob(mappings.Files, "*.json")
	if err != nil {
		return nil, err
	}
	var out []*ImportMapping
	for _, name := range names {
		spec, err := mappings.Files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		m, err := ReadImportMapping(strings.TrimSuffix(path.Base(name), ".json"), spec)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}
