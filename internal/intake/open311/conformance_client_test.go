package open311_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/intake"
	"gongzhi/internal/intake/open311"
	"gongzhi/internal/matter"
	"gongzhi/internal/outbound"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

var clientParts = []part{
	{"18 round trip, JSON", func(k *checks, c *city) { roundTrip(k, c, true) }},
	{"18 round trip, XML", func(k *checks, c *city) { roundTrip(k, c, false) }},
	{"requests fetched from a partner", fetchedRequests},
	{"C1 discovery", discoveries},
	{"C3 C4 C16 what servers really send", oddServers},
	{"C9 C10 send states and retries", retries},
	{"C5 C6 C12 hostile lists", hostileLists},
	{"11 updates out of order", lateUpdates},
	{"C13 one that hangs stops nobody else", hanging},
	{"batch partners", batchPartner},
	{"duty list hands on", dutyHandsOn},
	{"what may not leave", staysHere},
}

var open311Nobody = actor.Actor{ID: "s-agent", Roles: []actor.Role{actor.Agent}}

var dispatcher = actor.Actor{ID: "s-dispatch", Roles: []actor.Role{actor.Dispatcher}}

// server is a peer of these tests.
func server(t testing.TB, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// partner adds a destination that takes everything as one service.
func (c *city) partner(endpoint string, change func(*open311.Destination)) string {
	c.t.Helper()
	d := open311.Destination{Name: "东江市热线", Endpoint: endpoint, JSON: true, Key: "their-key", Active: true, Switches: open311.Switches{Photos: true, Extended: true}}
	if change != nil {
		change(&d)
	}
	name, err := c.SaveDestination(c.t.Context(), admin, d)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := c.SaveMapping(c.t.Context(), admin, name, open311.Mapping{Category: "*", Service: "POTHOLE"}); err != nil {
		c.t.Fatal(err)
	}
	return name
}

func (c *city) handOn(number, destination string) error {
	return c.HandOn(c.t.Context(), dispatcher, open311.HandOn{Number: number, Destination: destination})
}

// link tells how a request stands at a partner: state, id there, status there.
func (c *city) link(number string) (state, remote, status, trouble string) {
	c.t.Helper()
	err := c.DB.View(c.t.Context(), func(tx *sqldb.Tx) error {
		const q = `select l.state, l.remote_id, l.remote_status, l.trouble from intake_open311_link l join matter m on m.id = l.matter_id where m.number = $1`
		return tx.QueryRow(q, number).Scan(&state, &remote, &status, &trouble)
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return state, remote, status, trouble
}

// look asks partners what is new, some minutes later.
func (c *city) look() {
	c.t.Helper()
	c.clock.Add(6 * time.Minute)
	if err := c.Pulse(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	c.run()
}

func (c *city) lampReport() intake.Receipt {
	p, err := c.Intake.KeepPhoto(c.t.Context(), strings.NewReader(string(picture(c.t))))
	if err != nil {
		c.t.Fatal(err)
	}
	return c.receive(intake.Report{Category: "0101", Body: "路灯不亮了\n三天了 <b>真的</b>", Lat: 30.051234, Lng: 120.051234, Address: "梧桐路32号", Name: "李芳", Phone: "13800005521", Photos: []intake.Photo{p}})
}

func roundTrip(k *checks, c *city, json bool) {
	there := newCityOf(k.t, c.DB.Dialect())
	key := there.grant("create", "update", "read")
	to := c.partner("", func(d *open311.Destination) {
		d.Discovery, d.Key, d.JSON = there.server.URL+"/open311/discovery.json", key, json
		if !json {
			d.Discovery, d.Endpoint = "", there.server.URL+"/open311/v2/"
		}
	})
	if err := c.SaveMapping(c.t.Context(), admin, to, open311.Mapping{Category: "01", Service: "0102"}); err != nil {
		c.t.Fatal(err)
	}
	if err := c.SaveMapping(c.t.Context(), admin, to, open311.Mapping{Category: "0101", Service: "0101"}); err != nil {
		c.t.Fatal(err)
	}
	here := c.lampReport()
	k.that("a dispatcher hands it on", c.handOn(here.Number, to) == nil, "")
	state, _, _, _ := c.link(here.Number)
	k.equal("at first", state, "queued")
	c.run()
	state, remote, _, trouble := c.link(here.Number)
	k.equal("then", state, "confirmed")
	k.that("the id there is known", remote != "" && trouble == "", trouble)
	o := there.order(remote)
	k.equal("service", o.Category, "0101")
	k.that("words, line breaks and markup", strings.HasPrefix(o.Body, "路灯不亮了\n三天了 <b>真的</b>"), o.Body)
	k.that("our number goes along", strings.Contains(o.Body, here.Number) && strings.Contains(fmt.Sprint(o.Answers), here.Number), o.Body)
	k.equal("place", fmt.Sprint(o.Lat, o.Lng), "30.051234 120.051234")
	k.equal("address", o.Address, "梧桐路32号")
	k.equal("channel", o.Channel, "open311")
	k.equal("the photo came along", len(there.files(o.ID)), 1)
	k.equal("the person did not", there.count(`select count(*) from request_contact`), 0)
	k.that("the office reads where it is", strings.Contains(c.notes(here.Number), remote), c.notes(here.Number))
	backAgain(k, c, there, here, remote)
}

// backAgain: what happens there is read here, once.
func backAgain(k *checks, c, there *city, here intake.Receipt, remote string) {
	// The clocks of the two cities are their own; they show the same time.
	step := func(d time.Duration, deeds ...request.Deed) {
		c.clock.Add(d)
		there.clock.Add(d)
		if len(deeds) > 0 {
			there.deed(remote, deeds...)
		}
	}
	step(time.Minute, request.Deed{Name: request.DeedDispatched}, request.Deed{Name: request.DeedAccepted})
	step(time.Minute)
	c.look()
	there.clock.Add(6 * time.Minute)
	_, _, status, _ := c.link(here.Number)
	k.equal("the partner's state", status, "in_progress")
	step(time.Minute, request.Deed{Name: request.DeedReplied, Notes: []request.Note{{Kind: "answer", Audience: request.Public, Text: "灯泡已更换"}}})
	step(time.Minute, request.Deed{Name: request.DeedReviewPassed}, request.Deed{Name: request.DeedClosed})
	before := c.order(here.Number)
	for range 3 {
		c.look()
		there.clock.Add(6 * time.Minute)
	}
	_, _, status, _ = c.link(here.Number)
	k.equal("the partner's state in the end", status, "closed")
	notes := c.notes(here.Number)
	k.equal("its answer is on the timeline once", strings.Count(notes, "灯泡已更换"), 1)
	k.that("as the partner's word, for the office only", strings.Contains(notes, "internal|partner|东江市热线"), notes)
	k.equal("our own state is ours", c.order(here.Number).State, before.State)
	version := c.order(here.Number).Version
	c.look()
	k.equal("looking again changes nothing", c.order(here.Number).Version, version)
	k.equal("our request is not brought back as a new one", c.count(`select count(*) from matter`), 1)
}

func fetchedRequests(k *checks, c *city) {
	there := newCityOf(k.t, c.DB.Dialect())
	to := c.partner(there.server.URL+"/open311/v2", func(d *open311.Destination) { d.Switches.Requests, d.Key = true, there.key })
	if err := c.SaveMapping(c.t.Context(), admin, to, open311.Mapping{Category: "0102", Service: "0102"}); err != nil {
		c.t.Fatal(err)
	}
	there.receive(intake.Report{Category: "0102", Body: "漏水", Lat: 30.05, Lng: 120.05})
	there.lamp("description", "没有对照的类别")
	for range 3 {
		c.look()
		there.clock.Add(6 * time.Minute)
	}
	k.equal("two there, two here, however often we look", c.count(`select count(*) from request_order where channel = 'open311'`), 2)
	k.equal("mapped", c.count(`select count(*) from request_order where category = '0102'`), 1)
	k.equal("unmapped: the dispatcher decides", c.count(`select count(*) from request_order where category = ''`), 1)
	k.that("and is told", c.count(`select count(*) from request_note where text like '%对照表%'`) == 1, "")
	k.that("the services there are kept for the mapping", c.count(`select count(*) from intake_open311_destination where services like '%0101%'`) == 1, "")
}

func discoveries(k *checks, c *city) {
	var asked []string
	var host string
	host = server(c.t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Path)
		switch r.URL.Path {
		case "/discovery.xml": // a wrong root, as one city publishes it
			fmt.Fprintf(w, `<?xml version="1.0"?><dicovery><changeset>2020</changeset><contact>"x"</contact><endpoints><endpoint><specification>http://wiki.open311.org/GeoReport_v2</specification><url>%s/t/</url><type>test</type><formats><format>text/xml</format></formats></endpoint>
				<endpoint><specification>http://wiki.open311.org/GeoReport_v2</specification><url>%s/p/</url><type>production</type><formats><format>text/xml</format></formats></endpoint></endpoints></dicovery>`, host, host)
		case "/p/requests.xml":
			fmt.Fprint(w, `<service_requests><request><service_request_id>7</service_request_id></request></service_requests>`)
		default:
			http.NotFound(w, r)
		}
	})
	to := c.partner("", func(d *open311.Destination) { d.Discovery = host + "/discovery.xml" })
	here := c.lampReport()
	if err := c.handOn(here.Number, to); err != nil {
		c.t.Fatal(err)
	}
	c.run()
	state, remote, _, trouble := c.link(here.Number)
	k.equal("the production endpoint is chosen in its format", state+remote, "confirmed7")
	k.that("by its discovery", strings.Contains(fmt.Sprint(asked), "POST /p/requests.xml"), fmt.Sprint(asked, trouble))
	dead := server(c.t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/q/requests.json" {
			fmt.Fprint(w, `[{"service_request_id":8}]`)
			return
		}
		http.Error(w, "no", 500)
	})
	to = c.partner(dead+"/q", func(d *open311.Destination) { d.Name, d.Discovery = "无发现", dead+"/discovery.json" })
	if err := c.handOn(here.Number, to); err != nil {
		c.t.Fatal(err)
	}
	c.run()
	k.equal("without discovery the named address serves", c.count(`select count(*) from intake_open311_link where remote_id = '8'`), 1)
}

func lateUpdates(k *checks, c *city) {
	var list []string
	host := server(c.t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == "POST":
			fmt.Fprint(w, `[{"service_request_id":"R1"}]`)
		case r.URL.Path == "/servicerequestupdates.json":
			if r.URL.Query().Get("api_key") != "their-key" || r.URL.Query().Get("start_date") == "" || r.URL.Query().Get("end_date") == "" || r.URL.Query().Get("jurisdiction_id") != "dongjiang" {
				http.Error(w, "", 400)
				return
			}
			fmt.Fprint(w, `{"service_request_updates":{"request_update":[`+strings.Join(list, ",")+`]}}`)
		default:
			fmt.Fprint(w, "[]")
		}
	})
	to := c.partner(host, func(d *open311.Destination) { d.Jurisdiction = "dongjiang" })
	here := c.lampReport()
	now := c.DB.Now()
	up := func(id, status, text string, after time.Duration) string {
		return fmt.Sprintf(`{"update_id":%q,"service_request_id":"R1","status":%q,"description":%q,"updated_datetime":%q,"media_url":""}`, id, status, text, now.Add(after).Format(time.RFC3339))
	}
	list = []string{up("0", "investigating", "先看一眼", time.Minute)}
	c.look() // before anything was handed on
	k.equal("an update before its request is known is kept", c.count(`select count(*) from intake_open311_update where outcome = 'waiting'`), 1)
	_ = c.handOn(here.Number, to)
	c.run()
	k.that("and attached when the id is known", strings.Contains(c.notes(here.Number), "先看一眼"), c.notes(here.Number))
	_, _, status, _ := c.link(here.Number)
	k.equal("the first may precede our sending", status, "investigating")
	list = append(list, up("3", "FIXED", "修好了", 9*time.Minute), up("1", "in_progress", "开工了", 7*time.Minute), up("2", "PLANNED", "", 8*time.Minute))
	c.look()
	_, _, status, _ = c.link(here.Number)
	k.equal("several at once apply in the order of their times", status, "fixed")
	list = append(list, up("4", "open", "更早的一句", 8*time.Minute+time.Second), up("5", "in_progress", "", 8*time.Minute+2*time.Second))
	c.look()
	_, _, status, _ = c.link(here.Number)
	k.equal("an older one moves no state", status, "fixed")
	k.that("but its words are added, marked as late", strings.Contains(c.notes(here.Number), "更早的一句") && strings.Contains(c.notes(here.Number), "迟到"), c.notes(here.Number))
	version := c.order(here.Number).Version
	list = append(list, up("6", "fixed", "修好了", 12*time.Minute), up("7", "dancing", "", 12*time.Minute), up("8", "closed", "未来", 200*365*24*time.Hour), `{"update_id":"9"}`, `{"update_id":"10","service_request_id":"R1","status":"open","updated_datetime":"1970-01-01T00:00:00Z"}`)
	c.look()
	k.equal("what says nothing new, or cannot be, is not shown", c.order(here.Number).Version, version)
	k.equal("the same words again are kept all the same", c.count(`select count(*) from intake_open311_update where update_id = '6'`), 1)
	k.equal("all is stored once", c.count(`select count(*) from intake_open311_update`), 8)
	c.deed(here.Number, request.Deed{Name: request.DeedWithdrawn})
	list = append(list, up("11", "reopen", "再来", 20*time.Minute))
	c.look()
	c.look()
	k.equal("what is closed to notes is not revived", c.order(here.Number).State, request.Withdrawn)
	k.equal("the update is kept", c.count(`select count(*) from intake_open311_update where outcome = 'hidden'`), 1)
	pushed(k, c, to)
}

// pushed: a partner with a key of its own sends what it has to say by itself.
func pushed(k *checks, c *city, to string) {
	here := c.lampReport()
	_ = c.handOn(here.Number, to)
	c.run()
	key, err := c.GrantKey(c.t.Context(), admin, open311.GrantKey{Name: "东江", Scopes: []string{"update"}, Destination: to})
	if err != nil {
		c.t.Fatal(err)
	}
	send := func(id, status string) reply {
		return c.post(v2+"/servicerequestupdates.json", "api_key", key, "service_request_id", here.Number, "update_id", id, "status", status, "updated_datetime", c.DB.Now().Format(time.RFC3339), "description", "推来的消息")
	}
	k.equal("a push is taken", send("p1", "IN_PROGRESS").status, 200)
	k.equal("twice as well", send("p1", "IN_PROGRESS").status, 200)
	_, _, status, _ := c.link(here.Number)
	k.equal("and moves the partner's state", status, "in_progress")
	k.equal("once", strings.Count(c.notes(here.Number), "推来的消息"), 1)
}

func batchPartner(k *checks, c *city) {
	polls := 0
	host := server(c.t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == "POST":
			fmt.Fprint(w, `[{"token":"T1"}]`)
		case r.URL.Path == "/tokens/T1.json":
			if polls++; polls < 3 {
				fmt.Fprint(w, `[{"token":"T1"}]`)
				return
			}
			fmt.Fprint(w, `[{"service_request_id":42,"token":"T1"}]`)
		default:
			http.NotFound(w, r)
		}
	})
	to := c.partner(host, nil)
	here := c.lampReport()
	_ = c.handOn(here.Number, to)
	c.run()
	state, _, _, _ := c.link(here.Number)
	k.equal("a token: sent", state, "sent")
	for range 4 {
		c.clock.Add(3 * time.Second)
		c.run()
	}
	state, remote, _, _ := c.link(here.Number)
	k.equal("resolved: confirmed", state+remote, "confirmed42")
	k.equal("asked until there is an id", polls, 3)
}

func dutyHandsOn(k *checks, c *city) {
	host := server(c.t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, `[{"service_request_id":"D1"}]`) })
	c.partner(host, func(d *open311.Destination) { d.Unit = "elsewhere" })
	here := c.lampReport()
	update(c.t, c.DB, func(tx *sqldb.Tx) error {
		o, err := request.Load(tx, actor.System, matter.ID(here.ID), 0)
		if err != nil {
			return err
		}
		o.Unit = "elsewhere"
		return o.Record(tx, actor.System, request.Deed{Name: request.DeedDispatched})
	})
	if err := c.Watcher().Drain(c.t.Context(), c.DB); err != nil {
		c.t.Fatal(err)
	}
	c.run()
	state, remote, _, _ := c.link(here.Number)
	k.equal("what is dispatched to the partner's unit is handed on", state+remote, "confirmedD1")
}

func staysHere(k *checks, c *city) {
	called := 0
	var last http.Request
	host := server(c.t, func(w http.ResponseWriter, r *http.Request) {
		called++
		_ = r.ParseMultipartForm(1 << 20)
		last = *r
		fmt.Fprint(w, `[{"service_request_id":"S1"}]`)
	})
	to := c.partner(host, nil)
	secret := c.receive(intake.Report{Category: "0104", Type: "report", Body: "举报", Lat: 30.05, Lng: 120.05})
	k.that("a report of wrongdoing does not leave", c.handOn(secret.Number, to) != nil, "")
	here := c.lampReport()
	k.that("only who may does", c.HandOn(c.t.Context(), open311Nobody, open311.HandOn{Number: here.Number, Destination: to}) != nil, "")
	k.equal("so nobody was called", called, 0)
	_ = c.handOn(here.Number, to)
	c.run()
	k.that("the person does not go along", last.Form.Get("phone") == "" && last.Form.Get("first_name") == "" && !strings.Contains(fmt.Sprint(last.Form), "13800005521"), last.Form)
	k.that("a photo that nobody could fetch is sent as a file", last.MultipartForm != nil && len(last.MultipartForm.File) == 1, last.Form)
	k.equal("the key is not stored in the clear", c.count(`select count(*) from intake_open311_destination where api_key like '%their-key%'`), 0)
	k.that("nor in revisions", c.count(`select count(*) from catalog_revision where after like '%their-key%'`) == 0, "")
	with := c.partner(host+"/with", func(d *open311.Destination) {
		d.Name, d.Switches.Contact, d.Switches.Datum = "要联系人", true, "gcj02"
	})
	_ = c.handOn(here.Number, with)
	c.run()
	k.equal("where the city says so it does", last.Form.Get("phone")+last.Form.Get("first_name"), "13800005521李芳")
	k.equal("and leaves a line in the log of looks", c.count(`select count(*) from request_look`), 1)
	k.that("in the partner's coordinates", last.Form.Get("lat") != "30.051234" && strings.HasPrefix(last.Form.Get("lat"), "30.0"), last.Form.Get("lat"))
	c.Out = &outbound.Client{}
	blocked := c.partner(host+"/blocked", func(d *open311.Destination) { d.Name = "内网" })
	_ = c.handOn(here.Number, blocked)
	before := called
	c.run()
	k.equal("an inner address is not called", called, before)
	k.equal("and the office is told no more than that", c.count(`select count(*) from intake_open311_link where trouble = 'forbidden' and state = 'failed'`), 1)
}
