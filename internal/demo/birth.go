package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/demo/content"
	"gongzhi/internal/demo/geography"
	"gongzhi/internal/intake"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
)

// life is what happens to one request.
type life struct {
	*history
	number      string
	now         time.Time
	leaf        content.Category
	kind        string
	at          geography.Address
	estate      string
	slots       content.Slots
	title, body string
	channel     string
	agent       actor.Actor // zero: the resident wrote himself
	id          matter.ID
	tx          *sqldb.Tx
	same        string // number of an earlier request about the same
	openStill   bool
	answered    bool
}

// online are the channels by which residents write themselves.
var online = []string{content.ChannelWechat, content.ChannelApp, content.ChannelWeb}

// channels are the product's names for the content's.
var channels = map[string]string{content.ChannelMailbox: "mail"}

func (h *history) birth(at time.Time, number string, storm bool) *life {
	l := &life{history: h, number: number, now: at}
	l.leaf, l.kind = h.Rules.Matter(h.rng, content.Season{Month: at.Month(), Storm: storm})
	l.at = h.Land.Addresses[h.rng.IntN(len(h.Land.Addresses))]
	if again := h.again(); again != nil && h.rng.Float64() < content.RepeatShare {
		l.at, l.leaf, l.kind, l.same = again.at, again.leaf, again.kind, again.open
	}
	l.channel = content.Draw(h.rng, content.ChannelShares)
	if !slices.Contains(online, l.channel) {
		l.agent = h.one(actor.Agent)
	}
	l.place()
	l.title, l.body = h.Rules.RequestOf(h.rng, l.leaf, l.kind, l.slots)
	l.slots.Said, l.slots.Type = l.title+l.body, l.kind
	return l
}

// again is one of the last places that had something reported.
func (h *history) again() *spot {
	if len(h.past) == 0 {
		return nil
	}
	n := min(len(h.past), 160)
	return &h.past[len(h.past)-1-h.rng.IntN(n)]
}

func (l *life) place() {
	for _, e := range l.Land.Estates {
		if e.Code == l.at.Estate {
			l.estate = e.Name
			break
		}
	}
	l.slots = content.Slots{District: l.names[l.at.Community[:6]], Street: l.names[l.at.Community[:9]], Community: l.names[l.at.Community],
		Estate: l.estate, Road: l.at.Road, Near: l.at.Text, Channel: l.channel}
}

func (l *life) remember() {
	s := spot{at: l.at, leaf: l.leaf, kind: l.kind}
	if l.openStill {
		s.open = l.number
	}
	l.past = append(l.past, s)
}

// surnames and how people call themselves on the telephone.
var (
	surnames = strings.Split("王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗 梁 宋 郑 谢 韩 唐 冯 于 董 萧 程 曹 袁 邓 许 傅 沈 曾 彭 吕", " ")
	callings = []string{"先生", "女士", "女士", "先生", "阿姨", "师傅", "老师"}
)

// report is what the resident says. Telephone numbers begin with 190 0000: a
// block in which nobody lives.
func (l *life) report() intake.Report {
	channel := l.channel
	if c := channels[channel]; c != "" {
		channel = c
	}
	r := intake.Report{Number: l.number, Type: l.kind, Channel: channel, Title: l.title, Body: l.body, Category: l.leaf.Code,
		Old: l.now.Before(l.plan.Until.AddDate(0, 0, -1))}
	if l.leaf.Place || l.rng.Float64() < 0.6 {
		r.Address, r.Area, r.Lat, r.Lng = l.at.Text, l.at.Grid, l.at.Point.Lat, l.at.Point.Lng
		if p, ok := l.nowhere(); ok {
			r.Lat, r.Lng = p.Lat, p.Lng
		}
	}
	if l.channel == content.ChannelPhone || l.rng.Float64() < 0.7 {
		r.Name = surnames[l.rng.IntN(len(surnames))] + callings[l.rng.IntN(len(callings))]
		r.Phone = fmt.Sprintf("1900000%04d", l.rng.IntN(4200))
	}
	r.NoReply = l.rng.Float64() < 0.02
	return r
}
