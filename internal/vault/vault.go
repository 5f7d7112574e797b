// Package vault keeps what could name a person unreadable in the database. A
// value is sealed with a key that is not in the database and bound to the row it
// belongs to; a keyed token stands for it where rows have to be found by it.
//
// Why these means: docs/adr/0006-contact-data.md.
package vault

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Vault holds the keys. It is safe for use by many goroutines.
type Vault struct {
	aead tink.AEAD
	prf  *prf.Set
}

// ErrSealed says that a value cannot be opened: another key, another row, or
// bytes that somebody changed.
var ErrSealed = errors.New("sealed value cannot be opened with this key and row")

// Seal makes text unreadable without the key, for a text column. row says where
// it will be stored, such as "intake_contact/" + id + "/phone": copied into any
// other place it cannot be opened, so nobody who can write to the database can
// make the program show one person's data as another's. An empty text stays
// empty.
func (v *Vault) Seal(text, row string) (string, error) {
	if text == "" {
		return "", nil
	}
	sealed, err := v.SealBytes([]byte(text), row)
	return base64.RawStdEncoding.EncodeToString(sealed), err
}

// Open is the reverse of Seal, with the same row.
func (v *Vault) Open(sealed, row string) (string, error) {
	if sealed == "" {
		return "", nil
	}
	raw, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		return "", ErrSealed
	}
	text, err := v.OpenBytes(raw, row)
	return string(text), err
}

// SealBytes is Seal for files, 33 bytes longer than what it seals.
func (v *Vault) SealBytes(plain []byte, row string) ([]byte, error) {
	sealed, err := v.aead.Encrypt(plain, []byte(row))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return sealed, nil
}

// OpenBytes is the reverse of SealBytes.
func (v *Vault) OpenBytes(sealed []byte, row string) ([]byte, error) {
	plain, err := v.aead.Decrypt(sealed, []byte(row))
	if err != nil {
		return nil, ErrSealed // the library's words could help somebody who is guessing
	}
	return plain, nil
}

// Token stands for value where rows are found by it: equal values give equal
// tokens, for one purpose, and without the key a token cannot be made or guessed
// even for a value with as few possibilities as a phone number. An empty value
// has no token, so that people who gave none do not match each other.
func (v *Vault) Token(purpose, value string) string {
	if value == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(v.derive(16, "token", purpose, value))
}

// CodeHash is what is stored of the query code of a request: enough to check
// one, useless without the key. Both parts in their written form.
func (v *Vault) CodeHash(number, code string) string {
	return base64.RawURLEncoding.EncodeToString(v.derive(32, "code", number, code))
}

// Key gives 32 bytes for another purpose, such as signing form tokens, that are
// the same after a restart and tell nothing about other keys.
func (v *Vault) Key(purpose string) []byte { return v.derive(32, "key", purpose) }

// Fingerprint tells vaults apart. Store it with the data: when a key file was
// lost and a new one made, the program can say so at start instead of showing
// people that their own records cannot be opened.
func (v *Vault) Fingerprint() string { return v.Token("vault", "fingerprint") }

// derive joins parts with their lengths, so that no two lists of parts give the
// same input however a value is chosen.
func (v *Vault) derive(size uint32, parts ...string) []byte {
	var in []byte
	for _, p := range parts {
		in = binary.AppendUvarint(in, uint64(len(p)))
		in = append(in, p...)
	}
	out, err := v.prf.ComputePrimaryPRF(in, size)
	if err != nil {
		panic("vault: " + err.Error()) // only a size that the function cannot give; ours are constants
	}
	return out
}
