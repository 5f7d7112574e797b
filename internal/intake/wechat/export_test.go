package wechat

import wx "gongzhi/internal/wechat"

// ParseMenu and MenuText are for tests.
func ParseMenu(text string) ([]wx.MenuItem, error) { return parseMenu(text) }

// MenuText is the reverse of ParseMenu.
func MenuText(menu []wx.MenuItem) string { return menuText(menu) }
