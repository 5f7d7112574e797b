// Package fault says what kind of error happened, so that a caller knows what it
// can do about it, and names the sentence that a person is shown for it.
package fault

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Kind is what a caller can do about an error.
type Kind string

const (
	Invalid     Kind = "invalid"     // the request is wrong; the person can fix it
	NotFound    Kind = "not_found"   // no such thing, or not visible to this actor
	Denied      Kind = "denied"      // the actor may not do this
	Conflict    Kind = "conflict"    // someone else changed it first
	TooMany     Kind = "too_many"    // too often; later it will work
	Unavailable Kind = "unavailable" // something we need is away or busy; try again
	Internal    Kind = "internal"    // our fault; say nothing, log everything
)

type fault struct {
	kind  Kind
	key   string
	args  []any
	cause error
}

// New makes an error of a kind. The key names its sentence in the catalogues and
// args fill the sentence's places; cause, which may be nil, is for the log only.
func New(kind Kind, key string, cause error, args ...any) error {
	return &fault{kind, key, args, cause}
}

func (f *fault) Error() string {
	text := string(f.kind) + " " + f.key
	if len(f.args) > 0 {
		text += fmt.Sprint(" ", f.args)
	}
	if f.cause != nil {
		text += ": " + f.cause.Error()
	}
	return text
}

func (f *fault) Unwrap() error { return f.cause }

// KindOf gives the kind of the outermost fault in err. An error that nobody has
// marked is Internal, because nobody has said that a person may see it; one
// without an error has no kind.
func KindOf(err error) Kind {
	var f *fault
	var fields Fields
	switch {
	case err == nil:
		return ""
	case errors.As(err, &f):
		return f.kind
	case errors.As(err, &fields):
		return Invalid
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return Unavailable
	}
	return Internal
}

// KeyOf gives the sentence of the outermost fault in err and what fills its
// places; the key is empty when nobody has named one.
func KeyOf(err error) (key string, args []any) {
	var f *fault
	if errors.As(err, &f) {
		return f.key, f.args
	}
	var fields Fields
	if errors.As(err, &fields) && len(fields) > 0 {
		return fields[0].Key, fields[0].Args
	}
	return "", nil
}

// Field is one field of a form and what is wrong with it.
type Field struct {
	Name string // as in the form
	Key  string
	Args []any
}

// Fields is an error of kind Invalid that says which fields of a form are wrong.
// An empty Fields is no error: return Err, not the value itself.
type Fields []Field

// Add notes that a field is wrong.
func (f *Fields) Add(name, key string, args ...any) {
	*f = append(*f, Field{name, key, args})
}

// Err is nil when no field is wrong.
func (f Fields) Err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

// Of gives what is wrong with one field, and whether something is.
func (f Fields) Of(name string) (Field, bool) {
	for _, field := range f {
		if field.Name == name {
			return field, true
		}
	}
	return Field{}, false
}

func (f Fields) Error() string {
	parts := make([]string, len(f))
	for i, field := range f {
		parts[i] = field.Name + " " + field.Key
	}
	return string(Invalid) + " fields: " + strings.Join(parts, ", ")
}

// FieldsOf gives the wrong fields that err holds, or none.
func FieldsOf(err error) Fields {
	var f Fields
	errors.As(err, &f)
	return f
}
