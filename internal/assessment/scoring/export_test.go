package scoring

import (
	"gongzhi/internal/actor"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

var (
	WriteXLSX    = writeXLSX
	FromWorkbook = fromWorkbook
)

// Scores are the rows of a month by unit.
func (s *Service) Scores(tx *sqldb.Tx, a actor.Actor, month string) (map[string]Row, error) {
	l, _, _, err := s.month(tx, a, month, "")
	out := map[string]Row{}
	if err != nil || l == nil {
		return out, err
	}
	for _, g := range l.Groups {
		for _, r := range g.Rows {
			out[r.Unit.ID] = r
		}
	}
	return out, nil
}

// Lists are the lengths of the lists that a rate of a unit leads to.
func (s *Service) Lists(tx *sqldb.Tx, a actor.Actor, month, rate, unit string) (met, of int64, err error) {
	l, _, _, err := s.month(tx, a, month, "")
	if err != nil {
		return 0, 0, err
	}
	m, o := l.filters(rate, unit)
	zone := s.Catalog.Book().Calendar.Zone
	if met, err = request.Count(tx, a, request.ParseFilter(m.Query(zone), zone)); err != nil {
		return 0, 0, err
	}
	of, err = request.Count(tx, a, request.ParseFilter(o.Query(zone), zone))
	return met, of, err
}
