package handling

import (
	"time"

	"github.com/a-h/templ"

	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
)

func conflict(f *show.Failed) bool { return fault.KindOf(f.Err) == fault.Conflict }

// lookAgain reports whether a form came back with findings only.
func lookAgain(f *show.Failed) bool {
	key, _ := fault.KeyOf(f.Err)
	return key == LookAgain
}

func numberField(f page.Field) page.Field {
	f.Inputmode, f.Class, f.Max = "numeric", "w-s", 3
	return f
}

func dateField(f page.Field) page.Field {
	f.Type, f.Class = "date", "w-m"
	return f
}

func timeField(f page.Field) page.Field {
	f.Type, f.Class = "datetime-local", "w-m"
	return f
}

func across(f page.Field) page.Field {
	f.Class = "across"
	return f
}

func optionalField(f page.Field) page.Field {
	f.Optional = true
	return f
}

func hidden(f page.Field) page.Field {
	f.HideLabel = true
	return f
}

// answerField is the public answer, into which texts of the city can be put by
// their initials.
func answerField(x act, texts []catalog.Text, hint string) page.Field {
	f := x.hint("text", "handling.f_answer", hint)
	f.Max = 2000
	if len(texts) > 0 {
		f.Attrs = templ.Attributes{"data-modules": "#answer-texts"}
	}
	return f
}

// taskKind and taskWord are the shape and the word of a task's state.
func taskKind(t request.Task, now time.Time) string {
	switch {
	case t.Open && !t.DueAt.After(now):
		return "late"
	case t.State == request.TaskToAccept:
		return "new"
	case t.State == request.TaskDone:
		return "done"
	case t.State == request.TaskReturned, t.State == request.TaskReleased:
		return "info"
	}
	return ""
}

func taskWord(b page.Base, t request.Task) string {
	if t.State == request.TaskDone && !t.Lead {
		return b.T("handling.task_reported")
	}
	return b.T("handling.task_" + t.State)
}

func taskDue(b page.Base, t request.Task) string {
	switch {
	case t.Open && !t.DueAt.IsZero():
		return b.T("handling.task_due", limitWord(b, t.Limit), b.Short(t.DueAt))
	case !t.DoneAt.IsZero():
		return b.Stamp(t.DoneAt)
	}
	return ""
}
