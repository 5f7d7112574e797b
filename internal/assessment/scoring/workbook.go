package scoring

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"gongzhi/internal/fault"
	"gongzhi/internal/score"
	"gongzhi/internal/sheet"
)

// The columns of the items as a table, in order. A row with 属于 is a part of the
// item named there.
var headings = []string{"代码", "名称", "属于", "别名", "类别", "满分", "线", "每点扣分", "每件扣分", "最低分", "上限", "低为好", "档次", "本市比率", "无可计时", "比率小数", "比率取舍", "得分小数", "得分取舍", "分组", "说明"}

// writeXLSX writes the items of a version.
func writeXLSX(w io.Writer, v Version) error {
	x := sheet.XLSX(w, 16, 24, 12, 24, 10)
	if err := x.Write(headings...); err != nil {
		return err
	}
	for _, it := range v.Scheme.Items {
		if err := x.Write(itemCells(it)...); err != nil {
			return err
		}
		for _, p := range it.Parts {
			cells := make([]string, len(headings))
			cells[0], cells[1], cells[2], cells[3] = p.Code, p.Name, it.Code, strings.Join(p.Also, "、")
			cells[6], cells[7], cells[8], cells[13] = opt(p.Line), opt(p.Slope), opt(p.Each), p.Rate
			if err := x.Write(cells...); err != nil {
				return err
			}
		}
	}
	return x.Close()
}

func itemCells(it score.Item) []string {
	var steps []string
	for _, s := range it.Steps {
		steps = append(steps, opt(s.From)+"="+s.Points.String())
	}
	inDec, inMode := roundingCells(it.Input)
	outDec, outMode := roundingCells(it.Points)
	low := ""
	if it.Low {
		low = "是"
	}
	return []string{it.Code, it.Name, "", strings.Join(it.Also, "、"), it.Kind, it.Full.String(), opt(it.Line), opt(it.Slope), opt(it.Each), opt(it.Floor), opt(it.Cap), low,
		strings.Join(steps, "；"), it.Rate, it.None, inDec, inMode, outDec, outMode, strings.Join(it.In, "、"), it.Note}
}

func opt(n *score.Num) string {
	if n == nil {
		return ""
	}
	return n.String()
}

func roundingCells(r *score.Rounding) (decimals, mode string) {
	if r == nil {
		return "", ""
	}
	return strconv.Itoa(r.Decimals), string(r.Mode)
}

// fromWorkbook makes a scheme of a table of items; all but the items is that of
// text.
func fromWorkbook(name string, raw, text []byte) ([]byte, error) {
	head := score.Scheme{Code: "scheme", Name: strings.TrimSuffix(name, ".xlsx")}
	if len(bytes.TrimSpace(text)) > 0 {
		if err := json.Unmarshal(text, &head); err != nil {
			return nil, fault.New(fault.Invalid, "score.scheme_json", err, 1, err.Error())
		}
	}
	r, err := sheet.Open(name, bytes.NewReader(raw), int64(len(raw)), sheet.Options{Columns: headings, MaxRows: 2000})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for _, column := range []string{"代码", "名称", "类别", "满分"} {
		if _, there := r.Header.Index(column); !there {
			return nil, fault.New(fault.Invalid, "scoring.no_column", nil, column)
		}
	}
	before := map[string]score.Item{} // what has no column stays as it was
	for _, it := range head.Items {
		before[it.Code] = it
	}
	head.Items = nil
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = addRow(&head, row, before)
		}
		if err != nil {
			return nil, err
		}
	}
	return json.Marshal(head)
}

// rowCells reads the cells of one row; the first that is wrong is kept.
type rowCells struct {
	row sheet.Row
	err error
}

func (c *rowCells) text(column string) string { return strings.TrimSpace(c.row.Get(column)) }

func (c *rowCells) list(column string) []string {
	return strings.FieldsFunc(c.text(column), func(r rune) bool { return strings.ContainsRune("、，,;；", r) })
}

func (c *rowCells) number(column string) *score.Num {
	s := c.text(column)
	if s == "" {
		return nil
	}
	n, err := score.ParseNum(s)
	if err != nil {
		c.wrong(column, s)
		return nil
	}
	return &n
}

func (c *rowCells) wrong(column, value string) {
	if c.err == nil {
		c.err = fault.New(fault.Invalid, "scoring.cell_wrong", nil, strconv.Itoa(c.row.Number), column, value)
	}
}

func (c *rowCells) rounding(decimals, mode string) *score.Rounding {
	s := c.text(decimals)
	if s == "" {
		return nil
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		c.wrong(decimals, s)
		return nil
	}
	return &score.Rounding{Decimals: n, Mode: score.Mode(c.text(mode))}
}

func (c *rowCells) steps() []score.Step {
	var out []score.Step
	for _, one := range strings.FieldsFunc(c.text("档次"), func(r rune) bool { return strings.ContainsRune("；;", r) }) {
		from, points, ok := strings.Cut(one, "=")
		n, err := score.ParseNum(points)
		if !ok || err != nil {
			c.wrong("档次", one)
			return nil
		}
		s := score.Step{Points: n}
		if from = strings.TrimSpace(from); from != "" {
			edge, err := score.ParseNum(from)
			if err != nil {
				c.wrong("档次", one)
				return nil
			}
			s.From = &edge
		}
		out = append(out, s)
	}
	return out
}

func addRow(head *score.Scheme, row sheet.Row, before map[string]score.Item) error {
	c := &rowCells{row: row}
	if owner := c.text("属于"); owner != "" {
		for i := range head.Items {
			if it := &head.Items[i]; it.Code == owner {
				it.Parts = append(it.Parts, score.Part{Code: c.text("代码"), Name: c.text("名称"), Also: c.list("别名"), Each: c.number("每件扣分"),
					Line: c.number("线"), Slope: c.number("每点扣分"), Rate: c.text("本市比率")})
				return c.err
			}
		}
		c.wrong("属于", owner)
		return c.err
	}
	it := score.Item{Code: c.text("代码"), Name: c.text("名称"), Also: c.list("别名"), In: c.list("分组"), Kind: c.text("类别"), Line: c.number("线"), Slope: c.number("每点扣分"),
		Each: c.number("每件扣分"), Floor: c.number("最低分"), Cap: c.number("上限"), Low: c.text("低为好") != "", Steps: c.steps(), Rate: c.text("本市比率"), None: c.text("无可计时"),
		Input: c.rounding("比率小数", "比率取舍"), Points: c.rounding("得分小数", "得分取舍"), Note: c.text("说明")}
	was := before[it.Code]
	it.Known, it.Of, it.Among = was.Known, was.Of, was.Among
	if full := c.number("满分"); full != nil {
		it.Full = *full
	}
	head.Items = append(head.Items, it)
	return c.err
}
