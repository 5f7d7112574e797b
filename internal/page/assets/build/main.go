// Command build minifies our style sheet and scripts into internal/page/assets/dist. Run it in the root of the
// repository: go run ./internal/page/assets/build
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gongzhi/internal/page"

	"github.com/evanw/esbuild/pkg/api"
)

const source = "internal/page/assets"

// The oldest browsers we write for: the first ones that know cascade layers.
var engines = []api.Engine{
	{Name: api.EngineChrome, Version: "99"},
	{Name: api.EngineFirefox, Version: "97"},
	{Name: api.EngineSafari, Version: "15.4"},
}

func main() {
	for _, name := range []string{"gongzhi.css", "map.css", "base.js", "desk.js"} {
		if err := minify(name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func minify(name string) error {
	raw, err := os.ReadFile(filepath.Join(source, name))
	if err != nil {
		return err
	}
	loader := api.LoaderJS
	if strings.HasSuffix(name, ".css") {
		loader = api.LoaderCSS
	}
	result := api.Transform(string(raw), api.TransformOptions{
		Loader: loader, Engines: engines, Sourcefile: name, LegalComments: api.LegalCommentsNone,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true,
	})
	if len(result.Errors) > 0 {
		e := result.Errors[0]
		return fmt.Errorf("%s:%d: %s", name, e.Location.Line, e.Text)
	}
	dist := filepath.Join(source, "dist")
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dist, name), append([]byte(page.StampOf(raw)), result.Code...), 0o644)
}
