package sqldb

import (
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// liteDSN is the driver's address of a file, opened for one purpose.
func liteDSN(file string, more ...string) string {
	name := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath()}).String()
	return name + "?" + strings.Join(append([]string{"_dqs=0"}, more...), "&")
}

func syncFile(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close(), os.Chmod(name, 0o600))
}

// copyFile copies and does not return before the copy would survive a power cut.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}
