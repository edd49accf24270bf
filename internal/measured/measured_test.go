package measured

import (
	"os"
	"path/filepath"
	"testing"
)

func TestReplace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "doc")
	if err := os.WriteFile(path, []byte("a<b>old<e>c"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Replace(path, "<b>", "<e>", []byte("new")); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(path); string(b) != "a<b>new<e>c" {
		t.Errorf("%q", b)
	}
	if Replace(path, "<b>", "<x>", nil) == nil {
		t.Error("a mark was not missed")
	}
}

func TestKnown(t *testing.T) {
	k, err := Known("# all\n\na  because # really\nb/c two words\n")
	if err != nil || len(k) != 2 || k["a"] != "because" || k["b/c"] != "two words" {
		t.Errorf("%v %v", k, err)
	}
	for _, bad := range []string{"a\n", "a x\na y\n"} {
		if _, err := Known(bad); err == nil {
			t.Errorf("%q: taken", bad)
		}
	}
}
