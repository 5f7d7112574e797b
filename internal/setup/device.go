package setup

import (
	"net/netip"
	"strings"

	"gongzhi/internal/locale"
	"gongzhi/internal/page"
)

// mark is a word by which a browser or a system gives itself away, and our
// code for it. The first that fits is taken: the names of others follow in
// many headers.
type mark struct{ word, code string }

var (
	browsers = []mark{{"MicroMessenger", "wechat"}, {"DingTalk", "dingtalk"}, {"Edg", "edge"}, {"QQBrowser", "qq"}, {"360SE", "360"}, {"QIHU", "360"},
		{"UCBrowser", "uc"}, {"HuaweiBrowser", "huawei"}, {"MiuiBrowser", "xiaomi"}, {"Firefox", "firefox"}, {"Chrome", "chrome"}, {"Safari", "safari"}}
	systems = []mark{{"OpenHarmony", "harmony"}, {"HarmonyOS", "harmony"}, {"Windows", "windows"}, {"Android", "android"}, {"iPhone", "ios"}, {"iPad", "ios"},
		{"Mac OS", "mac"}, {"Linux", "linux"}}
)

// Device is what a browser says of itself, in two codes: no more of it is kept.
func Device(agent string) string { return codeOf(agent, browsers) + "/" + codeOf(agent, systems) }

func codeOf(agent string, marks []mark) string {
	for _, m := range marks {
		if strings.Contains(agent, m.word) {
			return m.code
		}
	}
	return "other"
}

// deviceWords are the codes of a device in words.
func deviceWords(b page.Base, device string) string {
	browser, system, _ := strings.Cut(device, "/")
	browser, system = "setup.browser_"+browser, "setup.system_"+system
	if !locale.Has(b.Lang, browser) {
		browser = "setup.browser_other"
	}
	if !locale.Has(b.Lang, system) {
		system = "setup.system_other"
	}
	return b.T("setup.device", b.T(browser), b.T(system))
}

// Place is an address of which the part that names one computer is hidden:
// enough to see that a sign-in came from somewhere else.
func Place(a netip.Addr) string {
	switch a = a.Unmap(); {
	case !a.IsValid():
		return ""
	case a.Is4():
		b := a.As4()
		return netip.AddrFrom4([4]byte{b[0], b[1], b[2], 0}).String() + "/24"
	}
	p, _ := a.WithZone("").Prefix(48) // 48 fits every address of this family
	return p.String()
}
