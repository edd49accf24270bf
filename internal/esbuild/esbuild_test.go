package main

import (
	"errors"
	"os"
	"testing"

	"nbemu/internal/npm"
)

func TestEsbuild(t *testing.T) {
	if testing.Short() {
		t.Skip("fetches from the network; not run with -short")
	}
	err := run("amd64", os.Stdout)
	if errors.Is(err, npm.ErrNone) {
		t.Skip("skipped: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
}
