package sqldbtest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"gongzhi/internal/sqldb"
)

// quick and durable are two servers, because PostgreSQL can be told to lose data
// only as a whole. Both are the given one when GONGZHI_TEST_POSTGRES names one.
var (
	quick   = &server{name: "quick"}
	durable = &server{name: "durable"}
)

// server is a PostgreSQL server and the template database of this program's
// migrations in it, both found or made once in a process.
type server struct {
	name     string
	once     sync.Once
	admin    *sql.DB
	address  *url.URL
	template string
	err      error
	made     atomic.Int64
}

// postgresDatabase makes a database by copying the template. A database of its
// own, not a schema: copying is faster than migrating again, and locks and
// catalogues of two tests never meet.
func postgresDatabase(tb testing.TB, s *server) string {
	tb.Helper()
	s.once.Do(s.prepare)
	if s.err != nil {
		if os.Getenv("REQUIRE_POSTGRES") != "" {
			tb.Fatalf("PostgreSQL is required here: %v", s.err)
		}
		tb.Skipf("without PostgreSQL this half of the test is skipped: %v", s.err)
	}
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), s.made.Add(1))
	if _, err := s.admin.Exec(`create database ` + name + ` template ` + s.template); err != nil {
		tb.Fatalf("copy the template database: %v", err)
	}
	tb.Cleanup(func() {
		if _, err := s.admin.Exec(`drop database if exists ` + name + ` with (force)`); err != nil {
			tb.Errorf("drop the test database: %v", err)
		}
	})
	return s.database(name)
}

func (s *server) database(name string) string {
	u := *s.address
	u.Path = "/" + name
	return u.String()
}

func (s *server) prepare() {
	address := os.Getenv("GONGZHI_TEST_POSTGRES")
	own := address == ""
	if own {
		if address, s.err = startServer(s); s.err != nil {
			return
		}
	}
	if s.address, s.err = url.Parse(address); s.err != nil {
		return
	}
	if s.admin, s.err = sql.Open("pgx", address); s.err != nil {
		return
	}
	if own {
		dropOrphans(s.admin)
	}
	s.err = s.makeTemplate()
}

// makeTemplate finds or makes the database that holds exactly the migrations of
// this program. Its name is their hash, so that other processes, other branches
// and the next run share it or make their own.
func (s *server) makeTemplate() error {
	all, err := sqldb.Migrations(sqldb.Postgres)
	if err != nil {
		return err
	}
	hash := sha256.New()
	for _, m := range all {
		fmt.Fprintf(hash, "%s\x00%s\x00", m.Name, m.Text)
	}
	s.template = "template_" + hex.EncodeToString(hash.Sum(nil)[:8])

	ctx := context.Background()
	conn, err := s.admin.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `select pg_advisory_lock(12345)`); err != nil {
		return err
	}
	defer conn.ExecContext(ctx, `select pg_advisory_unlock(12345)`)
	var there bool
	const q = `select exists (select 1 from pg_database where datname = $1)`
	if err := conn.QueryRowContext(ctx, q, s.template).Scan(&there); err != nil || there {
		return err
	}
	raw := s.template + "_raw" // renamed when it is complete
	for _, q := range []string{`drop database if exists ` + raw + ` with (force)`, `create database ` + raw + ` template template0 encoding 'UTF8' locale 'C'`} {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	if err := migrate(s.database(raw)); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, `alter database `+raw+` rename to `+s.template)
	return err
}

func migrate(address string) error {
	ctx := context.Background()
	db, err := sqldb.Open(ctx, address, sqldb.Options{})
	if err != nil {
		return err
	}
	if err := db.Migrate(ctx); err != nil {
		db.Close()
		return err
	}
	return db.Close()
}

// dropOrphans removes what killed test processes have left, and old templates
// beyond those that branches in work are likely to share. Errors do not matter:
// somebody else may be doing the same.
func dropOrphans(admin *sql.DB) {
	const q = `select datname from pg_database where datname like 'test\_%' or datname in
		(select datname from pg_database where datname like 'template\_%' order by oid desc offset 30)`
	rows, err := admin.Query(q)
	if err != nil {
		return
	}
	defer rows.Close()
	var orphans []string
	for rows.Next() {
		var name string
		var pid, n int
		if rows.Scan(&name) != nil {
			return
		}
		_, err := fmt.Sscanf(name, "test_%d_%d", &pid, &n)
		if strings.HasPrefix(name, "template_") || err == nil && syscall.Kill(pid, 0) == syscall.ESRCH {
			orphans = append(orphans, name)
		}
	}
	for _, name := range orphans {
		admin.Exec(`drop database if exists ` + name + ` with (force)`)
	}
}
