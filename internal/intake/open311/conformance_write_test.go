package open311_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

func bodies(k *checks, c *city) {
	r := c.call("POST", v2+"/requests.json?service_code=0102&description=query", form, "api_key="+c.key+"&service_code=0101&lat=30.05&long=120.05&description=body")
	k.that("parameters from the address too", r.status == 200, r.body)
	id := readJSON[[]struct {
		ID string `json:"service_request_id"`
	}](k, r)[0].ID
	k.equal("the body wins", c.order(id).Category+c.order(id).Body, "0101body")
	pic := picture(c.t)
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	for _, f := range [][2]string{{"api_key", c.key}, {"service_code", "0101"}, {"lat", "30.05"}, {"long", "120.05"}, {"description", "带照片"}} {
		_ = w.WriteField(f[0], f[1])
	}
	for _, name := range []string{"photo1", "file_../../x", "media"} {
		part, _ := w.CreateFormFile(name, "../../etc/passwd")
		_, _ = part.Write(pic)
	}
	w.Close()
	r = c.call("POST", v2+"/requests.json", w.FormDataContentType(), buf.String())
	k.that("multipart with files", r.status == 200, r.body)
	k.photos(c, r, 3)
	b64 := base64.StdEncoding.EncodeToString(pic)
	k.photos(c, c.post(v2+"/requests.json", "api_key", c.key, "service_code", "0101", "lat", "30.05", "long", "120.05", "media", b64), 1)
	k.photos(c, c.post(v2+"/requests.json", "api_key", c.key, "service_code", "0101", "lat", "30.05", "long", "120.05", "media_url", "data:image/jpeg;base64,"+b64, "media_url", "data:image/jpeg;base64,"+b64), 2)
	failure(k, "base64 that is no picture", c.post(v2+"/requests.json", "api_key", c.key, "service_code", "0101", "lat", "30.05", "long", "120.05", "media", "aGVsbG8="), 400, "format")
	failure(k, "an address that is none", c.post(v2+"/requests.json", "api_key", c.key, "service_code", "0101", "lat", "30.05", "long", "120.05", "media_url", "file:///etc/passwd"), 400, "media_url_wrong")
	failure(k, "seven pictures", c.post(v2+"/requests.json", "api_key", c.key, "service_code", "0101", "lat", "30.05", "long", "120.05", "media", b64, "media", b64, "media", b64, "media", b64, "media", b64, "media", b64, "media", b64), 400, "too_many_media")
	fetchedPictures(k, c, pic)
}

// photos checks how many cleaned photos a report has.
func (k *checks) photos(c *city, r reply, n int) {
	k.t.Helper()
	list := readJSON[[]struct {
		ID string `json:"service_request_id"`
	}](k, r)
	if len(list) == 0 || list[0].ID == "" {
		k.that("a report with photos", false, r.body)
		return
	}
	files := c.files(c.order(list[0].ID).ID)
	k.equal("photos", len(files), n)
	for _, f := range files {
		k.that("what the camera hid is gone", !strings.Contains(string(c.blob(f.Hash)), "GPS-30.05"), f.Hash)
	}
}

// fetchedPictures are those behind an address: fetched after the receipt, and
// only where that may be.
func fetchedPictures(k *checks, c *city, pic []byte) {
	asked := 0
	host := server(c.t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		switch r.URL.Path {
		case "/pic.jpg":
			w.Header().Set("Content-Type", "text/html") // what it claims is no evidence
			_, _ = w.Write(pic)
		case "/page":
			fmt.Fprint(w, "<html>")
		case "/away":
			http.Redirect(w, r, "/pic.jpg", http.StatusFound)
		case "/huge":
			for range 12 << 10 {
				if _, err := w.Write(make([]byte, 1024)); err != nil {
					return
				}
			}
		}
	})
	id := c.lamp("media_url", host+"/pic.jpg", "media_url", host+"/page", "media_url", host+"/away", "media_url", host+"/huge")
	k.equal("nothing is fetched before the answer", asked, 0)
	c.run()
	k.equal("each is asked once", asked, 4)
	files := c.files(c.order(id).ID)
	k.equal("only the picture is kept", len(files), 1)
	k.that("what the camera hid is gone", len(files) == 1 && !strings.Contains(string(c.blob(files[0].Hash)), "GPS-30.05"), files)
	notes := c.notes(id)
	k.that("the office reads what is missing and why", strings.Count(notes, "没有取") == 3, notes)
	k.equal("addresses are not kept", c.count(`select count(*) from intake_open311_media where url <> ''`), 0)
	k.that("a redirect is not followed", asked == 4, asked)
}

func tokens(k *checks, c *city) {
	update(c.t, c.DB, func(tx *sqldb.Tx) error { return c.SaveServiceTx(tx, admin, "0101", true) })
	k.that("the service says so", strings.Contains(c.get(v2+"/services.json").body, `"type":"batch"`), "")
	r := c.post(v2+"/requests.json", "api_key", c.key, "service_code", "0101", "lat", "30.05", "long", "120.05", "description", "批量", "phone", "13800005521")
	token := readJSON[[]struct {
		Token string `json:"token"`
		ID    string `json:"service_request_id"`
	}](k, r)[0]
	k.that("a token and no id", token.Token != "" && token.ID == "", r.body)
	k.that("a token cannot be guessed", len(token.Token) >= 20, token.Token)
	pending := c.get(v2 + "/tokens/" + token.Token + ".json")
	k.equal("pending: the id is absent", strings.TrimSpace(pending.body), `[{"token":"`+token.Token+`"}]`)
	k.equal("nothing of the person stands there in the clear", c.count(`select count(*) from intake_open311_token where sealed like '%13800005521%' or sealed = ''`), 0)
	c.run()
	x := readXML(k, c.get(v2+"/tokens/"+token.Token+".xml"))
	k.equal("resolved", x.Kids[0].names(), "service_request_id token")
	k.that("the id leads to the request", c.get(v2+"/requests/"+x.Kids[0].text("service_request_id")+".json").status == 200, x)
	failure(k, "unknown token", c.get(v2+"/tokens/NOBODY.json"), 404, "token_unknown")
	c.clock.Add(8 * 24 * time.Hour)
	failure(k, "expired token", c.get(v2+"/tokens/"+token.Token+".xml"), 404, "token_unknown")
	if err := c.Sweep(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	k.equal("and forgotten", c.count(`select count(*) from intake_open311_token`), 0)
}

func serverUpdates(k *checks, c *city) {
	id := c.lamp("attribute[fixmystreet_id]", "fms-7")
	send := func(update, status string, more ...string) reply {
		return c.post(v2+"/servicerequestupdates.json", append([]string{"api_key", c.key, "service_request_id", id, "update_id", update, "status", status, "updated_datetime", c.DB.Now().Format(time.RFC3339), "description", "还是不亮"}, more...)...)
	}
	r := send("u1", "OPEN")
	k.equal("the answer names the update", strings.TrimSpace(r.body), `[{"update_id":"u1"}]`)
	send("u1", "open")
	send("u1", "OPEN")
	k.equal("the same update three times is stored once", strings.Count(c.notes(id), "还是不亮"), 1)
	k.equal("a partner's word about the state moves nothing here", c.order(id).State, request.ToDispatch)
	send("u2", "fixed", "description", "<script>alert(1)</script>好了吗<br>谢谢")
	k.that("markup is taken out", strings.Contains(c.notes(id), "好了吗") && !strings.Contains(c.notes(id), "alert"), c.notes(id))
	failure(k, "unknown request", send("u3", "open", "service_request_id", "x"), 404, "request_unknown")
	failure(k, "unknown status", send("u4", "DONE"), 400, "status")
	failure(k, "a time of 1970", c.post(v2+"/servicerequestupdates.xml", "api_key", c.key, "service_request_id", id, "update_id", "u5", "status", "open", "updated_datetime", "1970-01-01T00:00:00Z", "description", "x"), 400, "time_unbelievable")
	failure(k, "no time", c.post(v2+"/servicerequestupdates.json", "api_key", c.key, "service_request_id", id, "update_id", "u6", "status", "open", "description", "x"), 400, "updated_datetime.missing")
	failure(k, "somebody else's request", c.post(v2+"/servicerequestupdates.json", "api_key", c.grant("update"), "service_request_id", id, "update_id", "u7", "status", "open", "updated_datetime", c.DB.Now().Format(time.RFC3339), "description", "x"), 404, "request_unknown")
	pulled(k, c, id)
}

// pulled: what happens here is told, and what units settle among themselves is not.
func pulled(k *checks, c *city, id string) {
	start := c.DB.Now()
	steps := []struct {
		deed   request.Deed
		status string
	}{
		{request.Deed{Name: request.DeedDispatched}, "investigating"}, {request.Deed{Name: request.DeedObjected, Notes: []request.Note{{Kind: "reason", Text: "不归我们管"}}}, ""}, {request.Deed{Name: request.DeedObjectionRejected}, ""},
		{request.Deed{Name: request.DeedAccepted}, "in_progress"}, {request.Deed{Name: request.DeedNoted, Notes: []request.Note{{Kind: "record", Text: "内部记录"}}}, ""},
		{request.Deed{Name: request.DeedReplied, Notes: []request.Note{{Kind: "answer", Audience: request.Public, Text: "灯泡已换，电话13800005521"}}}, "unchanged"},
		{request.Deed{Name: request.DeedReviewPassed}, ""}, {request.Deed{Name: request.DeedClosed}, "closed"},
	}
	var want []string
	for _, s := range steps {
		c.clock.Add(time.Minute)
		c.deed(id, s.deed)
		if s.status != "" {
			want = append(want, s.status)
		}
	}
	closedAt := c.DB.Now()
	q := url.Values{"start_date": {start.Format(time.RFC3339)}, "end_date": {c.DB.Now().Format(time.RFC3339)}, "api_key": {c.key}}
	r := c.get(v2 + "/servicerequestupdates.json?" + q.Encode())
	var got []string
	ids := map[string]bool{}
	list := readJSON[[]object](k, r)
	for _, u := range list {
		got, ids[fmt.Sprint(u["update_id"])] = append(got, fmt.Sprint(u["status"])), true
	}
	k.equal("statuses in order", got, fmt.Sprint(want))
	k.equal("each update has an id of its own", len(ids), len(list))
	k.that("the public answer is told, numbers hidden", strings.Contains(r.body, "灯泡已换") && !strings.Contains(r.body, "13800005521"), r.body)
	k.that("what units settle among themselves is not", !strings.Contains(r.body, "不归我们管") && !strings.Contains(r.body, "内部记录"), r.body)
	k.that("the sender's own reference comes back", strings.Contains(r.body, "fms-7"), r.body)
	q.Del("api_key")
	k.that("to the sender only", !strings.Contains(c.get(v2+"/servicerequestupdates.json?"+q.Encode()).body, "fms-7"), "")
	x := readXML(k, c.get(v2+"/servicerequestupdates.xml?"+q.Encode()))
	k.equal("root of updates", x.XMLName.Local, "service_request_updates")
	k.equal("fields of an update", x.Kids[0].names(), "update_id service_request_id status description updated_datetime media_url")
	failure(k, "one date only", c.get(v2+"/servicerequestupdates.json?start_date="+url.QueryEscape(start.Format(time.RFC3339))), 400, "both_or_neither")
	one := readJSON[[]object](k, c.get(v2+"/requests/"+id+".json"))[0]
	k.equal("the request is closed", one["status"], "closed")
	k.that("with its public answer", strings.Contains(fmt.Sprint(one["status_notes"]), "灯泡已换"), one)
	c.clock.Add(72 * time.Hour)
	c.deed(id, request.Deed{Name: request.DeedArchived})
	one = readJSON[[]object](k, c.get(v2+"/requests/"+id+".json"))[0]
	at, _ := time.Parse(time.RFC3339, fmt.Sprint(one["updated_datetime"]))
	k.that("updated_datetime of a closed request is its closing, also after it was filed", at.Equal(closedAt.Truncate(time.Second)), one["updated_datetime"])
	after := c.ids(v2 + "/requests.json?updated_after=" + url.QueryEscape(closedAt.Add(-time.Second).Format(time.RFC3339)) + "&updated_before=" + url.QueryEscape(closedAt.Add(time.Second).Format(time.RFC3339)))
	k.equal("updated_after finds it", after, fmt.Sprint([]string{id}))
}

func idempotency(k *checks, c *city) {
	body := "api_key=" + c.key + "&service_code=0101&lat=30.05&long=120.05&description=same"
	first := c.call("POST", v2+"/requests.json", form, body, "Idempotency-Key", "k1")
	for range 2 {
		k.equal("the same mark, the same answer", c.call("POST", v2+"/requests.json", form, body, "Idempotency-Key", "k1").body, first.body)
	}
	failure(k, "the same mark for something else", c.call("POST", v2+"/requests.json", form, body+"x", "Idempotency-Key", "k1"), 400, "mark_reused")
	other := c.call("POST", v2+"/requests.json", form, body, "Idempotency-Key", "k2")
	k.that("another mark, another request", other.status == 200 && other.body != first.body, other.body)
	a := c.lamp("attribute[fixmystreet_id]", "77")
	k.equal("the sender's own id serves as mark", c.lamp("attribute[fixmystreet_id]", "77", "description", "again"), a)
	x, y := c.lamp("description", "twice"), c.lamp("description", "twice")
	k.that("without a mark both are kept", x != y, x)
	k.that("and the office is told", strings.Contains(c.notes(y), x), c.notes(y))
	k.equal("N sendings are one case", c.count(`select count(*) from request_order where body = 'same'`), 2)
}

func testEndpoint(k *checks, c *city) {
	const sandbox = "/open311/test"
	failure(k, "it checks like the real one", c.post(sandbox+"/requests.json", "api_key", c.key, "service_code", "0101", "lat", "30.05"), 400, "long.missing")
	failure(k, "it needs a key", c.post(sandbox+"/requests.json", "service_code", "0101"), 403, "key_missing")
	r := c.post(sandbox+"/requests.json", "api_key", c.key, "service_code", "0101", "lat", "30.05", "long", "120.05", "description", "试试", "phone", "13800005521")
	id := readJSON[[]struct {
		ID string `json:"service_request_id"`
	}](k, r)[0].ID
	k.that("it gives an id", id != "", r.body)
	back := c.get(sandbox + "/requests/" + id + ".json")
	k.that("it can be read back, without the person", strings.Contains(back.body, "试试") && !strings.Contains(back.body, "13800005521"), back.body)
	k.equal("it is in the list of the test endpoint", len(c.ids(sandbox+"/requests.json")), 1)
	k.equal("and in no other", len(c.ids(v2+"/requests.json")), 0)
	k.equal("nobody's desk hears of it", c.count(`select count(*) from matter`), 0)
	k.equal("its services are the same", c.get(sandbox+"/services.json").body, c.get(v2+"/services.json").body)
	failure(k, "unknown there", c.get(sandbox+"/requests/nothing.json"), 404, "request_unknown")
}
