package sqldb_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// engineOwn are tables that each engine builds in its own way, with the reason.
var engineOwn = map[string]string{
	"search_": "full-text search is FTS5 on one engine and tsvector on the other",
}

// schema says of each table which columns, keys and indexes it has, in words that
// are the same for both engines.
type schema map[string][]string

func (s schema) add(table, line string) {
	for prefix := range engineOwn {
		if strings.HasPrefix(table, prefix) {
			return
		}
	}
	s[table] = append(s[table], line)
}

func (s schema) sorted() schema {
	for table, lines := range s {
		slices.Sort(lines)
		s[table] = slices.Compact(lines)
	}
	return s
}

func TestTwinsAgree(t *testing.T) {
	lite := describe(t, sqldb.SQLite, liteColumns, liteIndexes, liteReferences, liteTriggers)
	postgres := describe(t, sqldb.Postgres, postgresColumns, postgresIndexes, postgresReferences, postgresTriggers)
	if diff := cmp.Diff(lite, postgres); diff != "" {
		t.Errorf("the twins differ (-sqlite +postgres):\n%s", diff)
	}
	if len(lite) < 2 {
		t.Errorf("only %d tables were found; the test no longer sees the schema", len(lite))
	}
}

func TestSQLiteTablesAreStrict(t *testing.T) {
	db := sqldbtest.New(t, sqldb.SQLite)
	for _, row := range texts(t, db, `select name, '' from pragma_table_list
		where type = 'table' and schema = 'main' and name not like 'sqlite\_%' escape '\' and not strict`) {
		if !strings.HasPrefix(row[0], "search_") {
			t.Errorf("table %s is not strict", row[0])
		}
	}
}

// Each query gives two texts, the table and the line about it.
const (
	// A view's columns have no class on SQLite, and matter_event is keyed by what its
	// engine can order by, so xid says nothing there.
	liteColumns = `select t.name, 'column ' || c.name ||
		case when t.type = 'view' then '' else
			case upper(c.type) when 'INTEGER' then ' number' when 'TEXT' then ' text' when 'BLOB' then ' bytes' when 'REAL' then ' real' else ' ' || c.type end ||
			case when c."notnull" or c.pk > 0 then '' else ' null' end end
		from pragma_table_list t join pragma_table_xinfo(t.name) c
		where t.schema = 'main' and t.type in ('table', 'view') and t.name not like 'sqlite\_%' escape '\'`
	liteIndexes = `select t.name,
		case when i."unique" then 'unique ' else 'index ' end ||
		(select group_concat(coalesce(x.name, '(expression)') || case when x."desc" then ' desc' else '' end, ', ' order by x.seqno)
			from pragma_index_xinfo(i.name) x where x.key) ||
		case when i.partial then ' partial' else '' end
		from pragma_table_list t join pragma_index_list(t.name) i
		where t.schema = 'main' and t.type = 'table'
		union all
		select t.name, 'unique ' || c.name from pragma_table_list t join pragma_table_xinfo(t.name) c
		where t.schema = 'main' and t.type = 'table' and c.pk = 1 and upper(c.type) = 'INTEGER'
			and (select count(*) from pragma_table_xinfo(t.name) k where k.pk > 0) = 1`
	liteReferences = `select t.name, 'reference ' || group_concat(f."from", ', ' order by f.seq) || ' to ' || f."table" || ' ' || lower(f.on_delete)
		from pragma_table_list t join pragma_foreign_key_list(t.name) f
		where t.schema = 'main' group by t.name, f.id`
	liteTriggers = `select tbl_name, 'has triggers' from sqlite_master where type = 'trigger'`

	postgresColumns = `select c.table_name, 'column ' || c.column_name ||
		case when t.table_type = 'VIEW' then '' else
			case when c.data_type in ('bigint', 'integer', 'smallint', 'boolean', 'xid8') then ' number'
				when c.data_type = 'text' then ' text' when c.data_type = 'bytea' then ' bytes'
				when c.data_type = 'double precision' then ' real' else ' ' || c.data_type end ||
			case when c.is_nullable = 'NO' then '' else ' null' end end
		from information_schema.columns c
		join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
		where c.table_schema = current_schema()`
	postgresIndexes = `select c.relname,
		case when i.indisunique then 'unique ' else 'index ' end ||
		(select string_agg(coalesce(a.attname, '(expression)') || case when i.indoption[k.n - 1] & 1 = 1 then ' desc' else '' end, ', ' order by k.n)
			from unnest(i.indkey) with ordinality k(num, n)
			left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.num and k.num > 0
			where k.n <= i.indnkeyatts) ||
		case when i.indpred is not null then ' partial' else '' end
		from pg_index i join pg_class c on c.oid = i.indrelid
		where c.relnamespace = current_schema()::regnamespace`
	postgresReferences = `select c.relname, 'reference ' ||
		(select string_agg(a.attname, ', ' order by k.n) from unnest(r.conkey) with ordinality k(num, n)
			join pg_attribute a on a.attrelid = r.conrelid and a.attnum = k.num) || ' to ' || o.relname || ' ' ||
		case r.confdeltype when 'a' then 'no action' when 'r' then 'restrict' when 'c' then 'cascade' when 'n' then 'set null' else 'set default' end
		from pg_constraint r join pg_class c on c.oid = r.conrelid join pg_class o on o.oid = r.confrelid
		where r.contype = 'f' and c.relnamespace = current_schema()::regnamespace`
	postgresTriggers = `select c.relname, 'has triggers' from pg_trigger g join pg_class c on c.oid = g.tgrelid
		where not g.tgisinternal and c.relnamespace = current_schema()::regnamespace`
)

func describe(t *testing.T, d sqldb.Dialect, queries ...string) schema {
	t.Helper()
	db := sqldbtest.New(t, d)
	s := schema{}
	for _, q := range queries {
		for _, row := range texts(t, db, q) {
			// History is keyed by (xid, id) on PostgreSQL and by id on SQLite.
			if line := row[1]; line != "unique id" && line != "unique xid, id" || row[0] != "matter_event" {
				s.add(row[0], line)
			}
		}
	}
	return s.sorted()
}

func texts(t *testing.T, db *sqldb.DB, q string) (all [][2]string) {
	t.Helper()
	err := db.View(t.Context(), func(tx *sqldb.Tx) error {
		rows, err := tx.Query(q)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var a, b sql.NullString
			if err := rows.Scan(&a, &b); err != nil {
				return err
			}
			all = append(all, [2]string{a.String, b.String})
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(fmt.Errorf("%w in %s", err, q))
	}
	return all
}
