package wechat

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"time"
)

// padTo is the block WeChat pads to: the size of the key, not that of AES.
const padTo = 32

// headSize are sixteen random bytes and the length of the text, before the text.
const headSize = 16 + 4

func (a Account) decrypt(sealed string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(raw) < aes.BlockSize || len(raw)%aes.BlockSize != 0 {
		return nil, ErrCrypt
	}
	key, err := a.key()
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, ErrCrypt
	}
	cipher.NewCBCDecrypter(block, key[:aes.BlockSize]).CryptBlocks(raw, raw)
	pad := int(raw[len(raw)-1])
	if pad < 1 || pad > padTo || pad > len(raw) {
		return nil, ErrCrypt
	}
	return a.unframe(raw[:len(raw)-pad])
}

// unframe takes the text out of its frame and checks for whom it is: everything
// behind the text is the AppID.
func (a Account) unframe(raw []byte) ([]byte, error) {
	if len(raw) < headSize {
		return nil, ErrCrypt
	}
	n := uint64(binary.BigEndian.Uint32(raw[16:headSize]))
	if n > uint64(len(raw)-headSize) {
		return nil, ErrCrypt
	}
	text, id := raw[headSize:headSize+n], raw[headSize+n:]
	if string(id) != a.AppID || a.AppID == "" {
		return nil, ErrAppID
	}
	return text, nil
}

// Encrypt seals a text for the account, as either side does.
func (a Account) Encrypt(text []byte) (string, error) {
	head := make([]byte, 16)
	rand.Read(head) // never fails since Go 1.24
	return a.encrypt(text, head)
}

func (a Account) encrypt(text, head []byte) (string, error) {
	key, err := a.key()
	if err != nil {
		return "", err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", err
	}
	raw := binary.BigEndian.AppendUint32(bytes.Clone(head), uint32(len(text)))
	raw = append(append(raw, text...), a.AppID...)
	pad := padTo - len(raw)%padTo
	raw = append(raw, bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, key[:aes.BlockSize]).CryptBlocks(raw, raw)
	return base64.StdEncoding.EncodeToString(raw), nil
}

// Seal is a passive reply as it is sent in answer to an encrypted push.
func (a Account) Seal(reply []byte, now time.Time) ([]byte, error) {
	sealed, err := a.Encrypt(reply)
	if err != nil {
		return nil, err
	}
	return a.wrap(sealed, strconv.FormatInt(now.Unix(), 10), rand.Text()), nil
}

func (a Account) wrap(sealed, timestamp, nonce string) []byte {
	var b bytes.Buffer
	b.WriteString("<xml>")
	element(&b, "Encrypt", sealed)
	element(&b, "MsgSignature", a.Sign(timestamp, nonce, sealed))
	b.WriteString("<TimeStamp>" + timestamp + "</TimeStamp>")
	element(&b, "Nonce", nonce)
	b.WriteString("</xml>")
	return b.Bytes()
}
