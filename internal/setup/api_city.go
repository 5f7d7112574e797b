package setup

import (
	"context"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/job"
	"gongzhi/internal/sqldb"
)

// cityAPI is what is no list of entries.
func (s *Service) cityAPI(a *api.API) {
	api.Add(a, api.Op{ID: "settings", Method: "GET", Path: "/setup/settings", Policy: "setup.look", Pages: []string{"GET /setup/settings"}}, s.apiSettings)
	api.Add(a, api.Op{ID: "settings-save", Method: "PUT", Path: "/setup/settings", Policy: "setup.city", Pages: []string{"POST /setup/settings"}}, s.apiSaveSettings)
	api.Add(a, api.Op{ID: "duty-try", Method: "GET", Path: "/setup/duty", Policy: "setup.look", Pages: []string{"GET /setup/data/{kind}"}}, s.apiTry)
	api.Add(a, api.Op{ID: "duty-check", Method: "GET", Path: "/setup/duties/check", Policy: "setup.look", Pages: []string{"GET /setup/duties/check"}}, s.apiDutyCheck)
	api.Add(a, api.Op{ID: "signals-try", Method: "POST", Path: "/setup/signals/try", Policy: "setup.look", Pages: []string{"POST /setup/signals/try"}}, s.apiTrySentence)
	api.Add(a, api.Op{ID: "signals-plant", Method: "POST", Path: "/setup/signals/default", Policy: "setup.city", Pages: []string{"POST /setup/signals/default"}}, s.apiPlantSignals)
	api.Add(a, api.Op{ID: "limits-take", Method: "POST", Path: "/setup/limits/profile", Policy: "setup.catalog", Pages: []string{"POST /setup/limits/profile"}}, s.apiTakeProfile)
	api.Add(a, api.Op{ID: "border", Method: "PUT", Path: "/setup/borders/{key}", Policy: "setup.city", Body: MaxUpload * 3 / 2, Pages: []string{"POST /setup/border/{key}"}}, s.apiBorder)
	api.Add(a, api.Op{ID: "jobs", Method: "GET", Path: "/jobs", Policy: "setup.look", Pages: []string{"GET /setup/jobs"}}, s.apiJobs)
	api.Add(a, api.Op{ID: "job-retry", Method: "POST", Path: "/jobs/{id}/retry", Policy: "setup.city", Pages: []string{"POST /setup/jobs/retry"}}, s.apiRetry)
	api.Add(a, api.Op{ID: "default-points", Method: "GET", Path: "/setup/points", Policy: "setup.look", Pages: []string{"GET /setup/points"}}, s.apiPoints)
	api.Add(a, api.Op{ID: "default-point-decide", Method: "POST", Path: "/setup/points/{key}", Policy: "setup.city", Pages: []string{"POST /setup/points"}}, s.apiDecidePoint)
}

// settingsItem are the named values in force. Seen stands for all of them: it
// goes back with a change.
type settingsItem struct {
	Values map[string]string `json:"values"`
	Seen   string            `json:"seen"`
}

func (s *Service) apiSettings(ctx context.Context, _ *struct{}) (out settingsItem, err error) {
	out.Values = map[string]string{}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		now, err := catalog.LoadSettings(tx)
		for _, x := range settings {
			out.Values[x.name] = inForce(x, now)
		}
		out.Seen = seenMark(now)
		return err
	})
	return out, err
}

func inForce(x setting, now catalog.Settings) string {
	if v := now[x.name]; v != "" {
		return v
	}
	return x.initial
}

type saveSettingsIn struct {
	Body struct {
		Values map[string]string `json:"values"`
		Seen   string            `json:"seen" maxLength:"100"`
	}
}

func (s *Service) apiSaveSettings(ctx context.Context, in *saveSettingsIn) (settingsItem, error) {
	var now catalog.Settings
	err := s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		now, err = catalog.LoadSettings(tx)
		return err
	})
	if err != nil {
		return settingsItem{}, err
	}
	if in.Body.Seen != seenMark(now) {
		return settingsItem{}, fault.New(fault.Conflict, "catalog.changed_meanwhile", nil)
	}
	typed, left := record{}, len(in.Body.Values)
	for _, x := range settings {
		typed[x.name] = inForce(x, now)
		if v, named := in.Body.Values[x.name]; named {
			typed[x.name] = v
			left--
		}
	}
	if left > 0 {
		return settingsItem{}, fault.Fields{{Name: "body.values", Key: "api.v_unexpected"}}
	}
	if err := s.SaveSettings(ctx, actor.From(ctx), SaveSettings{Typed: typed, Seen: settingsSeen(now)}); err != nil {
		return settingsItem{}, inValues(err)
	}
	return s.apiSettings(ctx, nil)
}

type tryIn struct {
	Category string `query:"category" required:"true" minLength:"1" maxLength:"40"`
	Area     string `query:"area" maxLength:"20"`
	Scope    string `query:"scope" maxLength:"40"`
}

// tryItem is who answers by the duty list, and by which line.
type tryItem struct {
	Lead     string      `json:"lead"`
	LeadName string      `json:"lead_name"`
	Reason   string      `json:"reason"`
	Rule     string      `json:"rule"`
	Fallback bool        `json:"fallback"`
	Assists  []string    `json:"assists"`
	Passed   []foundItem `json:"passed"`
}

func (s *Service) apiTry(ctx context.Context, in *tryIn) (out tryItem, err error) {
	b := s.apiBase(ctx)
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		w, err := newWorld(tx, actor.From(ctx))
		if err != nil {
			return err
		}
		c, err := catalog.Resolve(tx, w.tree, in.Category, catalog.Place{Area: in.Area, Scope: in.Scope}, s.Catalog.Book().Calendar.DayOf(tx.Now))
		if err != nil {
			return err
		}
		answer := w.answer(b, c)
		out = tryItem{Lead: c.Lead.ID, LeadName: c.Lead.Name, Reason: c.Reason, Rule: c.Rule, Fallback: c.Fallback, Assists: answer.Assists}
		for _, x := range answer.Passed {
			out.Passed = append(out.Passed, foundItem{x.Label, x.Note})
		}
		return nil
	})
	return out, err
}

type borderIn struct {
	Key  string `path:"key" maxLength:"20"`
	Body struct {
		File  []byte `json:"file"`
		Datum string `json:"datum,omitempty" enum:"wgs84,cgcs2000,gcj02,bd09" default:"wgs84"`
	}
}

func (s *Service) apiBorder(ctx context.Context, in *borderIn) (api.None, error) {
	return api.None{}, s.SaveBorder(ctx, actor.From(ctx), SaveBorder{Area: in.Key, File: in.Body.File, Datum: in.Body.Datum})
}

type jobsItem struct {
	Counts []countItem `json:"counts"`
	Dead   []deadItem  `json:"dead"`
}

type countItem struct {
	Kind   string     `json:"kind"`
	State  string     `json:"state"`
	N      int64      `json:"n"`
	Oldest *time.Time `json:"oldest,omitempty"`
}

type deadItem struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"`
	Died    time.Time `json:"died_at"`
	Trouble string    `json:"trouble"`
}

func (s *Service) apiJobs(ctx context.Context, _ *struct{}) (out jobsItem, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		counts, err := job.Counts(tx)
		if err != nil {
			return err
		}
		for _, c := range counts {
			out.Counts = append(out.Counts, countItem{c.Kind, c.State, c.N, moment(c.Oldest)})
		}
		dead, err := job.Dead(tx)
		for _, d := range dead {
			out.Dead = append(out.Dead, deadItem{d.ID, d.Kind, d.Died.UTC(), d.Trouble})
		}
		return err
	})
	return out, err
}

type jobIn struct {
	ID string `path:"id" maxLength:"60"`
}

func (s *Service) apiRetry(ctx context.Context, in *jobIn) (api.None, error) {
	return api.None{}, s.Retry(ctx, actor.From(ctx), in.ID)
}

type sentenceIn struct {
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"2000"`
	}
}

// signalsOut are the signals that a sentence gives, the shortest limit first,
// and those that a word near theirs turned off.
type signalsOut struct {
	Fired   []signalItem `json:"fired"`
	Stopped []signalItem `json:"stopped"`
}

type signalItem struct {
	Code  string   `json:"code"`
	Name  string   `json:"name"`
	Found []string `json:"found"`
	By    string   `json:"by,omitempty"`
	Phone string   `json:"phone"`
}

func (s *Service) apiTrySentence(ctx context.Context, in *sentenceIn) (signalsOut, error) {
	out := signalsOut{Fired: []signalItem{}, Stopped: []signalItem{}}
	fired, stopped := s.Catalog.Book().Alarm.Read(in.Body.Text)
	for _, x := range fired {
		out.Fired = append(out.Fired, signalItem{x.Code, x.Name, x.Found, "", x.Phone})
	}
	for _, x := range stopped {
		out.Stopped = append(out.Stopped, signalItem{x.Code, x.Name, x.Found, x.By, x.Phone})
	}
	return out, nil
}

type plantedItem struct {
	Planted int `json:"planted"`
}

func (s *Service) apiPlantSignals(ctx context.Context, _ *struct{}) (plantedItem, error) {
	n, err := s.PlantSignals(ctx, actor.From(ctx))
	return plantedItem{n}, err
}

// dutyFindingItem is one thing that the checks find in the duty list.
type dutyFindingItem struct {
	Kind     string   `json:"kind"`
	Line     string   `json:"line"`
	Category string   `json:"category"`
	Others   []string `json:"others"`
	Unit     string   `json:"unit"`
	Day      string   `json:"day"`
	Blocks   bool     `json:"blocks"`
}

type dutyFindingsOut struct {
	Lines int               `json:"lines"`
	Items []dutyFindingItem `json:"items"`
}

func (s *Service) apiDutyCheck(ctx context.Context, _ *struct{}) (out dutyFindingsOut, err error) {
	out.Items = []dutyFindingItem{}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		w, err := newWorld(tx, actor.From(ctx))
		if err != nil {
			return err
		}
		all, n, err := s.dutyFindings(tx, w)
		out.Lines = n
		for _, f := range all {
			out.Items = append(out.Items, foundOf(f))
		}
		return err
	})
	return out, err
}

func foundOf(f catalog.DutyFinding) dutyFindingItem {
	others := f.Others
	if others == nil {
		others = []string{}
	}
	return dutyFindingItem{f.Kind, f.Line, f.Category, others, f.Unit, f.Day, f.Contradicts()}
}

// findingsOf are what the check of the whole list finds about one line.
func (s *Service) findingsOf(ctx context.Context, tx *sqldb.Tx, line string) (out []dutyFindingItem, err error) {
	w, err := newWorld(tx, actor.From(ctx))
	if err != nil {
		return nil, err
	}
	all, _, err := s.dutyFindings(tx, w)
	for _, f := range about(all, line) {
		out = append(out, foundOf(f))
	}
	return out, err
}
