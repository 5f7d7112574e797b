package signin_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/setup/signin"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// provider is an OpenID Connect provider that answers by the book, unless told
// to answer wrongly.
type provider struct {
	*httptest.Server
	key       *rsa.PrivateKey
	kid       string
	code      string // that it has given out; "" none
	challenge string // of the visit
	nonce     string
	now       func() time.Time

	claims func(map[string]any) // changes what the token says
	sign   func(p *provider, head, body string) string
	access string
	token  func(map[string]any) // changes the answer around the token
	issuer string               // says another one in its discovery
}

var rsaKey, _ = rsa.GenerateKey(rand.Reader, 2048)

func newProvider(t *testing.T, now func() time.Time) *provider {
	p := &provider{key: rsaKey, kid: "k1", now: now, access: "access-token"}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		iss := p.URL
		if p.issuer != "" {
			iss = p.issuer
		}
		answer(w, map[string]any{"issuer": iss, "authorization_endpoint": p.URL + "/auth", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		e := big.NewInt(int64(p.key.E)).Bytes()
		answer(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": p.kid, "n": b64(p.key.N.Bytes()), "e": b64(e)}}})
	})
	mux.HandleFunc("POST /token", p.exchange)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func answer(w http.ResponseWriter, what any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(what)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// exchange gives the token for a code, once, to who knows the verifier.
func (p *provider) exchange(w http.ResponseWriter, r *http.Request) {
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if p.code == "" || r.FormValue("code") != p.code || b64(sum[:]) != p.challenge {
		w.WriteHeader(http.StatusBadRequest)
		answer(w, map[string]any{"error": "invalid_grant"})
		return
	}
	p.code = ""
	access := sha256.Sum256([]byte(p.access))
	claims := map[string]any{"iss": p.URL, "sub": "u-1", "aud": "gongzhi", "azp": "gongzhi", "nonce": p.nonce, "name": "王芳", "email": "agent@example.cn", "email_verified": true,
		"at_hash": b64(access[:16]), "iat": p.now().Unix(), "exp": p.now().Add(5 * time.Minute).Unix()}
	if p.claims != nil {
		p.claims(claims)
	}
	for k, v := range maps.Clone(claims) {
		if v == nil {
			delete(claims, k)
		}
	}
	body, _ := json.Marshal(claims)
	sign := p.sign
	if sign == nil {
		sign = rs256
	}
	out := map[string]any{"access_token": p.access, "token_type": "Bearer", "expires_in": 300, "id_token": sign(p, `{"alg":"RS256","kid":"`+p.kid+`"}`, string(body))}
	if p.token != nil {
		p.token(out)
	}
	answer(w, out)
}

func rs256(p *provider, head, body string) string {
	text := b64([]byte(head)) + "." + b64([]byte(body))
	sum := sha256.Sum256([]byte(text))
	sig, _ := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, sum[:])
	return text + "." + b64(sig)
}

// visit takes a browser to the provider and gives back the way home.
func (p *provider) visit(t *testing.T, b *browser, id string) (back string, asked url.Values) {
	t.Helper()
	b.get("/signin/with/" + id)
	to, err := url.Parse(b.to)
	if b.status != 303 || err != nil || to.Path != "/auth" {
		t.Fatalf("to the provider: status %d to %s: %s", b.status, b.to, b.body)
	}
	asked = to.Query()
	p.code, p.challenge, p.nonce = "code-"+asked.Get("state")[:8], asked.Get("code_challenge"), asked.Get("nonce")
	return "/signin/with/" + id + "/back?" + url.Values{"code": {p.code}, "state": {asked.Get("state")}, "iss": {p.URL}}.Encode(), asked
}

// withProvider is a city that knows the provider, with the account of u-1.
func withProvider(t *testing.T, c *city) (*provider, string) {
	t.Helper()
	p := newProvider(t, c.db.Now)
	sec := actor.Actor{ID: "sec", Roles: []actor.Role{actor.SecAdmin}, Proved: c.db.Now()}
	id, err := c.s.KeepProvider(t.Context(), sec, signin.Provider{Name: "市统一认证", Issuer: p.URL, ClientID: "gongzhi", Secret: "s3cret", Active: true})
	if err != nil {
		t.Fatal(err)
	}
	return p, id
}

// linked makes the identity u-1 open the account agent, as a person does.
func linked(t *testing.T, c *city, p *provider, id string) {
	t.Helper()
	b := c.browser()
	back, _ := p.visit(t, b, id)
	if b.get(back); b.status != 303 || b.to != "/signin?next=/account/link" || b.cookies["session"] != "" {
		t.Fatalf("an unknown identity: status %d to %s: %s", b.status, b.to, b.body)
	}
	b.signIn("agent", password)
	b.get("/account/link")
	if b.post("/account/link", url.Values{}); b.status != 303 || b.to != "/account" {
		t.Fatalf("link: status %d to %s: %s", b.status, b.to, b.body)
	}
}

func TestAnIdentityOpensTheAccountItsOwnerHasLinked(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newCity(t, db)
		p, id := withProvider(t, c)
		linked(t, c, p, id)
		b := c.browser()
		back, asked := p.visit(t, b, id)
		if asked.Get("code_challenge_method") != "S256" || asked.Get("code_challenge") == "" || asked.Get("nonce") == "" || asked.Get("scope") != "openid profile" || asked.Get("redirect_uri") != c.srv.URL+"/signin/with/"+id+"/back" {
			t.Errorf("asked %v", asked)
		}
		if b.get(back); b.status != 303 || b.cookies["session"] == "" {
			t.Fatalf("status %d to %s: %s", b.status, b.to, b.body)
		}
		if b.get("/account"); b.status != 200 {
			t.Errorf("signed in: status %d", b.status)
		}
		// Its keys may change: the next token is signed by a new one.
		fresh, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		p.key, p.kid = fresh, "k2"
		again := c.browser()
		back, _ = p.visit(t, again, id)
		if again.get(back); again.status != 303 || again.cookies["session"] == "" {
			t.Errorf("after new keys: status %d: %s", again.status, again.body)
		}
		// The second factor of the account stays ours.
		secret, _ := c.enrol("agent")
		two := c.browser()
		back, _ = p.visit(t, two, id)
		if two.get(back); two.to != "/signin/code" || two.cookies["session"] != "" {
			t.Errorf("past the second factor: status %d to %s", two.status, two.to)
		}
		two.get("/signin/code")
		if two.post("/signin/code", url.Values{"code": {c.code(secret)}}); two.cookies["session"] == "" {
			t.Errorf("second step: status %d", two.status)
		}
	})
}

// Every wrong answer of a provider is refused, and none of them opens anything.
func TestWrongAnswersOfAProviderOpenNothing(t *testing.T) {
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: func() []byte { b, _ := x509.MarshalPKIXPublicKey(&rsaKey.PublicKey); return b }()})
	set := func(name string, value any) func(*provider) {
		return func(p *provider) { p.claims = func(c map[string]any) { c[name] = value } }
	}
	at := func(name string, d time.Duration) func(*provider) {
		return func(p *provider) { p.claims = func(c map[string]any) { c[name] = p.now().Add(d).Unix() } }
	}
	wrong := map[string]func(*provider){
		"other issuer":   set("iss", "https://evil.example.cn"),
		"other audience": set("aud", "somebody-else"),
		"two audiences, other party": func(p *provider) {
			p.claims = func(c map[string]any) { c["aud"], c["azp"] = []string{"gongzhi", "x"}, "x" }
		},
		"two audiences, no party": func(p *provider) {
			p.claims = func(c map[string]any) { c["aud"], c["azp"] = []string{"gongzhi", "x"}, nil }
		},
		"other party":               set("azp", "somebody-else"),
		"expired":                   at("exp", -time.Minute),
		"issued in the future":      at("iat", time.Hour),
		"issued long ago":           at("iat", -time.Hour),
		"not before tomorrow":       at("nbf", 24*time.Hour),
		"no subject":                set("sub", nil),
		"subject without end":       set("sub", string(make([]byte, 300))),
		"no nonce":                  set("nonce", nil),
		"nonce of another visit":    set("nonce", "replayed"),
		"hash of another access":    set("at_hash", b64([]byte("0123456789abcdef"))),
		"no expiry":                 set("exp", nil),
		"claims that are no object": func(p *provider) { p.sign = func(p *provider, head, _ string) string { return rs256(p, head, `[]`) } },
		"no signature": func(p *provider) {
			p.sign = func(_ *provider, _, body string) string {
				return b64([]byte(`{"alg":"none"}`)) + "." + b64([]byte(body)) + "."
			}
		},
		"signed with the public key": func(p *provider) {
			p.sign = func(_ *provider, _, body string) string {
				text := b64([]byte(`{"alg":"HS256","kid":"k1"}`)) + "." + b64([]byte(body))
				h := hmac.New(sha256.New, public)
				h.Write([]byte(text))
				return text + "." + b64(h.Sum(nil))
			}
		},
		"signed with the client secret": func(p *provider) {
			p.sign = func(_ *provider, _, body string) string {
				text := b64([]byte(`{"alg":"HS256"}`)) + "." + b64([]byte(body))
				h := hmac.New(sha256.New, []byte("s3cret"))
				h.Write([]byte(text))
				return text + "." + b64(h.Sum(nil))
			}
		},
		"signed by a stranger": func(p *provider) {
			p.sign = func(_ *provider, head, body string) string {
				k, _ := rsa.GenerateKey(rand.Reader, 2048)
				return rs256(&provider{key: k}, head, body)
			}
		},
		"tampered body": func(p *provider) {
			p.sign = func(p *provider, head, body string) string {
				good := rs256(p, head, body)
				return b64([]byte(head)) + "." + b64([]byte(`{"sub":"admin"}`)) + good[len(good)-342-1:]
			}
		},
		"no token":           func(p *provider) { p.token = func(m map[string]any) { delete(m, "id_token") } },
		"token of a number":  func(p *provider) { p.token = func(m map[string]any) { m["id_token"] = 7 } },
		"not the code":       func(p *provider) { p.code = "other" },
		"other challenge":    func(p *provider) { p.challenge = "other" },
		"discovery of other": func(p *provider) { p.issuer = "https://evil.example.cn" },
	}
	db := sqldbtest.New(t, sqldb.SQLite)
	c := newCity(t, db)
	p, id := withProvider(t, c)
	linked(t, c, p, id)
	for name, twist := range wrong {
		t.Run(name, func(t *testing.T) {
			b := c.browser()
			back, _ := p.visit(t, b, id)
			twist(p)
			defer func() { p.claims, p.sign, p.token, p.issuer = nil, nil, nil, "" }()
			if b.get(back); b.status < 400 || b.status == 500 || b.cookies["session"] != "" || b.cookies["link"] != "" {
				t.Errorf("status %d to %s, cookies %v", b.status, b.to, b.cookies)
			}
			sqldbtest.ClockOf(db).Add(10 * time.Minute) // the limits are not what is tested here
		})
	}
	t.Logf("%d wrong answers", len(wrong))
}

func TestTheWayBackIsBoundToTheBrowserAndWorksOnce(t *testing.T) {
	db := sqldbtest.New(t, sqldb.SQLite)
	c := newCity(t, db)
	p, id := withProvider(t, c)
	other, otherID := withProvider(t, c)
	linked(t, c, p, id)
	refused := func(name string, b *browser, path string) {
		t.Helper()
		if b.get(path); b.status < 400 || b.status == 500 || b.cookies["session"] != "" {
			t.Errorf("%s: status %d to %s", name, b.status, b.to)
		}
	}
	b := c.browser()
	back, asked := p.visit(t, b, id)
	refused("another browser", c.browser(), back)
	refused("no state", c.browser(), "/signin/with/"+id+"/back?code=x")
	kept := maps.Clone(b.cookies)
	refused("foreign state", b, "/signin/with/"+id+"/back?code="+p.code+"&state=foreign")
	b.cookies = maps.Clone(kept)
	refused("the state of one provider at another", b, "/signin/with/"+otherID+"/back?"+url.Values{"code": {other.code}, "state": {asked.Get("state")}}.Encode())
	b.cookies = maps.Clone(kept)
	refused("answer of another issuer", b, "/signin/with/"+id+"/back?"+url.Values{"code": {p.code}, "state": {asked.Get("state")}, "iss": {other.URL}}.Encode())

	b = c.browser()
	back, asked = p.visit(t, b, id)
	kept = maps.Clone(b.cookies)
	if b.get(back); b.cookies["session"] == "" {
		t.Fatalf("the right way: status %d: %s", b.status, b.body)
	}
	replay := c.browser()
	replay.cookies = kept
	p.code = "code-" + asked.Get("state")[:8] // even if the provider would take it again
	refused("the same way twice", replay, back)

	b = c.browser()
	back, _ = p.visit(t, b, id)
	sqldbtest.ClockOf(db).Add(11 * time.Minute)
	refused("after ten minutes", b, back)
	b = c.browser()
	_, asked = p.visit(t, b, id)
	refused("declined there", b, "/signin/with/"+id+"/back?error=access_denied&state="+url.QueryEscape(asked.Get("state")))
}

func TestAnIdentityIsNeverTakenForAnAccountByItsMail(t *testing.T) {
	db := sqldbtest.New(t, sqldb.SQLite)
	c := newCity(t, db)
	p, id := withProvider(t, c)
	for _, verified := range []bool{true, false} {
		p.claims = func(m map[string]any) {
			m["email"], m["preferred_username"], m["email_verified"], m["sub"] = "agent", "agent", verified, "stranger"
		}
		b := c.browser()
		back, _ := p.visit(t, b, id)
		if b.get(back); b.cookies["session"] != "" || b.to != "/signin?next=/account/link" {
			t.Errorf("verified %v: status %d to %s", verified, b.status, b.to)
		}
	}
	var n int
	c.do(func(tx *sqldb.Tx) error {
		return tx.QueryRow(`select cast((select count(*) from setup_identity) + (select count(*) from actor_staff) as bigint)`).Scan(&n)
	})
	if n != 3 {
		t.Errorf("%d accounts and links, want the three accounts alone", n)
	}
}

func TestADisabledAccountStaysDisabledAndNewcomersHaveNoRole(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newCity(t, db)
		p, id := withProvider(t, c)
		linked(t, c, p, id)
		c.do(func(tx *sqldb.Tx) error {
			_, err := actor.SaveStaff(tx, actor.Staff{ID: "agent", Login: "agent", Name: "王芳", UnitID: "city", Roles: []actor.Role{actor.Agent}}, "")
			return err
		})
		b := c.browser()
		back, _ := p.visit(t, b, id)
		if b.get(back); b.status != 403 || b.body != "signin.disabled" || b.cookies["session"] != "" {
			t.Errorf("a disabled account: status %d %s", b.status, b.body)
		}
		sec := actor.Actor{ID: "sec", Roles: []actor.Role{actor.SecAdmin}, Proved: db.Now()}
		if _, err := c.s.KeepProvider(t.Context(), sec, signin.Provider{ID: id, Name: "市统一认证", Issuer: p.URL, ClientID: "gongzhi", Creates: true, Active: true}); err != nil {
			t.Fatal(err)
		}
		p.claims = func(m map[string]any) { m["sub"], m["name"] = "newcomer", "赵敏" }
		b = c.browser()
		back, _ = p.visit(t, b, id)
		b.get(back)
		var who actor.Actor
		c.do(func(tx *sqldb.Tx) (err error) { who, _, err = actor.Session(tx, b.cookies["session"]); return err })
		if who.Name != "赵敏" || len(who.Roles) != 0 {
			t.Errorf("a newcomer is %+v", who)
		}
	})
}
