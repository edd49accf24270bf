package gdbstub

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"nbemu/strace"
)

// callNamer is a Target that knows the names of its program's system calls; gdb knows Linux' alone.
type callNamer interface {
	// CallNames lists the calls by their numbers from first on, "" for numbers without one.
	CallNames() (first int, names []string)
}

// monitorHelp is what monitor help says.
const monitorHelp = `Commands of nbemu's:
monitor help                  this
monitor syscall NAME|NUMBER   numbers and names of the program's system calls, for "catch syscall NUMBER":
                              names that gdb itself takes there are those of Linux
monitor ps                    the processes of the machine, as "info os processes"
`

// monitor serves gdb's "monitor" with a command in hexadecimal.
func (s *Server) monitor(arg string) string {
	text, err := hex.DecodeString(arg)
	if err != nil {
		return "E01"
	}
	return hex.EncodeToString([]byte(s.command(strings.Fields(string(text)))))
}

// command is what a command of monitor prints.
func (s *Server) command(words []string) string {
	switch {
	case len(words) == 0 || words[0] == "help":
		return monitorHelp
	case words[0] == "ps":
		return s.processList()
	case slices.Contains([]string{"syscall", "syscalls"}, words[0]) && len(words) > 1:
		return s.findCalls(words[1:])
	case words[0] == "syscall":
		return "monitor syscall: of which? A name, a part of one, or a number\n"
	}
	return fmt.Sprintf("monitor %s: there is no such command\n%s", words[0], monitorHelp)
}

// findCalls lists the calls that words name, by their whole name, with a release or without, or a part of it; or by number.
func (s *Server) findCalls(words []string) string {
	t, ok := s.t.(callNamer)
	if !ok {
		return "there is no program whose calls could be told\n"
	}
	first, names := t.CallNames()
	var b strings.Builder
	for _, w := range words {
		found := matching(names, func(i int, name string) bool { return strconv.Itoa(first+i) == w })
		if found == nil {
			found = matching(names, func(_ int, name string) bool { return name == w || strace.BaseName(name) == w })
		}
		if found == nil {
			found = matching(names, func(_ int, name string) bool { return strings.Contains(name, w) })
		}
		if found == nil {
			fmt.Fprintf(&b, "%s: there is no such system call\n", w)
		}
		for _, i := range found {
			fmt.Fprintf(&b, "%4d  %s\n", first+i, names[i])
		}
	}
	return b.String()
}

// matching lists the numbers of the names that is is true of.
func matching(names []string, is func(i int, name string) bool) (list []int) {
	for i, name := range names {
		if name != "" && is(i, name) {
			list = append(list, i)
		}
	}
	return list
}
