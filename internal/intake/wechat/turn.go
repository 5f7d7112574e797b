package wechat

import (
	"crypto/rand"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
	wx "gongzhi/internal/wechat"
)

// turn is one message and its answer.
type turn struct {
	s      *Service
	m      wx.Message
	at     string // address of our pages
	number string // for a request that may come of it
	failed error  // why the first try was not taken: only say so

	tx    *sqldb.Tx
	u     *user
	t     *talk // that of u
	texts map[string]string
}

// anybody is who acts: the resident himself.
var anybody = actor.Actor{}

// run answers the message.
func (c *turn) run(tx *sqldb.Tx) (wx.Reply, error) {
	if c.m.Type == "event" && !answered(c.m.Event) {
		return wx.Reply{}, nil
	}
	var err error
	c.tx = tx
	if c.u, err = c.s.loadUser(tx, c.m.From); err != nil {
		return wx.Reply{}, err
	}
	if c.texts, err = c.s.texts(tx); err != nil {
		return wx.Reply{}, err
	}
	c.t = &c.u.Talk
	if c.t.Lang == "" {
		c.t.Lang = locale.ZH
	}
	if c.failed != nil {
		key, args := fault.KeyOf(c.failed)
		if !c.t.reporting() {
			c.t.rest() // what was asked for cannot be done: do not ask on
		}
		return wx.Reply{Text: locale.T(c.t.Lang, key, args...)}, c.s.saveUser(tx, c.u)
	}
	text, err := c.hear()
	if err != nil {
		return wx.Reply{}, err
	}
	return wx.Reply{Text: text}, c.s.saveUser(tx, c.u)
}

// answered are the events that say something to us; VIEW, SCAN and what is about
// our own messages are not, and WeChat allows no answer to LOCATION.
func answered(event string) bool {
	switch event {
	case "subscribe", "unsubscribe", "CLICK", "LOCATION", "location_select":
		return true
	}
	return false
}

// hear takes one message.
func (c *turn) hear() (string, error) {
	switch c.m.Type {
	case "event":
		return c.event()
	case "text", "voice":
		return c.text()
	case "image":
		return c.picture()
	case "location":
		return c.location()
	}
	return c.say("unsupported", nil), nil
}

func (c *turn) event() (string, error) {
	c.u.Following = c.m.Event != "unsubscribe"
	switch c.m.Event {
	case "subscribe":
		return c.say("greet", nil), nil
	case "unsubscribe":
		c.t.rest()
		return "", nil
	case "LOCATION":
		if p, ok := c.point(); ok {
			c.t.Here = &spot{p.Lat, p.Lng, c.tx.Now.UnixMicro()}
		}
		return "", nil
	case "location_select":
		return c.location()
	}
	return c.command(buttons[c.m.Key])
}

// Keys of the menu's buttons, and the commands they stand for.
var buttons = map[string]string{"REPORT": "report", "PROGRESS": "progress", "MINE": "mine", "RATE": "rate", "HUMAN": "human"}

// words are what people write for a command; nothing else around it.
var words = map[string]string{}

func init() {
	for command, list := range map[string]string{
		"report": "我要反映 反映 我要反映问题 反映问题 我要投诉 投诉 举报 我要举报 report", "progress": "查进度 进度 查询进度 查询 progress",
		"mine": "我的诉求 我的 列表 mine", "human": "找人工 人工 人工客服 转人工 客服 human", "rate": "评价 打分 rate", "unsolved": "没解决 没有解决 未解决 notsolved",
		"supplement": "补充 补充情况 add", "urge": "催办 催一下 urge", "withdraw": "撤回 撤销 withdraw", "cancel": "取消 不反映了 算了 cancel",
		"back": "返回 上一步 back", "help": "帮助 菜单 help menu 你好 您好 在吗 hello hi", "continue": "继续 continue", "skip": "跳过 不知道 没有 skip",
		"confirm": "确认 确认提交 提交 confirm", "none": "不是 都不是 none", "here": "这里 就是这里 here", "secret": "不公开 保密 private", "open": "公开 可以公开",
		"english": "english", "chinese": "中文", "no": "不 否 no", "yes": "是 好 yes",
	} {
		for _, w := range strings.Fields(list) {
			words[w] = command
		}
	}
}

// plain is what a text says as a command: without blanks, signs and case.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.IsSymbol(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(text))
}

// text takes words: an answer to what was asked, a command, or the beginning of
// a report.
func (c *turn) text() (string, error) {
	text := web.Text(c.m.Content)
	if text == "" {
		return c.say("unsupported", nil), nil
	}
	command := words[plain(text)]
	if c.paused() {
		return c.wake(command)
	}
	if text, done, err := c.reply(text, command); done || err != nil {
		return text, err
	}
	if command != "" {
		return c.command(command)
	}
	return c.idle(text)
}

// paused reports whether a report was left for so long that a word may mean
// something else. What was asked for follow-up is then forgotten.
func (c *turn) paused() bool {
	if c.t.Wait {
		return true
	}
	if c.t.Step == "" || c.tx.Now.Sub(sqldb.FromMicros(c.t.At)) < pauseAfter {
		return false
	}
	if !c.t.reporting() {
		c.t.rest()
		return false
	}
	return true
}

// wake asks whether to go on with what was begun, and takes the answer.
func (c *turn) wake(command string) (string, error) {
	asked := c.t.Wait
	c.t.Wait = false
	switch {
	case command == "continue" || asked && command == "yes":
		return c.ask()
	case command == "cancel" || asked && command == "no":
		return c.command("cancel")
	case command != "" && command != "report" && command != "back" && command != "skip" && command != "confirm":
		c.t.Wait = true
		return c.command(command)
	}
	c.t.Wait = true
	return c.say("resume", map[string]string{"事项": headline(c.t.What)}), nil
}

// idle takes words that answer nothing: a number looks a request up, thanks are
// thanks, a sentence begins a report.
func (c *turn) idle(text string) (string, error) {
	if out, ok, err := c.byNumber(text); ok || err != nil {
		return out, err
	}
	n := len([]rune(text))
	switch {
	case n <= 12 && (strings.Contains(text, "谢") || strings.Contains(strings.ToLower(text), "thank")):
		return c.say("thanks", nil), nil
	case n < 4:
		return c.say("menu", nil), nil
	}
	c.begin()
	return c.takeWhat(text)
}

// begin starts a report.
func (c *turn) begin() {
	c.t.rest()
	c.t.Draft, c.t.Step = rand.Text(), "what"
}

// command does what a button or a command word says.
func (c *turn) command(command string) (string, error) {
	switch command {
	case "report":
		if c.t.reporting() {
			return c.ask()
		}
		c.begin()
		return c.ask()
	case "cancel":
		return c.cancel()
	case "back", "continue", "skip", "none", "confirm", "here", "secret", "open":
		if c.t.reporting() {
			return c.ask()
		}
		return c.say("menu", nil), nil
	case "english":
		c.t.Lang = locale.EN
		return c.say("menu", nil), nil
	case "chinese":
		c.t.Lang = locale.ZH
		return c.say("menu", nil), nil
	case "human":
		return c.say("human", nil) + c.unfinished(), nil
	case "mine", "progress", "rate", "unsolved", "supplement", "urge", "withdraw":
		out, err := c.follow(command)
		return out + c.unfinished(), err
	}
	return c.say("menu", nil) + c.unfinished(), nil
}

func (c *turn) cancel() (string, error) {
	if c.t.Step == "" && !c.t.reporting() {
		return c.say("menu", nil), nil
	}
	draft := c.t.Draft
	c.t.rest()
	if draft != "" {
		if err := c.tx.Exec(`delete from intake_wechat_photo where draft = $1 and matter_id = ''`, draft); err != nil {
			return "", err
		}
	}
	return c.say("cancelled", nil), nil
}

// unfinished reminds of a report that waits.
func (c *turn) unfinished() string {
	if !c.t.reporting() {
		return ""
	}
	c.t.Wait = true
	return "\n\n" + c.say("unfinished", map[string]string{"事项": headline(c.t.What)})
}

// headline is the beginning of what was said.
func headline(text string) string {
	r := []rune(strings.TrimSpace(strings.SplitN(text, "\n", 2)[0]))
	if len(r) > 16 {
		return string(r[:15]) + "…"
	}
	if len(r) == 0 {
		return "…"
	}
	return string(r)
}

// fresh reports whether the phone said where it is not long ago.
func (c *turn) fresh() bool {
	return c.t.Here != nil && c.tx.Now.Sub(sqldb.FromMicros(c.t.Here.At)) < pauseAfter
}

func (c *turn) day(t time.Time) string {
	return locale.Short(c.t.Lang, t, c.s.Catalog.Book().Calendar.Zone)
}
