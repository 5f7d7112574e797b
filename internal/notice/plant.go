package notice

import (
	"gongzhi/internal/catalog"
	"gongzhi/internal/locale"
	"gongzhi/internal/sqldb"
)

// Plant gives a new city words for every kind of message, so that nobody waits
// in vain before somebody has written better ones. What is there stays.
func Plant(tx *sqldb.Tx, by string) error {
	there, err := catalog.Texts(tx, "notice")
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, t := range there {
		known[t.Code] = true
	}
	for _, k := range Kinds {
		if known[k.Code] {
			continue
		}
		t := catalog.Text{Code: k.Code, Kind: "notice", Title: locale.T(locale.ZH, "notice.kind_"+k.Code), Body: locale.T(locale.ZH, "notice.words_"+k.Code), Active: true}
		if err := catalog.SaveText(tx, by, t); err != nil {
			return err
		}
	}
	return nil
}
