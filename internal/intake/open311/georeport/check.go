package georeport

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// mostAnswer is the longest answer to one question, in characters.
const mostAnswer = 1000

// Check says what is wrong with the answers to a question, as a key of the
// catalogue of words; "" when nothing is. What is only information takes none:
// what is sent for it is ignored.
func (a Attribute) Check(values []string) (key string, args []any) {
	switch {
	case !a.Variable:
		return "", nil
	case len(values) == 0 && a.Required && a.Automated != "server_set":
		return "georeport.missing", nil
	case len(values) > 1 && a.Datatype != MultiValueList:
		return "georeport.one_answer", nil
	}
	for _, v := range values {
		if key, args := a.check(v); key != "" {
			return key, args
		}
	}
	return "", nil
}

func (a Attribute) check(v string) (key string, args []any) {
	if n := utf8.RuneCountInString(v); n > mostAnswer {
		return "georeport.too_long", []any{mostAnswer, n}
	}
	switch a.Datatype {
	case Number:
		if _, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err != nil {
			return "georeport.not_a_number", nil
		}
	case Datetime:
		switch _, err := ParseTime(v); err {
		case nil:
		case ErrZone:
			return "georeport.time_zone", nil
		default:
			return "georeport.time_wrong", nil
		}
	case String:
		if strings.ContainsAny(v, "\r\n") {
			return "georeport.one_line", nil
		}
	case SingleValueList, MultiValueList:
		if !slices.ContainsFunc(a.Values, func(x Value) bool { return x.Key == v }) {
			return "georeport.not_in_list", nil
		}
	}
	return "", nil
}

// Words are the answers as a person reads them: of a list the names.
func (a Attribute) Words(values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = v
		for _, x := range a.Values {
			if x.Key == v && x.Name != "" {
				out[i] = x.Name
			}
		}
	}
	return strings.Join(out, "、")
}
