//go:build pin

// The engine is built from this module's C sources; the import keeps go.mod's pin on it.
package main

import _ "github.com/unicorn-engine/unicorn/bindings/go/unicorn"
