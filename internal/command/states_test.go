package command

import (
	"os"
	"strings"
	"testing"

	"gongzhi/internal/request"
)

func TestTheDocumentShowsTheTableInForce(t *testing.T) {
	doc, err := os.ReadFile("../../docs/states.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(doc), lifecycle(&request.Life)) {
		t.Error("docs/states.md is stale: put the output of `gongzhi states` into it")
	}
}
