package notice_test

import (
	"regexp"
	"slices"
	"testing"

	"gongzhi/internal/catalog"
	"gongzhi/internal/locale"
	"gongzhi/internal/notice"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

var holeMark = regexp.MustCompile(`\{([^{}]+)\}`)

// A new city has words for every message, which fit two SMS and leave no
// placeholder open; those that somebody wrote before stay.
func TestANewCityHasWordsForEveryNotice(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		var texts []catalog.Text
		err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
			own := catalog.Text{Code: "closed", Kind: "notice", Title: "办结", Body: "自己写的话", Active: true}
			if err := catalog.SaveText(tx, "staff-1", own); err != nil {
				return err
			}
			for range 2 {
				if err := notice.Plant(tx, "system"); err != nil {
					return err
				}
			}
			var err error
			texts, err = catalog.Texts(tx, "notice")
			return err
		})
		if err != nil || len(texts) != len(notice.Kinds) {
			t.Fatalf("%d texts for %d kinds, %v", len(texts), len(notice.Kinds), err)
		}
		for _, x := range texts {
			if x.Code == "closed" && x.Body != "自己写的话" {
				t.Errorf("own words were lost: %s", x.Body)
			}
			if !locale.Has(locale.ZH, "notice.kind_"+x.Code) || x.Title == "" {
				t.Errorf("%s has no name", x.Code)
			}
			for _, h := range holeMark.FindAllStringSubmatch(x.Body, -1) {
				if !slices.Contains(notice.HolesOf(x.Code), h[1]) {
					t.Errorf("%s: nothing fills {%s}", x.Code, h[1])
				}
			}
			if _, parts := notice.Segments(x.Body); parts > 2 {
				t.Errorf("%s takes %d SMS: %s", x.Code, parts, x.Body)
			}
		}
	})
}
