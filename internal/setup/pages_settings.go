package setup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/notice"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// setting is a named value of the city: words, or a whole number from lo to hi.
type setting struct {
	name    string
	initial string // in force while nothing is set
	lo, hi  int    // of a number; hi 0: words
}

// settings in the order of the page.
var settings = slices.Concat([]setting{
	{name: "city.name"}, {name: "city.phone", initial: "12345"}, {name: "city.zone", initial: "Asia/Shanghai"},
	{"office.close", "18", 12, 24}, {name: "office.hours", initial: "9:00-12:00,13:30-18:00"}, {"calendar.known", "", 2000, 2100},
	{"default.limit", "5", 1, 60}, {"consult.days", "1", 1, 10}, {name: "duty.last"}, {"return.days", "2", 1, 10}, {"extension.days", "10", 1, 60}, {"extension.hour", "0", 0, 23}, {"ask.days", "3", 1, 30}, {"recheck.days", "1", 1, 10},
	{"exclusion.ask_days", "10", 1, 60}, {"exclusion.decide_days", "5", 1, 30}, {"exclusion.appeal_days", "5", 1, 30},
	{"repeat.times", "3", 2, 50}, {"repeat.people", "5", 2, 1000}, {"repeat.days", "90", 7, 730},
	{"callback.tries", "3", 1, 10}, {name: "callback.skip", initial: "no_reply,no_contact,consult"}, {"archive.days", "7", 0, 365},
	{"device.per_minute", "60", 1, 6000}, {"device.per_second", "200", 1, 10_000}, {"device.new_hour", "30", 1, 1000}, {"device.age_hours", "24", 1, 168}, {"device.keep_days", "30", 7, 3650},
	{"export.rows", "50000", 100, 1_000_000}, {"export.approve", "200", 0, 100_000},
	{name: "notice.order", initial: "wechat,sms,mail"}, {name: "notice.quiet.sms", initial: "22:00-08:00"}, {name: "notice.quiet.wechat", initial: "22:00-08:00"},
	{name: "notice.quiet.mail"}, {"notice.budget", "10", 0, 100}, {"notice.keep", "48", 1, 240},
	{"mail.flood", "20", 1, 1000}, {"mail.keep_days", "180", 30, 3650}, {"sms.keep_days", "180", 30, 3650},
}, answers())

// answers are the words by which residents answer an SMS; they are asked last.
func answers() (out []setting) {
	for _, x := range notice.Answers {
		out = append(out, setting{name: x.Name, initial: x.Initial})
	}
	return out
}

// emptiable are settings of which nothing at all means something: no quiet hours,
// no word for an answer.
func (x setting) emptiable() bool {
	return strings.HasPrefix(x.name, notice.SetQuiet) || strings.HasPrefix(x.name, "reply.")
}

// field is the name of the setting's field and of its words: dots belong to
// the catalogue of words.
func (x setting) field() string { return strings.ReplaceAll(x.name, ".", "_") }

// SettingsPage is the form of all settings.
type SettingsPage struct {
	page.Base
	Can      bool
	Fields   []page.Field
	Problems page.Problems
	Seen     string
	Changed  []Line // what somebody else changed meanwhile
	History  []Edit
}

func (s *Service) settingsPage(w http.ResponseWriter, r *http.Request) error {
	return s.showSettings(w, r, http.StatusOK, nil, nil)
}

// showSettings draws the form; typed is nil where what is in force is shown.
func (s *Service) showSettings(w http.ResponseWriter, r *http.Request, status int, typed record, fail error) error {
	p := SettingsPage{Base: s.Base(w, r, "setup.settings"), Can: actor.Allowed(actor.From(r.Context()), "setup.city")}
	p.Problems = p.Base.Problems(fail)
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		now, err := catalog.LoadSettings(tx)
		if err != nil {
			return err
		}
		p.Seen = settingsSeen(now)
		if fault.KindOf(fail) == fault.Conflict {
			p.Problems, p.Changed = nil, p.since(typed["seen"], now)
		}
		for _, x := range settings {
			p.Fields = append(p.Fields, p.field(x, now, typed))
		}
		return p.past(tx)
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, status, settingsForm(p))
}

// since are the settings that differ from what the editor saw.
func (p *SettingsPage) since(seen string, now catalog.Settings) []Line {
	var out []Line
	for i, was := range strings.Split(seen, seenBreak) {
		if i < len(settings) && was != now[settings[i].name] {
			out = append(out, Line{p.T("setup.set_" + settings[i].field()), was, now[settings[i].name]})
		}
	}
	return out
}

const seenBreak = "\x1f"

// seenMark stands for all settings where they need not be shown again.
func seenMark(now catalog.Settings) string {
	sum := sha256.Sum256([]byte(settingsSeen(now)))
	return hex.EncodeToString(sum[:16])
}

func settingsSeen(now catalog.Settings) string {
	parts := make([]string, len(settings))
	for i, x := range settings {
		parts[i] = now[x.name]
	}
	return strings.Join(parts, seenBreak)
}

func (p *SettingsPage) field(x setting, now catalog.Settings, typed record) page.Field {
	f := page.Field{Name: x.field(), Label: p.T("setup.set_" + x.field()), Hint: p.T("setup.set_" + x.field() + "_note"), Value: now[x.name], Error: p.Problems.Of(x.field())}
	if _, set := now[x.name]; f.Value == "" && !(set && x.emptiable()) {
		f.Value = x.initial
	}
	if typed != nil {
		f.Value = typed[x.name]
	}
	if f.Class = "w-m"; x.hi > 0 {
		f.Class, f.Inputmode = "w-s", "numeric"
	}
	return f
}

// past lists the last changes of all settings.
func (p *SettingsPage) past(tx *sqldb.Tx) error {
	rows, err := tx.Query(`select r.id, r.at, coalesce(s.name, r.actor), r.code, r.before, r.after from catalog_revision r left join actor_staff s on s.id = r.actor
		where r.what = 'setting' order by r.id desc limit 30`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var e Edit
		var at int64
		var name, was, now string
		if err := rows.Scan(&e.ID, &at, &e.Who, &name, &was, &now); err != nil {
			return err
		}
		t := sqldb.FromMicros(at)
		e.When, e.Machine = p.DateTime(t), t.Format(time.RFC3339)
		e.Title = p.T("setup.set_" + setting{name: name}.field())
		e.Lines = []Line{{"", strings.Trim(was, `"`), strings.Trim(now, `"`)}}
		p.History = append(p.History, e)
	}
	return rows.Err()
}

// SaveSettings changes the named values of the city.
type SaveSettings struct {
	Typed record
	Seen  string // what the editor saw
}

// SaveSettings keeps those that differ, each with its former value.
func (s *Service) SaveSettings(ctx context.Context, a actor.Actor, c SaveSettings) error {
	if err := actor.Can(a, "setup.city"); err != nil {
		return err
	}
	if err := checkSettings(c.Typed).Err(); err != nil {
		return err
	}
	err := s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Lock("setup.settings"); err != nil {
			return err
		}
		now, err := catalog.LoadSettings(tx)
		if err != nil {
			return err
		}
		if settingsSeen(now) != c.Seen {
			return fault.New(fault.Conflict, "catalog.changed_meanwhile", nil)
		}
		return keepSettings(tx, a, now, c.Typed)
	})
	if err != nil {
		return err
	}
	return s.Reload(ctx)
}

func keepSettings(tx *sqldb.Tx, a actor.Actor, now catalog.Settings, typed record) error {
	for _, x := range settings {
		was, set := now[x.name]
		v, given := typed[x.name]
		if x.emptiable() && (!given || set && was == v || !set && v == x.initial) || !x.emptiable() && (was == v || was == "" && v == x.initial) {
			continue
		}
		if err := catalog.SaveSetting(tx, x.name, v); err != nil {
			return err
		}
		if err := catalog.Revise(tx, a.HistoryID(), "setting", x.name, 0, was, v); err != nil {
			return err
		}
		if err := actor.Deed(tx, a, "setup.setting", x.name, ""); err != nil {
			return err
		}
	}
	return nil
}

func checkSettings(typed record) fault.Fields {
	var fields fault.Fields
	for _, x := range settings {
		v := typed[x.name]
		n, err := strconv.Atoi(v)
		switch {
		case x.hi > 0 && v == "" && x.initial == "":
		case x.hi > 0 && (err != nil || n < x.lo || n > x.hi):
			fields.Add(x.field(), "setup.set_range", x.lo, x.hi)
		case x.name == "city.name" && v == "":
			fields.Add(x.field(), "sheet.required")
		case strings.HasPrefix(x.name, notice.SetQuiet):
			if _, ok := notice.ParseSpan(v); v != "" && !ok {
				fields.Add(x.field(), "setup.set_quiet_wrong")
			}
		case x.name == notice.SetOrder:
			for _, c := range strings.Split(v, ",") {
				if c = strings.TrimSpace(c); c != "" && !slices.Contains(notice.ChannelNames, c) {
					fields.Add(x.field(), "setup.set_order_wrong", c)
				}
			}
		case x.name == "office.hours":
			if _, ok := calendar.ParseHours(v); v != "" && !ok {
				fields.Add(x.field(), "setup.office_hours_wrong")
			}
		case x.name == "city.zone":
			if _, err := time.LoadLocation(v); err != nil || v == "" || v == "Local" {
				fields.Add(x.field(), "setup.set_zone_wrong", v)
			}
		}
	}
	return fields
}

func (s *Service) saveSettings(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	c := SaveSettings{Typed: record{}, Seen: v.Raw("seen")}
	for _, x := range settings {
		if !x.emptiable() || v.Has(x.field()) {
			c.Typed[x.name] = v.String(x.field(), 60)
		}
	}
	err = s.SaveSettings(r.Context(), actor.From(r.Context()), c)
	switch fault.KindOf(err) {
	case "":
		page.SetFlash(w, r, "good", "setup.saved")
		return web.See(w, r, "/setup/settings")
	case fault.Invalid, fault.Conflict:
		c.Typed["seen"] = c.Seen
		return s.showSettings(w, r, web.Status(err), c.Typed, err)
	}
	return err
}
