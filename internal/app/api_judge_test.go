package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"time"
)

// judge holds an answer against its description.
func (z *fuzz) judge(answer map[string]any, r *http.Request, w *httptest.ResponseRecorder) string {
	content, _ := answer["content"].(map[string]any)
	if len(content) == 0 {
		if w.Body.Len() > 0 {
			return "a body where none is described"
		}
		return ""
	}
	media, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
	x, ok := content[media].(map[string]any)
	if !ok {
		return "media type " + media + " is not described"
	}
	schema, _ := x["schema"].(map[string]any)
	if schema["format"] == "binary" {
		return ""
	}
	var v any
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		return "no JSON: " + err.Error()
	}
	if w.Code < 300 {
		name := ""
		for part, pool := range pools {
			if strings.Contains(r.URL.Path+"/", part) {
				name = strings.TrimSuffix(pool, "_id")
			}
		}
		if _, kind, ok := strings.Cut(r.URL.Path, "/setup/data/"); ok {
			name = "kind " + kind
		}
		z.harvest(name, v)
	}
	return z.fits(v, schema, "")
}

// harvest keeps what an answer names for later requests.
func (z *fuzz) harvest(name string, v any) {
	switch v := v.(type) {
	case map[string]any:
		number, _ := v["number"].(string)
		if version, ok := v["version"].(float64); ok {
			z.pair(number, "version", strconv.Itoa(int(version)))
		}
		if code, ok := v["code"].(string); ok && number != "" {
			z.pair(number, "code", code)
		}
		if key, ok := v["key"].(string); ok && strings.HasPrefix(name, "kind ") {
			z.note("key of "+strings.TrimPrefix(name, "kind "), key)
		}
		if id, ok := v["id"].(string); ok {
			z.note(name+"_id", id)
			z.note(name, id)
		}
		for k, x := range v {
			if k == "items" {
				k = name
			}
			z.harvest(k, x)
		}
	case []any:
		for _, x := range v {
			if !strings.HasPrefix(name, "kind ") && pools["/"+name+"/"] == "" && name != "calls" {
				name = strings.TrimSuffix(name, "s")
			}
			z.harvest(name, x)
		}
	case string:
		z.note(name, v)
		switch name {
		case "unit":
			z.note("lead", v)
		case "next":
			z.note("cursor", v)
		}
	}
}

// fits is what about a value is not as its schema says, "" when all is.
func (z *fuzz) fits(v any, s map[string]any, at string) string {
	s = z.find(s)
	if list, ok := s["enum"].([]any); ok && !slices.Contains(list, v) {
		return fmt.Sprintf("%s: %v is none of %v", at, v, list)
	}
	switch s["type"] {
	case "object":
		return z.fitsObject(v, s, at)
	case "array":
		list, ok := v.([]any)
		if !ok {
			return at + ": no list"
		}
		for i, x := range list {
			if trouble := z.fits(x, s["items"].(map[string]any), at+"["+strconv.Itoa(i)+"]"); trouble != "" {
				return trouble
			}
		}
	case "integer":
		if f, ok := v.(float64); !ok || f != float64(int64(f)) {
			return at + ": no whole number"
		}
	case "number":
		if _, ok := v.(float64); !ok {
			return at + ": no number"
		}
	case "boolean":
		if _, ok := v.(bool); !ok {
			return at + ": no truth value"
		}
	case "string":
		text, ok := v.(string)
		if !ok {
			return at + ": no text"
		}
		if s["format"] == "date-time" {
			if _, err := time.Parse(time.RFC3339Nano, text); err != nil {
				return at + ": no time"
			}
		}
	}
	return ""
}

func (z *fuzz) fitsObject(v any, s map[string]any, at string) string {
	o, ok := v.(map[string]any)
	if !ok {
		return at + ": no object"
	}
	props, _ := s["properties"].(map[string]any)
	required, _ := s["required"].([]any)
	for _, name := range required {
		if _, ok := o[name.(string)]; !ok {
			return at + "." + name.(string) + " is missing"
		}
	}
	for name, x := range o {
		p, known := props[name].(map[string]any)
		if more, ok := s["additionalProperties"].(map[string]any); !known && ok {
			p, known = more, true
		}
		if !known {
			return at + "." + name + " is not described"
		}
		if trouble := z.fits(x, p, at+"."+name); trouble != "" {
			return trouble
		}
	}
	return ""
}
