package catalog

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gongzhi/internal/fault"
	"gongzhi/internal/reply"
	"gongzhi/internal/sqldb"
)

// Check is what the city says of one kind of finding of the reply check: how
// loudly it is said, by which words it is found.
type Check struct {
	reply.Rule
	Rev int64 // 0 the default
}

// Checks are those of all kinds in their order, the default where the city has
// changed nothing.
func Checks(tx *sqldb.Tx) ([]Check, error) {
	rows, err := tx.Query(`select code, level, words, off, least, rev from catalog_check order by code`)
	if err != nil {
		return nil, fmt.Errorf("list checks: %w", err)
	}
	defer rows.Close()
	kept := map[reply.Kind]Check{}
	for rows.Next() {
		x, err := scanCheck(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list checks: %w", err)
		}
		kept[x.Kind] = x
	}
	var out []Check
	for _, d := range reply.Default() {
		if x, changed := kept[d.Kind]; changed {
			out = append(out, x)
		} else {
			out = append(out, Check{Rule: d})
		}
	}
	return out, rows.Err()
}

func scanCheck(scan func(...any) error) (x Check, err error) {
	var words, off string
	err = scan(&x.Kind, &x.Level, &words, &off, &x.Least, &x.Rev)
	x.Words, x.Off = apart(words), apart(off)
	return x, err
}

// SaveCheck changes one and keeps the former one as a revision. rev is the
// revision the editor saw, 0 the default.
func SaveCheck(tx *sqldb.Tx, by string, x Check, rev int64) error {
	if !slices.Contains(reply.Kinds, x.Kind) || !slices.Contains([]string{reply.Warn, reply.Hint, reply.Off}, x.Level) {
		return fault.New(fault.Invalid, "catalog.check_unknown", nil, x.Kind)
	}
	before, err := scanCheck(tx.QueryRow(`select code, level, words, off, least, rev from catalog_check where code = $1`, x.Kind).Scan)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("save check %s: %w", x.Kind, err)
	}
	if before.Rev != rev {
		return fault.New(fault.Conflict, "catalog.changed_meanwhile", nil)
	}
	if before.Rev == 0 { // the first revision tells what the default was
		i := slices.IndexFunc(reply.Default(), func(d reply.Rule) bool { return d.Kind == x.Kind })
		before.Rule = reply.Default()[i]
	}
	x.Rev = rev + 1
	const q = `insert into catalog_check(code, level, words, off, least, rev) values ($1, $2, $3, $4, $5, $6)
		on conflict (code) do update set level = excluded.level, words = excluded.words, off = excluded.off, least = excluded.least, rev = excluded.rev`
	if err := tx.Exec(q, x.Kind, x.Level, strings.Join(x.Words, "、"), strings.Join(x.Off, "、"), x.Least, x.Rev); err != nil {
		return fmt.Errorf("save check %s: %w", x.Kind, err)
	}
	return Revise(tx, by, "check", string(x.Kind), x.Rev, before, x)
}

// loadReplies is the reply check by the city's rules.
func loadReplies(tx *sqldb.Tx) (*reply.Checker, error) {
	list, err := Checks(tx)
	rules := make([]reply.Rule, len(list))
	for i, x := range list {
		rules[i] = x.Rule
	}
	return reply.New(rules), err
}
