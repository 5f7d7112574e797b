package place_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongzhi/internal/place"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

func TestScopeComesFromTheKnownAddressOrItsWords(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
			for _, a := range []place.Address{{ID: "1", Text: "梧桐路32号"}, {ID: "2", Text: "梧桐路36号", Estate: "梧桐苑"}} {
				if err := place.SaveAddress(tx, a); err != nil {
					return err
				}
			}
			return place.SaveFacility(tx, place.Facility{ID: "f", Kind: "park", Name: "梧桐公园", Active: true})
		})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"梧桐路32號": "street", "梧桐路36号": "street", "梧桐公园": "facility:park", "清水湾3号楼2单元": "estate", "梧桐路口": "street"}
		_ = db.View(t.Context(), func(tx *sqldb.Tx) error {
			got, err := place.Scopes(tx, []string{"梧桐路32號", "梧桐路36号", "梧桐公园", "清水湾3号楼2单元", "梧桐路口", "那条巷子"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			return nil
		})
	})
}
