package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"mime"
	"net/http"
	"strings"

	"gongzhi/internal/fault"
)

// TokenField is the name of the hidden field that carries CSRF, and TokenHeader
// of the header that carries it in requests made by script.
const (
	TokenField  = "csrf"
	TokenHeader = "X-CSRF-Token"
)

// CSRF is the token that a form on the page for r has to carry. It is bound to
// the session, or for a visitor without one to a cookie that this call sets; so
// call it before the answer has begun.
func CSRF(r *http.Request) string {
	st := stateOf(r)
	if st == nil {
		return ""
	}
	return mask(st.srv.tokenMAC(st.binding(r)))
}

// binding is the secret that this browser alone has. The two sources are kept
// apart by a prefix so that one can never stand in for the other.
func (st *request) binding(r *http.Request) string {
	if name := st.srv.opt.SessionCookie; name != "" {
		if c, err := r.Cookie(name); err == nil && c.Value != "" {
			return "session:" + lasting(c.Value)
		}
	}
	if st.secret == "" {
		st.secret = st.visitorSecret(r)
	}
	return "visitor:" + st.secret
}

// lasting is the part of a session's cookie that stays when the session gets a
// new token: what stands after its dot, else all of it. So a form that is open
// in another window can still be sent.
func lasting(cookie string) string {
	if _, rest, ok := strings.Cut(cookie, "."); ok {
		return rest
	}
	return cookie
}

func (st *request) visitorSecret(r *http.Request) string {
	name := st.srv.visitorCookie()
	if c, err := r.Cookie(name); err == nil && len(c.Value) == 26 {
		return c.Value
	}
	secret := rand.Text()
	http.SetCookie(st.w, &http.Cookie{Name: name, Value: secret, Path: "/", HttpOnly: true,
		Secure: st.srv.opt.TLS, SameSite: http.SameSiteLaxMode})
	return secret
}

// visitorCookie: the __Host- prefix keeps a sister domain from planting one, and
// exists only over TLS.
func (s *Server) visitorCookie() string {
	if s.opt.TLS {
		return "__Host-visitor"
	}
	return "visitor"
}

func (s *Server) tokenMAC(binding string) []byte {
	h := hmac.New(sha256.New, s.opt.Key)
	h.Write([]byte("form token\x00" + binding))
	return h.Sum(nil)
}

// mask makes the token different on every page, so that its bytes cannot be
// guessed from the size of compressed pages.
func mask(mac []byte) string {
	out := make([]byte, 2*len(mac))
	rand.Read(out[:len(mac)])
	for i, b := range mac {
		out[len(mac)+i] = b ^ out[i]
	}
	return base64.RawURLEncoding.EncodeToString(out)
}

func (s *Server) validToken(token, binding string) bool {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != 2*sha256.Size {
		return false
	}
	got := make([]byte, sha256.Size)
	for i := range got {
		got[i] = raw[i] ^ raw[sha256.Size+i]
	}
	return hmac.Equal(got, s.tokenMAC(binding))
}

// checkToken demands proof that an unsafe request came from our own page. An
// API route is called by programs, which have no page: there the proof is a
// media type that no foreign form can send, or that no session comes along.
func (s *Server) checkToken(r *http.Request, rt *Route) error {
	if r.Method == http.MethodOptions {
		return nil
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead || rt.Signed {
		return nil
	}
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	form := media == "application/x-www-form-urlencoded" || media == "multipart/form-data"
	if rt.API {
		if media == "application/json" || strings.HasSuffix(media, "+json") || form && !s.hasSession(r) || r.ContentLength == 0 && !s.hasSession(r) {
			return nil
		}
		return fault.New(fault.Invalid, "web.media_type", nil)
	}
	token := r.Header.Get(TokenHeader)
	if token == "" && form {
		if err := parseForm(r); err != nil {
			return err
		}
		token = r.PostForm.Get(TokenField)
	}
	if !form && r.ContentLength != 0 && media != "application/json" {
		return fault.New(fault.Invalid, "web.media_type", nil)
	}
	if !s.validToken(token, stateOf(r).binding(r)) {
		return ErrFormExpired
	}
	return nil
}

func (s *Server) hasSession(r *http.Request) bool {
	c, err := r.Cookie(s.opt.SessionCookie)
	return err == nil && c.Value != ""
}
