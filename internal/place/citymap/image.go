package citymap

import (
	_ "embed"
	"strings"
)

// Theme fixes the colours of an SVGImage, which cannot see the page's settings.
type Theme string

// The themes; Auto follows the reader's device.
const (
	Auto     Theme = ""
	Light    Theme = "light"
	Dark     Theme = "dark"
	Contrast Theme = "contrast"
)

// sheet holds the colours of a picture that stands alone. Its rules are those
// of the page's map.css; a test keeps the two alike.
//
//go:embed image.css
var sheet string

// SVGImage draws the view as a file of its own, colours included, for <img> and
// <input type="image">. Serve it with the type image/svg+xml and the policy
// "default-src 'none'; style-src 'unsafe-inline'", which lets its own colours in
// and nothing else. Links of markers are left out: images have none.
func (m *Map) SVGImage(v View, t Theme) []byte {
	markers := make([]Marker, len(v.Markers))
	copy(markers, v.Markers)
	for i := range markers {
		markers[i].Link = ""
	}
	tints := make([]Tint, len(v.Tints))
	copy(tints, v.Tints)
	for i := range tints {
		tints[i].Link = ""
	}
	v.Markers, v.Tints = markers, tints
	v.Tiles = "" // browsers load nothing from inside an image
	c := &canvas{m: m}
	c.draw(v, "<style>"+themed(t)+"</style>")
	return []byte(c.String())
}

// themed picks the parts of the sheet: "/* name */" begins a part.
func themed(t Theme) string {
	parts := map[string]string{}
	for _, p := range strings.Split(sheet, "/* ")[1:] {
		name, body, _ := strings.Cut(p, " */")
		parts[name] = strings.TrimSpace(body)
	}
	light, dark, contrast := "svg{"+parts["light"]+"}", "svg{"+parts["dark"]+"}", "svg{"+parts["contrast"]+"}"
	rules := parts["rules"]
	switch t {
	case Light:
		return light + rules
	case Dark:
		return light + dark + rules
	case Contrast:
		return light + contrast + rules
	}
	return light + "@media(prefers-color-scheme:dark){" + dark + "}@media(prefers-contrast:more){" + contrast + "}" + rules
}
