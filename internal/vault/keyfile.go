package vault

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// keyFile is what is on disk: two Tink keysets, encrypted when Wrapped.
type keyFile struct {
	Format  int    `json:"format"`
	Wrapped bool   `json:"wrapped"` // by the key in GONGZHI_KEK
	Seal    []byte `json:"seal"`
	Find    []byte `json:"find"`
}

// Open reads the key file at path and makes one on first start. The file is
// never overwritten: with its keys gone, so are the contact data. kek, base64 of
// 32 bytes or empty, wraps the keys so that the file alone is worth nothing.
func Open(path, kek string) (*Vault, error) {
	wrap, err := wrapping(kek)
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := create(path, wrap); err != nil {
			return nil, fmt.Errorf("make key file: %w", err)
		}
		raw, err = os.ReadFile(path) // another process may have been faster: read what is there
	}
	if err != nil {
		return nil, fmt.Errorf("read key file: %w", err)
	}
	if err := private(path); err != nil {
		return nil, err
	}
	v, err := parse(raw, wrap)
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", path, err)
	}
	return v, nil
}

// Test returns a vault with new keys that are kept nowhere.
func Test() *Vault {
	raw, err := newKeys(nil)
	if err != nil {
		panic(err)
	}
	v, err := parse(raw, nil)
	if err != nil {
		panic(err)
	}
	return v
}

func wrapping(kek string) (tink.AEAD, error) {
	if kek == "" {
		return nil, nil
	}
	key, err := base64.StdEncoding.DecodeString(kek)
	if err != nil || len(key) != 32 {
		return nil, errors.New("GONGZHI_KEK: want 32 bytes in base64, as made by: openssl rand -base64 32")
	}
	return subtle.NewAESGCM(key)
}

func private(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("read key file: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("key file %s can be read by others (mode %o): run chmod 600 %s", path, mode, path)
	}
	return nil
}

// create writes a complete file under another name and links it into place,
// which fails when something is there already. Nobody ever sees half a file.
func create(path string, wrap tink.AEAD) error {
	raw, err := newKeys(wrap)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".keys-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(raw)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func newKeys(wrap tink.AEAD) ([]byte, error) {
	seal, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	find, err := keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate())
	if err != nil {
		return nil, err
	}
	f := keyFile{Format: 1, Wrapped: wrap != nil}
	if f.Seal, err = write(seal, wrap); err != nil {
		return nil, err
	}
	if f.Find, err = write(find, wrap); err != nil {
		return nil, err
	}
	raw, err := json.MarshalIndent(f, "", "  ")
	return append(raw, '\n'), err
}

func write(h *keyset.Handle, wrap tink.AEAD) ([]byte, error) {
	var buf bytes.Buffer
	w := keyset.NewBinaryWriter(&buf)
	var err error
	if wrap == nil {
		err = insecurecleartextkeyset.Write(h, w)
	} else {
		err = h.Write(w, wrap)
	}
	return buf.Bytes(), err
}

func parse(raw []byte, wrap tink.AEAD) (*Vault, error) {
	var f keyFile
	if err := json.Unmarshal(raw, &f); err != nil || f.Format != 1 {
		return nil, errors.New("not a key file of this program")
	}
	switch {
	case f.Wrapped && wrap == nil:
		return nil, errors.New("its keys are wrapped: set GONGZHI_KEK to the key that wraps them")
	case !f.Wrapped && wrap != nil:
		return nil, errors.New("its keys are not wrapped, yet GONGZHI_KEK is set: unset it")
	}
	seal, err := read(f.Seal, wrap)
	if err != nil {
		return nil, err
	}
	find, err := read(f.Find, wrap)
	if err != nil {
		return nil, err
	}
	return assemble(seal, find)
}

func read(raw []byte, wrap tink.AEAD) (*keyset.Handle, error) {
	r := keyset.NewBinaryReader(bytes.NewReader(raw))
	if wrap == nil {
		return insecurecleartextkeyset.Read(r)
	}
	h, err := keyset.Read(r, wrap)
	if err != nil {
		return nil, errors.New("GONGZHI_KEK is not the key that wraps its keys")
	}
	return h, nil
}

func assemble(seal, find *keyset.Handle) (*Vault, error) {
	a, err := aead.New(seal)
	if err != nil {
		return nil, err
	}
	p, err := prf.NewPRFSet(find)
	if err != nil {
		return nil, err
	}
	return &Vault{a, p}, nil
}
