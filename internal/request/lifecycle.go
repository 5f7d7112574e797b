package request

import "gongzhi/internal/matter"

// States of a request.
const (
	Registered        = "registered"         // 登记
	Answered          = "answered"           // 直接答复
	Diverted          = "diverted"           // 不派单，已告知途径
	ToDispatch        = "to_dispatch"        // 待派单
	PreConsult        = "pre_consult"        // 派前会商
	ToAccept          = "to_accept"          // 待签收
	InProgress        = "in_progress"        // 办理中
	Waiting           = "waiting"            // 等诉求人补充
	ObjectionReview   = "objection_review"   // 退单待裁定
	ExtensionReview   = "extension_review"   // 延期待批
	HoldReview        = "hold_review"        // 挂账待批
	OnHold            = "on_hold"            // 挂账
	TerminationReview = "termination_review" // 终止待批
	Terminated        = "terminated"         // 终止
	Replied           = "replied"            // 已答复待审核
	ToCallback        = "to_callback"        // 待回访
	Closed            = "closed"             // 办结
	Archived          = "archived"           // 归档
	Merged            = "merged"             // 已并案
	Withdrawn         = "withdrawn"          // 已撤回
)

// Deeds: the events of a request.
const (
	DeedReceived           = "received"
	DeedImported           = "imported"
	DeedSettled            = "settled" // had been answered where it was imported from
	DeedAnswered           = "answered"
	DeedDiverted           = "diverted"
	DeedQualified          = "qualified"
	DeedConsulted          = "consulted"
	DeedConsultSaid        = "consult_said"
	DeedConsultEnded       = "consult_ended"
	DeedDispatched         = "dispatched"
	DeedRecalled           = "recalled" // taken back before the unit accepted it
	DeedAccepted           = "accepted"
	DeedObjected           = "objected"
	DeedObjectionUpheld    = "objection_upheld"
	DeedObjectionRejected  = "objection_rejected"
	DeedAssistCalled       = "assist_called"
	DeedAssistAccepted     = "assist_accepted"
	DeedAssistAnswered     = "assist_answered"
	DeedAssistReleased     = "assist_released"
	DeedContacted          = "contacted"
	DeedAsked              = "asked"
	DeedSupplemented       = "supplemented"
	DeedResumed            = "resumed"
	DeedExtensionAsked     = "extension_asked"
	DeedExtensionGranted   = "extension_granted"
	DeedExtensionRefused   = "extension_refused"
	DeedHoldAsked          = "hold_asked"
	DeedHoldGranted        = "hold_granted"
	DeedHoldRefused        = "hold_refused"
	DeedTerminationAsked   = "termination_asked"
	DeedTerminationGranted = "termination_granted"
	DeedTerminationRefused = "termination_refused"
	DeedNoted              = "noted"
	DeedReplied            = "replied"
	DeedReviewPassed       = "review_passed"
	DeedReviewFailed       = "review_failed"
	DeedCallbackTried      = "callback_tried"
	DeedClosed             = "closed"
	DeedReopened           = "reopened"
	DeedArchived           = "archived"
	DeedUrged              = "urged"
	DeedRechecked          = "rechecked" // a person looked again because the resident asked
	DeedRecounted          = "recounted" // its date was counted anew, because calendar or rules changed
	DeedReminded           = "reminded"  // by the ladder, at a share of a limit
	DeedSupervised         = "supervised"
	DeedEscalated          = "escalated"
	DeedReclassified       = "reclassified"
	DeedFollowed           = "followed"
	DeedMerged             = "merged"
	DeedAbsorbed           = "absorbed"
	DeedUnmerged           = "unmerged" // a merge was a mistake: it goes on by itself
	DeedParted             = "parted"   // the same, on the one that it had been merged into
	DeedSplit              = "split"
	DeedWithdrawn          = "withdrawn"
	DeedExclusionAsked     = "exclusion_asked"   // a unit asks to leave it out of rates, or appeals
	DeedExclusionDecided   = "exclusion_decided" // and somebody else decides
)

// underWay are the states in which a unit has the request.
var underWay = []string{ToAccept, InProgress, Waiting, ObjectionReview, ExtensionReview, HoldReview, OnHold, TerminationReview}

// Life is the state machine of a request: one table, from which the program
// decides and prints its documentation. The sources are the regulations named
// in docs/glossary.md; where none is named the move is our decision.
var Life = matter.Lifecycle{
	Kind: "request",
	States: []matter.State{
		{Name: Registered}, {Name: ToDispatch}, {Name: PreConsult}, {Name: ToAccept}, {Name: InProgress}, {Name: Waiting},
		{Name: ObjectionReview}, {Name: ExtensionReview}, {Name: HoldReview}, {Name: OnHold}, {Name: TerminationReview},
		{Name: Replied}, {Name: ToCallback},
		{Name: Answered, Final: true}, {Name: Diverted, Final: true}, {Name: Terminated, Final: true}, {Name: Closed, Final: true},
		{Name: Archived, Final: true}, {Name: Merged, Final: true}, {Name: Withdrawn, Final: true},
	},
	Moves: []matter.Move{
		{Event: DeedReceived, To: []string{Registered, ToDispatch}, Source: "北京条例 10"},
		{Event: DeedImported, To: []string{ToDispatch}},
		{From: []string{ToDispatch}, Event: DeedSettled, To: []string{Replied, Closed}},
		{From: []string{Registered, ToDispatch, PreConsult}, Event: DeedAnswered, To: []string{Answered}, Source: "北京条例 11；济南条例 23(1)"},
		{From: []string{Registered, ToDispatch, PreConsult}, Event: DeedDiverted, To: []string{Diverted}, Source: "北京条例 11；潍坊条例 19"},
		{From: []string{Registered}, Event: DeedQualified, To: []string{ToDispatch}},
		{From: []string{ToDispatch}, Event: DeedConsulted, To: []string{PreConsult}, Source: "北京条例 12"},
		{From: []string{PreConsult}, Event: DeedConsultSaid, Source: "北京条例 12"},
		{From: []string{PreConsult}, Event: DeedConsultEnded, To: []string{ToDispatch}, Source: "北京条例 12"},
		{From: []string{ToDispatch, PreConsult}, Event: DeedDispatched, To: []string{ToAccept}, Source: "北京条例 12–13；济南条例 29"},
		{From: []string{ToAccept}, Event: DeedRecalled, To: []string{ToDispatch}},
		{From: []string{ToAccept}, Event: DeedAccepted, To: []string{InProgress}},
		{From: []string{ToAccept, InProgress}, Event: DeedObjected, To: []string{ObjectionReview}, Source: "北京条例 12；潍坊条例 22"},
		{From: []string{ObjectionReview}, Event: DeedObjectionUpheld, To: []string{ToDispatch}, Source: "潍坊条例 22"},
		{From: []string{ObjectionReview}, Event: DeedObjectionRejected, To: []string{ToAccept}, Source: "潍坊条例 22：裁定后不得再退"},
		{From: underWay, Event: DeedAssistCalled, Source: "北京条例 14"},
		{From: underWay, Event: DeedAssistAccepted},
		{From: underWay, Event: DeedAssistAnswered, Source: "北京条例 14"},
		{From: underWay, Event: DeedAssistReleased},
		{From: underWay, Event: DeedContacted, Source: "北京条例 15(1)"},
		{From: []string{InProgress}, Event: DeedAsked, To: []string{Waiting}},
		{From: []string{"*"}, Event: DeedSupplemented, Source: "北京条例 8"},
		{From: []string{Waiting, OnHold}, Event: DeedResumed, To: []string{InProgress}, Source: "济南条例 24"},
		{From: []string{InProgress}, Event: DeedExtensionAsked, To: []string{ExtensionReview}, Source: "北京条例 15(2)"},
		{From: []string{ExtensionReview}, Event: DeedExtensionGranted, To: []string{InProgress}},
		{From: []string{ExtensionReview}, Event: DeedExtensionRefused, To: []string{InProgress}},
		{From: []string{InProgress}, Event: DeedHoldAsked, To: []string{HoldReview}, Source: "济南条例 24(3)"},
		{From: []string{HoldReview}, Event: DeedHoldGranted, To: []string{OnHold}, Source: "济南条例 24(3)"},
		{From: []string{HoldReview}, Event: DeedHoldRefused, To: []string{InProgress}},
		{From: []string{InProgress}, Event: DeedTerminationAsked, To: []string{TerminationReview}, Source: "潍坊条例 21"},
		{From: []string{TerminationReview}, Event: DeedTerminationGranted, To: []string{Terminated}, Source: "潍坊条例 21"},
		{From: []string{TerminationReview}, Event: DeedTerminationRefused, To: []string{InProgress}},
		{From: []string{"*", Closed, Archived, Answered, Diverted}, Event: DeedNoted},
		{From: []string{InProgress}, Event: DeedReplied, To: []string{Replied}, Source: "北京条例 15；济南条例 24；潍坊条例 20"},
		{From: []string{Replied}, Event: DeedReviewFailed, To: []string{InProgress}, Source: "济南条例 27"},
		{From: []string{Replied}, Event: DeedReviewPassed, To: []string{ToCallback}, Source: "济南条例 27"},
		{From: []string{ToCallback}, Event: DeedCallbackTried, Source: "北京条例 23"},
		{From: []string{ToCallback}, Event: DeedClosed, To: []string{Closed}, Source: "北京条例 23"},
		{From: []string{ToCallback, Closed, Archived}, Event: DeedReopened, To: []string{InProgress}, Source: "济南条例 27：重办"},
		{From: []string{Closed, Answered, Diverted, Terminated}, Event: DeedArchived, To: []string{Archived}},
		{From: []string{"*"}, Event: DeedUrged},
		{From: []string{"*"}, Event: DeedRechecked, Source: "个人信息保护法 24"},
		{From: []string{"*"}, Event: DeedRecounted},
		{From: []string{"*"}, Event: DeedReminded},
		{From: []string{"*"}, Event: DeedSupervised, Source: "济南条例 28；潍坊条例 26"},
		{From: []string{"*"}, Event: DeedEscalated, Source: "北京条例 20"},
		{From: []string{"*"}, Event: DeedReclassified},
		{From: []string{"*"}, Event: DeedFollowed},
		{From: []string{Registered, ToDispatch, PreConsult, ToAccept, InProgress, Waiting}, Event: DeedMerged, To: []string{Merged}},
		{From: []string{"*"}, Event: DeedAbsorbed},
		{From: []string{Merged}, Event: DeedUnmerged, To: []string{ToDispatch}},
		{From: []string{"*", Answered, Diverted, Terminated, Closed, Archived, Merged, Withdrawn}, Event: DeedParted},
		{From: []string{"*"}, Event: DeedSplit},
		{From: []string{"*", Answered, Diverted, Terminated, Closed, Archived}, Event: DeedExclusionAsked, Source: "潍坊条例 27：职责范围内的事才考核"},
		{From: []string{"*", Answered, Diverted, Terminated, Closed, Archived}, Event: DeedExclusionDecided},
		{From: []string{Registered, ToDispatch, PreConsult, ToAccept, InProgress, Waiting}, Event: DeedWithdrawn, To: []string{Withdrawn}},
	},
}
