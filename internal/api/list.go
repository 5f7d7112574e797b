package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"slices"

	"gongzhi/internal/fault"
)

// Page asks for a part of a list.
type Page struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
	Cursor string `query:"cursor" maxLength:"1000"`
}

// List is a part of a list. Next is the cursor of the following part, empty at
// the end.
type List[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

const macSize = 12

// Next seals a reading position of a list for the client: he can bring it back
// for the same list and neither read meaning into it nor make up another.
func (a *API) Next(list, position string) string {
	if position == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(a.mac(list, position), position...))
}

// Position opens what Next sealed.
func (a *API) Position(list, cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	sealed, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(sealed) <= macSize || !hmac.Equal(sealed[:macSize], a.mac(list, string(sealed[macSize:]))) {
		return "", fault.Fields{{Name: "query.cursor", Key: "api.cursor_bad"}}
	}
	return string(sealed[macSize:]), nil
}

func (a *API) mac(list, position string) []byte {
	h := hmac.New(sha256.New, a.opt.Vault.Key("api cursors"))
	h.Write([]byte(list + "\x00" + position))
	return h.Sum(nil)[:macSize]
}

// Behind is a part of a list that read reads behind a position, at most n of it. The
// position is the key of the last entry that was shown.
func Behind[T, R any](a *API, list string, p Page, read func(after string, n int) ([]T, error), key func(T) string, show func(T) R) (out List[R], err error) {
	after, err := a.Position(list, p.Cursor)
	if err != nil {
		return out, err
	}
	rows, err := read(after, p.Limit+1)
	for _, x := range rows[:min(len(rows), p.Limit)] {
		out.Items = append(out.Items, show(x))
	}
	if len(rows) > p.Limit {
		out.Next = a.Next(list, key(rows[p.Limit-1]))
	}
	return out, err
}

// Cut is a part of a list that is in memory, in whatever order. The position is
// the key of the last entry that was shown.
func Cut[T, R any](a *API, list string, p Page, all []T, key func(T) string, show func(T) R) (List[R], error) {
	var out List[R]
	after, err := a.Position(list, p.Cursor)
	if err != nil {
		return out, err
	}
	if after != "" {
		i := slices.IndexFunc(all, func(x T) bool { return key(x) == after })
		if i < 0 {
			return out, fault.Fields{{Name: "query.cursor", Key: "api.cursor_gone"}}
		}
		all = all[i+1:]
	}
	for _, x := range all[:min(p.Limit, len(all))] {
		out.Items = append(out.Items, show(x))
	}
	if len(all) > p.Limit {
		out.Next = a.Next(list, key(all[p.Limit-1]))
	}
	return out, nil
}
