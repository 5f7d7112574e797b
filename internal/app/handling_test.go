package app_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/app"
	"gongzhi/internal/handling"
	"gongzhi/internal/intake"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// handled is a request that the lighting unit has in hand, with a photo of its
// own and its number.
func handled(t *testing.T, a *app.App) (o *request.Order, photo string) {
	t.Helper()
	ctx := context.Background()
	r, err := a.Intake.Receive(ctx, actor.Actor{}, intake.Report{Body: "梧桐路32号南门口的路灯坏了三天。", Category: "010101", Address: "梧桐路32号", Phone: "19000005521", Name: "李女士"})
	if err != nil {
		t.Fatal(err)
	}
	clerk := actor.Actor{ID: "staff-2001", Roles: []actor.Role{actor.Clerk}, UnitID: "lighting"}
	hash, _, err := a.Blobs.Put(ctx, strings.NewReader("a picture"))
	if err != nil {
		t.Fatal(err)
	}
	err = a.DB.Update(ctx, func(tx *sqldb.Tx) error {
		u, err := actor.FindUnit(tx, "lighting")
		if err != nil {
			return err
		}
		clerk.UnitPath = u.Path
		if o, err = request.FindNumber(tx, actor.System, r.Number); err != nil {
			return err
		}
		if o, err = request.Load(tx, actor.System, o.ID, 0); err != nil {
			return err
		}
		if err := a.Dispatch.SendTx(tx, actor.System, o, "lighting", nil); err != nil {
			return err
		}
		if err := a.Handling.AcceptTx(tx, clerk, handling.Accept{ID: o.ID}); err != nil {
			return err
		}
		n := handling.Note{ID: o.ID, Text: "已到现场", Photos: []handling.Photo{{Kind: "evidence", Hash: hash, Thumb: hash, Width: 1, Height: 1}}}
		if err := a.Handling.NoteTx(tx, clerk, n); err != nil {
			return err
		}
		files, err := request.Files(tx, o.ID)
		if err != nil {
			return err
		}
		photo = files[0].ID
		o, err = request.Find(tx, actor.System, o.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return o, photo
}

func TestPhotosAreServedToThoseWhoMaySeeTheRequest(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	_, photo := handled(t, a)
	for login, want := range map[string]int{"clerk2001": 200, "dispatcher1101": 200, "clerk2003": 404, "sysadmin1501": 403} {
		b := signedIn(t, a.Handler(), login)
		for _, path := range []string{"/file/" + photo, "/file/" + photo + "/thumb"} {
			b.open(path)
			if b.status != want {
				t.Errorf("%s opens %s: %d, want %d", login, path, b.status, want)
			}
			if want == http.StatusOK && (b.header.Get("Cache-Control") != "private, no-store" || b.header.Get("X-Content-Type-Options") != "nosniff") {
				t.Errorf("%s: headers %v", path, b.header)
			}
		}
	}
}

func TestTodayLeadsToTheAnswerInTwoSteps(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	o, _ := handled(t, a)
	b := signedIn(t, a.Handler(), "clerk2001")
	b.open("/today")
	if !strings.Contains(b.text(), o.Title) || !strings.Contains(b.body, "/case/"+o.Number+"?act=answer") {
		t.Fatalf("today reads: %.600s", b.text())
	}
	b.open("/case/" + o.Number + "?act=answer")
	if !strings.Contains(b.body, `id="act-answer" name="act" open`) {
		t.Error("the form of the answer is not open")
	}
	stranger := signedIn(t, a.Handler(), "clerk2003")
	stranger.open("/today")
	if strings.Contains(stranger.text(), o.Title) {
		t.Error("another unit has it on its list")
	}
}

func TestListKeepsAFilterUnderAName(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	o, _ := handled(t, a)
	b := signedIn(t, a.Handler(), "dispatcher1101")
	b.open("/list?unit=lighting&category=01")
	if !strings.Contains(b.text(), o.Title) || !strings.Contains(b.text(), "主办单位") {
		t.Fatalf("the list reads: %.600s", b.text())
	}
	b.submit("/list/view", map[string][]string{"name": {"路灯的"}})
	if !strings.Contains(b.text(), "路灯的") || !strings.Contains(b.path, "unit=lighting") {
		t.Fatalf("after saving, at %s: %.600s", b.path, b.text())
	}
	b.open("/list?unit=water")
	if strings.Contains(b.text(), o.Title) {
		t.Error("a filter for another unit shows it")
	}
	other := signedIn(t, a.Handler(), "dispatcher1102")
	other.open("/list")
	if strings.Contains(other.text(), "路灯的") {
		t.Error("a kept filter is shown to somebody else")
	}
}

func TestPrintedOrderMasksTheContact(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	o, _ := handled(t, a)
	b := signedIn(t, a.Handler(), "clerk2001")
	b.open("/case/" + o.Number + "/print")
	if b.status != http.StatusOK || strings.Contains(b.body, "19000005521") || !strings.Contains(b.body, `class="qr"`) {
		t.Errorf("status %d, page %.800s", b.status, b.text())
	}
}
