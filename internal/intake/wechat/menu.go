package wechat

import (
	"strings"

	"gongzhi/internal/fault"
	"gongzhi/internal/web"
	wx "gongzhi/internal/wechat"
)

// The menu is written as people note such a thing, one button a line:
//
//	我要反映 = 反映
//	我的 > 查进度 = 进度
//	网站 = https://12345.example.cn/

// menuActions are the words for what a button does, and their keys.
var menuActions = [][2]string{{"反映", "REPORT"}, {"进度", "PROGRESS"}, {"我的", "MINE"}, {"评价", "RATE"}, {"人工", "HUMAN"}}

// DefaultMenu is what a city begins with.
var DefaultMenu = []wx.MenuItem{{Name: "我要反映", Key: "REPORT"},
	{Name: "我的诉求", Items: []wx.MenuItem{{Name: "查进度", Key: "PROGRESS"}, {Name: "全部诉求", Key: "MINE"}, {Name: "评价", Key: "RATE"}}},
	{Name: "找人工", Key: "HUMAN"}}

// Limits of WeChat: buttons in the bar, below one, and bytes of their names.
const (
	menuBar, menuBelow         = 3, 5
	menuBarName, menuBelowName = 16, 60
)

// menuText is a menu as it is edited.
func menuText(menu []wx.MenuItem) string {
	var b strings.Builder
	for _, m := range menu {
		for _, x := range m.Items {
			b.WriteString(m.Name + " > " + x.Name + " = " + menuAction(x) + "\n")
		}
		if len(m.Items) == 0 {
			b.WriteString(m.Name + " = " + menuAction(m) + "\n")
		}
	}
	return strings.TrimSpace(b.String())
}

func menuAction(m wx.MenuItem) string {
	for _, a := range menuActions {
		if a[1] == m.Key {
			return a[0]
		}
	}
	return m.URL
}

// parseMenu reads an edited menu and says which line is wrong and why.
func parseMenu(text string) ([]wx.MenuItem, error) {
	var out []wx.MenuItem
	n := 0
	for line := range strings.Lines(text) {
		n++
		if line = web.Line(line); line == "" {
			continue
		}
		where, action, ok := strings.Cut(strings.ReplaceAll(line, "＝", "="), "=")
		item, known := menuItem(strings.TrimSpace(action))
		if !ok || !known {
			return nil, wrongMenu("wechat.menu_line", n, line)
		}
		top, name, below := strings.Cut(strings.ReplaceAll(where, "＞", ">"), ">")
		top, name = strings.TrimSpace(top), strings.TrimSpace(name)
		if top == "" || below && name == "" || len(top) > menuBarName || len(name) > menuBelowName {
			return nil, wrongMenu("wechat.menu_name", n, line)
		}
		if !below {
			item.Name = top
			out = append(out, item)
			continue
		}
		item.Name = name
		if last := len(out) - 1; last >= 0 && out[last].Name == top && len(out[last].Items) > 0 {
			out[last].Items = append(out[last].Items, item)
		} else {
			out = append(out, wx.MenuItem{Name: top, Items: []wx.MenuItem{item}})
		}
	}
	for _, m := range out {
		if len(m.Items) > menuBelow {
			return nil, wrongMenu("wechat.menu_many", menuBar, menuBelow)
		}
	}
	if len(out) > menuBar {
		return nil, wrongMenu("wechat.menu_many", menuBar, menuBelow)
	}
	return out, nil
}

func wrongMenu(key string, args ...any) error {
	return fault.Fields{{Name: "menu", Key: key, Args: args}}
}

func menuItem(action string) (wx.MenuItem, bool) {
	for _, a := range menuActions {
		if a[0] == action {
			return wx.MenuItem{Key: a[1]}, true
		}
	}
	if strings.HasPrefix(action, "https://") || strings.HasPrefix(action, "http://") {
		return wx.MenuItem{URL: action}, len(action) <= 1024
	}
	return wx.MenuItem{}, false
}
