package wechat

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/intake"
	"gongzhi/internal/locale"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
)

// Follow-up in the chat: the verbs of the receipt's page. Who writes is known by his
// OpenID, so no query code is asked for.

// kase is a request of the person, as a list needs it.
type kase struct {
	ID       matter.ID
	Number   string
	Title    string
	State    string
	Open     bool
	Solved   string
	Rating   int64
	Follower bool
	Code     string // sealed
	Public   string // its words as they were published, "" not
	Category string
}

// mostListed is how many requests a list shows.
const mostListed = 8

// mine are the requests of the person, the newest first.
func (c *turn) mine() ([]kase, error) {
	const q = `select c.matter_id, c.number, m.title, m.state, m.open, r.solved, r.rating, c.follower, c.code, r.category,
		coalesce((select p.text from request_publication p where p.matter_id = m.id and r.publicity = 'public' and not m.sealed), '')
		from intake_wechat_case c join matter m on m.id = c.matter_id join request_order r on r.matter_id = m.id
		where c.user_token = $1 order by c.at desc, c.matter_id desc limit $2`
	rows, err := c.tx.Query(q, c.u.Token, mostListed)
	if err != nil {
		return nil, fmt.Errorf("requests of a WeChat user: %w", err)
	}
	defer rows.Close()
	var out []kase
	for rows.Next() {
		var k kase
		if err := rows.Scan(&k.ID, &k.Number, &k.Title, &k.State, &k.Open, &k.Solved, &k.Rating, &k.Follower, &k.Code, &k.Category, &k.Public); err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, rows.Err()
}

// one is a request of the person by its number, or NotFound.
func (c *turn) one(number string) (kase, error) {
	list, err := c.mine()
	if err != nil {
		return kase{}, err
	}
	for _, k := range list {
		if k.Number == number {
			return k, nil
		}
	}
	return kase{}, fault.New(fault.NotFound, "wechat.not_yours", nil)
}

// title is what may be said of it: all to who reported it, to a follower what is
// published.
func (c *turn) title(k kase) string {
	switch {
	case !k.Follower:
		return k.Title
	case k.Public != "":
		return request.Hide(k.Public)
	}
	return c.s.Catalog.Book().Tree.Name(k.Category)
}

// may reports whether a deed makes sense for a request now.
func may(command string, k kase) bool {
	o := &request.Order{Matter: matter.Matter{State: k.State, Open: k.Open}, Solved: k.Solved, Rating: k.Rating}
	switch command {
	case "rate":
		return !k.Follower && intake.Rateable(o)
	case "unsolved": // after the end too, whatever was said before
		return !k.Follower && (intake.Rateable(o) || k.State == request.Closed || k.State == request.Archived)
	case "supplement":
		return !k.Follower && request.Life.Allows(k.State, request.DeedSupplemented)
	case "urge":
		return !k.Follower && k.Open && k.State != request.Replied && k.State != request.ToCallback
	case "withdraw":
		return !k.Follower && request.Life.Allows(k.State, request.DeedWithdrawn)
	}
	return true
}

// follow does a follow-up command, or asks for which request it is meant.
func (c *turn) follow(command string) (string, error) {
	acts := command != "mine" && command != "progress"
	if acts && c.t.reporting() {
		return c.say("finish_first", nil), nil
	}
	all, err := c.mine()
	if err != nil {
		return "", err
	}
	var list []kase
	for _, k := range all {
		if may(command, k) {
			list = append(list, k)
		}
	}
	switch {
	case len(all) == 0:
		return c.say("none", nil), nil
	case len(list) == 0:
		return c.say("none_for_"+command, nil), nil
	case len(list) == 1:
		return c.do(command, list[0])
	}
	lines := make([]string, len(list))
	offer := make([]string, len(list))
	for i, k := range list {
		lines[i] = c.word("list_line", c.title(k), id.ShowNumber(k.Number), c.state(k.State))
		offer[i] = k.Number
	}
	if !c.t.reporting() {
		c.t.rest()
		c.t.Step, c.t.Do, c.t.Offer = "pick", command, offer
	}
	return c.say("list", map[string]string{"列表": numbered(lines)}), nil
}

func (c *turn) state(state string) string { return locale.T(c.t.Lang, "request.state_"+state) }

// do begins a follow-up of one request.
func (c *turn) do(command string, k kase) (string, error) {
	if command == "mine" || command == "progress" {
		return c.progress(k)
	}
	c.t.rest()
	c.t.Case = k.Number
	values := map[string]string{"编号": id.ShowNumber(k.Number), "事项": c.title(k)}
	switch command {
	case "rate":
		c.t.Step = "solved"
		return c.say("solved", values), nil
	case "unsolved":
		c.t.Step, c.t.Solved = "reason", "no"
		return c.say("reason", values), nil
	case "supplement":
		c.t.Step = "supplement"
		return c.say("supplement", values), nil
	case "withdraw":
		c.t.Step = "withdraw"
		return c.say("withdraw", values), nil
	}
	if err := c.tx.Lock(string(k.ID)); err != nil {
		return "", err
	}
	c.t.rest()
	return c.say("urged", values), c.s.Intake.UrgeTx(c.tx, anybody, k.ID)
}

// replyFollow takes the answer to a question of a follow-up.
func (c *turn) replyFollow(text, command string) (out string, done bool, err error) {
	switch c.t.Step {
	case "pick":
		n := choice(text, len(c.t.Offer))
		if n == 0 {
			return "", false, nil
		}
		k, err := c.one(c.t.Offer[n-1])
		if err != nil {
			return "", true, err
		}
		do := c.t.Do
		c.t.rest()
		out, err = c.do(do, k)
		return out, true, err
	case "solved":
		return c.takeSolved(text, command)
	case "reason":
		if command != "" && command != "unsolved" {
			return "", false, nil
		}
		if command != "" || utf8.RuneCountInString(text) < 2 || utf8.RuneCountInString(text) > intake.MaxBody {
			return c.say("reason", map[string]string{"编号": id.ShowNumber(c.t.Case), "事项": ""}), true, nil
		}
		out, err = c.takeReason(text)
		return out, true, err
	case "stars":
		return c.takeStars(text, command)
	case "supplement", "withdraw":
		out, done, err = c.takeWords(text, command)
		return out, done, err
	}
	return "", false, nil
}

// pickWord is the number of the words that a text says, or of the number it names.
func pickWord(text string, list []string) int {
	if n := choice(text, len(list)); n > 0 {
		return n
	}
	for i, w := range list {
		if plain(w) == plain(text) {
			return i + 1
		}
	}
	return 0
}

func (c *turn) takeSolved(text, command string) (string, bool, error) {
	n := pickWord(text, []string{c.word("solved_yes"), c.word("solved_partly"), c.word("solved_no")})
	switch {
	case n > 0:
	case command == "unsolved" || command == "no":
		n = 3
	case command == "yes":
		n = 1
	case command != "":
		return "", false, nil
	default:
		k, err := c.one(c.t.Case)
		return c.say("solved", map[string]string{"编号": id.ShowNumber(k.Number), "事项": c.title(k)}), true, err
	}
	c.t.Solved = []string{"yes", "partly", "no"}[n-1]
	if n == 3 {
		c.t.Step = "reason"
		return c.say("reason", map[string]string{"编号": id.ShowNumber(c.t.Case), "事项": ""}), true, nil
	}
	c.t.Step = "stars"
	return c.say("stars", nil), true, nil
}

// takeReason takes what is not solved. Who has rated already is not asked again.
func (c *turn) takeReason(text string) (string, error) {
	k, err := c.one(c.t.Case)
	if err != nil {
		return "", err
	}
	if may("rate", k) {
		c.t.Reason, c.t.Step = text, "stars"
		return c.say("stars", nil), nil
	}
	if err := c.tx.Lock(string(k.ID)); err != nil {
		return "", err
	}
	c.t.rest()
	return c.say("reopened", map[string]string{"编号": id.ShowNumber(k.Number)}), c.s.Intake.UnsolvedTx(c.tx, anybody, k.ID, text)
}

func (c *turn) takeStars(text, command string) (string, bool, error) {
	n := pickWord(text, []string{c.word("stars_5"), c.word("stars_4"), c.word("stars_3"), c.word("stars_2"), c.word("stars_1")})
	if n == 0 && command != "" {
		return "", false, nil
	}
	if n == 0 {
		return c.say("stars", nil), true, nil
	}
	k, err := c.one(c.t.Case)
	if err != nil {
		return "", true, err
	}
	if err := c.tx.Lock(string(k.ID)); err != nil {
		return "", true, err
	}
	r := intake.Rating{ID: k.ID, Solved: c.t.Solved, Stars: int64(6 - n), Text: c.t.Reason}
	if err := c.s.Intake.RateTx(c.tx, anybody, r); err != nil {
		return "", true, err
	}
	c.t.rest()
	if r.Solved == "no" {
		return c.say("reopened", map[string]string{"编号": id.ShowNumber(k.Number)}), true, nil
	}
	return c.say("rated", map[string]string{"编号": id.ShowNumber(k.Number)}), true, nil
}

// takeWords takes what is added to a request, or the reason to withdraw it.
func (c *turn) takeWords(text, command string) (string, bool, error) {
	withdraw := c.t.Step == "withdraw"
	if command != "" && !(withdraw && (command == "confirm" || command == "yes")) {
		return "", false, nil
	}
	if n := utf8.RuneCountInString(text); n > intake.MaxBody {
		return c.say("too_long", map[string]string{"字数": fmt.Sprint(intake.MaxBody)}), true, nil
	}
	k, err := c.one(c.t.Case)
	if err != nil {
		return "", true, err
	}
	values := map[string]string{"编号": id.ShowNumber(k.Number), "事项": c.title(k)}
	if withdraw && command == "" {
		return c.say("withdraw", values), true, nil
	}
	if err := c.tx.Lock(string(k.ID)); err != nil {
		return "", true, err
	}
	c.t.rest()
	if withdraw {
		return c.say("withdrawn", values), true, c.s.Intake.WithdrawTx(c.tx, anybody, k.ID, "")
	}
	return c.say("supplemented", values), true, c.s.Intake.SupplementTx(c.tx, anybody, intake.Supplement{ID: k.ID, Text: text})
}

// byNumber shows the request of a number that was typed, when it is the person's.
func (c *turn) byNumber(text string) (string, bool, error) {
	number := id.CleanNumber(strings.TrimPrefix(text, "查"))
	if number == "" || utf8.RuneCountInString(text) > 24 {
		return "", false, nil
	}
	k, err := c.one(number)
	if fault.KindOf(err) == fault.NotFound {
		return c.say("not_yours", map[string]string{"链接": c.page("/track")}), true, nil
	}
	if err != nil {
		return "", true, err
	}
	out, err := c.progress(k)
	return out, true, err
}

// progress tells how one request stands and what can be done about it.
func (c *turn) progress(k kase) (string, error) {
	o, err := request.Find(c.tx, actor.System, k.ID)
	if err != nil {
		return "", err
	}
	lines := []string{c.word("line_number", id.ShowNumber(k.Number), c.title(k)), c.word("line_state", c.state(o.State))}
	if t, err := request.LastLead(c.tx, o.ID); err == nil && !o.Sealed {
		lines = append(lines, c.word("line_unit", t.UnitName))
	} else if err != nil && fault.KindOf(err) != fault.NotFound {
		return "", err
	}
	if o.Open && !o.DueAt.IsZero() {
		lines = append(lines, c.word("line_due", c.day(o.DueAt)))
	}
	if !k.Follower {
		more, err := c.latest(o)
		if err != nil {
			return "", err
		}
		lines = append(lines, more...)
	}
	return c.say("progress", map[string]string{"摘要": strings.Join(lines, "\n"), "可做": c.possible(k), "链接": c.caseLink(k)}), nil
}

// latest are the answer of this round, or what the unit asks.
func (c *turn) latest(o *request.Order) ([]string, error) {
	lines, err := request.Timeline(c.tx, anybody, o)
	if err != nil {
		return nil, err
	}
	answer, question := "", ""
	for _, l := range lines {
		switch l.Name {
		case request.DeedReplied, request.DeedAnswered, request.DeedDiverted:
			answer = note(l, "answer")
		case request.DeedReviewFailed, request.DeedReopened:
			answer = ""
		case request.DeedAsked:
			question = note(l, "question")
		}
	}
	var out []string
	if answer != "" {
		out = append(out, c.word("line_reply", short(answer)))
	}
	if question != "" && o.State == request.Waiting {
		out = append(out, c.word("line_question", short(question)))
	}
	return out, nil
}

func note(l request.Line, kind string) string {
	for _, n := range l.Notes {
		if n.Kind == kind {
			return n.Text
		}
	}
	return ""
}

// short leaves room for the rest of the message; the whole text is on the page.
func short(text string) string {
	if r := []rune(text); len(r) > 300 {
		return string(r[:299]) + "…"
	}
	return text
}

// possible are the words that do something about a request now.
func (c *turn) possible(k kase) string {
	var out []string
	for _, command := range []string{"rate", "supplement", "urge", "withdraw"} {
		if may(command, k) {
			out = append(out, c.word("can_"+command))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return c.word("can", strings.Join(out, c.word("can_and")))
}

func (c *turn) caseLink(k kase) string {
	code, err := c.s.Vault.Open(k.Code, caseRow(c.u.Token, k.ID))
	if err != nil || code == "" {
		return c.page("/track")
	}
	return c.page(intake.Receipt{Number: k.Number, Code: code}.Path())
}
