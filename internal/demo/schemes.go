package demo

import (
	"context"
	"encoding/json"
	"fmt"

	"gongzhi/internal/actor"
	"gongzhi/internal/app"
	"gongzhi/internal/assessment/scoring"
	"gongzhi/internal/score"
)

// demoScheme is the template that the fictional city took over.
const demoScheme = "three-rates-30-35-35"

// schemes puts a scheme in force from the first month of the history on, and
// leaves a draft to compare it with.
func (c *City) schemes(ctx context.Context, a *app.App, p Plan) error {
	s, ok, err := score.Template(demoScheme)
	if err != nil || !ok {
		return fmt.Errorf("template %s: %w", demoScheme, err)
	}
	s.Code, s.Name, s.Source = "yunze", "云泽市每月考核", "云泽市接诉即办考核办法（演示）"
	s.Notes = []string{"响应率 30 分、解决率 35 分、满意率 35 分，按比例计分。", "每月受理不足 15 件的单位不排名次。", "基本满意算满意；没联系上的不算在满意率的分母里。"}
	s.Grades = []score.Grade{{Name: "优秀", From: num("95")}, {Name: "良好", From: num("90")}, {Name: "合格", From: num("80")}, {Name: "需改进"}}
	v, err := keepScheme(ctx, a, s)
	if err != nil {
		return err
	}
	from := p.Until.In(a.Catalog.Book().Calendar.Zone).AddDate(0, 0, -p.Days).Format("2006-01")
	if err := a.Scoring.Enforce(ctx, actor.System, scoring.Enforce{ID: v.ID, Rev: v.Rev, From: from}); err != nil {
		return err
	}
	s.Name, s.Choices = "明年考核（试算）", map[string]string{"basic": "no", "unreached": "in"}
	s.Notes = []string{"试算：基本满意不算满意，没联系上的算在分母里。"}
	_, err = keepScheme(ctx, a, s)
	return err
}

func keepScheme(ctx context.Context, a *app.App, s *score.Scheme) (scoring.Version, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return scoring.Version{}, err
	}
	return a.Scoring.Save(ctx, actor.System, scoring.Save{Text: text})
}

func num(s string) *score.Num {
	n := score.Must(s)
	return &n
}
