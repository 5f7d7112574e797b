package open311_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"gongzhi/internal/intake"
	"gongzhi/internal/intake/open311"
	"gongzhi/internal/outbound"
	"gongzhi/internal/sqldb"
)

// answered hands a request to a peer that answers create with a body, and tells
// how the link stands then.
func answered(c *city, status int, media, body string) (state, remote, trouble string) {
	host := server(c.t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != "POST" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", media)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	})
	to := c.partner(host, nil)
	here := c.receive(intake.Report{Category: "0101", Body: "灯", Lat: 30.05, Lng: 120.05})
	if err := c.handOn(here.Number, to); err != nil {
		c.t.Fatal(err)
	}
	c.run()
	state, remote, _, trouble = c.link(here.Number)
	return state, remote, trouble
}

func oddServers(k *checks, c *city) {
	for body, want := range map[string]string{
		`[{"service_request_id":"a-1"}]`:                                   "a-1",
		`[{"service_request_id":1001}]`:                                    "1001",
		`{"service_requests":[{"service_request_id":"w"}]}`:                "w",
		`{"service_requests":{"request":{"service_request_id":"single"}}}`: "single",
		`{"service_request_id":"bare"}`:                                    "bare",
		`<service_requests><request><service_request_id>x1</service_request_id></request></service_requests>`:                                                                 "x1",
		`<service_requests xmlns="http://wiki.open311.org/GeoReport_v2"><request><service_request_id> x2 </service_request_id><service_notice/></request></service_requests>`: "x2",
		"\xef\xbb\xbf" + `[{"service_request_id":"bom","service_notice":null,"account_id":""}]`:                                                                               "bom",
	} {
		for _, media := range []string{"application/json", "text/html", "text/plain"} {
			state, remote, trouble := answered(c, 201, media, body)
			k.that("201 with "+body+" as "+media, state == "confirmed" && remote == want, state+" "+remote+" "+trouble)
		}
	}
	state, _, trouble := answered(c, 400, "application/json", `[{"code":"400","description":"<b>service_code</b> unknown"}]`)
	k.that("a refusal is final and told in the partner's words, as text", state == "failed" && strings.Contains(trouble, "service_code unknown") && !strings.Contains(trouble, "<b>"), state+trouble)
	state, _, trouble = answered(c, 403, "text/xml", `<errors><error><code>403</code><description>wrong key</description></error></errors>`)
	k.that("a refusal in XML", state == "failed" && strings.Contains(trouble, "wrong key"), trouble)
	for name, body := range map[string]string{"html": `<!DOCTYPE html><html><body>Welcome</body></html>`, "unreadable": `{"service_requests":[{"service_req`} {
		state, _, trouble = answered(c, 200, "application/json", body)
		k.equal("an answer that is "+name, state+" "+trouble, "retried "+name)
	}
	state, _, trouble = answered(c, 200, "text/xml", `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><service_requests><request><service_request_id>&x;</service_request_id></request></service_requests>`)
	k.equal("an answer with entities", state+" "+trouble, "retried unreadable")
	state, _, trouble = answered(c, 302, "text/html", ``)
	k.that("a redirect is not followed", state == "failed" && strings.Contains(trouble, "302"), state+trouble)
	state, _, trouble = answered(c, 503, "text/html", `<html>down</html>`)
	k.that("a failure of theirs is tried again", state == "retried" && strings.Contains(trouble, "503"), state+trouble)
}

func retries(k *checks, c *city) {
	var mu sync.Mutex
	posts, lost, marks := 0, true, map[string]bool{}
	var stored string
	host := server(c.t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case r.Method == "POST":
			posts++
			marks[r.Header.Get("Idempotency-Key")] = true
			if err := r.ParseMultipartForm(1 << 20); err != nil {
				_ = r.ParseForm()
			}
			stored = r.Form.Get("description")
			if lost {
				http.Error(w, "gateway", http.StatusBadGateway) // it was stored; the answer is lost
				return
			}
			fmt.Fprint(w, `[{"service_request_id":"second"}]`)
		case strings.HasPrefix(r.URL.Path, "/requests"):
			fmt.Fprintf(w, `[{"service_request_id":"first","status":"open","service_code":"POTHOLE","description":%q,"requested_datetime":"2026-03-02T09:00:00+08:00","lat":30.05,"long":120.05}]`, stored)
		default:
			http.NotFound(w, r)
		}
	})
	to := c.partner(host, nil)
	here := c.lampReport()
	_ = c.handOn(here.Number, to)
	c.run()
	state, _, _, trouble := c.link(here.Number)
	k.that("first failure: to be sent again", state == "retried" && strings.Contains(trouble, "502"), state+trouble)
	k.equal("the office is told", strings.Count(c.notes(here.Number), "还没送到"), 1)
	c.clock.Add(time.Hour)
	c.run()
	state, remote, _, _ := c.link(here.Number)
	k.equal("before the second sending the partner is asked, and has it", state+" "+remote+" "+fmt.Sprint(posts), "confirmed first 1")
	k.equal("one mark for all sendings", len(marks), 1)
	down := server(c.t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", 500) })
	to = c.partner(down, func(d *open311.Destination) { d.Name = "总是不通" })
	other := c.lampReport()
	_ = c.handOn(other.Number, to)
	var waits []time.Duration
	for range 40 {
		c.run()
		if st, _, _, _ := c.link(other.Number); st == "failed" {
			break
		}
		waits = append(waits, time.Hour)
		c.clock.Add(8 * time.Hour)
	}
	state, _, _, _ = c.link(other.Number)
	k.equal("after all attempts it has failed", state, "failed")
	k.that("the office is warned of the first failure and the last, not of each", strings.Count(c.notes(other.Number), "总是不通") == 3, c.notes(other.Number))
	k.that("a person can ask again", c.handOn(other.Number, to) == nil, "")
	k.that("what is on its way is not handed on twice", c.handOn(other.Number, to) != nil, "")
}

func hostileLists(k *checks, c *city) {
	now := c.DB.Now()
	stamp := func(t time.Time) string { return t.Format(time.RFC3339) }
	row := func(id, more string) string {
		return fmt.Sprintf(`{"service_request_id":%q,"status":"open","service_code":"X","service_name":"<img src=x onerror=alert(1)>坑","description":"<script>alert(1)</script>路上有坑<br>&lt;大&gt;","requested_datetime":%q,"updated_datetime":%q,"lat":30.05,"long":120.05%s}`, id, stamp(now), stamp(now.Add(-time.Hour)), more)
	}
	inner := 0
	secret := server(c.t, func(http.ResponseWriter, *http.Request) { inner++ })
	list := []string{
		row("good", ""), row("good", ""),
		row("bad id", ""), row("../../x", ""),
		strings.Replace(row("noplace", ""), `"lat":30.05`, `"lat":null`, 1),
		strings.Replace(row("faraway", ""), `"lat":30.05`, `"lat":50`, 1),
		strings.Replace(row("nan", ""), `"lat":30.05`, `"lat":"NaN"`, 1),
		strings.Replace(row("old", ""), stamp(now)+`","updated`, `1970-01-01T00:00:00Z","updated`, 1),
		strings.Replace(row("future", ""), stamp(now)+`","updated`, `2999-01-01T00:00:00Z","updated`, 1),
		strings.Replace(row("when", ""), stamp(now)+`","updated`, `gestern","updated`, 1),
		strings.Replace(row("what", ""), `"open"`, `"deleted"`, 1),
		strings.Replace(row("done", ""), `"open"`, `"closed"`, 1),
		row("inside", `,"media_url":"`+secret+`/x"`),
		row("metadata", `,"media_url":"http://169.254.169.254/latest/meta-data"`),
	}
	host := server(c.t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/requests.json" {
			fmt.Fprint(w, "["+strings.Join(list, ",")+"]")
			return
		}
		fmt.Fprint(w, "[]")
	})
	c.partner(host, func(d *open311.Destination) { d.Switches.Requests = true })
	c.look()
	k.equal("what is whole and near is taken, once", c.count(`select count(*) from request_order where source_id in ('good', 'inside', 'metadata')`), 3)
	k.equal("nothing else is", c.count(`select count(*) from matter`), 3)
	var body string
	update(c.t, c.DB, func(tx *sqldb.Tx) error {
		return tx.QueryRow(`select body from request_order where source_id = 'good'`).Scan(&body)
	})
	k.equal("markup is text", body, "路上有坑\n<大>")
	c.run()
	k.equal("addresses that may not be called are not", c.count(`select count(*) from intake_open311_media where trouble = 'forbidden'`), 1)
	endless(k, c)
}

// endless: ten million rows, or as many as somebody can bear to send.
func endless(k *checks, c *city) {
	asked := 0
	host := server(c.t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		fmt.Fprint(w, "[")
		row := `{"service_request_id":"x","status":"open","service_code":"X","description":"` + strings.Repeat("长", 20000) + `","requested_datetime":"2026-03-02T09:00:00Z","lat":30.05,"long":120.05},`
		for range 100_000 {
			if _, err := w.Write([]byte(row)); err != nil {
				return
			}
		}
	})
	to := c.partner(host, func(d *open311.Destination) { d.Name, d.Switches.Requests = "没完没了", true })
	before := c.count(`select count(*) from matter`)
	c.Out = &outbound.Client{Allow: local, Most: 1 << 20}
	c.look()
	var trouble string
	update(c.t, c.DB, func(tx *sqldb.Tx) error {
		return tx.QueryRow(`select trouble from intake_open311_destination where id = $1`, to).Scan(&trouble)
	})
	k.equal("an endless answer is cut and told", trouble, "large")
	k.that("the number of calls is bounded", asked <= 30, asked)
	k.equal("nothing half-read is taken", c.count(`select count(*) from matter`), before)
	full := 0
	rows := server(c.t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/requests.json" {
			fmt.Fprint(w, "[]")
			return
		}
		from, _ := time.Parse(time.RFC3339, r.URL.Query().Get("start_date"))
		to, _ := time.Parse(time.RFC3339, r.URL.Query().Get("end_date"))
		n := 0
		fmt.Fprint(w, "[")
		for t := from; t.Before(to) && n < 1000; t = t.Add(3 * time.Second) {
			if n > 0 {
				fmt.Fprint(w, ",")
			}
			n++
			fmt.Fprintf(w, `{"service_request_id":"%d","status":"closed","service_code":"X","requested_datetime":%q,"lat":30.05,"long":120.05}`, t.Unix(), t.Format(time.RFC3339))
		}
		if fmt.Fprint(w, "]"); n == 1000 {
			full++
		}
	})
	c.partner(rows, func(d *open311.Destination) { d.Name, d.Switches.Requests = "很多", true })
	c.look()
	k.that("a full list is asked for in halves", full >= 1, full)
}

func hanging(k *checks, c *city) {
	stop := make(chan struct{})
	slow := server(c.t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	})
	fast := server(c.t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, `[{"service_request_id":"quick"}]`) })
	defer close(stop)
	a := c.partner(slow, func(d *open311.Destination) { d.Name, d.Switches.Wait = "不回话", 1 })
	b := c.partner(fast, func(d *open311.Destination) { d.Name = "马上回" })
	var lanes []int64
	update(c.t, c.DB, func(tx *sqldb.Tx) error {
		list, err := open311.Destinations(tx)
		for _, d := range list {
			lanes = append(lanes, d.Lane)
		}
		return err
	})
	k.that("each partner has a lane of its own", len(lanes) == 2 && lanes[0] != lanes[1], lanes)
	x, y := c.lampReport(), c.lampReport()
	_ = c.handOn(x.Number, a)
	_ = c.handOn(y.Number, b)
	if err := c.jobs.Start(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	c.until(func() bool { st, _, _, _ := c.link(y.Number); return st == "confirmed" })
	k.that("the other is served meanwhile", true, "")
	c.until(func() bool { _, _, _, tr := c.link(x.Number); return tr != "" })
	_, _, _, trouble := c.link(x.Number)
	k.equal("the wait has an end", trouble, "slow")
	if err := c.jobs.Stop(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
}

// until waits for what happens in the background.
func (c *city) until(done func() bool) {
	c.t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			c.t.Fatal("it did not happen within 30 seconds")
		}
	}
}
