package command

import "gongzhi/internal/locale"

// words names a state or a deed of a request in Chinese.
func words(code string) string {
	for _, key := range []string{"request.state_" + code, "request.deed_" + code} {
		if locale.Has(locale.ZH, key) {
			return locale.T(locale.ZH, key)
		}
	}
	return code
}
