package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"

	"nbemu/compat/linux"
	"nbemu/compat/netbsd32"
	"nbemu/kern"
	"nbemu/syscalls"
)

// callTable is the table of one emulation, for nbemu syscalls.
type callTable struct {
	emul  string
	calls func() []kern.Sysent
}

// callTables has each table once, however many machines use it.
var callTables = []callTable{
	{"netbsd", func() []kern.Sysent { return syscalls.Sysent[:] }},
	{"netbsd32", netbsd32.Sysent},
	{"linux", func() []kern.Sysent { return linux.Sysent[:] }},
}

var supportWords = map[kern.Support]string{kern.None: "none", kern.Partial: "partial", kern.Full: "full"}

// callRow is one line of nbemu syscalls, and one object of its JSON.
type callRow struct {
	Number  int    `json:"number"`
	Name    string `json:"name"`
	Support string `json:"support"`
	Note    string `json:"note,omitempty"`
}

// listSyscalls prints which calls of an emulation this binary knows, and how well, and returns the exit status.
func listSyscalls(out io.Writer, args []string) int {
	fs := flag.NewFlagSet("nbemu syscalls", flag.ContinueOnError)
	fs.SetOutput(stderr)
	emul := fs.String("emul", "netbsd", "`name` of the emulation: netbsd, netbsd32 or linux")
	only := fs.String("support", "", "print only calls of this `level`: full, partial or none")
	asJSON := fs.Bool("json", false, "print one JSON object per line")
	switch err := fs.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fs.SetOutput(out)
		fs.Usage()
		return 0
	case err != nil:
		return 126
	case fs.NArg() > 0:
		fmt.Fprintf(stderr, "nbemu syscalls: %s: takes no arguments\n", fs.Arg(0))
		return 126
	}
	rows, err := callRows(*emul, *only)
	if err != nil {
		fmt.Fprintf(stderr, "nbemu syscalls: %v\n", err)
		return 126
	}
	w := bufio.NewWriter(out)
	if *asJSON {
		printJSON(w, rows)
	} else {
		printRows(w, rows)
	}
	if err := w.Flush(); err != nil {
		fmt.Fprintf(stderr, "nbemu syscalls: %v\n", err)
		return 126
	}
	return 0
}

// callRows are the calls of an emulation, without the numbers that no call has; only selects a level unless it is "".
func callRows(emul, only string) ([]callRow, error) {
	known := only == ""
	for _, word := range supportWords {
		known = known || word == only
	}
	if !known {
		return nil, fmt.Errorf("-support %s: not full, partial or none", only)
	}
	for _, t := range callTables {
		if t.emul != emul {
			continue
		}
		var rows []callRow
		calls := t.calls()
		for num := range calls {
			c := &calls[num]
			if c.Name == "" || c.Name[0] == '#' { // as the generator names numbers without a call
				continue
			}
			if word := supportWords[c.Support]; only == "" || only == word {
				rows = append(rows, callRow{num, c.Name, word, c.Note})
			}
		}
		return rows, nil
	}
	return nil, fmt.Errorf("-emul %s: there is %s", emul, emulNames())
}

func emulNames() string {
	names := ""
	for i, t := range callTables {
		if i > 0 {
			names += ", "
		}
		names += t.emul
	}
	return names
}

func printJSON(w io.Writer, rows []callRow) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, r := range rows {
		_ = enc.Encode(r) // the writer keeps the error
	}
}

func printRows(w io.Writer, rows []callRow) {
	width := 0
	count := map[string]int{}
	for _, r := range rows {
		width = max(width, len(r.Name))
		count[r.Support]++
	}
	for _, r := range rows {
		line := fmt.Sprintf("%4d  %-*s  %s", r.Number, width, r.Name, r.Support)
		if r.Note != "" {
			line = fmt.Sprintf("%4d  %-*s  %-7s  %s", r.Number, width, r.Name, r.Support, r.Note)
		}
		fmt.Fprintln(w, line)
	}
	fmt.Fprintf(w, "%d calls: %d in full, %d in part, %d not\n", len(rows), count["full"], count["partial"], count["none"])
}
