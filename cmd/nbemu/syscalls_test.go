package main

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// What the binary says of itself is what the page that was generated with it says.
func TestSyscallsAgreeWithPage(t *testing.T) {
	counts := regexp.MustCompile(`(\d+) of them calls: (\d+) supported in full, (\d+) in part, (\d+) not yet`)
	for emul, page := range map[string]string{"netbsd": "SYSCALLS.md", "linux": "SYSCALLS-linux.md"} {
		text, err := os.ReadFile("../../docs/" + page)
		if err != nil {
			t.Fatal(err)
		}
		m := counts.FindSubmatch(text)
		if m == nil {
			t.Fatalf("no counts in %s", page)
		}
		var out bytes.Buffer
		if status := listSyscalls(&out, []string{"-emul", emul}); status != 0 {
			t.Fatalf("%s: status %d", emul, status)
		}
		want := string(m[1]) + " calls: " + string(m[2]) + " in full, " + string(m[3]) + " in part, " + string(m[4]) + " not\n"
		if !strings.HasSuffix(out.String(), want) {
			t.Errorf("%s: ends without %q:\n%s", emul, want, out.String()[max(0, out.Len()-100):])
		}
	}
}

func TestSyscallsSelect(t *testing.T) {
	var out bytes.Buffer
	if status := listSyscalls(&out, []string{"-json", "-support", "partial"}); status != 0 {
		t.Fatal(status)
	}
	n := 0
	for dec := json.NewDecoder(&out); dec.More(); n++ {
		var r callRow
		if err := dec.Decode(&r); err != nil {
			t.Fatal(err)
		}
		if r.Support != "partial" || r.Note == "" || r.Name == "" {
			t.Errorf("call %s: %+v", strconv.Itoa(r.Number), r)
		}
	}
	if n == 0 {
		t.Error("no call is there in part")
	}
	for _, args := range [][]string{{"-emul", "vms"}, {"-support", "much"}, {"ls"}} {
		if status := listSyscalls(&out, args); status != 126 {
			t.Errorf("%v: status %d", args, status)
		}
	}
}
