package request

import (
	"encoding/base64"
	"encoding/json"

	"gongzhi/internal/fault"
)

// Page is a part of a list: at most Size rows after a cursor that an earlier
// Page returned.
type Page struct {
	After string
	Size  int
}

type cursor struct {
	Key int64  `json:"k"`
	ID  string `json:"i"`
}

func (p Page) cursor() (cursor, bool, error) {
	if p.After == "" {
		return cursor{}, false, nil
	}
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(p.After)
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	if err != nil {
		return c, false, fault.New(fault.Invalid, "request.cursor_bad", err)
	}
	return c, true, nil
}

func (c cursor) String() string {
	raw, _ := json.Marshal(c)
	return base64.RawURLEncoding.EncodeToString(raw)
}
