// Package arch tests the shape of the program: who may import whom, who owns
// which table, and that every statement is understood by both databases.
package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "gongzhi/"

// The layers from the bottom up. A package imports its own layer or a lower
// one; features do not import one another.
const (
	leaf = iota
	platform
	core
	features
	top
)

var layers = map[string]int{
	"fault": leaf, "id": leaf, "score": leaf, "personal": leaf, "geo": leaf, "calendar": leaf, "locale": leaf, "signature": leaf, "totp": leaf,
	"sqldb": platform, "sqldbtest": platform, "job": platform, "web": platform, "page": platform, "page/assets/build": platform,
	"blob": platform, "vault": platform, "sheet": platform, "search": platform, "classifier": platform, "alike": platform, "reply": platform, "config": platform, "telemetry": platform,
	"photo": platform, "qr": platform, "outbound": platform, "mail": platform, "wechat": platform, "mqtt": platform, "api": platform, "backup": platform,
	"actor": core, "place": core, "place/citymap": core, "place/mention": core, "matter": core, "notice": core, "catalog": core, "advice": core, "export": core, "request": core, "request/show": core,
	"intake": features, "dispatch": features, "handling": features, "assessment": features, "setup": features, "datasecurity": features,
	"webhook": features,
	"sms":     platform,
	"outbox":  features, // notices: what became of them, and how people are told
	"app":     top, "command": top, "demo": top, "arch": top,
}

// junk are names that say nothing about what a package is for.
var junk = []string{"util", "utils", "common", "helper", "helpers", "base", "misc", "shared", "types", "models", "lib", "tools"}

func layer(t *testing.T, pkg string) int {
	for p := pkg; p != "." && p != ""; p = filepath.Dir(p) {
		if l, ok := layers[p]; ok {
			return l
		}
	}
	t.Errorf("package %s has no layer: name its room in the table", pkg)
	return top
}

// source is one file of the program.
type source struct {
	pkg, path string
	test      bool
	file      *ast.File
}

func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	root := filepath.Join("..")
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		pkg, err := filepath.Rel(root, filepath.Dir(p))
		out = append(out, source{filepath.ToSlash(pkg), p, strings.HasSuffix(p, "_test.go"), f})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 100 {
		t.Fatalf("found only %d files: the walk is broken", len(out))
	}
	return out
}

func TestPackagesImportOnlyTheirOwnLayerOrLower(t *testing.T) {
	for _, s := range sources(t) {
		from := layer(t, s.pkg)
		if base := filepath.Base(s.pkg); slices.Contains(junk, base) {
			t.Errorf("%s: %q says nothing about its purpose", s.path, base)
		}
		for _, im := range s.file.Imports {
			path, _ := strconv.Unquote(im.Path.Value)
			to, ours := strings.CutPrefix(path, module+"internal/")
			if problem := refuse(t, s, from, path, to, ours); problem != "" {
				t.Errorf("%s: %s", s.path, problem)
			}
		}
	}
}

func refuse(t *testing.T, s source, from int, path, to string, ours bool) string {
	if !ours {
		if from == leaf && !s.test && strings.Contains(strings.Split(path, "/")[0], ".") {
			return "a leaf package imports the module " + path
		}
		return ""
	}
	if s.test && (to == "sqldbtest" || to == "vault") {
		return ""
	}
	switch l := layer(t, to); {
	case l > from:
		return "imports " + to + ", which lies above it"
	case l == features && from == features && strings.Split(to, "/")[0] != strings.Split(s.pkg, "/")[0]:
		return "one feature imports another: " + to
	}
	return ""
}

// clock are the packages that may read the system's clock; all others take the
// time from their unit of work or from a function given to them.
var clock = []string{"app", "command", "sqldb", "sqldbtest", "job", "web", "demo"}

func TestNobodyElseReadsTheClockOrSleeps(t *testing.T) {
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := sel.X.(*ast.Ident)
			if !ok || x.Name != "time" {
				return true
			}
			root := strings.Split(s.pkg, "/")[0]
			if sel.Sel.Name == "Now" && !s.test && !slices.Contains(clock, root) {
				t.Errorf("%s reads the clock", s.path)
			}
			if sel.Sel.Name == "Sleep" {
				t.Errorf("%s sleeps", s.path)
			}
			return true
		})
	}
}

func TestTheRulesCatchAPlantedFault(t *testing.T) {
	for _, x := range []struct {
		pkg, path string
		bad       bool
	}{
		{"matter", "gongzhi/internal/request", false},
		{"matter", "gongzhi/internal/intake", true},
		{"intake", "gongzhi/internal/dispatch", true},
		{"intake", "gongzhi/internal/request", false},
		{"sqldb", "gongzhi/internal/matter", true},
		{"geo", "github.com/golang/geo/s2", true},
		{"app", "gongzhi/internal/intake", false},
	} {
		to, ours := strings.CutPrefix(x.path, module+"internal/")
		problem := refuse(t, source{pkg: x.pkg}, layer(t, x.pkg), x.path, to, ours)
		if (problem != "") != x.bad {
			t.Errorf("%s importing %s: %q, want a fault: %v", x.pkg, x.path, problem, x.bad)
		}
	}
}
