package request

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"gongzhi/internal/geo"
	"gongzhi/internal/place"
	"gongzhi/internal/sqldb"
)

// A point is taken for a default when requests about different places share it
// to the last digit: fewer than these do so by chance. One building has one
// address, a crossing two; the second rule finds systems that write no address.
const (
	sharedBy        = 30  // requests with exactly one point, before it is looked at
	sharedAddresses = 12  // different addresses, house numbers aside
	sharedMuch      = 200 // or so many requests,
	sharedPercent   = 2   // of so many in a hundred with a point,
	sharedKinds     = 10  // about so many different matters
	sharedExamples  = 6
)

// SharedPoints finds the points that many requests share although they are about
// different places, the most used first. Their examples name no private request.
func SharedPoints(tx *sqldb.Tx) ([]place.Default, error) {
	var among int64
	if err := tx.QueryRow(`select cast(count(*) as bigint) from request_order where lat is not null`).Scan(&among); err != nil {
		return nil, fmt.Errorf("count points: %w", err)
	}
	const q = `select r.lat, r.lng, r.address, r.category, r.publicity = 'public', cast(count(*) as bigint) from request_order r
		join (select lat, lng from request_order where lat is not null group by lat, lng having count(*) >= $1) p on p.lat = r.lat and p.lng = r.lng
		group by r.lat, r.lng, r.address, r.category, r.publicity = 'public' order by r.lat, r.lng`
	rows, err := tx.Query(q, sharedBy)
	if err != nil {
		return nil, fmt.Errorf("find shared points: %w", err)
	}
	defer rows.Close()
	var out []place.Default
	var c sharing
	for rows.Next() {
		var p geo.Point
		var address, category string
		var public bool
		var n int64
		if err := rows.Scan(&p.Lat, &p.Lng, &address, &category, &public, &n); err != nil {
			return nil, err
		}
		if p != c.point {
			out = c.end(out, among)
			c = sharing{point: p, addresses: map[string]bool{}, categories: map[string]bool{}, said: map[string]int64{}}
		}
		c.add(address, category, public, n)
	}
	out = c.end(out, among)
	slices.SortStableFunc(out, func(a, b place.Default) int { return cmp.Compare(b.Requests, a.Requests) })
	return out, rows.Err()
}

// sharing is one point that many requests have.
type sharing struct {
	point      geo.Point
	n          int64
	addresses  map[string]bool // without their numbers
	categories map[string]bool
	said       map[string]int64
}

func (c *sharing) add(address, category string, public bool, n int64) {
	c.n += n
	c.categories[category] = true
	if stem := unnumbered(address); stem != "" {
		c.addresses[stem] = true
		if public {
			c.said[Hide(address)] += n
		}
	}
}

// end adds the point to the list when it is one that cannot be a place.
func (c *sharing) end(list []place.Default, among int64) []place.Default {
	many := c.n >= sharedMuch && c.n*100 >= among*sharedPercent && len(c.categories) >= sharedKinds
	if c.n < sharedBy || len(c.addresses) < sharedAddresses && !many {
		return list
	}
	d := place.Default{Point: c.point, Requests: c.n, Among: among, Addresses: int64(len(c.addresses)), Categories: int64(len(c.categories)), Examples: []string{}}
	for address := range c.said {
		d.Examples = append(d.Examples, address)
	}
	slices.SortFunc(d.Examples, func(a, b string) int { return cmp.Or(cmp.Compare(c.said[b], c.said[a]), cmp.Compare(a, b)) })
	d.Examples = d.Examples[:min(len(d.Examples), sharedExamples)]
	return append(list, d)
}

// unnumbered is an address without numbers and what they count, so that the
// doors of one street and the flats of one estate are one.
func unnumbered(address string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) && !strings.ContainsRune("号栋幢楼层室座弄单元巷一二三四五六七八九十", r) {
			return r
		}
		return -1
	}, place.Fold(address))
}
