package suite

import (
	"strings"
)

// relative writes names of files below directories as they are from there, so that results are the same wherever and
// whenever a suite runs.
func relative(text string, dirs ...string) string {
	for _, dir := range dirs {
		if dir != "" && dir != "/" {
			text = cutNames(relativeTo(text, dir), dir)
		}
	}
	return text
}

var (
	// Before a name there can be the letter of an option, but no other part of a name.
	nameBegins = lazily(`(^|[^\w./-]|(^|[^\w./-])-\w)$`)
	nameEnds   = lazily(`^(/|$|[^\w.-])`)
)

// relativeTo is relative for one directory.
func relativeTo(text, dir string) string {
	var out strings.Builder
	done := 0
	for from := 0; ; {
		at := strings.Index(text[from:], dir)
		if at < 0 {
			return out.String() + text[done:]
		}
		at += from
		end := at + len(dir)
		if nameBegins().MatchString(text[max(at-3, 0):at]) && nameEnds().MatchString(text[end:]) {
			out.WriteString(text[done:at])
			if strings.HasPrefix(text[end:], "/") {
				end++
			} else {
				out.WriteByte('.')
			}
			done = end
		}
		from = end
	}
}

// cutNames leaves out what is left of a directory's name at the end of strings that a trace has cut.
func cutNames(text, dir string) string {
	const cut, least = `"...`, len("/tmp/x")
	parts := strings.Split(text, cut)
	for i, p := range parts[:len(parts)-1] {
		for n := min(len(dir), len(p)); n >= least; n-- {
			if strings.HasSuffix(p, dir[:n]) {
				parts[i] = p[:len(p)-n]
				break
			}
		}
	}
	return strings.Join(parts, cut)
}

// relative is for what a case's programs have written, and what is said of them: names from the suite's directory, and,
// unless they are kept, from the directory that the case's work directory is in.
func (x *execution) relative(text string) string {
	if !x.r.o.Keep {
		text = relative(text, x.site.dir, x.guest(x.site.dir))
	}
	return relative(text, x.r.dir)
}

// relativeOutput is relative for all that is left of an execution.
func (x *execution) relativeOutput(out output) output {
	out.stdout, out.stderr = x.relative(out.stdout), x.relative(out.stderr)
	for _, lines := range [][]string{out.log, out.trace} {
		for i := range lines {
			lines[i] = x.relative(lines[i])
		}
	}
	return out
}
