package setup

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/sheet"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
	"gongzhi/internal/vault"
)

var (
	keys     = vault.Test()
	sysadmin = actor.Actor{ID: "sys", Login: "sys", Roles: []actor.Role{actor.SysAdmin}, Proved: sqldbtest.Start}
	secadmin = actor.Actor{ID: "sec", Login: "sec", Roles: []actor.Role{actor.SecAdmin}, Proved: sqldbtest.Start}
	agent    = actor.Actor{ID: "dis", Roles: []actor.Role{actor.Dispatcher}}
)

// why is the proof of who changes accounts here.
var why = Proof{Reason: "新到岗"}

var own = actor.HashPassword("the administrator's own")

// service is a city with a root unit.
func service(t *testing.T, db *sqldb.DB) *Service {
	t.Helper()
	err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
		if err := actor.SaveUnit(tx, actor.Unit{ID: "city", Name: "云泽市人民政府", Kind: "city", Active: true}); err != nil {
			return err
		}
		for _, a := range []actor.Actor{sysadmin, secadmin} {
			if _, err := actor.SaveStaff(tx, actor.Staff{ID: a.ID, Login: a.Login, Name: "管理员", UnitID: "city", Roles: a.Roles, Active: true}, own); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return &Service{DB: db, Vault: keys, Reload: func(context.Context) error { return nil }}
}

// book makes a real workbook; the first row is the header.
func book(t *testing.T, rows ...string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := sheet.XLSX(&buf)
	for _, r := range rows {
		if err := w.Write(strings.Split(r, "|")...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// dry is what a table would do.
func dry(t *testing.T, s *Service, a actor.Actor, name, upid string) *plan {
	t.Helper()
	k, err := findKind(name)
	if err != nil {
		t.Fatal(err)
	}
	var p *plan
	err = s.DB.View(t.Context(), func(tx *sqldb.Tx) (err error) {
		_, p, _, err = s.preview(tx, a, k, upid)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func send(t *testing.T, s *Service, a actor.Actor, name string, file []byte) string {
	t.Helper()
	up, err := s.Upload(t.Context(), a, name, name+".xlsx", file)
	if err != nil {
		t.Fatal(err)
	}
	return up
}

func confirm(t *testing.T, s *Service, a actor.Actor, name string, file []byte) Imported {
	t.Helper()
	done, err := s.Confirm(t.Context(), a, name, send(t, s, a, name, file), why)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func size(t *testing.T, s *Service, name string) int {
	t.Helper()
	k, _ := findKind(name)
	n := 0
	err := s.DB.View(t.Context(), func(tx *sqldb.Tx) error {
		return k.each(tx, func(record) error { n++; return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestATableIsImportedWholeAndTheSecondTimeChangesNothing(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := service(t, db)
		// The child stands before its parent: rows are put in order.
		file := book(t, "单位编码|单位名称|单位类别|上级单位|次序", "lamp-east|东区照明班|承包单位|lighting|２", "lighting|路灯管理所|部门|city 云泽市人民政府|1")
		if got := confirm(t, s, sysadmin, "units", file); got.Created != 2 || got.Changed != 0 || got.Same != 0 {
			t.Errorf("first import: %+v", got)
		}
		if p := dry(t, s, sysadmin, "units", send(t, s, sysadmin, "units", file)); len(p.Rows) != 0 || p.Same != 2 {
			t.Errorf("second import would touch %d rows and leave %d, want 0 and 2", len(p.Rows), p.Same)
		}
		file = book(t, "单位编码|单位名称|单位类别|上级单位|次序", "lamp-east|东区照明一班|承包单位|lighting|2")
		if got := confirm(t, s, sysadmin, "units", file); got.Changed != 1 {
			t.Errorf("changed: %+v", got)
		}
		_ = db.View(t.Context(), func(tx *sqldb.Tx) error {
			u, err := actor.FindUnit(tx, "lamp-east")
			if err != nil || u.Path != "city/lighting/lamp-east/" || u.Name != "东区照明一班" || !u.Active {
				t.Errorf("unit %+v, %v", u, err)
			}
			n, err := tally(tx, `select cast(count(*) as bigint) from actor_deed where deed = 'setup.import'`)
			if err != nil || n != 2 {
				t.Errorf("%d deeds of import, %v; want 2", n, err)
			}
			return nil
		})
	})
}

func tally(tx *sqldb.Tx, q string, args ...any) (n int64, err error) {
	err = tx.QueryRow(q, args...).Scan(&n)
	return n, err
}

func TestBadRowsAreNamedAndNothingIsDone(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := service(t, db)
		file := book(t, "事项编码|事项名称|上级事项|办理时限|诉求类型|缓急|公开|问题1|选项1",
			"01|市政设施||5个工作日|求助|一般|公开||",
			"0101|照明|01|五天|求助|一般|公开||",
			"0102||01|3个自然日|投诉|一般|公开||",
			"0103|道路|09|24小时|抱怨|一般|公开||",
			"0101|照明二|01|1小时|求助|一般|公开||就一盏、好几盏")
		up := send(t, s, sysadmin, "categories", file)
		p := dry(t, s, sysadmin, "categories", up)
		var got []string
		for _, x := range p.Problems {
			got = append(got, number(x.Row)+" "+x.Column+" "+x.Key)
		}
		want := "3 办理时限 setup.limit_wrong,4 事项名称 sheet.required,5 上级事项 setup.unknown_categories,5 诉求类型 sheet.not_in_list,6 事项编码 setup.row_twice"
		if g := strings.Join(got, ","); g != want {
			t.Errorf("problems\n%s, want\n%s", g, want)
		}
		if _, err := s.Confirm(t.Context(), sysadmin, "categories", up, why); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a table with faults was taken: %v", err)
		}
		if n := size(t, s, "categories"); n != 0 {
			t.Errorf("%d categories came in", n)
		}
	})
}

func TestWhatWasEditedSinceThePreviewIsShownAgain(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := service(t, db)
		up := send(t, s, sysadmin, "units", book(t, "单位编码|单位名称|单位类别|上级单位", "lighting|路灯管理所|部门|city"))
		typed := record{"id": "lighting", "name": "别人的", "kind": "department", "parent": "city"}
		if err := s.Save(t.Context(), sysadmin, Save{Kind: "units", Typed: typed}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Confirm(t.Context(), sysadmin, "units", up, why); fault.KindOf(err) != fault.Conflict {
			t.Errorf("confirm after an edit: %v, want a conflict", err)
		}
	})
}

func TestEveryKindExportsWhatItImports(t *testing.T) {
	tables := []struct {
		kind string
		who  actor.Actor
		rows []string
	}{
		{"areas", sysadmin, []string{"区域编码|区域名称|级别|上级区域|纬度|经度|人口", "330101|南湖区|区||30.25|120.1|120000", "330101003|文昌街道|街道（镇）|330101|||"}},
		{"units", sysadmin, []string{"单位编码|单位名称|单位类别|上级单位|管辖区域", "330101|南湖区人民政府|区|city|330101", "330101-enforce|南湖区综合行政执法局|部门|330101|", "lighting|路灯管理所|部门|city|"}},
		{"staff", secadmin, []string{"登录名|姓名|工号|所在单位|岗位", "wangfang|王芳|1027|路灯管理所|经办、负责人"}},
		{"addresses", sysadmin, []string{"地址编号|地址|所在区域|所在小区|纬度|经度", "wt-18|梧桐路18号|文昌街道|梧桐苑|30.254321|120.154321"}},
		{"facilities", sysadmin, []string{"设施编号|设施类别|设施名称|所在区域", "lamp-1|lamp|梧桐路1号灯杆|330101003 南湖区 文昌街道"}},
		{"categories", sysadmin, []string{"事项编码|事项名称|上级事项|办理时限|诉求类型|缓急|公开|一定要有地点|问题1|选项1|关键词", "01|市政设施||5 working days|help|normal|public|否||||", "0101|路灯不亮|01|24小时|求助|紧急|位置模糊后公开|是|几盏？|一盏、整段|路灯、灯不亮"}},
		{"duties", sysadmin, []string{"清单编号|事项|区域|场所|主办单位|协办单位1|协办时限1|生效日期", "D001|全部事项|||所在区|||", "D002|0101|南湖区|小区内|@bureau:enforce|所在街道（镇）|1个工作日|2026/3/1", "D003|路灯不亮||设施：lamp|lighting|||"}},
		{"community", sysadmin, []string{"事项|性质|说明", "01|协助|协助核实"}},
		{"streets", sysadmin, []string{"事项|责任|说明", "01|配合|协助核实"}},
		{"signals", sysadmin, []string{"信号编号|信号名称|险情|词|给对方的一句提醒|紧急程度|时限", "gas2|燃气泄漏|燃气|煤气、天然气 + 泄漏、漏气|开窗，到屋外打电话|紧急|2小时"}},
		{"refusals", sysadmin, []string{"理由编码|理由|怎么告诉|合法途径|要另写说明", "litigation|诉讼|法院正在审理|问法院|否"}},
		{"texts", sysadmin, []string{"文字编码|用途|标题|拼音首字母|内容", "T01|答复模板|路灯答复|ldbx|您反映的{地点}已处理。"}},
		{"knowledge", sysadmin, []string{"知识编码|问题|答案|负责单位", "K001|谁修路灯？|路灯所，=不是公式|路灯管理所"}},
		{"days", sysadmin, []string{"日期|安排|名称", "2026年10月1日|放假|国庆节", "2026-10-10|上班|调休"}},
	}
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := service(t, db)
		for _, x := range tables {
			before := size(t, s, x.kind)
			got := confirm(t, s, x.who, x.kind, book(t, x.rows...))
			if got.Created != len(x.rows)-1 || size(t, s, x.kind) != before+got.Created {
				t.Errorf("%s: %+v", x.kind, got)
			}
			for _, form := range []string{"xlsx", "csv"} {
				p := dry(t, s, x.who, x.kind, send(t, s, x.who, x.kind, exported(t, s, x.kind, form)))
				if len(p.Problems) > 0 || len(p.Rows) > 0 || p.Same != size(t, s, x.kind) || len(p.Skipped) > 0 {
					t.Errorf("%s as %s: the export read back touches %d rows, same %d, skipped %v, faults %+v", x.kind, form, len(p.Rows), p.Same, p.Skipped, p.Problems)
				}
			}
		}
	})
}

func exported(t *testing.T, s *Service, name, form string) []byte {
	t.Helper()
	k, _ := findKind(name)
	var buf bytes.Buffer
	out := sheet.CSV(&buf)
	if form == "xlsx" {
		out = sheet.XLSX(&buf)
	}
	err := s.DB.View(t.Context(), func(tx *sqldb.Tx) error {
		w, err := newWorld(tx, sysadmin)
		if err != nil {
			return err
		}
		return k.export(tx, w, out)
	})
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestTemplatesAreTablesThatCanBeImported(t *testing.T) {
	for _, k := range kinds {
		for _, lang := range []locale.Lang{locale.ZH, locale.EN} {
			var buf bytes.Buffer
			if err := k.template(&buf, lang); err != nil {
				t.Fatal(k.name, err)
			}
			m, err := k.mapping(lang)
			if err != nil {
				t.Fatal(err)
			}
			d, err := sheet.Open("t.xlsx", bytes.NewReader(buf.Bytes()), int64(buf.Len()), m.Options())
			if err != nil {
				t.Fatal(k.name, err)
			}
			if err := m.Check(d.Header); err != nil {
				t.Error(k.name, err)
			}
			if len(d.Header.Names) != len(k.columns) || len(d.Info.Sheets) != 2 {
				t.Errorf("%s: %d columns, sheets %v", k.name, len(d.Header.Names), d.Info.Sheets)
			}
		}
	}
}

func TestTheSecondEditorIsToldWhatChanged(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := service(t, db)
		confirm(t, s, sysadmin, "texts", book(t, "文字编码|用途|标题|内容", "T01|答复模板|路灯答复|已处理。"))
		k, _ := findKind("texts")
		read := func() (r record) {
			_ = db.View(t.Context(), func(tx *sqldb.Tx) (err error) { r, err = k.one(tx, "T01"); return err })
			return r
		}
		seen := read()
		first, second := k.plain(seen), k.plain(seen)
		first["title"], second["body"] = "路灯", "修好了。"
		if err := s.Save(t.Context(), sysadmin, Save{Kind: "texts", Key: "T01", Typed: first, Seen: seen}); err != nil {
			t.Fatal(err)
		}
		err := s.Save(t.Context(), sysadmin, Save{Kind: "texts", Key: "T01", Typed: second, Seen: seen})
		var changed Changed
		if !errors.As(err, &changed) || changed.Now["title"] != "路灯" || fault.KindOf(err) != fault.Conflict {
			t.Fatalf("second save: %v", err)
		}
		if err := s.Save(t.Context(), sysadmin, Save{Kind: "texts", Key: "T01", Typed: second, Seen: changed.Now}); err != nil {
			t.Error(err)
		}
		_ = db.View(t.Context(), func(tx *sqldb.Tx) error {
			list, err := history(tx, k, "T01")
			if err != nil || len(list) != 3 || len(list[0].Diff) != 2 || list[2].Was != nil {
				t.Errorf("history %+v, %v", list, err)
			}
			return nil
		})
	})
}

func TestUnknownPlaceholdersAreNamed(t *testing.T) {
	if got := unknownHoles("您好{编号}，{姓名}和{电话}，{姓名}", placeholders); len(got) != 1 || got[0] != "{姓名}" {
		t.Errorf("unknown %v", got)
	}
}

func TestAYearIsKnownWhenItsHolidaysAreIn(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := service(t, db)
		rows := []string{"日期|安排|名称"}
		for _, d := range []string{"01-01", "02-06", "02-07", "02-08", "02-09", "04-05", "05-01", "06-09", "09-15", "10-01"} {
			rows = append(rows, "2027-"+d+"|放假|节")
		}
		known := func(want string) {
			t.Helper()
			_ = db.View(t.Context(), func(tx *sqldb.Tx) error {
				if v, err := catalog.LoadSettings(tx); err != nil || v["calendar.known"] != want {
					t.Errorf("known %q, %v; want %q", v["calendar.known"], err, want)
				}
				return nil
			})
		}
		confirm(t, s, sysadmin, "days", book(t, rows...))
		known("")
		confirm(t, s, sysadmin, "days", book(t, append(rows, "2027-10-02|放假|节")...))
		known("2027")
		if err := s.Remove(t.Context(), sysadmin, Remove{"days", "2027-10-02"}); err != nil || size(t, s, "days") != 10 {
			t.Errorf("remove: %v", err)
		}
	})
}
