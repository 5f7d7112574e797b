package geography

import (
	"math/rand/v2"
	"strings"
)

// namer deals out names without repeating one. The words are those Chinese
// towns use everywhere; which goes where is chance.
type namer struct {
	rnd   *rand.Rand
	used  map[string]bool
	decks map[string][]string

	// What anchor found: the door that becomes 梧桐路 32 号, its community, its park.
	spot *door
	crew *crew
	park *node
	kept map[*node]bool // blocks that must keep their houses
}

func newNamer(rnd *rand.Rand) *namer {
	n := &namer{rnd: rnd, used: map[string]bool{}, decks: map[string][]string{}}
	for deck, words := range wordLists {
		n.decks[deck] = strings.Fields(words)
	}
	for _, deck := range []string{"road", "lane", "estate", "works", "ending", "community", "village", "park", "hill", "firm"} {
		words := n.decks[deck]
		rnd.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	}
	return n
}

// take gives the next word of a deck and puts it at the bottom.
func (n *namer) take(deck string) string {
	words := n.decks[deck]
	n.decks[deck] = append(words[1:], words[0])
	return words[0]
}

// fresh tries names until one is new in the city.
func (n *namer) fresh(try func() string) string {
	for range 400 {
		if name := try(); !n.used[name] {
			n.used[name] = true
			return name
		}
	}
	return ""
}

func (n *namer) claim(name string) string {
	n.used[name] = true
	return name
}

func (n *namer) pick(words ...string) string { return words[n.rnd.IntN(len(words))] }

func (n *namer) street() string {
	return n.fresh(func() string { return n.take("road") + n.pick("路", "路", "路", "街", "街") })
}

// lane is either a name of its own or counts off the street it leaves.
func (n *namer) lane(street string) string {
	stem := strings.TrimSuffix(strings.TrimSuffix(street, "路"), "街")
	return n.fresh(func() string {
		if stem != "" && n.rnd.Float64() < 0.5 {
			return stem + n.pick("一巷", "二巷", "三巷", "四巷", "东巷", "西巷", "南巷", "北巷", "支路", "里")
		}
		return n.take("lane") + n.pick("巷", "巷", "里", "弄", "路", "街")
	})
}

func (n *namer) estate() string {
	return n.fresh(func() string {
		if n.rnd.Float64() < 0.12 { // built by a works for its people
			return n.take("works") + n.pick("家属院", "新村", "宿舍", "小区", "家园", "东院", "西院")
		}
		return n.take("estate") + n.take("ending")
	})
}

var chineseDigits = []string{"零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十"}

// chinese writes a small number in words, as names of schools do.
func chinese(n int) string {
	switch {
	case n <= 10:
		return chineseDigits[n]
	case n < 20:
		return "十" + chineseDigits[n-10]
	case n%10 == 0:
		return chineseDigits[n/10] + "十"
	}
	return chineseDigits[n/10] + "十" + chineseDigits[n%10]
}

var wordLists = map[string]string{
	"road": `建设 文化 和平 胜利 光明 青年 新华 长安 平安 永安 泰安 安康 康宁 宁泰 兴业 兴盛 广济 崇文 崇德 明德 厚德 至善
育才 育英 求知 博学 书院 学士 状元 文庙 文汇 翰林 墨池 砚池 笔架 泮池 奎星 钟楼 城隍 南门 北门 东关 西关 府前 县前 衙前
桂花 海棠 香樟 银杏 丹枫 紫荆 玉兰 木槿 石榴 杨柳 青松 翠竹 红梅 芙蓉 荷塘 菱湖 莲池 桃源 杏林 梨园 枣林 桑园 茶亭 橘洲
清江 碧水 望江 临江 沿江 江湾 渔港 渡口 码头 船厂 石埠 沙洲 芦荡 白鹭 鸥洲 雁栖 鹤鸣 凤栖 龙泉 玉泉 甘泉 温泉 古井 双井
东风 朝阳 向阳 晨光 春晖 夏荷 秋实 冬青 迎春 长春 华光 星光 明月 彩云 流霞 晴川 云溪 云岭 云台 云栖 泽润 泽远 泽丰 惠泽
工农 劳动 机械 纺织 机床 电力 钢城 锦纶 创业 创新 科技 智慧 高新 金桥 银河 通达 通济 万通 顺达 腾飞 振兴 富民 裕民 利民
三元 四平 五福 六合 七星 八仙 九曲 十里 百合 千禧 万福 大成 太平 永福 长乐 同心 同德 团结 友谊 幸福 吉庆 如意 顺和 仁和
石桥 板桥 虹桥 卧龙 青石 白石 砚石 岗子 坡头 岭南 山前 岩头 谷丰 塔南 塔北 磨坊 油坊 粮仓 盐仓 驿马 驿前 茶马 丝绸 瓷窑`,
	"lane": `豆腐 油坊 打铁 竹篾 染坊 米市 鱼市 菜根 花市 灯笼 扇子 笔墨 纸坊 书香 琴台 棋盘 画锦 剪刀 箍桶 伞店 酱园 醋坊 茶叶
槐荫 榆钱 枇杷 柿子 皂角 葡萄 石榴 木瓜 芭蕉 蔷薇 丁香 茉莉 栀子 兰草 菖蒲 薄荷 紫藤 爬山 老井 甜水 苦水 双塘 三塘 半塘
马厩 牌坊 祠堂 更楼 戏台 照壁 石狮 铜锣 铁佛 观音 土地 关帝 文昌阁 魁楼 藏书 耕读 晒谷 打谷 水车 磨盘 石碾 篱笆 炊烟
仁义 礼让 忠厚 孝友 勤俭 知足 常乐 安居 乐业 和睦 邻里 百顺 千秋 万寿 长庚 启明 北斗 南斗 织女 牵牛 金鸡 玉兔 白鹤 青鸾`,
	"estate": `锦绣 阳光 翠湖 碧水 金色 绿城 香樟 紫薇 银杏 丹桂 玉兰 海棠 芳草 书香 翰林 学府 江畔 临江 望江 听涛 观澜 云水 云栖 云庭
东方 盛世 世纪 时代 未来 星河 明月 星辰 晨曦 春天 四季 枫林 松涛 竹韵 梅园 兰亭 菊香 荷风 柳岸 桃李 杏花 梨花 石榴 橡树
和谐 和顺 安居 康乐 福满 吉祥 如意 幸福 美好 温馨 怡景 怡和 雅仕 名仕 君悦 金桂 金域 银座 水岸 湖畔 半山 山语 溪谷 泉林`,
	"works":  `机床厂 纺织厂 轴承厂 化肥厂 邮电 铁路 电力 水利 教师 税务 粮食局 供销 建工 市政 卫校 师院 农机 印刷厂 造船厂 钢铁 交运 煤建`,
	"ending": `花园 小区 新村 家园 苑 园 华庭 名邸 雅居 新城 公馆 豪庭 佳苑 里 府 湾 嘉园 东苑 西苑 南苑 北苑 国际 居 轩 水岸`,
	"community": `文庙 泮池 书院 桂花 海棠 荷塘 莲花 菱湖 香樟 银杏 丹枫 玉兰 杨柳 青松 翠竹 红梅 桃源 杏林 梨园 望江 临江 渡口 码头 船厂
石埠 白鹭 鸥洲 凤栖 龙泉 玉泉 甘泉 双井 古井 朝阳 向阳 晨光 春晖 迎春 星光 明月 云溪 云台 惠泽 泽润 建设 和平 胜利 光明
新华 长安 平安 永安 康宁 兴业 崇文 崇德 育才 育英 状元 翰林 钟楼 城隍庙 南门 北门 东关 西关 府前 太平 永福 长乐 同心 团结
友谊 幸福 五福 六合 七星 九曲 虹桥 板桥 青石 塔南 塔北 机床厂 纺织厂 铁路新村 师院 电力 邮电 水塔 花园 粮仓 驿前 茶亭 瓷窑
三元 四平 万福 大成 百合 通济 惠民 富民 裕民 仁和 顺和 康乐 学林 墨池 砚池 笔架 江湾 沙洲 芦荡 鹤鸣 雁栖 金桥 银河 石榴 紫荆`,
	"village": `张家湾 李家坪 王家渡 陈家桥 周家塘 吴家岭 徐家圩 孙家埠 胡家畈 朱家楼 高家庄 林家冲 何家垄 郭家店 罗家洼 梁家铺 宋家台 郑家坝
谢家垸 韩家院 唐家墩 冯家集 于家港 董家畈 萧家冲 程家咀 曹家洲 袁家榜 邓家垱 许家湾 傅家坡 沈家滩 曾家桥 彭家店 吕家塆 苏家垅`,
	"park": `人民 滨江 望江 白鹭 丹枫 桃源 荷塘 儿童 体育 青年 植物 湿地 古塔 桂花 银杏 海棠 紫薇 春晖 秋实 云溪 泽园 长乐 文化 科普 友谊
翠竹 香樟 玉兰 向阳 和平 太平 同心 芙蓉 菱湖 鹤鸣 凤栖 晴川 明月 星光 墨池 杏林 梨园`,
	"hill": `云 凤凰 卧虎 白鹿 青龙 天台 笔架 狮子 鹰嘴 马鞍 大岩 小岩 双峰 莲花 望夫 仙人 石鼓 香炉 九里 松 竹 茶 枫 鹤 雾 铜锣`,
	"firm": `宏达 恒信 天一 鼎盛 金誉 中恒 华盛 锦源 瑞丰 嘉和 正大 新亚 联创 博远 天成 泰和`,
}
