package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The metadata file lies where the guest can write. A link that it puts there has nothing outside overwritten.
func TestMetadataFileIsNoWayOut(t *testing.T) {
	dir, flags := guestRoot(t)
	victim := filepath.Join(t.TempDir(), "victim")
	writeFile(t, victim, []byte("mine\n"), 0o644)
	for _, name := range []string{"/METALOG.new", "/METALOG.tmp", "/METALOG~"} {
		guest(t, append(flags, "-root-user"), "y 57 "+victim+" "+name, 0, "result 0\n")
	}
	guest(t, append(flags, "-root-user"), "chmod 0700 /x", 0, "")
	b, err := os.ReadFile(filepath.Join(dir, "METALOG"))
	if err != nil || !strings.Contains(string(b), "./x mode=0700") {
		t.Errorf("%q, %v", b, err)
	}
	if b, err := os.ReadFile(victim); err != nil || string(b) != "mine\n" {
		t.Errorf("the victim is now %q, %v", b, err)
	}
}
