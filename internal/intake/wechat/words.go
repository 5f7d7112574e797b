package wechat

import (
	"regexp"
	"slices"
	"strings"

	"gongzhi/internal/catalog"
	"gongzhi/internal/locale"
	"gongzhi/internal/sqldb"
)

// TextKind is the kind of the catalogue's texts that are said in the chat.
const TextKind = "wechat"

// sayings are what the account says, in the order of a conversation. Each is a text
// of the city, "wechat." and its name; until the city has written its own, our words
// are used.
var sayings = []string{"greet", "menu", "what", "photo_first", "place_first", "where", "where_here", "which", "like", "question", "question_options", "check", "receipt",
	"followed", "photo_taken", "photo_many", "photo_added", "outside", "too_long", "unsupported", "cancelled", "resume", "unfinished", "finish_first", "human", "thanks",
	"none", "none_for_rate", "none_for_unsolved", "none_for_supplement", "none_for_urge", "none_for_withdraw", "not_yours", "list", "progress",
	"solved", "reason", "stars", "rated", "reopened", "supplement", "supplemented", "urged", "withdraw", "withdrawn"}

// texts are the city's own words.
func (s *Service) texts(tx *sqldb.Tx) (map[string]string, error) {
	list, err := catalog.Texts(tx, TextKind)
	out := map[string]string{}
	for _, t := range list {
		if t.Active {
			out[t.Code] = t.Body
		}
	}
	return out, err
}

// english are the names of the places in our English words.
var english = map[string]string{"城市": "city", "电话": "phone", "编号": "number", "事项": "matter", "地点": "place", "链接": "link", "截止日期": "date", "查询码": "code",
	"列表": "list", "选项": "options", "问题": "question", "摘要": "summary", "可做": "can", "字数": "characters", "张数": "count"}

var blanks = regexp.MustCompile(`\n{3,}`)

// say is one of the sayings with its places filled. The city's words are Chinese; to
// who writes English ours are said.
func (c *turn) say(name string, values map[string]string) string {
	body := c.texts["wechat."+name]
	if body == "" || c.t.Lang == locale.EN {
		body = locale.T(c.t.Lang, "wechat.say_"+name)
	}
	s := c.s.Catalog.Book().Settings
	all := map[string]string{"城市": s["city.name"], "电话": s["city.phone"]}
	if all["电话"] == "" {
		all["电话"] = "12345"
	}
	for k, v := range values {
		all[k] = v
	}
	for zh, en := range english {
		if v, ok := all[zh]; ok {
			all[en] = v
		}
	}
	return strings.TrimSpace(blanks.ReplaceAllString(catalog.Fill(body, all), "\n\n"))
}

// word is a part of a saying: a line of a list, a name of a choice.
func (c *turn) word(key string, args ...any) string {
	return locale.T(c.t.Lang, "wechat."+key, args...)
}

// seed writes our words as the city's where it has none, so that the office sees and
// edits them where it edits all texts.
func seed(tx *sqldb.Tx, by string) error {
	have, err := catalog.Texts(tx, TextKind)
	if err != nil {
		return err
	}
	for _, name := range sayings {
		code := "wechat." + name
		if slices.ContainsFunc(have, func(t catalog.Text) bool { return t.Code == code }) {
			continue
		}
		t := catalog.Text{Code: code, Kind: TextKind, Title: locale.T(locale.ZH, "wechat.name_"+name), Body: locale.T(locale.ZH, "wechat.say_"+name), Active: true}
		if err := catalog.SaveText(tx, by, t); err != nil {
			return err
		}
	}
	return nil
}
