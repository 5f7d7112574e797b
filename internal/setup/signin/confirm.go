package signin

import (
	"context"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// ConfirmPage asks a signed-in person to prove once more who they are, before
// something that one person alone could misuse. What they had sent is carried
// through, so that nothing typed is lost.
type ConfirmPage struct {
	page.Base
	Next   string // where to go on with a look
	Action string // where to send what was carried; "" when it was a look
	Kept   []Kept
	Files  bool // files cannot be carried
	Code   bool // the account has a second factor
	Done   bool
	Error  string
}

// Kept is one field of the form that waits.
type Kept struct{ Name, Value string }

// keptPrefix sets the fields that wait apart from our own.
const keptPrefix = "kept."

// mostKept is how much of a form is carried; the rest must be typed again.
const mostKept = 512 << 10

// StepUp answers actor.ErrStepUp: a look is asked first and shown afterwards, a
// form that was sent waits in the page.
func (s *Service) StepUp(w http.ResponseWriter, r *http.Request) error {
	here := r.URL.RequestURI()
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return web.See(w, r, "/account/confirm?next="+url.QueryEscape(here))
	}
	p := ConfirmPage{Action: here, Next: cameFrom(r)}
	p.Kept, p.Files = carried(r)
	return s.showConfirm(w, r, http.StatusForbidden, p)
}

// carried are the fields of the form that was sent, and whether something came
// along that no page can carry.
func carried(r *http.Request) (list []Kept, files bool) {
	size := 0
	for _, name := range sorted(r.PostForm) {
		for _, v := range r.PostForm[name] {
			if size += len(name) + len(v); name != web.TokenField && size <= mostKept {
				list = append(list, Kept{name, v})
			}
		}
	}
	files = size > mostKept
	if r.MultipartForm != nil {
		for _, l := range r.MultipartForm.File {
			files = files || slices.ContainsFunc(l, carriesFile)
		}
	}
	return list, files
}

func sorted(form url.Values) []string {
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// cameFrom is the page whose form was sent.
func cameFrom(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host {
		return "/account"
	}
	return web.LocalPath(u.RequestURI(), "/account")
}

func (s *Service) confirmForm(w http.ResponseWriter, r *http.Request) error {
	q, err := web.Query(r)
	if err != nil {
		return err
	}
	return s.showConfirm(w, r, http.StatusOK, ConfirmPage{Next: web.LocalPath(q.String("next"), "/account")})
}

func (s *Service) showConfirm(w http.ResponseWriter, r *http.Request, status int, p ConfirmPage) error {
	p.Base = s.Base(w, r, "signin.confirm")
	p.Base.Path, p.Base.Query = "/account/confirm", "" // the other language asks the question, not for the form's page
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		second, err := actor.SecondOf(tx, actor.From(r.Context()).ID)
		p.Code = second.On()
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, status, confirmPage(p))
}

// confirm answers POST /account/confirm.
func (s *Service) confirm(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	who := actor.From(r.Context())
	if err := web.Limit(r, "confirm", who.ID, accountRate); err != nil {
		return err
	}
	p := ConfirmPage{Next: web.LocalPath(v.Raw("next"), "/account"), Action: web.LocalPath(v.Raw("action"), ""), Files: v.Bool("files"), Kept: kept(v.All())}
	cookie, err := r.Cookie(s.Cookie)
	if err != nil {
		return web.ErrSignIn
	}
	token, err := s.Confirm(r.Context(), who, cookie.Value, v.Raw("proof"))
	if fault.KindOf(err) == fault.Invalid {
		key, args := fault.KeyOf(err)
		p.Error = s.Base(w, r, "signin.confirm").T(key, args...)
		return s.showConfirm(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	s.setSession(w, token)
	if p.Action == "" {
		return web.See(w, r, p.Next)
	}
	p.Done = true
	return s.showConfirm(w, r, http.StatusOK, p)
}

func kept(form url.Values) []Kept {
	var out []Kept
	for _, name := range sorted(form) {
		if plain, ok := strings.CutPrefix(name, keptPrefix); ok {
			for _, v := range form[name] {
				out = append(out, Kept{plain, v})
			}
		}
	}
	return out
}

// Confirm checks the code of the second factor, or of an account without one
// the password, and returns the session's new token.
func (s *Service) Confirm(ctx context.Context, a actor.Actor, cookie, typed string) (token string, err error) {
	var second actor.Second
	err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		second, err = actor.SecondOf(tx, a.ID)
		return err
	})
	if err != nil {
		return "", err
	}
	right := false
	if !second.On() {
		if right, err = actor.PasswordIs(ctx, s.DB, a.ID, typed); err != nil {
			return "", err
		}
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) (err error) {
		token = ""
		if second.On() {
			if right, err = actor.UseCode(tx, s.Vault, a.ID, typed); err != nil {
				return err
			}
		}
		if !right {
			return actor.Deed(tx, a, "account.confirm_failed", a.ID, "")
		}
		token, err = actor.Prove(tx, a, cookie)
		return err
	})
	switch {
	case err != nil:
		return "", err
	case token != "":
		return token, nil
	case second.On():
		return "", fault.New(fault.Invalid, "actor.code_wrong", nil)
	}
	return "", fault.New(fault.Invalid, "signin.password_wrong", nil)
}

func carriesFile(h *multipart.FileHeader) bool { return h.Size > 0 }
