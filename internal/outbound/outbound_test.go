package outbound_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gongzhi/internal/outbound"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func TestAddressesInsideAreRefusedBeforeAnyConnection(t *testing.T) {
	var hits atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer srv.Close()
	port := srv.URL[strings.LastIndexByte(srv.URL, ':'):]
	for _, c := range []*outbound.Client{{}, {Plain: true}} {
		for _, host := range []string{"127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0", "0.0.0.0", "localhost", "localhost.", "[::1]", "[::]", "[::ffff:127.0.0.1]",
			"[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200", "[fe80::1]", "[fd00::1]", "[2002:7f00:1::]", "224.0.0.1", "255.255.255.255", "user@example.com", "127.0.0.1."} {
			for _, scheme := range []string{"http", "https", "file", "gopher", "ftp"} {
				address := scheme + "://" + host + port + "/"
				if _, err := c.Get(t.Context(), address); err == nil {
					t.Errorf("%s was called", address)
				}
			}
		}
	}
	if hits.Load() != 0 {
		t.Errorf("%d connections to forbidden addresses", hits.Load())
	}
}

func TestANameThatLeadsInsideIsRefused(t *testing.T) {
	for _, answer := range [][]string{{"127.0.0.1"}, {"93.184.216.34", "10.1.2.3"}, {"::ffff:10.0.0.1"}, {"100.100.100.200"}} {
		c := &outbound.Client{Plain: true, Resolve: func(context.Context, string) ([]netip.Addr, error) {
			var out []netip.Addr
			for _, a := range answer {
				out = append(out, netip.MustParseAddr(a))
			}
			return out, nil
		}}
		if _, err := c.Get(t.Context(), "http://rebind.example/"); !errors.Is(err, outbound.ErrRefused) {
			t.Errorf("%v: %v", answer, err)
		}
	}
}

func TestANameIsResolvedOnceAndThatAddressIsDialled(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host) }))
	defer srv.Close()
	asked := 0
	c := &outbound.Client{Allow: loopback, Resolve: func(context.Context, string) ([]netip.Addr, error) {
		asked++
		if asked > 1 {
			return []netip.Addr{netip.MustParseAddr("10.0.0.1")}, nil // what a rebinding name would say the second time
		}
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}}
	_, port, _ := strings.Cut(srv.Listener.Addr().String(), ":")
	a, err := c.Get(t.Context(), "http://city.example:"+port+"/")
	if err != nil || string(a.Body) != "city.example:"+port || asked != 1 {
		t.Errorf("%s %v, resolved %d times", a.Body, err, asked)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var inner atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inner.Add(1) }))
	defer target.Close()
	srv := httptest.NewServer(http.RedirectHandler(target.URL, http.StatusFound))
	defer srv.Close()
	c := &outbound.Client{Allow: loopback}
	if a, err := c.Get(t.Context(), srv.URL); err != nil || a.Status != http.StatusFound {
		t.Errorf("got %d, %v", a.Status, err)
	}
	if resp, err := c.HTTP().Get(srv.URL); err != nil || resp.StatusCode != http.StatusFound {
		t.Errorf("got %v, %v", resp, err)
	}
	if inner.Load() != 0 {
		t.Error("the redirect was followed")
	}
}

func TestLongAndSlowAnswersEnd(t *testing.T) {
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-release
			return
		}
		io.WriteString(w, strings.Repeat("x", 5000))
	}))
	defer srv.Close()
	defer close(release)
	c := &outbound.Client{Allow: loopback, Most: 1000, Timeout: 200 * time.Millisecond}
	if _, err := c.Get(t.Context(), srv.URL+"/long"); !errors.Is(err, outbound.ErrTooLarge) {
		t.Errorf("long: %v", err)
	}
	if _, err := c.Get(t.Context(), srv.URL+"/slow"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("slow: %v", err)
	}
	resp, err := c.HTTP().Get(srv.URL + "/long")
	if err != nil {
		t.Fatal(err)
	}
	if body, _ := io.ReadAll(resp.Body); len(body) != 1000 {
		t.Errorf("a library read %d bytes", len(body))
	}
}

func TestAnOperatorNamesNetworksButNotEverything(t *testing.T) {
	got, err := outbound.Networks([]string{"10.1.2.3", "192.168.0.0/16", "fd00::/8"})
	if err != nil || len(got) != 3 || !got[0].Contains(netip.MustParseAddr("10.1.2.3")) || got[0].Contains(netip.MustParseAddr("10.1.2.4")) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"0.0.0.0/0", "::/0", "intranet", "10.0.0.0/33"} {
		if _, err := outbound.Networks([]string{bad}); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}
