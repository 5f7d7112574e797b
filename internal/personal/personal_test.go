package personal_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"gongzhi/internal/personal"
)

func TestFindsWhatNamesAPerson(t *testing.T) {
	for text, want := range map[string]string{
		// telephone
		"我电话13800005521":               "我电话〔手机号〕",
		"打 138 0000 5521 找我":           "打 〔手机号〕 找我",
		"打138-0000-5521":               "打〔手机号〕",
		"１３８００００５５２１":                  "〔手机号〕",
		"一三八零零零零五五二一打给我":               "〔手机号〕打给我",
		"幺三八〇〇〇〇五五二幺":                  "〔手机号〕",
		"1 3 8 0 0 0 0 5 5 2 1":        "〔手机号〕",
		"+86 138 0000 5521":            "〔手机号〕",
		"+8613800005521":               "〔手机号〕",
		"tel13800005521":               "tel〔手机号〕",
		"电话13800005521/13900005521":    "电话〔手机号〕/〔手机号〕",
		"我打13800005521一直没人接":           "我打〔手机号〕一直没人接",
		"3栋 13800005521 和 13900005521": "3栋 〔手机号〕 和 〔手机号〕",
		"0571-88886666转2":              "〔电话〕转2",
		"(0571)88886666":               "(〔电话〕",
		"010 65128888":                 "〔电话〕",
		"家里座机85512345":                 "家里座机〔电话〕",
		// papers and cards
		"身份证11010519491231002X。":     "身份证〔证件号〕。",
		"身份证号：110105194912310021":    "身份证号：〔证件号〕",
		"110105 19491231 002x":       "〔证件号〕",
		"老证330102491231002":          "老证〔证件号〕",
		"卡号6222020200112233445":      "卡号〔卡号〕",
		"招行 6225 8873 1760 9911 转给他": "招行 〔卡号〕 转给他",
		"护照E12345678":                "护照〔护照〕",
		"护照号码：EA1234567":             "护照号码：〔护照〕",
		"港澳通行证C12345678":             "港澳通行证〔护照〕",
		// vehicles
		"浙A12345乱停":      "〔车牌〕乱停",
		"浙a·8K5T9乱停":     "〔车牌〕乱停",
		"新能源车浙AD12345堵门": "新能源车〔车牌〕堵门",
		"教练车浙A1234学压线":   "教练车〔车牌〕压线",
		// accounts
		"邮箱zhang.san@example.com.": "邮箱〔邮箱〕.",
		"邮箱：张三ｚｓ＠１６３．ｃｏｍ":          "邮箱：张三〔邮箱〕",
		"微信号：zhangsan_88":          "微信号：〔账号〕",
		"加我微信13800005521":          "加我微信〔账号〕",
		"VX: zhang-san66":          "VX: 〔账号〕",
		"QQ号 123456789":            "QQ号 〔账号〕",
		// the dwelling
		"我住桂花苑小区3栋2单元501室，漏水":  "我住桂花苑小区〔门户〕，漏水",
		"桂花苑3幢501住户装修":         "桂花苑〔门户〕住户装修",
		"梧桐路32号2单元301室":        "梧桐路〔门户〕",
		"荷塘月色6栋1504的业主":        "荷塘月色〔门户〕的业主",
		"桂花苑三栋二单元五零一室":         "桂花苑〔门户〕",
		"方茂苑5-4304装修":          "方茂苑〔门户〕装修",
		"桂花苑3-2-501":           "桂花苑〔门户〕",
		"凤形村9组14号":             "凤形村〔门户〕",
		"我家住桂花苑3栋2单元":          "我家住桂花苑〔门户〕",
		"业主是12栋1504、1503、1502": "业主是〔门户〕、〔门户〕、〔门户〕",
		// names
		"我叫张小三，是这里的住户":                 "我叫〔姓名〕，是这里的住户",
		"我叫欧阳小三。":                      "我叫〔姓名〕。",
		"联系人：李四 13800005521":           "联系人：〔姓名〕 〔手机号〕",
		"王小明，电话13800005521":            "〔姓名〕，电话〔手机号〕",
		"本人赵小六，身份证号11010519491231002X": "本人〔姓名〕，身份证号〔证件号〕",
		"身份证姓名：陈 宏":                    "身份证姓名：〔姓名〕",
		"实名举报人：冯和济":                    "实名举报人：〔姓名〕",
	} {
		if got := personal.Scrub(text); got != want {
			t.Errorf("Scrub(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestLeavesOtherNumbersAndWordsAlone(t *testing.T) {
	for _, text := range []string{
		"编号261123004718", "工单250912101108115409", "2026-11-23开始", "2019年12月30日17:06:14", "湘政发〔2019〕12号", "国发[2020]138号",
		"坐标112.93812345678,28.22778", "金额13812345678元", "12345热线", "打96111和4008123123", "乘138路、旅1路到1号线5号口", "合同编号SN13812345678A",
		"https://example.com/?id=13812345678", "网址http://a.cn/p/13812345678", "条码6901234567892", "许可证QS1381234567890",
		"统一社会信用代码91430100MA4L5YGW7P", "订单110105194912310021", "1234567890123456", "2019001号", "房价1521684元", "12栋楼下的垃圾", "3栋2单元电梯坏了",
		"小区831户业主", "1栋40户居民", "三室两厅105平米", "6楼漏水", "5号楼西侧", "梧桐路32号门前", "市政府2号楼301室", "3栋105㎡户型", "1号楼5号电梯",
		"云A座", "京A3区", "新B站", "贵州A级景区", "川A1", "微信群里没人回", "微信公众号", "qq群里说", "QQ音乐", "我叫了物业三次", "本人于2018年买房", "本人不解，", "联系人和财务都不接电话",
		"姓名、电话都登记了", "举报人信息", "我是黄兴镇居民", "本人常年，", "业主高度，", "申请人何时能拿到", "护照办理", "@所有人", "a@b", "第一三八中学", "二〇一九年一二月三〇日", "1、2、3、4、5", "",
	} {
		if got := personal.Find(text); len(got) > 0 {
			t.Errorf("%q: found %v %q", text, got[0].Kind, text[got[0].Start:got[0].End])
		}
		if got := personal.Hide(text); got != text {
			t.Errorf("Hide(%q) = %q", text, got)
		}
	}
}

func TestToldNamesEachKindOnceInTheOrderOfThePages(t *testing.T) {
	got := personal.Told("我叫张小三，电话13800005521、13900005521，邮箱a1@example.com")
	if len(got) != 3 || got[0] != personal.Mobile || got[1] != personal.Mail || got[2] != personal.Name {
		t.Errorf("told %v", got)
	}
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{"我叫张三13800005521", "桂花苑3-2-501", "浙A·1234学", "\xff１３８@a.b", "微信：a_b-c", "一三八零零零零五五二一", strings.Repeat("1 ", 60), "身份证11010519491231002X"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at := 0
		for _, s := range personal.Find(text) {
			if s.Start < at || s.End <= s.Start || s.End > len(text) {
				t.Fatalf("%q: span %v after %d", text, s, at)
			}
			if utf8.ValidString(text) && !utf8.ValidString(text[s.Start:s.End]) {
				t.Fatalf("%q: span %v cuts a character", text, s)
			}
			at = s.End
		}
		if personal.Tells(text) != (personal.Hide(text) != text) && !strings.Contains(text, "*") {
			t.Fatalf("%q: Tells and Hide disagree", text)
		}
	})
}

// Nothing that a person can write makes it slow: twice the text takes about
// twice the time.
func TestNoTextMakesItSlow(t *testing.T) {
	for _, bit := range []string{"1", "1 ", "138-", "一", "3栋", "栋3", "本人", "qq", "a@", "浙A", "组1号", "0571(", "王，", "-", "1、", "我叫"} {
		text := strings.Repeat(bit, 400_000/len(bit))
		began := time.Now()
		personal.Find(text)
		took := time.Since(began)
		t.Logf("%q: %v", bit, took)
		if took > 10*time.Second {
			t.Errorf("%q repeated to 400 kB took %v", bit, took)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	text := strings.Repeat("尊敬的领导：我是桂花苑小区3栋2单元501室的业主，小区东门的路灯从2026年11月23日晚上10点起不亮，到今天已经三天了，老人和小孩晚上回家很不方便。"+
		"物业说没有钱修，社区说要找物业，来回推了几次都没有结果。消防通道也总被浙A12345占着。请相关部门尽快处理，谢谢！我的电话是13800005521，", 4)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		personal.Find(text)
	}
}
