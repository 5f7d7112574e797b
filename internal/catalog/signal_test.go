package catalog_test

import (
	"slices"
	"strings"
	"testing"

	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

func defaults(t *testing.T) ([]catalog.Signal, *catalog.Alarm) {
	t.Helper()
	all, err := catalog.DefaultSignals()
	if err != nil {
		t.Fatal(err)
	}
	return all, catalog.NewAlarm(all)
}

func TestDefaultSignalsRecogniseDanger(t *testing.T) {
	_, alarm := defaults(t)
	for text, code := range map[string]string{
		"三楼有很浓的煤气味，好像漏了":       "gas-leak",
		"小区门口施工把天然气管挖断了，一直嘶嘶响": "gas-leak",
		"楼下煤气 泄漏，味道很大":         "gas-leak",
		"快来人，3栋着火了！":           "fire",
		"楼道里充电的电动车冒烟了":         "battery-fire",
		"高压线断了，拖在地上":           "live-wire",
		"梧桐路路灯杆漏电，碰了发麻":        "shock",
		"围墙随时可能倒，下面就是人行道":      "collapse",
		"解放路路面突然塌陷，有个大洞":       "sinkhole",
		"后山正在滑坡，石头堵住了门":        "landslide",
		"老人被困在电梯里半个小时了":        "trapped-lift",
		"有小孩掉进下水道了":            "trapped",
		"人行道上的井盖不见了，很深":        "manhole",
		"外墙瓷砖往下掉，砸到人了":         "falling",
		"大树倒下来压在车上":            "tree",
		"地下车库积水齐腰，车都淹了":        "flood",
		"有人掉进河里，快来救人":          "drowning",
		"有个老人晕倒了，在公交站":         "collapse-person",
		"我父亲老年痴呆，下午走失了":        "missing",
		"整个小区停电了，从早上到现在":       "outage-power",
		"我们小区停水三天了，没人管":        "outage-water",
		"主水管爆裂，水柱有两层楼高":        "pipe-burst",
		"自来水发臭，孩子喝了拉肚子":        "bad-water",
		"暖气停了三天了，家里有婴儿":        "heating",
		"学校食堂食物中毒，好几个孩子住院了":    "food-poison",
		"槽罐车侧翻，氨气泄漏":           "goods",
		"路口红绿灯全灭，车都挤在一起":       "road",
		"毒蛇进屋了，家里有老人":          "dog",
		"ＡＢ栋 着 火 了":            "fire",
	} {
		got, _ := alarm.First(text)
		if got.Code != code {
			t.Errorf("%q: %q, want %q", text, got.Code, code)
		}
	}
}

func TestWordsNearbyTurnASignalOff(t *testing.T) {
	_, alarm := defaults(t)
	for _, text := range []string{
		"明天社区有消防演练，模拟楼房着火了怎么逃生", "没有发生燃气泄漏", "如果煤气泄漏怎么办", "担心电线掉下来", "去年小区着火了，物业至今没有赔偿", "怎么办理燃气开户，味道",
		"小区经常停水，现在又说要涨价", "存在火灾隐患", "电梯经常困人", "以免积水淹到车库", "请宣传煤气泄漏的处理办法", "停水通知贴出来了，今天停水吗", "路面坑坑洼洼有大坑",
		"桥梁建议加固", "希望增加红绿灯", "餐馆油烟大，冒黑烟", "天气热，树都快枯了", "麻将馆吵得人发麻", "",
	} {
		if fired := alarm.Find(text); len(fired) > 0 {
			t.Errorf("%q: %s by %q", text, fired[0].Code, fired[0].Found)
		}
	}
}

// A signal is about what happens, never about who writes: no word for a
// person's character, mood, opinion or conduct gives one.
func TestNoDefaultSignalSpeaksOfAPerson(t *testing.T) {
	all, alarm := defaults(t)
	people := strings.Fields(`情绪激动 愤怒 生气 骂人 辱骂 不满 失望 绝望 抑郁 精神病 疯子 神经病 偏执 无理取闹 胡搅蛮缠 缠访 闹访 上访 信访 越级 维权 举报领导 抗议 游行 聚集 拉横幅 罢工
		曝光 媒体 发帖 微博 造谣 反动 政治 宗教 信仰 民族 上访户 老上访 难缠 刁民 恶意投诉 职业投诉 重复投诉 态度恶劣 素质低 文盲 穷 外地人 农民工 残疾人 吸毒 刑满 前科 同性恋 单身 离婚 低保户
		不想活了 想死 活不下去 心情不好 焦虑 烦躁 哭 恨 讨厌 反对 支持 不信任 批评 建议 表扬 感谢`)
	for _, w := range people {
		for _, text := range []string{w, "他" + w, "我很" + w + "，现在", "有人" + w + "，快来", "老人" + w + "了"} {
			if got, ok := alarm.First(text); ok {
				t.Errorf("%q fires %s", text, got.Code)
			}
		}
		for _, x := range all {
			for _, g := range x.Words {
				if slices.Contains(g, w) {
					t.Errorf("%s has the word %q", x.Code, w)
				}
			}
		}
	}
}

func TestDefaultSignalsAreComplete(t *testing.T) {
	all, _ := defaults(t)
	if len(all) < 25 {
		t.Errorf("%d signals", len(all))
	}
	codes := map[string]bool{}
	for _, x := range all {
		if codes[x.Code] || !slices.Contains(catalog.SignalKinds, x.Kind) || x.Phone == "" || x.Service == "" || x.Advice == "" || x.Limit.N == 0 || x.Urgency != "urgent" {
			t.Errorf("%s is incomplete or there twice: %+v", x.Code, x)
		}
		codes[x.Code] = true
		for _, g := range x.Words {
			for _, w := range g {
				if len([]rune(w)) < 2 && w != "水" && !strings.ContainsAny(w, "蛇炸刚伤麻摔撞爆冻快追血嘶塌一") {
					t.Errorf("%s: %q is too short to mean anything", x.Code, w)
				}
			}
		}
	}
}

func TestTryingASentenceSaysWhatTurnedItOff(t *testing.T) {
	_, alarm := defaults(t)
	fired, stopped := alarm.Read("如果煤气泄漏怎么办")
	if len(fired) != 0 || len(stopped) == 0 || stopped[0].By != "如果" || strings.Join(stopped[0].Found, " ") != "煤气 泄漏" {
		t.Errorf("fired %v, stopped %+v", fired, stopped)
	}
	fired, _ = alarm.Read("去年已经解决。今天煤气又泄漏了")
	if len(fired) != 1 {
		t.Errorf("a sentence before turned it off: %v", fired)
	}
}

func TestTheShortestLimitComesFirst(t *testing.T) {
	_, alarm := defaults(t)
	fired := alarm.Find("整个小区停电了，楼道里电线掉落还在冒火花")
	if len(fired) < 2 || fired[0].Code != "live-wire" {
		t.Errorf("order: %+v", fired)
	}
}

func TestPlantedSignalsAreKeptAsEdited(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
			n, err := catalog.PlantSignals(tx, "test")
			if err != nil || n < 25 {
				t.Fatalf("planted %d: %v", n, err)
			}
			x, err := catalog.FindSignal(tx, "fire")
			if err != nil {
				t.Fatal(err)
			}
			x.Words, x.Active = catalog.WordGroups("着火＋厨房、家里\n"), false
			if err := catalog.SaveSignal(tx, "test", x, 0); fault.KindOf(err) != fault.Conflict {
				t.Errorf("an older revision was saved: %v", err)
			}
			if err := catalog.SaveSignal(tx, "test", x, x.Rev); err != nil {
				t.Fatal(err)
			}
			if n, err := catalog.PlantSignals(tx, "test"); n != 0 || err != nil {
				t.Errorf("planted again %d: %v", n, err)
			}
			b, err := catalog.LoadBook(tx)
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := b.Alarm.First("3栋着火了"); ok {
				t.Error("a signal that is off fires")
			}
			again, err := catalog.FindSignal(tx, "fire")
			if got := catalog.GroupWords(again.Words); got != "着火 + 厨房、家里" || err != nil {
				t.Errorf("words %q, %v", got, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
