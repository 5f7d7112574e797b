package app

import (
	"net/http"

	"gongzhi/internal/page"
)

// design shows every part of the pages in every mode.
func (a *App) design(w http.ResponseWriter, r *http.Request) error {
	return page.Design(func(r *http.Request) page.Base { return a.base(w, r, "app.design") })(w, r)
}
