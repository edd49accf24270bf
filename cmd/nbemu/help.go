package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// subcommand returns what a word does that starts no program by itself; its result is the exit status. nil: it does, or
// there is no such word.
func subcommand(word string) func(args []string) int {
	switch word {
	case "fuzz":
		return fuzz
	case "kdump":
		return func(args []string) int { return kdumpCommand(os.Stdout, args) }
	case "syscalls":
		return func(args []string) int { return listSyscalls(os.Stdout, args) }
	case "root":
		return rootCommand
	case "completion":
		return completion
	case "binfmt":
		return binfmt
	case "suite":
		return suiteCommand
	case "gdb", "lldb":
		return func(args []string) int { return debugCommand(word, args) }
	}
	return nil
}

// help is "nbemu help [command]"; the result is the exit status.
func help(args []string) int {
	if len(args) == 0 || args[0] == "run" || args[0] == "help" {
		usage(os.Stdout)
		return 0
	}
	if args[0] == "man" {
		if err := manPage(os.Stdout); err != nil {
			return say(err)
		}
		return 0
	}
	i := slices.IndexFunc(commands, func(c command) bool { return c.name == args[0] })
	if i < 0 {
		err := fmt.Errorf("help: there is no command %s", args[0])
		if near := closest(args[0], commandNames()); near != "" {
			err = fmt.Errorf("%w; did you mean nbemu help %s?", err, near)
		}
		return say(err)
	}
	switch c := commands[i]; c.name {
	case "exec":
		c.write(os.Stdout)
		fmt.Println()
		printFlags(os.Stdout, execFlags)
		fmt.Print("\nand the flags of nbemu run:\n\n")
		printFlags(os.Stdout, flagTable)
	case "gdb", "lldb":
		c.write(os.Stdout)
		fmt.Print("\nflags are those of nbemu run:\n\n")
		printFlags(os.Stdout, flagTable)
	case "version":
		c.write(os.Stdout)
	case "fuzz":
		fmt.Print(fuzzUsage)
	default:
		return subcommand(c.name)([]string{"-help"})
	}
	return 0
}

func commandNames() []string {
	var names []string
	for _, c := range commands {
		names = append(names, c.name)
	}
	return names
}

// write prints the command as in the help text.
func (c command) write(w io.Writer) {
	fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("usage: nbemu %s %s", c.name, c.args), " "))
	fmt.Fprintf(w, "           %s\n", c.what)
}

func usage(w io.Writer) {
	fmt.Fprint(w, "usage: nbemu [flags] program [args]\n")
	for _, c := range commands {
		fmt.Fprintf(w, "       nbemu %s\n           %s\n", strings.TrimRight(c.name+" "+c.args, " "), c.what)
	}
	fmt.Fprintln(w)
	printFlags(w, flagTable)
}
