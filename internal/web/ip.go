package web

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// parseProxies reads the list of proxies. It refuses one that trusts everybody:
// then anybody could write any address into the header.
func parseProxies(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range list {
		p, err := netip.ParsePrefix(text)
		if addr, addrErr := netip.ParseAddr(text); addrErr == nil {
			p, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			return nil, fmt.Errorf("trusted proxy %q: want an address or a network", text)
		}
		if p.Bits() == 0 {
			return nil, fmt.Errorf("trusted proxy %q would believe everybody", text)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

func (s *Server) trusted(a netip.Addr) bool {
	for _, p := range s.proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// clientIP walks X-Forwarded-For from the right, as only the entries written by
// proxies we trust can be believed, and stops at the first other address.
func (s *Server) clientIP(r *http.Request) netip.Addr {
	ip := peer(r)
	if len(s.proxies) == 0 || !s.trusted(ip) {
		return ip
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return ip
		}
		ip = hop.Unmap().WithZone("")
		if !s.trusted(ip) {
			return ip
		}
	}
	return ip
}

func peer(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

// addressKey groups addresses as one visitor: a household's IPv6 network counts
// as one, because its owner can take any address in it.
func addressKey(ip netip.Addr) string {
	if ip.Is6() {
		if p, err := ip.Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.String()
}
