package wechat

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// Message is one push: what somebody sent, or an event.
type Message struct {
	To, From string // the account's own id, and the OpenID of the person
	At       time.Time
	Type     string // text, image, voice, video, shortvideo, location, link, event
	ID       string // MsgId; events have none

	Content string // of a text; of a voice what was recognised in it
	MediaID string
	Lat     float64 // of a location, in WeChat's datum (GCJ-02); 0, 0 none
	Lng     float64
	Label   string // name of the location

	Event  string // subscribe, unsubscribe, CLICK, VIEW, SCAN, LOCATION, TEMPLATESENDJOBFINISH …
	Key    string // EventKey
	Job    string // MsgID of a sent template
	Status string // what became of it: success, failed:user block …
	Sent   []Sent // what became of subscribe messages

	Encrypted bool // it came so, and its reply goes so
}

// Sent is what became of one subscribe message.
type Sent struct{ Template, Job, Code, Status string }

// Once names the message among all, so that its second and third sending are
// known: by MsgId, an event by sender, second and kind, as WeChat recommends.
func (m Message) Once() string {
	if m.ID != "" {
		return "id/" + m.ID
	}
	return strings.Join([]string{"event", m.From, strconv.FormatInt(m.At.Unix(), 10), m.Event, m.Key, m.Job}, "/")
}

// Limits of what is read. WeChat's own messages are far below.
const (
	maxDepth    = 6
	maxElements = 200
	maxValue    = 20_000
)

// tree holds the texts of a message by their path below the root.
type tree map[string][]string

func (t tree) get(path string) string {
	if v := t[path]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// read parses a message without a DTD and without entities of its own: who sends
// either is not WeChat. A field given twice is refused, since readers could differ
// on which one counts.
func read(body []byte) (tree, error) {
	if len(body) > MaxBody {
		return nil, fmt.Errorf("%w: %d bytes", ErrMessage, len(body))
	}
	d := xml.NewDecoder(bytes.NewReader(body))
	d.Entity = map[string]string{} // the five of XML only
	out, path, elements := tree{}, []string{}, 0
	var text strings.Builder
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) && len(path) == 0 && elements > 0 {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %v", ErrMessage, err)
		}
		switch x := tok.(type) {
		case xml.Directive:
			return nil, fmt.Errorf("%w: a DTD", ErrMessage)
		case xml.StartElement:
			elements++
			if len(path) == 0 && (x.Name.Local != "xml" || elements > 1) || len(path) >= maxDepth || elements > maxElements {
				return nil, fmt.Errorf("%w: elements", ErrMessage)
			}
			path = append(path, x.Name.Local)
			text.Reset()
		case xml.CharData:
			if text.Len()+len(x) > maxValue {
				return nil, fmt.Errorf("%w: a value is too long", ErrMessage)
			}
			text.Write(x)
		case xml.EndElement:
			name := strings.Join(path[1:], "/")
			if len(path) == 2 && out[name] != nil {
				return nil, fmt.Errorf("%w: %s twice", ErrMessage, name)
			}
			if len(path) > 1 {
				out[name] = append(out[name], strings.TrimSpace(text.String()))
			}
			path = path[:len(path)-1]
			text.Reset()
		}
	}
}

// envelope is the encrypted part of a push.
func envelope(body []byte) (string, error) {
	t, err := read(body)
	if err != nil {
		return "", err
	}
	if t.get("Encrypt") == "" {
		return "", ErrMode
	}
	return t.get("Encrypt"), nil
}

// parse reads a message in the clear.
func parse(body []byte) (Message, error) {
	t, err := read(body)
	if err != nil {
		return Message{}, err
	}
	at, err := strconv.ParseInt(t.get("CreateTime"), 10, 64)
	m := Message{To: t.get("ToUserName"), From: t.get("FromUserName"), At: time.Unix(at, 0).UTC(), Type: t.get("MsgType"), ID: t.get("MsgId"),
		Content: first(t.get("Content"), t.get("Recognition")), MediaID: t.get("MediaId"), Label: t.get("Label"),
		Event: t.get("Event"), Key: t.get("EventKey"), Job: t.get("MsgID"), Status: t.get("Status")}
	m.locate(t)
	m.sent(t)
	switch {
	case err != nil || at < 0 || at > math.MaxInt32*4:
		return Message{}, fmt.Errorf("%w: CreateTime", ErrMessage)
	case m.From == "" || len(m.From) > 128 || m.Type == "":
		return Message{}, fmt.Errorf("%w: sender or type", ErrMessage)
	case m.Type != "event" && m.ID == "", len(m.ID) > 64, len(m.MediaID) > 256, len(m.Event) > 64, len(m.Key) > 512, len(m.Job) > 64:
		return Message{}, fmt.Errorf("%w: ids", ErrMessage)
	}
	return m, nil
}

// locate reads a place: of a location message, of a menu's location button, or of
// the event that a phone reports when somebody opens the account.
func (m *Message) locate(t tree) {
	for _, names := range [][3]string{{"Location_X", "Location_Y", "Label"}, {"SendLocationInfo/Location_X", "SendLocationInfo/Location_Y", "SendLocationInfo/Label"},
		{"Latitude", "Longitude", "Label"}} {
		lat, err1 := strconv.ParseFloat(t.get(names[0]), 64)
		lng, err2 := strconv.ParseFloat(t.get(names[1]), 64)
		if err1 == nil && err2 == nil && math.Abs(lat) <= 90 && math.Abs(lng) <= 180 {
			m.Lat, m.Lng, m.Label = lat, lng, t.get(names[2])
			return
		}
	}
}

func (m *Message) sent(t tree) {
	const list = "SubscribeMsgSentEvent/List/"
	jobs, codes, states := t[list+"MsgID"], t[list+"ErrorCode"], t[list+"ErrorStatus"]
	for i, template := range t[list+"TemplateId"] {
		if i < len(jobs) && i < len(codes) && i < len(states) {
			m.Sent = append(m.Sent, Sent{template, jobs[i], codes[i], states[i]})
		}
	}
}

func first(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
