package sheet_test

import (
	"testing"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/sheet"
)

func TestTimesAreReadAsPeopleWriteThem(t *testing.T) {
	china := time.FixedZone("CST", 8*3600)
	for text, want := range map[string]string{
		"2019/2/28 11:25:05":            "2019-02-28T11:25:05+08:00",
		"2019-02-28 11:25":              "2019-02-28T11:25:00+08:00",
		"2019年2月28日":                    "2019-02-28T00:00:00+08:00",
		"2019年2月28日 11时25分5秒":           "2019-02-28T11:25:05+08:00",
		"2019年2月28日 星期四 下午3:05":         "2019-02-28T15:05:00+08:00",
		"2019/2/28 上午12:05":             "2019-02-28T00:05:00+08:00",
		"2019/2/28 3:05 PM":             "2019-02-28T15:05:00+08:00",
		"2019/2/28":                     "2019-02-28T00:00:00+08:00",
		"2019.2.28":                     "2019-02-28T00:00:00+08:00",
		"２０１９／２／２８　１１：２５":               "2019-02-28T11:25:00+08:00",
		"\t2019-02-28 11:25:05.5\u3000": "2019-02-28T11:25:05.5+08:00",
		"2019-02-28T11:25:05Z":          "2019-02-28T11:25:05Z",
		"2019-02-28T11:25:05.123-05:00": "2019-02-28T11:25:05.123-05:00",
		"43524":                         "2019-02-28T00:00:00+08:00",
		"43524.475752314815":            "2019-02-28T11:25:05+08:00",
		"20190228":                      "2019-02-28T00:00:00+08:00",
		"20190228112505":                "2019-02-28T11:25:05+08:00",
		"2020-02-29 24:00":              "2020-03-01T00:00:00+08:00",
	} {
		got, err := sheet.Time(text, china)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if shown := got.Format(time.RFC3339Nano); shown != want {
			t.Errorf("%q = %s, want %s", text, shown, want)
		}
	}
}

func TestDoubtfulTimesAreRefusedWithWhatWasSeen(t *testing.T) {
	for _, text := range []string{"", "昨天", "2019-02-30", "2019/13/1", "2019-02-28 25:00", "2019-02-28 11:60", "03/04/2019", "19/2/3", "2019", "1e5", "2019-02-28 下", "99999999"} {
		_, err := sheet.Time(text, time.UTC)
		key, args := fault.KeyOf(err)
		if key != "sheet.time_unknown" || len(args) != 1 || args[0] != text {
			t.Errorf("%q: got %s %q", text, key, args)
		}
	}
}
