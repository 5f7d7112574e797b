package api

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// keyHeader carries the name that a client gives to one intention: sent again
// with the same name, it gets the same answer and nothing happens twice.
const keyHeader = "Idempotency-Key"

// keepAnswers is how long a key is remembered.
const keepAnswers = 48 * time.Hour

// answer is what is given again. It may hold a query code, so it is stored
// sealed.
type answer struct {
	Status int         `json:"status"`
	Header http.Header `json:"header"`
	Body   []byte      `json:"body"`
}

// once performs a creation unless its key was used before. A key whose first
// call never came to an end is refused for good: nobody knows what it did, and
// doing it again could do it twice.
func (a *API) once(r *http.Request, op *Op, body []byte, perform func() *call) *call {
	failed := func(err error) *call { return &call{err: err} }
	key := r.Header.Get(keyHeader)
	if !fitKey(key) {
		return failed(fault.Fields{{Name: "header." + keyHeader, Key: "api.key_unfit"}})
	}
	row, print := a.rowOf(r, op, key), fingerprint(op, r, body)
	was, err := a.claim(r.Context(), row, print)
	if err != nil {
		return failed(err)
	}
	if was != nil {
		c := &call{header: was.Header, status: was.Status}
		c.header.Set("Idempotency-Replayed", "true")
		c.body.Write(was.Body)
		return c
	}
	kept := false
	defer func() {
		if !kept { // refused, or a panic: the unit of work is undone, so the key is free again
			a.drop(context.WithoutCancel(r.Context()), row)
		}
	}()
	c := perform()
	if c.err == nil {
		kept = true
		c.err = a.keep(context.WithoutCancel(r.Context()), row, answer{c.status, c.header, c.body.Bytes()})
	}
	return c
}

func fitKey(key string) bool {
	for _, c := range []byte(key) {
		if c < '!' || c > '~' {
			return false
		}
	}
	return len(key) >= 16 && len(key) <= 128
}

// rowOf is where the key is stored: a hash, since a visitor's key is all that
// stands between others and his receipt.
func (a *API) rowOf(r *http.Request, op *Op, key string) string {
	return a.opt.Vault.Token("api key", a.opt.Who(r.Context())+"\x00"+op.ID+"\x00"+key)
}

func fingerprint(op *Op, r *http.Request, body []byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s\x00%s\x00", op.ID, r.URL.Path, r.URL.RawQuery)
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

// claim takes the key, or gives the answer that was kept under it.
func (a *API) claim(ctx context.Context, row, print string) (was *answer, err error) {
	err = a.opt.DB.Update(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.ExecN(`insert into api_answer(id, request, answer, at) values ($1, $2, '', $3) on conflict do nothing`, row, print, tx.Now.UnixMicro())
		if err != nil || n == 1 {
			return err
		}
		var request, sealed string
		err = tx.QueryRow(`select request, answer from api_answer where id = $1`, row).Scan(&request, &sealed)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return fault.New(fault.Conflict, "api.key_running", err)
		case err != nil:
			return err
		case request != print:
			return fault.Fields{{Name: "header." + keyHeader, Key: "api.key_other"}}
		case sealed == "":
			return fault.New(fault.Conflict, "api.key_running", nil)
		}
		plain, err := a.opt.Vault.Open(sealed, "api_answer/"+row)
		if err != nil {
			return err
		}
		was = &answer{}
		return json.Unmarshal([]byte(plain), was)
	})
	return was, err
}

func (a *API) keep(ctx context.Context, row string, given answer) error {
	plain, err := json.Marshal(given)
	if err != nil {
		return err
	}
	sealed, err := a.opt.Vault.Seal(string(plain), "api_answer/"+row)
	if err != nil {
		return err
	}
	return a.opt.DB.Update(ctx, func(tx *sqldb.Tx) error {
		return tx.Exec(`update api_answer set answer = $1 where id = $2`, sealed, row)
	})
}

func (a *API) drop(ctx context.Context, row string) {
	// A key that cannot be freed stays taken: safe, and gone after two days.
	_ = a.opt.DB.Update(ctx, func(tx *sqldb.Tx) error {
		return tx.Exec(`delete from api_answer where id = $1 and answer = ''`, row)
	})
}

// Sweep forgets old keys.
func (a *API) Sweep(ctx context.Context) error {
	return a.opt.DB.Update(ctx, func(tx *sqldb.Tx) error {
		return tx.Exec(`delete from api_answer where at < $1`, tx.Now.Add(-keepAnswers).UnixMicro())
	})
}
