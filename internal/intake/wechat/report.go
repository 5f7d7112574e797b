package wechat

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"gongzhi/internal/actor"
	"gongzhi/internal/advice"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
	"gongzhi/internal/id"
	"gongzhi/internal/intake"
	"gongzhi/internal/matter"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/vault"
)

// mostPerDay is how many reports one account may make in a day: more than a person
// does, less than a program would.
const mostPerDay = 20

// reply takes the answer to the question that is open. done is false when the words
// answer nothing, and a command is looked for.
func (c *turn) reply(text, command string) (out string, done bool, err error) {
	if command == "cancel" {
		return "", false, nil
	}
	if command == "back" && c.t.reporting() {
		out, err = c.back()
		return out, true, err
	}
	switch c.t.Step {
	case "what":
		if command != "" {
			return "", false, nil
		}
		out, err = c.takeWhat(text)
	case "where", "which":
		return c.takeWhere(text, command)
	case "like":
		return c.takeLike(text, command)
	case "about":
		return c.takeAnswer(text, command)
	case "check":
		return c.takeCheck(text, command)
	default:
		return c.replyFollow(text, command)
	}
	return out, true, err
}

// takeWhat takes what happened. A second sentence while it is asked where is part of
// the place, so there is only one.
func (c *turn) takeWhat(text string) (string, error) {
	if n := utf8.RuneCountInString(text); n > intake.MaxBody {
		return c.say("too_long", map[string]string{"字数": strconv.Itoa(intake.MaxBody)}), nil
	}
	c.t.What, c.t.Step = text, "where"
	if g, ok := c.s.Intake.Advice.Likely(advice.Question{Text: text}); ok {
		c.t.Category = g.Category.Code
	}
	return c.ask()
}

func (c *turn) category() (catalog.Category, bool) {
	return c.s.Catalog.Book().Tree.Find(c.t.Category)
}

// ask asks the question of the step, passing over steps that have nothing to ask.
func (c *turn) ask() (string, error) {
	switch c.t.Step {
	case "what":
		return c.say("what", nil), nil
	case "where":
		if c.fresh() {
			return c.askHere()
		}
		return c.say("where", nil), nil
	case "which":
		return c.say("which", map[string]string{"选项": numbered(c.t.Offer)}), nil
	case "like":
		return c.askLike()
	case "about":
		return c.askAbout()
	}
	return c.summary()
}

// back goes to the question before.
func (c *turn) back() (string, error) {
	switch c.t.Step {
	case "what":
		return c.ask()
	case "where":
		c.t.Step = "what"
	case "which", "like":
		c.t.Step = "where"
	case "about":
		if c.t.Asked > 0 {
			c.t.Asked--
		} else {
			c.t.Step = "where"
		}
	default:
		k, _ := c.category()
		if n := len(k.Questions); n > 0 {
			c.t.Step, c.t.Asked = "about", n-1
		} else {
			c.t.Step = "where"
		}
	}
	return c.ask()
}

// point is the place in a message, in our own datum and in the city; ok is false
// when there is none.
func (c *turn) point() (geo.Point, bool) {
	if c.m.Lat == 0 && c.m.Lng == 0 {
		return geo.Point{}, false
	}
	p, err := geo.ToWGS84(geo.Point{Lat: c.m.Lat, Lng: c.m.Lng}, geo.GCJ02)
	if err != nil || p.Check() != nil {
		return p, false
	}
	return p, c.inCity(p)
}

func (c *turn) inCity(p geo.Point) bool {
	atlas := c.s.Atlas.Atlas()
	return len(atlas.Areas) == 0 || atlas.Locate(p) != ""
}

// location takes a place that was sent. Outside of a report it begins one.
func (c *turn) location() (string, error) {
	p, ok := c.point()
	if !ok {
		return c.say("outside", nil), nil
	}
	if !c.t.reporting() {
		c.begin()
	}
	c.t.Wait = false
	label := strings.TrimSpace(c.m.Label)
	if utf8.RuneCountInString(label) > intake.MaxAddress {
		label = ""
	}
	return c.placed(p, label)
}

// placed puts the report to a point, with the words for it that there are: the
// city's own address, or what WeChat's map calls it.
func (c *turn) placed(p geo.Point, label string) (string, error) {
	near, known, err := place.Nearest(c.tx, p.Lat, p.Lng)
	if err != nil {
		return "", err
	}
	c.t.Lat, c.t.Lng, c.t.Address = p.Lat, p.Lng, label
	if known && (label == "" || p.Distance(geo.Point{Lat: near.Lat, Lng: near.Lng}) < 50) {
		c.t.Address = near.Text
	}
	if c.t.Step == "what" {
		words := c.t.Address
		if words == "" {
			words = c.s.Atlas.Atlas().Name(c.s.Atlas.Atlas().Locate(p))
		}
		return c.say("place_first", map[string]string{"地点": words}), nil
	}
	return c.afterPlace()
}

func (c *turn) afterPlace() (string, error) {
	if c.t.Step == "check" {
		return c.summary()
	}
	c.t.Step, c.t.Offer = "like", nil
	return c.ask()
}

func (c *turn) askHere() (string, error) {
	near, ok, err := place.Nearest(c.tx, c.t.Here.Lat, c.t.Here.Lng)
	if err != nil {
		return "", err
	}
	words := near.Text
	if !ok {
		words = c.s.Atlas.Atlas().Name(c.s.Atlas.Atlas().Locate(geo.Point{Lat: c.t.Here.Lat, Lng: c.t.Here.Lng}))
	}
	return c.say("where_here", map[string]string{"地点": words}), nil
}

// takeWhere takes a typed place. One that the city knows several of is asked about;
// one that it does not know is taken as it was written.
func (c *turn) takeWhere(text, command string) (string, bool, error) {
	if c.t.Step == "which" {
		if n := choice(text, len(c.t.Offer)); n > 0 {
			text, command = c.t.Offer[n-1], ""
		} else if command == "none" || command == "skip" {
			out, err := c.afterPlace()
			return out, true, err
		}
	}
	switch {
	case command == "skip":
		c.t.Address, c.t.Lat, c.t.Lng = "", 0, 0
		out, err := c.afterPlace()
		return out, true, err
	case command == "here" && c.fresh():
		out, err := c.placed(geo.Point{Lat: c.t.Here.Lat, Lng: c.t.Here.Lng}, "")
		return out, true, err
	case command != "":
		return "", false, nil
	case utf8.RuneCountInString(text) < 2:
		out, err := c.ask()
		return out, true, err
	case utf8.RuneCountInString(text) > intake.MaxAddress:
		return c.say("too_long", map[string]string{"字数": strconv.Itoa(intake.MaxAddress)}), true, nil
	}
	out, err := c.find(text)
	return out, true, err
}

func (c *turn) find(text string) (string, error) {
	text = strings.Join(strings.Fields(text), " ")
	hits, err := place.Search(c.tx, text, 5)
	if err != nil {
		return "", err
	}
	c.t.Address, c.t.Lat, c.t.Lng = text, 0, 0
	for i, h := range hits {
		if i == 0 && len(hits) == 1 || place.Fold(h.Text) == place.Fold(text) {
			c.t.Address, c.t.Lat, c.t.Lng = h.Text, h.Lat, h.Lng
			return c.afterPlace()
		}
	}
	if len(hits) == 0 {
		return c.afterPlace()
	}
	c.t.Step, c.t.Offer = "which", nil
	for _, h := range hits {
		c.t.Offer = append(c.t.Offer, h.Text)
	}
	return c.ask()
}

// askLike shows what others have reported near by, once. Of a report of wrongdoing,
// and without a place, nothing is compared.
func (c *turn) askLike() (string, error) {
	k, _ := c.category()
	if c.t.Liked || k.Type == "report" || c.t.Lat == 0 && c.t.Lng == 0 {
		c.t.Step = "about"
		return c.ask()
	}
	if len(c.t.Offer) == 0 {
		l := request.Likeness{Category: k.Code, Text: c.t.What, Lat: c.t.Lat, Lng: c.t.Lng, Public: true, Most: 3,
			Area: c.s.Atlas.Atlas().Locate(geo.Point{Lat: c.t.Lat, Lng: c.t.Lng})}
		twins, err := request.Similar(c.tx, anybody, l)
		if err != nil {
			return "", err
		}
		for _, x := range twins {
			c.t.Offer = append(c.t.Offer, x.Number+"\t"+c.published(x))
		}
	}
	if len(c.t.Offer) == 0 {
		c.t.Liked, c.t.Step = true, "about"
		return c.ask()
	}
	var lines []string
	for _, x := range c.t.Offer {
		_, line, _ := strings.Cut(x, "\t")
		lines = append(lines, line)
	}
	return c.say("like", map[string]string{"列表": numbered(lines)}), nil
}

// published is a published request in one line, no more of it than is published.
func (c *turn) published(x request.Twin) string {
	title := request.Hide(x.Title)
	if x.Publicity != "public" {
		title = x.CategoryName
	}
	parts := []string{title}
	if x.Metres >= 0 {
		parts = append(parts, c.word("metres", int(math.Round(x.Metres/10)*10)))
	}
	if x.Followers > 0 {
		parts = append(parts, c.word("followers", x.Followers))
	}
	return strings.Join(parts, " · ")
}

func (c *turn) takeLike(text, command string) (string, bool, error) {
	if n := choice(text, len(c.t.Offer)); n > 0 {
		number, _, _ := strings.Cut(c.t.Offer[n-1], "\t")
		out, err := c.join(number)
		return out, true, err
	}
	if command != "" && command != "none" && command != "skip" && command != "no" && command != "continue" {
		return "", false, nil
	}
	if command == "" {
		out, err := c.ask()
		return out, true, err
	}
	c.t.Liked, c.t.Step, c.t.Offer = true, "about", nil
	out, err := c.ask()
	return out, true, err
}

// join makes the person a follower instead of reporting the same again.
func (c *turn) join(number string) (string, error) {
	o, err := request.FindNumber(c.tx, actor.System, number)
	if err != nil {
		return "", err
	}
	if mine, err := c.one(number); err == nil { // he has it already
		c.t.rest()
		return c.progress(mine)
	}
	if err := c.tx.Lock(string(o.ID)); err != nil {
		return "", err
	}
	out, err := c.s.Intake.FollowTx(c.tx, anybody, intake.Follow{Number: number, Draft: c.t.Draft, OpenID: c.m.From})
	if err != nil {
		return "", err
	}
	if err := c.keepCase(out, true); err != nil {
		return "", err
	}
	c.t.rest()
	return c.say("followed", map[string]string{"编号": id.ShowNumber(out.Number), "链接": c.link(out)}), nil
}

// askAbout asks the next question of the category.
func (c *turn) askAbout() (string, error) {
	k, _ := c.category()
	if c.t.Asked >= len(k.Questions) {
		c.t.Step = "check"
		return c.ask()
	}
	q := k.Questions[c.t.Asked]
	if len(q.Options) > 0 {
		return c.say("question_options", map[string]string{"问题": q.Text, "选项": numbered(q.Options)}), nil
	}
	return c.say("question", map[string]string{"问题": q.Text}), nil
}

func (c *turn) takeAnswer(text, command string) (string, bool, error) {
	k, _ := c.category()
	if c.t.Asked >= len(k.Questions) {
		out, err := c.ask()
		return out, true, err
	}
	q := k.Questions[c.t.Asked]
	if n := choice(text, len(q.Options)); n > 0 {
		text, command = q.Options[n-1], ""
	}
	for _, o := range q.Options {
		if plain(o) == plain(text) {
			text, command = o, "" // an option may read like a command
		}
	}
	switch {
	case command == "skip":
		text = ""
	case command != "" && command != "yes" && command != "no":
		return "", false, nil
	case utf8.RuneCountInString(text) > 200:
		return c.say("too_long", map[string]string{"字数": "200"}), true, nil
	}
	if c.t.Answers == nil {
		c.t.Answers = map[string]string{}
	}
	if delete(c.t.Answers, q.Text); text != "" {
		c.t.Answers[q.Text] = text
	}
	c.t.Asked++
	out, err := c.ask()
	return out, true, err
}

// summary shows all before it is sent.
func (c *turn) summary() (string, error) {
	c.t.Step = "check"
	taken, lost, err := c.photos()
	if err != nil {
		return "", err
	}
	k, known := c.category()
	lines := []string{c.word("line_what", c.t.What)}
	where := strings.TrimSpace(c.s.Atlas.Atlas().Name(c.s.Atlas.Atlas().Locate(geo.Point{Lat: c.t.Lat, Lng: c.t.Lng})) + " " + c.t.Address)
	if where == "" {
		where = c.word("not_said")
	}
	lines = append(lines, c.word("line_where", where))
	if known {
		lines = append(lines, c.word("line_category", k.Name))
		for _, q := range k.Questions {
			if a := c.t.Answers[q.Text]; a != "" {
				lines = append(lines, c.word("line_answer", q.Text, a))
			}
		}
	}
	if taken > 0 {
		lines = append(lines, c.word("line_photos", taken))
	}
	if lost > 0 {
		lines = append(lines, c.word("line_lost", lost))
	}
	if c.t.Phone != "" {
		lines = append(lines, c.word("line_phone", vault.MaskPhone(c.t.Phone)))
	}
	if k.Type == "report" {
		lines = append(lines, c.word("line_protected"))
	} else if c.t.Secret {
		lines = append(lines, c.word("line_secret"))
	}
	return c.say("check", map[string]string{"摘要": strings.Join(lines, "\n")}), nil
}

// takeCheck takes the confirmation, or something more for the report.
func (c *turn) takeCheck(text, command string) (string, bool, error) {
	switch command {
	case "confirm", "yes":
		out, err := c.send()
		return out, true, err
	case "secret", "open":
		c.t.Secret = command == "secret"
	case "":
		if p := vault.NormalPhone(text); len(p) >= 7 && len(p) <= 15 && len([]rune(text)) <= 20 {
			c.t.Phone = p
			break
		}
		more := c.t.What + "\n" + text
		if utf8.RuneCountInString(more) > intake.MaxBody {
			return c.say("too_long", map[string]string{"字数": strconv.Itoa(intake.MaxBody)}), true, nil
		}
		c.t.What = more
	default:
		return "", false, nil
	}
	out, err := c.summary()
	return out, true, err
}

// send registers the request, with the photos that are there; those still on their
// way are put to it when they come.
func (c *turn) send() (string, error) {
	if c.number == "" {
		return "", errNumber
	}
	if err := c.limit(); err != nil {
		return "", err
	}
	if err := c.tx.Lock(draftRow(c.t.Draft)); err != nil {
		return "", err
	}
	photos, err := ready(c.tx, c.t.Draft)
	if err != nil {
		return "", err
	}
	r := intake.Report{Draft: c.t.Draft, Number: c.number, Channel: "wechat", Body: c.t.What, Category: c.t.Category, Guessed: true, Address: c.t.Address,
		Lat: c.t.Lat, Lng: c.t.Lng, Phone: c.t.Phone, OpenID: c.m.From, Secret: c.t.Secret, Photos: photos}
	k, _ := c.category()
	for _, q := range k.Questions {
		if a := c.t.Answers[q.Text]; a != "" {
			r.Answers = append(r.Answers, request.Answer{Question: q.Text, Answer: a})
		}
	}
	out, err := c.s.Intake.ReceiveTx(c.tx, anybody, r)
	if err != nil {
		return "", err
	}
	if err := adopt(c.tx, c.t.Draft, out.ID); err != nil {
		return "", err
	}
	if err := c.keepCase(out, false); err != nil {
		return "", err
	}
	c.t.rest()
	values := map[string]string{"编号": id.ShowNumber(out.Number), "查询码": out.Code, "链接": c.link(out), "截止日期": c.word("no_date")}
	if out.Order != nil && !out.Order.DueAt.IsZero() {
		values["截止日期"] = c.day(out.Order.DueAt)
	}
	return c.say("receipt", values), nil
}

func (c *turn) limit() error {
	var n int
	const q = `select cast(count(*) as bigint) from intake_wechat_case where user_token = $1 and at >= $2 and not follower`
	if err := c.tx.QueryRow(q, c.u.Token, c.tx.Now.Add(-keepFor).UnixMicro()).Scan(&n); err != nil {
		return err
	}
	if n >= mostPerDay {
		return fault.New(fault.TooMany, "wechat.too_many", nil, mostPerDay)
	}
	return nil
}

func caseRow(token string, m matter.ID) string {
	return "intake_wechat_case/" + token + "/" + string(m)
}

// keepCase notes that a request is the person's own, or one that he follows.
func (c *turn) keepCase(r intake.Receipt, follower bool) error {
	code, err := c.s.Vault.Seal(r.Code, caseRow(c.u.Token, r.ID))
	if err != nil {
		return err
	}
	const q = `insert into intake_wechat_case(user_token, matter_id, number, code, follower, at) values ($1, $2, $3, $4, $5, $6) on conflict (user_token, matter_id) do nothing`
	return c.tx.Exec(q, c.u.Token, r.ID, r.Number, code, follower, c.tx.Now.UnixMicro())
}

func (c *turn) link(r intake.Receipt) string { return c.page(r.Path()) }

func (c *turn) page(path string) string {
	if c.t.Lang == "en" {
		path = "/en" + path
	}
	return c.at + path
}

// numbered is a list to choose from by number.
func numbered(list []string) string {
	var b strings.Builder
	for i, x := range list {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strconv.Itoa(i+1) + ". " + x)
	}
	return b.String()
}

// choice is the number that a text chooses, 0 none.
func choice(text string, of int) int {
	n, err := strconv.Atoi(strings.TrimPrefix(plain(text), "第"))
	if err != nil {
		n = strings.IndexRune("一二三四五六七八九", []rune(plain(text) + " ")[0])/len("一") + 1
		if len([]rune(plain(text))) != 1 {
			return 0
		}
	}
	if n < 1 || n > of {
		return 0
	}
	return n
}
