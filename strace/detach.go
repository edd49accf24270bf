package strace

import "strings"

// detached reports whether an event is of a process that has executed another program, or of a child of such a one, and
// shows the exec, with -b execve. A process is let go when its exec has succeeded; the first program's own exec, the
// machine's, does not count.
func (out *Output) detached(e *Event) bool {
	gone, seen := out.loose[e.PID]
	if !seen {
		gone = out.loose[e.PPID]
		if out.loose == nil {
			out.loose = map[int]bool{}
		}
		out.loose[e.PID] = gone
		if len(out.loose) == 1 {
			return false // the first line is the first program's exec
		}
	}
	if gone || e.Kind != CallEvent || e.Errno != "" {
		return gone
	}
	switch baseName(e.Name) {
	case "execve", "execveat", "fexecve":
		out.loose[e.PID] = true
		if e.Pad > 0 {
			e.Text, e.Pad = strings.TrimSuffix(e.Text[:e.Pad], ")")+" <detached ...>", 0
		}
	}
	return false
}
