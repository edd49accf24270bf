package mem

import (
	"os"
	"regexp"
	"strconv"
	"testing"
)

// The engines read the page tables and flags of frames that this package writes: their header has the same numbers.
func TestEngineHeader(t *testing.T) {
	want := map[string]uint64{
		"NB_PTE_V": pteV, "NB_PTE_R": pteR, "NB_PTE_W": pteW, "NB_PTE_X": pteX, "NB_PTE_SYS": pteSys,
		"NB_OWNPAGES": ownFrames, "NB_FRAME_FILE": frameFile, "NB_CODE_OWNER": codeMask, "NB_LOGLEN": codeLogLen,
	}
	text, err := os.ReadFile("../cpu/engine/nb.h")
	if err != nil {
		t.Fatal(err)
	}
	define := regexp.MustCompile(`(?m)^#define (NB_PTE_\w+|NB_OWNPAGES|NB_FRAME_\w+|NB_CODE_OWNER|NB_LOGLEN) (0x[0-9a-f]+|\d+)u?\b`)
	seen := map[string]bool{}
	for _, m := range define.FindAllSubmatch(text, -1) {
		name := string(m[1])
		seen[name] = true
		v, err := strconv.ParseUint(string(m[2]), 0, 64)
		if w, known := want[name]; err != nil || !known || v != w {
			t.Errorf("nb.h: %s is %s, here %d (known: %v)", name, m[2], w, known)
		}
	}
	for name := range want {
		if !seen[name] {
			t.Errorf("nb.h does not define %s", name)
		}
	}
}
