package suite

import (
	"fmt"
	"os"
	"strings"
)

// judgePlain goes by the exit status, and by what the program had to write if the suite says so.
func judgePlain(p *Program, stdout string, e ending) Verdict {
	if v, done := judgeAbnormal(e); done {
		return v
	}
	if code := e.status.Code(); code != 0 {
		return verdict(Failed, "Returned non-success exit status %d", code)
	}
	if p.Expect == "" {
		return Verdict{Passed, ""}
	}
	want, err := os.ReadFile(p.Expect)
	if err != nil {
		return verdict(Broken, "%v", err)
	}
	if diff := firstDifference(string(want), stdout); diff != "" {
		return verdict(Failed, "%s", diff)
	}
	return Verdict{Passed, ""}
}

// firstDifference names the first line that differs; "" if none does.
func firstDifference(want, got string) string {
	if want == got {
		return ""
	}
	w, g := strings.SplitAfter(want, "\n"), strings.SplitAfter(got, "\n")
	line := func(l []string, i int) string {
		if i < len(l) {
			return l[i]
		}
		return ""
	}
	i := 0
	for line(w, i) == line(g, i) {
		i++
	}
	return fmt.Sprintf("line %d of the output is %q, not %q", i+1, line(g, i), line(w, i))
}
