package open311_test

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/advice"
	"gongzhi/internal/blob"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/intake"
	"gongzhi/internal/intake/open311"
	"gongzhi/internal/job"
	"gongzhi/internal/locale"
	"gongzhi/internal/matter"
	"gongzhi/internal/outbound"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
	"gongzhi/internal/vault"
	"gongzhi/internal/web"
)

// keys are those of all cities of these tests.
var keys = vault.Test()

var admin = actor.Actor{ID: "s-admin", Roles: []actor.Role{actor.SysAdmin}}

const square = `{"type":"Polygon","coordinates":[[[120,30],[120.1,30],[120.1,30.1],[120,30.1],[120,30]]]}`

// city is a small city with this door open, as others reach it over HTTP.
type city struct {
	*open311.Service
	t       testing.TB
	clock   *sqldbtest.Clock
	jobs    *job.Queue
	server  *httptest.Server
	handler http.Handler
	key     string // may do everything
}

// local lets the guarded client reach the servers of these tests.
var local = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func newCity(t testing.TB, db *sqldb.DB) *city {
	t.Helper()
	c := &city{t: t, clock: sqldbtest.ClockOf(db)}
	seed(t, db)
	shelf, atlas := &catalog.Shelf{DB: db}, &place.Shelf{DB: db}
	blobs := blob.NewMemory(db.Now)
	c.Service = &open311.Service{DB: db, Vault: keys, Blobs: blobs, Catalog: shelf, Atlas: atlas, Out: &outbound.Client{Allow: local},
		Base: func(_ http.ResponseWriter, r *http.Request, key string, args ...any) page.Base {
			return page.Base{Title: locale.T(locale.ZH, key, args...), City: "云泽市", Path: r.URL.Path, Now: db.Now()}
		},
		Case: func(w http.ResponseWriter, _ *http.Request, _ string, f *show.Failed) error { return f.Err }}
	c.reload()
	c.Numbers = &request.Numbers{DB: db, Zone: shelf.Book().Calendar.Zone}
	c.Intake = &intake.Service{DB: db, Vault: keys, Blobs: blobs, Catalog: shelf, Advice: &advice.Advisor{DB: db, Catalog: shelf}, Atlas: atlas, Numbers: c.Numbers}
	c.jobs = job.New(db, discard())
	c.RegisterJobs(c.jobs)
	c.serve()
	c.key = c.grant("create", "update", "read")
	return c
}

func (c *city) reload() {
	c.t.Helper()
	if err := c.Catalog.Reload(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	if err := c.Atlas.Reload(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
}

// serve opens the real web server with the routes of this door.
func (c *city) serve() {
	c.t.Helper()
	srv, err := web.NewServer(web.Options{Policies: func(p string) bool { return actor.Known(actor.Action(p)) }, Now: c.DB.Now, SessionCookie: "session",
		Authorize: func(r *http.Request, policy string) (*http.Request, error) {
			return r, actor.Can(actor.From(r.Context()), actor.Action(policy))
		}})
	if err != nil {
		c.t.Fatal(err)
	}
	srv.Add(c.Routes()...)
	c.handler = srv.Handler()
	c.server = httptest.NewServer(c.handler)
	c.t.Cleanup(c.server.Close)
	c.BaseURL = c.server.URL
}

func seed(t testing.TB, db *sqldb.DB) {
	t.Helper()
	update(t, db, func(tx *sqldb.Tx) error {
		for _, u := range []actor.Unit{{ID: "city", Name: "云泽市", Kind: "city"}, {ID: "lamps", Parent: "city", Name: "路灯管理所", Kind: "department"}, {ID: "elsewhere", Parent: "city", Name: "东江市热线", Kind: "department"}} {
			u.Active = true
			if err := actor.SaveUnit(tx, u); err != nil {
				return err
			}
		}
		for _, a := range []place.Area{{Code: "330101", Level: place.District, Name: "南湖区"}, {Code: "330101001", Parent: "330101", Level: place.Street, Name: "文昌街道"},
			{Code: "330101001001", Parent: "330101001", Level: place.Community, Name: "梧桐社区", Border: square, Lat: 30.05, Lng: 120.05}} {
			a.Active = true
			if err := place.SaveArea(tx, a); err != nil {
				return err
			}
		}
		if err := place.SaveAddress(tx, place.Address{ID: "a1", Text: "梧桐路32号", Area: "330101001001", Lat: 30.05, Lng: 120.05}); err != nil {
			return err
		}
		lamps := []catalog.Question{{Text: "灭了几盏", Options: []string{"就一盏", "好几盏"}}, {Text: "灯杆编号"}}
		for _, c := range []catalog.Category{{Code: "01", Name: "市政设施"},
			{Code: "0101", Parent: "01", Name: "路灯不亮", Description: "路灯、景观灯不亮", Keywords: []string{"路灯", "灯坏了"}, Publicity: "public", Type: "help", Hint: "三个工作日内修好", Questions: lamps, NeedsPlace: true},
			{Code: "0102", Parent: "01", Name: "家里漏水", Publicity: "masked", Type: "help"},
			{Code: "0103", Parent: "01", Name: "家庭纠纷", Publicity: "private", Type: "help"},
			{Code: "0104", Parent: "01", Name: "作风问题", Publicity: "public", Type: "report"}} {
			c.Limit, c.Urgency, c.Active, c.Publicity = calendar.Limit{N: 5, Unit: "wd"}, "normal", true, or(c.Publicity, "public")
			if err := catalog.SaveCategory(tx, "test", c, 0); err != nil {
				return err
			}
		}
		return catalog.SaveText(tx, "test", catalog.Text{Code: "received", Kind: "notice", Title: "收到", Body: "“{事项}”已收到，编号{编号}", Active: true})
	})
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func update(t testing.TB, db *sqldb.DB, f func(*sqldb.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func (c *city) grant(scopes ...string) string {
	c.t.Helper()
	secret, err := c.GrantKey(c.t.Context(), admin, open311.GrantKey{Name: "测试", Scopes: scopes})
	if err != nil {
		c.t.Fatal(err)
	}
	return secret
}

// reply is an answer as it came over the wire.
type reply struct {
	status int
	header http.Header
	body   string
}

// call sends one raw request.
func (c *city) call(method, path, media, body string, header ...string) reply {
	c.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, c.server.URL+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, string(raw)}
}

const form = "application/x-www-form-urlencoded"

func (c *city) get(path string, header ...string) reply {
	return c.call("GET", path, "", "", header...)
}

// post sends fields in pairs.
func (c *city) post(path string, pairs ...string) reply {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		switch pairs[i] {
		case "description", "service_request_id", "service_code", "lat", "long": // a later one replaces
			q.Set(pairs[i], pairs[i+1])
		default:
			q.Add(pairs[i], pairs[i+1])
		}
	}
	return c.call("POST", path, form, q.Encode())
}

// claim announces a body of a length and sends none of it.
func (c *city) claim(length int64) reply {
	r := httptest.NewRequest("POST", v2+"/requests.json", strings.NewReader("x"))
	r.Header.Set("Content-Type", form)
	r.ContentLength = length
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	return reply{w.Code, w.Header(), w.Body.String()}
}

func (c *city) blob(hash string) []byte {
	c.t.Helper()
	f, err := c.Blobs.Open(hash)
	if err != nil {
		c.t.Fatal(err)
	}
	defer f.Close()
	raw, err := io.ReadAll(f)
	if err != nil {
		c.t.Fatal(err)
	}
	return raw
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// run lets all due jobs do their work.
func (c *city) run() {
	c.t.Helper()
	if _, err := c.jobs.RunDue(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
}

func (c *city) count(q string, args ...any) (n int) {
	c.t.Helper()
	if err := c.DB.View(c.t.Context(), func(tx *sqldb.Tx) error { return tx.QueryRow(q, args...).Scan(&n) }); err != nil {
		c.t.Fatal(err)
	}
	return n
}

func (c *city) order(number string) (o *request.Order) {
	c.t.Helper()
	err := c.DB.View(c.t.Context(), func(tx *sqldb.Tx) (err error) {
		o, err = request.FindNumber(tx, actor.System, number)
		return err
	})
	if err != nil {
		c.t.Fatalf("request %s: %v", number, err)
	}
	return o
}

// notes are all words on a request, for the office.
func (c *city) notes(number string) string {
	c.t.Helper()
	var out strings.Builder
	o := c.order(number)
	err := c.DB.View(c.t.Context(), func(tx *sqldb.Tx) error {
		lines, err := request.Timeline(tx, actor.Actor{ID: "s", Roles: []actor.Role{actor.Dispatcher}}, o)
		for _, l := range lines {
			for _, n := range l.Notes {
				out.WriteString(n.Audience + "|" + n.Kind + "|" + n.Text + "\n")
			}
		}
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return out.String()
}

// deed moves a request as the office does.
func (c *city) deed(number string, deeds ...request.Deed) {
	c.t.Helper()
	m := c.order(number).ID
	update(c.t, c.DB, func(tx *sqldb.Tx) error {
		o, err := request.Load(tx, actor.System, m, 0)
		if err != nil {
			return err
		}
		for _, d := range deeds {
			if d.Name == request.DeedDispatched {
				if _, err := request.AddTask(tx, request.Task{Matter: m, Unit: "lamps", Lead: true, Limit: calendar.Limit{N: 3, Unit: "wd"}, DueAt: o.DueAt}); err != nil {
					return err
				}
				o.Unit = or(o.Unit, "lamps")
			}
			if err := o.Record(tx, actor.System, d); err != nil {
				return err
			}
		}
		return nil
	})
}

// receive makes a request that came by another way.
func (c *city) receive(r intake.Report) intake.Receipt {
	c.t.Helper()
	out, err := c.Intake.Receive(c.t.Context(), actor.Actor{}, r)
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

func (c *city) files(m matter.ID) (out []request.File) {
	c.t.Helper()
	if err := c.DB.View(c.t.Context(), func(tx *sqldb.Tx) (err error) { out, err = request.Files(tx, m); return err }); err != nil {
		c.t.Fatal(err)
	}
	return out
}

// picture is a small JPEG with a place hidden in it, as cameras write it.
func picture(t testing.TB) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, image.NewGray(image.Rect(0, 0, 40, 30)), nil); err != nil {
		t.Fatal(err)
	}
	raw := buf.Bytes()
	secret := "Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00GPS-30.05,120.05"
	segment := append([]byte{0xff, 0xe1, byte((len(secret) + 2) >> 8), byte(len(secret) + 2)}, secret...)
	return append(append(append([]byte{}, raw[:2]...), segment...), raw[2:]...)
}
