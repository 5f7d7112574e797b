package request

import (
	"fmt"

	"gongzhi/internal/actor"
)

// Scope is the condition that narrows a query over matter m and request_order
// r to what the actor may see, with its arguments numbered from n. Every list,
// count, search and export of requests carries it.
//
// The hotline's own roles see all. A unit sees what it or a unit below it has
// or had a task with, except where it or a unit below or above it is the
// subject of the request (济南市12345市民服务热线条例 第三十二条). Everybody else,
// residents and administrators, sees nothing here.
func Scope(a actor.Actor, n int) (string, []any) {
	switch {
	case actor.SeesAll(a):
		return `1 = 1`, nil
	case a.Staff() && a.Is(actor.Clerk, actor.Lead):
		return unitScope(n), []any{a.UnitPath, actor.PathEnd(a.UnitPath)}
	}
	return `1 = 0`, nil
}

func unitScope(n int) string {
	return fmt.Sprintf(`m.id in (select t.matter_id from request_task t join actor_unit tu on tu.id = t.unit_id where tu.path >= $%[1]d and tu.path < $%[2]d)`, n, n+1) +
		notSubject(n)
}

// walkedScope is unitScope in the shape that is asked row by row.
func walkedScope(n int) string {
	return fmt.Sprintf(`1 = coalesce((select 1 from request_task t join actor_unit tu on tu.id = t.unit_id
		where t.matter_id = m.id and tu.path >= $%[1]d and tu.path < $%[2]d limit 1), 0)`, n, n+1) + notSubject(n)
}

func notSubject(n int) string {
	return fmt.Sprintf(`
		and not exists (select 1 from request_subject s join actor_unit su on su.id = s.unit_id
			where s.matter_id = m.id and (su.path >= $%[1]d and su.path < $%[2]d or $%[1]d like su.path || '%%'))`, n, n+1)
}

// Within reports whether a unit path lies in the actor's unit.
func Within(a actor.Actor, path string) bool {
	return a.UnitPath != "" && path >= a.UnitPath && path < actor.PathEnd(a.UnitPath)
}
