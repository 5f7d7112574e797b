package wechat

// EncryptWith is Encrypt with the random bytes of a published vector.
func (a Account) EncryptWith(text, random []byte) (string, error) { return a.encrypt(text, random) }
