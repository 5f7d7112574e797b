package setup

import (
	"io"

	"gongzhi/internal/locale"
	"gongzhi/internal/sheet"
	"gongzhi/internal/sqldb"
)

// template writes the empty table of a kind, with a sheet that says what
// belongs into each column and examples of it.
func (k *kind) template(w io.Writer, lang locale.Lang) error {
	m, err := k.mapping(lang)
	if err != nil {
		return err
	}
	return m.Template(w, lang)
}

// export writes all entries, so that the table can be mended and imported
// again: what is not changed in it changes nothing.
func (k *kind) export(tx *sqldb.Tx, w *world, out sheet.Writer) error {
	head := make([]string, len(k.columns))
	for i := range k.columns {
		head[i] = k.header(locale.ZH, &k.columns[i])
	}
	if err := out.Write(head...); err != nil {
		return err
	}
	cells := make([]string, len(k.columns))
	err := k.each(tx, func(r record) error {
		for i := range k.columns {
			c := &k.columns[i]
			cells[i] = w.show(locale.ZH, c, r[c.name], true)
		}
		return out.Write(cells...)
	})
	if err != nil {
		return err
	}
	return out.Close()
}
