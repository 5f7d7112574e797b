package score

import (
	"embed"
	"io/fs"
	"path"
	"strings"
)

//go:embed schemes/*.json
var shipped embed.FS

// Templates are the names of the schemes that come with the program. Each says
// in its notes where it is published, what was inferred and what is not known.
func Templates() []string {
	list, _ := fs.Glob(shipped, "schemes/*.json")
	for i, p := range list {
		list[i] = strings.TrimSuffix(path.Base(p), ".json")
	}
	return list
}

// Template is a scheme that comes with the program; ok is false when there is
// none of that name.
func Template(name string) (s *Scheme, ok bool, err error) {
	f, err := shipped.Open("schemes/" + strings.TrimSuffix(name, ".json") + ".json")
	if err != nil {
		return nil, false, nil
	}
	defer f.Close()
	s, err = Read(f)
	return s, true, err
}
