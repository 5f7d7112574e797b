package assessment

import (
	"net/url"
	"strings"

	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
)

func conflict(f *show.Failed) bool { return f != nil && fault.KindOf(f.Err) == fault.Conflict }

func (p *queuePage) conflictWords() string {
	key, args := fault.KeyOf(p.Failed.Err)
	return p.T(key, args...)
}

// itemURL leads to one request of the queue.
func (p *queuePage) itemURL(r request.Row) string {
	return p.URL(p.Q.path()) + "?" + url.Values{"n": {r.Number}}.Encode()
}

// said are the resident's words, or the title where an import has no more.
func said(o *request.Order) string {
	if o.Body == "" {
		return o.Title
	}
	return o.Body
}

// photoURL are the addresses of a photo and its thumbnail.
func photoURL(b page.Base) func(request.File) (string, string) {
	return func(f request.File) (string, string) { return b.URL("/file/" + f.ID), "/file/" + f.ID + "/thumb" }
}

func photos(b page.Base, files []request.File) []page.Photo {
	var out []page.Photo
	for _, f := range files {
		full, thumb := photoURL(b)(f)
		word := b.T("request.photo_" + f.Kind)
		out = append(out, page.Photo{URL: full, Thumb: thumb, Alt: word, Caption: word + " " + b.Stamp(f.At)})
	}
	return out
}

// weekWords are the figures of a small line in words.
func weekWords(weeks []float64) string {
	words := make([]string, len(weeks))
	for i, n := range weeks {
		words[i] = locale.Decimal(n, 0)
	}
	return strings.Join(words, " ")
}
