package page

import (
	"net/http"
	"strings"

	"gongzhi/internal/locale"
)

// flashCookie carries a sentence's key over a redirect. Only keys of the
// catalogue are shown, so a planted cookie can say nothing of its own.
const flashCookie = "flash"

// Maker builds the Base of a page for its visitor; the app provides it.
type Maker func(w http.ResponseWriter, r *http.Request, titleKey string, args ...any) Base

// SetFlash lets the next page say the sentence of key, once. kind is "", "good",
// "warn" or "bad".
func SetFlash(w http.ResponseWriter, _ *http.Request, kind, key string) {
	http.SetCookie(w, &http.Cookie{Name: flashCookie, Value: kind + "." + key, Path: "/", MaxAge: 60, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// TakeFlash is the sentence left by the page before, and takes it away.
func TakeFlash(w http.ResponseWriter, r *http.Request, lang locale.Lang) Flash {
	c, err := r.Cookie(flashCookie)
	if err != nil {
		return Flash{}
	}
	http.SetCookie(w, &http.Cookie{Name: flashCookie, Path: "/", MaxAge: -1})
	kind, key, _ := strings.Cut(c.Value, ".")
	if !locale.Has(lang, key) {
		return Flash{}
	}
	return Flash{Kind: oneOf(kind, "good", "warn", "bad"), Text: locale.T(lang, key)}
}
