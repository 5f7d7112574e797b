package request

import "gongzhi/internal/personal"

// Hide takes what names a person out of a text that others read: numbers,
// accounts, the exact dwelling, names (package personal says what).
func Hide(text string) string { return personal.Hide(text) }

// Tells reports whether a text holds anything that names a person.
func Tells(text string) bool { return personal.Tells(text) }

// Scrub puts the sort of what it held in the place of each, for texts that a
// machine learns from.
func Scrub(text string) string { return personal.Scrub(text) }
