package personal

import "strings"

// level is what a numbered part of an address is.
type level int

const (
	none level = iota
	building
	unit
	floor
	room
	hamlet // 组 of a village
	door   // 号 of a street or a village
	bare   // a number without a word
)

// levels are the words behind the number of a part, longer ones first.
var levels = func() (out []struct {
	word []rune
	is   level
}) {
	add := func(is level, all ...string) {
		for _, w := range list(all...) {
			out = append(out, struct {
				word []rune
				is   level
			}{w, is})
		}
	}
	add(building, "号楼", "#楼", "#栋", "号栋", "栋楼", "栋", "幢", "座", "棟", "#")
	add(unit, "单元", "门", "梯")
	add(floor, "层", "楼")
	add(room, "号房", "号室", "房间", "房", "室", "户")
	add(hamlet, "村民小组", "小组", "组")
	add(door, "号")
	return out
}()

// part is one numbered part of an address.
type part struct {
	from, to int
	is       level
	digits   int
}

// home is a dwelling: the parts of an address behind the estate, the street or
// the village that lead to one door. A building alone, a floor, a house on a
// street lead to none, and rooms of offices are nobody's home.
func (s *scanner) home(i int) int {
	if before := s.at(i - 1); plain(before) || latin(before) || before == '.' || s.till > i {
		return 0
	}
	var list []part
	for at := i; len(list) < 5; {
		p := s.part(at, list)
		if p.is == none {
			break
		}
		list = append(list, p)
		at = s.skip(p.to, 1, " -—,第")
	}
	n := s.door(i, list)
	if n == 0 || s.public(i) || s.shop(list[n-1].to) {
		return 0
	}
	return s.more(s.add(i, list[n-1].to, Home))
}

// more are further rooms behind the first: 1102、201、902.
func (s *scanner) more(i int) int {
	for {
		from := s.skip(i, 1, "、,和及/")
		to := from
		for plain(s.at(to)) {
			to++
		}
		if n := to - from; from == i || n < 3 || n > 4 || strings.ContainsRune(counted, s.at(to)) && s.at(to) != '户' || s.measured(to) || latin(s.at(to)) {
			return i
		}
		if s.at(to) == '室' || s.at(to) == '房' || s.at(to) == '户' {
			to++
		}
		i = s.add(from, to, Home)
	}
}

// door is how many parts lead to one door, 0 when they lead to none.
func (s *scanner) door(i int, list []part) int {
	has := map[level]bool{}
	n := 0
	for k, p := range list {
		within := has[building] || has[unit] || has[floor] && (has[door] || s.estate(i))
		switch {
		case p.is == room && (within || has[door] || k == 0 && p.digits >= 3 && s.at(p.to-1) != '户' && s.estate(i)):
			n = k + 1
		case p.is == unit && has[building] && (s.near(i, 12, livingWords) || s.first(p.to, ownerWords) >= 0):
			n = k + 1
		case p.is == door && (within || has[hamlet] || k == 0 && (s.at(i-1) == '组' || s.at(i-1) == '村')):
			n = k + 1
		case p.is == bare && (within || has[door]) && p.digits >= 3 && p.digits <= 4:
			n = k + 1
		case p.is == bare && k > 0 && list[k-1].is == bare && list[k-1].digits <= 2 && p.digits >= 3 && p.digits <= 4 && s.estate(i):
			n = k + 1
		}
		has[p.is] = true
	}
	return n
}

// part reads a number and the word behind it.
func (s *scanner) part(i int, before []part) part {
	p := part{from: i, to: i}
	for latin(s.at(p.to)) && p.to-i < 2 {
		p.to++
	}
	letters := p.to - i
	plainly := plain(s.at(p.to))
	for n := 0; n < 5 && (plainly && plain(s.at(p.to)) || !plainly && (digitOf(s.at(p.to)) != 0 && !plain(s.at(p.to)) || s.at(p.to) == '十')); n++ {
		p.to++
		p.digits++
	}
	if p.digits == 0 && letters == 0 || p.digits > 4 {
		return part{}
	}
	word := s.skip(p.to, 1, " ")
	for _, l := range levels {
		if s.starts(word, l.word) && !s.goesOn(word, l.word) {
			p.is, p.to = l.is, word+len(l.word)
			return p
		}
	}
	if p.digits > 0 && plainly && !plain(s.at(p.to)) && !latin(s.at(p.to)) && (len(before) > 0 || s.at(p.to) == '-' || s.at(p.to) == '—') && !s.measured(p.to) && !strings.ContainsRune(counted, s.at(p.to)) {
		p.is = bare
		return p
	}
	return part{}
}

// counted follow a number that is no room's.
const counted = "年月日.%多余户人个名家位台条辆平次张份间天点时分页岁毫厘亩套元"

// goesOn reports whether the word is the beginning of another: 3室2厅, 12楼下,
// 5号线, 30户居民, 2门面.
func (s *scanner) goesOn(i int, word []rune) bool {
	if len(word) > 1 {
		return false
	}
	next := s.at(i + 1)
	switch word[0] {
	case '室':
		return digitOf(next) != 0
	case '户': // 201户 is a door, 180户 are many
		return s.at(i-1) > '2' && s.at(i-2) > '0' || s.at(i-2) > '2' || !plain(s.at(i-3)) || han(next) && !strings.ContainsRune("的业主", next)
	}
	return next != 0 && strings.ContainsRune(goingOn[word[0]], next)
}

// goingOn are what makes another word of a part's word.
var goingOn = map[rune]string{'房': "屋子源产价贷改东", '门': "面口店诊卫课", '梯': "队次级", '号': "线文令召码电机窗门井灯桩车柜院", '座': "位椅谈桥城", '层': "次面"}

// estates end the names of places where people live, offices those of places
// where nobody does, shops follow the parts that lead to one.
var (
	estates = list("小区", "苑", "园", "城", "府", "庭", "居", "公寓", "里", "村", "邸", "郡", "湾", "阁", "轩", "院", "宿舍", "期", "区", "墅", "山庄", "巷", "弄", "坊", "楼盘", "天地", "国际", "家")
	offices = list("政府", "局", "医院", "学校", "小学", "中学", "幼儿园", "学院", "大学", "大厦", "写字楼", "中心", "大厅", "法院", "检察院", "公司", "商场", "酒店",
		"宾馆", "市场", "委员会", "村委会", "居委会", "派出所", "银行", "厂区", "工业园", "产业园", "科技园", "病房", "病区", "地铁站", "车站", "停车场")
	shops       = list("商铺", "门面", "铺面", "店面", "门店", "商户", "办公室", "窗口")
	livingWords = list("住", "家", "业主")
	ownerWords  = list("业主", "的业主", "住户")
)

// estate reports whether the place before the parts is where people live.
func (s *scanner) estate(i int) bool {
	i = s.back(i, " ,的")
	return s.before(i, estates) < i
}

// public reports whether it is an office.
func (s *scanner) public(i int) bool {
	i = s.back(i, " ,的第")
	return s.before(i, offices) < i
}

// shop reports whether the parts lead to a place of business.
func (s *scanner) shop(i int) bool { return s.first(s.skip(i, 2, "号的 "), shops) >= 0 }

func (s *scanner) back(i int, list string) int {
	for i > 0 && strings.ContainsRune(list, s.r[i-1]) {
		i--
	}
	return i
}
