package georeport

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ReadDiscovery reads a discovery document, whatever its root is called.
func ReadDiscovery(body []byte) (Discovery, error) {
	n, err := Parse(body)
	if err != nil {
		return Discovery{}, err
	}
	if _, ok := n.kid("endpoints"); !ok && len(n.Kids) == 1 {
		n = n.Kids[0] // {"discovery": {…}}
	}
	d := Discovery{Contact: strings.Trim(n.get("contact"), `"`), KeyService: strings.Trim(n.get("key_service"), `"`)}
	d.Changeset, _ = ParseTime(n.get("changeset"))
	for _, e := range n.items("specification") {
		x := Endpoint{Specification: e.get("specification"), URL: strings.TrimRight(e.get("url"), "/"), Type: strings.ToLower(e.get("type")), Formats: e.list("formats")}
		x.Changeset, _ = ParseTime(e.get("changeset"))
		d.Endpoints = append(d.Endpoints, x)
	}
	return d, nil
}

// Choose is the production endpoint of GeoReport v2, and the format to ask it
// for; ok is false when there is none.
func (d Discovery) Choose() (e Endpoint, f Format, ok bool) {
	for _, e := range d.Endpoints {
		if !strings.Contains(strings.ToLower(e.Specification), "georeport_v2") || e.Type != "production" || e.URL == "" {
			continue
		}
		f = XML
		for _, media := range e.Formats {
			if strings.Contains(media, "json") {
				f = JSON
			}
		}
		return e, f, true
	}
	return Endpoint{}, XML, false
}

// ReadServices reads a list of services.
func ReadServices(body []byte) ([]Service, error) {
	n, err := Parse(body)
	if err != nil {
		return nil, err
	}
	var out []Service
	for _, x := range n.items("service_code") {
		s := Service{Code: x.get("service_code"), Name: x.get("service_name"), Description: x.get("description"), Metadata: x.truth("metadata"),
			Type: cmp.Or(strings.ToLower(x.get("type")), "realtime"), Keywords: strings.Join(x.list("keywords"), ","), Group: x.get("group", "groups")}
		if s.Code != "" {
			out = append(out, s)
		}
	}
	return out, nil
}

// ReadDefinition reads what a service asks.
func ReadDefinition(body []byte) (Definition, error) {
	n, err := Parse(body)
	if err != nil {
		return Definition{}, err
	}
	d := Definition{}
	if x := n.items("service_code"); len(x) > 0 {
		d.Code = x[0].get("service_code")
		n = x[0]
	}
	for _, x := range n.items("datatype") {
		a := Attribute{Variable: x.get("variable") == "" || x.truth("variable"), Code: x.get("code"), Datatype: strings.ToLower(x.get("datatype")), Required: x.truth("required"),
			Hint: x.get("datatype_description"), Description: x.get("description"), Automated: x.get("automated")}
		a.Order, _ = strconv.Atoi(x.get("order"))
		if values, ok := x.kid("values"); ok {
			for _, v := range values.items("key") {
				a.Values = append(a.Values, Value{v.get("key"), v.get("name")})
			}
		}
		if a.Code != "" {
			d.Attributes = append(d.Attributes, a)
		}
	}
	slices.SortStableFunc(d.Attributes, func(a, b Attribute) int { return cmp.Compare(a.Order, b.Order) })
	return d, nil
}

// Flaw is why a thing of a list was left out, with its id as far as it is known.
type Flaw struct{ ID, Why string }

// ReadRequests reads a list of requests. What has no id, no status or no time
// is left out and named.
func ReadRequests(body []byte) ([]Request, []Flaw, error) {
	n, err := Parse(body)
	if err != nil {
		return nil, nil, err
	}
	var out []Request
	var flaws []Flaw
	for _, x := range n.items("service_request_id") {
		r, why := readRequest(x)
		if why != "" {
			flaws = append(flaws, Flaw{r.ID, why})
			continue
		}
		out = append(out, r)
	}
	return out, flaws, nil
}

func readRequest(x Node) (r Request, why string) {
	r = Request{ID: x.get("service_request_id"), Status: strings.ToLower(x.get("status")), Notes: x.get("status_notes"), ServiceName: x.get("service_name"),
		ServiceCode: x.get("service_code"), Description: x.get("description"), Agency: x.get("agency_responsible"), Notice: x.get("service_notice"),
		Address: x.get("address"), AddressID: x.get("address_id"), Zip: x.get("zipcode"), Media: x.list("media_url")}
	var err error
	switch {
	case !usable(r.ID):
		return r, "no usable id"
	case r.Status != "open" && r.Status != "closed":
		return r, "status is neither open nor closed"
	}
	if r.Requested, err = ParseTime(x.get("requested_datetime")); err != nil {
		return r, "requested_datetime cannot be read"
	}
	if r.Updated, err = ParseTime(x.get("updated_datetime")); err != nil || r.Updated.Before(r.Requested) {
		r.Updated = r.Requested
	}
	r.Expected, _ = ParseTime(x.get("expected_datetime"))
	r.Lat, r.Long, r.Placed = point(x.get("lat"), x.get("long", "lng", "lon"))
	return r, ""
}

// usable reports an id that can stand in a path and in our records.
func usable(id string) bool {
	return id != "" && len(id) <= 100 && !strings.ContainsFunc(id, func(c rune) bool { return c <= ' ' || c == '/' || c == 0x7f })
}

func point(lat, lng string) (float64, float64, bool) {
	x, err := strconv.ParseFloat(lat, 64)
	if err != nil {
		return 0, 0, false
	}
	y, err := strconv.ParseFloat(lng, 64)
	if err != nil || math.IsNaN(x) || math.IsNaN(y) || math.Abs(x) > 90 || math.Abs(y) > 180 {
		return 0, 0, false
	}
	return x, y, true
}

// ReadCreated reads the answer to a new request, or what a token leads to.
func ReadCreated(body []byte) (Created, error) {
	n, err := Parse(body)
	if err != nil {
		return Created{}, err
	}
	for _, x := range n.items("service_request_id", "token") {
		c := Created{ID: x.get("service_request_id"), Token: x.get("token"), Notice: x.get("service_notice"), Account: x.get("account_id")}
		if usable(c.ID) || c.Token != "" && len(c.Token) <= 200 {
			return c, nil
		}
	}
	return Created{}, ErrBroken
}

// ReadUpdates reads a list of updates. What has no id, no request or no time is
// left out and named. A status that is none reads as unchanged: the text is kept.
func ReadUpdates(body []byte) ([]Update, []Flaw, error) {
	n, err := Parse(body)
	if err != nil {
		return nil, nil, err
	}
	var out []Update
	var flaws []Flaw
	for _, x := range n.items("update_id") {
		u := Update{ID: x.get("update_id"), RequestID: x.get("service_request_id"), Description: x.get("description"), Media: x.list("media_url"),
			External: x.get("external_status_code"), Reference: cmp.Or(x.get("fixmystreet_id"), x.get("customer_reference"))}
		u.Status, _ = Status(x.get("status"))
		if _, ok := Status(u.Status); !ok {
			u.Status = "unchanged"
		}
		var err error
		u.At, err = ParseTime(x.get("updated_datetime"))
		switch {
		case !usable(u.ID):
			flaws = append(flaws, Flaw{u.ID, "no usable update_id"})
		case !usable(u.RequestID) && !usable(u.Reference):
			flaws = append(flaws, Flaw{u.ID, "no usable service_request_id"})
		case err != nil:
			flaws = append(flaws, Flaw{u.ID, "updated_datetime cannot be read"})
		default:
			out = append(out, u)
		}
	}
	return out, flaws, nil
}

// ReadErrors reads what another system found wrong; nil when it did not say.
func ReadErrors(body []byte) []Error {
	n, err := Parse(body)
	if err != nil {
		return nil
	}
	var out []Error
	for _, x := range n.items("description") {
		out = append(out, Error{x.get("code"), x.get("description")})
	}
	return out
}

// Believable reports whether a time can be right: a peer's clock may differ, but
// a request of 1970 or of 2999 is a fault.
func Believable(t, now time.Time) bool {
	return t.Year() >= 2000 && t.Before(now.Add(24*time.Hour))
}
