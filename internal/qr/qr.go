// Package qr turns a text into the outline of its QR code.
package qr

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// quiet is the white margin a reader needs around a code, in modules.
const quiet = 4

// SVGPath gives the d attribute of a path that fills the dark modules of text's code, on a square of size units with
// its quiet margin included. The middle level of error correction survives a fold in the paper.
func SVGPath(text string) (path string, size int, err error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", 0, fmt.Errorf("encode %d bytes as QR: %w", len(text), err)
	}
	var b strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			if !code.Black(x, y) {
				continue
			}
			run := 1
			for x+run < code.Size && code.Black(x+run, y) {
				run++
			}
			fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, run, run)
			x += run
		}
	}
	return b.String(), code.Size + 2*quiet, nil
}
