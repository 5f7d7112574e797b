// Package outbound is the one way out over HTTP: to gateways, webhooks, other
// cities and sign-in services. It resolves a name, checks every address it
// resolves to, and dials exactly the address it checked, so that an address a
// stranger gave us can never lead into the network the program stands in.
// Redirects are not followed, an answer is read up to a limit, and each call has
// an end.
package outbound

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// ErrRefused is the whole answer to an address that may not be called. It says
// no more: whether something listens there is nobody's business.
var ErrRefused = errors.New("outbound: this address may not be called")

// ErrTooLarge is the answer to a body longer than Client.Most.
var ErrTooLarge = errors.New("outbound: the answer is too large")

// Client calls others. The zero value is strict and ready to use.
type Client struct {
	Allow   []netip.Prefix                                               // private networks an operator has named; empty allows public addresses only
	Plain   bool                                                         // http too, not only https; implied for addresses within Allow
	Timeout time.Duration                                                // of one call from dialling to the last byte; 10 s
	Most    int64                                                        // longest answer in bytes; 1 MiB
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error) // nil: the system's resolver
}

// Networks reads addresses and networks as an operator writes them, for Allow.
func Networks(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range list {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			a, e := netip.ParseAddr(text)
			if e != nil {
				return nil, fmt.Errorf("%q is neither an address nor a network such as 10.0.0.0/8", text)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		if p.Bits() == 0 {
			return nil, fmt.Errorf("%q would allow everything: name the networks", text)
		}
		out = append(out, p)
	}
	return out, nil
}

// Answer is what the other side said.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// OK reports a status between 200 and 299.
func (a Answer) OK() bool { return a.Status >= 200 && a.Status < 300 }

// Do sends a request and reads the whole answer. A status of 4xx or 5xx is an
// answer, not an error.
func (c *Client) Do(r *http.Request) (Answer, error) {
	if err := c.check(r.URL); err != nil {
		return Answer{}, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), c.timeout())
	defer cancel()
	resp, err := c.http().Do(r.WithContext(ctx))
	if err != nil {
		if errors.Is(err, ErrRefused) {
			return Answer{}, ErrRefused
		}
		return Answer{}, fmt.Errorf("call %s: %w", r.URL.Host, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, c.most()+1))
	if err != nil {
		return Answer{}, fmt.Errorf("read answer of %s: %w", r.URL.Host, err)
	}
	if int64(len(body)) > c.most() {
		return Answer{}, ErrTooLarge
	}
	return Answer{resp.StatusCode, resp.Header, body}, nil
}

// Get fetches an address.
func (c *Client) Get(ctx context.Context, address string) (Answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Answer{}, ErrRefused
	}
	return c.Do(r)
}

// Post sends a body.
func (c *Client) Post(ctx context.Context, address, media string, body []byte) (Answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return Answer{}, ErrRefused
	}
	r.Header.Set("Content-Type", media)
	return c.Do(r)
}

// HTTP is an http.Client under the same rules, for libraries that want one. Its
// answers are cut at Most.
func (c *Client) HTTP() *http.Client {
	h := c.http()
	h.Transport = guarded{c, h.Transport}
	h.Timeout = c.timeout()
	return h
}

type guarded struct {
	c    *Client
	next http.RoundTripper
}

func (g guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := g.c.check(r.URL); err != nil {
		return nil, err
	}
	resp, err := g.next.RoundTrip(r)
	if err == nil {
		resp.Body = cut{io.LimitReader(resp.Body, g.c.most()), resp.Body}
	}
	return resp, err
}

type cut struct {
	io.Reader
	io.Closer
}

func (c *Client) timeout() time.Duration {
	if c.Timeout > 0 {
		return c.Timeout
	}
	return 10 * time.Second
}

func (c *Client) most() int64 {
	if c.Most > 0 {
		return c.Most
	}
	return 1 << 20
}

func (c *Client) http() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            c.dial,
			Proxy:                  nil, // a proxy of the environment would dial for us, unchecked
			DisableKeepAlives:      true,
			MaxResponseHeaderBytes: 64 << 10,
			TLSHandshakeTimeout:    c.timeout(),
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// check refuses what can be refused by looking: another scheme, a name and
// password in the address, a port where mail or a database listens.
func (c *Client) check(u *url.URL) error {
	host := u.Hostname()
	switch {
	case host == "" || u.User != nil:
		return ErrRefused
	case u.Scheme == "https" || u.Scheme == "http" && (c.Plain || len(c.Allow) > 0):
	default:
		return ErrRefused
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return c.may(a, u.Scheme)
	}
	if numeric(host) {
		return ErrRefused // 127.1, 0x7f000001, 2130706433: forms of an address that some resolvers still read
	}
	return nil
}

// numeric reports a host whose last label is a number, in any base: no name of
// the public network ends so.
func numeric(host string) bool {
	label := host[strings.LastIndexByte(strings.TrimSuffix(host, "."), '.')+1:]
	label = strings.TrimSuffix(label, ".")
	if label == "" {
		return true
	}
	if rest, ok := strings.CutPrefix(strings.ToLower(label), "0x"); ok {
		return strings.Trim(rest, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}

// may reports whether one address may be dialled.
func (c *Client) may(a netip.Addr, scheme string) error {
	a = a.Unmap().WithZone("")
	for _, p := range c.Allow {
		if p.Contains(a) {
			return nil
		}
	}
	if scheme == "http" && !c.Plain || !Public(a) {
		return ErrRefused
	}
	return nil
}

// closed are networks that are not the public internet although netip calls
// them global: shared and benchmark space, documentation, translation of IPv4
// (behind which a private address may hide), and the clouds' own services.
var closed = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fec0::/10")

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, p := range list {
		out[i] = netip.MustParsePrefix(p)
	}
	return out
}

// Public reports whether an address belongs to the public internet.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range closed {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// dial resolves, checks all addresses and dials one of those it checked. One
// address that may not be called refuses the name: who mixes them means no good.
func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, ErrRefused
	}
	list, err := c.resolve(ctx, host)
	if err != nil || len(list) == 0 {
		return nil, fmt.Errorf("the name %s is not known", host)
	}
	scheme := "https"
	if port == "80" || c.Plain {
		scheme = "http"
	}
	for _, a := range list {
		if err := c.may(a, scheme); err != nil {
			return nil, err
		}
	}
	var d net.Dialer
	for _, a := range list {
		var conn net.Conn
		if conn, err = d.DialContext(ctx, network, net.JoinHostPort(a.Unmap().String(), port)); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

func (c *Client) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	if c.Resolve != nil {
		return c.Resolve(ctx, host)
	}
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}
