package intake

import (
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// communityPage finds the community one lives in, by address or down the areas.
type communityPage struct {
	page.Base
	Typed   string
	Found   bool // something was looked for
	Path    []place.Area
	Below   []place.Area
	Units   []actor.Unit // of the area shown
	Duties  []string
	Address string // of its office, "" unknown
	Assist  []string
}

func (s *Service) showCommunity(w http.ResponseWriter, r *http.Request) error {
	q, err := web.Query(r)
	if err != nil {
		return err
	}
	p := communityPage{Base: s.Base(w, r, "intake.community"), Typed: q.String("q", 60)}
	area := q.String("area", 20)
	err = s.DB.View(r.Context(), func(tx *sqldb.Tx) error { return s.findCommunity(tx, &p, area) })
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, community(p))
}

// findCommunity goes to the area of the address that was typed, else to area.
func (s *Service) findCommunity(tx *sqldb.Tx, p *communityPage, area string) error {
	if p.Typed != "" {
		hits, err := place.Search(tx, p.Typed, 1)
		if err != nil {
			return err
		}
		p.Found = true
		if len(hits) > 0 {
			area = hits[0].Area
		}
	}
	area = area[:min(len(area), 12)]
	p.Path, p.Below = s.Atlas.Atlas().Path(area), s.Atlas.Atlas().Below(area)
	return s.readCommunity(tx, p, area)
}

// readCommunity reads who serves an area; of a community also what it does.
func (s *Service) readCommunity(tx *sqldb.Tx, p *communityPage, area string) error {
	if len(p.Path) == 0 {
		return nil
	}
	last := p.Path[len(p.Path)-1]
	units, err := actor.UnitsOf(tx, last.Level, area)
	if err != nil {
		return err
	}
	p.Units = units
	if p.Address, err = office(tx, last); err != nil {
		return err
	}
	if last.Level != place.Community {
		return nil
	}
	p.Below = nil // grids are the office's business
	items, err := catalog.CommunityItems(tx)
	for _, it := range items {
		c, ok := s.Catalog.Book().Tree.Find(it.Category)
		switch {
		case !ok:
		case it.Kind == "duty":
			p.Duties = append(p.Duties, c.Name)
		default:
			p.Assist = append(p.Assist, c.Name)
		}
	}
	return err
}

// office is the house whose hall bears the name of the area.
func office(tx *sqldb.Tx, area place.Area) (string, error) {
	var at place.Hit
	const q = `select name, lat, lng from place_facility where kind = 'hall' and active and area >= $1 and area < $2 and name like $3 order by length(name), id limit 1`
	err := tx.QueryRow(q, area.Code, area.Code+"~", area.Name+"%").Scan(&at.Text, &at.Lat, &at.Lng)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("office of %s: %w", area.Code, err)
	}
	a, _, err := place.Nearest(tx, at.Lat, at.Lng)
	return strings.TrimSpace(at.Text + " " + a.Text), err
}

// Names is a list in one sentence.
func (p communityPage) Names(list []string) string { return strings.Join(list, p.T("intake.comma")) }
