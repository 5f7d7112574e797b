package geo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
)

// Feature is a thing on the map with its properties.
type Feature struct {
	ID         string
	Properties map[string]any
	Geometry   Geometry
}

// Features is a GeoJSON FeatureCollection.
type Features []Feature

// Text is a property as text; numbers are written out, as codes often are.
func (f Feature) Text(key string) string {
	switch v := f.Properties[key].(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case int:
		return strconv.Itoa(v)
	}
	return ""
}

// Number is a property as a number, 0 when it is none.
func (f Feature) Number(key string) float64 {
	switch v := f.Properties[key].(type) {
	case float64:
		return v
	case int:
		return float64(v)
	case string:
		n, err := strconv.ParseFloat(v, 64)
		if err == nil && finite(n) {
			return n
		}
	}
	return 0
}

type wireFeature struct {
	Type       string          `json:"type"`
	ID         any             `json:"id,omitempty"`
	Properties map[string]any  `json:"properties"`
	Geometry   json.RawMessage `json:"geometry"`
}

// DecodeFeatures reads a FeatureCollection and refuses one unsound geometry by
// the position of its feature. Features without a geometry are left out.
func DecodeFeatures(r io.Reader) (Features, error) {
	var in struct {
		Type     string        `json:"type"`
		Features []wireFeature `json:"features"`
	}
	if err := json.NewDecoder(r).Decode(&in); err != nil || in.Type != "FeatureCollection" {
		return nil, invalid("geo.not_geojson")
	}
	out := make(Features, 0, len(in.Features))
	for i, w := range in.Features {
		if len(w.Geometry) == 0 || bytes.Equal(w.Geometry, []byte("null")) {
			continue
		}
		g, err := DecodeGeometry(w.Geometry)
		if err != nil {
			return nil, fmt.Errorf("feature %d: %w", i, err)
		}
		f := Feature{Properties: w.Properties, Geometry: g}
		if w.ID != nil {
			f.ID = fmt.Sprint(w.ID)
		}
		out = append(out, f)
	}
	return out, nil
}

// Encode writes the FeatureCollection, one feature a line so that a change
// shows as one in version control.
func (fs Features) Encode(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString(`{"type":"FeatureCollection","features":[`)
	for i, f := range fs {
		g, err := f.Geometry.MarshalJSON()
		if err != nil {
			return fmt.Errorf("feature %d: %w", i, err)
		}
		wire := wireFeature{Type: "Feature", Properties: f.Properties, Geometry: g}
		if f.ID != "" {
			wire.ID = f.ID
		}
		line, err := json.Marshal(wire)
		if err != nil {
			return fmt.Errorf("feature %d: %w", i, err)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		b.Write(line)
	}
	b.WriteString("\n]}\n")
	_, err := w.Write(b.Bytes())
	return err
}
