package intake

import (
	"context"
	"net/http"
	"slices"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// Deeds that an agent takes down for who calls. They are the same as on the page
// of the receipt.
const (
	VoiceRate       = "rate"
	VoiceUnsolved   = "unsolved"
	VoiceSupplement = "supplement"
	VoiceWithdraw   = "withdraw"
	VoiceUnfollow   = "unfollow"
)

type voiceBody struct {
	show.Seen
	Deed    string `json:"deed" enum:"rate,unsolved,supplement,withdraw,unfollow"`
	Solved  string `json:"solved,omitempty" enum:"yes,partly"`
	Stars   int64  `json:"stars,omitempty" minimum:"1" maximum:"5"`
	Text    string `json:"text,omitempty" maxLength:"2000"`
	Contact string `json:"contact,omitempty" maxLength:"40"`
}

// apiVoice is voice for another system, such as a call centre's own.
func (s *Service) apiVoice(ctx context.Context, in *show.On[voiceBody]) (out show.Done, err error) {
	who, b := actor.From(ctx), &in.Body
	var o *request.Order
	err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		o, err = request.FindNumber(tx, who, in.Clean())
		return err
	})
	if err != nil {
		return out, err
	}
	if err := s.Voice(ctx, who, Voice{o, b.Version, b.Deed, b.Solved, b.Stars, b.Text, b.Contact}); err != nil {
		return out, err
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		out, err = show.Now(tx, who, in.Clean())
		return err
	})
	return out, err
}

// Voice is what a resident says on the telephone about his own request. The deed
// is his; that an agent took it down is a line of its own before it.
type Voice struct {
	Order   *request.Order
	Version int64
	Deed    string
	Solved  string // of a rating: yes, partly
	Stars   int64
	Text    string
	Contact string // of who no longer follows
}

// Voice is VoiceTx in a unit of work of its own.
func (s *Service) Voice(ctx context.Context, a actor.Actor, c Voice) error {
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error { return s.VoiceTx(tx, a, c) })
}

// VoiceTx takes it down.
func (s *Service) VoiceTx(tx *sqldb.Tx, a actor.Actor, c Voice) error {
	if err := actor.Can(a, "intake.desk"); err != nil {
		return err
	}
	o, err := request.Load(tx, a, c.Order.ID, c.Version)
	if err != nil {
		return err
	}
	if !slices.Contains(voices(o), c.Deed) {
		return fault.Fields{{Name: "voice.deed", Key: "intake.voice_choose"}}
	}
	if err := o.Record(tx, a, request.Deed{Name: request.DeedNoted, Body: map[string]string{"voice": c.Deed}}); err != nil {
		return err
	}
	return prefixedFields(s.speak(tx, o, c))
}

// speak does the deed in the resident's name.
func (s *Service) speak(tx *sqldb.Tx, o *request.Order, c Voice) error {
	switch c.Deed {
	case VoiceRate:
		return s.RateTx(tx, holder, Rating{ID: o.ID, Solved: c.Solved, Stars: c.Stars, Text: c.Text})
	case VoiceUnsolved:
		return s.UnsolvedTx(tx, holder, o.ID, c.Text)
	case VoiceSupplement:
		return s.SupplementTx(tx, holder, Supplement{ID: o.ID, Text: c.Text})
	case VoiceWithdraw:
		return s.WithdrawTx(tx, holder, o.ID, c.Text)
	}
	return s.StopTx(tx, o.ID, c.Contact)
}

// prefixedFields names the fields of a verb as the panel does.
func prefixedFields(err error) error { return renamedFields("voice.", err) }

// voices are the deeds that the request allows now.
func voices(o *request.Order) []string {
	var out []string
	if Rateable(o) {
		out = append(out, VoiceRate)
	}
	if Rateable(o) || over(o) {
		out = append(out, VoiceUnsolved)
	}
	if request.Life.Allows(o.State, request.DeedSupplemented) {
		out = append(out, VoiceSupplement)
	}
	if request.Life.Allows(o.State, request.DeedWithdrawn) {
		out = append(out, VoiceWithdraw)
	}
	if o.Followers > 0 {
		out = append(out, VoiceUnfollow)
	}
	return out
}

// voiceForm is the panel "for a caller".
type voiceForm struct {
	page.Base
	O         *request.Order
	F         *show.Failed
	Deeds     []string
	Followers []page.Option
}

func (s *Service) voicePanel(tx *sqldb.Tx, b page.Base, a actor.Actor, o *request.Order, f *show.Failed) ([]show.Panel, error) {
	deeds := voices(o)
	if !actor.Allowed(a, "intake.desk") || len(deeds) == 0 {
		return nil, nil
	}
	x := voiceForm{Base: b, O: o, F: f, Deeds: deeds}
	if o.Followers > 0 {
		all, err := request.Contacts(tx, a, o)
		if err != nil {
			return nil, err
		}
		for _, c := range all {
			if c.Kind == "follower" {
				x.Followers = append(x.Followers, page.Option{Value: c.ID, Label: c.Text})
			}
		}
	}
	if len(x.Followers) == 0 {
		x.Deeds = slices.DeleteFunc(x.Deeds, func(d string) bool { return d == VoiceUnfollow })
	}
	if len(x.Deeds) == 0 {
		return nil, nil
	}
	return []show.Panel{{ID: "voice", Label: b.T("intake.act_voice"), Body: voicePanel(x)}}, nil
}

func (x voiceForm) field(name, label string) page.Field {
	return page.Field{Name: "voice." + name, Label: x.T(label), Value: x.F.Value("voice", "voice."+name, ""), Error: x.F.Error(x.Base, "voice."+name)}
}

func (x voiceForm) options(prefix string, codes ...string) []page.Option {
	var out []page.Option
	for _, c := range codes {
		out = append(out, page.Option{Value: c, Label: x.T(prefix + c)})
	}
	return out
}

func (x voiceForm) problems() page.Problems {
	if x.F == nil || x.F.Panel != "voice" {
		return nil
	}
	return x.Problems(x.F.Err)
}

// voice answers POST /case/{number}/voice.
func (s *Service) voice(w http.ResponseWriter, r *http.Request) error {
	return show.Act(s.Case, "voice", func(r *http.Request, a actor.Actor, number string, version int64, v *web.Values) error {
		var o *request.Order
		err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
			o, err = request.FindNumber(tx, a, number)
			return err
		})
		if err != nil {
			return err
		}
		c := Voice{Order: o, Version: version, Deed: v.String("voice.deed"), Solved: v.String("voice.solved"), Stars: int64(v.Int("voice.stars")), Text: v.Text("voice.text", MaxBody), Contact: v.String("voice.contact")}
		if err := v.Err(); err != nil {
			return err
		}
		return s.Voice(r.Context(), a, c)
	})(w, r)
}
