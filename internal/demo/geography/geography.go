// Package geography makes the land of the demonstration city, 云泽市: districts,
// streets, communities and grids that tile it without gap or overlap, a river
// and a lake, parks, roads with house numbers, estates and public facilities.
//
// The city does not exist. Its codes begin with 99, which no province has, and
// every name is put together by this package. The same seed gives the same
// city, to the last digit.
package geography

import "gongzhi/internal/geo"

// City is everything the generator makes. Slices are ordered by code or name
// and never change after Generate.
type City struct {
	Name   string
	Code   string
	Center geo.Point
	Bounds geo.Box

	Districts   []Area
	Streets     []Area
	Communities []Area
	Grids       []Area

	Roads      []Road
	Rails      []geo.Line
	Water      []Zone
	Parks      []Zone
	Blocks     []Block
	Buildings  []geo.Ring
	Estates    []Estate
	Facilities []Facility
	Addresses  []Address
}

// Kind says what an Area is.
type Kind string

// The kinds of areas, from large to small.
const (
	District  Kind = "district"
	Street    Kind = "street" // 街道
	Town      Kind = "town"   // 镇, on the level of a street
	Community Kind = "community"
	Village   Kind = "village" // 村, on the level of a community
	Grid      Kind = "grid"
)

// Area is a part of the city with a government or a grid keeper. Codes have 6
// digits for a district, 9 for a street, 12 for a community, 15 for a grid, and
// begin with the code of the parent.
type Area struct {
	Code       string
	Parent     string
	Name       string
	Aliases    []string
	Kind       Kind
	Shape      geo.MultiPolygon
	Center     geo.Point // inside the shape, where its label goes
	Population int
}

// Zone is water or green with a name, "" when it has none.
type Zone struct {
	Name  string
	Shape geo.Polygon
}

// Use says what a block of land is for.
type Use string

// The uses of land.
const (
	Residential Use = "residential"
	Commercial  Use = "commercial"
	Public      Use = "public" // schools, hospitals, offices
	Industry    Use = "industry"
	Farmland    Use = "farmland"
	Green       Use = "green"
)

// Block is the land between roads, less the roads; its name is the estate's.
type Block struct {
	Name  string
	Use   Use
	Shape geo.Polygon
}

// Road is one name: class 1 is an expressway, 2 an arterial, 3 a street, 4 a
// lane. Ways inside estates have no name.
type Road struct {
	Name    string
	Aliases []string
	Class   int
	Lines   []geo.Line
}

// Estate is a 小区 with its gates.
type Estate struct {
	Code       string
	Name       string
	Aliases    []string
	Point      geo.Point
	Shape      geo.Polygon
	Address    string // of the main gate
	Community  string
	Grid       string
	Gates      []Gate
	Buildings  int
	Households int
}

// Gate of an estate: 南门.
type Gate struct {
	Name  string
	Point geo.Point
}

// Facility is a thing people report about or are sent to.
type Facility struct {
	Code      string
	Kind      FacilityKind
	Name      string
	Aliases   []string
	Point     geo.Point
	Address   string
	Community string
	Grid      string
}

// FacilityKind is the sort of a facility, in English; Chinese says it in words.
type FacilityKind string

// The kinds of facilities.
const (
	Hall         FacilityKind = "hall" // 政务服务中心, 街道办事处, 社区党群服务中心
	Police       FacilityKind = "police"
	Fire         FacilityKind = "fire"
	School       FacilityKind = "school"
	Kindergarten FacilityKind = "kindergarten"
	Hospital     FacilityKind = "hospital"
	Clinic       FacilityKind = "clinic"
	Market       FacilityKind = "market"
	Station      FacilityKind = "station"
	BusStop      FacilityKind = "bus_stop"
	Culture      FacilityKind = "culture"
	Toilet       FacilityKind = "toilet"
	Waste        FacilityKind = "waste"
	Parking      FacilityKind = "parking"
	Site         FacilityKind = "site" // 工地
	Lamp         FacilityKind = "lamp"
	Manhole      FacilityKind = "manhole"
	Bridge       FacilityKind = "bridge"
)

// Address is a house number: 梧桐路 32 号.
type Address struct {
	Text      string
	Road      string
	Number    int
	Point     geo.Point
	Estate    string // code of the estate behind the number, if any
	Community string
	Grid      string
}
