package setup

import (
	"context"
	"net/http"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

func limitKind() *kind {
	return &kind{name: "limits", what: "limit", change: "setup.catalog", key: "code",
		columns: []column{
			{name: "code", sort: code, required: true, max: 60},
			{name: "stage", row: "stage", sort: choice, options: catalog.LimitStages, labels: "catalog.stage_", required: true, blank: "handle", list: true},
			{name: "limit", row: "stage", sort: limit, required: true, list: true},
			{name: "starts", row: "stage", sort: choice, options: catalog.LimitStarts, labels: "catalog.starts_", required: true, blank: "dispatch"},
			{name: "applies", max: 60, list: true},
			{name: "types", sort: many, options: request.Types, labels: "request.type_", list: true},
			{name: "category", row: "category", sort: category, list: true},
			{name: "urgency", row: "category", sort: choice, options: []string{"normal", "urgent"}, labels: "request.urgency_"},
			{name: "statutory", sort: truth},
			{name: "source", max: 200, list: true},
			{name: "note", sort: text, max: 300},
			{name: "from", row: "from", sort: day},
			{name: "until", row: "from", sort: day},
			{name: "profile", max: 60},
			{name: "sort", sort: count, hi: 1_000_000},
			{name: "active", sort: truth, blank: "1", list: true},
		},
		all: func(tx *sqldb.Tx) ([]record, error) {
			list, err := catalog.LimitRules(tx)
			return records(list, err, limitRecord)
		},
		save: func(tx *sqldb.Tx, by string, r, was record) error {
			return catalog.SaveLimitRule(tx, by, ruleOf(r), whole(was["_rev"]))
		},
		check: checkLimitRule, decode: decode(limitRecord)}
}

func limitRecord(x catalog.LimitRule) record {
	return record{"code": x.Code, "stage": x.Stage, "limit": x.Limit.String(), "starts": x.Starts, "applies": x.Applies, "types": strings.Join(x.Types, "、"), "category": x.Category,
		"urgency": x.Urgency, "statutory": yes(x.Statutory), "source": x.Source, "note": x.Note, "from": x.From, "until": x.Until, "profile": x.Profile, "sort": number(x.Sort),
		"active": yes(x.Active), "_rev": number(x.Rev)}
}

func ruleOf(r record) catalog.LimitRule {
	return catalog.LimitRule{Code: r["code"], Stage: r["stage"], Limit: limitOf(r["limit"]), Starts: r["starts"], Applies: r["applies"], Types: apart(r["types"]), Category: r["category"],
		Urgency: r["urgency"], Statutory: r["statutory"] == "1", Source: r["source"], Note: r["note"], From: r["from"], Until: r["until"], Profile: r["profile"], Sort: whole(r["sort"]),
		Active: r["active"] == "1"}
}

func checkLimitRule(_ *world, now, _ record, add problem) {
	if now["from"] != "" && now["until"] != "" && now["until"] < now["from"] {
		add("until", "setup.limits_until_before")
	}
	if now["statutory"] == "1" && now["source"] == "" {
		add("source", "setup.limits_no_source")
	}
}

// TakeProfile takes over a set of published rules from a day on: the rules in
// force from another set end on the day before, those of the city's own stay.
type TakeProfile struct {
	Profile string
	From    string // first day
}

// TakeProfile takes it over and says how many rules are new.
func (s *Service) TakeProfile(ctx context.Context, a actor.Actor, c TakeProfile) (n int, err error) {
	if err := actor.Can(a, "setup.catalog"); err != nil {
		return 0, err
	}
	profile, err := findProfile(c.Profile)
	if err != nil {
		return 0, err
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Lock("setup.limits"); err != nil {
			return err
		}
		w, err := newWorld(tx, a)
		if err != nil {
			return err
		}
		day, key, args := readDay(nil, c.From, w)
		if key != "" {
			return fault.Fields{{Name: "from", Key: key, Args: args}}
		}
		if n, err = catalog.TakeLimitProfile(tx, a.HistoryID(), profile, day); err != nil {
			return err
		}
		return actor.Deed(tx, a, "setup.create", "limits", profile.Profile)
	})
	if err != nil {
		return 0, err
	}
	return n, s.Reload(ctx)
}

func findProfile(name string) (catalog.LimitProfile, error) {
	list, err := catalog.LimitProfiles()
	if err != nil {
		return catalog.LimitProfile{}, err
	}
	for _, p := range list {
		if p.Profile == name {
			return p, nil
		}
	}
	return catalog.LimitProfile{}, fault.Fields{{Name: "profile", Key: "setup.limits_no_profile"}}
}

func profileOptions(list []catalog.LimitProfile) []page.Option {
	out := make([]page.Option, len(list))
	for i, p := range list {
		out[i] = page.Option{Value: p.Profile, Label: p.Name}
	}
	return out
}

// ProfileBox takes a published set of rules over.
type ProfileBox struct {
	Problems      page.Problems
	Profile, From page.Field
	Options       []page.Option
	Known         []catalog.LimitProfile
}

func newProfileBox(b page.Base, typed *web.Values, failed error) *ProfileBox {
	known, _ := catalog.LimitProfiles() // what comes with the program is read in a test
	x := &ProfileBox{Problems: b.Problems(failed), Options: profileOptions(known), Known: known}
	from := typed.String("from", 20)
	if from == "" {
		from = b.Now.In(b.Zone).Format(time.DateOnly)
	}
	x.Profile = page.Field{Name: "profile", Label: b.T("setup.limits_profile_which"), Value: typed.String("profile", 60), Error: x.Problems.Of("profile")}
	x.From = page.Field{Name: "from", Label: b.T("setup.limits_profile_from"), Type: "date", Value: from, Error: x.Problems.Of("from"), Class: "w-m"}
	return x
}

func (s *Service) takeProfile(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	_, err = s.TakeProfile(r.Context(), actor.From(r.Context()), TakeProfile{v.String("profile", 60), v.String("from", 20)})
	if fault.KindOf(err) == fault.Invalid {
		return s.drawList(w, r, http.StatusUnprocessableEntity, limitKind(), v, "", err)
	}
	if err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "setup.limits_taken")
	return web.See(w, r, "/setup/data/limits")
}

type takeProfileIn struct {
	Body struct {
		Profile string `json:"profile" maxLength:"60"`
		From    string `json:"from" format:"date"`
	}
}

type takenItem struct {
	Rules int `json:"rules"`
}

func (s *Service) apiTakeProfile(ctx context.Context, in *takeProfileIn) (takenItem, error) {
	n, err := s.TakeProfile(ctx, actor.From(ctx), TakeProfile{in.Body.Profile, in.Body.From})
	return takenItem{n}, err
}

// profileLine is one rule of a profile in a line.
func profileLine(b page.Base, r catalog.ProfileRule) string {
	return b.T("setup.limits_line", b.T("catalog.stage_"+r.Stage), r.Applies, limitWords(b.Lang, r.Limit), b.T("catalog.starts_"+r.From))
}
