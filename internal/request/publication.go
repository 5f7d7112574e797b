package request

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/geo"
	"gongzhi/internal/matter"
	"gongzhi/internal/search"
	"gongzhi/internal/sqldb"
)

// Publication is what everybody may read of a request in somebody's words. A
// request of a public category stands on the board at once, by its category and
// its community; the resident's sentence, the address, the answers and the
// photos follow when a person has read them (个人信息保护法 第二十五条).
type Publication struct {
	Text  string // "" nothing of the words
	Place string
	By    string // staff id
}

// Publish keeps what may be read, without what names a person: whoever searches
// the board for a number must not learn from a hit that it stands here. The same
// again replaces it.
func Publish(tx *sqldb.Tx, a actor.Actor, m matter.ID, text, place string) error {
	const q = `insert into request_publication(matter_id, text, place, by, at) values ($1, $2, $3, $4, $5)
		on conflict (matter_id) do update set text = excluded.text, place = excluded.place, by = excluded.by, at = excluded.at`
	if err := tx.Exec(q, m, Hide(text), Hide(place), a.HistoryID(), tx.Now.UnixMicro()); err != nil {
		return fmt.Errorf("publish %s: %w", m, err)
	}
	return nil
}

// PublicationOf is what may be read of a request; screened is false when nobody
// has looked at it yet.
func PublicationOf(tx *sqldb.Tx, m matter.ID) (p Publication, screened bool, err error) {
	err = tx.QueryRow(`select text, place, by from request_publication where matter_id = $1`, m).Scan(&p.Text, &p.Place, &p.By)
	if errors.Is(err, sql.ErrNoRows) {
		return p, false, nil
	}
	return p, err == nil, err
}

func publications(tx *sqldb.Tx, rows []Row) (map[matter.ID]Publication, error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = string(r.ID)
	}
	marks, args := sqldb.In(1, ids)
	list, err := tx.Query(`select matter_id, text, place, by from request_publication where matter_id in (`+marks+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("publications: %w", err)
	}
	defer list.Close()
	out := map[matter.ID]Publication{}
	for list.Next() {
		var m matter.ID
		var p Publication
		if err := list.Scan(&m, &p.Text, &p.Place, &p.By); err != nil {
			return nil, err
		}
		out[m] = p
	}
	return out, list.Err()
}

// publish takes from rows what is not published of them.
func publish(tx *sqldb.Tx, rows []Row) error {
	if len(rows) == 0 {
		return nil
	}
	known, err := publications(tx, rows)
	if err != nil {
		return err
	}
	for i := range rows {
		rows[i].publish(known[rows[i].ID])
	}
	return nil
}

// publish leaves of a row what everybody may read: in the words that were
// published, or by its category, its community and its square of 100 metres.
func (r *Row) publish(p Publication) {
	r.Body, r.Answers, r.TakenBy, r.Source, r.SourceID = "", nil, "", "", ""
	if r.Worded = r.Publicity == "public" && p.Text != ""; r.Worded {
		r.Title, r.Address = p.Text, p.Place
		return
	}
	r.Title, r.Address = r.CategoryName, ""
	if r.HasPoint() {
		at := geo.Grid100(geo.Point{Lat: r.Lat, Lng: r.Lng})
		r.Lat, r.Lng = at.Lat, at.Lng
	}
}

// published adds the conditions of what everybody may see. A request at
// somebody's home can be followed by who knows of it, and stands in no list.
func (f Filter) published(w *where) {
	if f.Listed {
		w.add(`not m.sealed and r.publicity = 'public' and m.state not in ('withdrawn', 'merged')`)
		return
	}
	w.add(`not m.sealed and r.publicity in ('public', 'masked') and m.state <> 'withdrawn'`)
}

// publishedWords keeps a search from telling what a text says that is not
// published: each word has to stand in what may be read.
func (f Filter) publishedWords(w *where) error {
	q, err := search.Parse(f.Text)
	if err != nil {
		return err
	}
	for _, word := range q.Words() {
		w.add(`m.id in (select p.matter_id from request_publication p where lower(p.text || ' ' || p.place) like ? escape '!')`, "%"+escapeLike(strings.ToLower(word))+"%")
	}
	return nil
}

func escapeLike(s string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(s)
}

// Squares counts the open requests at people's homes by their square of 100
// metres, in an area and as of a moment: what may be shown of them, and all. The
// moment is the same for a whole week, so that two looks on one day differ by
// nobody's report.
func Squares(tx *sqldb.Tx, area string, w Week) (map[geo.Point]int64, int64, error) {
	const q = `select r.lat, r.lng from matter m join request_order r on r.matter_id = m.id
		where m.kind = 'request' and m.opened_at >= $1 and m.opened_at < $2 and not m.sealed and r.publicity = 'masked' and m.state not in ('withdrawn', 'merged')
		and m.area >= $3 and m.area < $4 limit 20000`
	rows, err := tx.Query(q, w.From.UnixMicro(), w.To.UnixMicro(), area, area+"~")
	if err != nil {
		return nil, 0, fmt.Errorf("squares: %w", err)
	}
	defer rows.Close()
	out, all := map[geo.Point]int64{}, int64(0)
	for rows.Next() {
		var lat, lng sql.NullFloat64
		if err := rows.Scan(&lat, &lng); err != nil {
			return nil, 0, err
		}
		if all++; lat.Valid && lng.Valid {
			out[geo.Grid100(geo.Point{Lat: lat.Float64, Lng: lng.Float64})]++
		}
	}
	return out, all, rows.Err()
}
