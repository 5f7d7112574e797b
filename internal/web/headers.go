package web

// securityHeaders confine the browser to what our pages need. They go on every
// answer, errors included, because an attacker chooses which answer he frames
// or injects into.
func securityHeaders(o Options) [][2]string {
	images := "'self' blob: data:"
	if o.TileHost != "" {
		images += " " + o.TileHost
	}
	csp := "default-src 'none'; script-src 'self'; style-src 'self'; img-src " + images + "; " +
		"connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; " +
		"object-src 'none'; require-trusted-types-for 'script'"
	headers := [][2]string{
		{"Content-Security-Policy", csp},
		{"X-Content-Type-Options", "nosniff"},
		{"Referrer-Policy", "same-origin"},
		{"Cross-Origin-Opener-Policy", "same-origin"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		{"X-Frame-Options", "DENY"}, // for browsers of office PCs that ignore frame-ancestors
		{"Permissions-Policy", "geolocation=(self), camera=(self), microphone=(), payment=(), usb=()"},
	}
	if o.TLS {
		headers = append(headers, [2]string{"Strict-Transport-Security", "max-age=31536000"})
	}
	return headers
}
