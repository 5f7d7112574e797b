package app_test

import (
	"net/url"
	"strings"
	"testing"

	"gongzhi/internal/intake"
	"gongzhi/internal/sqldb"
)

const asksAgain = "这条路归街道管，不归市里管"

// asked is a request that went to the lighting unit, and its reporter at the page
// that says why.
func asked(t *testing.T, d sqldb.Dialect) (b, dispatcher *browser, r intake.Receipt) {
	t.Helper()
	a, _ := openCity(t, d)
	r = received(t, a, intake.Report{Body: "梧桐路32号门前的路灯不亮", Category: "010101", Address: "梧桐路32号", Phone: "13900001111"})
	dispatcher = signedIn(t, a.Handler(), "dispatcher1101")
	dispatcher.open("/publish")
	dispatcher.submit("/publish", url.Values{"publish": {r.Number}})
	dispatcher.open("/case/" + r.Number)
	dispatcher.submit("/case/"+r.Number+"/send", nil)
	b = newBrowser(t, a.Handler())
	b.open(r.Path() + "/why")
	return b, dispatcher, r
}

func TestAPersonIsAskedAndAnswersAndMayBeAskedAgain(t *testing.T) {
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
		t.Run(d.String(), func(t *testing.T) {
			b, dispatcher, r := asked(t, d)
			why := r.Path() + "/why"
			twin := newBrowser(t, b.handler) // the same page in another tab
			twin.open(why)

			long := strings.Repeat("长", 301)
			if b.submit(why, url.Values{"text": {long}}); b.status != 422 || !strings.Contains(b.text(), long) || !strings.Contains(b.text(), "300") {
				t.Errorf("too long: status %d, text kept %v: %.600s", b.status, strings.Contains(b.text(), long), b.text())
			}
			if b.submit(why, url.Values{"text": {asksAgain}}); b.status != 200 || b.path != why || !strings.Contains(b.text(), "已请派单员重新看") {
				t.Fatalf("asked: status %d at %s: %.600s", b.status, b.path, b.text())
			}
			if strings.Contains(b.body, `id="recheck"`) {
				t.Error("the form is still offered while a person has been asked")
			}
			if twin.submit(why, url.Values{"text": {"第二次写的话"}}); twin.status != 409 || !strings.Contains(twin.text(), "您已经请人看了") || !strings.Contains(twin.text(), "第二次写的话") {
				t.Errorf("a second time: status %d: %.600s", twin.status, twin.text())
			}

			if dispatcher.open("/dispatch?part=human"); !strings.Contains(dispatcher.body, "/case/"+r.Number) {
				t.Error("the dispatcher's queue does not have it")
			}
			dispatcher.open("/case/" + r.Number)
			if n := strings.Count(dispatcher.text(), asksAgain); n == 0 {
				t.Errorf("the dispatcher reads it %d times", n)
			}
			if dispatcher.submit("/case/"+r.Number+"/recheck", url.Values{"recheck.text": {""}}); dispatcher.status != 422 {
				t.Errorf("an empty answer: status %d", dispatcher.status)
			}
			dispatcher.submit("/case/"+r.Number+"/recheck", url.Values{"recheck.text": {"看过了：路灯由市路灯管理所统一养护，没有派错。"}})
			if dispatcher.open("/dispatch?part=human"); strings.Contains(dispatcher.body, "/case/"+r.Number) {
				t.Error("the queue still has it after the answer")
			}

			b.open(why)
			if text := b.text(); !strings.Contains(text, "没有派错") || strings.Contains(text, "已请派单员重新看") || !strings.Contains(b.body, `id="recheck"`) {
				t.Errorf("after the answer: %.900s", text)
			}
			if b.submit(why, nil); !strings.Contains(b.text(), "已请派单员重新看") || !strings.Contains(b.text(), "没有派错") {
				t.Errorf("asked again: %.900s", b.text())
			}
		})
	}
}

// The form sent twice by an impatient finger is one question.
func TestAskingTwiceWithOnePageIsOneQuestion(t *testing.T) {
	b, dispatcher, r := asked(t, sqldb.SQLite)
	form := fields(b.doc)
	form.Set("text", asksAgain)
	for range 2 {
		if b.post(r.Path()+"/why", form, false); b.status != 200 {
			t.Fatalf("status %d: %.400s", b.status, b.text())
		}
	}
	dispatcher.open("/case/" + r.Number)
	if n := strings.Count(dispatcher.text(), "请人工重新看一下派单："+asksAgain); n != 1 {
		t.Errorf("the history has it %d times", n)
	}
}

// Everybody reads why a published request went there, and nobody but its reporter
// asks for a person or reads his question and the answer to it.
func TestOthersReadWhyAndDoNotAsk(t *testing.T) {
	b, dispatcher, r := asked(t, sqldb.SQLite)
	b.submit(r.Path()+"/why", url.Values{"text": {asksAgain}})
	dispatcher.open("/case/" + r.Number)
	dispatcher.submit("/case/"+r.Number+"/recheck", url.Values{"recheck.text": {"看过了，没有派错。"}})
	other := newBrowser(t, b.handler)
	other.open("/public/" + r.Number + "/follow")
	other.submit("/public/"+r.Number+"/follow", url.Values{"phone": {"13900003333"}})
	receipt := other.path
	for _, path := range []string{"/public/" + r.Number + "/why", receipt + "/why"} {
		other.open(path)
		text := other.text()
		if other.status != 200 || !strings.Contains(text, "路灯管理所") || !strings.Contains(text, "本市职责清单第") {
			t.Errorf("%s: status %d: %.600s", path, other.status, text)
		}
		if strings.Contains(other.body, `id="recheck"`) || strings.Contains(text, asksAgain) || strings.Contains(text, "没有派错") || strings.Contains(text, "程序这样有把握") {
			t.Errorf("%s shows what is the reporter's: %.900s", path, text)
		}
	}
	other.open(receipt)
	if other.post(receipt+"/why", url.Values{"csrf": {other.csrf()}, "text": {"我也要"}}, false); other.status != 403 {
		t.Errorf("a follower asks: status %d: %.300s", other.status, other.text())
	}
}

// Of what is over nobody is asked any more, and the page says what to do instead.
func TestNobodyIsAskedAboutWhatIsOver(t *testing.T) {
	b, _, r := asked(t, sqldb.SQLite)
	form := fields(b.doc)
	b.open(r.Path())
	b.submit(r.Path()+"/withdraw", url.Values{"withdraw.why": {"solved"}})
	if b.open(r.Path() + "/why"); strings.Contains(b.body, `id="recheck"`) {
		t.Error("the form is offered after the end")
	}
	form.Set("text", asksAgain)
	if b.post(r.Path()+"/why", form, false); b.status != 409 || !strings.Contains(b.text(), "已经结束") || !strings.Contains(b.text(), asksAgain) {
		t.Errorf("after the end: status %d: %.600s", b.status, b.text())
	}
}
