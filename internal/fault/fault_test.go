package fault_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"gongzhi/internal/fault"
)

func TestKindSurvivesWrapping(t *testing.T) {
	var fields fault.Fields
	fields.Add("phone", "intake.phone_short", 11)
	cause := errors.New("disk")
	for _, c := range []struct {
		err  error
		kind fault.Kind
		key  string
	}{
		{nil, "", ""},
		{cause, fault.Internal, ""},
		{fault.New(fault.Denied, "actor.denied", cause), fault.Denied, "actor.denied"},
		{fmt.Errorf("open: %w", fault.New(fault.NotFound, "matter.none", nil)), fault.NotFound, "matter.none"},
		{fmt.Errorf("form: %w", fields.Err()), fault.Invalid, "intake.phone_short"},
		{fmt.Errorf("read: %w", context.Canceled), fault.Unavailable, ""},
	} {
		key, _ := fault.KeyOf(c.err)
		if kind := fault.KindOf(c.err); kind != c.kind || key != c.key {
			t.Errorf("%v: got %q %q, want %q %q", c.err, kind, key, c.kind, c.key)
		}
	}
	if err := fault.New(fault.Conflict, "x", cause); !errors.Is(err, cause) {
		t.Errorf("%v: the cause is lost", err)
	}
}

func TestNoWrongFieldIsNoError(t *testing.T) {
	var fields fault.Fields
	if err := fields.Err(); err != nil {
		t.Errorf("no wrong field: got %v", err)
	}
	fields.Add("phone", "intake.phone_short", 11)
	got := fault.FieldsOf(fmt.Errorf("form: %w", fields.Err()))
	if f, wrong := got.Of("phone"); !wrong || f.Args[0] != 11 {
		t.Errorf("field phone: got %v %v", f, wrong)
	}
	if _, wrong := got.Of("name"); wrong {
		t.Error("field name is wrong, and nobody said so")
	}
}
