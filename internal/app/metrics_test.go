package app_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/app"
	"gongzhi/internal/blob"
	"gongzhi/internal/config"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

func TestMetricsStandOnAListenerOfTheirOwn(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	metrics := free.Addr().String()
	free.Close()
	c := &config.Config{Data: t.TempDir(), DB: sqldbtest.Address(t, sqldb.SQLite), City: "云泽市", MetricsAddr: metrics}
	a, err := app.Open(t.Context(), c, app.Options{Vault: keys, Blobs: blob.NewMemory(nil)})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, ln) }()
	if _, status := fetch(t, "http://"+ln.Addr().String()+"/healthz"); status != http.StatusOK {
		t.Fatalf("healthz: %d", status)
	}
	if _, status := fetch(t, "http://"+ln.Addr().String()+"/metrics"); status != http.StatusNotFound {
		t.Errorf("the public listener answers /metrics with %d", status)
	}
	body, _ := fetch(t, "http://"+metrics+"/metrics")
	for _, want := range []string{`gongzhi_http_answers_total{method="GET",route="/healthz",status="200"} 1`, "gongzhi_database_up 1", "gongzhi_http_seconds_bucket", "go_goroutines"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in\n%.600s", want, body)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func fetch(t *testing.T, address string) (string, int) {
	t.Helper()
	client := http.Client{Timeout: 10 * time.Second}
	resp, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw), resp.StatusCode
}

func TestMetricsAreRefusedToTheNetwork(t *testing.T) {
	for address, good := range map[string]bool{"127.0.0.1:0": true, "[::1]:0": true, "localhost:0": true, "": true, "0.0.0.0:9464": false, ":9464": false, "10.0.0.5:9464": false, "9464": false} {
		c := &config.Config{Data: t.TempDir(), DB: sqldbtest.Address(t, sqldb.SQLite), MetricsAddr: address}
		a, err := app.Open(t.Context(), c, app.Options{Vault: keys, Blobs: blob.NewMemory(nil)})
		if (err == nil) != good {
			t.Errorf("%q: %v", address, err)
		}
		if a != nil {
			a.Close()
		}
	}
}
