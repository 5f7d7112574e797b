package page

import (
	"net/http"
	"strings"
)

// The names of the cookies that remember how a visitor likes to read.
const (
	modeCookie  = "mode"
	themeCookie = "theme"
	sizeCookie  = "size"
)

// ReadMode gives the reading mode and theme the visitor chose before.
func ReadMode(r *http.Request) (mode, theme string) {
	if c, err := r.Cookie(modeCookie); err == nil {
		mode = oneOf(c.Value, "elder", "contrast")
	}
	if c, err := r.Cookie(themeCookie); err == nil {
		theme = oneOf(c.Value, "light", "dark")
	}
	return mode, theme
}

// ReadLarge reports whether the visitor wants the letters of the elder mode larger still.
func ReadLarge(r *http.Request) bool {
	c, err := r.Cookie(sizeCookie)
	return err == nil && c.Value == "large"
}

// SetMode answers the form of the mode switch: it remembers the choice for a year and returns to the page the
// visitor came from. Unknown values mean standard.
func SetMode(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	if err := r.ParseForm(); err != nil {
		http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
		return nil
	}
	if r.PostForm.Has("mode") {
		remember(w, modeCookie, oneOf(r.PostForm.Get("mode"), "elder", "contrast"))
	}
	if r.PostForm.Has("theme") {
		remember(w, themeCookie, oneOf(r.PostForm.Get("theme"), "light", "dark"))
	}
	if r.PostForm.Has("size") {
		remember(w, sizeCookie, oneOf(r.PostForm.Get("size"), "large"))
	}
	http.Redirect(w, r, localPath(r.PostForm.Get("back")), http.StatusSeeOther)
	return nil
}

func remember(w http.ResponseWriter, name, value string) {
	c := &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: 365 * 86400, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// localPath keeps a redirect on this site: browsers read "//x" and "/\x" as another host.
func localPath(p string) string {
	if !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n\t") {
		return "/"
	}
	return p
}
