package command

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gongzhi/internal/alike"
	"gongzhi/internal/sheet"
)

// duplicates is what gongzhi eval duplicates prints.
type duplicates struct {
	Groups  [][]string `json:"groups"`
	Seconds float64    `json:"seconds"`
	Rows    int        `json:"rows"`
	Grouped int        `json:"grouped"` // rows in groups
}

// evalDuplicates groups the rows of a file that say the same: by text alone, or
// by text, place and time when the columns of these are named.
func evalDuplicates(_ context.Context, e env, args []string) error {
	fs := evalFlags(e, "duplicates")
	file, id, text := fs.String("file", "", "table, CSV or Excel"), fs.String("id", "", "`column` that names a row"), fs.String("text", "", "`columns` to compare, with commas between")
	at, lat, lon := fs.String("time", "", "`column` of the time"), fs.String("lat", "", "`column` of the latitude"), fs.String("lon", "", "`column` of the longitude")
	if err := fs.Parse(args); err != nil {
		return err
	}
	texts := columns(*text)
	if *file == "" || *id == "" || len(texts) == 0 || (*lat == "") != (*lon == "") {
		return errors.New("eval duplicates needs --file, --id and --text, and --lat with --lon")
	}
	need := append([]string{*id}, texts...)
	for _, c := range []string{*at, *lat, *lon} {
		if c != "" {
			need = append(need, c)
		}
	}
	var ids []string
	var reports []alike.Report
	err := readTable(*file, need, func(row sheet.Row) error {
		r := alike.Report{Texts: cells(row, texts)}
		if *at != "" {
			r.At, _ = sheet.Time(row.Get(*at), time.UTC) // one that cannot be read is no time
		}
		if *lat != "" {
			r.Lat, r.Lng = point(row.Get(*lat), row.Get(*lon))
		}
		ids, reports = append(ids, row.Get(*id)), append(reports, r)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read %s: %w", *file, err)
	}
	began := time.Now()
	out := duplicates{Groups: [][]string{}, Rows: len(reports)}
	for _, group := range alike.Groups(reports, *lat != "", alike.Usual) {
		var names []string
		for _, i := range group {
			names = append(names, ids[i])
		}
		out.Groups, out.Grouped = append(out.Groups, names), out.Grouped+len(names)
	}
	out.Seconds = time.Since(began).Seconds()
	return e.answer(out)
}

// point is where a row says it was; what is no number is nowhere.
func point(lat, lng string) (float64, float64) {
	y, err := strconv.ParseFloat(lat, 64)
	x, also := strconv.ParseFloat(lng, 64)
	if err != nil || also != nil {
		return 0, 0
	}
	return y, x
}
