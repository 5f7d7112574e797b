package id

import (
	"slices"
	"testing"
	"time"
)

func TestIdsSortInTheOrderTheyWereMade(t *testing.T) {
	now := time.Date(2026, 11, 23, 14, 2, 0, 0, time.UTC)
	var ids []string
	for i := range 2000 {
		ids = append(ids, New(now.Add(time.Duration(i/100)*time.Millisecond)))
	}
	if !slices.IsSorted(ids) {
		t.Error("ids are not in order")
	}
	if n := len(slices.Compact(slices.Clone(ids))); n != len(ids) {
		t.Errorf("got %d different ids of %d", n, len(ids))
	}
}

func TestCodeSurvivesTyping(t *testing.T) {
	code := Code()
	for _, typed := range []string{code, " " + code + " ", code[:4] + code[5:]} {
		if got := CleanCode(typed); got != code {
			t.Errorf("CleanCode(%q) = %q, want %q", typed, got, code)
		}
	}
	for _, bad := range []string{"", "7KQM", code + "7", "7KQM-V2XDA-94H!"} {
		if got := CleanCode(bad); got != "" {
			t.Errorf("CleanCode(%q) = %q, want nothing", bad, got)
		}
	}
	if got := CleanCode("oiLm-v2xda-94ht"); got != "011M-V2XDA-94HT" {
		t.Errorf("confusable letters: got %q", got)
	}
}

func TestNumber(t *testing.T) {
	n := Number(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), 4718)
	if n != "261123004718" || ShowNumber(n) != "2611 2300 4718" {
		t.Errorf("got %q, shown %q", n, ShowNumber(n))
	}
	if got := CleanNumber("２６１１ 2300-4718"); got != n {
		t.Errorf("CleanNumber = %q, want %q", got, n)
	}
	if got := CleanNumber("2611 2300 471x"); got != "" {
		t.Errorf("a letter was accepted: %q", got)
	}
}
