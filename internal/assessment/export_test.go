package assessment

import (
	"fmt"
	"reflect"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Shown is one figure of a board, with the place where it stands.
type Shown struct {
	Where string
	N     int64
	F     request.Filter
}

// Figures are all figures of the board as the actor sees it.
func (s *Service) Figures(tx *sqldb.Tx, a actor.Actor, name, unit string) ([]Shown, error) {
	book := s.Catalog.Book()
	b, err := count(tx, a, newSpan(name, tx.Now, book.Calendar.Zone), unit, book.Tree, s.Atlas.Atlas())
	if err != nil {
		return nil, err
	}
	return collect(reflect.ValueOf(*b), "board"), nil
}

// collect walks over all that a board holds, so that no figure can be left out.
func collect(v reflect.Value, where string) []Shown {
	if f, ok := reflect.TypeAssert[figure](exported(v)); ok {
		if reflect.DeepEqual(f.F, request.Filter{}) {
			return nil
		}
		return []Shown{{where, f.N, f.F}}
	}
	var out []Shown
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type() != reflect.TypeFor[time.Time]() && v.Type().Field(i).IsExported() {
				out = append(out, collect(v.Field(i), where+"."+v.Type().Field(i).Name)...)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			out = append(out, collect(v.Index(i), fmt.Sprint(where, "[", i, "]"))...)
		}
	}
	return out
}

func exported(v reflect.Value) reflect.Value {
	if v.CanInterface() {
		return v
	}
	return reflect.ValueOf(struct{}{})
}
