package personal

// Words behind which a person's name stands. With a shorter one inside, the
// longer comes first.
var callWords = list("我的名字叫", "我名叫", "我叫", "名字叫", "姓名", "联系人", "举报人", "投诉人", "反映人", "申请人", "诉求人", "来电人", "报修人",
	"信访人", "求助人", "受害人", "户主", "署名", "业主", "租户", "消费者", "本人", "我是")

// Words behind which an account or a mail address stands.
var accountWords = list("qq", "微信", "薇信", "wx", "vx", "v信")

// Words behind which a passport's or a permit's number stands.
var paperWords = list("护照", "通行证", "回乡证", "台胞证")

// idWords may stand between such a word and the number.
var idWords = list("号码", "号", "账号", "帐号", "群号", "id", "同号", "群")

// behindWord tries what may stand behind one of the words.
func (s *scanner) behindWord(i int) int {
	if n := s.first(i, callWords); n >= 0 {
		return s.name(i+len(callWords[n]), callWords[n])
	}
	if n := s.first(i, accountWords); n >= 0 && (!latin(s.at(i)) || !latin(s.at(i-1)) && s.at(i-1) != '@') {
		return s.account(i+len(accountWords[n]), n == 0)
	}
	if end := s.past(i, paperWords); end > i {
		return s.paper(end)
	}
	return 0
}

// said passes over what stands between a word and what it announces.
func (s *scanner) said(i int) (end int, marked bool) {
	n := s.first(i, idWords)
	next := s.skip(s.past(i, idWords), 3, " :是为=(;")
	return next, n >= 0 && n < len(idWords)-1 || next > s.past(i, idWords)
}

func (s *scanner) account(i int, onlyDigits bool) int {
	from, marked := s.said(i)
	to, numbers := from, 0
	for ; to-from <= 20; to++ {
		c := s.at(to)
		if !plain(c) && !latin(c) && c != '_' && c != '-' || c == '-' && to == from {
			break
		}
		if plain(c) {
			numbers++
		}
	}
	n := to - from
	switch {
	case s.at(to) == '@' || s.at(to) == '.':
		return 0 // a mail address, or a site
	case n == numbers && n >= 5 && n <= 12:
		return s.add(from, to, Account)
	case !onlyDigits && latin(s.at(from)) && n >= 6 && n <= 20 && (marked || numbers > 1):
		return s.add(from, to, Account)
	}
	return 0
}

func (s *scanner) paper(i int) int {
	from, _ := s.said(i)
	to := from
	for latin(s.at(to)) && to-from < 2 {
		to++
	}
	letters := to - from
	for plain(s.at(to)) {
		to++
	}
	if n := to - from - letters; n < 7 || n > 10 || latin(s.at(to)) || letters == 0 && n < 8 {
		return 0
	}
	return s.add(from, to, Passport)
}

// mail widens an @ to the address around it.
func (s *scanner) mail(i int) int {
	from := i
	for from > s.till && i-from < 64 && local(s.at(from-1)) {
		from--
	}
	to, dot := i+1, 0
	for latin(s.at(to)) || plain(s.at(to)) || s.at(to) == '-' || s.at(to) == '.' && s.at(to-1) != '.' {
		if s.at(to) == '.' {
			dot = to
		}
		to++
	}
	if s.at(to-1) == '.' {
		to--
		dot = 0
		for j := to - 1; j > i; j-- {
			if s.at(j) == '.' {
				dot = j
				break
			}
		}
	}
	if from == i || dot == 0 || dot == i+1 || to-dot < 3 || !latin(s.at(dot+1)) {
		return i + 1
	}
	return s.add(from, to, Mail)
}

func local(c rune) bool {
	return latin(c) || plain(c) || c == '.' || c == '_' || c == '-' || c == '+' || c == '%' || c == '*'
}

// plate is a province, a letter and five signs, six of a new-energy vehicle.
func (s *scanner) plate(i int) int {
	if !latin(s.at(i + 1)) {
		return 0
	}
	from := s.skip(i+2, 1, "·•・. -_")
	to, numbers := from, 0
	for ; (plain(s.at(to)) || latin(s.at(to))) && to-from <= 7; to++ {
		if plain(s.at(to)) {
			numbers++
		}
	}
	n := to - from
	if n == 4 {
		switch s.at(to) {
		case '学', '警', '挂', '港', '澳', '领':
			n, to = 5, to+1
		}
	}
	if n == 5 && numbers >= 1 || n == 6 && numbers >= 3 {
		return s.add(i, to, Plate)
	}
	return 0
}
