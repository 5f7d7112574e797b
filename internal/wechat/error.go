package wechat

import (
	"errors"
	"fmt"
	"slices"
)

// Error is a refusal of WeChat's API.
type Error struct {
	Code int
	Text string // WeChat's own words, for the log and the settings page
}

func (e *Error) Error() string { return fmt.Sprintf("wechat: %d %s", e.Code, e.Text) }

// Codes that others have to know.
const (
	codeBusy      = -1
	CodeQuota     = 45009 // the day's calls are used up
	CodeWhitelist = 40164 // our address is not on the account's list
	CodeSecret    = 40125
	CodeAppID     = 40013
	CodeRight     = 48001 // the account may not use this part of the API
)

// spent are the codes of a token that is not valid any more.
var spent = []int{40001, 40014, 41001, 42001}

// hopeless are the codes that trying again will not mend: the person or what was
// sent is at fault. What the office can put right, such as a wrong secret, a missing
// address on the whitelist or a template that was removed, is not among them.
var hopeless = []int{40003, 40007, 41006, 41009, 43004, 43019, 43101, 43107, 47001, 47003, 50002, 48002}

// gone are the codes that say nothing reaches the person.
var gone = []int{40003, 43004, 43019, 43101, 48002, 50002}

// Permanent reports an error that trying again will not mend.
func Permanent(err error) bool { return coded(err, hopeless) }

// Gone reports that the person has left or has refused messages.
func Gone(err error) bool { return coded(err, gone) }

func coded(err error, codes []int) bool {
	var e *Error
	return errors.As(err, &e) && slices.Contains(codes, e.Code)
}

// CodeOf is WeChat's code of an error, 0 when it is none of WeChat's.
func CodeOf(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}
