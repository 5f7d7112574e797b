package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"

	"gongzhi/internal/locale"
	"gongzhi/internal/web"
)

// documents are the description of the API, one for each language.
type documents struct {
	mu sync.Mutex
	by map[locale.Lang][]byte
}

// Document is the OpenAPI description in a language. What it says in words are
// texts of the catalogue; everything else follows from the code.
func (a *API) Document(lang locale.Lang) ([]byte, error) {
	a.docs.mu.Lock()
	defer a.docs.mu.Unlock()
	if have, ok := a.docs.by[lang]; ok {
		return have, nil
	}
	rough, err := json.Marshal(a.huma.OpenAPI())
	if err != nil {
		return nil, err
	}
	var doc map[string]any
	if err := json.Unmarshal(rough, &doc); err != nil {
		return nil, err
	}
	share(doc)
	speak(doc, lang)
	out, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		return nil, err
	}
	if a.docs.by == nil {
		a.docs.by = map[locale.Lang][]byte{}
	}
	a.docs.by[lang] = append(out, '\n')
	return a.docs.by[lang], nil
}

// share writes the answers that every operation has in common once.
func share(doc map[string]any) {
	common := map[string]any{}
	for _, item := range doc["paths"].(map[string]any) {
		for _, op := range item.(map[string]any) {
			responses := op.(map[string]any)["responses"].(map[string]any)
			for status, r := range responses {
				if status >= "400" {
					common[status] = r
					responses[status] = map[string]any{"$ref": "#/components/responses/" + status}
				}
			}
		}
	}
	doc["components"].(map[string]any)["responses"] = common
}

// speak puts the texts of the catalogue where their keys stand, and describes
// fields by their names: one name means one thing in the whole API.
func speak(v any, lang locale.Lang) {
	switch v := v.(type) {
	case map[string]any:
		for name, x := range v {
			switch text, is := x.(string); {
			case !is:
				speak(x, lang)
			case name == "summary" || name == "description" || name == "title":
				v[name] = inWords(text, lang)
			}
		}
		if props, ok := v["properties"].(map[string]any); ok {
			describe(props, lang)
		}
		if name, ok := v["name"].(string); ok && v["in"] != nil && v["description"] == nil {
			if key := "api.field_" + name; locale.Has(lang, key) {
				v["description"] = locale.T(lang, key)
			}
		}
	case []any:
		for _, x := range v {
			speak(x, lang)
		}
	}
}

func inWords(text string, lang locale.Lang) string {
	if locale.Has(lang, text) {
		return locale.T(lang, text)
	}
	for status := range 600 {
		if status >= 200 && http.StatusText(status) == text {
			if key := "web.status_" + itoa(status); locale.Has(lang, key) {
				return locale.T(lang, key)
			}
		}
	}
	return text
}

func describe(props map[string]any, lang locale.Lang) {
	for name, p := range props {
		schema, ok := p.(map[string]any)
		if key := "api.field_" + strings.ToLower(name); ok && schema["description"] == nil && schema["$ref"] == nil && locale.Has(lang, key) {
			schema["description"] = locale.T(lang, key)
		}
	}
}

func itoa(n int) string {
	return string([]byte{byte('0' + n/100), byte('0' + n/10%10), byte('0' + n%10)})
}

// serveDocument answers with the description for programs.
func (a *API) serveDocument(w http.ResponseWriter, r *http.Request) error {
	doc, err := a.Document(web.Lang(r))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache")
	_, err = w.Write(doc)
	return err
}
