package mention

import (
	_ "embed" // prose.txt
	"strings"
)

// shape is an ending that names of places have.
type shape struct {
	kind    string
	least   int      // characters before it
	most    int      // a longer run before it is prose
	owned   bool     // it may follow the name of an area: 某县人民医院
	dropped bool     // people leave it out once they have said it
	not     []string // what makes another word of it when it follows
}

// The endings by kind, and what they may have before them.
var table = []struct {
	shape
	words string
}{
	{shape{kind: Road, least: 2, most: 6, not: []string{"灯", "面", "人", "况", "费", "过", "桥", "政", "由", "途", "径", "基", "牌"}}, "路 大道 大街 公路 高速 高速公路 环路 环线"},
	{shape{kind: Road, least: 2, most: 5, not: []string{"道", "头", "坊", "景", "边"}}, "街 老街 步行街 商业街"},
	{shape{kind: Road, least: 2, most: 4, not: []string{"子", "道", "口"}}, "巷"},
	{shape{kind: Street, least: 2, most: 4, dropped: true}, "镇 乡"},
	{shape{kind: Street, least: 2, most: 5, dropped: true}, "街道 办事处"},
	{shape{kind: Community, least: 2, most: 5, not: []string{"里", "上", "民", "干", "支", "主", "书"}}, "村 新村"},
	{shape{kind: Community, least: 2, most: 6}, "社区"},
	{shape{kind: Community, least: 2, most: 3, not: []string{"织", "成", "员", "建", "合", "团", "工"}}, "组"},
	{shape{kind: Estate, least: 2, most: 9, dropped: true}, "小区 安置小区 住宅小区 安置区 棚户区"},
	{shape{kind: Estate, least: 2, most: 7}, "花园 花苑 家园 山庄 公寓 豪庭 华府 名府 佳园 雅苑 嘉园 新城 名城 半岛 公馆 名苑 御都 庭院 佳郡 名都 花城 别墅 豪苑 庄园 美墅 国际城"},
	{shape{kind: Estate, least: 2, most: 4}, "苑 郡 上城 时代城"},
	{shape{kind: Facility, least: 2, most: 6, not: []string{"房", "家", "区", "里", "长", "商", "内", "子", "方"}}, "厂"},
	{shape{kind: Facility, least: 2, most: 8, owned: true}, "小学 中学 大学 学院 学校 实验学校 实验小学 中心小学 完小 幼儿园 医院 人民医院 中医院 卫生院 妇幼保健院 火车站 汽车站 高铁站 车站 汽车东站 汽车西站 汽车南站 汽车北站 火车南站 图书馆 博物馆 体育馆 文化馆 技校 职校 高中 敬老院 福利院 一中 二中 三中 四中 五中 六中 七中 八中 九中 十中 一小 二小 三小 四小 五小 六小 七小 八小"},
	{shape{kind: Facility, least: 2, most: 7, dropped: true}, "商贸城 汽配城 建材城 家居城 大市场 批发市场 农贸市场 菜市场 建材市场 商业广场"},
	{shape{kind: Facility, least: 2, most: 7, not: []string{"舞", "式", "部", "价", "经济", "化"}}, "市场 广场 公园 大厦 商城 大楼 酒店 大酒店 宾馆 加油站 水库 大桥 立交桥 高架桥 停车场 垃圾站 垃圾场 中转站 分拣中心 采石场 水泥厂 工业园 产业园 动物园 植物园 风景区 旅游区 景区 科技园 驾校 林场 农场 污水处理厂 体育中心 风光带 湿地公园 隧道 书院 百货 超市"},
	{shape{kind: Facility, least: 2, most: 5, not: []string{"台", "在", "点", "着", "出来", "务", "内", "前", "长", "位", "起", "牌"}}, "站"},
}

// Ordinary words that end as names do.
const commonWords = `道路 马路 线路 铁路 公路 水路 网路 电路 小路 修路 堵路 走路 过路 带路 套路 思路 出路 退路 回路 后路 老路 断头路 水泥路 泥巴路 沙石路 机耕路 柏油路 土路 村道 车路 交叉路 十字路 丁字路 岔路 主路 辅路 支路 一路 维权路 这条路
大街 沿街 临街 逛街 后街 街巷 小巷 农村 乡村 山村 本村 全村 我村 该村 新农村 各村 进村 出村 驻村 村村 城镇 乡镇 集镇 本镇 城乡 本乡 老乡 家乡 回乡 下乡 他乡 父老乡 网站 车站 公交站 地铁站 首末站 垃圾站 加油站 小组 班组 工组 党组 分组 村组 本组 组组
本小区 各小区 新小区 老小区 全小区 进小区 本社区 大学 中学 小学 上学 医院 学校 本校 该校 我校 市场 广场 公园 大桥 停车场 体育馆
检测站 林业站 质检站 配气站 管理站 工作站 服务站 收费站 客运站 变电站 充电站 首末站 工厂 该厂 本厂 我厂 建厂 小厂 全厂 进厂 加工厂 大厂 老厂 出厂 各厂
建设 保安 路桥 鱼塘 桥头 劳动 人民 经济 幸福 科技 管理 创业 水源 树木 高新 自然 成功 增加 关心 商业广场 全国 世界`

// Words that no name has in it: the name begins behind them. Those of everyday
// prose stand in prose.txt.
const stopWords = `的 了 是 我 你 您 他 她 它 们 这 那 该 此 每 各 某 请 把 被 让 给 因 但 而 且 又 也 都 就 才 还 很 太 不 没 无 未 如 若 并 或 等 吗 呢 吧 啊
省 县 区 镇 乡 副 却 敬礼 街道 社区 办事处 号 年 元 个 些 户 次
位于 坐落 家住 住在 居住 地处 处于 本人`

// Words that names may have in them: the name begins behind them when enough of
// it is left.
const doubtWords = `在 到 至 从 由 往 沿 和 与 对 向 住 来 去 里 内 外 有 建 将 以 用 于 问 说 买 过 经 为 离 距 按 跟 后 前 靠 近 叫 原 本 即 当 得 着 修 像 系 任 时 同 其 接 受 使 及 并 则 便 再 只 挖 拆 进 出 入 走 跑 见 看 听 找 搬 村 组 市 名 位 条 座 所 旁 边 居`

// Words that no name ends with before its ending.
const neverLast = `在 到 至 从 由 往 沿 与 对 向 去 用 于 问 说 买 过 将 以 离 距 按 跟 靠 叫 当 得 着 修 像 任 使 及 并 则 便 再 只 挖 拆 找 搬 看 听 名 位 条 座 所 为 是 入 进 到时`

// Words behind the name of an estate that needs no ending, as 某区连城国际业主.
const cueWords = `业主 住户 楼盘 开发商 期 栋 幢 号楼 项目部`

// Words behind which a place stands, so that a short name is believed.
const askWords = `在 位于 地处 家住 住在 市 县 区`

// measures are what numbers count: a name begins behind 三期 and 12月.
var measures = map[rune]bool{'月': true, '日': true, '期': true, '里': true, '组': true, '楼': true, '栋': true, '点': true, '时': true, '米': true, '岁': true, '级': true, '条': true, '家': true, '座': true, '所': true, '位': true, '名': true, '次': true, '亩': true, '层': true, '口': true}

//go:embed prose.txt
var prose string

var (
	shapes  []shape
	endings = shapeTrie()
	stops   = backward(stopWords + prose)
	commons = backward(commonWords)
	doubts  = backward(doubtWords)
	lasts   = backward(neverLast)
	cues    = forward(cueWords)
	askers  = backward(askWords)
)

func shapeTrie() *trie {
	var words [][]rune
	for _, row := range table {
		for w := range strings.FieldsSeq(row.words) {
			words, shapes = append(words, []rune(w)), append(shapes, row.shape)
		}
	}
	return newTrie(words)
}

func forward(words string) *trie {
	var out [][]rune
	for w := range strings.FieldsSeq(words) {
		out = append(out, []rune(w))
	}
	return newTrie(out)
}

func backward(words string) *trie {
	var out [][]rune
	seen := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		r := []rune(w)
		for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
			r[i], r[j] = r[j], r[i]
		}
		if !seen[string(r)] {
			seen[string(r)] = true
			out = append(out, r)
		}
	}
	return newTrie(out)
}

// spoiled reports that what follows makes another word of the ending.
func (e shape) spoiled(text []rune, at int) bool { return follows(text, at, e.not...) }

// kindOf is the kind that a name's ending tells, Facility when it tells none.
func kindOf(name []rune) string {
	for _, f := range written {
		if _, stem, _ := formOf(f.kind, string(name)); stem != "" && f.kind != Estate {
			return f.kind
		}
	}
	for cut := 1; cut < len(name); cut++ {
		if word, end := endings.longest(name, cut); word >= 0 && end == len(name) {
			return shapes[word].kind
		}
	}
	return Facility
}
