package wechat_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
	wx "gongzhi/internal/wechat"
	"gongzhi/internal/wechat/fake"
)

func number(t *testing.T, s string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(s, 64)
	must(t, err)
	return f
}

// gcj is a point of ours as WeChat's map would send it.
func gcj(t *testing.T, lat, lng float64) string {
	t.Helper()
	p, err := geo.FromWGS84(geo.Point{Lat: lat, Lng: lng}, geo.GCJ02)
	must(t, err)
	return fmt.Sprintf("@%.6f,%.6f", p.Lat, p.Lng)
}

func TestAReportByConversation(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := world(t, db)
		c.API.Keep("m1", picture(t))
		p := c.phone("oMing")
		want(t, c.chat(p, "!REPORT"), "什么事")
		want(t, c.chat(p, "#m1"), "照片收到了（1张）", "什么事")
		want(t, c.chat(p, "路灯不亮，晚上看不见路"), "在哪里")
		want(t, c.chat(p, gcj(t, 30.05, 120.05)), "哪一盏灯")
		want(t, c.chat(p, "门口东边第二盏"), "是一直不亮吗", "1. 一直不亮", "2. 有时亮")
		want(t, c.chat(p, "2"), "路灯不亮，晚上看不见路", "梧桐社区", "梧桐路32号", "有时亮", "照片：1张", "确认")
		c.run()
		want(t, c.chat(p, "13800138000"), "138****8000")
		got := c.chat(p, "确认")
		want(t, got, "收到了，谢谢您", "编号：", "查询码：", "https://12345.example/r/", "3月9日")

		o := c.only()
		if o.Channel != "wechat" || o.Category != "0101" || o.Address != "梧桐路32号" || len(o.Answers) != 2 || o.Answers[1].Answer != "有时亮" {
			t.Errorf("received %+v", o)
		}
		if d := (geo.Point{Lat: o.Lat, Lng: o.Lng}).Distance(geo.Point{Lat: 30.05, Lng: 120.05}); d > 5 {
			t.Errorf("the place is %.0f m off: GCJ-02 was not turned into our datum", d)
		}
		if n := c.count(`select cast(count(*) as bigint) from request_file where matter_id = $1`, o.ID); n != 1 {
			t.Errorf("%d photos, want 1", n)
		}
		if n := c.count(`select cast(count(*) as bigint) from request_contact where matter_id = $1 and openid_token <> '' and openid <> 'oMing'`, o.ID); n != 1 {
			t.Error("the reporter is not kept sealed under the token of his OpenID")
		}
		want(t, c.chat(p, "进度"), "路灯不亮", "待派单", "补充")
	})
}

func TestAPhotoThatComesAfterTheReportIsPutToIt(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := world(t, db)
		p := c.phone("oMing")
		c.API.Keep("bad", []byte("no picture"))
		c.API.Keep("good", picture(t))
		c.chat(p, "井盖破损好危险", "#bad")
		c.run() // what is no picture is lost, and said so
		want(t, c.chat(p, "跳过"), "有1张照片没收到")
		c.API.Refuse("/cgi-bin/media/get", -1)
		c.chat(p, "#good")
		want(t, c.chat(p, "确认"), "编号")
		o := c.only()
		if n := c.count(`select cast(count(*) as bigint) from request_file where matter_id = $1`, o.ID); n != 0 {
			t.Errorf("%d photos before the job ran", n)
		}
		c.run() // WeChat is busy
		clockOf(c).Add(time.Hour)
		c.run()
		if n := c.count(`select cast(count(*) as bigint) from request_file where matter_id = $1`, o.ID); n != 1 {
			t.Errorf("%d photos afterwards, want 1", n)
		}
	})
}

// TestRetriesGiveTheSameAnswerAndOneCase sends each message of each conversation
// three times, some late and out of order: N reports are N cases.
func TestRetriesGiveTheSameAnswerAndOneCase(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		const people = 8
		c := world(t, db)
		var wait sync.WaitGroup
		for i := range people {
			wait.Go(func() {
				p := c.phone(fmt.Sprintf("oUser%d", i))
				late := []fake.Push{}
				answers := map[string]string{}
				for n, fields := range [][]fake.Field{p.Event("CLICK", fake.Field{Name: "EventKey", Value: "REPORT"}), p.Message("text", fake.Field{Name: "Content", Value: "井盖破损了"}),
					p.Message("text", fake.Field{Name: "Content", Value: "跳过"}), p.Message("text", fake.Field{Name: "Content", Value: "确认"})} {
					push, err := p.Sign(fake.XML(fields))
					if err != nil {
						t.Error(err)
						return
					}
					again, err := p.Sign(fake.XML(fields)) // the same message under another nonce
					if err != nil {
						t.Error(err)
						return
					}
					for k, x := range []fake.Push{push, push, again} {
						got, err := p.Again(x)
						if err != nil || got.Content == "" || k > 0 && got.Content != answers[fmt.Sprint(n)] {
							t.Errorf("user %d, message %d, sending %d: %q, %v; before it was %q", i, n, k+1, got.Content, err, answers[fmt.Sprint(n)])
						}
						answers[fmt.Sprint(n)] = got.Content
					}
					late = append(late, push, again)
				}
				for k := len(late) - 1; k >= 0; k-- { // all of it again, backwards
					if got, err := p.Again(late[k]); err != nil || got.Content != answers[fmt.Sprint(k/2)] {
						t.Errorf("user %d, late %d: %q, %v", i, k, got.Content, err)
					}
				}
			})
		}
		wait.Wait()
		if n := c.count(`select cast(count(*) as bigint) from matter`); n != people {
			t.Errorf("%d reports became %d cases", people, n)
		}
	})
}

func TestForgeriesChangeNothing(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		open := account
		open.Mode = wx.Plain
		c := worldOf(t, db, open)
		p := c.phone("oMing")
		first, err := p.Sign(fake.XML(p.Message("text", fake.Field{Name: "Content", Value: "路灯不亮好几天了"})))
		must(t, err)
		if _, err := p.Again(first); err != nil {
			t.Fatal(err)
		}
		forged := fake.Push{Query: first.Query, Body: fake.XML(c.phone("oEve").Message("text", fake.Field{Name: "Content", Value: "确认"}))}
		if _, err := p.Again(forged); fault.KindOf(err) != fault.Denied {
			t.Errorf("another body under a used nonce: %v", err)
		}
		clockOf(c).Add(wx.Window + time.Second)
		if _, err := p.Again(first); fault.KindOf(err) != fault.Denied {
			t.Errorf("a replay after the window: %v", err)
		}
		clockOf(c).Add(-wx.Window)
		bomb := fake.Push{Query: first.Query, Body: []byte(`<!DOCTYPE x [<!ENTITY a "aaaa">]><xml><Content>&a;</Content></xml>`)}
		if _, err := p.Again(bomb); fault.KindOf(err) != fault.Denied {
			t.Errorf("an entity bomb: %v", err)
		}
		if n := c.count(`select cast(count(*) as bigint) from intake_wechat_message`); n != 1 {
			t.Errorf("%d messages were taken, want 1", n)
		}
	})
}

func TestAPlaceIsTypedChosenSkippedOrRefused(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := world(t, db)
		p := c.phone("oMing")
		c.chat(p, "井盖破损好危险")
		want(t, c.chat(p, "@39.9,116.4"), "不在云泽市")
		want(t, c.chat(p, "桂花路"), "是下面哪一个", "1. 桂花路1号", "2. 桂花路2号")
		want(t, c.chat(p, "2"), "桂花路2号", "确认")
		want(t, c.chat(p, "返回"), "在哪里")
		want(t, c.chat(p, "老槐树底下"), "在哪里：老槐树底下")
		want(t, c.chat(p, "返回", "跳过"), "在哪里：没说")
		want(t, c.chat(p, "返回", "梧桐路 32 号"), "梧桐社区 梧桐路32号")

		// The place a phone reports by itself is offered, not taken, and gets no answer.
		q := c.phone("oLi")
		at, err := geo.FromWGS84(geo.Point{Lat: 30.05, Lng: 120.05}, geo.GCJ02)
		must(t, err)
		if got, err := q.Send(q.Event("LOCATION", fake.Field{Name: "Latitude", Value: fmt.Sprint(at.Lat), Raw: true}, fake.Field{Name: "Longitude", Value: fmt.Sprint(at.Lng), Raw: true})); err != nil || got.Type != "" {
			t.Errorf("the event LOCATION was answered %+v, %v", got, err)
		}
		want(t, c.chat(q, "井盖破损好危险"), "您现在在梧桐路32号附近", "这里")
		want(t, c.chat(q, "这里"), "梧桐路32号", "确认")
	})
}

func TestTheSameMatterNearByIsFollowed(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := world(t, db)
		c.chat(c.phone("oMing"), "路灯不亮，手机13800138000", gcj(t, 30.05, 120.05), "跳过", "跳过", "确认")
		must(t, request.Marker().Drain(t.Context(), db))
		p := c.phone("oLi")
		got := c.chat(p, "路灯不亮看不见", gcj(t, 30.0501, 120.0501))
		want(t, got, "附近有人反映过", "1. 路灯不亮", "就是其中一件")
		if strings.Contains(got, "13800138000") {
			t.Errorf("a number that names somebody is shown: %q", got)
		}
		want(t, c.chat(p, "1"), "一起跟进", "https://12345.example/r/")
		o := c.only()
		if o.Followers != 1 {
			t.Errorf("%d followers, want 1", o.Followers)
		}
		got = c.chat(p, "我的诉求")
		want(t, got, "待派单")
		if strings.Contains(got, "补充") || strings.Contains(got, "13800138000") {
			t.Errorf("a follower is offered what is the reporter's: %q", got)
		}
		if strings.Contains(got, "手机") {
			t.Errorf("a follower reads words that nobody has published: %q", got)
		}
		must(t, db.Update(t.Context(), func(tx *sqldb.Tx) error {
			return request.Publish(tx, admin, o.ID, "路口的灯不亮，找13800138000", "")
		}))
		if got = c.chat(p, "我的诉求"); !strings.Contains(got, "路口的灯不亮") || strings.Contains(got, "13800138000") {
			t.Errorf("a follower reads %q of what was published", got)
		}
		want(t, c.chat(p, "路灯不亮又坏了", gcj(t, 30.0501, 120.0501), "不是"), "哪一盏灯")
	})
}

func TestCancelBackPauseAndResume(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := world(t, db)
		p := c.phone("oMing")
		want(t, c.chat(p, "路灯不亮好几天", "取消"), "没有提交")
		want(t, c.chat(p, "确认"), "想反映事情")
		c.chat(p, "路灯不亮好几天", "跳过")
		clockOf(c).Add(40 * time.Minute)
		want(t, c.chat(p, "第二盏"), "写到一半", "路灯不亮好几天")
		want(t, c.chat(p, "继续"), "哪一盏灯")
		want(t, c.chat(p, "!PROGRESS"), "还没有反映过", "还有一件没写完")
		want(t, c.chat(p, "继续", "第二盏", "1"), "确认")
		want(t, c.chat(p, "返回"), "是一直不亮吗")
		want(t, c.chat(p, "2"), "有时亮")
		clockOf(c).Add(25 * time.Hour)
		must(t, c.Sweep(t.Context()))
		want(t, c.chat(p, "确认"), "想反映事情")
		if n := c.count(`select cast(count(*) as bigint) from matter`); n != 0 {
			t.Errorf("%d cases of reports that were never confirmed", n)
		}
	})
}

func TestFollowUpInTheChat(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := world(t, db)
		p := c.phone("oMing")
		c.chat(p, "路灯不亮好几天", "跳过", "跳过", "跳过", "确认")
		o := c.only()
		want(t, c.chat(p, "评价"), "没有等您评价")
		want(t, c.chat(p, "补充", "还有旁边那一盏"), "补充好了")
		want(t, c.chat(p, "催办"), "替您催了")
		want(t, c.chat(p, "催办"), "今天")
		c.answered(o)
		want(t, c.chat(p, "进度"), "灯已修好", "路灯管理所", "评价")
		want(t, c.chat(p, "没解决"), "哪里还没解决")
		want(t, c.chat(p, "另一盏还是不亮"), "满意吗")
		want(t, c.chat(p, "不满意"), "退回单位重办")
		if got := c.only(); got.State != request.InProgress || got.Round != 1 || got.Rating != 2 {
			t.Errorf("after 没解决: state %s, round %d, rating %d", got.State, got.Round, got.Rating)
		}
		c.move(o, request.Deed{Name: request.DeedReplied}, request.Deed{Name: request.DeedReviewPassed})
		want(t, c.chat(p, "!RATE"), "解决了吗")
		want(t, c.chat(p, "1"), "满意吗")
		want(t, c.chat(p, "一"), "谢谢")
		if got := c.only(); got.Solved != "yes" || got.Rating != 5 || got.State != request.Closed {
			t.Errorf("after the rating: %s, %d, %s", got.Solved, got.Rating, got.State)
		}
		want(t, c.chat(p, "评价"), "没有等您评价")
		want(t, c.chat(p, "没解决", "第二天又灭了"), "已经重办过一次")

		// What is somebody else's is nobody's business.
		q := c.phone("oEve")
		want(t, c.chat(q, o.Number), "不是在这里反映的")
		want(t, c.chat(q, "进度"), "还没有反映过")
	})
}

func TestWithdrawAsksOnceMore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := world(t, db)
		p := c.phone("oMing")
		c.chat(p, "井盖破损好危险", "跳过", "确认", "井盖破损又一个", "跳过", "确认")
		want(t, c.chat(p, "撤回"), "回复序号", "1. 井盖破损又一个", "2. 井盖破损好危险")
		want(t, c.chat(p, "2"), "确定不要办了吗", "井盖破损好危险")
		want(t, c.chat(p, "确认"), "已经撤回")
		if n := c.count(`select cast(count(*) as bigint) from matter where state = 'withdrawn'`); n != 1 {
			t.Errorf("%d withdrawn, want 1", n)
		}
	})
}

func TestAReportOfWrongdoingStaysProtected(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := world(t, db)
		p := c.phone("oMing")
		want(t, c.chat(p, "有人收红包才给办", "跳过"), "您的身份会保密")
		c.chat(p, "确认")
		if o := c.only(); !o.Sealed || o.Publicity != "private" {
			t.Errorf("sealed %v, publicity %s", o.Sealed, o.Publicity)
		}
		if got := c.chat(c.phone("oEve"), "有人收红包才给办", "跳过"); strings.Contains(got, "附近有人") {
			t.Errorf("it is offered to others: %q", got)
		}
	})
}

func TestWhoLeftIsNotWrittenTo(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := world(t, db)
		p := c.phone("oMing")
		follows := func() (yes bool) {
			must(t, c.DB.View(t.Context(), func(tx *sqldb.Tx) (err error) {
				yes, err = c.Follows(tx, "oMing")
				return err
			}))
			return yes
		}
		got, err := p.Send(p.Event("subscribe"))
		must(t, err)
		want(t, got.Content, "云泽市12345")
		if got, err = p.Send(p.Event("unsubscribe")); err != nil || got.Type != "" || follows() {
			t.Errorf("after leaving: %+v, %v, follows %v", got, err, follows())
		}
		clockOf(c).Add(time.Minute)
		if _, err := p.Send(p.Event("subscribe")); err != nil || !follows() {
			t.Errorf("after coming back: %v, follows %v", err, follows())
		}
	})
}

func TestDeliveryReportsArePassedOn(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := world(t, db)
		var told []string
		c.Delivered = func(_ context.Context, job string, ok bool, reason string) error {
			told = append(told, fmt.Sprint(job, ok, reason))
			return nil
		}
		p := c.phone("oMing")
		for _, status := range []string{"success", "failed:user block"} {
			if got, err := p.Finished(fake.Notice{ID: "2001"}, status); err != nil || got.Type != "" {
				t.Errorf("%+v, %v", got, err)
			}
			clockOf(c).Add(time.Second)
		}
		if got := strings.Join(told, ";"); got != "2001truesuccess;2001falsefailed:user block" {
			t.Errorf("told %s", got)
		}
	})
}

func TestOneAccountCannotFloodTheOffice(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := world(t, db)
		p := c.phone("oMing")
		for i := range 20 {
			want(t, c.chat(p, "井盖破损第"+strconv.Itoa(i)+"个", "跳过", "确认"), "编号")
		}
		want(t, c.chat(p, "井盖破损还有一个", "跳过", "确认"), "一天最多反映20件")
		clockOf(c).Add(25 * time.Hour)
		want(t, c.chat(p, "取消", "井盖破损还有一个", "跳过", "确认"), "编号")
	})
}

func TestStrangeMessagesAreAnsweredKindly(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := world(t, db)
		p := c.phone("oMing")
		for _, kind := range []string{"video", "shortvideo", "link", "file", "什么"} {
			got, err := p.Send(p.Message(kind))
			if err != nil || !strings.Contains(got.Content, "请打字") {
				t.Errorf("%s: %+v, %v", kind, got, err)
			}
		}
		got, err := p.Send(p.Message("voice", fake.Field{Name: "Recognition", Value: "路灯不亮好几天了。"}))
		if err != nil || !strings.Contains(got.Content, "在哪里") {
			t.Errorf("a voice that was recognised: %+v, %v", got, err)
		}
		want(t, c.chat(p, "取消", "谢谢你们"), "不客气")
		want(t, c.chat(p, strings.Repeat("很长的话", 600)), "最多2000字")
		want(t, c.chat(p, "取消", "English", "The street lamp is broken"), "Where is it?")
		want(t, c.chat(p, "skip", "confirm"), "Received, thank you", "https://12345.example/en/r/")
		want(t, c.chat(p, "😀\u202e"), "To report something")
	})
}

func TestNotSolvedCanBeSaidAfterTheRating(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := world(t, db)
		p := c.phone("oMing")
		c.chat(p, "井盖破损好危险", "跳过", "确认")
		c.answered(c.only())
		c.chat(p, "评价", "1", "2")
		want(t, c.chat(p, "没解决"), "哪里还没解决")
		want(t, c.chat(p, "第二天又坏了"), "退回单位重办")
		if o := c.only(); o.State != request.InProgress || o.Rating != 4 {
			t.Errorf("state %s, rating %d, want it back with the unit and the rating kept", o.State, o.Rating)
		}
	})
}
