package webhook

import (
	"encoding/json"
	"strconv"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Media is the content type of a message: a CloudEvent in JSON.
const Media = "application/cloudevents+json"

// message is what a target is told: ids, codes and times. There is no name, no
// telephone number, no address and no text of anybody in it; who needs more asks
// for it with rights of his own.
type message struct {
	Version string `json:"specversion"`
	ID      string `json:"id"`
	Source  string `json:"source"`
	Type    string `json:"type"`
	Subject string `json:"subject"` // the public number
	Time    string `json:"time"`
	Media   string `json:"datacontenttype"`
	Data    data   `json:"data"`
}

type data struct {
	Number   string `json:"number"`
	Deed     string `json:"deed"`
	Sequence int64  `json:"sequence"`           // of the deed within the request: 1, 2, 3 …
	State    string `json:"state"`              // now
	Version  int64  `json:"version"`            // deeds so far
	Type     string `json:"type,omitempty"`     // these not of an unpublished request
	Channel  string `json:"channel,omitempty"`  //
	Category string `json:"category,omitempty"` //
	Area     string `json:"area,omitempty"`     // the community, never the grid
	Unit     string `json:"unit,omitempty"`     // that leads
	Due      string `json:"due,omitempty"`
	Closed   string `json:"closed,omitempty"`
}

// TypePrefix begins the type of every event.
const TypePrefix = "gongzhi.request."

// compose makes the message of a delivery as the target may know it now. ok is
// false when it may not: the request was sealed, is not published, left the
// unit, or the unit is gone.
func (s *Service) compose(tx *sqldb.Tx, x Subscription, d Delivery) (body []byte, ok bool, err error) {
	who, ok, err := reader(tx, x)
	if err != nil || !ok {
		return nil, false, err
	}
	o, err := request.Find(tx, who, d.Matter)
	if fault.KindOf(err) == fault.NotFound {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	private := o.Publicity == "private"
	if o.Sealed || o.Type == "report" || private && !x.Private {
		return nil, false, nil
	}
	m := message{Version: "1.0", ID: d.EventID(), Source: s.source(), Type: TypePrefix + d.Deed, Subject: o.Number, Time: stamp(d.Happened), Media: "application/json"}
	m.Data = data{Number: o.Number, Deed: d.Deed, Sequence: d.Seq, State: o.State, Version: o.Version, Due: stamp(o.DueAt), Closed: stamp(o.ClosedAt)}
	if !private {
		m.Data.Type, m.Data.Channel, m.Data.Category, m.Data.Unit = o.Type, o.Channel, o.Category, o.Unit
		m.Data.Area = o.Area[:min(len(o.Area), community)]
	}
	body, err = json.Marshal(m)
	return body, true, err
}

// community is the length of the code of a community; a grid may be one house.
const community = 12

// reader is in whose name the target reads: the city, or the unit that the
// subscription names, with the rights it has at this moment.
func reader(tx *sqldb.Tx, x Subscription) (actor.Actor, bool, error) {
	if x.Unit == "" {
		return actor.System, true, nil
	}
	u, err := actor.FindUnit(tx, x.Unit)
	if fault.KindOf(err) == fault.NotFound || err == nil && !u.Active {
		return actor.Actor{}, false, nil
	}
	return actor.Actor{ID: "webhook:" + x.ID, Roles: []actor.Role{actor.Clerk}, UnitID: u.ID, UnitPath: u.Path}, true, err
}

// source is where events come from: the address the operator configured, never
// one that a visitor sent.
func (s *Service) source() string {
	if s.BaseURL == "" {
		return "urn:gongzhi"
	}
	return s.BaseURL
}

// EventID names the event for the receiver: the same in every attempt.
func (d Delivery) EventID() string { return string(d.Matter) + "-" + strconv.FormatInt(d.Seq, 10) }

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
