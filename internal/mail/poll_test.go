package mail_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gongzhi/internal/mail"
	"gongzhi/internal/mail/mailtest"
)

// reader polls and remembers what it took.
type reader struct {
	mail.Poller
	mark  mail.Mark
	taken []string
	fail  string // a message whose keeping fails
}

func (r *reader) poll(t *testing.T) (more bool, err error) {
	t.Helper()
	_, more, err = r.Poll(t.Context(), r.mark, func(_ context.Context, in mail.Incoming) error {
		id, _ := mail.Identify(in.Raw)
		if id == r.fail {
			return errors.New("the disk is full")
		}
		if in.Large {
			id += " large"
		}
		r.taken = append(r.taken, id)
		return nil
	}, func(m mail.Mark) error {
		r.mark = m
		return nil
	})
	return more, err
}

func put(m *mailtest.IMAP, ids ...string) {
	for _, id := range ids {
		m.Put(fmt.Sprintf("Message-ID: <%s>\r\nFrom: a@b.cn\r\n\r\n文字\r\n", id))
	}
}

func TestAPollTakesEachMessageOnceAndMarksIt(t *testing.T) {
	m := mailtest.NewIMAP(t)
	put(m, "a@x", "b@x", "c@x")
	r := &reader{Poller: mail.Poller{Addr: m.Addr, User: "u", Password: "p", Most: 2}}
	more, err := r.poll(t)
	if err != nil || !more {
		t.Fatalf("more = %v, %v", more, err)
	}
	if more, err = r.poll(t); err != nil || more {
		t.Fatalf("second: more = %v, %v", more, err)
	}
	put(m, "d@x")
	if _, err := r.poll(t); err != nil {
		t.Fatal(err)
	}
	if _, err := r.poll(t); err != nil { // a server answers "n:*" with its newest message
		t.Fatal(err)
	}
	if want := []string{"a@x", "b@x", "c@x", "d@x"}; !slices.Equal(r.taken, want) {
		t.Errorf("taken %q, want %q", r.taken, want)
	}
	if unseen, all := m.Count("INBOX"); unseen != 0 || all != 4 {
		t.Errorf("%d of %d unseen", unseen, all)
	}
}

func TestAMessageThatCannotBeKeptStaysAndIsTriedAgain(t *testing.T) {
	m := mailtest.NewIMAP(t)
	put(m, "a@x", "b@x", "c@x")
	r := &reader{Poller: mail.Poller{Addr: m.Addr, User: "u", Password: "p"}, fail: "b@x"}
	if _, err := r.poll(t); err == nil {
		t.Fatal("no error")
	}
	if unseen, _ := m.Count("INBOX"); unseen != 2 {
		t.Errorf("%d unseen, want the two that were not taken", unseen)
	}
	r.fail = ""
	if _, err := r.poll(t); err != nil {
		t.Fatal(err)
	}
	if want := []string{"a@x", "b@x", "c@x"}; !slices.Equal(r.taken, want) {
		t.Errorf("taken %q, want %q", r.taken, want)
	}
}

func TestANewValidityReadsTheFolderFromItsBeginning(t *testing.T) {
	m := mailtest.NewIMAP(t)
	put(m, "a@x", "b@x")
	r := &reader{Poller: mail.Poller{Addr: m.Addr, User: "u", Password: "p"}}
	if _, err := r.poll(t); err != nil {
		t.Fatal(err)
	}
	m.Renumber()
	put(m, "a@x", "c@x")
	if _, err := r.poll(t); err != nil {
		t.Fatal(err)
	}
	if want := []string{"a@x", "b@x", "a@x", "c@x"}; !slices.Equal(r.taken, want) {
		t.Errorf("taken %q, want %q: nothing is lost, and who takes them knows the first", r.taken, want)
	}
}

func TestTakenMessagesAreMovedWhereThatIsWanted(t *testing.T) {
	m := mailtest.NewIMAP(t)
	put(m, "a@x", "b@x")
	r := &reader{Poller: mail.Poller{Addr: m.Addr, User: "u", Password: "p", Done: "Done"}}
	if _, err := r.poll(t); err != nil {
		t.Fatal(err)
	}
	_, in := m.Count("INBOX")
	if _, done := m.Count("Done"); in != 0 || done != 2 {
		t.Errorf("%d in the box, %d moved", in, done)
	}
}

func TestAHugeMessageIsFetchedOnlyInPart(t *testing.T) {
	m := mailtest.NewIMAP(t)
	m.Put("Message-ID: <big@x>\r\n\r\n" + strings.Repeat("x", 200_000))
	r := &reader{Poller: mail.Poller{Addr: m.Addr, User: "u", Password: "p", Bytes: 100_000}}
	if _, err := r.poll(t); err != nil || !slices.Equal(r.taken, []string{"big@x large"}) {
		t.Errorf("taken %q, %v", r.taken, err)
	}
}

func TestAWrongPasswordIsAnErrorThatSaysSo(t *testing.T) {
	m := mailtest.NewIMAP(t)
	r := &reader{Poller: mail.Poller{Addr: m.Addr, User: "u", Password: "wrong"}}
	if _, err := r.poll(t); err == nil || !strings.Contains(err.Error(), "sign in") {
		t.Errorf("got %v", err)
	}
}
