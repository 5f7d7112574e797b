package signin

import (
	"crypto/hmac"
	"net/http"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/web"
)

// knownLife is how long a browser is remembered as one from which an account
// was opened.
const knownLife = 180 * 24 * time.Hour

func (s *Service) knownCookie() string { return cookieName("known", s.Secure) }

// remember marks the browser as one that knew the account's password. It opens
// nothing: it only counts apart from strangers who guess.
func (s *Service) remember(w http.ResponseWriter, login string) {
	mark := actor.Secret()
	s.setCookie(w, s.knownCookie(), mark+"."+s.Vault.Token("known browser", login+"\x00"+mark), knownLife)
}

// slow bounds how often passwords are tried: per address for all accounts, per
// account for all strangers together, and per browser that has opened the
// account before. So whoever guesses at an account from everywhere does not keep
// its owner out.
func (s *Service) slow(r *http.Request, login string) error {
	if err := web.LimitAddress(r, "signin", addressRate); err != nil {
		return err
	}
	if c, err := r.Cookie(s.knownCookie()); err == nil {
		mark, proof, _ := strings.Cut(c.Value, ".")
		if hmac.Equal([]byte(proof), []byte(s.Vault.Token("known browser", login+"\x00"+mark))) {
			return web.Limit(r, "signin known", mark, accountRate)
		}
	}
	return web.Limit(r, "signin", login, accountRate)
}
