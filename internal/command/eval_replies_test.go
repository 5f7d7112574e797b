package command

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"gongzhi/internal/reply"
)

// checked runs gongzhi eval replies and reads what it prints.
func checked(t *testing.T, args ...string) (out replies) {
	t.Helper()
	var printed, said bytes.Buffer
	if err := Run(t.Context(), append([]string{"eval", "replies"}, args...), nil, &printed, &said); err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	if err := json.Unmarshal(printed.Bytes(), &out); err != nil {
		t.Fatalf("%v in %s", err, printed.String())
	}
	return out
}

func TestEvalRepliesCountsAndShowsWhatItFinds(t *testing.T) {
	rows := file(t, "rows.csv", "id,title,text,reply\n1,路灯,路灯坏了三天,经核实，我所将尽快安排维修。\n2,路灯,路灯坏了三天,网友：您好！留言已收悉\n3,路灯,路灯坏了三天,路灯已于5月12日修好。\n")
	got := checked(t, "--file", rows, "--id", "id", "--request", "title,text", "--reply", "reply", "--json")
	if got.Rows != 3 || got.Flagged != 2 {
		t.Errorf("got %d rows and %d flagged, want 3 and 2", got.Rows, got.Flagged)
	}
	if k := got.Kinds[reply.Undated]; k.Found != 1 || len(k.Examples) != 1 || k.Examples[0].Row != "1" || k.Examples[0].Passage == "" {
		t.Errorf("undated: %+v", k)
	}
	drawn := checked(t, "--file", rows, "--id", "id", "--request", "title,text", "--reply", "reply", "--draw", "5")
	if len(drawn.Sample) != 2 {
		t.Fatalf("drew %+v, want both findings", drawn.Sample)
	}
	words := "id,kind,mark,verdict\n"
	for _, s := range drawn.Sample {
		words += s.Row + "," + string(s.Kind) + "," + s.Mark + ",right\n"
	}
	j := checked(t, "--file", rows, "--id", "id", "--request", "title,text", "--reply", "reply", "--judged", file(t, "judged.csv", words+"9,undated,00000000,wrong\n")).Judged
	if j.Right != 2 || j.Wrong != 0 || j.Gone != 1 || j.Precision != 1 {
		t.Errorf("got %+v, want two right and one gone", j)
	}
}

// TestAPersonAgreesWithTheReplyCheck recomputes, from judgements that are kept,
// how often what the check warns of is right.
func TestAPersonAgreesWithTheReplyCheck(t *testing.T) {
	data := filepath.Join("..", "..", "..", "shared", "data", "messages", "replied_before_2018.csv")
	if _, err := os.Stat(data); err != nil {
		if os.Getenv("GONGZHI_SHARED") == "required" {
			t.Fatal(err)
		}
		t.Skip("the real messages are not here: ", err)
	}
	got := checked(t, "--file", data, "--id", "留言编号", "--request", "留言主题,留言详情", "--reply", "答复意见", "--judged", "../reply/testdata/judged.csv")
	j := got.Judged
	if n := j.Right + j.Wrong; n < 50 || j.Gone > 5 {
		t.Errorf("%d judgements count and %d are of findings no longer made: judge a new sample", n, j.Gone)
	}
	for kind, k := range j.Kinds {
		if got.Kinds[kind].Level == reply.Warn && k.Precision < 0.85 {
			t.Errorf("%s is right in %.2f of %d: too often wrong for a warning", kind, k.Precision, k.Right+k.Wrong)
		}
	}
	if got.PerReplyMS > 20 {
		t.Errorf("an answer takes %.1f ms", got.PerReplyMS)
	}
	t.Logf("%d rows, %.0f%% flagged, precision %.2f of %d judged, %.2f ms each", got.Rows, 100*float64(got.Flagged)/float64(got.Rows), j.Precision, j.Right+j.Wrong, got.PerReplyMS)
}
