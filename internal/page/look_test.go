package page_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/page/axetest"
)

func designServer(t *testing.T) string {
	t.Helper()
	design := page.Design(func(*http.Request) page.Base {
		return page.Base{Lang: locale.ZH, City: "云泽市", DemoMode: true, CSRF: "token"}
	})
	mux := http.NewServeMux()
	mux.HandleFunc("/assets/", page.ServeAsset)
	mux.HandleFunc("/design", func(w http.ResponseWriter, r *http.Request) {
		if err := design(w, r); err != nil {
			t.Error(err)
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL + "/design"
}

// 320 pixels are what remains of 1280 at 400 % zoom.
func TestEveryPartIsAccessibleInEveryMode(t *testing.T) {
	address, browser := designServer(t), axetest.Open(t)
	for _, mode := range []string{"mode=&theme=light", "mode=elder&theme=light", "mode=contrast&theme=light", "mode=&theme=dark"} {
		for _, sample := range []string{"", "home", "where", "receipt", "desk", "case", "today", "board", "error"} {
			for _, width := range widths(mode) {
				where := fmt.Sprintf("page=%s&%s", sample, mode)
				found, err := browser.Check(address+"?"+where, width, nil)
				if err != nil {
					t.Fatal(err)
				}
				axetest.Report(t, fmt.Sprintf("%s at %d px", where, width), found)
			}
		}
	}
}

// widths leaves out the wide window where modes differ in nothing but size and colour.
func widths(mode string) []int64 {
	if mode == "mode=&theme=light" {
		return []int64{320, 390, 1366}
	}
	return []int64{320}
}
