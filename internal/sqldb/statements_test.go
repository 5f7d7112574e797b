package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
)

func TestOpenRowsOfTheSameTextDoNotDisturbEachOther(t *testing.T) {
	db := lite(t)
	err := db.Update(t.Context(), func(tx *Tx) error {
		for n := range 4 {
			if err := put(n)(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	const q = `select n from t where n >= $1 order by n`
	err = db.View(t.Context(), func(tx *Tx) error {
		outer, err := tx.Query(q, 1)
		if err != nil {
			return err
		}
		defer outer.Close()
		var seen []string
		for outer.Next() {
			var n, m int
			if err := outer.Scan(&n); err != nil {
				return err
			}
			if err := tx.QueryRow(q, n).Scan(&m); err != nil { // leaves rows behind
				return err
			}
			seen = append(seen, fmt.Sprint(n, m))
		}
		if got := fmt.Sprint(seen); got != "[1 1 2 2 3 3]" {
			t.Errorf("got %s", got)
		}
		return outer.Err()
	})
	if err != nil {
		t.Error(err)
	}
}

func TestKeptStatementsFollowTheSchemaAndForgetErrors(t *testing.T) {
	db := lite(t)
	count := func() (n int, err error) {
		err = db.View(t.Context(), func(tx *Tx) error { return tx.QueryRow(`select count(*) from t`).Scan(&n) })
		return n, err
	}
	for n := range 3 { // the second and third time it is a duplicate
		err := db.Update(t.Context(), put(1))
		if (err == nil) != (n == 0) {
			t.Errorf("insert %d: %v", n, err)
		}
	}
	if err := db.Update(t.Context(), put(2)); err != nil {
		t.Errorf("the same text after an error: %v", err)
	}
	if n, err := count(); n != 2 || err != nil {
		t.Errorf("got %d %v, want 2", n, err)
	}
	if err := db.Update(t.Context(), func(tx *Tx) error { return tx.Exec(`alter table t add column extra text`) }); err != nil {
		t.Fatal(err)
	}
	if err := db.Update(t.Context(), put(3)); err != nil {
		t.Errorf("the same text after a change of the schema: %v", err)
	}
	if n, err := count(); n != 3 || err != nil {
		t.Errorf("got %d %v, want 3", n, err)
	}
}

func TestStatementsKeptAreBounded(t *testing.T) {
	db := lite(t)
	conn, err := db.write.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for n := range keptStatements + 50 {
		if _, err := conn.ExecContext(t.Context(), fmt.Sprintf(`insert into t (n, w) values (%d, '')`, n)); err != nil {
			t.Fatal(err)
		}
	}
	err = conn.Raw(func(c any) error {
		if kept := len(c.(*preparedConn).idle); kept > keptStatements {
			t.Errorf("%d statements are kept", kept)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestKeptStatementsDoNotHoldAnOldState(t *testing.T) {
	db := lite(t)
	for n := range 20 { // a statement left open would keep its reader in the past
		if err := db.Update(t.Context(), put(n)); err != nil {
			t.Fatal(err)
		}
		var got int
		err := db.View(t.Context(), func(tx *Tx) error {
			rows, err := tx.Query(`select n from t order by n desc`)
			if err != nil {
				return err
			}
			rows.Next()
			return rows.Scan(&got) // the rows are left open
		})
		if err != nil || got != n {
			t.Fatalf("newest row: got %d %v, want %d", got, err, n)
		}
	}
}

func TestLeavingAViewStopsItsQuery(t *testing.T) {
	db := lite(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := db.View(ctx, func(tx *Tx) error {
		cancel()
		var n int
		const endless = `with recursive c(n) as (select 1 union all select n + 1 from c) select count(*) from c`
		return tx.QueryRow(endless).Scan(&n)
	})
	if !errors.Is(err, context.Canceled) && !errors.Is(err, sql.ErrTxDone) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}
