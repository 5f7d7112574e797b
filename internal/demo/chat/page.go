package chat

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
	"gongzhi/internal/wechat/fake"
)

// Path is where the page stands.
const Path = "/demo/wechat"

const cookie = "demo_wechat"

// view is the page.
type view struct {
	page.Base
	Lines    []line
	Places   []page.Option
	Typed    string
	Problems page.Problems
}

func (w *WeChat) show(out http.ResponseWriter, r *http.Request) error {
	return w.draw(out, r, http.StatusOK, "", nil)
}

func (w *WeChat) draw(out http.ResponseWriter, r *http.Request, status int, typed string, failed error) error {
	c := w.of(out, r)
	p := view{Base: w.app.WeChat.Base(out, r, "wechat.demo"), Typed: typed}
	if failed != nil {
		p.Problems = p.Base.Problems(failed)
	}
	w.mu.Lock()
	p.Lines = slices.Clone(c.Lines)
	w.mu.Unlock()
	err := w.app.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		hits, err := place.Search(tx, "路32号", 40)
		for _, h := range hits {
			if h.Kind != "address" || len(p.Places) == 8 {
				continue
			}
			p.Places = append(p.Places, page.Option{Value: fmt.Sprintf("%f,%f", h.Lat, h.Lng), Label: h.Text})
		}
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(out, r, status, screen(p))
}

// post sends what was typed, touched or chosen.
func (w *WeChat) post(out http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	c := w.of(out, r)
	c.deliver(r.Context(), w.app, address(w.app.Config.BaseURL, r))
	err = w.send(c, v, page.Base{Lang: web.Lang(r)})
	if kind := fault.KindOf(err); kind == fault.Invalid || kind == fault.Denied || kind == fault.NotFound {
		return w.draw(out, r, web.Status(err), v.Text("text"), err)
	}
	if err != nil {
		return err
	}
	return web.See(out, r, Path+"#end")
}

func address(base string, r *http.Request) string {
	if base != "" {
		return base
	}
	return "http://" + r.Host
}

func (w *WeChat) send(c *chat, v *web.Values, b page.Base) error {
	var answer fake.Answer
	var err error
	key, text, at := v.String("key", 20), v.Text("text", 3000), v.String("place", 60)
	switch files := v.Files("photo", 1); {
	case v.Err() != nil:
		return v.Err()
	case key == "subscribe":
		answer, err = c.Send(c.Event("subscribe"))
	case key != "":
		w.add(c, line{Me: true, Text: b.T("wechat.demo_key_" + strings.ToLower(key))})
		answer, err = c.Click(key)
	case len(files) > 0:
		return w.sendPhoto(c, files[0])
	case at != "":
		return w.sendPlace(c, at, b)
	case text == "":
		v.Add("text", "wechat.demo_empty")
		return v.Err()
	default:
		w.add(c, line{Me: true, Text: text})
		answer, err = c.Text(text)
	}
	return w.heard(c, answer, err)
}

// heard shows an answer.
func (w *WeChat) heard(c *chat, answer fake.Answer, err error) error {
	if err == nil && answer.Content != "" {
		w.add(c, line{Text: answer.Content})
	}
	return err
}

func (w *WeChat) sendPhoto(c *chat, f web.File) error {
	src, err := f.Open()
	if err != nil {
		return err
	}
	defer src.Close()
	raw, err := io.ReadAll(io.LimitReader(src, 10<<20))
	if err != nil {
		return err
	}
	w.mu.Lock()
	id := "demo-" + c.OpenID[len(c.OpenID)-6:] + "-" + strconv.Itoa(len(c.pic)+1)
	c.pic[id] = raw
	w.mu.Unlock()
	w.API.Keep(id, raw)
	w.add(c, line{Me: true, Photo: id})
	answer, err := c.Picture(id)
	return w.heard(c, answer, err)
}

func (w *WeChat) sendPlace(c *chat, at string, b page.Base) error {
	lat, lng, _ := strings.Cut(at, ",")
	x, err1 := strconv.ParseFloat(lat, 64)
	y, err2 := strconv.ParseFloat(lng, 64)
	p, err := geo.FromWGS84(geo.Point{Lat: x, Lng: y}, geo.GCJ02) // as WeChat's map has it
	if err1 != nil || err2 != nil || err != nil {
		return fault.Fields{{Name: "place", Key: "wechat.demo_empty"}}
	}
	w.add(c, line{Me: true, Text: b.T("wechat.demo_placed")})
	answer, err := c.Place(p.Lat, p.Lng, "")
	return w.heard(c, answer, err)
}

// photo is a picture that this visitor sent.
func (w *WeChat) photo(out http.ResponseWriter, r *http.Request) error {
	c := w.of(out, r)
	w.mu.Lock()
	raw := c.pic[r.PathValue("id")]
	w.mu.Unlock()
	kind := http.DetectContentType(raw)
	if raw == nil || !strings.HasPrefix(kind, "image/") {
		return fault.New(fault.NotFound, "request.not_found", nil)
	}
	out.Header().Set("Content-Type", kind)
	_, _ = out.Write(raw)
	return nil
}

// fields are those of a notice in the order of their names' numbers.
func fields(n fake.Notice) [][2]string {
	var out [][2]string
	for _, name := range slices.SortedFunc(maps.Keys(n.Fields), func(a, b string) int {
		return cmp.Or(cmp.Compare(a[len(a)-1], b[len(b)-1]), cmp.Compare(a, b))
	}) {
		out = append(out, [2]string{name, n.Fields[name]})
	}
	return out
}

// part is a stretch of a text: words, or an address that can be opened.
type part struct {
	Text, URL string
}

// parts finds the addresses in a text.
func parts(text string) []part {
	var out []part
	for {
		i := strings.Index(text, "http")
		if i < 0 || !strings.HasPrefix(text[i:], "http://") && !strings.HasPrefix(text[i:], "https://") {
			return append(out, part{Text: text})
		}
		n := strings.IndexFunc(text[i:], func(r rune) bool { return r <= ' ' || r > '~' })
		if n < 0 {
			n = len(text) - i
		}
		out = append(out, part{Text: text[:i]}, part{Text: text[i : i+n], URL: text[i : i+n]})
		text = text[i+n:]
	}
}
