package content

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Request types.
const (
	Consult    = "consult"    // 咨询
	Help       = "help"       // 求助
	Complaint  = "complaint"  // 投诉
	Report     = "report"     // 举报
	Suggestion = "suggestion" // 建议
	Praise     = "praise"     // 表扬
	Other      = "other"      // 其他
)

// Publicity of a request's place and text.
const (
	Public  = "public"  // place and progress are shown
	Masked  = "masked"  // shown at street level only
	Private = "private" // shown to nobody outside
)

// Category is one node of the tree. Only a leaf can be chosen for a request;
// everything after Leaf is empty on the nodes above.
type Category struct {
	Code   string // two digits per level: 01, 0103, 010302, 01030201
	Parent string
	Name   string
	Leaf   bool

	Description string     // when it applies, and what belongs elsewhere
	Keywords    []string   // the everyday words of residents
	Questions   []Question // at most three, put to the resident
	Limit       Limit      // the default, from dispatch
	Type        string     // the usual type
	Urgent      bool
	Publicity   string
	Place       bool   // a place is required
	Law         string // national law and article, empty where unsure
	Next        string // what happens next, for the resident
}

// Question is asked of the resident. With choices one is picked; without, the
// answer is a short text.
type Question struct {
	Ask     string   `json:"ask"`
	Choices []string `json:"choices,omitempty"`
}

// Limit is a length of time in working days ("wd") or clock hours ("h").
type Limit struct {
	N    int
	Unit string
}

// String is the limit as the files write it: 5wd, 24h.
func (l Limit) String() string { return strconv.Itoa(l.N) + l.Unit }

// words is the limit as one says it: 5 个工作日, 24 小时.
func (l Limit) words() string {
	if l.Unit == "h" {
		return strconv.Itoa(l.N) + " 小时"
	}
	return strconv.Itoa(l.N) + " 个工作日"
}

// UnmarshalJSON reads "5wd" or "24h".
func (l *Limit) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	for _, unit := range []string{"wd", "h"} {
		digits, ok := strings.CutSuffix(s, unit)
		if n, err := strconv.Atoi(digits); ok && err == nil && n > 0 {
			*l = Limit{n, unit}
			return nil
		}
	}
	return fmt.Errorf("limit %q: want a number with wd or h", s)
}

// words is written as one string with blanks between, which a person can read
// and edit more easily than a list of quoted words.
type words []string

func (w *words) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	*w = strings.Fields(s)
	return nil
}

// node is a category as the files write it: codes are two digits, relative to
// the parent's, and what a node says of limit, type, publicity and law holds
// for everything below that does not say otherwise.
type node struct {
	Code        string     `json:"code"`
	Name        string     `json:"name"`
	Description string     `json:"about"`
	Keywords    words      `json:"words"`
	Questions   []Question `json:"ask"`
	Limit       Limit      `json:"limit"`
	Type        string     `json:"type"`
	Urgent      bool       `json:"urgent"`
	Publicity   string     `json:"publicity"`
	Place       *bool      `json:"place"`
	Law         string     `json:"law"`
	Next        string     `json:"next"`
	Children    []node     `json:"children"`
}

func (c *City) readCategories(name string) error {
	var n node
	if err := decode(name, &n); err != nil {
		return err
	}
	c.add(n, "")
	return nil
}

func (c *City) add(n node, parent string) {
	k := Category{Code: parent + n.Code, Parent: parent, Name: n.Name, Leaf: len(n.Children) == 0}
	if k.Leaf {
		k.Description, k.Keywords, k.Questions = n.Description, n.Keywords, n.Questions
		k.Limit, k.Type, k.Urgent, k.Publicity = n.Limit, n.Type, n.Urgent, n.Publicity
		k.Place, k.Law, k.Next = n.Place != nil && *n.Place, n.Law, n.Next
	}
	c.Categories = append(c.Categories, k)
	for _, child := range n.Children {
		c.add(child.under(n), k.Code)
	}
}

// under is the child with what it leaves unsaid taken from the parent.
func (n node) under(parent node) node {
	if n.Limit == (Limit{}) {
		n.Limit = parent.Limit
	}
	if n.Type == "" {
		n.Type = parent.Type
	}
	if n.Publicity == "" {
		n.Publicity = parent.Publicity
	}
	if n.Place == nil {
		n.Place = parent.Place
	}
	if n.Next == "" {
		n.Next = parent.Next
	}
	return n
}

// Category finds a node of the tree by code.
func (c *City) Category(code string) (Category, bool) {
	i, ok := c.category[code]
	if !ok {
		return Category{}, false
	}
	return c.Categories[i], true
}

// Leaves are the categories that can be chosen for a request, in tree order.
func (c *City) Leaves() []Category {
	return slices.DeleteFunc(slices.Clone(c.Categories), func(k Category) bool { return !k.Leaf })
}

// Path is the category's names from the top: 市政设施, 照明, 路灯不亮.
func (c *City) Path(code string) []string {
	var names []string
	for k, ok := c.Category(code); ok; k, ok = c.Category(k.Parent) {
		names = append(names, k.Name)
	}
	slices.Reverse(names)
	return names
}
