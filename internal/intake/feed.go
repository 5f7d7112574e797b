package intake

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"net/http"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// Feeds tell news readers what is published, by place and by category. They hold
// no more than the board does, and less of the time: a report appears on the day
// after it came, and every date is a day (RSS 2.0, with ids of RFC 4151).

// feedSize is how many requests a feed holds.
const feedSize = 50

// feedPath is the address of the feed for a place and a category; "" all.
func feedPath(area, group string) string {
	path := "/feed"
	if area != "" {
		path += "/area/" + area
	}
	if group != "" {
		path += "/category/" + group
	}
	if path == "/feed" {
		path += "/all"
	}
	return path
}

type rss struct {
	XMLName xml.Name `xml:"rss"`
	Version string   `xml:"version,attr"`
	Atom    string   `xml:"xmlns:atom,attr"`
	Channel channel  `xml:"channel"`
}

type channel struct {
	Title       string   `xml:"title"`
	Link        string   `xml:"link"`
	Self        selfLink `xml:"atom:link"`
	Description string   `xml:"description"`
	Language    string   `xml:"language"`
	TTL         int      `xml:"ttl"`
	Items       []item   `xml:"item"`
}

type selfLink struct {
	Href string `xml:"href,attr"`
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
}

type item struct {
	Title       string `xml:"title"`
	Link        string `xml:"link"`
	Description string `xml:"description"`
	Category    string `xml:"category,omitempty"`
	GUID        guid   `xml:"guid"`
	Date        string `xml:"pubDate"`
}

type guid struct {
	Permanent bool   `xml:"isPermaLink,attr"`
	ID        string `xml:",chardata"`
}

func (s *Service) showFeed(w http.ResponseWriter, r *http.Request) error {
	area, group := r.PathValue("area"), r.PathValue("category")
	name, err := s.feedName(area, group)
	if err != nil {
		return err
	}
	book := s.Catalog.Book()
	// Its bytes depend on the address alone: no visitor, no cookie, no clock finer than a day.
	b := page.Base{Lang: web.Lang(r), City: book.Settings["city.name"], Zone: book.Calendar.Zone, Now: s.DB.Now()}
	f := request.Filter{Published: true, Listed: true, Area: area}
	if group != "" {
		f.Categories = append(codes(book.Tree.Leaves(group)), group)
	}
	f.To = midnight(b.Now, b.Zone)
	out := rss{Version: "2.0", Atom: "http://www.w3.org/2005/Atom", Channel: channel{
		Title: b.T("intake.feed_title", cmp.Or(name, b.City), b.City), Description: b.T("intake.feed_about"), Language: strings.ToLower(b.Lang.Tag()), TTL: 60,
		Link: s.absolute(r, boardPath(area, group)), Self: selfLink{s.absolute(r, feedPath(area, group)), "self", "application/rss+xml"}}}
	err = s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		rows, _, err := request.List(tx, actor.System, f, request.Page{Size: feedSize})
		for i := range rows {
			out.Channel.Items = append(out.Channel.Items, s.feedItem(r, b, &rows[i]))
		}
		return err
	})
	if err != nil {
		return err
	}
	return sendFeed(w, r, out)
}

// feedName is the place and the category in words, NotFound where there is none.
func (s *Service) feedName(area, group string) (string, error) {
	var parts []string
	if area != "" {
		a, known := s.Atlas.Atlas().Find(area)
		if !known {
			return "", fault.New(fault.NotFound, "intake.no_feed", nil)
		}
		parts = append(parts, a.Name)
	}
	if group != "" {
		c, known := s.Catalog.Book().Tree.Find(group)
		if !known {
			return "", fault.New(fault.NotFound, "intake.no_feed", nil)
		}
		parts = append(parts, c.Name)
	}
	return strings.Join(parts, " "), nil
}

func boardPath(area, group string) string {
	path, and := "/nearby", "?"
	for _, x := range [][2]string{{"area", area}, {"group", group}} {
		if x[1] != "" {
			path += and + x[0] + "=" + x[1]
			and = "&"
		}
	}
	return path
}

func (s *Service) feedItem(r *http.Request, b page.Base, row *request.Row) item {
	near := s.nearRow(b, *row)
	_, word := show.State(b, &row.Order)
	place := s.Atlas.Atlas().Name(row.Area)
	day := midnight(row.OpenedAt, b.Zone)
	out := item{Title: near.Title, Link: s.absolute(r, "/public/"+row.Number), Category: row.CategoryName, Date: day.Format(time.RFC1123Z),
		GUID: guid{ID: "tag:" + s.authority(r) + "," + day.Format("2006") + ":request/" + row.Number}}
	if place != "" {
		out.Title = place + b.T("intake.feed_colon") + out.Title
	}
	parts := []string{row.CategoryName, near.Where, word}
	if row.UnitName != "" {
		parts = append(parts, row.UnitName)
	}
	out.Description = strings.Join(compact(parts), " · ")
	return out
}

func compact(parts []string) []string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

// authority names this city in ids: the host under which others reach it.
func (s *Service) authority(r *http.Request) string {
	at := s.absolute(r, "/")
	_, at, _ = strings.Cut(at, "://")
	at, _, _ = strings.Cut(at, "/")
	at, _, _ = strings.Cut(at, ":")
	return at
}

func midnight(t time.Time, zone *time.Location) time.Time {
	t = t.In(zone)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, zone)
}

// sendFeed answers with a tag of its bytes, so that a reader that has them is
// told so in one line.
func sendFeed(w http.ResponseWriter, r *http.Request, out rss) error {
	var body bytes.Buffer
	body.WriteString(xml.Header)
	if err := xml.NewEncoder(&body).Encode(out); err != nil {
		return err
	}
	sum := sha256.Sum256(body.Bytes())
	h := w.Header()
	h.Set("Content-Type", "application/xml; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=900")
	h.Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body.Bytes()))
	return nil
}
