package georeport

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds on what another system sends: more than any honest answer holds.
const (
	mostNodes = 400_000
	mostDepth = 24
)

// Errors of reading. Each says what was wrong with the document, never quotes it.
var (
	ErrHTML   = errors.New("georeport: the answer is a web page")
	ErrEmpty  = errors.New("georeport: the answer is empty")
	ErrDTD    = errors.New("georeport: the XML declares entities, which is refused")
	ErrLarge  = errors.New("georeport: the answer has too many parts")
	ErrDeep   = errors.New("georeport: the answer is nested too deeply")
	ErrBroken = errors.New("georeport: the answer is neither XML nor JSON that can be read")
)

// Node is a part of a document of either format: a text, or parts with names.
// Items of a JSON list have no name.
type Node struct {
	Name string
	Text string
	Kids []Node
}

// Parse reads a document by what it is, whatever its content type claims. XML
// with a document type is refused: entities are a way to read our files or to
// fill our memory.
func Parse(body []byte) (Node, error) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	if len(body) == 0 {
		return Node{}, ErrEmpty
	}
	if !utf8.Valid(body) {
		return Node{}, ErrBroken
	}
	if body[0] == '<' {
		head := bytes.ToLower(body[:min(len(body), 512)])
		if bytes.Contains(head, []byte("<html")) || bytes.Contains(head, []byte("<!doctype html")) {
			return Node{}, ErrHTML
		}
		return parseXML(body)
	}
	return parseJSON(body)
}

func parseXML(body []byte) (Node, error) {
	d := xml.NewDecoder(bytes.NewReader(body))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is UTF-8, as was checked
	stack, count := []Node{{}}, 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Node{}, fmt.Errorf("%w: %w", ErrBroken, err)
		}
		switch t := token.(type) {
		case xml.Directive:
			return Node{}, ErrDTD
		case xml.StartElement:
			if count++; count > mostNodes {
				return Node{}, ErrLarge
			}
			if len(stack) > mostDepth {
				return Node{}, ErrDeep
			}
			stack = append(stack, Node{Name: t.Name.Local})
		case xml.CharData:
			stack[len(stack)-1].Text += string(t)
		case xml.EndElement:
			n := stack[len(stack)-1]
			if len(n.Kids) > 0 {
				n.Text = ""
			}
			stack = stack[:len(stack)-1]
			up := &stack[len(stack)-1]
			up.Kids = append(up.Kids, n)
		}
	}
	if len(stack) != 1 || len(stack[0].Kids) != 1 {
		return Node{}, ErrBroken
	}
	return stack[0].Kids[0], nil
}

func parseJSON(body []byte) (Node, error) {
	p := &jsonParser{d: json.NewDecoder(bytes.NewReader(body))}
	p.d.UseNumber()
	n, err := p.value("", 0)
	if err != nil {
		return Node{}, err
	}
	if p.d.More() {
		return Node{}, ErrBroken
	}
	return n, nil
}

type jsonParser struct {
	d     *json.Decoder
	count int
}

func (p *jsonParser) value(name string, depth int) (Node, error) {
	if depth > mostDepth {
		return Node{}, ErrDeep
	}
	if p.count++; p.count > mostNodes {
		return Node{}, ErrLarge
	}
	token, err := p.d.Token()
	if err != nil {
		return Node{}, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	n := Node{Name: name}
	switch t := token.(type) {
	case json.Delim:
		err = p.kids(&n, t, depth)
	case string:
		n.Text = t
	case json.Number:
		n.Text = t.String()
	case bool:
		n.Text = strconv.FormatBool(t)
	}
	return n, err
}

// kids reads the members of an object, or the items of a list.
func (p *jsonParser) kids(n *Node, open json.Delim, depth int) error {
	for p.d.More() {
		name := ""
		if open == '{' {
			key, err := p.d.Token()
			if err != nil {
				return fmt.Errorf("%w: %w", ErrBroken, err)
			}
			name, _ = key.(string)
		}
		kid, err := p.value(name, depth+1)
		if err != nil {
			return err
		}
		n.Kids = append(n.Kids, kid)
	}
	if _, err := p.d.Token(); err != nil {
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return nil
}

// kid is the first part of one of the names.
func (n Node) kid(names ...string) (Node, bool) {
	for _, name := range names {
		for _, k := range n.Kids {
			if k.Name == name {
				return k, true
			}
		}
	}
	return Node{}, false
}

// get is the text of the first part of one of the names, without space around it.
func (n Node) get(names ...string) string {
	k, _ := n.kid(names...)
	if t := strings.TrimSpace(k.Text); t != "" || len(k.Kids) != 1 {
		return t
	}
	return strings.TrimSpace(k.Kids[0].Text) // <agency_responsible><recipient>…, "agency": {"name": …}
}

func (n Node) truth(name string) bool {
	v := strings.ToLower(n.get(name))
	return v == "true" || v == "1" || v == "yes"
}

// items finds the things of a list however the other system wrapped it: a bare
// JSON list, a list inside of an object, a list element with many children or
// with one, or a single thing where a list was due. mark is a field that every
// such thing has.
func (n Node) items(mark ...string) []Node {
	if _, ok := n.kid(mark...); ok {
		return []Node{n}
	}
	var out []Node
	for _, k := range n.Kids {
		out = append(out, k.items(mark...)...)
	}
	return out
}

// list is the texts of a part: one, or several as children.
func (n Node) list(names ...string) []string {
	var out []string
	for _, name := range names {
		for _, k := range n.Kids {
			if k.Name != name {
				continue
			}
			if t := strings.TrimSpace(k.Text); t != "" {
				out = append(out, t)
			}
			for _, inner := range k.Kids {
				if t := strings.TrimSpace(inner.Text); t != "" {
					out = append(out, t)
				}
			}
		}
	}
	return out
}
