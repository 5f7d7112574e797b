package personal

import (
	"slices"
	"strings"
)

// surnames cover more than nineteen people in twenty.
const surnames = "王李张刘陈杨黄赵周吴徐孙朱马胡郭林何高罗郑梁谢宋唐许韩邓冯曹彭曾肖萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利於呼居揭干但尉冶斯元束檀衣信展阴昝智幸奉植衡富尧闭由"

var compound = list("欧阳", "上官", "司马", "诸葛", "皇甫", "东方", "尉迟", "公孙", "慕容", "令狐", "夏侯", "司徒", "端木", "轩辕")

// doubtful are surnames that are ordinary words too: behind a weak word they
// begin a name only where more speaks for it.
const doubtful = "于方常万时严高何安成向和易平单金边车项应全连关华文强马白石任路明国都相原来由那但信利居干公元平计初门普修宿印战危幸富满位海花权盘楼花南班阴智展支容丰祖井豆官池查党司师包尚辛解时费"

// weak words stand before much that is no name.
var weak = list("业主", "消费者", "租户", "受害人", "申请人", "户主", "署名")

// name is the name behind a word that announces one.
func (s *scanner) name(i int, word []rune) int {
	from, marked := s.called(i)
	n := s.nameAt(from)
	if n == 0 {
		return 0
	}
	role := word[len(word)-1] == '人' && word[0] != '本' || word[0] == '姓'
	doubt := strings.ContainsRune(doubtful, s.r[from])
	switch {
	case s.evident(from + n):
	case string(word) == "本人":
		if !marked && (doubt || !s.ended(from+n)) {
			return 0
		}
	case string(word) == "我是", !marked && (slices.ContainsFunc(weak, func(w []rune) bool { return slices.Equal(w, word) }) || role && doubt):
		return 0
	}
	return s.add(from, from+n, Name)
}

// called passes over what stands between the word and the name.
func (s *scanner) called(i int) (int, bool) {
	end := s.skip(i, 2, " :(;,")
	if to := s.past(end, sayWords); to > end {
		return s.skip(to, 2, " :"), true
	}
	return end, end > i && s.at(i) == ':'
}

// nameAt is the length of a name at a place, 0 for none. A longer one that is
// followed by a stop comes before a shorter one that a word follows.
func (s *scanner) nameAt(i int) int {
	lengths := []int{3, 2}
	if s.first(i, compound) >= 0 {
		lengths = []int{4, 3}
	} else if !strings.ContainsRune(surnames, s.at(i)) {
		return 0
	}
	if gap := s.skip(i+1, 2, " "); gap > i+1 && s.given(gap, gap+1) && s.ended(gap+1) { // 陈 宏
		return gap + 1 - i
	}
	for _, end := range []func(int) bool{s.ended, s.followed} {
		for _, n := range lengths {
			if s.given(i+1, i+n) && end(i+n) {
				return n
			}
		}
	}
	return 0
}

// given reports whether runes could be a given name.
func (s *scanner) given(from, to int) bool {
	for j := from; j < to; j++ {
		if !han(s.at(j)) || strings.ContainsRune("的了我你他她们是在于与及或不这那个某们吗呢吧先女您请被把向从到对上下", s.at(j)) {
			return false
		}
	}
	return true
}

// ended reports whether a sentence or a line ends here.
func (s *scanner) ended(i int) bool {
	c := s.at(i)
	return c == 0 || !han(c) && !latin(c)
}

// Words that go with a name, those that make one certain, those between a name
// and a number.
var (
	sayWords    = list("姓名", "名叫", "是", "为", "叫")
	withWords   = list("身份证", "电话", "手机", "联系", "同志", "先生", "女士", "系", "现", "住", "是", "家", "于", "在", "性别", "年龄", "男", "女", "老师", "等")
	proofs      = list("身份证", "电话", "手机", "联系电话", "联系方式", "男", "女", "汉族", "性别", "系", "现年", "年龄", "家住", "实名", "是", "*")
	numberWords = list("联系电话", "身份证号码", "身份证号", "身份证", "手机号码", "手机号", "电话号码", "电话", "手机", "联系方式")
)

// followed reports whether words follow that go with a name.
func (s *scanner) followed(i int) bool { return s.first(i, withWords) >= 0 }

// evident reports whether what follows makes a name certain.
func (s *scanner) evident(i int) bool {
	i = s.skip(i, 2, " ,(:、。")
	return s.first(i, proofs) >= 0 || plain(s.at(i)) && plain(s.at(i+6))
}

// nameBefore is the name right before a telephone or identity number.
func (s *scanner) nameBefore(i int) {
	end := s.back(s.before(s.back(i, " :,("), numberWords), " :,(")
	for _, n := range []int{3, 2, 4} {
		from := end - n
		if from >= s.till && s.ended(from-1) && s.fills(from, end) {
			s.found = append(s.found, find{from, end, Name})
			return
		}
	}
}

// fills reports whether a name fills a place exactly.
func (s *scanner) fills(from, to int) bool {
	if !s.given(from+1, to) {
		return false
	}
	if s.first(from, compound) >= 0 {
		return true
	}
	return to-from <= 3 && strings.ContainsRune(surnames, s.at(from)) && !strings.ContainsRune(doubtful, s.at(from))
}
