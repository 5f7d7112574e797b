// Package setuptest fills in the workbook of a first set-up as a person does
// with Excel. Tests only.
package setuptest

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// City is a city that fits on a page: rows by worksheet, cells as name=value.
func City() map[string][]string {
	return map[string][]string{
		"区域":   {"区域编码=330901 区域名称=清河区 级别=区", "区域编码=330901001 区域名称=梧桐街道 级别=街道（镇） 上级区域=330901"},
		"单位":   {"单位编码=lighting 单位名称=市路灯管理所 单位类别=部门 上级单位=city", "单位编码=hotline 单位名称=12345热线中心 单位类别=热线 上级单位=city"},
		"事项目录": {"事项编码=01 事项名称=市政设施", "事项编码=0101 事项名称=路灯不亮 上级事项=01 办理时限=5个工作日"},
		"职责清单": {"清单编号=D1 事项=01 主办单位=lighting 理由=市政道路照明归路灯管理所"},
		"工作日历": {"日期=2026-10-01 安排=放假 名称=国庆节", "日期=2026-10-10 安排=上班 名称=国庆节调休"},
	}
}

// Fill writes the rows into the worksheets of a template.
func Fill(t testing.TB, template []byte, rows map[string][]string) []byte {
	t.Helper()
	file, err := excelize.OpenReader(bytes.NewReader(template))
	if err != nil {
		t.Fatal(err)
	}
	for name, list := range rows {
		header, err := file.GetRows(name)
		if err != nil || len(header) != 1 {
			t.Fatalf("worksheet %s has %d rows: %v", name, len(header), err)
		}
		for i, row := range list {
			for pair := range strings.SplitSeq(row, " ") {
				column, value, _ := strings.Cut(pair, "=")
				cell, err := excelize.CoordinatesToCellName(slices.Index(header[0], column)+1, i+2)
				if err != nil {
					t.Fatalf("worksheet %s has no column %s", name, column)
				}
				if err := file.SetCellStr(name, cell, value); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	var out bytes.Buffer
	if err := file.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
