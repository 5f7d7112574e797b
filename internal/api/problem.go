package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"gongzhi/internal/fault"
	"gongzhi/internal/web"
)

// Problem is how every error is answered: RFC 9457, with a code that a program
// can rely on and a sentence for a person.
type Problem web.Problem

func (p *Problem) Error() string             { return p.Detail }
func (p *Problem) GetStatus() int            { return p.Status }
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// adopt makes huma speak as this program does. Its settings are variables of its
// package, so they are set once, before anything is declared.
func adopt() {
	adopted.Do(func() {
		huma.ValidateStrictCasing = true
		huma.DefaultArrayNullable = false
		huma.NewError = func(status int, detail string, _ ...error) huma.StatusError {
			return &Problem{Status: status, Detail: detail}
		}
		huma.NewErrorWithContext = note
		words()
	})
}

// words replaces huma's English sentences by keys of ours with their arguments.
func words() {
	for key, text := range map[string]*string{
		"unexpected": &validation.MsgUnexpectedProperty, "date_time": &validation.MsgExpectedRFC3339DateTime, "date": &validation.MsgExpectedRFC3339Date,
		"boolean": &validation.MsgExpectedBoolean, "number": &validation.MsgExpectedNumber, "integer": &validation.MsgExpectedInteger,
		"string": &validation.MsgExpectedString, "base64": &validation.MsgExpectedBase64String, "array": &validation.MsgExpectedArray,
		"object": &validation.MsgExpectedObject,
	} {
		*text = "api.v_" + key
	}
	validation.MsgExpectedOneOf = "api.v_one_of|%s"
	validation.MsgExpectedMinimumNumber, validation.MsgExpectedMaximumNumber = "api.v_min|%v", "api.v_max|%v"
	validation.MsgExpectedMinLength, validation.MsgExpectedMaxLength = "api.v_min_length|%d", "api.v_max_length|%d"
	validation.MsgExpectedMinItems, validation.MsgExpectedMaxItems = "api.v_min_items|%d", "api.v_max_items|%d"
	validation.MsgExpectedBePattern, validation.MsgExpectedMatchPattern = "api.v_pattern|%s", "api.v_pattern|%s"
	validation.MsgExpectedRequiredProperty = "api.v_required|%s"
}

// note keeps what huma found wrong for the answer that web will give.
func note(ctx huma.Context, status int, detail string, errs ...error) huma.StatusError {
	if c, ok := ctx.(*call); ok && c.err == nil {
		c.err = refused(status, detail, errs)
	}
	return unsaid(status)
}

// unsaid is what huma writes instead of the error; nobody reads it.
type unsaid int

func (u unsaid) Error() string  { return http.StatusText(int(u)) }
func (u unsaid) GetStatus() int { return int(u) }

func refused(status int, detail string, errs []error) error {
	switch status {
	case http.StatusBadRequest:
		return fault.New(fault.Invalid, "web.json", errors.New(detail))
	case http.StatusUnsupportedMediaType:
		return fault.New(fault.Invalid, "web.media_type", nil)
	case http.StatusUnprocessableEntity:
		var list fault.Fields
		for _, err := range errs {
			var d *huma.ErrorDetail
			if errors.As(err, &d) {
				list = append(list, sentence(d))
			}
		}
		if err := list.Err(); err != nil {
			return err
		}
	}
	return fault.New(fault.Internal, "web.internal", errors.Join(errs...))
}

// sentence is one finding as a field with a sentence of ours. The value is not
// repeated: it may be what should not be in a log.
func sentence(d *huma.ErrorDetail) fault.Field {
	key, arg, has := strings.Cut(d.Message, "|")
	f := fault.Field{Name: d.Location, Key: "api.v_wrong"}
	switch {
	case strings.HasPrefix(key, "api.v_"):
		f.Key = key
		if has {
			f.Args = []any{arg}
		}
		if key == "api.v_required" {
			f.Name, f.Args = strings.TrimSuffix(d.Location+"."+arg, "."), nil
		}
	case strings.HasPrefix(key, "required "):
		f.Key = "api.v_required"
	case key == "unknown query parameter":
		f.Key = "api.v_unexpected"
	}
	return f
}

// place names the fields of a verb's error by where they stand in the request.
func place(err error, op *Op) error {
	fields := fault.FieldsOf(err)
	if len(fields) == 0 {
		return err
	}
	named := make(fault.Fields, len(fields))
	for i, f := range fields {
		named[i] = fault.Field{Name: op.location(f.Name), Key: f.Key, Args: f.Args}
	}
	return named
}

func (op *Op) location(name string) string {
	if at, ok := op.Fields[name]; ok {
		return at
	}
	if _, after, ok := strings.Cut(name, "."); ok && !strings.HasPrefix(name, "query.") && !strings.HasPrefix(name, "body.") {
		name = after
	} else if ok {
		return name
	}
	if op.Method == http.MethodGet {
		return "query." + name
	}
	return "body." + name
}

func marshal(w io.Writer, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(body, '\n'))
	return err
}

// unmarshal refuses NUL, which no database stores.
func unmarshal(data []byte, v any) error {
	if bytes.Contains(data, []byte(`\u0000`)) {
		return errors.New("a text with NUL")
	}
	return json.Unmarshal(data, v)
}
