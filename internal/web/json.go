package web

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"

	"gongzhi/internal/fault"
)

// JSON answers with v. It encodes first, so that a value that cannot be encoded
// becomes an error page and not half an answer.
func JSON(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fault.New(fault.Internal, "web.internal", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(body, '\n')) // the answer has begun; a reader who left needs no error
	return nil
}

// Body is the whole body of a request, within its limits.
func Body(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, bodyFault(err)
	}
	return body, nil
}

// ReadJSON reads a body that is one JSON value with no field that v does not
// have: a misspelt or forbidden field is refused and never quietly ignored.
func ReadJSON(r *http.Request, v any) error {
	body, err := Body(r)
	if err != nil {
		return err
	}
	if bytes.Contains(body, []byte(`\u0000`)) {
		return fault.Fields{{Name: "", Key: "web.field_unreadable"}}
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return fault.New(fault.Invalid, "web.json", err)
	}
	if dec.More() {
		return fault.New(fault.Invalid, "web.json", nil)
	}
	return nil
}
