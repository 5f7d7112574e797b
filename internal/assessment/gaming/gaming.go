// Package gaming makes visible where a unit's figures may be made and not earned:
// requests closed without a word to the resident, one answer for many, a rush
// before the count. A signal is a reason to look at cases, not a finding against
// anybody: it names a unit, a month and its cases, never a resident and never a
// single member of staff, and a reviewer decides what it means.
package gaming

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/catalog"
	"gongzhi/internal/id"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/vault"
)

// Service counts the signals and shows them.
type Service struct {
	DB      *sqldb.DB
	Vault   *vault.Vault
	Catalog *catalog.Shelf
	Base    page.Maker
}

// pattern is one sort of signal as statements over a month: $1 and $2 are its
// first and its last moment. cases gives unit and request, each once; total how
// many requests a unit had that could have been one. Confidential reports are in
// neither: who may read a signal need not know them.
type pattern struct {
	cases func(x *count, w catalog.Watch) (q string, args []any)
	total string
}

// closed are the requests of a unit that were closed in the month, replied those
// it answered.
const (
	closed = `select m.unit as unit_id, m.id as matter_id from matter m where not m.open and m.kind = 'request' and m.state in ('closed', 'archived')
		and m.closed_at >= $1 and m.closed_at < $2 and not m.sealed and m.unit <> ''`
	replied = `select e.unit as unit_id, e.matter_id, e.seq, e.at, e.body from matter_event e join matter m on m.id = e.matter_id
		where e.name = 'replied' and e.at >= $1 and e.at < $2 and not m.sealed and e.unit <> ''`
	closedTotal  = `select unit_id, cast(count(*) as bigint) from (` + closed + `) c group by 1`
	repliedTotal = `select unit_id, cast(count(distinct matter_id) as bigint) from (` + replied + `) c group by 1`
)

// sameLeast is the shortest answer, in characters, of which it makes sense to ask
// whether it was copied: 已修好 is said often enough in earnest.
const sameLeast = 30

var patterns = map[string]pattern{
	"silent": {total: closedTotal, cases: func(*count, catalog.Watch) (string, []any) {
		return closed + ` and exists (select 1 from matter_event e where e.matter_id = m.id and e.name = 'replied')
			and not exists (select 1 from matter_event e where e.matter_id = m.id and (e.name = 'contacted' and e.body like '%"reached"%' or e.name = 'replied' and e.body like '%"contacted":true%'))`, nil
	}},
	"same": {total: repliedTotal, cases: func(_ *count, w catalog.Watch) (string, []any) {
		const texts = `select c.unit_id, c.matter_id, n.text from (` + replied + `) c join request_note n on n.matter_id = c.matter_id and n.seq = c.seq and n.kind = 'answer' where length(n.text) >= $3`
		return `select distinct t.unit_id, t.matter_id from (` + texts + `) t join (select unit_id, text from (` + texts + `) s group by 1, 2 having count(distinct matter_id) >= $4) g
			on g.unit_id = t.unit_id and g.text = t.text`, []any{sameLeast, max(w.Days, 2)}
	}},
	"echo": {total: repliedTotal, cases: func(*count, catalog.Watch) (string, []any) {
		return `select distinct c.unit_id, c.matter_id from (` + replied + `) c where c.body like '%"copied"%'`, nil
	}},
	"own": {total: closedTotal, cases: func(x *count, _ catalog.Watch) (string, []any) {
		if len(x.numbers) == 0 {
			return ``, nil
		}
		marks, args := sqldb.In(3, x.numbers)
		return closed + ` and exists (select 1 from request_order r where r.matter_id = m.id and r.rating > 0)
			and exists (select 1 from request_contact k where k.matter_id = m.id and k.kind = 'requester' and k.phone_token in (` + marks + `))`, args
	}},
	"burst": {total: repliedTotal, cases: func(x *count, w catalog.Watch) (string, []any) {
		return `select distinct c.unit_id, c.matter_id from (` + replied + `) c where c.at >= $3`, []any{x.to.AddDate(0, 0, -max(w.Days, 1)).UnixMicro()}
	}},
	"passed": {total: closedTotal, cases: func(_ *count, w catalog.Watch) (string, []any) {
		return `select distinct p.unit_id, p.matter_id from request_plea p join matter m on m.id = p.matter_id where p.kind = 'return' and p.asked_at >= $1 and p.asked_at < $2 and not m.sealed
			and (select count(distinct o.unit_id) from request_plea o where o.matter_id = p.matter_id and o.kind = 'return') >= $3`, []any{max(w.Days, 2)}
	}},
	"urging": {total: repliedTotal, cases: func(_ *count, w catalog.Watch) (string, []any) {
		if len(w.Words) == 0 {
			return ``, nil
		}
		var like []string
		var args []any
		for i, word := range w.Words {
			like = append(like, `n.text like $`+strconv.Itoa(i+3))
			args = append(args, "%"+word+"%")
		}
		return `select distinct e.unit as unit_id, e.matter_id from matter_event e join matter m on m.id = e.matter_id join request_note n on n.matter_id = e.matter_id and n.seq = e.seq
			where e.at >= $1 and e.at < $2 and e.name in ('replied', 'contacted', 'noted') and n.kind in ('answer', 'contact', 'record') and not m.sealed and e.unit <> '' and (` + strings.Join(like, ` or `) + `)`, args
	}},
}

// count is one reckoning of one month.
type count struct {
	month    string
	from, to time.Time
	numbers  []string // of the units, as tokens
}

// overlap is how many days into a month the month before is still reckoned anew:
// by then its call-backs are done.
const overlap = 10

// Sweep reckons the present month, and in its first days the one before.
func (s *Service) Sweep(ctx context.Context) error {
	zone := s.Catalog.Book().Calendar.Zone
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		local := tx.Now.In(zone)
		first := time.Date(local.Year(), local.Month(), 1, 0, 0, 0, 0, zone)
		if local.Day() <= overlap {
			if err := s.Count(tx, first.AddDate(0, -1, 0)); err != nil {
				return err
			}
		}
		return s.Count(tx, first)
	})
}

// Count reckons the signals of the month that begins at from.
func (s *Service) Count(tx *sqldb.Tx, from time.Time) error {
	x := &count{month: from.Format("2006-01"), from: from, to: from.AddDate(0, 1, 0)}
	var err error
	if x.numbers, err = s.numbers(tx); err != nil {
		return err
	}
	watches, err := catalog.Watches(tx)
	if err != nil {
		return err
	}
	for _, w := range watches { // seven
		if err := x.one(tx, w); err != nil {
			return fmt.Errorf("signals %s of %s: %w", w.Code, x.month, err)
		}
	}
	return nil
}

// numbers are the telephones of the units, as contacts are found by.
func (s *Service) numbers(tx *sqldb.Tx) ([]string, error) {
	var out []string
	err := each(tx, `select phone from actor_unit where phone <> '' order by id`, nil, func(scan func(...any) error) error {
		var phone string
		err := scan(&phone)
		if n := digits(phone); n != "" {
			out = append(out, s.Vault.Token("phone", n))
		}
		return err
	})
	return out, err
}

func digits(s string) string {
	return strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, s)
}

// one reckons one pattern: units from the threshold on have a signal, the others
// none. What a reviewer has settled is open again when there is more of it.
func (x *count) one(tx *sqldb.Tx, w catalog.Watch) error {
	p := patterns[w.Code]
	q, more := p.cases(x, w)
	found, total := map[string]int64{}, map[string]int64{}
	if w.Active && q != "" {
		args := append([]any{x.from.UnixMicro(), x.to.UnixMicro()}, more...)
		if err := tallied(tx, `select unit_id, cast(count(*) as bigint) from (`+q+`) c group by 1`, args, found); err != nil {
			return err
		}
		if err := tallied(tx, p.total, args[:2], total); err != nil {
			return err
		}
	}
	for unit, n := range found {
		if n < int64(w.Least) || w.Share > 0 && n*100 < int64(w.Share)*total[unit] {
			delete(found, unit)
		}
	}
	if err := x.keep(tx, w.Code, found, total); err != nil || len(found) == 0 {
		return err
	}
	args := append([]any{x.from.UnixMicro(), x.to.UnixMicro()}, more...)
	at := len(args)
	insert := `insert into assessment_signal_case(signal_id, matter_id) select distinct g.id, c.matter_id from (` + q + `) c join assessment_signal g on g.unit_id = c.unit_id
		and g.month = $` + strconv.Itoa(at+1) + ` and g.kind = $` + strconv.Itoa(at+2)
	return tx.Exec(insert, append(args, x.month, w.Code)...)
}

// keep writes the signals of a kind and removes those that are none any more,
// with the cases of both.
func (x *count) keep(tx *sqldb.Tx, kind string, found, total map[string]int64) error {
	if err := tx.Exec(`delete from assessment_signal_case where signal_id in (select id from assessment_signal where month = $1 and kind = $2)`, x.month, kind); err != nil {
		return err
	}
	there := map[string]bool{}
	err := each(tx, `select unit_id from assessment_signal where month = $1 and kind = $2`, []any{x.month, kind}, func(scan func(...any) error) error {
		var unit string
		err := scan(&unit)
		there[unit] = true
		return err
	})
	if err != nil {
		return err
	}
	for unit := range there {
		if _, still := found[unit]; !still {
			if err := tx.Later(`delete from assessment_signal where month = $1 and kind = $2 and unit_id = $3`, x.month, kind, unit); err != nil {
				return err
			}
		}
	}
	for unit, n := range found {
		const q = `insert into assessment_signal(id, month, unit_id, kind, cases, total, seen, verdict, remark, seen_by, at) values ($1, $2, $3, $4, $5, $6, $7, '', '', '', $8)
			on conflict (month, unit_id, kind) do update set seen = case when assessment_signal.cases >= excluded.cases then assessment_signal.seen else excluded.seen end,
			cases = excluded.cases, total = excluded.total, at = excluded.at`
		if err := tx.Later(q, id.New(tx.Now), x.month, unit, kind, n, max(total[unit], n), false, tx.Now.UnixMicro()); err != nil {
			return err
		}
	}
	return nil
}

func tallied(tx *sqldb.Tx, q string, args []any, into map[string]int64) error {
	return each(tx, q, args, func(scan func(...any) error) error {
		var unit string
		var n int64
		err := scan(&unit, &n)
		into[unit] = n
		return err
	})
}

func each(tx *sqldb.Tx, q string, args []any, row func(scan func(...any) error) error) error {
	rows, err := tx.Query(q, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
