package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed assets/*.css assets/*.js assets/*.svg all:assets/dist
var assetFiles embed.FS

const assetPrefix = "/assets/"

type asset struct {
	kind        string
	plain, gzip []byte
}

// assets holds every file under its hashed name, and assetURLs the address of each plain name.
var assets, assetURLs = loadAssets(assetFiles)

func loadAssets(fsys fs.FS) (byName map[string]asset, urls map[string]string) {
	byName, urls = map[string]asset{}, map[string]string{}
	entries, err := fs.ReadDir(fsys, "assets")
	if err != nil {
		panic(err) // the files are embedded: this is a broken build
	}
	for _, e := range entries {
		kind, ok := assetKinds[path.Ext(e.Name())]
		if e.IsDir() || !ok {
			continue
		}
		raw, err := fs.ReadFile(fsys, path.Join("assets", e.Name()))
		if err != nil {
			panic(err)
		}
		raw = smallest(fsys, e.Name(), raw)
		hashed := hashedName(e.Name(), raw)
		byName[hashed] = asset{kind, raw, squeeze(raw)}
		urls[e.Name()] = assetPrefix + hashed
	}
	return byName, urls
}

// smallest is the minified build of a source when `make assets` has made one from this very text. A program built
// without it, or with one older than the source, serves the source: bigger, never stale.
func smallest(fsys fs.FS, name string, source []byte) []byte {
	built, err := fs.ReadFile(fsys, path.Join("assets/dist", name))
	if err != nil || !bytes.HasPrefix(built, []byte(StampOf(source))) {
		return source
	}
	return built
}

// StampOf is the comment at the head of a minified file that names the source it was made from.
func StampOf(source []byte) string {
	sum := sha256.Sum256(source)
	return "/*" + hex.EncodeToString(sum[:6]) + "*/"
}

var assetKinds = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

func hashedName(name string, raw []byte) string {
	sum := sha256.Sum256(raw)
	ext := path.Ext(name)
	return strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
}

func squeeze(raw []byte) []byte {
	var buf bytes.Buffer
	z, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		panic(err)
	}
	if _, err := z.Write(raw); err != nil {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return buf.Bytes()
}

// Asset is the address of one of our style sheets or scripts by its plain name. It panics on a name that does not
// exist, so a misspelt one is seen by the first test that renders the page.
func Asset(name string) string {
	u, ok := assetURLs[name]
	if !ok {
		panic("page: no asset " + name)
	}
	return u
}

// ServeAsset answers /assets/…: the name holds the content's hash, so a browser may keep it for ever.
func ServeAsset(w http.ResponseWriter, r *http.Request) {
	a, ok := assets[strings.TrimPrefix(r.URL.Path, assetPrefix)]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	body := a.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = a.gzip
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}
