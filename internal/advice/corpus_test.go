package advice_test

import (
	"strings"
	"testing"

	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// What names a person is kept out of training: out of titles, words and answers,
// of what was decided and of what was not.
func TestNothingThatNamesAPersonIsLearntFrom(t *testing.T) {
	const text = "楼下灯杆夜里黑漆漆。打我手机13811112222，身份证11010519491231002X，车牌浙A7K3M9，退款到银行卡6222020200112233445，家住桂花苑3栋2单元501室"
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		for _, unit := range []string{"light", ""} {
			m := w.request(text, "101", "help", unit, false)
			if unit != "" {
				w.update(func(tx *sqldb.Tx) error {
					return tx.Exec(`update request_order set answers = $1 where matter_id = $2`, `[{"q":"哪里","a":"`+text+`"}]`, m)
				})
			}
		}
		w.watch()
		w.update(func(tx *sqldb.Tx) error {
			read, err := w.a.Read(tx)
			for _, part := range []string{"13811112222", "11010519491231002", "A7K3M9", "6222020200112233445", "2单元501", "3栋"} {
				if strings.Contains(read, part) {
					t.Errorf("%s is learnt from", part)
				}
			}
			if n := strings.Count(read, "灯杆夜里黑漆漆"); n < 15 {
				t.Errorf("the text itself is read %d times only", n)
			}
			return err
		})
	})
}
