package device

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
	"gongzhi/internal/intake"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/sheet"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// importSize is the largest table of devices, importRows its most rows.
const (
	importSize = 8 << 20
	importRows = 20_000
)

// importPage takes a table. What is wrong with it is listed row by row, and then
// nothing of it is taken.
type importPage struct {
	page.Base
	Bad      []badRow
	More     int // wrong cells that are not listed
	Problems page.Problems
}

type badRow struct {
	Row          int
	Column, Text string
	field        fault.Field
}

// mostBad is how many wrong cells are listed.
const mostBad = 50

func (s *Service) showImport(w http.ResponseWriter, r *http.Request) error {
	return page.View{}.Render(w, r, http.StatusOK, importView(importPage{Base: s.Base(w, r, "device.import")}))
}

func (s *Service) postImport(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	p := importPage{Base: s.Base(w, r, "device.import")}
	n := 0
	files := v.Files("file", 1)
	if len(files) == 0 {
		v.Add("file", "device.import_no_file")
	}
	if err = v.Err(); err == nil {
		n, err = s.loadFile(r, files[0], &p)
	}
	if err == nil && len(p.Bad) == 0 {
		page.SetFlash(w, r, "good", "device.imported")
		return web.See(w, r, "/setup/devices")
	}
	if err != nil && fault.KindOf(err) != fault.Invalid && fault.KindOf(err) != fault.Conflict {
		return err
	}
	p.More = max(0, n-mostBad)
	p.Problems = p.Base.Problems(err)
	return page.View{}.Render(w, r, http.StatusUnprocessableEntity, importView(p))
}

func (s *Service) loadFile(r *http.Request, f web.File, p *importPage) (bad int, err error) {
	in, err := f.Open()
	if err != nil {
		return 0, err
	}
	defer in.Close()
	at, ok := in.(io.ReaderAt)
	if !ok {
		return 0, errors.New("an upload that cannot be read twice")
	}
	rows, err := readTable(f.Name, at, f.Size)
	if err != nil {
		return 0, err
	}
	return s.load(r.Context(), actor.From(r.Context()), rows, p)
}

// load checks and saves the rows of a table, all of them or nothing. It says how
// many cells are wrong.
func (s *Service) load(ctx context.Context, a actor.Actor, rows []tableRow, p *importPage) (bad int, err error) {
	list := make([]Device, len(rows))
	note := func(row int, column string, x fault.Field) {
		if bad++; len(p.Bad) < mostBad {
			p.Bad = append(p.Bad, badRow{row, column, p.T(x.Key, x.Args...), x})
		}
	}
	seen := map[string]int{}
	var g ground
	var revs map[string]int64
	for i, row := range rows {
		var wrong fault.Fields
		if list[i], wrong = row.device(); seen[list[i].Code] > 0 {
			wrong.Add("code", "device.import_twice", seen[list[i].Code])
		}
		seen[list[i].Code] = row.n
		for _, x := range wrong {
			note(row.n, p.T("device.column_"+x.Name), x)
		}
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		if g, err = s.groundOf(tx, list); err != nil {
			return err
		}
		revs, err = revisions(tx)
		return err
	})
	if err != nil {
		return bad, err
	}
	for i := range list {
		list[i].Rev = revs[list[i].Code]
		for _, x := range fault.FieldsOf(g.check(&list[i])) {
			note(rows[i].n, p.T("device.column_"+x.Name), x)
		}
	}
	if bad > 0 {
		return bad, nil
	}
	return 0, s.Register(ctx, a, list...)
}

func revisions(tx *sqldb.Tx) (map[string]int64, error) {
	rows, err := tx.Query(`select code, rev from intake_device`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]int64{}
	for rows.Next() {
		var code string
		var rev int64
		if err := rows.Scan(&code, &rev); err != nil {
			return nil, err
		}
		out[code] = rev
	}
	return out, rows.Err()
}

// tableRow is one row by column.
type tableRow struct {
	n     int
	cells map[string]string
}

func readTable(name string, at io.ReaderAt, size int64) ([]tableRow, error) {
	if size > importSize {
		return nil, wrong("file", "device.import_large", importSize>>20)
	}
	d, err := sheet.Open(name, at, size, sheet.Options{Trim: true})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := header(d)
	if err != nil {
		return nil, err
	}
	var out []tableRow
	for {
		row, err := d.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		x := tableRow{row.Number, map[string]string{}}
		for _, c := range columns {
			x.cells[c] = row.Get(names[c])
		}
		if out = append(out, x); len(out) > importRows {
			return nil, wrong("file", "device.import_rows", importRows)
		}
	}
}

// header finds the columns by their names in either language.
func header(d *sheet.Reader) (map[string]string, error) {
	out := map[string]string{}
	for _, c := range columns {
		for _, name := range []string{locale.T(locale.ZH, "device.column_"+c), locale.T(locale.EN, "device.column_"+c), c} {
			if _, there := d.Header.Index(name); there && out[c] == "" {
				out[c] = name
			}
		}
	}
	for _, c := range []string{"code", "name", "kind"} {
		if out[c] == "" {
			return nil, wrong("file", "device.import_column", locale.T(locale.ZH, "device.column_"+c))
		}
	}
	return out, nil
}

// datumOf is a coordinate system by its code or one of the names that tables use.
func datumOf(word string) geo.Datum { return geo.Datum(intake.DatumOf(word)) }

// device reads a row; an empty cell is what an empty field of the form is, but a
// device without a word on it is in use.
func (x tableRow) device() (Device, fault.Fields) {
	var wrong fault.Fields
	number := func(c string) float64 {
		if x.cells[c] == "" {
			return 0
		}
		f, err := strconv.ParseFloat(x.cells[c], 64)
		if err != nil {
			wrong.Add(c, "web.field_number")
		}
		return f
	}
	d := Device{Code: x.cells["code"], Name: x.cells["name"], Kind: x.cells["kind"], Facility: x.cells["facility"], Address: x.cells["address"], Area: x.cells["area"],
		Lat: number("lat"), Lng: number("lng"), Origin: request.Origin{Datum: datumOf(x.cells["datum"])}, Source: x.cells["source"], PerMinute: int64(number("per_minute"))}
	switch strings.ToLower(x.cells["active"]) {
	case "", "1", "yes", "true", locale.T(locale.ZH, "device.yes"):
		d.Active = true
	case "0", "no", "false", locale.T(locale.ZH, "device.no"):
	default:
		wrong.Add("active", "device.import_active")
	}
	return d, wrong
}
