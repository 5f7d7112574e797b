package app_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gongzhi/internal/app"
	"gongzhi/internal/blob"
	"gongzhi/internal/config"
	"gongzhi/internal/demo"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
	"gongzhi/internal/vault"
)

// Each row of the table is the sum of several short windows, raw and ours in
// turn, because nobody has the computer for himself.
const (
	window  = 800 * time.Millisecond
	windows = 3
)

// BenchmarkIntake sets durable intake over HTTP, receipt and all, beside single
// durable inserts of a row of the same size with five indexes, in one run on
// the same database: the ratio says how much of what the disk and the engine
// give reaches a resident.
func BenchmarkIntake(b *testing.B) {
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
		b.Run(d.String(), func(b *testing.B) {
			a := openDurable(b, d)
			s := httptest.NewServer(a.Handler())
			defer s.Close()
			ctx, stop := context.WithCancel(b.Context())
			defer stop()
			go a.Watch(ctx)
			db := rawDatabase(b, d, a.Config.DB)
			var server *sql.DB
			if d == sqldb.Postgres {
				server = db
			}
			insert := rawInsert(b, db)
			fmt.Printf("%-10s %8s %12s %12s %7s %14s %15s\n", d, "clients", "inserts/s", "receipts/s", "ratio", "CPU ms/insert", "CPU ms/receipt")
			for _, n := range []int{1, 8, 32} {
				m := compare(b, server, n, insert, quickReport(b, s.URL))
				raw, own := m[0], m[1]
				fmt.Printf("%-10s %8d %12.0f %12.0f %7.2f %14.2f %15.2f\n", d, n, raw.rate, own.rate, own.rate/raw.rate, raw.cpu, own.cpu)
				b.ReportMetric(own.rate/raw.rate, fmt.Sprintf("ratio/%d", n))
			}
		})
	}
}

func openDurable(b *testing.B, d sqldb.Dialect) *app.App {
	c := &config.Config{Data: b.TempDir(), DB: sqldbtest.DurableAddress(b, d)}
	a, err := app.Open(b.Context(), c, app.Options{Vault: vault.Test(), Blobs: blob.NewMemory(time.Now)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { a.Close() })
	city, err := demo.NewCity(1)
	if err != nil {
		b.Fatal(err)
	}
	if err := a.DB.Update(b.Context(), city.Load); err != nil {
		b.Fatal(err)
	}
	if err := a.Reload(b.Context()); err != nil {
		b.Fatal(err)
	}
	return a
}

// compare measures two kinds of work in turn.
func compare(b *testing.B, server *sql.DB, n int, raw, own func() func(context.Context) error) (out [2]measured) {
	b.Helper()
	for range windows {
		for i, do := range []func() func(context.Context) error{raw, own} {
			m := measure(b, server, n, do)
			out[i].rate, out[i].cpu = out[i].rate+m.rate/windows, out[i].cpu+m.cpu/windows
		}
	}
	return out
}

// measured is how many were done a second, and the processor time of each in
// milliseconds, that of the database server included.
type measured struct{ rate, cpu float64 }

// measure runs n clients for the window, each with its own do.
func measure(b *testing.B, server *sql.DB, n int, client func() func(context.Context) error) measured {
	b.Helper()
	ctx, stop := context.WithTimeout(b.Context(), window)
	defer stop()
	var done atomic.Int64
	var group sync.WaitGroup
	before, began := usage(server), time.Now()
	for range n {
		do := client()
		group.Go(func() {
			for ctx.Err() == nil {
				if err := do(b.Context()); err != nil { // to its end: cancelling costs connections
					b.Error(err)
					return
				}
				done.Add(1)
			}
		})
	}
	group.Wait()
	k := float64(done.Load())
	return measured{k / time.Since(began).Seconds(), float64(usage(server)-before) / float64(time.Millisecond) / k}
}

// usage is the processor time so far of this process and of the sessions that a
// database server on this computer has for it.
func usage(server *sql.DB) time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	sum := time.Duration(u.Utime.Nano() + u.Stime.Nano())
	if server == nil {
		return sum
	}
	rows, err := server.Query(`select pid from pg_stat_activity where datname = current_database()`)
	if err != nil {
		return sum
	}
	defer rows.Close()
	for rows.Next() {
		var pid int
		if rows.Scan(&pid) == nil {
			sum += sessionTime(pid)
		}
	}
	return sum
}

func sessionTime(pid int) time.Duration {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond // in ticks, a hundred a second on Linux
}

const words = "梧桐路三十二号小区南门口的路灯坏了三天，晚上看不见路，有老人差点摔倒，希望尽快修好。请问什么时候能来修，谁负责，能不能给个准信。"

// rawInsert is one durable insert of a row with 26 columns and five indexes, in
// a transaction of its own, through the driver and nothing else.
func rawInsert(b *testing.B, db *sql.DB) func() func(context.Context) error {
	cols, marks := []string{"id text primary key"}, []string{"$1"}
	for i := range 25 {
		cols, marks = append(cols, fmt.Sprintf("c%d text", i)), append(marks, fmt.Sprintf("$%d", i+2))
	}
	statements := []string{`create table if not exists bench_row (` + strings.Join(cols, ", ") + `)`}
	for i := range 5 {
		statements = append(statements, fmt.Sprintf(`create index if not exists bench_row_%d on bench_row (c%d)`, i, i))
	}
	for _, q := range statements {
		if _, err := db.ExecContext(b.Context(), q); err != nil {
			b.Fatal(err)
		}
	}
	insert, err := db.PrepareContext(b.Context(), `insert into bench_row values (`+strings.Join(marks, ", ")+`)`)
	if err != nil {
		b.Fatal(err)
	}
	return func() func(context.Context) error {
		return func(ctx context.Context) error {
			args := make([]any, 26)
			for i := range args {
				args[i] = fmt.Sprintf("%016x", rand.Uint64())
			}
			args[25] = words
			_, err := insert.ExecContext(ctx, args...)
			return err
		}
	}
}

// rawDatabase is the engine without this program: SQLite in a file of its own
// on the same disk, as durable as ours; PostgreSQL the same database.
func rawDatabase(b *testing.B, d sqldb.Dialect, address string) *sql.DB {
	driver, source, most := "pgx", address, 40
	if d == sqldb.SQLite {
		driver, source, most = "sqlite", filepath.Join(b.TempDir(), "raw.db")+"?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=busy_timeout(5000)", 1
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(most)
	db.SetMaxIdleConns(most)
	b.Cleanup(func() { db.Close() })
	return db
}

// quickReport is a resident who fills the report on one page.
func quickReport(b *testing.B, base string) func() func(context.Context) error {
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	return func() func(context.Context) error {
		jar, _ := cookiejar.New(nil)
		c := &http.Client{Jar: jar, Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		csrf := formToken(b.Context(), c, base)
		return func(ctx context.Context) error {
			form := url.Values{"csrf": {csrf}, "what": {words}, "address": {fmt.Sprintf("梧桐路%d号", rand.IntN(2000))}, "name": {"李芳"}, "phone": {"13800005521"},
				"category": {"010101"}, "once": {fmt.Sprintf("%032d", rand.Uint64())}}
			r, err := http.NewRequestWithContext(ctx, "POST", base+"/report/quick", strings.NewReader(form.Encode()))
			if err != nil {
				return err
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			res, err := c.Do(r)
			if err != nil {
				return err
			}
			_, _ = io.Copy(io.Discard, res.Body)
			res.Body.Close()
			if res.StatusCode != http.StatusSeeOther {
				return fmt.Errorf("status %d", res.StatusCode)
			}
			return nil
		}
	}
}
