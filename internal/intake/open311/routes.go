package open311

import (
	"time"

	"gongzhi/internal/web"
)

// Where the calls are. Of the test endpoint nothing reaches the city's desks.
const (
	root       = "/open311"
	production = root + "/v2"
	test       = root + "/test"
)

// largest is the largest call: some photos of ten MiB, written in base64.
const largest = 48 << 20

// verb is one call of the standard.
type verb struct {
	method, name string
	one          bool // its path ends in an id
	do           func(*Service, *call) (answer, error)
}

var verbs = []verb{
	{"GET", "discovery", false, (*Service).discovery},
	{"GET", "services", false, (*Service).services},
	{"GET", "services", true, (*Service).definition},
	{"GET", "requests", false, (*Service).list},
	{"POST", "requests", false, (*Service).create},
	{"GET", "requests", true, (*Service).one},
	{"GET", "tokens", true, (*Service).token},
	{"GET", "servicerequestupdates", false, (*Service).updates},
	{"POST", "servicerequestupdates", false, (*Service).takeUpdate},
	{"GET", "bulk", false, (*Service).bulk},
}

// How often one address may read and write. A city's own board reads every few
// seconds; a partner may bring a whole night's reports at once.
var (
	readRate  = web.Rate{N: 1200, Per: time.Minute}
	writeRate = web.Rate{N: 300, Per: time.Minute}
	keyRate   = web.Rate{N: 300, Per: time.Minute}
)

// Routes lists this door's ways in.
func (s *Service) Routes() []web.Route {
	out := []web.Route{{Method: "GET", Path: root, Policy: "public", Do: s.about}}
	for _, suffix := range []string{"json", "xml"} {
		out = append(out, s.door("GET", root+"/discovery."+suffix))
	}
	for _, v := range verbs {
		if v.one {
			out = append(out, s.door(v.method, production+"/"+v.name+"/{id}"))
			continue
		}
		for _, suffix := range []string{"json", "xml"} {
			out = append(out, s.door(v.method, production+"/"+v.name+"."+suffix))
		}
	}
	out = append(out, s.door("GET", production+"/bulk.csv"))
	// The rest of the path answers in the same words: other spellings of a suffix,
	// the test endpoint, calls that do not exist.
	for _, method := range []string{"GET", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"} {
		out = append(out, s.door(method, root+"/{call...}"))
	}
	return append(out, s.adminRoutes()...)
}

// door is one way in. Reading is everybody's; to write needs a key, which the
// verb checks.
func (s *Service) door(method, path string) web.Route {
	rt := web.Route{Method: method, Path: path, Policy: "open311.write", Do: s.serve, Body: largest, API: true, Loose: true, Fail: s.fail}
	if method == "GET" || method == "OPTIONS" {
		rt.Policy, rt.Body = "public", 0
	}
	return rt
}
