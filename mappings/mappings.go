// Package mappings holds the mapping files that come with the program: how the
// columns of tables that cities have are the fields of a request. Their format
// stands in internal/sheet/mapping_load.go, the fields in internal/intake/import.go.
package mappings

import "embed"

// Files are the mapping files, NAME.json.
//
//go:embed *.json
var Files embed.FS
