package mailbox_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/intake/mailbox"
	"gongzhi/internal/job"
	"gongzhi/internal/mail"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

const li = "李女士 <li@example.cn>"

func TestAMessageBecomesARequestAndItsSenderIsToldOnce(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newCity(t, db)
		c.arrive("li@example.cn", letter("a@x", li, "回复：路灯不亮", "梧桐路32号门前路灯不亮三天了。\n\n发自我的iPhone"))
		c.work()
		o := c.last()
		if o.Channel != "mail" || o.Title != "路灯不亮" || o.Body != "梧桐路32号门前路灯不亮三天了。" || o.State != request.ToDispatch {
			t.Errorf("request = %s %q %q %s", o.Channel, o.Title, o.Body, o.State)
		}
		if n := c.count(`select cast(count(*) as bigint) from notice_message where matter_id = $1`, o.ID); n != 1 {
			t.Errorf("%d notices, want 1", n)
		}
		if n := c.count(`select cast(count(*) as bigint) from request_contact where email_token = $1 and prefer = 'mail'`, keys.Token("email", "li@example.cn")); n != 1 {
			t.Errorf("the sender is %d times a contact", n)
		}
	})
}

func TestTheWholeMailboxPlayedAgainOpensNothingNew(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newCity(t, db)
		replay := func() {
			for i := range 5 {
				from := fmt.Sprintf("r%d@example.cn", i)
				c.arrive(from, letter(fmt.Sprintf("m%d@x", i), from, "井盖", fmt.Sprintf("第%d处井盖松动。", i)))
			}
			c.arrive("li@example.cn", "From: li@example.cn\nSubject: 没有编号\n\n没有 Message-ID 的来信。\n")
		}
		replay()
		replay() // before any work was done
		c.work()
		replay()
		c.work()
		if n := c.cases(); n != 6 {
			t.Errorf("18 deliveries of 6 messages gave %d requests", n)
		}
		if n := c.count(`select cast(sum(deliveries) as bigint) from intake_mail`); n != 18 {
			t.Errorf("%d deliveries counted, want 18", n)
		}
	})
}

func TestTheSameMessageByTwoDoorsAtOnceIsOne(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newCity(t, db)
		in := mail.Incoming{Via: "smtp", From: "li@example.cn", To: []string{"12345@yunze.example"}, Raw: []byte(letter("a@x", li, "路灯", "路灯不亮。"))}
		done := make(chan error)
		for range 8 {
			go func() { done <- c.Take(t.Context(), in) }()
		}
		for range 8 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		c.work()
		if n := c.count(`select cast(count(*) as bigint) from job`); n != 1 || c.cases() != 1 {
			t.Errorf("%d requests and %d jobs of one message", c.cases(), n)
		}
		if n := c.count(`select deliveries from intake_mail`); n != 8 {
			t.Errorf("%d deliveries counted, want 8", n)
		}
	})
}

// TestAKillAtAnyMomentLosesNothing stops after the message is kept and before
// anything is made of it, and inside the work.
func TestAKillAtAnyMomentLosesNothing(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newCity(t, db)
		c.arrive("li@example.cn", letter("a@x", li, "漏水", "家里漏水。"))
		// A new program on the same database finds the work.
		d := &city{Service: c.Service, t: t, queue: job.New(db, slog.New(slog.DiscardHandler)), clock: c.clock}
		died := false
		d.queue.Register(mailbox.Job, func(ctx context.Context, j job.Job) error {
			if !died {
				died = true
				return errors.New("the power went")
			}
			if err := d.Settle(ctx, j); err != nil {
				return err
			}
			return d.Settle(ctx, j) // the outcome of the first was not noted: the job is run again
		}, job.Options{})
		d.work()
		c.clock.Add(time.Minute)
		d.work()
		if n := d.cases(); n != 1 {
			t.Errorf("%d requests, want 1", n)
		}
	})
}

func TestTheSameIDWithOtherWordsIsParked(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newCity(t, db)
		c.arrive("li@example.cn", letter("same@x", li, "一", "第一件事。"))
		c.arrive("li@example.cn", letter("same@x", li, "二", "第二件事。"))
		c.arrive("li@example.cn", letter("same@x", li, "二", "第二件事。"))
		c.work()
		want := map[string]int{"case": 1, "parked same_id": 1}
		if got := c.states(); !maps.Equal(got, want) {
			t.Errorf("states = %v, want %v", got, want)
		}
	})
}

// TestGoodMessagesAmongBadOnesAllBecomeRequests is M04: no message stops the next.
func TestGoodMessagesAmongBadOnesAllBecomeRequests(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newCity(t, db)
		good := 0
		for i, bad := range bombs() {
			from := fmt.Sprintf("g%d@example.cn", i)
			c.arrive(from, letter(fmt.Sprintf("g%d@x", i), from, "好信", fmt.Sprintf("第%d件事。", i)))
			c.take(mail.Incoming{Via: "smtp", From: "bad@example.cn", To: []string{"12345@yunze.example"}, Raw: bad})
			good++
		}
		c.work()
		got := c.states()
		if n := c.cases(); n != good {
			t.Errorf("%d requests, want %d; states %v", n, good, got)
		}
		total := 0
		for _, n := range got {
			total += n
		}
		if total != 2*good || got["new"] != 0 {
			t.Errorf("states %v: want %d messages, none undone", got, 2*good)
		}
	})
}

// bombs are messages made to bring a reader down.
func bombs() [][]byte {
	nest := "From: bad@example.cn\nContent-Type: multipart/mixed; boundary=b0\n\n"
	for i := range 1000 {
		nest += fmt.Sprintf("--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n", i, i+1)
	}
	inner := "From: bad@example.cn\n"
	for range 500 {
		inner += "Content-Type: message/rfc822\n\n"
	}
	return [][]byte{
		[]byte(nest),
		[]byte("From: bad@example.cn\nContent-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nx\n", 100_000)),
		[]byte(strings.Repeat("X-H: 1\n", 100_000) + "From: bad@example.cn\n\nx"),
		[]byte("From: bad@example.cn\nSubject: " + strings.Repeat("=?utf-8?b?", 50_000)),
		[]byte(inner),
		[]byte("From: bad@example.cn\nContent-Type: text/html\n\n" + strings.Repeat("<div>", 200_000)),
		{}, {0, 0, 0}, []byte("\r\n\r\n\r\n"), []byte("From: " + strings.Repeat("(", 100_000)),
		[]byte("From: " + strings.Repeat("a@b.cn,", 50_000) + "\n\n"),
		[]byte("From: bad@example.cn\nContent-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\n" + strings.Repeat("A", 1<<20)),
	}
}

func TestAnAnswerGoesToItsRequest(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newCity(t, db)
		c.arrive("li@example.cn", letter("a@x", li, "路灯不亮", "梧桐路路灯不亮。"))
		c.work()
		o := c.last()
		reply := request.ReplyTo(keys, box, o.ID)
		quoted := "灯杆编号是 WT-0032。\n\n在 2026年11月27日 12:00，云泽市12345 <12345@yunze.example> 写道：\n> 您的诉求已受理。\n"
		c.arrive("li@example.cn", letter("b@x", li, "回复：您的诉求已受理", quoted), strings.ToUpper(reply))
		c.arrive("son@example.cn", letter("c@x", "son@example.cn", "Re", "我是她儿子，电话打给我。"), reply)
		// By ids alone: counts for the sender of the first mail, for nobody else.
		c.arrive("li@example.cn", letter("d@x", li, "补充", "补充：一共三盏。", "In-Reply-To: <a@x>\n"))
		c.arrive("evil@example.cn", letter("e@x", "evil@example.cn", "补充", "伪造的补充。", "In-Reply-To: <a@x>\n"))
		c.arrive("evil@example.cn", letter("f@x", "evil@example.cn", "补充", "伪造的地址。"), strings.Replace(reply, "+c-", "+c-0", 1))
		c.work()
		all := c.texts(o.ID)
		for _, want := range []string{"灯杆编号是 WT-0032。", "我是她儿子，电话打给我。", "s***@example.cn", "补充：一共三盏。"} {
			if !strings.Contains(all, want) {
				t.Errorf("%q is missing in:\n%s", want, all)
			}
		}
		if strings.Contains(all, "伪造") || strings.Contains(all, "写道") {
			t.Errorf("foreign or quoted words in:\n%s", all)
		}
		if n := c.cases(); n != 3 {
			t.Errorf("%d requests, want the first and the two of the stranger", n)
		}
		if n := c.count(`select cast(count(*) as bigint) from notice_message where matter_id = $1`, o.ID); n != 1 {
			t.Errorf("an answer was answered: %d notices", n)
		}
	})
}

func TestAnAnswerToAClosedRequestIsANewOne(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newCity(t, db)
		c.arrive("li@example.cn", letter("a@x", li, "路灯不亮", "梧桐路路灯不亮。"))
		c.work()
		old := c.last()
		c.update(db, func(tx *sqldb.Tx) error {
			return c.Intake.WithdrawTx(tx, agent, old.ID, "已修好")
		})
		c.arrive("li@example.cn", letter("b@x", li, "回复", "又不亮了。"), request.ReplyTo(keys, box, old.ID))
		c.work()
		o := c.last()
		if o.ID == old.ID || !strings.Contains(o.Body, "又不亮了。") || !strings.Contains(o.Body, old.Number[:4]) {
			t.Errorf("newest request = %s %q", o.Number, o.Body)
		}
	})
}

func TestWhatAProgramWroteIsNeverAnswered(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newCity(t, db)
		head := func(i int, h string) string {
			return letter(fmt.Sprintf("p%d@x", i), fmt.Sprintf("p%d@example.cn", i), "自动回复", "我在休假。", h)
		}
		for i, h := range []string{"Auto-Submitted: auto-replied\n", "Auto-Submitted: auto-generated; owner-email=\"x@y\"\n", "Precedence: bulk\n", "Precedence: list\n", "List-Id: <news.example.cn>\n",
			"X-Autoreply: yes\n", "List-Unsubscribe: <https://x>\n"} {
			c.arrive(fmt.Sprintf("p%d@example.cn", i), head(i, h))
		}
		c.arrive("", head(90, ""))                                                        // empty return path
		c.arrive("x@example.cn", letter("own@x", box, "x", "来自我们自己。"))                    // our own address
		c.arrive("x@example.cn", letter("own2@x", "12345+c-1-2@yunze.example", "x", "…")) // and one of its tags
		c.arrive("p@example.cn", head(91, strings.Repeat("Received: from a by b\n", 60)))
		c.arrive("p@example.cn", head(92, "X-Spam-Flag: YES\n"))
		c.arrive("p@example.cn", head(93, "Auto-Submitted: no\n")) // a person's
		c.work()
		if n := c.cases(); n != 1 {
			t.Errorf("%d requests, want only that of the person; states %v", n, c.states())
		}
		if n := c.count(`select cast(count(*) as bigint) from intake_mail where attention`); n != 0 {
			t.Errorf("%d automatic messages ask for a person", n)
		}
	})
}

func TestASenderGetsAtMostThreeAutomaticAnswersAnHour(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newCity(t, db)
		for i := range 25 {
			c.arrive("li@example.cn", letter(fmt.Sprintf("n%d@x", i), li, "事", fmt.Sprintf("第%d件事。", i)))
		}
		c.work()
		if n := c.count(`select cast(count(*) as bigint) from notice_message`); n != 3 {
			t.Errorf("%d answers, want 3", n)
		}
		want := map[string]int{"case": 20, "parked flood": 5}
		if got := c.states(); !maps.Equal(got, want) {
			t.Errorf("states = %v, want %v", got, want)
		}
		c.clock.Add(61 * time.Minute)
		c.arrive("li@example.cn", letter("later@x", li, "事", "一小时以后。"))
		c.work()
		if n := c.count(`select cast(count(*) as bigint) from notice_message`); n != 4 {
			t.Errorf("%d answers after an hour, want 4", n)
		}
	})
}

func TestABounceOpensNothingAndMarksItsNoticeOnlyWithProof(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newCity(t, db)
		var failed []string
		c.Failed = func(_ context.Context, key, status string) error {
			failed = append(failed, key+" "+status)
			return nil
		}
		dsn := func(id, of, action, status string) string {
			return fmt.Sprintf("Message-ID: <%s>\nFrom: MAILER-DAEMON@mx.example.cn\nTo: 12345@yunze.example\nSubject: Undelivered\nAuto-Submitted: auto-replied\n"+
				"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nsorry\n--b\nContent-Type: message/delivery-status\n\n"+
				"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; li@example.cn\nAction: %s\nStatus: %s\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <%s>\nSubject: x\n\n--b--\n", id, action, status, of)
		}
		c.arrive("", dsn("1@x", "unknown@x", "failed", "5.1.1"), mail.Tagged(keys, box, mail.NoticeTag, "01N1-1"))
		c.arrive("", dsn("2@x", mail.TaggedID(keys, box, mail.NoticeTag, "01N2-1"), "failed", "5.2.2"))
		c.arrive("", dsn("3@x", mail.TaggedID(keys, box, mail.NoticeTag, "01N3-1"), "delayed", "4.4.1"))
		c.arrive("", dsn("4@x", "n-01n4-1-aaaaaaaaaaaaaaaa@yunze.example", "failed", "5.1.1")) // forged
		c.arrive("", letter("5@x", "postmaster@mx.example.cn", "退信", "无法投递。"))
		c.work()
		if got := strings.Join(failed, ", "); got != "01N1-1 5.1.1, 01N2-1 5.2.2" {
			t.Errorf("failed notices = %q", got)
		}
		want := map[string]int{"parked bounce": 5}
		if got := c.states(); !maps.Equal(got, want) || c.cases() != 0 {
			t.Errorf("states = %v and %d requests, want %v and none", got, c.cases(), want)
		}
	})
}

func TestPhotosAreCleanedAndOtherFilesOnlyNamed(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newCity(t, db)
		part := func(kind, name string, data []byte) string {
			return fmt.Sprintf("--b\nContent-Type: %s\nContent-Disposition: attachment; filename*=utf-8''%s\nContent-Transfer-Encoding: base64\n\n%s\n", kind, name, base64.StdEncoding.EncodeToString(data))
		}
		raw := "Message-ID: <p@x>\nFrom: " + li + "\nTo: 12345@yunze.example\nSubject: =?gb2312?B?wrfGxg==?=\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n路面有坑。\n" +
			part("image/png", "%E5%9D%91.png", picture()) + part("image/jpeg", "evil.jpg", []byte("<script>")) + part("application/pdf", "%E8%AF%B4%E6%98%8E.pdf", []byte("%PDF")) + "--b--\n"
		c.arrive("li@example.cn", raw)
		c.work()
		o := c.last()
		if n := c.count(`select cast(count(*) as bigint) from request_file where matter_id = $1`, o.ID); n != 1 {
			t.Errorf("%d photos, want 1", n)
		}
		if all := c.texts(o.ID); !strings.Contains(all, "evil.jpg、说明.pdf") {
			t.Errorf("notes = %q", all)
		}
	})
}

func picture() []byte {
	m := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range 64 {
		m.Set(i, i, color.RGBA{uint8(i), 100, 200, 255})
	}
	var b bytes.Buffer
	_ = png.Encode(&b, m)
	return b.Bytes()
}

func TestALongMessageIsTakenInPieces(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newCity(t, db)
		c.arrive("li@example.cn", letter("long@x", li, "长信", strings.Repeat("这是一段很长的情况说明，", 400)+"末尾。"))
		c.work()
		o := c.last()
		if all := o.Body + c.texts(o.ID); strings.Count(all, "情况说明") != 400 || !strings.Contains(all, "末尾。") {
			t.Errorf("%d of 400 sentences arrived", strings.Count(all, "情况说明"))
		}
	})
}

func TestAnAgentSettlesAParkedMessage(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newCity(t, db)
		c.arrive("li@example.cn", letter("a@x", li, "路灯", "路灯不亮。"))
		c.work()
		first := c.last()
		parked := map[string]string{}
		for _, id := range []string{"b", "c", "d"} {
			c.arrive("li@example.cn", letter(id+"@x", li, "通知", "信"+id, "Precedence: bulk\n"))
			c.work()
			if err := db.View(t.Context(), func(tx *sqldb.Tx) error {
				var got string
				err := tx.QueryRow(`select id from intake_mail where key = $1`, id+"@x").Scan(&got)
				parked[id] = got
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := c.ToCase(t.Context(), clerk, mailbox.ToCase{Mail: parked["b"], Text: "x"}); fault.KindOf(err) != fault.Denied {
			t.Errorf("a clerk: %v, want a refusal", err)
		}
		if _, err := c.ToCase(t.Context(), agent, mailbox.ToCase{Mail: parked["b"], Text: " "}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("no text: %v", err)
		}
		if _, err := c.ToCase(t.Context(), agent, mailbox.ToCase{Mail: parked["b"], Title: "噪声", Text: "夜里施工。"}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.ToCase(t.Context(), agent, mailbox.ToCase{Mail: parked["b"], Text: "夜里施工。"}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("the same twice: %v, want a conflict", err)
		}
		if o := c.last(); o.Title != "噪声" || o.TakenBy != agent.ID {
			t.Errorf("request = %q by %q", o.Title, o.TakenBy)
		}
		if err := c.ToRequest(t.Context(), agent, mailbox.ToRequest{Mail: parked["c"], Number: "999999999999", Text: "x"}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("unknown number: %v", err)
		}
		if err := c.ToRequest(t.Context(), agent, mailbox.ToRequest{Mail: parked["c"], Number: first.Number, Text: "补一句"}); err != nil || !strings.Contains(c.texts(first.ID), "补一句") {
			t.Errorf("add: %v, %q", err, c.texts(first.ID))
		}
		if err := c.Discard(t.Context(), agent, parked["d"], ""); fault.KindOf(err) != fault.Invalid {
			t.Errorf("no reason: %v", err)
		}
		if err := c.Discard(t.Context(), agent, parked["d"], "广告"); err != nil {
			t.Error(err)
		}
		want := map[string]int{"case": 1, "case bulk": 1, "supplement bulk": 1, "discarded bulk": 1}
		if got := c.states(); !maps.Equal(got, want) {
			t.Errorf("states = %v, want %v", got, want)
		}
	})
}

func TestAKeptMessageIsSealedAndForgottenInTime(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newCity(t, db)
		c.arrive("li@example.cn", letter("a@x", li, "路灯", "我的电话是13800005521。"))
		c.arrive("son@example.cn", "From: son@example.cn\nTo: 12345@yunze.example\nMessage-ID: <e@x>\n\n")
		c.work()
		var file, all string
		if err := db.View(t.Context(), func(tx *sqldb.Tx) error {
			return tx.QueryRow(`select file, sender || masked || subject from intake_mail where key = 'a@x'`).Scan(&file, &all)
		}); err != nil {
			t.Fatal(err)
		}
		f, err := c.Blobs.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		var raw bytes.Buffer
		if _, err := raw.ReadFrom(f); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw.Bytes(), []byte("13800005521")) || strings.Contains(all, "li@example.cn") {
			t.Error("contact data lies about in the clear")
		}
		c.clock.Add(200 * 24 * time.Hour)
		if err := c.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Blobs.Open(file); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the old message is still there: %v", err)
		}
		if n := c.count(`select cast(count(*) as bigint) from intake_mail where file <> ''`); n != 1 {
			t.Errorf("%d messages kept, want the one that waits", n)
		}
		c.arrive("li@example.cn", letter("a@x", li, "路灯", "我的电话是13800005521。"))
		c.work()
		if n := c.cases(); n != 1 {
			t.Errorf("a forgotten message came again and gave a request: %d", n)
		}
	})
}

// TestTheCorpusGivesRequestsOrParkedMessages plays the messages with broken
// headers; the figures are those of the closing note.
func TestTheCorpusGivesRequestsOrParkedMessages(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "..", "shared", "data", "mail", "mime", "testdata")
	files, _ := filepath.Glob(filepath.Join(dir, "*", "*.raw"))
	if len(files) == 0 {
		if os.Getenv("GONGZHI_SHARED") == "required" {
			t.Fatalf("GONGZHI_SHARED=required, and nothing in %s", dir)
		}
		t.Skip("no real mail beside the repository")
	}
	for _, own := range []bool{false, true} {
		name := "as they are"
		if own {
			name = "each with an id of its own"
		}
		t.Run(name, func(t *testing.T) {
			sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) { playCorpus(t, newCity(t, db), files, own) })
		})
	}
}

// hasID finds the header that many messages of the corpus share.
var hasID = regexp.MustCompile(`(?im)^message-id:`)

func playCorpus(t *testing.T, c *city, files []string, own bool) {
	for i, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if own && hasID.Match(raw) {
			raw = append(fmt.Appendf(nil, "Message-ID: <%d@corpus>\r\n", i), raw...)
		}
		c.take(mail.Incoming{Via: "smtp", From: fmt.Sprintf("r%d@example.cn", i), To: []string{"12345@yunze.example"}, Raw: raw})
		c.clock.Add(10 * time.Minute)
		c.work()
	}
	got, parked := c.states(), 0
	for state, n := range got {
		if strings.HasPrefix(state, "parked") {
			parked += n
		}
	}
	again := c.count(`select cast(sum(deliveries) - count(*) as bigint) from intake_mail`)
	t.Logf("messages in: %d = requests %d + parked %d + the same again %d; %v", len(files), c.cases(), parked, again, got)
	if c.cases() != got["case"] || got["case"]+parked+again != len(files) {
		t.Errorf("%d messages in, %d requests, states %v", len(files), c.cases(), got)
	}
	if got["parked broken"] > 0 || got["new"] > 0 || own && again > 0 {
		t.Errorf("some were left or failed: %v, %d again", got, again)
	}
}
