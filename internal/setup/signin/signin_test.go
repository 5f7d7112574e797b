package signin_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/notice"
	"gongzhi/internal/outbound"
	"gongzhi/internal/page"
	"gongzhi/internal/setup"
	"gongzhi/internal/setup/signin"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
	"gongzhi/internal/totp"
	"gongzhi/internal/vault"
	"gongzhi/internal/web"
)

var keys = vault.Test()

const password = "lamps and bridges"

var hashed = actor.HashPassword(password)

// city is a city with three accounts, served without the rest of the program.
type city struct {
	t   *testing.T
	db  *sqldb.DB
	s   *signin.Service
	srv *httptest.Server
}

func newCity(t *testing.T, db *sqldb.DB) *city {
	t.Helper()
	c := &city{t: t, db: db}
	c.do(func(tx *sqldb.Tx) error {
		if err := actor.SaveUnit(tx, actor.Unit{ID: "city", Name: "云泽市人民政府", Kind: "city", Active: true}); err != nil {
			return err
		}
		for login, role := range map[string]actor.Role{"agent": actor.Agent, "sec": actor.SecAdmin, "gone": actor.Agent} {
			if _, err := actor.SaveStaff(tx, actor.Staff{ID: login, Login: login, Name: "王芳", UnitID: "city", Roles: []actor.Role{role}, Active: login != "gone"}, hashed); err != nil {
				return err
			}
		}
		return nil
	})
	shelf := &catalog.Shelf{DB: db}
	reload := func(ctx context.Context) error { return shelf.Reload(ctx) }
	if err := reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.s = &signin.Service{DB: db, Vault: keys, Catalog: shelf, Setup: &setup.Service{DB: db, Vault: keys, Reload: reload}, Home: func(actor.Actor) string { return "/account" },
		Cookie: signin.SessionCookie(false), Out: &outbound.Client{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}
	c.s.Base = func(_ http.ResponseWriter, r *http.Request, title string, args ...any) page.Base {
		b := page.Base{Lang: web.Lang(r), Path: r.URL.Path, CSRF: web.CSRF(r), City: "云泽市", Now: db.Now(), User: &page.User{Name: "王芳"}}
		b.Title = b.T(title, args...)
		return b
	}
	c.serve()
	return c
}

// serve answers as the program does, errors as their key.
func (c *city) serve() {
	srv, err := web.NewServer(web.Options{SessionCookie: c.s.Cookie, Now: c.db.Now, Policies: func(p string) bool { return actor.Known(actor.Action(p)) },
		Authorize: func(r *http.Request, policy string) (*http.Request, error) {
			var who actor.Actor
			if cookie, err := r.Cookie(c.s.Cookie); err == nil {
				c.do(func(tx *sqldb.Tx) error { who, _, _ = actor.Session(tx, cookie.Value); return nil })
			}
			if !actor.Allowed(who, actor.Action(policy)) {
				return nil, web.ErrSignIn
			}
			return r.WithContext(actor.With(r.Context(), who)), nil
		},
		OnError: func(w http.ResponseWriter, r *http.Request, err error) {
			key, _ := fault.KeyOf(err)
			w.WriteHeader(web.Status(err))
			_, _ = io.WriteString(w, key)
		}})
	if err != nil {
		c.t.Fatal(err)
	}
	srv.Add(c.s.Routes()...)
	c.srv = httptest.NewServer(srv.Handler())
	c.t.Cleanup(c.srv.Close)
	c.s.BaseURL = c.srv.URL
}

func (c *city) do(f func(*sqldb.Tx) error) {
	c.t.Helper()
	if err := c.db.Update(c.t.Context(), f); err != nil {
		c.t.Fatal(err)
	}
}

// browser keeps cookies and follows redirects by hand.
type browser struct {
	c       *city
	cookies map[string]string
	status  int
	to      string
	after   string // when to come back
	body    string
}

func (c *city) browser() *browser { return &browser{c: c, cookies: map[string]string{}} }

func (b *browser) get(path string) { b.send("GET", path, nil) }

func (b *browser) post(path string, form url.Values) {
	token := ""
	if m := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(b.body); m != nil {
		token = m[1]
	}
	form.Set("csrf", token)
	b.send("POST", path, form)
}

func (b *browser) send(method, path string, form url.Values) {
	b.c.t.Helper()
	r, err := http.NewRequest(method, b.c.srv.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.c.t.Fatal(err)
	}
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for k, v := range b.cookies {
		r.AddCookie(&http.Cookie{Name: k, Value: v})
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		b.c.t.Fatal(err)
	}
	defer resp.Body.Close()
	for _, k := range resp.Cookies() {
		if b.cookies[k.Name] = k.Value; k.MaxAge < 0 {
			delete(b.cookies, k.Name)
		}
	}
	raw, _ := io.ReadAll(resp.Body)
	b.status, b.to, b.after, b.body = resp.StatusCode, resp.Header.Get("Location"), resp.Header.Get("Retry-After"), string(raw)
}

func (b *browser) signIn(login, pass string) {
	b.get("/signin")
	b.post("/signin", url.Values{"login": {login}, "password": {pass}})
}

// enrol gives the account an app and returns its secret and recovery codes.
func (c *city) enrol(staff string) (secret string, codes []string) {
	c.t.Helper()
	secret = totp.NewSecret()
	c.do(func(tx *sqldb.Tx) (err error) {
		code, _ := totp.Code(secret, totp.Step(tx.Now))
		codes, err = actor.Enrol(tx, keys, actor.Actor{ID: staff}, secret, code)
		return err
	})
	sqldbtest.ClockOf(c.db).Add(time.Minute) // the code of the enrolment is spent
	return secret, codes
}

func (c *city) code(secret string) string {
	code, err := totp.Code(secret, totp.Step(c.db.Now()))
	if err != nil {
		c.t.Fatal(err)
	}
	return code
}

func TestOneCodeOpensOnceHoweverManySendItTogether(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newCity(t, db)
		secret, recovery := c.enrol("agent")
		for _, typed := range []string{c.code(secret), recovery[0]} {
			var wg sync.WaitGroup
			var mu sync.Mutex
			opened := 0
			for range 50 {
				wg.Go(func() {
					ok := false
					err := db.Update(context.Background(), func(tx *sqldb.Tx) (err error) {
						ok, err = actor.UseCode(tx, keys, "agent", typed)
						return err
					})
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					defer mu.Unlock()
					if ok {
						opened++
					}
				})
			}
			wg.Wait()
			if opened != 1 {
				t.Errorf("50 with one code: %d opened, want 1", opened)
			}
		}
	})
}

func TestASignInTakesTwoStepsAndHalfOfItOpensNothing(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newCity(t, db)
		secret, recovery := c.enrol("agent")
		b := c.browser()
		b.cookies["session"] = "planted.value"
		b.signIn("agent", password)
		if b.status != 303 || b.to != "/signin/code" || b.cookies["session"] != "planted.value" {
			t.Fatalf("status %d to %s, cookies %v", b.status, b.to, b.cookies)
		}
		for _, path := range []string{"/account", "/account/second", "/account/confirm", "/setup/signin"} {
			if b.get(path); b.status != 303 || !strings.HasPrefix(b.to, "/signin?") {
				t.Errorf("half in at %s: status %d to %s", path, b.status, b.to)
			}
		}
		b.get("/signin/code")
		if b.post("/signin/code", url.Values{"code": {"000000"}}); b.status != 422 {
			t.Errorf("a wrong code: status %d", b.status)
		}
		b.post("/signin/code", url.Values{"code": {c.code(secret)}})
		if b.status != 303 || b.to != "/account" || b.cookies["session"] == "planted.value" || b.cookies["signin"] != "" {
			t.Fatalf("status %d to %s, cookies %v", b.status, b.to, b.cookies)
		}
		if b.get("/account"); b.status != 200 {
			t.Errorf("signed in: status %d", b.status)
		}
		// The same code does not open again, a recovery code does, once.
		for _, x := range []struct {
			code   string
			status int
		}{{c.code(secret), 422}, {strings.ToUpper(recovery[1]), 303}, {recovery[1], 422}} {
			other := c.browser()
			other.signIn("agent", password)
			other.get("/signin/code")
			if other.post("/signin/code", url.Values{"code": {x.code}}); other.status != x.status {
				t.Errorf("code %q: status %d, want %d", x.code, other.status, x.status)
			}
		}
	})
}

func TestFiveWrongCodesEndTheSecondStep(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newCity(t, db)
		secret, _ := c.enrol("agent")
		b := c.browser()
		b.signIn("agent", password)
		for range 5 {
			b.get("/signin/code")
			b.post("/signin/code", url.Values{"code": {"000000"}})
		}
		if b.get("/signin/code"); b.status != 303 || b.to != "/signin" {
			t.Errorf("after five: status %d to %s", b.status, b.to)
		}
		_ = secret
		late := c.browser()
		late.signIn("agent", password)
		sqldbtest.ClockOf(db).Add(actor.HalfLife + time.Second)
		if late.get("/signin/code"); late.status != 303 || late.to != "/signin" {
			t.Errorf("after five minutes: status %d to %s", late.status, late.to)
		}
	})
}

func TestWrongSignInsReadAlikeAndLeaveTheSameLine(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newCity(t, db)
		seen := map[string]bool{}
		for _, x := range [][2]string{{"agent", "wrong"}, {"nobody", "wrong"}, {"gone", password}, {"agent", strings.Repeat("密", 100_000)}, {"nobody", ""}} {
			b := c.browser()
			b.signIn(x[0], x[1])
			text := regexp.MustCompile(`value="[^"]*"`).ReplaceAllString(b.body, "")
			if b.status != 422 || b.cookies["session"] != "" {
				t.Errorf("%s: status %d", x[0], b.status)
			}
			seen[text] = true
		}
		if len(seen) != 1 {
			t.Errorf("%d different answers, want 1", len(seen))
		}
		var n int
		c.do(func(tx *sqldb.Tx) error {
			return tx.QueryRow(`select cast(count(*) as bigint) from actor_deed where deed = 'signin.failed'`).Scan(&n)
		})
		if n != 5 {
			t.Errorf("%d lines of five attempts", n)
		}
	})
}

// Who guesses at an account from everywhere is slowed down, and told so on the
// form; the owner, at a browser that has opened the account before, is not.
func TestGuessingIsSlowedAndKeepsNobodyOut(t *testing.T) {
	db := sqldbtest.New(t, sqldb.SQLite)
	c := newCity(t, db)
	owner := c.browser()
	owner.signIn("agent", password)
	if owner.status != 303 || owner.cookies["known"] == "" {
		t.Fatalf("status %d, cookies %v", owner.status, owner.cookies)
	}
	stranger := c.browser()
	for range 10 {
		stranger.signIn("agent", "guess")
	}
	stranger.signIn("agent", password)
	if stranger.status != 429 || stranger.after == "" || !strings.Contains(stranger.body, "试得太多了，请在 "+stranger.after+" 秒后再试") || !strings.Contains(stranger.body, `value="agent"`) {
		t.Errorf("the eleventh: status %d, after %q: %.300s", stranger.status, stranger.after, stranger.body)
	}
	delete(owner.cookies, "session")
	if owner.signIn("agent", password); owner.status != 303 {
		t.Errorf("the owner: status %d", owner.status)
	}
	// The mark is one account's own, and cannot be made.
	for name, mark := range map[string]string{"another account's": owner.cookies["known"], "made up": "mark.proof", "empty": "."} {
		b := c.browser()
		b.cookies["known"] = mark
		login := "agent"
		if name == "another account's" {
			login = "sec"
			for range 10 {
				c.browser().signIn(login, "guess")
			}
		}
		if b.signIn(login, password); b.status != 429 {
			t.Errorf("%s mark: status %d", name, b.status)
		}
	}
	// It slows the browser that has it too.
	for range 10 {
		owner.signIn("agent", "guess")
	}
	if owner.signIn("agent", password); owner.status != 429 {
		t.Errorf("guesses at a known browser: status %d", owner.status)
	}
	sqldbtest.ClockOf(db).Add(5 * time.Minute)
	if stranger.signIn("agent", password); stranger.status != 303 {
		t.Errorf("after five minutes: status %d", stranger.status)
	}
}

// Every stored password says what a guess at it costs. One that was stored for
// less opens, and is stored anew.
func TestAPasswordStoredForLessIsStoredAnew(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newCity(t, db)
		stored := func() (s string) {
			c.do(func(tx *sqldb.Tx) error {
				return tx.QueryRow(`select password from actor_staff where id = 'agent'`).Scan(&s)
			})
			return s
		}
		const today = "$argon2id$v=19$m=19456,t=2,p=1$"
		now := stored()
		if !strings.HasPrefix(now, today) {
			t.Fatalf("stored as %.40q", now)
		}
		salt, enc := []byte("0123456789abcdef"), base64.RawStdEncoding.EncodeToString
		for name, old := range map[string]string{
			"cheaper":          fmt.Sprintf("$argon2id$v=19$m=64,t=1,p=1$%s$%s", enc(salt), enc(argon2.IDKey([]byte(password), salt, 1, 64, 1, 32))),
			"without its cost": "argon2id" + strings.TrimPrefix(now, strings.TrimSuffix(today, "$")),
		} {
			c.do(func(tx *sqldb.Tx) error { return actor.SetPassword(tx, "agent", old) })
			if _, err := actor.Check(t.Context(), db, "agent", "wrong"); err == nil || stored() != old {
				t.Errorf("%s: a wrong password: %v, stored %.40q", name, err, stored())
			}
			for range 2 {
				if _, err := actor.Check(t.Context(), db, "agent", password); err != nil || !strings.HasPrefix(stored(), today) {
					t.Errorf("%s: %v, stored %.40q", name, err, stored())
				}
			}
		}
		kept := stored()
		if _, err := actor.Check(t.Context(), db, "agent", password); err != nil || stored() != kept {
			t.Errorf("a password of today: %v, stored anew %v", err, stored() != kept)
		}
		for _, broken := range []string{"none", "", "$argon2id$v=19$m=64,t=0,p=1$AAAA$AAAA", "$argon2id$v=18$m=64,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=64,t=1,p=1$AAAA$AAAA", "$argon2i$AAAA$AAAA", "argon2id$$"} {
			c.do(func(tx *sqldb.Tx) error { return actor.SetPassword(tx, "agent", broken) })
			for _, typed := range []string{"", password, broken} {
				if _, err := actor.Check(t.Context(), db, "agent", typed); fault.KindOf(err) != fault.Invalid {
					t.Errorf("stored %q, typed %q: %v", broken, typed, err)
				}
			}
		}
	})
}

func TestAPasswordIsTheSameHoweverItsCharactersAreComposed(t *testing.T) {
	db := sqldbtest.New(t, sqldb.SQLite)
	c := newCity(t, db)
	long := strings.Repeat("梧桐路灯", 40) + "é"
	c.do(func(tx *sqldb.Tx) error { return actor.SetPassword(tx, "agent", actor.HashPassword(long)) })
	for typed, want := range map[string]bool{long: true, strings.TrimSuffix(long, "é") + "e\u0301": true, strings.TrimSuffix(long, "é"): false} {
		_, err := actor.Check(t.Context(), db, "agent", typed)
		if (err == nil) != want {
			t.Errorf("%d characters: %v, want %v", len([]rune(typed)), err, want)
		}
	}
}

func TestAnAccountGetsAndLosesItsSecondFactor(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newCity(t, db)
		b, elsewhere := c.browser(), c.browser()
		b.signIn("sec", password)
		elsewhere.signIn("sec", password)
		b.get("/account/second")
		secret := regexp.MustCompile(`<span>([A-Z2-7]{4})</span>`).FindAllStringSubmatch(b.body, -1)
		plain := ""
		for _, m := range secret {
			plain += m[1]
		}
		sealed := regexp.MustCompile(`name="secret" value="([^"]+)"`).FindStringSubmatch(b.body)
		before := b.cookies["session"]
		b.post("/account/second", url.Values{"secret": {sealed[1]}, "code": {c.code(plain)}})
		codes := regexp.MustCompile(`[a-z2-9]{4}(-[a-z2-9]{4}){3}`).FindAllString(b.body, -1)
		if b.status != 200 || len(codes) != actor.RecoveryCodes || b.cookies["session"] == before {
			t.Fatalf("status %d, %d codes: %.300s", b.status, len(codes), b.body)
		}
		if elsewhere.get("/account"); elsewhere.status != 303 {
			t.Errorf("the other session lives on: status %d", elsewhere.status)
		}
		// Another city's administrator takes it away: with a reason, and not from himself.
		a := actor.Actor{ID: "agent", Roles: []actor.Role{actor.SecAdmin}, Proved: db.Now()}
		if err := c.s.Setup.DropSecond(t.Context(), a, "sec", setup.Proof{}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("without a reason: %v", err)
		}
		if err := c.s.Setup.DropSecond(t.Context(), actor.Actor{ID: "sec", Roles: a.Roles, Proved: a.Proved}, "sec", setup.Proof{Reason: "手机丢了"}); fault.KindOf(err) != fault.Denied {
			t.Errorf("from himself: %v", err)
		}
		if err := c.s.Setup.DropSecond(t.Context(), a, "sec", setup.Proof{Reason: "手机丢了"}); err != nil {
			t.Fatal(err)
		}
		if b.get("/account"); b.status != 303 {
			t.Errorf("the session outlives its second factor: status %d", b.status)
		}
	})
}

func TestARoleThatNeedsASecondFactorGetsNoFurtherWithoutIt(t *testing.T) {
	db := sqldbtest.New(t, sqldb.SQLite)
	c := newCity(t, db)
	must := func(a actor.Actor, want bool) {
		t.Helper()
		c.do(func(tx *sqldb.Tx) error {
			if got, err := c.s.MustEnrol(tx, a); err != nil || got != want {
				t.Errorf("%v must enrol %v, %v; want %v", a.Roles, got, err, want)
			}
			return nil
		})
	}
	sec, agent := actor.Actor{ID: "sec", Roles: []actor.Role{actor.SecAdmin}, Proved: db.Now()}, actor.Actor{ID: "agent", Roles: []actor.Role{actor.Agent}}
	must(sec, true)
	must(agent, false)
	rule := signin.Rule{Roles: []actor.Role{actor.Agent}, Grace: db.Now().Format(time.DateOnly), Look: 5}
	if err := c.s.SaveRule(t.Context(), agent, rule); fault.KindOf(err) != fault.Denied {
		t.Errorf("an agent sets the rule: %v", err)
	}
	if err := c.s.SaveRule(t.Context(), sec, rule); err != nil {
		t.Fatal(err)
	}
	must(sec, false)
	must(agent, false) // within the grace
	sqldbtest.ClockOf(db).Add(48 * time.Hour)
	must(agent, true)
	if err := c.s.SaveRule(t.Context(), sec, rule); !errors.Is(err, actor.ErrStepUp) {
		t.Errorf("two days after the proof: %v", err)
	}
}

func TestTheFirstAdministratorsAreMadeOnceWithAToken(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		shelf := &catalog.Shelf{DB: db}
		s := &signin.Service{DB: db, Vault: keys, Catalog: shelf, Setup: &setup.Service{DB: db, Reload: shelf.Reload}}
		first, err := s.Invite(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		token, err := s.Invite(t.Context())
		if err != nil || token == first {
			t.Fatalf("second start: %q, %v", token, err)
		}
		who := setup.Founders{City: "云泽市", Login: "sys", Name: "李明", New: password, Again: password, Other: "sec", Called: "王芳"}
		for _, wrong := range []string{"", "guess", first} {
			if _, _, err := s.Found(t.Context(), wrong, who, actor.Entry{}); fault.KindOf(err) != fault.Invalid {
				t.Errorf("token %q: %v", wrong, err)
			}
		}
		session, other, err := s.Found(t.Context(), token, who, actor.Entry{Device: "test"})
		if err != nil {
			t.Fatal(err)
		}
		_ = db.View(t.Context(), func(tx *sqldb.Tx) error {
			a, _, err := actor.Session(tx, session)
			if err != nil || !a.Is(actor.SysAdmin) {
				t.Errorf("signed in as %v, %v", a.Roles, err)
			}
			for staff, want := range map[string]bool{"sys": false, "sec": true} {
				id, err := actor.Check(t.Context(), db, staff, map[bool]string{false: password, true: other.Password}[want])
				if err != nil {
					t.Errorf("%s: %v", staff, err)
				}
				if must, _ := setup.MustChange(tx, id); must != want {
					t.Errorf("%s must change: %v, want %v", staff, must, want)
				}
			}
			return nil
		})
		if _, _, err := s.Found(t.Context(), token, who, actor.Entry{}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("the token twice: %v", err)
		}
		var words int
		err = db.View(t.Context(), func(tx *sqldb.Tx) error {
			return tx.QueryRow(`select cast(count(*) as bigint) from catalog_text where kind = 'notice' and active and body <> ''`).Scan(&words)
		})
		if err != nil || words != len(notice.Kinds) {
			t.Errorf("the new city has words for %d of %d notices, %v", words, len(notice.Kinds), err)
		}
		if again, err := s.Invite(t.Context()); again != "" || err != nil {
			t.Errorf("a city with accounts invites: %q, %v", again, err)
		}
	})
}

func TestATokenOfTheFirstStartExpires(t *testing.T) {
	db := sqldbtest.New(t, sqldb.SQLite)
	s := &signin.Service{DB: db, Setup: &setup.Service{DB: db}}
	token, err := s.Invite(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sqldbtest.ClockOf(db).Add(time.Hour + time.Second)
	_, _, err = s.Found(t.Context(), token, setup.Founders{City: "云泽市", Login: "sys", Name: "李明", New: password, Again: password, Other: "sec", Called: "王芳"}, actor.Entry{})
	if _, ok := fault.FieldsOf(err).Of("token"); !ok {
		t.Errorf("after an hour: %v", err)
	}
}
