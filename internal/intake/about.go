package intake

import (
	"net/http"
	"strconv"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// likePage shows what others have reported near by.
type likePage struct {
	stepPage
	Rows []nearRow
}

// showLike shows similar requests, or goes on when there are none.
func (s *Service) showLike(w http.ResponseWriter, r *http.Request, d *draft) error {
	p := likePage{stepPage: s.step(w, r, d, "intake.like", 2, "where")}
	c, _, _ := s.category(d)
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		twins, err := request.Similar(tx, actor.Actor{}, request.Likeness{Category: c.Code, Text: d.What, Address: d.Address, Lat: d.Lat, Lng: d.Lng, Area: s.area(d), Public: true, Most: 3})
		for _, t := range twins {
			row := s.nearRow(p.Base, t.Row)
			row.Metres = t.Metres
			p.Rows = append(p.Rows, row)
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(p.Rows) == 0 || s.accuses(d) {
		return web.See(w, r, stepPath(d, "about"))
	}
	return page.View{}.Render(w, r, http.StatusOK, like(p))
}

// aboutPage is the third question: what kind of matter, and what the unit will
// want to know about it.
type aboutPage struct {
	stepPage
	Category catalog.Category
	Path     string
	Words    []string // that decided
	Others   []catalog.Category
	Answers  map[string]string
}

func (s *Service) showAbout(w http.ResponseWriter, r *http.Request, d *draft) error {
	c, words, known := s.category(d)
	switch {
	case !known && !d.Sorted:
		return web.See(w, r, stepPath(d, "category"))
	case !known || len(c.Questions) == 0 && r.URL.Query().Get("then") == "":
		return web.See(w, r, stepPath(d, "contact"))
	}
	p := aboutPage{stepPage: s.step(w, r, d, "intake.about", 3, "where"), Category: c, Path: s.Catalog.Book().Tree.Name(c.Code), Words: words, Answers: d.Answers}
	for _, g := range s.Advice.Categories(d.question(), 3) {
		if g.Category.Code != c.Code {
			p.Others = append(p.Others, g.Category)
		}
	}
	return page.View{}.Render(w, r, http.StatusOK, about(p))
}

func (s *Service) postAbout(w http.ResponseWriter, r *http.Request, d *draft) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	c, _, _ := s.category(d)
	d, err = s.edit(r.Context(), d.ID, func(_ *sqldb.Tx, d *draft) error {
		d.Category = c.Code
		d.Answers = map[string]string{}
		for i, q := range c.Questions {
			if a := v.String("q"+strconv.Itoa(i), 200); a != "" {
				d.Answers[q.Text] = a
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return on(w, r, d, "contact")
}

// categoryPage leads down the tree.
type categoryPage struct {
	stepPage
	At    string // branch shown, "" the top
	Name  string
	Tops  []catalog.Category
	Below []branch
	Hints []catalog.Category // what the words may mean
}

// branch is a heading with the leaves below it.
type branch struct {
	Name   string
	Leaves []catalog.Category
}

func (s *Service) showCategory(w http.ResponseWriter, r *http.Request, d *draft) error {
	tree := s.Catalog.Book().Tree
	p := categoryPage{stepPage: s.step(w, r, d, "intake.category", 3, "where"), At: r.URL.Query().Get("at")}
	top, ok := tree.Find(p.At)
	if !ok {
		p.At = ""
		for _, c := range tree.Children("") {
			if c.Active {
				p.Tops = append(p.Tops, c)
			}
		}
		for _, g := range s.Advice.Categories(d.question(), 3) {
			p.Hints = append(p.Hints, g.Category)
		}
	} else {
		p.Name, p.Back = top.Name, stepPath(d, "category")
		p.Below = branches(tree, top)
	}
	return page.View{}.Render(w, r, http.StatusOK, category(p))
}

func branches(tree *catalog.Tree, top catalog.Category) []branch {
	var out []branch
	loose := branch{Name: top.Name}
	for _, c := range tree.Children(top.Code) {
		switch {
		case !c.Active:
		case tree.Leaf(c.Code):
			loose.Leaves = append(loose.Leaves, c)
		default:
			out = append(out, branch{c.Name, tree.Leaves(c.Code)})
		}
	}
	if len(loose.Leaves) > 0 {
		out = append(out, loose)
	}
	return out
}

// postCategory takes the category that was chosen, or none: then the hotline
// sorts the request.
func (s *Service) postCategory(w http.ResponseWriter, r *http.Request, d *draft) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	code := v.String("category")
	if !s.Catalog.Book().Tree.Leaf(code) {
		code = ""
	}
	d, err = s.edit(r.Context(), d.ID, func(_ *sqldb.Tx, d *draft) error {
		if d.Category != code {
			d.Answers = nil
		}
		d.Category, d.Sorted = code, true
		return nil
	})
	if err != nil {
		return err
	}
	next := stepPath(d, "about")
	if v.String("then") == "check" {
		next += "?then=check"
	}
	return web.See(w, r, next)
}
