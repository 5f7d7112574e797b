package sqldb

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"

	"gongzhi/internal/fault"
)

// Result codes of SQLite; the extended ones hold the primary one in their low byte.
const (
	sqliteBusy       = 5
	sqliteNoMemory   = 7
	sqliteInterrupt  = 9
	sqliteIO         = 10
	sqliteFull       = 13
	sqliteForeignKey = 787
	sqlitePrimaryKey = 1555
	sqliteUnique     = 2067
)

// mapError gives an error of a driver its kind, by code and never by text. An
// error that has a kind keeps it.
func mapError(err error) error {
	if err == nil {
		return nil
	}
	if key, _ := fault.KeyOf(err); key != "" {
		return err
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return mapSQLite(lite.Code(), err)
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return mapPostgres(pg.Code, err)
	}
	return err
}

func mapSQLite(code int, err error) error {
	switch code {
	case sqliteUnique, sqlitePrimaryKey:
		return fault.New(fault.Conflict, "sqldb.duplicate", err)
	case sqliteForeignKey:
		return fault.New(fault.Invalid, "sqldb.missing_reference", err)
	}
	switch code & 0xff {
	case sqliteBusy:
		return fault.New(fault.Unavailable, "sqldb.busy", err)
	case sqliteFull:
		return fault.New(fault.Unavailable, "sqldb.full", err)
	}
	return err
}

func mapPostgres(code string, err error) error {
	switch code {
	case "23505":
		return fault.New(fault.Conflict, "sqldb.duplicate", err)
	case "23503":
		return fault.New(fault.Invalid, "sqldb.missing_reference", err)
	case "40001", "40P01", "55P03", "57014", "53300", "57P01", "57P03": // serialization, deadlock, lock, cancelled, too many connections, shutting down, starting up
		return fault.New(fault.Unavailable, "sqldb.busy", err)
	case "53100":
		return fault.New(fault.Unavailable, "sqldb.full", err)
	}
	return err
}

// endsTransaction says whether SQLite answers this error by rolling back the
// whole transaction, not only the statement.
func endsTransaction(err error) bool {
	var lite *sqlite.Error
	if !errors.As(err, &lite) {
		return false
	}
	switch lite.Code() & 0xff {
	case sqliteFull, sqliteIO, sqliteNoMemory, sqliteInterrupt, sqliteBusy:
		return true
	}
	return false
}
