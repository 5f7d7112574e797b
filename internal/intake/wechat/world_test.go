package wechat_test

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/advice"
	"gongzhi/internal/blob"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/intake"
	"gongzhi/internal/intake/wechat"
	"gongzhi/internal/job"
	"gongzhi/internal/outbound"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
	"gongzhi/internal/vault"
	wx "gongzhi/internal/wechat"
	"gongzhi/internal/wechat/fake"
)

var (
	keys    = vault.Test()
	account = wx.Account{AppID: "wx49f0ab532d5d035a", Token: "tok3n", AESKey: "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", Secret: "s3cret", Mode: wx.Safe}
	admin   = actor.Actor{ID: "s-admin", Roles: []actor.Role{actor.SysAdmin}}
)

const square = `{"type":"Polygon","coordinates":[[[120,30],[120.1,30],[120.1,30.1],[120,30.1],[120,30]]]}`

// city is a small city with the account connected to a fake WeChat.
type city struct {
	*wechat.Service
	t    *testing.T
	API  *fake.API
	jobs *job.Queue
}

func world(t *testing.T, db *sqldb.DB) *city {
	t.Helper()
	return worldOf(t, db, account)
}

func worldOf(t *testing.T, db *sqldb.DB, a wx.Account) *city {
	t.Helper()
	must(t, db.Update(t.Context(), found))
	in := &intake.Service{DB: db, Vault: keys, Blobs: blob.NewMemory(db.Now), Catalog: &catalog.Shelf{DB: db}, Atlas: &place.Shelf{DB: db}}
	in.Advice = &advice.Advisor{DB: db, Catalog: in.Catalog}
	must(t, in.Catalog.Reload(t.Context()))
	must(t, in.Atlas.Reload(t.Context()))
	in.Numbers = &request.Numbers{DB: db, Zone: in.Catalog.Book().Calendar.Zone}
	c := &city{t: t, API: &fake.API{Account: a, Now: db.Now}}
	server := httptest.NewServer(c.API)
	t.Cleanup(server.Close)
	out := &outbound.Client{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	c.Service = &wechat.Service{DB: db, Vault: keys, Blobs: in.Blobs, Catalog: in.Catalog, Atlas: in.Atlas, Numbers: in.Numbers, Intake: in,
		Client: &wx.Client{DB: db, Vault: keys, Out: out}, BaseURL: "https://12345.example"}
	c.jobs = job.New(db, slog.New(slog.DiscardHandler))
	c.jobs.Register(wechat.PhotoJob, c.Fetch, job.Options{MaxAttempts: 3})
	a.API = server.URL
	must(t, c.Connect(t.Context(), admin, wechat.Connect{Account: a, Active: true, Menu: wechat.DefaultMenu}))
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func found(tx *sqldb.Tx) error {
	for _, u := range []actor.Unit{{ID: "city", Name: "云泽市", Kind: "city"}, {ID: "lamps", Parent: "city", Name: "路灯管理所", Kind: "department"}} {
		u.Active = true
		if err := actor.SaveUnit(tx, u); err != nil {
			return err
		}
	}
	for _, a := range []place.Area{{Code: "330101", Level: place.District, Name: "南湖区"}, {Code: "330101001", Parent: "330101", Level: place.Street, Name: "文昌街道"},
		{Code: "330101001001", Parent: "330101001", Level: place.Community, Name: "梧桐社区", Border: square}} {
		a.Active = true
		if err := place.SaveArea(tx, a); err != nil {
			return err
		}
	}
	for i, text := range []string{"梧桐路32号", "桂花路1号", "桂花路2号"} {
		if err := place.SaveAddress(tx, place.Address{ID: text, Text: text, Area: "330101001001", Lat: 30.05 + float64(i)/100, Lng: 120.05}); err != nil {
			return err
		}
	}
	lamp := []catalog.Question{{Text: "哪一盏灯？"}, {Text: "是一直不亮吗？", Options: []string{"一直不亮", "有时亮"}}}
	for _, c := range []catalog.Category{{Code: "01", Name: "市政设施"}, {Code: "0101", Parent: "01", Name: "路灯不亮", Keywords: []string{"路灯"}, Type: "help", Questions: lamp},
		{Code: "0102", Parent: "01", Name: "井盖破损", Keywords: []string{"井盖"}, Type: "help"}, {Code: "0103", Parent: "01", Name: "作风问题", Keywords: []string{"收红包"}, Publicity: "private", Type: "report"}} {
		c.Limit, c.Urgency, c.Active = calendar.Limit{N: 5, Unit: "wd"}, "normal", true
		if c.Publicity == "" {
			c.Publicity = "public"
		}
		if err := catalog.SaveCategory(tx, "test", c, 0); err != nil {
			return err
		}
	}
	return catalog.SaveSetting(tx, "city.name", "云泽市")
}

// phone is a person's WeChat.
func (c *city) phone(openID string) *fake.Phone {
	return &fake.Phone{Account: c.API.Account, OpenID: openID, Now: c.DB.Now, Deliver: func(p fake.Push) ([]byte, error) {
		return c.Push(c.t.Context(), wx.CallOf(p.Query), p.Body, "https://12345.example")
	}}
}

// chat sends words one after the other and returns the last answer. A place is
// written "@30.05,120.05", a picture "#id", a button of the menu "!KEY".
func (c *city) chat(p *fake.Phone, list ...string) string {
	c.t.Helper()
	var out fake.Answer
	for _, w := range list {
		var err error
		switch w[0] {
		case '@':
			var lat, lng float64
			a, b, _ := strings.Cut(w[1:], ",")
			lat, lng = number(c.t, a), number(c.t, b)
			out, err = p.Place(lat, lng, "地图上的名字")
		case '#':
			out, err = p.Picture(w[1:])
		case '!':
			out, err = p.Click(w[1:])
		default:
			out, err = p.Text(w)
		}
		if err != nil {
			c.t.Fatalf("%s: %v", w, err)
		}
	}
	return out.Content
}

// count is a number in the database.
func (c *city) count(q string, args ...any) (n int) {
	c.t.Helper()
	must(c.t, c.DB.View(c.t.Context(), func(tx *sqldb.Tx) error { return tx.QueryRow(q, args...).Scan(&n) }))
	return n
}

// run does what waits.
func (c *city) run() {
	c.t.Helper()
	_, err := c.jobs.RunDue(c.t.Context())
	must(c.t, err)
}

// only is the only request there is.
func (c *city) only() *request.Order {
	c.t.Helper()
	var o *request.Order
	must(c.t, c.DB.View(c.t.Context(), func(tx *sqldb.Tx) error {
		list, _, err := request.List(tx, actor.System, request.Filter{}, request.Page{Size: 5})
		if err != nil {
			return err
		}
		if len(list) != 1 {
			return errors.New("not one request")
		}
		o, err = request.FindNumber(tx, actor.System, list[0].Number)
		return err
	}))
	return o
}

// move takes a request through deeds, as the office would.
func (c *city) move(o *request.Order, deeds ...request.Deed) {
	c.t.Helper()
	must(c.t, c.DB.Update(c.t.Context(), func(tx *sqldb.Tx) error {
		o, err := request.Load(tx, actor.System, o.ID, 0)
		if err != nil {
			return err
		}
		for _, d := range deeds {
			if err := o.Record(tx, actor.System, d); err != nil {
				return err
			}
		}
		return nil
	}))
}

// answered takes a request to where its answer has been given and checked.
func (c *city) answered(o *request.Order) {
	c.t.Helper()
	must(c.t, c.DB.Update(c.t.Context(), func(tx *sqldb.Tx) error {
		if err := tx.Lock(string(o.ID)); err != nil {
			return err
		}
		_, err := request.AddTask(tx, request.Task{Matter: o.ID, Unit: "lamps", Lead: true, Limit: calendar.Limit{N: 3, Unit: "wd"}, DueAt: o.DueAt})
		return err
	}))
	c.move(o, request.Deed{Name: request.DeedDispatched}, request.Deed{Name: request.DeedAccepted},
		request.Deed{Name: request.DeedReplied, Notes: []request.Note{{Kind: "answer", Audience: request.Public, Text: "灯已修好。"}}}, request.Deed{Name: request.DeedReviewPassed})
}

func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, image.NewRGBA(image.Rect(0, 0, 40, 30)), nil))
	return b.Bytes()
}

func want(t *testing.T, got string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(got, p) {
			t.Errorf("answered %q, want %q in it", got, p)
		}
	}
}

func clockOf(c *city) *sqldbtest.Clock { return sqldbtest.ClockOf(c.DB) }
