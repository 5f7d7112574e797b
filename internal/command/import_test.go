package command

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

const callTable = `留言编号,留言用户,留言主题,留言时间,留言详情,点赞数
1,甲,路灯不亮,2026/2/27 9:05:00,梧桐路三盏路灯坏了,3
2,乙,下水道堵,二月,小区下水道堵了,0
`

func TestImportReportsAsJSONAndAddsNothingTwice(t *testing.T) {
	dir, db := t.TempDir(), sqldbtest.Address(t, sqldb.SQLite)
	file := filepath.Join(dir, "calls.csv")
	if err := os.WriteFile(file, []byte(callTable), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (report, error) {
		var out, errs bytes.Buffer
		var r report
		err := Run(t.Context(), append([]string{"import", "requests", "--data", dir, "--db", db, "--mapping", "../../mappings/messages-stream.json", "--json"}, args...), nil, &out, &errs)
		if e := json.Unmarshal(out.Bytes(), &r); e != nil && err == nil {
			t.Fatalf("%v: %s", e, out.String())
		}
		return r, err
	}
	for i, x := range []struct {
		args               []string
		imported, existing int64
	}{{[]string{"--dry-run", file}, 1, 0}, {[]string{file}, 1, 0}, {[]string{file}, 0, 1}} {
		r, err := run(x.args...)
		if err != nil || r.Rows != 2 || r.Imported != x.imported || r.Existing != x.existing || r.Refused != 1 {
			t.Errorf("run %d: %+v, %v; want 2 rows, %d imported, %d there already, 1 refused", i+1, r, err, x.imported, x.existing)
		}
		if len(r.Problems) != 1 || r.Problems[0].Row != 3 || !strings.Contains(r.Problems[0].Message, "二月") {
			t.Errorf("run %d: problems %+v, want one of row 3 that says what is wrong", i+1, r.Problems)
		}
	}
	if _, err := run(filepath.Join(dir, "none.csv")); err == nil {
		t.Error("a file that is not there is no error")
	}
	if err := os.WriteFile(file, []byte("a,b\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err := run(file); err == nil || r.Error == "" {
		t.Errorf("a file without the columns: %v, %q; want an error in words", err, r.Error)
	}
}
