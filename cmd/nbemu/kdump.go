package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"nbemu/kdump"
)

const kdumpUsage = "usage: nbemu kdump [-dENnRT] [-e emulation] [-f file] [-m maxdata] [-p pid] [-t trstr] [-x | -X size] [file]\n"

// kdumpArgs are the arguments of nbemu kdump: options as getopt(3) takes them, several letters together.
type kdumpArgs struct {
	o    kdump.Options
	file string
}

// parseKdump reads arguments as kdump(1) does. Error: for people.
func parseKdump(args []string) (*kdumpArgs, error) {
	a := &kdumpArgs{o: kdump.Options{MaxData: -1, PID: -1, Points: kdump.All}, file: ""}
	points, given := "", false
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		word := args[0][1:]
		args = args[1:]
		if word == "-" {
			break
		}
		for word != "" {
			c := word[0]
			word = word[1:]
			if strings.IndexByte("efmptX", c) < 0 {
				if !a.set(c) {
					return nil, fmt.Errorf("-%c: no such option", c)
				}
				continue
			}
			value := word
			word = ""
			if value == "" {
				if len(args) == 0 {
					return nil, fmt.Errorf("-%c: wants a value", c)
				}
				value, args = args[0], args[1:]
			}
			if c == 't' {
				points, given = points+value, true
			} else if err := a.setValue(c, value); err != nil {
				return nil, err
			}
		}
	}
	if given {
		var err error
		if a.o.Points, err = kdump.Points(points); err != nil {
			return nil, err
		}
	}
	if a.file == "" && len(args) > 0 {
		a.file, args = args[0], args[1:]
	}
	if len(args) > 0 {
		return nil, fmt.Errorf("%s: one file at a time", args[0])
	}
	if a.file == "" {
		a.file = "ktrace.out"
	}
	return a, nil
}

func (a *kdumpArgs) set(c byte) bool {
	switch c {
	case 'd':
		a.o.Decimal = true
	case 'E':
		a.o.Elapsed = true
	case 'N':
		a.o.Numeric = true
	case 'n':
		a.o.Plain++
	case 'R':
		a.o.Relative = true
	case 'T':
		a.o.Absolute = true
	case 'x':
		a.o.Word = 1
	default:
		return false
	}
	return true
}

func (a *kdumpArgs) setValue(c byte, value string) error {
	n, err := strconv.ParseUint(value, 0, 31)
	switch c {
	case 'e':
		a.o.Emul = value
		return nil
	case 'f':
		a.file = value
		return nil
	case 'm':
		a.o.MaxData = int(n)
	case 'p':
		a.o.PID = int(n)
	case 'X':
		if a.o.Word = int(n); n == 0 || n > 16 || n&(n-1) != 0 {
			return errors.New("-X: 1, 2, 4, 8 or 16")
		}
	}
	if err != nil {
		return fmt.Errorf("-%c %s: not a number", c, value)
	}
	return nil
}

// kdumpCommand is nbemu kdump; the result is the exit status, 1 for what kdump(1) has 1 for.
func kdumpCommand(out io.Writer, args []string) int {
	if len(args) == 1 && args[0] == "-help" {
		fmt.Fprint(out, kdumpUsage)
		return 0
	}
	a, err := parseKdump(args)
	if err != nil {
		fmt.Fprintf(stderr, "nbemu kdump: %v\n%s", err, kdumpUsage)
		return 1
	}
	file := os.Stdin
	if a.file != "-" {
		if file, err = os.Open(a.file); err != nil {
			fmt.Fprintf(stderr, "nbemu kdump: %v\n", err)
			return 1
		}
		defer file.Close()
	}
	f, err := kdump.Open(file)
	if err == nil {
		err = kdump.Print(out, f, a.o, callNames())
	}
	if err != nil {
		fmt.Fprintf(stderr, "nbemu kdump: %s: %v\n", a.file, err)
		return 1
	}
	return 0
}

// callNames has the names of each emulation's calls, by number.
func callNames() map[string][]string {
	names := map[string][]string{}
	for _, t := range callTables {
		for _, c := range t.calls() {
			name := c.Name
			if strings.HasPrefix(name, "#") {
				name = ""
			}
			names[t.emul] = append(names[t.emul], name)
		}
	}
	return names
}
