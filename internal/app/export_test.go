package app_test

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"gongzhi/internal/actor"
	"gongzhi/internal/app"
	"gongzhi/internal/catalog"
	"gongzhi/internal/datasecurity"
	"gongzhi/internal/fault"
	"gongzhi/internal/intake"
	"gongzhi/internal/sqldb"
)

// sitting is somebody with a session of his own.
func sitting(t *testing.T, a *app.App, login string) actor.Actor {
	t.Helper()
	b, token := signedIn(t, a.Handler(), login), ""
	for name, v := range b.cookies {
		if strings.HasSuffix(name, "session") {
			token = v
		}
	}
	var who actor.Actor
	err := a.DB.View(t.Context(), func(tx *sqldb.Tx) (err error) {
		who, _, err = actor.Session(tx, token)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return who
}

func exporting(t *testing.T, f func(t *testing.T, a *app.App, advance func(time.Duration))) {
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
		t.Run(d.String(), func(t *testing.T) {
			a, clock := openCity(t, d)
			f(t, a, func(d time.Duration) { clock.Add(d) })
		})
	}
}

func contactExport(format string) datasecurity.Ask {
	return datasecurity.Ask{List: "list", Query: url.Values{}, Format: format, Contact: true, Reason: "逐件电话核实"}
}

func TestAnExportIsFetchedOnceInItsOwnSessionAndInTime(t *testing.T) {
	exporting(t, func(t *testing.T, a *app.App, advance func(time.Duration)) {
		received(t, a, intake.Report{Body: "路灯不亮", Category: "010101", Phone: "13811112222", Name: "周女士"})
		s := a.DataSecurity
		who, other := sitting(t, a, "dispatcher1101"), sitting(t, a, "supervisor1301")
		advance(time.Second)
		elsewhere := sitting(t, a, "dispatcher1101")
		e, err := s.Export(t.Context(), who, contactExport("csv"))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Take(t.Context(), elsewhere, e.ID); fault.KindOf(err) != fault.Denied {
			t.Errorf("from another session: %v", err)
		}
		if _, _, err := s.Take(t.Context(), other, e.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("by somebody else: %v", err)
		}
		_, data, err := s.Take(t.Context(), who, e.ID)
		if err != nil || !strings.Contains(string(data), "13811112222") {
			t.Fatalf("%v, %.200s", err, data)
		}
		if _, _, err := s.Take(t.Context(), who, e.ID); fault.KindOf(err) != fault.Conflict {
			t.Errorf("a second time: %v", err)
		}
		late, err := s.Export(t.Context(), who, contactExport("csv"))
		if err != nil {
			t.Fatal(err)
		}
		advance(16 * time.Minute)
		if _, _, err := s.Take(t.Context(), who, late.ID); fault.KindOf(err) != fault.Conflict {
			t.Errorf("after a quarter of an hour: %v", err)
		}
		if err := s.SweepExports(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := kept(t, a); n != 0 {
			t.Errorf("%d files are still named after the sweep", n)
		}
	})
}

// kept is how many exports name a file.
func kept(t *testing.T, a *app.App) (n int) {
	t.Helper()
	err := a.DB.View(t.Context(), func(tx *sqldb.Tx) error {
		return tx.QueryRow(`select cast(count(*) as bigint) from datasecurity_export where file <> ''`).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestManyContactsNeedASecondPerson(t *testing.T) {
	exporting(t, func(t *testing.T, a *app.App, advance func(time.Duration)) {
		received(t, a, intake.Report{Body: "路灯不亮", Category: "010101", Phone: "13811112222"})
		set(t, a, "export.approve", "0")
		s := a.DataSecurity
		asker, boss := sitting(t, a, "supervisor1301"), sitting(t, a, "secadmin1551")
		e, err := s.Export(t.Context(), asker, contactExport("csv"))
		if err != nil || e.State != datasecurity.Asked {
			t.Fatalf("%+v, %v", e, err)
		}
		if err := s.Go(t.Context(), asker, e.ID); fault.KindOf(err) != fault.Conflict {
			t.Errorf("made before anybody said yes: %v", err)
		}
		if err := s.Rule(t.Context(), asker, datasecurity.Rule{Export: e.ID, Yes: true}); fault.KindOf(err) != fault.Denied {
			t.Errorf("approved by who asked: %v", err)
		}
		if err := s.Rule(t.Context(), boss, datasecurity.Rule{Export: e.ID, Yes: true}); err != nil {
			t.Fatal(err)
		}
		if err := s.Rule(t.Context(), boss, datasecurity.Rule{Export: e.ID, Yes: false, Remark: "太多了"}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("ruled on twice: %v", err)
		}
		if err := s.Go(t.Context(), asker, e.ID); err != nil {
			t.Fatal(err)
		}
		if _, data, err := s.Take(t.Context(), asker, e.ID); err != nil || !strings.Contains(string(data), "13811112222") {
			t.Errorf("%v, %.200s", err, data)
		}
		no, err := s.Export(t.Context(), asker, contactExport("csv"))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Rule(t.Context(), boss, datasecurity.Rule{Export: no.ID}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("refused without a word: %v", err)
		}
		advance(73 * time.Hour)
		if err := s.SweepExports(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.Rule(t.Context(), boss, datasecurity.Rule{Export: no.ID, Yes: true}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("approved after three days: %v", err)
		}
	})
}

func set(t *testing.T, a *app.App, name, value string) {
	t.Helper()
	err := a.DB.Update(t.Context(), func(tx *sqldb.Tx) error { return catalog.SaveSetting(tx, name, value) })
	if err == nil {
		err = a.Reload(context.WithoutCancel(t.Context()))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Contact data leave to who has just proved that he sits there; without them a
// table asks for nothing.
func TestContactDataNeedAFreshProof(t *testing.T) {
	a, clock := openCity(t, sqldb.SQLite)
	received(t, a, intake.Report{Body: "路灯不亮", Category: "010101", Phone: "13811112222"})
	who := sitting(t, a, "dispatcher1101")
	clock.Add(6 * time.Minute)
	if _, err := a.DataSecurity.Export(t.Context(), who, contactExport("csv")); !errors.Is(err, actor.ErrStepUp) {
		t.Errorf("six minutes after the proof: %v", err)
	}
	masked := contactExport("csv")
	masked.Contact = false
	e, err := a.DataSecurity.Export(t.Context(), who, masked)
	if err != nil {
		t.Fatal(err)
	}
	if _, data, err := a.DataSecurity.Take(t.Context(), who, e.ID); err != nil || strings.Contains(string(data), "13811112222") || !strings.Contains(string(data), "138****2222") {
		t.Errorf("%v, %.200s", err, data)
	}
}

// Nobody's name who reported a wrongdoing leaves in a table, whoever asks.
func TestNoTableNamesAReporterOfWrongdoing(t *testing.T) {
	exporting(t, func(t *testing.T, a *app.App, _ func(time.Duration)) {
		received(t, a, intake.Report{Body: "吃拿卡要", Type: "report", Category: "010101", Phone: "13833334444", Name: "吴先生"})
		received(t, a, intake.Report{Body: "路灯不亮", Category: "010101", Phone: "13811112222"})
		for _, login := range []string{"dispatcher1101", "supervisor1301", "reviewer1201"} {
			who := sitting(t, a, login)
			e, err := a.DataSecurity.Export(t.Context(), who, contactExport("csv"))
			if err != nil {
				t.Fatal(err)
			}
			_, data, err := a.DataSecurity.Take(t.Context(), who, e.ID)
			if err != nil || strings.Contains(string(data), "13833334444") || strings.Contains(string(data), "吴先生") || !strings.Contains(string(data), "13811112222") {
				t.Errorf("%s: %v, %.300s", login, err, data)
			}
		}
	})
}

// A workbook with everything that somebody might smuggle in: types, formulas,
// whose copy it is.
func TestAWorkbookIsTypedMarkedAndHarmless(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	const evil = `=cmd|' /C calc'!A0`
	r := received(t, a, intake.Report{Body: evil, Category: "010101", Address: "＋1;=2号", Phone: "13811112222", Name: "@周"})
	who := sitting(t, a, "dispatcher1101")
	e, err := a.DataSecurity.Export(t.Context(), who, contactExport("xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	_, data, err := a.DataSecurity.Take(t.Context(), who, e.ID)
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sheet := f.GetSheetList()[0]
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	head := rows[0]
	at := func(name string) string { return rows[1][slices.Index(head, name)] }
	if at("编号") != r.Number || at("标题") != strings.TrimSuffix(evil, "!A0") || at("电话") != "13811112222" || at("水印") != e.Number+"·dispatcher1101" {
		t.Errorf("row %q", rows[1])
	}
	for i := range head {
		cell, _ := excelize.CoordinatesToCellName(i+1, 2)
		kind, _ := f.GetCellType(sheet, cell)
		formula, _ := f.GetCellFormula(sheet, cell)
		if formula != "" || kind == excelize.CellTypeFormula {
			t.Errorf("%s is a formula: %q", cell, formula)
		}
	}
	if props, err := f.GetDocProps(); err != nil || !strings.Contains(props.Identifier, e.Number) || !strings.Contains(props.Creator, "1101") {
		t.Errorf("properties %+v, %v", props, err)
	}
	if last := rows[len(rows)-1]; !strings.Contains(last[0], e.Number) {
		t.Errorf("last row %q", last)
	}
}

// A long list is made behind the people at work, and the masthead tells.
func TestALongExportIsMadeInTheBackground(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	err := a.DB.Update(t.Context(), func(tx *sqldb.Tx) error {
		for range 2_050 {
			if err := actor.Deed(tx, actor.System, "setup.change", "x", ""); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b := signedIn(t, a.Handler(), "auditor1401")
	b.open("/export/audit?kind=deed")
	b.submit("/export/audit", url.Values{"format": {"csv"}})
	run := b.path
	if !strings.Contains(b.text(), "正在生成") {
		t.Fatalf("at %s: %.600s", b.path, b.text())
	}
	if err := a.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b.open("/audit"); !strings.Contains(b.text(), "导出 1") {
		t.Errorf("the masthead does not tell: %.300s", b.text())
	}
	b.open(run)
	b.submit(run+"/file", nil)
	if n := strings.Count(b.body, "\r\n"); n < 2_050 {
		t.Errorf("%d lines", n)
	}
}
