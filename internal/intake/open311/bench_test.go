package open311_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// BenchmarkList sets the list of published requests over HTTP beside a bare
// net/http handler that returns the same bytes, in turn and in one run: the
// ratio says what is left when rows are found, coarsened, screened and written.
func BenchmarkList(b *testing.B) {
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
		b.Run(d.String(), func(b *testing.B) {
			c := newCity(b, sqldbtest.New(b, d))
			c.many(20_000)
			if err := c.DB.Analyze(b.Context()); err != nil {
				b.Fatal(err)
			}
			fmt.Printf("%-10s %-34s %8s %12s %12s %7s\n", d, "call", "bytes", "bare/s", "list/s", "ratio")
			for _, path := range []string{"/requests.json?page_size=50", "/requests.xml?page_size=50", "/requests.json?page=2&page_size=50", "/requests.json?updated_after=2026-03-01T00:00:00Z&page_size=50", "/requests.json"} {
				body := c.get(v2 + path).body
				bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "application/json; charset=utf-8")
					_, _ = io.WriteString(w, body)
				}))
				var theirs, ours float64
				for range 3 {
					theirs += rate(b, bare.URL+path)
					ours += rate(b, c.server.URL+v2+path)
				}
				bare.Close()
				fmt.Printf("%-10s %-34s %8d %12.0f %12.0f %7.3f\n", d, path, len(body), theirs/3, ours/3, ours/theirs)
				b.ReportMetric(ours/3, "lists/s"+path[9:])
			}
		})
	}
}

// rate is how many answers a second eight clients get.
func rate(b *testing.B, url string) float64 {
	b.Helper()
	const clients, window = 8, 700 * time.Millisecond
	transport := &http.Transport{MaxIdleConnsPerHost: clients, DisableCompression: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	var n atomic.Int64
	var group sync.WaitGroup
	start := time.Now()
	for range clients {
		group.Go(func() {
			for time.Since(start) < window {
				resp, err := client.Get(url)
				if err != nil {
					b.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if resp.StatusCode != http.StatusOK {
					b.Errorf("status %d", resp.StatusCode)
					return
				}
				n.Add(1)
			}
		})
	}
	group.Wait()
	return float64(n.Load()) / time.Since(start).Seconds()
}
