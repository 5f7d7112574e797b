// Package georeport is Open311 GeoReport v2 on the wire: its documents, how they
// are written in XML and JSON, and how those of other systems are read, which
// are seldom quite as the standard says.
//
// Sources: wiki.open311.org/GeoReport_v2, its Spark conversion of XML to JSON,
// and mySociety's extension for updates.
package georeport

import (
	"slices"
	"strings"
	"time"
)

// Format is how a document is written.
type Format int

// The formats of the standard. XML is its mandatory one.
const (
	XML Format = iota
	JSON
)

// FormatOf is the format that a path suffix names.
func FormatOf(suffix string) (Format, bool) {
	switch strings.ToLower(suffix) {
	case "xml":
		return XML, true
	case "json":
		return JSON, true
	}
	return XML, false
}

// Suffix is the path suffix of the format.
func (f Format) Suffix() string { return [...]string{"xml", "json"}[f] }

// Media is the content type of the format.
func (f Format) Media() string {
	return [...]string{"text/xml; charset=utf-8", "application/json; charset=utf-8"}[f]
}

// Specification names GeoReport v2 in a discovery document.
const Specification = "http://wiki.open311.org/GeoReport_v2"

// Discovery says where a city's endpoints are.
type Discovery struct {
	Changeset  time.Time
	Contact    string
	KeyService string
	Endpoints  []Endpoint
}

// Endpoint is one address that speaks GeoReport.
type Endpoint struct {
	Specification string
	URL           string
	Changeset     time.Time
	Type          string // production, test
	Formats       []string
}

// Service is a kind of request that a city takes.
type Service struct {
	Code        string
	Name        string
	Description string
	Metadata    bool   // it asks for attributes
	Type        string // realtime, batch, blackbox
	Keywords    string // separated by commas
	Group       string
}

// Datatypes of attributes.
const (
	String          = "string"
	Number          = "number"
	Datetime        = "datetime"
	Text            = "text"
	SingleValueList = "singlevaluelist"
	MultiValueList  = "multivaluelist"
)

// Datatypes lists them.
var Datatypes = []string{String, Number, Datetime, Text, SingleValueList, MultiValueList}

// Attribute is one question of a service.
type Attribute struct {
	Variable    bool // an answer is wanted; otherwise it is information only
	Code        string
	Datatype    string
	Required    bool
	Hint        string // datatype_description
	Order       int
	Description string
	Values      []Value
	Automated   string // server_set, hidden_field, "" asked
}

// Value is one choice of a list.
type Value struct{ Key, Name string }

// Definition is what a service asks.
type Definition struct {
	Code       string
	Attributes []Attribute
}

// Request is one request as everybody may read it.
type Request struct {
	ID          string
	Status      string // open, closed
	Notes       string // status_notes
	ServiceName string
	ServiceCode string
	Description string
	Agency      string
	Notice      string // service_notice
	Requested   time.Time
	Updated     time.Time
	Expected    time.Time
	Address     string
	AddressID   string
	Zip         string
	Lat, Long   float64
	Placed      bool // Lat and Long are known
	Media       []string

	Extended *Extended // written only when asked for
}

// Extended are the fields of extensions: CitySDK's and those of the American
// cities.
type Extended struct {
	Title      string
	Detailed   string // detailed_status
	DetailedAt time.Time
	Channel    string
	Votes      int64
	Attributes []Answer
	History    []Note
}

// Answer is an attribute with what was answered.
type Answer struct{ Code, Label, Value string }

// Note is one line of a request's history.
type Note struct {
	At                time.Time
	Type, Description string
}

// Created is the answer to a new request: an id, or a token that leads to one.
type Created struct {
	ID, Token, Notice, Account string
}

// Update is one change of a request in mySociety's extension.
type Update struct {
	ID          string
	RequestID   string
	Status      string
	Description string
	At          time.Time
	Media       []string
	External    string // external_status_code
	Reference   string // customer_reference, or the id the request has with its sender
}

// Statuses are those of updates, in lower case.
var Statuses = []string{"open", "closed", "fixed", "in_progress", "planned", "action_scheduled", "investigating", "duplicate",
	"not_councils_responsibility", "no_further_action", "internal_referral", "for_triage", "cancelled", "reopen", "unchanged"}

// Status brings the status of an update into the form of Statuses; ok is false
// when it is none of them.
func Status(s string) (status string, ok bool) {
	s = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(s)), " ", "_")
	return s, slices.Contains(Statuses, s)
}

// Ended reports whether a status of an update ends a request.
func Ended(status string) bool {
	return slices.Contains([]string{"closed", "fixed", "duplicate", "not_councils_responsibility", "no_further_action", "cancelled"}, status)
}

// Error is one thing wrong with a call.
type Error struct{ Code, Description string }
