package setup

import (
	"context"
	"net/http"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

func signalKind() *kind {
	return &kind{name: "signals", what: "signal", change: "setup.catalog", key: "code",
		columns: []column{
			{name: "code", sort: code, required: true, max: 40},
			{name: "name", required: true, max: 40, list: true},
			{name: "kind", sort: choice, options: catalog.SignalKinds, labels: "catalog.signal_kind_", required: true, list: true},
			{name: "words", sort: text, required: true, max: 1500, list: true},
			{name: "within", sort: count, lo: 0, hi: 200, blank: "16"},
			{name: "off", sort: text, max: 2500},
			{name: "phone", row: "phone", max: 20, list: true},
			{name: "service", row: "phone", max: 40},
			{name: "advice", sort: text, required: true, max: 200},
			{name: "urgency", row: "urgency", sort: choice, options: []string{"urgent", "normal"}, labels: "request.urgency_", required: true, blank: "urgent"},
			{name: "limit", row: "urgency", sort: limit, blank: "2h", list: true},
			{name: "sort", sort: count, hi: 1_000_000},
			{name: "active", sort: truth, blank: "1", list: true},
		},
		all: func(tx *sqldb.Tx) ([]record, error) {
			list, err := catalog.Signals(tx)
			return records(list, err, signalRecord)
		},
		save: saveSignal, check: checkSignal, decode: decode(signalRecord)}
}

func signalRecord(x catalog.Signal) record {
	return record{"code": x.Code, "name": x.Name, "kind": x.Kind, "words": catalog.GroupWords(x.Words), "within": number(x.Window), "off": strings.Join(x.Off, "、"),
		"phone": x.Phone, "service": x.Service, "advice": x.Advice, "urgency": x.Urgency, "limit": limitText(x.Limit), "sort": number(x.Sort),
		"active": yes(x.Active), "_rev": number(x.Rev)}
}

func signalOf(r record) catalog.Signal {
	return catalog.Signal{Code: r["code"], Name: r["name"], Kind: r["kind"], Words: catalog.WordGroups(r["words"]), Window: whole(r["within"]), Off: apart(r["off"]),
		Phone: r["phone"], Service: r["service"], Advice: r["advice"], Urgency: r["urgency"], Limit: limitOf(r["limit"]), Sort: whole(r["sort"]), Active: r["active"] == "1"}
}

func saveSignal(tx *sqldb.Tx, by string, r, was record) error {
	return catalog.SaveSignal(tx, by, signalOf(r), whole(was["_rev"]))
}

// checkSignal refuses what would go off everywhere, or call nobody.
func checkSignal(_ *world, now, _ record, add problem) {
	groups := catalog.WordGroups(now["words"])
	if len(groups) == 0 {
		add("words", "setup.signals_no_words")
	}
	if len(groups) == 1 {
		for _, w := range groups[0] {
			if len([]rune(w)) < 2 {
				add("words", "setup.signals_short", w)
				return
			}
		}
	}
	if strings.Trim(now["phone"], "0123456789-") != "" {
		add("phone", "setup.signals_phone_wrong")
	}
	if now["urgency"] == "urgent" && now["limit"] == "" {
		add("limit", "setup.signals_limit_missing")
	}
}

// SignalTrial is the box in which a sentence is tried out.
type SignalTrial struct {
	Typed   string
	Asked   bool
	Fired   []SignalFound
	Stopped []SignalFound
}

// SignalFound is a signal that a sentence gives, or would give but for a word.
type SignalFound struct{ Name, Path, Words, By, Phone, Advice, Limit string }

func trySignals(tx *sqldb.Tx, b page.Base, typed string) (*SignalTrial, error) {
	t := &SignalTrial{Typed: typed, Asked: typed != ""}
	list, err := catalog.Signals(tx)
	if err != nil {
		return nil, err
	}
	fired, stopped := catalog.NewAlarm(list).Read(typed)
	found := func(x catalog.Signal, words []string, by string) SignalFound {
		return SignalFound{x.Name, b.URL("/setup/data/signals/entry/" + x.Code), "“" + strings.Join(words, "”“") + "”", by, x.Phone, x.Advice, limitWords(b.Lang, limitText(x.Limit))}
	}
	for _, x := range fired {
		t.Fired = append(t.Fired, found(x.Signal, x.Found, ""))
	}
	for _, x := range stopped {
		t.Stopped = append(t.Stopped, found(x.Signal, x.Found, x.By))
	}
	return t, nil
}

// PlantSignals takes over those of the default signals that the city has not.
func (s *Service) PlantSignals(ctx context.Context, a actor.Actor) (n int, err error) {
	if err := actor.Can(a, "setup.catalog"); err != nil {
		return 0, err
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Lock("setup.signals"); err != nil {
			return err
		}
		if n, err = catalog.PlantSignals(tx, a.HistoryID()); err != nil {
			return err
		}
		return actor.Deed(tx, a, "setup.create", "signals", number(n))
	})
	if err != nil {
		return 0, err
	}
	return n, s.Reload(ctx)
}

func (s *Service) plantSignals(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.PlantSignals(r.Context(), actor.From(r.Context())); err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "setup.signals_planted")
	return web.See(w, r, "/setup/data/signals")
}
