package device_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/intake/device"
	"gongzhi/internal/mqtt"
	"gongzhi/internal/mqtt/mqtttest"
	"gongzhi/internal/signature"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
	"gongzhi/internal/web"
)

// door serves the events of a world.
func door(t *testing.T, s *device.Service) string {
	t.Helper()
	srv, err := web.NewServer(web.Options{
		Policies:  func(p string) bool { return actor.Known(actor.Action(p)) },
		Authorize: func(r *http.Request, _ string) (*http.Request, error) { return r, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range s.Routes() {
		if r.Path == "/events" {
			srv.Add(r)
		}
	}
	h := httptest.NewServer(srv.Handler())
	t.Cleanup(h.Close)
	return h.URL + "/events"
}

type reply struct {
	status               int
	header               http.Header
	Accepted, Duplicates int
	Refused              []struct {
		Index              int
		ID, Reason, Detail string
	}
	Code string
}

func post(t *testing.T, url, body string, header ...string) reply {
	t.Helper()
	r, err := http.NewRequest("POST", url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	out := reply{status: resp.StatusCode, header: resp.Header}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		t.Fatalf("status %d: %v", resp.StatusCode, err)
	}
	return out
}

func event(id, device string, value any) string {
	return fmt.Sprintf(`{"specversion":"1.0","type":"reading","source":"/water","id":%q,"subject":%q,"data":{"metric":"level","value":%v}}`, id, device, value)
}

func issue(t *testing.T, s *device.Service, o device.Owner) string {
	t.Helper()
	secret, err := s.Issue(t.Context(), sysadmin, o)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

const (
	one   = "application/cloudevents+json"
	batch = "application/cloudevents-batch+json; charset=utf-8"
)

func TestEventsInEveryMode(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		url, auth := door(t, s), "Bearer "+issue(t, s, platform)
		send := func(media, body string, more ...string) reply {
			return post(t, url, body, append([]string{"Authorization", auth, "Content-Type", media}, more...)...)
		}
		if got := send(one, event("1", "JS-1", 35)); got.status != 202 || got.Accepted != 1 {
			t.Errorf("structured: %+v", got)
		}
		if got := send(one, event("1", "JS-1", 35)); got.status != 202 || got.Duplicates != 1 {
			t.Errorf("again: %+v", got)
		}
		if got := send(one, strings.Replace(event("1", "JS-1", 36), "/water", "/other", 1)); got.Accepted != 1 {
			t.Errorf("the same id of another origin: %+v", got)
		}
		binary := []string{"Ce-Specversion", "1.0", "Ce-Type", "reading", "Ce-Source", "/water%20works", "Ce-Id", "b1", "Ce-Subject", "JS-2"}
		if got := send("application/json", `{"metric":"level","value":"30"}`, binary...); got.status != 422 {
			t.Errorf("a number in quotes: %+v", got)
		}
		if got := send("application/json", `{"metric":"level","value":31.5,"seq":4}`, binary...); got.status != 202 || got.Accepted != 1 {
			t.Errorf("binary: %+v", got)
		}
		if n := count(t, db, `select count(*) from intake_device_reading where origin = '/water works' and seq = 4`); n != 1 {
			t.Error("the attributes of a binary event are not read")
		}
		got := send(batch, "["+event("c1", "JS-3", 35)+","+event("c2", "JS-99", 35)+`,{"id":"x"},`+event("1", "JS-1", 35)+"]")
		if got.status != 202 || got.Accepted != 1 || got.Duplicates != 1 || len(got.Refused) != 2 || got.Refused[0].Reason != "unknown" || got.Refused[0].Index != 1 || got.Refused[1].Reason != "malformed" {
			t.Errorf("batch: %+v", got)
		}
		if got := send(batch, "[]"); got.status != 202 {
			t.Errorf("an empty batch: %+v", got)
		}
		if n := cases(t, s); n != 3 {
			t.Errorf("%d cases, want 3", n)
		}
	})
}

func TestWhatIsNoEventIsToldWhatIsWrong(t *testing.T) {
	db := sqldbtest.New(t, sqldb.SQLite)
	s := world(t, db)
	url, auth := door(t, s), "Bearer "+issue(t, s, platform)
	for body, code := range map[string]string{
		`{`: "device.not_json", `[]`: "device.not_json", `"x"`: "device.not_json", `null`: "device.attribute_missing", "\xff": "device.not_text",
		event("1", "JS-1", 1) + "x":                                                       "device.not_json",
		strings.Replace(event("1", "JS-1", 1), "1.0", "0.3", 1):                           "device.version",
		strings.Replace(event("1", "JS-1", 1), `"source"`, `"from"`, 1):                   "device.attribute_missing",
		event("1", "JS-1", "null"):                                                        "device.value_missing",
		event("1", "JS-1", "[]"):                                                          "device.value_kind",
		event("1", "JS-1", "1e400"):                                                       "device.value_wrong",
		event("1\\u0000", "JS-1", 1):                                                      "device.not_text",
		event("1\\n", "JS-1", 1):                                                          "device.attribute_wrong",
		strings.Replace(event("1", "JS-1", 1), `"id"`, `"time":"today","id"`, 1):          "device.time_wrong",
		strings.Replace(event("1", "JS-1", 1), `"metric"`, `"device":"JS-2","metric"`, 1): "device.two_devices",
		strings.Replace(event("1", "JS-1", 1), `"metric"`, `"seq":-1,"metric"`, 1):        "device.seq_wrong",
	} {
		got := post(t, url, strings.ReplaceAll(body, `\\`, `\`), "Authorization", auth, "Content-Type", one)
		if got.status != 422 || got.Code != code {
			t.Errorf("%s: status %d, code %s, want %s", body, got.status, got.Code, code)
		}
	}
	long := "[" + strings.Repeat(event("1", "JS-1", 1)+",", 101) + event("1", "JS-1", 1) + "]"
	if got := post(t, url, long, "Authorization", auth, "Content-Type", batch); got.Code != "device.batch_long" {
		t.Errorf("102 events: %+v", got)
	}
	if got := post(t, url, event("1", "JS-1", 1), "Authorization", auth, "Content-Type", "application/json"); got.Code != "device.no_event" {
		t.Errorf("plain JSON without attributes: %+v", got)
	}
	if got := post(t, url, strings.Repeat("x", 600<<10), "Authorization", auth, "Content-Type", one); got.status != 413 {
		t.Errorf("600 KiB: %+v", got)
	}
}

func TestOnlyAKeyOpensTheDoor(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		url := door(t, s)
		body := event("1", "JS-1", 35)
		secret := issue(t, s, platform)
		for name, header := range map[string][]string{
			"none": {}, "wrong": {"Authorization", "Bearer gz_x"}, "empty": {"Authorization", "Bearer "},
			"another scheme":          {"Authorization", "Basic " + secret},
			"signature of nobody":     {device.SourceHeader, "nobody", signature.Header, signature.Sign(db.Now(), []byte(body), "")},
			"signature of a stranger": {device.SourceHeader, "water", signature.Header, signature.Sign(db.Now(), []byte(body), "guess")},
			"signature too old":       {device.SourceHeader, "water", signature.Header, signature.Sign(db.Now().Add(-time.Hour), []byte(body), secret)},
			"of another body":         {device.SourceHeader, "water", signature.Header, signature.Sign(db.Now(), []byte(body+" "), secret)},
		} {
			got := post(t, url, body, append(header, "Content-Type", one)...)
			if got.status != 401 || got.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s: %+v", name, got)
			}
		}
		if got := post(t, url, body, device.SourceHeader, "water", signature.Header, signature.Sign(db.Now(), []byte(body), secret), "Content-Type", one); got.Accepted != 1 {
			t.Errorf("signed: %+v", got)
		}
		second := issue(t, s, platform)
		for i, k := range []string{secret, second} {
			if got := post(t, url, event(fmt.Sprint("k", i), "JS-1", 1), "Authorization", "Bearer "+k, "Content-Type", one); got.Accepted != 1 {
				t.Errorf("secret %d while one is changed: %+v", i, got)
			}
		}
		clockOf(t, s).Add(49 * time.Hour)
		if got := post(t, url, body, "Authorization", "Bearer "+secret, "Content-Type", one); got.status != 401 {
			t.Errorf("the former secret after two days: %+v", got)
		}
		update(t, db, func(tx *sqldb.Tx) error { return device.SaveSource(tx, device.Source{Code: "water", Name: "x"}) })
		if got := post(t, url, body, "Authorization", "Bearer "+second, "Content-Type", one); got.status != 401 {
			t.Errorf("a source that is switched off: %+v", got)
		}
		if n := count(t, db, `select count(*) from intake_device_key where token like '%' || $1 || '%' or secret like '%' || $1 || '%'`, second); n != 0 {
			t.Error("a secret is stored in the clear")
		}
		if _, err := s.Issue(t.Context(), clerk, platform); err == nil {
			t.Error("a clerk issued a key")
		}
	})
}

func TestASystemAboveItsLimitHearsWhenToComeAgain(t *testing.T) {
	db := sqldbtest.New(t, sqldb.SQLite)
	s := world(t, db)
	set(t, s, "device.per_minute", "2")
	url, auth := door(t, s), "Bearer "+issue(t, s, platform)
	for i := range 3 {
		got := post(t, url, event(fmt.Sprint(i), "JS-1", 1), "Authorization", auth, "Content-Type", one)
		if i < 2 && got.status != 202 || i == 2 && (got.status != 429 || got.header.Get("Retry-After") == "") {
			t.Errorf("message %d: %+v", i, got)
		}
	}
}

// broker serves the devices of a world over MQTT.
func broker(t *testing.T, s *device.Service) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b, err := mqtt.Start(ln, s.Wire(mqtt.Options{Now: time.Now, Rate: 1000}))
	if err != nil {
		t.Fatal(err)
	}
	s.Connect(b)
	t.Cleanup(func() { b.Close() })
	return ln.Addr().String()
}

func dial(t *testing.T, address, name, secret string) *mqtttest.Client {
	t.Helper()
	c, err := mqtttest.Dial(t, address, mqtttest.Options{Name: name, Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestADeviceSpeaksForItself(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		update(t, db, func(tx *sqldb.Tx) error {
			_, err := device.SaveRule(tx, "test", device.Rule{Kind: "窨井盖", Name: "井盖移位", Metric: "tilt", Trip: 1, Clear: 0, Times: 1, Category: "0101", Urgency: "urgent", Active: true})
			return err
		})
		address := broker(t, s)
		secret := issue(t, s, device.Owner{Kind: device.OfDevice, Code: "JG-1"})
		c := dial(t, address, "JG-1", secret)
		for _, payload := range []string{`{"metric":"tilt","value":true,"seq":1}`, `{"metric":"tilt","value":true,"seq":1}`,
			`{"specversion":"1.0","id":"a","source":"urn:JG-1","type":"tilt","data":{"metric":"tilt","value":1,"seq":2}}`, `not JSON`, `{"device":"JS-1","metric":"tilt","value":1,"seq":3}`} {
			if err := c.Publish("devices/JG-1/events", payload, 1, false); err != nil {
				t.Fatalf("%s: %v", payload, err)
			}
		}
		if f := fault(t, s); cases(t, s) != 1 || f.Readings != 3 || f.Device != "JG-1" {
			t.Errorf("%d cases, fault %+v", cases(t, s), f)
		}
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := count(t, db, `select count(*) from intake_device_drop where device = 'JG-1' and reason = 'malformed' and sample = 'not JSON'`); n != 1 {
			t.Error("what could not be read is not shown")
		}
		if _, err := mqtttest.Dial(t, address, mqtttest.Options{Name: "JS-1", Secret: secret}); err == nil {
			t.Error("the key of one device opens another")
		}
		if granted, err := c.Subscribe("devices/JG-1/commands"); err != nil || !granted {
			t.Fatal(err)
		}
		if err := s.Command(t.Context(), "JG-1", []byte("report")); err != nil {
			t.Error(err)
		}
		if m, err := c.Next(); err != nil || m.Payload != "report" {
			t.Errorf("%+v, %v", m, err)
		}
		if err := s.Revoke(t.Context(), sysadmin, device.Owner{Kind: device.OfDevice, Code: "JG-1"}); err != nil {
			t.Fatal(err)
		}
		if err := c.Gone(); err != nil {
			t.Error(err)
		}
		if _, err := mqtttest.Dial(t, address, mqtttest.Options{Name: "JG-1", Secret: secret}); err == nil {
			t.Error("a revoked key opens")
		}
	})
}

// F13: a message that fails for a reason of ours comes again some times, then the
// others behind it go on.
func TestAMessageThatFailsForEverDoesNotHoldUpTheOthers(t *testing.T) {
	db := sqldbtest.New(t, sqldb.SQLite)
	s := world(t, db)
	update(t, db, func(tx *sqldb.Tx) error {
		return tx.Exec(`create trigger poison before insert on intake_device_reading when new.value = 13 begin select raise(abort, 'poison'); end`)
	})
	address := broker(t, s)
	secret := issue(t, s, device.Owner{Kind: device.OfDevice, Code: "JG-1"})
	again := 0
	for ; again < 20; again++ {
		if dial(t, address, "JG-1", secret).Publish("devices/JG-1/events", `{"value":13}`, 1, false) == nil {
			break
		}
	}
	if again != 4 {
		t.Errorf("acknowledged after %d tries without, want 4", again)
	}
	if err := dial(t, address, "JG-1", secret).Publish("devices/JG-1/events", `{"value":14}`, 1, false); err != nil {
		t.Error(err)
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, `select count(*) from intake_device_drop where reason = 'failed' and sample = '{"value":13}'`); n != 1 {
		t.Error("what was put aside is not shown")
	}
}

func TestTenThousandMessagesOverTheWire(t *testing.T) {
	db := sqldbtest.New(t, sqldb.SQLite)
	s := world(t, db)
	update(t, db, func(tx *sqldb.Tx) error {
		return device.Save(tx, "test", device.Device{Code: "JS-1", Name: "下穿", Kind: "积水监测仪", Active: true, Rev: 1})
	})
	address := broker(t, s)
	c := dial(t, address, "JS-1", issue(t, s, device.Owner{Kind: device.OfDevice, Code: "JS-1"}))
	const n = 10_000
	for i := range n {
		if err := c.Publish("devices/JS-1/events", fmt.Sprintf(`{"metric":"level","value":40,"seq":%d}`, i+1), 0, false); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Ping(); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f := fault(t, s); cases(t, s) != 1 || f.Readings+f.Dropped != n {
		t.Errorf("%d cases, %d readings, %d counted", cases(t, s), f.Readings, f.Dropped)
	}
}
