package app_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// kills is how often the program is killed on each engine; GONGZHI_KILLS sets
// another number for the long run.
func kills(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("GONGZHI_KILLS"))
	if err != nil {
		return 2
	}
	return n
}

// TestAReceiptIsAPromise kills the program at random instants while residents
// report, and compares what they were told with what is there: a ledger kept by
// the client, synced before it goes on, decides.
func TestAReceiptIsAPromise(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills the program")
	}
	program := build(t)
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
		t.Run(d.String(), func(t *testing.T) {
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			random := rand.New(rand.NewPCG(seed, 1))
			address := sqldbtest.DurableAddress(t, d)
			l := newLedger(t)
			var slowest time.Duration
			for range kills(t) {
				s := startServer(t, program, address)
				slowest = max(slowest, s.startup)
				reportUntilKilled(t, s, l, 200*time.Millisecond+time.Duration(random.Int64N(int64(900*time.Millisecond))))
			}
			l.compare(t, address, slowest)
		})
	}
}

func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "gongzhi")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "gongzhi/cmd/gongzhi").CombinedOutput()
	if err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return program
}

// server is a running program.
type server struct {
	url     string
	cmd     *exec.Cmd
	startup time.Duration
	data    string
}

var dataOf = map[string]string{} // one data folder, with its keys, per database

func startServer(t *testing.T, program, address string) *server {
	t.Helper()
	if dataOf[address] == "" {
		dataOf[address] = t.TempDir()
	}
	s := &server{data: dataOf[address]}
	s.cmd = exec.Command(program, "serve", "--addr", "127.0.0.1:0", "--data", s.data, "--db", address, "--log-level", "error")
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaint strings.Builder
	s.cmd.Stderr = &complaint
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the program did not start: %v\n%s", err, complaint.String())
	}
	s.startup = time.Since(began)
	s.url = strings.TrimSpace(line[strings.Index(line, "http"):])
	return s
}

func reportUntilKilled(t *testing.T, s *server, l *ledger, after time.Duration) {
	ctx, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() { l.reportWhile(ctx, t, s.url) })
	}
	<-time.After(after)
	if err := s.cmd.Process.Kill(); err != nil { // SIGKILL
		t.Error(err)
	}
	_ = s.cmd.Wait()
	stop()
	group.Wait()
}

// ledger is what the residents were told. It lives outside of the program.
type ledger struct {
	mu        sync.Mutex
	file      *os.File
	next      int
	accepted  map[string]string // number → hash of the words sent
	ambiguous []string          // hashes sent without an answer
}

func newLedger(t *testing.T) *ledger {
	f, err := os.Create(filepath.Join(t.TempDir(), "ledger"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &ledger{file: f, accepted: map[string]string{}}
}

var (
	token  = regexp.MustCompile(`name="csrf" value="([^"]+)"`)
	number = regexp.MustCompile(`^/r/(\d{12})/`)
)

func (l *ledger) reportWhile(ctx context.Context, t *testing.T, base string) {
	jar, _ := cookiejar.New(nil)
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	csrf := formToken(ctx, client, base)
	for ctx.Err() == nil && csrf != "" {
		l.mu.Lock()
		l.next++
		words := fmt.Sprintf("第%d件：梧桐路路灯坏了，晚上看不见路 %d", l.next, rand.Uint64())
		l.mu.Unlock()
		form := url.Values{"csrf": {csrf}, "what": {words}, "phone": {"13800005521"}, "once": {fmt.Sprintf("%032d", rand.Uint64())}}
		if !l.report(ctx, t, client, base, form) {
			return
		}
	}
}

func formToken(ctx context.Context, c *http.Client, base string) string {
	r, _ := http.NewRequestWithContext(ctx, "GET", base+"/report/quick", nil)
	res, err := c.Do(r)
	if err != nil {
		return ""
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	if m := token.FindSubmatch(body); m != nil {
		return string(m[1])
	}
	return ""
}

// report sends one and writes down the answer. It reports false when none came.
func (l *ledger) report(ctx context.Context, t *testing.T, c *http.Client, base string, form url.Values) bool {
	r, _ := http.NewRequestWithContext(ctx, "POST", base+"/report/quick", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := c.Do(r)
	sum := hashOf(form.Get("what"))
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.ambiguous = append(l.ambiguous, sum)
		return false
	}
	defer res.Body.Close()
	m := number.FindStringSubmatch(res.Header.Get("Location"))
	if m == nil {
		t.Errorf("a report was answered with status %d", res.StatusCode)
		return false
	}
	if _, again := l.accepted[m[1]]; again {
		t.Errorf("the number %s was given twice", m[1])
	}
	l.accepted[m[1]] = sum
	line, _ := json.Marshal([]string{form.Get("once"), m[1], sum})
	if _, err := l.file.Write(append(line, '\n')); err != nil {
		t.Error(err)
	}
	if err := l.file.Sync(); err != nil {
		t.Error(err)
	}
	return true
}

func hashOf(words string) string {
	sum := sha256.Sum256([]byte(words))
	return hex.EncodeToString(sum[:])
}

// compare reads the database as it is after the last kill.
func (l *ledger) compare(t *testing.T, address string, slowest time.Duration) {
	t.Helper()
	db, err := sqldb.Open(t.Context(), address, sqldb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	there, stored := map[string]string{}, map[string]int{}
	err = db.View(t.Context(), func(tx *sqldb.Tx) error {
		rows, err := tx.Query(`select m.number, r.body from matter m join request_order r on r.matter_id = m.id
			where exists (select 1 from matter_event e where e.matter_id = m.id) and exists (select 1 from request_contact c where c.matter_id = m.id)`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var number, words string
			if err := rows.Scan(&number, &words); err != nil {
				return err
			}
			there[number] = hashOf(words)
			stored[hashOf(words)]++
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	l.judge(t, there, stored, slowest)
}

func (l *ledger) judge(t *testing.T, there map[string]string, stored map[string]int, slowest time.Duration) {
	t.Helper()
	present, twice, once := 0, 0, 0
	for number, sum := range l.accepted {
		if there[number] == sum {
			present++
		}
	}
	for _, n := range stored {
		if n > 1 {
			twice++
		}
	}
	for _, sum := range l.ambiguous {
		once += stored[sum]
	}
	extra := len(there) - present - once
	t.Logf("%d accepted = %d present, %d duplicate, %d ambiguous (%d present once, %d absent), %d extra, recovery %s",
		len(l.accepted), present, twice, len(l.ambiguous), once, len(l.ambiguous)-once, extra, slowest.Round(time.Millisecond))
	if present != len(l.accepted) || twice != 0 || extra != 0 || len(l.accepted) == 0 {
		t.Error("what residents were told is not what is there")
	}
}
