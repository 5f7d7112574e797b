package signin

import (
	"errors"
	"net/http"
	"slices"

	"gongzhi/internal/page"
	"gongzhi/internal/web"
)

// resendPage holds a form that came too late: the session had ended, or the page
// it stood on was older than what proves that it is ours. Nothing typed is lost.
type resendPage struct {
	page.Base
	Action string
	Kept   []Kept
	SignIn bool // somebody has to sign in first
}

// ownSecrets are the fields in which people type passwords and codes of theirs.
var ownSecrets = []string{"password", "old", "new", "again", "proof", "code"}

// Resend answers err, web.ErrSignIn or web.ErrFormExpired, for a form that can be
// sent again from the page it gives; false leaves the answer to the caller: files
// cannot be carried, and passwords are not.
func (s *Service) Resend(w http.ResponseWriter, r *http.Request, err error) (bool, error) {
	if r.Method != http.MethodPost || r.Header.Get("Sec-Fetch-Site") != "same-origin" { // an old browser does not say where the form stood
		return false, nil
	}
	if _, wrong := web.Form(r); wrong != nil {
		return false, nil
	}
	p := resendPage{Action: r.URL.RequestURI(), SignIn: errors.Is(err, web.ErrSignIn)}
	var files bool
	if p.Kept, files = carried(r); files || len(p.Kept) == 0 {
		return false, nil
	}
	if slices.ContainsFunc(p.Kept, func(k Kept) bool { return slices.Contains(ownSecrets, k.Name) }) {
		return false, nil
	}
	p.Base = s.Base(w, r, "signin.resend")
	p.Base.Path, p.Base.Query = "/", "" // the form's address is none that can be opened
	return true, page.View{}.Render(w, r, web.Status(err), resend(p))
}
