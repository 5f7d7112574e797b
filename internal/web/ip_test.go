package web_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"context"

	"gongzhi/internal/web"
)

func TestForwardedAddressIsBelievedOnlyFromTrustedProxies(t *testing.T) {
	for _, c := range []struct {
		name, peer, header, want string
		trusted                  []string
	}{
		{"default", "10.0.0.1:1", "1.2.3.4", "10.0.0.1", nil},
		{"stranger", "203.0.113.5:1", "1.2.3.4", "203.0.113.5", []string{"10.0.0.0/8"}},
		{"one proxy", "10.0.0.1:1", "1.2.3.4", "1.2.3.4", []string{"10.0.0.0/8"}},
		{"forged start", "10.0.0.1:1", "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4", []string{"10.0.0.0/8"}},
		{"nonsense", "10.0.0.1:1", "1.2.3.4, what", "10.0.0.1", []string{"10.0.0.1"}},
		{"mapped", "[::ffff:10.0.0.1]:1", "1.2.3.4", "1.2.3.4", []string{"10.0.0.1"}},
	} {
		s := newSite(t, func(o *web.Options) { o.TrustedProxies = c.trusted })
		var got string
		s.srv.Add(web.Route{Method: "GET", Path: "/ip", Policy: "public", Do: func(w http.ResponseWriter, r *http.Request) error {
			got = web.ClientIP(r).String()
			return nil
		}})
		r := httptest.NewRequest("GET", "/ip", nil)
		r.RemoteAddr = c.peer
		r.Header.Set("X-Forwarded-For", c.header)
		s.do(r)
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestServerRefusesToTrustEverybody(t *testing.T) {
	for _, list := range [][]string{{"*"}, {"0.0.0.0/0"}, {"::/0"}, {"proxy.example"}} {
		if _, err := web.NewServer(web.Options{TrustedProxies: list}); err == nil {
			t.Errorf("%q was accepted", list)
		}
	}
	for _, base := range []string{"12345.example.cn", "ftp://x", "https://"} {
		if _, err := web.NewServer(web.Options{BaseURL: base}); err == nil {
			t.Errorf("base URL %q was accepted", base)
		}
	}
}

func TestForeignHostIsRefusedExceptForProbes(t *testing.T) {
	s := newSite(t, func(o *web.Options) { o.BaseURL = "https://12345.example.cn" })
	for url, want := range map[string]int{
		"https://12345.example.cn/form": 200,
		"https://12345.EXAMPLE.cn/form": 200,
		"https://evil.example/form":     421,
		"http://10.0.0.3:8080/healthz":  200,
	} {
		if w := s.get(url); w.Code != want {
			t.Errorf("%s: status %d, want %d", url, w.Code, want)
		}
	}
}

// TestStopFinishesWhatIsUnderWay stops the server while a page is being made.
func TestStopFinishesWhatIsUnderWay(t *testing.T) {
	s := newSite(t)
	started, proceed := make(chan bool), make(chan bool)
	s.srv.Add(web.Route{Method: "GET", Path: "/long", Policy: "public", Do: func(w http.ResponseWriter, r *http.Request) error {
		started <- true
		<-proceed
		return web.JSON(w, 200, "done")
	}})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended, status := make(chan error), make(chan int)
	go func() { ended <- s.srv.Run(ctx, ln) }()
	go func() {
		res, err := http.Get("http://" + ln.Addr().String() + "/long")
		if err != nil {
			status <- 0
			return
		}
		res.Body.Close()
		status <- res.StatusCode
	}()
	<-started
	stop()
	close(proceed)
	if got := <-status; got != 200 {
		t.Errorf("the page under way got status %d", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("stop: %v", err)
	}
}
