package app_test

import (
	"encoding/json"

	"gongzhi/internal/actor"
	"gongzhi/internal/score"
)

// lapScores keeps a scheme, tries a copy of it out, and scores the month.
func (z *fuzz) lapScores() {
	const sys = actor.SysAdmin
	s, _, err := score.Template("three-rates-30-35-35")
	if err != nil {
		z.t.Fatal(err)
	}
	s.Items = append(s.Items, score.Item{Code: "bonus", Name: "加分项", Kind: score.Bonus})
	text, err := json.Marshal(s)
	if err != nil {
		z.t.Fatal(err)
	}
	first := m2("scheme", z.do(sys, "scheme-create", nil, m{"text": string(text)})["id"].(string))
	z.do(sys, "scheme-save", first, m{"text": string(text), "rev": 1})
	copied := m2("scheme", z.do(sys, "scheme-copy", first, nil)["id"].(string))
	z.do(sys, "scheme-remove", copied, m{"rev": 1})
	z.do(sys, "scheme-force", first, m{"from": z.app.DB.Now().Format("2006-01"), "rev": 2})
	z.do(actor.Auditor, "scheme", first, nil)
	z.do(actor.Auditor, "schemes", nil, nil)
	z.do(actor.Supervisor, "scores", nil, nil)
	z.do(actor.Supervisor, "score-unit", m2("unit", "lighting"), nil)
	z.do(actor.Supervisor, "score-give", m2("unit", "lighting"), m{"month": z.app.DB.Now().Format("2006-01"), "item": "bonus", "value": "2.5", "reason": "主动治理，通报表扬"})
	z.do(actor.Supervisor, "rates", nil, nil)
}
