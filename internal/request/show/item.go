package show

import (
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/id"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Item is a request in a list that a program reads.
type Item struct {
	Number       string     `json:"number"`
	Version      int64      `json:"version"`
	State        string     `json:"state"`
	Open         bool       `json:"open"`
	Title        string     `json:"title"`
	Type         string     `json:"type"`
	Channel      string     `json:"channel"`
	Category     string     `json:"category"`
	CategoryName string     `json:"category_name"`
	Area         string     `json:"area"`
	AreaName     string     `json:"area_name"`
	Address      string     `json:"address"`
	Lat          float64    `json:"lat"`
	Lng          float64    `json:"lng"`
	Origin       OriginItem `json:"origin"`
	Urgency      string     `json:"urgency"`
	Unit         string     `json:"unit"`
	UnitName     string     `json:"unit_name"`
	Round        int64      `json:"round"`
	Followers    int64      `json:"followers"`
	Nth          int64      `json:"nth"`    // the time that its reporter reports the matter
	People       int64      `json:"people"` // who have reported it
	Flags        []string   `json:"flags"`
	OpenedAt     time.Time  `json:"opened_at"`
	DueAt        *time.Time `json:"due_at,omitempty"`
	ClosedAt     *time.Time `json:"closed_at,omitempty"`
	Solved       string     `json:"solved"`
	Rating       int64      `json:"rating"`
}

// OriginItem is how a request got its place: "" given, words, default; and the
// point as it came when it is not the one in use.
type OriginItem struct {
	Placed string  `json:"placed"`
	Datum  string  `json:"datum"`
	Lat    float64 `json:"lat"`
	Lng    float64 `json:"lng"`
}

// ItemOf is a row as a program reads it.
func ItemOf(r request.Row) Item {
	return Item{Number: r.Number, Version: r.Version, State: r.State, Open: r.Open, Title: r.Title, Type: r.Type, Channel: r.Channel,
		Category: r.Category, CategoryName: r.CategoryName, Area: r.Area, AreaName: r.AreaName, Address: r.Address, Lat: r.Lat, Lng: r.Lng,
		Origin:  OriginItem{r.Origin.Placed, string(r.Origin.Datum), r.Origin.Lat, r.Origin.Lng},
		Urgency: r.Urgency, Unit: r.Unit, UnitName: r.UnitName, Round: r.Round, Followers: r.Followers, Nth: max(1, r.Repeats.Nth), People: max(1, r.Repeats.People), Flags: r.Flags,
		OpenedAt: r.OpenedAt.UTC(), DueAt: Moment(r.DueAt), ClosedAt: Moment(r.ClosedAt), Solved: r.Solved, Rating: r.Rating}
}

// Moment is a time that may be missing.
func Moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// Entry is one line of the ledger as a program reads it.
type Entry struct {
	Seq   int64      `json:"seq"`
	At    time.Time  `json:"at"`
	Deed  string     `json:"deed"`
	By    string     `json:"by"` // resident, system or staff
	Who   string     `json:"who"`
	Unit  string     `json:"unit"`
	Notes []NoteItem `json:"notes"`
	Files []FileItem `json:"files"`
}

// NoteItem is a text that belongs to a deed.
type NoteItem struct {
	Kind     string `json:"kind"`
	Audience string `json:"audience"`
	Text     string `json:"text"`
}

// FileItem is a photo.
type FileItem struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// EntriesOf are the lines of a timeline, oldest first. What the reader may not
// see, request.Timeline has left out.
func EntriesOf(lines []request.Line) []Entry {
	var out []Entry
	for _, l := range lines {
		e := Entry{Seq: l.Seq, At: l.At.UTC(), Deed: l.Name, By: "staff", Who: l.Who, Unit: l.Unit, Files: FilesOf(l.Files)}
		if l.Actor == actor.ResidentID || l.Actor == actor.SystemID {
			e.By = l.Actor
		}
		for _, n := range l.Notes {
			e.Notes = append(e.Notes, NoteItem(n))
		}
		out = append(out, e)
	}
	return out
}

// FilesOf are photos as a program reads them.
func FilesOf(files []request.File) []FileItem {
	var out []FileItem
	for _, f := range files {
		out = append(out, FileItem{f.ID, f.Kind, f.Width, f.Height})
	}
	return out
}

// Done is how a request stands after an act, for the next one.
type Done struct {
	Number  string `json:"number"`
	Version int64  `json:"version"`
	State   string `json:"state"`
}

// Now reads it. Who may no longer see the request learns its number alone.
func Now(tx *sqldb.Tx, a actor.Actor, number string) (Done, error) {
	o, err := request.FindNumber(tx, a, number)
	if err != nil {
		return Done{Number: number}, nil // the act itself has succeeded
	}
	return Done{o.Number, o.Version, o.State}, nil
}

// On is what an act on a request needs: the request, and in the body the
// version its reader saw.
type On[B any] struct {
	Number string `path:"number" maxLength:"40"`
	Body   B
}

// Clean is the number in its stored form.
func (x On[B]) Clean() string { return id.CleanNumber(x.Number) }

// ListPage is the part of a list that a page of the API asks for.
func ListPage(a *api.API, list string, p api.Page) (request.Page, error) {
	after, err := a.Position(list, p.Cursor)
	return request.Page{After: after, Size: p.Limit}, err
}

// Seen is the version of a request that the caller has read: an act on another
// one is a conflict.
type Seen struct {
	Version int64 `json:"version" minimum:"1"`
}

// At is the version.
func (s *Seen) At() int64 { return s.Version }

// Versioned is a body that holds Seen.
type Versioned interface{ At() int64 }
