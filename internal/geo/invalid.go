package geo

import (
	"fmt"
	"strings"

	"gongzhi/internal/fault"
)

// Error is a fault in somebody's geometry. Key is a text of the catalogue and
// Args fill it, so that an import page can say in the reader's language what to
// mend; Where counts into the data, for example "3/0/17".
type Error struct {
	Key   string
	Args  []any
	Where string
}

// Error is for logs; people see the text of Key.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Key)
	for _, a := range e.Args {
		fmt.Fprintf(&b, " %v", a)
	}
	if e.Where != "" {
		b.WriteString(" at " + e.Where)
	}
	return b.String()
}

// Unwrap makes it a fault of kind Invalid for those who answer the reader.
func (e *Error) Unwrap() error { return fault.New(fault.Invalid, e.Key, nil, e.Args...) }

func invalid(key string, args ...any) error { return &Error{Key: key, Args: args} }
