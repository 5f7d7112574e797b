package open311

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/intake/open311/georeport"
	"gongzhi/internal/sqldb"
)

// usableCode is a code that every client can put into a path without escaping.
var usableCode = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// offered reports whether a category is a service: what concerns a private
// matter is not, and neither is a report of wrongdoing.
func offered(c catalog.Category) bool {
	return c.Active && (c.Publicity == "public" || c.Publicity == "masked") && c.Type != "report" && usableCode.MatchString(c.Code)
}

// extra is what this door knows of services beside the catalogue.
type extra struct {
	batch      map[string]bool
	attributes map[string][]georeport.Attribute
}

func (s *Service) extra(ctx context.Context) (x extra, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		x, err = loadExtra(tx)
		return err
	})
	return x, err
}

func loadExtra(tx *sqldb.Tx) (extra, error) {
	x := extra{map[string]bool{}, map[string][]georeport.Attribute{}}
	rows, err := tx.Query(`select category, kind, '', '' from intake_open311_service
		union all select category, '', code, spec from intake_open311_attribute order by 1, 2, 3`)
	if err != nil {
		return x, fmt.Errorf("services of open311: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var category, kind, code, spec string
		if err := rows.Scan(&category, &kind, &code, &spec); err != nil {
			return x, err
		}
		if kind != "" {
			x.batch[category] = kind == "batch"
			continue
		}
		var a georeport.Attribute
		if err := json.Unmarshal([]byte(spec), &a); err != nil {
			return x, fmt.Errorf("attribute %s of %s: %w", code, category, err)
		}
		x.attributes[category] = append(x.attributes[category], a)
	}
	return x, rows.Err()
}

// find is the category that a service code stands for.
func (s *Service) find(code string) (catalog.Category, error) {
	tree := s.Catalog.Book().Tree
	c, ok := tree.Find(code)
	if !ok || !offered(c) || !tree.Leaf(code) {
		return c, fault.New(fault.NotFound, "georeport.service_unknown", nil, code)
	}
	return c, nil
}

func (s *Service) services(c *call) (answer, error) {
	if _, err := s.place(c); err != nil {
		return answer{}, err
	}
	x, err := s.extra(c.r.Context())
	if err != nil {
		return answer{}, err
	}
	tree := s.Catalog.Book().Tree
	var out []georeport.Service
	for _, leaf := range tree.Leaves("") {
		if !offered(leaf) {
			continue
		}
		top, _ := tree.Find(tree.Path(leaf.Code)[0])
		out = append(out, georeport.Service{Code: leaf.Code, Name: leaf.Name, Description: leaf.Description, Metadata: len(x.definition(leaf).Attributes) > 0,
			Type: kindOf(x.batch[leaf.Code]), Keywords: strings.Join(leaf.Keywords, ","), Group: top.Name})
	}
	return c.say(georeport.ServicesOf(c.format, out)), nil
}

func kindOf(batch bool) string {
	if batch {
		return "batch"
	}
	return "realtime"
}

func (s *Service) definition(c *call) (answer, error) {
	leaf, err := s.find(c.id)
	if err != nil {
		return answer{}, err
	}
	x, err := s.extra(c.r.Context())
	if err != nil {
		return answer{}, err
	}
	return c.say(georeport.DefinitionOf(c.format, x.definition(leaf))), nil
}

// definition is what a service asks: the city's word on what happens next, which
// wants no answer, the questions of the category, and what was added for other
// systems.
func (x extra) definition(c catalog.Category) georeport.Definition {
	d := georeport.Definition{Code: c.Code}
	add := func(a georeport.Attribute) {
		a.Order = len(d.Attributes) + 1
		d.Attributes = append(d.Attributes, a)
	}
	if len(c.Questions)+len(x.attributes[c.Code]) > 0 && c.Hint != "" {
		add(georeport.Attribute{Code: "notice", Datatype: georeport.String, Description: c.Hint})
	}
	for i, q := range c.Questions {
		a := georeport.Attribute{Variable: true, Code: fmt.Sprintf("q%d", i+1), Datatype: georeport.Text, Description: q.Text}
		for _, o := range q.Options {
			a.Datatype, a.Values = georeport.SingleValueList, append(a.Values, georeport.Value{Key: o, Name: o})
		}
		add(a)
	}
	for _, a := range x.attributes[c.Code] {
		add(a)
	}
	return d
}

// changeset changes with every revision of the catalogue and of what this door
// adds to it.
func changeset(tx *sqldb.Tx) (time.Time, error) {
	var at int64
	const q = `select coalesce(max(at), 0) from catalog_revision where what in ('category', 'open311')`
	if err := tx.QueryRow(q).Scan(&at); err != nil {
		return time.Time{}, fmt.Errorf("changeset: %w", err)
	}
	return sqldb.FromMicros(max(at, 1_000_000)).Truncate(time.Second), nil
}

func (s *Service) discovery(c *call) (answer, error) {
	d := georeport.Discovery{Contact: s.contact(), KeyService: s.contact()}
	err := s.DB.View(c.r.Context(), func(tx *sqldb.Tx) (err error) {
		d.Changeset, err = changeset(tx)
		return err
	})
	zone := s.Catalog.Book().Calendar.Zone
	d.Changeset = d.Changeset.In(zone)
	for _, kind := range []string{"production", "test"} {
		path := production
		if kind == "test" {
			path = test
		}
		d.Endpoints = append(d.Endpoints, georeport.Endpoint{Specification: georeport.Specification, URL: c.base + path, Changeset: d.Changeset, Type: kind,
			Formats: []string{"text/xml", "application/json"}})
	}
	return c.say(georeport.DiscoveryOf(c.format, d)), err
}

// contact tells the operators of other systems whom to ask, and where keys come from.
func (s *Service) contact() string {
	if v := s.setting(setContact, ""); v != "" {
		return v
	}
	settings := s.Catalog.Book().Settings
	phone := settings["city.phone"]
	if phone == "" {
		phone = "12345"
	}
	return strings.TrimSpace(settings["city.name"] + " " + phone)
}
