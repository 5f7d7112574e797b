package qr

import (
	"fmt"
	"strings"
	"testing"

	"rsc.io/qr"
)

func TestPathFillsExactlyTheDarkModules(t *testing.T) {
	const text = "http://example.test/r/2611230047184?c=7KQM-V2XD-94HT"
	path, size, err := SVGPath(text)
	if err != nil {
		t.Fatal(err)
	}
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	if want := code.Size + 8; size != want {
		t.Errorf("size %d, want %d", size, want)
	}
	dark := map[[2]int]bool{}
	for _, run := range strings.Split(strings.TrimSuffix(path, "z"), "z") {
		var x, y, w, back int
		if _, err := fmt.Sscanf(run, "M%d %dh%dv1h-%d", &x, &y, &w, &back); err != nil || w != back {
			t.Fatalf("run %q: %v", run, err)
		}
		for i := range w {
			dark[[2]int{x + i - 4, y - 4}] = true
		}
	}
	for y := range code.Size {
		for x := range code.Size {
			if dark[[2]int{x, y}] != code.Black(x, y) {
				t.Fatalf("module %d,%d differs", x, y)
			}
		}
	}
}

func TestTooLongATextIsRefused(t *testing.T) {
	if _, _, err := SVGPath(strings.Repeat("字", 2000)); err == nil {
		t.Error("6,000 bytes fit no code")
	}
}
