package arch

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// statement is a complete SQL text of the program.
type statement struct {
	where, pkg, text string
}

var (
	verb    = regexp.MustCompile(`^\s*(select|insert|update|delete|with)\s`)
	written = regexp.MustCompile(`(?:insert into|update|delete from)\s+([a-z_]+)`)
	read    = regexp.MustCompile(`(?:from|join)\s+([a-z_]+)`)
)

// constants collects the string constants of all packages, so that a statement
// put together from them can be read.
func constants(all []source) map[string]string {
	out := map[string]string{}
	for range 3 { // a constant may be made of others
		for _, s := range all {
			for _, d := range s.file.Decls {
				g, ok := d.(*ast.GenDecl)
				if !ok || g.Tok != token.CONST {
					continue
				}
				for _, spec := range g.Specs {
					v := spec.(*ast.ValueSpec)
					for i, name := range v.Names {
						if i >= len(v.Values) {
							continue
						}
						if text, ok := fold(v.Values[i], s.pkg, out); ok {
							out[s.pkg+"."+name.Name] = text
						}
					}
				}
			}
		}
	}
	return out
}

// fold reads a constant string expression.
func fold(e ast.Expr, pkg string, known map[string]string) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil && e.Kind == token.STRING
	case *ast.ParenExpr:
		return fold(e.X, pkg, known)
	case *ast.Ident:
		s, ok := known[pkg+"."+e.Name]
		return s, ok
	case *ast.SelectorExpr:
		x, ok := e.X.(*ast.Ident)
		if !ok {
			return "", false
		}
		s, ok := known[x.Name+"."+e.Sel.Name]
		return s, ok
	case *ast.BinaryExpr:
		a, ok := fold(e.X, pkg, known)
		b, also := fold(e.Y, pkg, known)
		return a + b, ok && also && e.Op == token.ADD
	}
	return "", false
}

// statements finds every complete statement: a constant expression that begins
// with a verb. Parts that a query is put together from at run time are covered
// by the tests of their function.
func statements(all []source) []statement {
	known := constants(all)
	var out []statement
	for _, s := range all {
		if s.test || s.pkg == "arch" || strings.HasPrefix(s.pkg, "sqldb") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			if !ok {
				return true
			}
			text, ok := fold(e, s.pkg, known)
			if !ok || !verb.MatchString(text) || strings.ContainsAny(text, "%") {
				return true
			}
			out = append(out, statement{s.path, s.pkg, text})
			return false
		})
	}
	return out
}

func TestEveryStatementIsUnderstoodByBothDatabases(t *testing.T) {
	list := statements(sources(t))
	if len(list) < 100 {
		t.Fatalf("found only %d statements: the search is broken", len(list))
	}
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		checked := 0
		for _, s := range list {
			if open(s.text) || fragment(s) {
				continue
			}
			checked++
			err := db.View(t.Context(), func(tx *sqldb.Tx) error {
				p, err := tx.PrepareContext(tx.Ctx, s.text)
				if err == nil {
					err = p.Close()
				}
				return err
			})
			if err != nil {
				t.Errorf("%s: %v\n\t%s", s.where, err, s.text)
			}
		}
		t.Logf("%d statements prepared", checked)
	})
}

// fragment reports a statement of the full-text index, the one place where the
// engines are addressed each in its own words.
func fragment(s statement) bool {
	return s.pkg == "search" && (strings.Contains(s.text, "search_fts") || strings.Contains(s.text, "fts)"))
}

// open reports a text that is only the beginning of a statement, or whose
// places are numbered when it is put together.
func open(text string) bool {
	text = strings.TrimSpace(text)
	return strings.Contains(text, "?") || strings.HasSuffix(text, "(") || strings.HasSuffix(text, " and") || strings.HasSuffix(text, ",") || strings.HasSuffix(text, "where") || strings.HasSuffix(text, "where open and") ||
		strings.Count(text, "(") != strings.Count(text, ")") || strings.HasSuffix(text, " in") || strings.HasSuffix(text, "select")
}

func TestTablesBelongToOnePackage(t *testing.T) {
	for _, s := range statements(sources(t)) {
		room := strings.Split(s.pkg, "/")[0]
		for _, m := range written.FindAllStringSubmatch(s.text, -1) {
			if owner := strings.Split(m[1], "_")[0]; owner != room && m[1] != "set" && known(owner) {
				t.Errorf("%s writes %s, a table of %s", s.where, m[1], owner)
			}
		}
		for _, m := range read.FindAllStringSubmatch(s.text, -1) {
			owner := strings.Split(m[1], "_")[0]
			if known(owner) && layers[owner] == features && owner != room {
				t.Errorf("%s reads %s, a table of the feature %s", s.where, m[1], owner)
			}
		}
	}
}

func known(owner string) bool {
	_, ok := layers[owner]
	return ok && !slices.Contains([]string{"set"}, owner)
}
