package open311_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"gongzhi/internal/catalog"
	"gongzhi/internal/id"
	"gongzhi/internal/intake"
	"gongzhi/internal/intake/open311"
	"gongzhi/internal/intake/open311/georeport"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

var serverParts = []part{
	{"1 field tables and shapes", fieldTables},
	{"2 an empty parameter is an absent one", emptyParameters},
	{"3 ids override", idsOverride},
	{"4 windows", windows},
	{"5 places", places},
	{"6 attributes", attributes},
	{"7 descriptions", descriptions},
	{"8 keys", accessKeys},
	{"9 jurisdictions", jurisdictions},
	{"10 paths and methods", pathsAndMethods},
	{"11 bodies and files", bodies},
	{"13 what is private stays private", privacy},
	{"14 tokens", tokens},
	{"15 updates", serverUpdates},
	{"17 time zones", timeZones},
	{"idempotency", idempotency},
	{"paging, extensions, caching", paging},
	{"bulk", bulkExport},
	{"the test endpoint", testEndpoint},
}

const v2 = "/open311/v2"

// lamp reports a lamp and gives its id.
func (c *city) lamp(more ...string) string {
	c.t.Helper()
	r := c.post(v2+"/requests.json", append([]string{"api_key", c.key, "service_code", "0101", "lat", "30.05", "long", "120.05", "description", "路灯不亮了"}, more...)...)
	var list []struct {
		ID string `json:"service_request_id"`
	}
	if err := json.Unmarshal([]byte(r.body), &list); err != nil || len(list) != 1 || list[0].ID == "" {
		c.t.Fatalf("report: status %d: %s", r.status, r.body)
	}
	return list[0].ID
}

// ids are those of a list.
func (c *city) ids(path string, header ...string) []string {
	c.t.Helper()
	r := c.get(path, header...)
	var list []struct {
		ID string `json:"service_request_id"`
	}
	if err := json.Unmarshal([]byte(r.body), &list); err != nil {
		c.t.Fatalf("%s: status %d: %s", path, r.status, r.body)
	}
	out := []string{}
	for _, x := range list {
		out = append(out, x.ID)
	}
	return out
}

const requestFields = "service_request_id status status_notes service_name service_code description agency_responsible service_notice requested_datetime updated_datetime expected_datetime address address_id zipcode lat long media_url"

func fieldTables(k *checks, c *city) {
	id := c.lamp()
	for _, path := range []string{"/open311/discovery", v2 + "/discovery"} {
		x := readXML(k, c.get(path+".xml"))
		k.equal("root", x.XMLName.Local, "discovery")
		k.equal("fields of discovery", x.names(), "changeset contact key_service endpoints")
		list, _ := x.kid("endpoints")
		k.equal("endpoints", list.names(), "endpoint endpoint")
		k.equal("fields of an endpoint", list.Kids[0].names(), "specification url changeset type formats")
		k.equal("specification", list.Kids[0].text("specification"), "http://wiki.open311.org/GeoReport_v2")
		k.that("the address has no trailing slash", !strings.HasSuffix(list.Kids[0].text("url"), "/"), list.Kids[0].text("url"))
		k.equal("types", list.Kids[0].text("type")+" "+list.Kids[1].text("type"), "production test")
		formats, _ := list.Kids[0].kid("formats")
		k.equal("formats", formats.names(), "format format")
		j := readJSON[object](k, c.get(path+".json"))
		k.that("discovery is an object without wrapper", j["endpoints"] != nil && j["discovery"] == nil, j)
		_, err := time.Parse(time.RFC3339, fmt.Sprint(j["changeset"]))
		k.that("changeset is a time", err == nil, j["changeset"])
	}
	for path, media := range map[string]string{".xml": "text/xml; charset=utf-8", ".json": "application/json; charset=utf-8"} {
		for _, call := range []string{"/services", "/services/0101", "/requests", "/requests/" + id, "/servicerequestupdates", "/bulk"} {
			r := c.get(v2 + call + path)
			k.equal("status of "+call+path, r.status, 200)
			k.equal("content type of "+call+path, r.header.Get("Content-Type"), media)
			k.equal("CORS of "+call+path, r.header.Get("Access-Control-Allow-Origin"), "*")
			k.equal("credentials of "+call+path, r.header.Get("Access-Control-Allow-Credentials"), "")
		}
	}
	services := readXML(k, c.get(v2+"/services.xml"))
	k.equal("root of services", services.XMLName.Local, "services")
	k.equal("services are the public categories", len(services.Kids), 2)
	k.equal("seven fields of a service", services.Kids[0].names(), "service_code service_name description metadata type keywords group")
	k.equal("metadata in XML", services.Kids[0].text("metadata"), "true")
	list := readJSON[[]object](k, c.get(v2+"/services.json"))
	k.equal("metadata in JSON", fmt.Sprintf("%T %v", list[0]["metadata"], list[0]["metadata"]), "bool true")
	k.equal("codes are strings", fmt.Sprintf("%T", list[0]["service_code"]), "string")
	k.equal("keywords are one text", list[0]["keywords"], "路灯,灯坏了")
	k.that("an empty field is null", list[1]["description"] == nil, list[1])
	definitions(k, c)
	requestsIn(k, c, id)
}

func definitions(k *checks, c *city) {
	d := readXML(k, c.get(v2+"/services/0101.xml"))
	k.equal("root of a definition", d.XMLName.Local, "service_definition")
	attributes, _ := d.kid("attributes")
	orders := ""
	for i, a := range attributes.Kids {
		want := "variable code datatype required datatype_description order description"
		if _, has := a.kid("values"); has {
			want += " values"
		}
		k.equal("fields of an attribute", a.names(), want)
		orders += a.text("order")
		k.that("values only for lists", strings.Contains(a.names(), "values") == strings.Contains(a.text("datatype"), "list"), a)
		k.equal("order", a.text("order"), i+1)
	}
	j := readJSON[object](k, c.get(v2+"/services/0101.json"))
	first := j["attributes"].([]any)[0].(object)
	k.equal("variable and required are booleans, order a number", fmt.Sprintf("%T %T %T", first["variable"], first["required"], first["order"]), "bool bool json.Number")
	empty := c.get(v2 + "/services/0102.json")
	k.equal("a definition without attributes", strings.TrimSpace(empty.body), `{"service_code":"0102","attributes":[]}`)
	failure(k, "unknown service", c.get(v2+"/services/none.xml"), 404, "service_unknown")
	failure(k, "private service", c.get(v2+"/services/0103.json"), 404, "service_unknown")
	failure(k, "service of reports", c.get(v2+"/services/0104.json"), 404, "service_unknown")
}

func requestsIn(k *checks, c *city, id string) {
	x := readXML(k, c.get(v2+"/requests/"+id+".xml"))
	k.equal("root of requests", x.XMLName.Local, "service_requests")
	k.equal("a single request is a list of one", x.names(), "request")
	k.equal("fields of a request", x.Kids[0].names(), requestFields)
	k.equal("id", x.Kids[0].text("service_request_id"), id)
	j := readJSON[[]object](k, c.get(v2+"/requests/"+id+".json"))
	k.equal("fields in JSON", len(j[0]), len(strings.Fields(requestFields)))
	k.equal("id is a string, lat and long are numbers", fmt.Sprintf("%T %T %T", j[0]["service_request_id"], j[0]["lat"], j[0]["long"]), "string json.Number json.Number")
	k.that("empty elements are null", j[0]["zipcode"] == nil && j[0]["media_url"] == nil, j[0])
	for _, name := range []string{"requested_datetime", "updated_datetime", "expected_datetime"} {
		at, err := time.Parse(time.RFC3339, fmt.Sprint(j[0][name]))
		k.that(name+" has seconds and a zone", err == nil && at.Nanosecond() == 0, j[0][name])
	}
	created := readXML(k, c.post(v2+"/requests.xml", "api_key", c.key, "service_code", "0101", "address_string", "梧桐路32号"))
	k.equal("fields of the answer to create", created.Kids[0].names(), "service_request_id service_notice account_id")
	k.equal("the address is in the order of the standard", j[0]["address"], "梧桐社区, 文昌街道, 南湖区")
	failure(k, "unknown request", c.get(v2+"/requests/nothing.xml"), 404, "request_unknown")
}

func emptyParameters(k *checks, c *city) {
	c.lamp()
	whole := c.get(v2 + "/requests.json").body
	for _, name := range []string{"jurisdiction_id", "service_request_id", "service_code", "start_date", "end_date", "status", "api_key", "page", "page_size", "bbox", "updated_after", "updated_before", "extensions", "lat", "long", "radius", "after"} {
		r := c.get(v2 + "/requests.json?" + name + "=")
		k.that(name+" empty is as good as absent", r.status == 200 && r.body == whole, r.body)
	}
	for _, name := range []string{"jurisdiction_id", "address_string", "address_id", "email", "phone", "first_name", "last_name", "account_id", "device_id", "media_url", "attribute[q1]", "description"} {
		r := c.post(v2+"/requests.json", "api_key", c.key, "service_code", "0101", "lat", "30.05", "long", "120.05", name, "")
		k.that("create with empty "+name, r.status == 200, r.body)
	}
	failure(k, "empty service_code", c.post(v2+"/requests.json", "api_key", c.key, "service_code", " ", "lat", "30.05", "long", "120.05"), 400, "service_code.missing")
	failure(k, "empty api_key", c.post(v2+"/requests.json", "api_key", "", "service_code", "0101"), 403, "key_missing")
}

func idsOverride(k *checks, c *city) {
	a, b := c.lamp(), c.lamp("description", "另一盏")
	k.equal("ids win over dates and status", c.ids(v2+"/requests.json?service_request_id="+a+","+b+",nothing&status=closed&start_date=2001-01-01T00:00:00Z&service_code=0102"), fmt.Sprint([]string{b, a}))
	k.equal("an unknown id is skipped", c.ids(v2+"/requests.json?service_request_id=nothing"), "[]")
	failure(k, "a single unknown id", c.get(v2+"/requests/nothing.json"), 404, "request_unknown")
}

func windows(k *checks, c *city) {
	c.lamp()
	c.clock.Add(91 * 24 * time.Hour)
	id := c.lamp("description", "新的一盏")
	now := c.DB.Now()
	at := func(t time.Time) string { return url.QueryEscape(t.Format(time.RFC3339)) }
	k.equal("nothing asked: the last 90 days", c.ids(v2+"/requests.json"), fmt.Sprint([]string{id}))
	k.equal("only start_date opens 90 days", len(c.ids(v2+"/requests.json?start_date="+at(now.Add(-91*24*time.Hour)))), 1)
	k.equal("only end_date looks back 90 days", c.ids(v2+"/requests.json?end_date="+at(now)), fmt.Sprint([]string{id}))
	k.equal("90 days exactly", c.get(v2+"/requests.json?start_date="+at(now.Add(-90*24*time.Hour))+"&end_date="+at(now)).status, 200)
	failure(k, "90 days and a second", c.get(v2+"/requests.json?start_date="+at(now.Add(-90*24*time.Hour-time.Second))+"&end_date="+at(now)), 400, "end_date.window_too_wide")
	failure(k, "end before start", c.get(v2+"/requests.json?start_date="+at(now)+"&end_date="+at(now.Add(-time.Hour))), 400, "end_date.end_before_start")
	k.equal("both ends are included", c.ids(v2+"/requests.json?start_date="+at(now)+"&end_date="+at(now)), fmt.Sprint([]string{id}))
	failure(k, "unknown status", c.get(v2+"/requests.json?status=done"), 400, "status")
	k.equal("an unknown code gives an empty list", c.ids(v2+"/requests.json?service_code=nothing"), "[]")
	k.equal("codes as a list and repeated", len(c.ids(v2+"/requests.json?service_code=0102,0101&service_code=0101")), 1)
	k.equal("status as a list", len(c.ids(v2+"/requests.json?status=open,closed")), 1)
	c.many(1001)
	k.equal("1,001 requests give 1,000", len(c.ids(v2+"/requests.json?service_code=0102")), 1000)
}

// many makes n published requests in one unit of work.
func (c *city) many(n int) {
	c.t.Helper()
	update(c.t, c.DB, func(tx *sqldb.Tx) error {
		if err := tx.Lock("many"); err != nil {
			return err
		}
		var list []request.Past
		for i := range n {
			number := fmt.Sprintf("99%010d", i)
			list = append(list, request.Past{Received: tx.Now.Add(-time.Duration(i) * time.Second), Draft: request.Draft{ID: matter.ID(id.New(tx.Now)), Number: number, Title: "家里漏水", Type: "help", Channel: "phone",
				Body: "漏水", Category: "0102", Publicity: "masked", Lat: 30.01 + float64(i%80)/1000, Lng: 120.03, Area: "330101001001", State: request.ToDispatch, Deed: request.DeedImported, Source: "many", SourceID: number}})
		}
		return request.CreateAll(tx, keys, admin, list)
	})
}

func places(k *checks, c *city) {
	base := []string{"api_key", c.key, "service_code", "0101", "description", "灯"}
	bad := func(what, code string, more ...string) {
		failure(k, what, c.post(v2+"/requests.json", append(base, more...)...), 400, code)
	}
	good := func(what string, more ...string) {
		r := c.post(v2+"/requests.json", append(base, more...)...)
		k.that(what, r.status == 200, r.body)
	}
	bad("lat without long", "long.missing", "lat", "30.05")
	bad("long without lat", "lat.missing", "long", "120.05")
	bad("no place at all", "place_missing")
	bad("outside of the city", "outside", "lat", "31", "long", "121")
	bad("lat=0 is a place, outside", "outside", "lat", "0", "long", "120.05")
	bad("both zero", "outside", "lat", "0", "long", "0")
	bad("no number", "not_a_number", "lat", "thirty", "long", "120.05")
	bad("no latitude", "point_wrong", "lat", "95", "long", "120.05")
	bad("NaN", "not_a_number", "lat", "NaN", "long", "120.05")
	bad("an unknown address_id", "address_unknown", "address_id", "nothing")
	bad("a place that nobody marked, where one is needed", "place_needed", "address_id", "#NOTPINPOINTED#")
	good("address only", "address_string", "梧桐路32号")
	good("address_id only", "address_id", "a1")
	good("all three", "lat", "30.05", "long", "120.05", "address_string", "梧桐路32号", "address_id", "a1")
	r := c.post(v2+"/requests.json", "api_key", c.key, "service_code", "0102", "description", "漏水", "address_id", "#NOTPINPOINTED#")
	k.that("a place that nobody marked, where none is needed", r.status == 200, r.body)
	k.equal("services by place, inside", c.get(v2+"/services.json?lat=30.05&long=120.05").status, 200)
}

func attributes(k *checks, c *city) {
	base := []string{"api_key", c.key, "service_code", "0101", "description", "灯", "lat", "30.05", "long", "120.05"}
	update(c.t, c.DB, func(tx *sqldb.Tx) error {
		for _, a := range []georeport.Attribute{{Variable: true, Code: "pole", Datatype: georeport.Number, Required: true, Description: "灯杆号"},
			{Variable: true, Code: "seen", Datatype: georeport.Datetime, Description: "何时"}, {Variable: true, Code: "parts", Datatype: georeport.MultiValueList, Description: "哪些", Values: []georeport.Value{{Key: "a", Name: "灯罩"}, {Key: "b", Name: "灯杆"}}},
			{Variable: true, Code: "word", Datatype: georeport.String, Description: "一句话"}} {
			if err := c.SaveAttributeTx(tx, admin, "0101", a); err != nil {
				return err
			}
		}
		return nil
	})
	bad := func(what, code string, more ...string) {
		failure(k, what, c.post(v2+"/requests.json", append(base, more...)...), 400, code)
	}
	bad("a required attribute is missing", "attribute[pole].missing")
	base = append(base, "attribute[pole]", "17")
	bad("a value that is not in the list", "not_in_list", "attribute[q1]", "三盏")
	bad("a number that is none", "attribute[pole].one_answer", "attribute[pole]", "x")
	bad("a time without zone", "time_zone", "attribute[seen]", "2026-03-01T10:00:00")
	bad("a time that is none", "time_wrong", "attribute[seen]", "gestern")
	bad("a line break in a string", "one_line", "attribute[word]", "a\nb")
	bad("two answers to one question", "one_answer", "attribute[q1]", "就一盏", "attribute[q1]", "好几盏")
	bad("a bad key among several", "not_in_list", "attribute[parts][]", "a", "attribute[parts][]", "z")
	r := c.post(v2+"/requests.json", append(base, "attribute[parts][]", "a", "attribute[parts][]", "b", "attribute[seen]", "2026-03-01T10:00:00Z", "attribute[notice]", "told", "attribute[easting]", "4711", "attribute[q1]", "好几盏")...)
	k.that("several answers with []", r.status == 200, r.body)
	r2 := c.post(v2+"/requests.json", append(base, "attribute[parts]", "a", "attribute[parts]", "b")...)
	k.that("several answers repeated", r2.status == 200, r2.body)
	o := c.order(readJSON[[]struct {
		ID string `json:"service_request_id"`
	}](k, r)[0].ID)
	words := fmt.Sprint(o.Answers)
	k.that("answers are kept in words", strings.Contains(words, "灯罩、灯杆") && strings.Contains(words, "好几盏") && strings.Contains(words, "17"), words)
	k.that("an unknown attribute is kept", strings.Contains(words, "easting") && strings.Contains(words, "4711"), words)
	k.that("what is only information takes no answer", !strings.Contains(words, "told"), words)
	err := c.DB.Update(c.t.Context(), func(tx *sqldb.Tx) error {
		return c.SaveAttributeTx(tx, admin, "0101", georeport.Attribute{Code: "bad", Datatype: georeport.String, Required: true})
	})
	k.that("information that is required is refused at editing", err != nil, err)
}

func descriptions(k *checks, c *city) {
	long := strings.Repeat("灯", 3998) + "𠮷😀"
	r := c.post(v2+"/requests.json", "api_key", c.key, "service_code", "0101", "lat", "30.05", "long", "120.05", "description", long)
	k.that("4,000 characters, some of four bytes", r.status == 200, r.body)
	failure(k, "4,001 characters", c.post(v2+"/requests.json", "api_key", c.key, "service_code", "0101", "lat", "30.05", "long", "120.05", "description", long+"多"), 400, "description.too_long")
	odd := "一\n二 <b>三</b> ]]> & \u000b四 😀"
	id := readJSON[[]struct {
		ID string `json:"service_request_id"`
	}](k, c.post(v2+"/requests.json", "api_key", c.key, "service_code", "0101", "lat", "30.05", "long", "120.05", "description", odd))[0].ID
	x := readXML(k, c.get(v2+"/requests/"+id+".xml?api_key="+c.key))
	want := "一\n二 <b>三</b> ]]> & 四 😀"
	k.equal("line breaks, markup and 4-byte characters in XML, control characters gone", x.Kids[0].text("description"), want)
	j := readJSON[[]object](k, c.get(v2+"/requests/"+id+".json", "X-Api-Key", c.key))
	k.equal("the same in JSON", j[0]["description"], want)
	failure(k, "bytes that are no UTF-8", c.call("POST", v2+"/requests.json", form, "api_key="+c.key+"&service_code=0101&lat=30.05&long=120.05&description=%ff%fe"), 400, "field_unreadable")
	public := readJSON[[]object](k, c.get(v2+"/requests/"+c.lamp("phone", "13800005521", "email", "lifang@example.cn", "first_name", "芳", "last_name", "李")+".json"))
	k.that("nothing of who reported is told", !strings.Contains(fmt.Sprint(public), "13800005521") && !strings.Contains(fmt.Sprint(public), "lifang") && !strings.Contains(fmt.Sprint(public), "李芳"), public)
	told := c.receive(intake.Report{Category: "0101", Body: "打我电话13800005521，路灯坏了", Lat: 30.05, Lng: 120.05}).Number
	k.that("numbers in public words are hidden", !strings.Contains(c.get(v2+"/requests/"+told+".json?extensions=true").body, "13800005521"), told)
}

func accessKeys(k *checks, c *city) {
	try := func(key string) reply {
		return c.post(v2+"/requests.json", "api_key", key, "service_code", "0101", "lat", "30.05", "long", "120.05", "description", "灯")
	}
	failure(k, "no key", c.post(v2+"/requests.xml", "service_code", "0101"), 403, "key_missing")
	failure(k, "wrong key", try("o311-nobody"), 403, "key_wrong")
	failure(k, "wrong scope", try(c.grant("update")), 403, "key_scope")
	failure(k, "wrong scope for updates", c.post(v2+"/servicerequestupdates.json", "api_key", c.grant("create")), 403, "key_scope")
	k.equal("GET without a key", c.get(v2+"/requests.json").status, 200)
	r := c.call("POST", v2+"/requests.json", form, "service_code=0101&lat=30.05&long=120.05&description=x", "X-Api-Key", c.key)
	k.that("key in a header", r.status == 200, r.body)
	short, err := c.GrantKey(c.t.Context(), admin, open311.GrantKey{Name: "短", Scopes: []string{"create"}, Expires: c.DB.Now().Add(time.Hour)})
	k.that("a key with an end", err == nil && try(short).status == 200, err)
	c.clock.Add(2 * time.Hour)
	failure(k, "expired key", try(short), 403, "key_wrong")
	var list []open311.Key
	update(c.t, c.DB, func(tx *sqldb.Tx) (err error) { list, err = open311.Keys(tx); return err })
	k.that("last use is noted", !list[len(list)-1].Used.IsZero(), list)
	k.equal("the secret is not kept", c.count(`select count(*) from intake_open311_key where hash like $1 or hint = $2`, "%"+c.key+"%", c.key), 0)
	for _, x := range list {
		if err := c.RevokeKey(c.t.Context(), admin, x.ID); err != nil && x.Revoked.IsZero() {
			c.t.Fatal(err)
		}
	}
	failure(k, "revoked key", try(c.key), 403, "key_wrong")
	_, err = c.GrantKey(c.t.Context(), open311Nobody, open311.GrantKey{Name: "x", Scopes: []string{"create"}})
	k.that("only the system administrator makes keys", err != nil, err)
}

func jurisdictions(k *checks, c *city) {
	k.equal("absent", c.get(v2+"/services.json").status, 200)
	update(c.t, c.DB, func(tx *sqldb.Tx) error { return catalog.SaveSetting(tx, "open311.jurisdiction", "yunze.example.cn") })
	c.reload()
	k.equal("absent, with one named", c.get(v2+"/services.json").status, 200)
	k.equal("right", c.get(v2+"/services.json?jurisdiction_id=yunze.example.cn").status, 200)
	failure(k, "wrong", c.get(v2+"/services.xml?jurisdiction_id=elsewhere"), 404, "jurisdiction_unknown")
	r := c.call("POST", v2+"/requests.json?jurisdiction_id=yunze.example.cn", form, "api_key="+c.key+"&service_code=0101&lat=30.05&long=120.05&description=x")
	k.that("in the address of a POST", r.status == 200, r.body)
	failure(k, "wrong in the address of a POST", c.call("POST", v2+"/requests.json?jurisdiction_id=no", form, "api_key="+c.key), 404, "jurisdiction_unknown")
}

func pathsAndMethods(k *checks, c *city) {
	want := c.get(v2 + "/services.xml").body
	for _, path := range []string{"/open311/v2//services.xml", "//open311//v2/services.xml", v2 + "/services.XML", "/open311//v2//services.Xml"} {
		r := c.get(path)
		k.that(path+" is understood without a redirect", r.status == 200 && r.body == want, fmt.Sprint(r.status, r.body))
	}
	r := c.call("POST", "/open311/v2//requests.json", form, "api_key="+c.key+"&service_code=0101&lat=30.05&long=120.05&description=x")
	k.that("POST to a doubled slash", r.status == 200, r.body)
	for _, path := range []string{"/services.html", "/services", "/nothing.xml", "/requests/1/2.json", "/tokens.json", "/", "/services/.json"} {
		failure(k, path, c.get(v2+path), 404, "no_such_call")
	}
	head := c.call("HEAD", v2+"/services.json", "", "")
	k.that("HEAD answers without a body", head.status == 200 && head.body == "" && head.header.Get("Etag") != "", head)
	options := c.call("OPTIONS", v2+"/requests.json", "", "")
	k.that("OPTIONS tells the methods", options.status == 204 && options.header.Get("Allow") == "GET, POST, HEAD, OPTIONS", options)
	for _, method := range []string{"DELETE", "PUT", "PATCH"} {
		r := c.call(method, v2+"/services.xml", "", "")
		failure(k, method, r, 405, "method")
		k.equal("Allow after "+method, r.header.Get("Allow"), "GET, HEAD, OPTIONS")
	}
	failure(k, "POST to the list of services", c.call("POST", v2+"/services.json", form, ""), 405, "method")
	failure(k, "XML as a body", c.call("POST", v2+"/requests.json", "text/xml", "<request/>"), 415, "media_type")
	failure(k, "a body that is too large", c.claim(49<<20), 413, "too_large")
	about := c.get("/open311")
	k.that("there is a page for people", about.status == 200 && strings.Contains(about.body, "<h1>"), about.status)
	en := readJSON[[]object](k, c.get(v2+"/requests/nothing.json", "Accept-Language", "en-GB,en;q=0.9"))
	k.that("the language is the one asked for", strings.Contains(fmt.Sprint(en), "There is no request"), en)
}

func privacy(k *checks, c *city) {
	hidden := []string{
		c.receive(intake.Report{Category: "0103", Body: "家里的事", Lat: 30.05, Lng: 120.05}).Number,
		c.receive(intake.Report{Category: "0104", Type: "report", Body: "举报某人", Lat: 30.05, Lng: 120.05}).Number,
		c.receive(intake.Report{Category: "0101", Secret: true, Body: "不要公开", Lat: 30.05, Lng: 120.05}).Number,
	}
	before := c.get(v2 + "/requests.json").header.Get("Etag")
	withdrawn := c.lamp("description", "撤回的")
	c.deed(withdrawn, request.Deed{Name: request.DeedWithdrawn})
	hidden = append(hidden, withdrawn)
	for _, h := range hidden {
		c.deedIfOpen(h)
		for _, path := range []string{"/requests.json", "/requests.xml", "/requests.json?extensions=true", "/requests.json?service_request_id=" + h, "/servicerequestupdates.json", "/bulk.csv", "/bulk.json", "/requests.json?page=1&page_size=10"} {
			r := c.get(v2 + path)
			k.that(h+" is not in "+path, r.status == 200 && !strings.Contains(r.body, h), r.body)
		}
		gone := c.get(v2 + "/requests/" + h + ".json")
		never := c.get(v2 + "/requests/250101000001.json")
		k.equal("by id it is like one that never was", gone.status, 404)
		k.equal("in words too", strings.ReplaceAll(gone.body, h, ""), strings.ReplaceAll(never.body, "250101000001", ""))
		k.equal("its own key does not see it either", c.get(v2+"/requests/"+h+".json?api_key="+c.key).status, 404)
	}
	k.equal("the count leaves it out", c.get(v2+"/requests.json?page=1&page_size=10").header.Get("X-Total-Count"), "0")
	k.equal("the ETag does not tell", c.get(v2+"/requests.json").header.Get("Etag"), before)
	coarse(k, c)
	sincePublished(k, c)
}

// coarse: a matter at somebody's home is placed on the grid, also where it is
// looked for.
func coarse(k *checks, c *city) {
	out := c.receive(intake.Report{Category: "0102", Body: "厨房漏水，2单元301", Lat: 30.051234, Lng: 120.054321, Address: "梧桐路32号2单元301"})
	r := readJSON[[]struct {
		Lat, Long            float64
		Description, Address string
	}](k, c.get(v2+"/requests/"+out.Number+".json?extensions=true"))[0]
	k.that("coordinates are coarsened", r.Lat != 30.051234 && r.Lat > 30.05 && r.Lat < 30.0525, r)
	k.that("neither words nor door are told", !strings.Contains(r.Description+r.Address, "301") && !strings.Contains(r.Address, "32号"), r)
	tight := fmt.Sprintf("bbox=%f,%f,%f,%f", 120.0543, 30.0512, 120.0544, 30.0513)
	k.equal("a box around the door finds nothing", len(c.ids(v2+"/requests.json?"+tight)), 0)
	grid := fmt.Sprintf("bbox=%f,%f,%f,%f", r.Long-0.00001, r.Lat-0.00001, r.Long+0.00001, r.Lat+0.00001)
	k.equal("a box around the published place does", len(c.ids(v2+"/requests.json?"+grid)), 1)
	k.equal("so does a radius", len(c.ids(fmt.Sprintf(v2+"/requests.json?lat=%f&long=%f&radius=5", r.Lat, r.Long))), 1)
	own := readJSON[[]struct{ Lat float64 }](k, c.get(v2+"/requests/"+readJSON[[]struct {
		ID string `json:"service_request_id"`
	}](k, c.post(v2+"/requests.json", "api_key", c.key, "service_code", "0102", "lat", "30.051234", "long", "120.054321", "description", "漏水"))[0].ID+".json", "X-Api-Key", c.key))
	k.equal("who brought it reads it as he wrote it", own[0].Lat, 30.051234)
}

// sincePublished: a city that looks first shows nothing before.
func sincePublished(k *checks, c *city) {
	id := c.lamp("description", "先看看")
	update(c.t, c.DB, func(tx *sqldb.Tx) error { return catalog.SaveSetting(tx, "open311.from", "dispatched") })
	c.reload()
	k.equal("not moderated yet: nobody", c.get(v2+"/requests/"+id+".json").status, 404)
	k.equal("but who brought it", c.get(v2+"/requests/"+id+".json", "X-Api-Key", c.key).status, 200)
	c.deed(id, request.Deed{Name: request.DeedDispatched})
	k.equal("then everybody", c.get(v2+"/requests/"+id+".json").status, 200)
	for how, want := range map[string]any{"none": nil, "full": "先看看", "title": "先看看"} {
		update(c.t, c.DB, func(tx *sqldb.Tx) error { return catalog.SaveSetting(tx, "open311.description", how) })
		c.reload()
		k.equal("description where the city publishes "+how, readJSON[[]object](k, c.get(v2+"/requests/"+id+".json"))[0]["description"], want)
	}
}

// deedIfOpen lets something happen to a request, so that updates could tell it.
func (c *city) deedIfOpen(number string) {
	if o := c.order(number); o.State == request.ToDispatch {
		c.deed(number, request.Deed{Name: request.DeedDispatched}, request.Deed{Name: request.DeedAccepted})
	}
}

func timeZones(k *checks, c *city) {
	id := c.lamp()
	for text, want := range map[string]string{"2026-03-02T01:00:00Z": id, "2026-03-02T09:00:00+08:00": id, "2026-03-02T09:00:00.999+08:00": id, "2026-03-02T01:00Z": id, "2026-03-02T09:00:00%2B0800": id, "2026-03-02T09:00:00 08:00": id} {
		got := c.ids(v2 + "/requests.json?start_date=" + strings.ReplaceAll(strings.ReplaceAll(text, "+", "%2B"), " ", "+") + "&end_date=" + strings.ReplaceAll(strings.ReplaceAll(text, "+", "%2B"), " ", "+"))
		k.equal("start_date="+text, got, fmt.Sprint([]string{want}))
	}
	failure(k, "no zone", c.get(v2+"/requests.json?start_date=2026-03-02T09:00:00"), 400, "start_date.time_zone")
	failure(k, "a day is no time", c.get(v2+"/requests.json?start_date=2026-03-02"), 400, "start_date.time_zone")
	failure(k, "no time", c.get(v2+"/requests.json?end_date=tomorrow"), 400, "end_date.time_wrong")
	k.equal("a leap day", c.get(v2+"/requests.json?start_date=2028-02-29T00:00:00Z").status, 200)
	failure(k, "no leap day", c.get(v2+"/requests.json?start_date=2027-02-29T00:00:00Z"), 400, "start_date.time_wrong")
	k.equal("year 9999", c.get(v2+"/requests.json?start_date=9999-12-31T00:00:00Z").status, 200)
}

func paging(k *checks, c *city) {
	c.many(25)
	r := c.get(v2 + "/requests.json?page=1&page_size=10")
	k.equal("total in a header", r.header.Get("X-Total-Count"), "25")
	one, two, three := c.ids(v2+"/requests.json?page=1&page_size=10"), c.ids(v2+"/requests.json?page=2&page_size=10"), c.ids(v2+"/requests.json?page=3&page_size=10")
	k.equal("pages", fmt.Sprint(len(one), len(two), len(three)), "10 10 5")
	k.that("no request twice", !strings.Contains(fmt.Sprint(two), one[9]) && !strings.Contains(fmt.Sprint(three), two[9]), two)
	next := strings.TrimSuffix(strings.TrimPrefix(r.header.Get("Link"), "<"), `>; rel="next"`)
	k.equal("Link leads to the same second page", c.ids(strings.TrimPrefix(strings.Replace(next, "page=1&", "", 1), c.server.URL)), fmt.Sprint(two))
	failure(k, "page_size 1001", c.get(v2+"/requests.json?page_size=1001"), 400, "page_size.out_of_range")
	failure(k, "page 0", c.get(v2+"/requests.json?page=0"), 400, "page.out_of_range")
	failure(k, "a bad cursor", c.get(v2+"/requests.json?after=x"), 400, "after.cursor_wrong")
	failure(k, "a box of three", c.get(v2+"/requests.json?bbox=1,2,3"), 400, "bbox.bbox_wrong")
	failure(k, "a radius without a place", c.get(v2+"/requests.json?radius=10"), 400, "radius.radius_incomplete")
	k.equal("detailed_status", len(c.ids(v2+"/requests.json?detailed_status=PENDING")), 25)
	k.equal("detailed_status of others", len(c.ids(v2+"/requests.json?detailed_status=PROCESSED,REJECTED")), 0)
	x := readXML(k, c.get(v2+"/requests.xml?extensions=true&page_size=1"))
	k.equal("extension fields appear on request", x.Kids[0].names(), requestFields+" extended_attributes attributes notes")
	tag := c.get(v2 + "/services.json").header.Get("Etag")
	same := c.get(v2+"/services.json", "If-None-Match", tag)
	k.that("who has it is told so", tag != "" && same.status == 304 && same.body == "", same)
	update(c.t, c.DB, func(tx *sqldb.Tx) error {
		tx.Now = tx.Now.Add(time.Hour)
		x, err := catalog.FindCategory(tx, "0101")
		x.Name = "路灯坏了"
		if err != nil {
			return err
		}
		return catalog.SaveCategory(tx, "test", x, x.Rev)
	})
	before := readJSON[object](k, c.get("/open311/discovery.json"))["changeset"]
	k.equal("the changeset follows the catalogue", before, "2026-03-02T10:00:00+08:00")
	c.reload()
	k.that("and so does the ETag", c.get(v2+"/services.json", "If-None-Match", tag).status == 200, tag)
}

func bulkExport(k *checks, c *city) {
	c.lamp("description", "=HYPERLINK(\"http://evil\")")
	id := c.lamp("description", "普通, \"带引号\"")
	r := c.get(v2 + "/bulk.csv")
	k.that("content type", strings.HasPrefix(r.header.Get("Content-Type"), "text/csv"), r.header)
	rows, err := csv.NewReader(strings.NewReader(r.body)).ReadAll()
	k.that("RFC 4180", err == nil && strings.Contains(r.body, "\r\n"), err)
	k.equal("header row", strings.Join(rows[0], " "), "service_request_id requested_datetime updated_datetime closed_date status_description status_notes source service_name service_subtype description agency_responsible address lat long")
	k.equal("rows", len(rows), 3)
	for _, row := range rows[1:] {
		for _, cell := range row[:12] {
			k.that("no cell is a formula", cell == "" || !strings.ContainsRune("=+-@\t", rune(cell[0])), cell)
		}
		_, err := time.Parse(time.RFC3339, row[1])
		k.that("times have a zone", err == nil, row[1])
	}
	k.that("quotes survive", strings.Contains(fmt.Sprint(rows), `普通, "带引号"`) && strings.Contains(fmt.Sprint(rows), id), rows)
	k.equal("the same in JSON", len(readJSON[[]object](k, c.get(v2+"/bulk.json"))), 2)
	k.equal("the same in XML", len(readXML(k, c.get(v2+"/bulk.xml")).Kids), 2)
	failure(k, "csv of anything else", c.get(v2+"/requests.csv"), 404, "no_such_call")
}
