package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"nbemu/machine"
)

// completionShells are the shells that "nbemu completion" writes for.
var completionShells = []string{"bash", "zsh", "fish"}

// flagWords are what a flag's argument can be, where that is one of few words.
var flagWords = map[string]func() []string{
	"machine": func() []string { return append(machine.MachineNames(), "any") },
	"kernel":  machine.Releases,
	"modules": func() []string { return []string{"none", "builtin", "auto"} },
	"sandbox": func() []string { return []string{"auto", "require", "off"} },
	"accel":   func() []string { return []string{"unicorn", "kvm", "auto"} },
}

// commandWords are the words that follow a command which takes no program.
func commandWords(name string) []string {
	switch name {
	case "help":
		return commandNames()
	case "fuzz":
		return []string{"exec"}
	case "root":
		return []string{"create", "add", "list", "info", "share", "remove", "shell", "run", "help"}
	case "completion":
		return completionShells
	case "binfmt":
		return binfmtWords
	}
	return nil
}

// commandRows are the flags of a command that takes those of "nbemu run", and perhaps more; nil for others.
func commandRows(name string) []flagRow {
	switch name {
	case "run", "gdb", "lldb":
		return flagTable
	case "exec":
		return slices.Concat(execFlags, flagTable)
	case "suite":
		return suiteRows()
	}
	return nil
}

// Kinds of arguments.
const (
	argNone = iota
	argDir
	argFile
	argWords
	argOther
)

// argKind says how a flag's argument is completed.
func (r *flagRow) argKind() int {
	switch {
	case r.arg == "":
		return argNone
	case flagWords[r.name] != nil:
		return argWords
	case r.arg == "dir" || r.arg == "root" || strings.HasPrefix(r.arg, "host[") || strings.HasPrefix(r.arg, "dir:"):
		return argDir
	case r.arg == "file":
		return argFile
	}
	return argOther
}

// completion is "nbemu completion SHELL"; the result is the exit status.
func completion(args []string) int {
	const use = "usage: nbemu completion bash|zsh|fish\n           prints what that shell reads to complete nbemu's command line\n"
	if len(args) != 1 {
		fmt.Fprint(stderr, use)
		return 126
	}
	switch args[0] {
	case "bash":
		bashCompletion(os.Stdout)
	case "zsh":
		zshCompletion(os.Stdout)
	case "fish":
		fishCompletion(os.Stdout)
	case "-help", "--help", "-h":
		fmt.Print(use)
	default:
		return say(fmt.Errorf("completion: %s: not one of %s", args[0], strings.Join(completionShells, ", ")))
	}
	return 0
}

// flagCommands are the commands that have rows, those that have the same ones together.
var flagCommands = [][]string{{"run", "gdb", "lldb"}, {"exec"}, {"suite"}}

const bashTail = `	else
		COMPREPLY=($(compgen -f -- "$cur"))
		compopt -o filenames 2>/dev/null
	fi
}
complete -F _nbemu nbemu
`

// bashCompletion writes a function for complete -F. Words before the program are nbemu's; the ones after it are files.
func bashCompletion(w io.Writer) {
	fmt.Fprintf(w, `# nbemu's command line for bash, by "nbemu completion bash".
_nbemu() {
	local cur=${COMP_WORDS[COMP_CWORD]} word=run i=1 flags= takes=
	COMPREPLY=()
	if ((COMP_CWORD > 1)); then
		case ${COMP_WORDS[1]} in
		%s) word=${COMP_WORDS[1]} i=2 ;;
		esac
	fi
	case $word in
`, strings.Join(commandNames(), "|"))
	for _, same := range flagCommands {
		var all, takes []string
		for _, r := range commandRows(same[0]) {
			all = append(all, "-"+r.name)
			if r.arg != "" {
				takes = append(takes, "-"+r.name)
			}
		}
		fmt.Fprintf(w, "\t%s)\n\t\tflags='%s'\n\t\ttakes=' %s ' ;;\n", strings.Join(same, "|"), strings.Join(all, " "), strings.Join(takes, " "))
	}
	for _, c := range commands {
		if words := commandWords(c.name); words != nil {
			fmt.Fprintf(w, "\t%s)\n\t\t((COMP_CWORD == 2)) && COMPREPLY=($(compgen -W '%s' -- \"$cur\"))\n\t\treturn ;;\n", c.name, strings.Join(words, " "))
		}
	}
	fmt.Fprint(w, `	esac
	while ((i < COMP_CWORD)) && [[ ${COMP_WORDS[i]} == -* ]]; do
		if [[ $takes == *" ${COMP_WORDS[i]/#--/-} "* ]]; then
			((i += 2))
		else
			((i++))
		fi
	done
	if ((i > COMP_CWORD)); then
		case ${COMP_WORDS[COMP_CWORD-1]/#--/-} in
`)
	bashArguments(w)
	fmt.Fprint(w, `		esac
	elif ((i == COMP_CWORD)) && [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$flags" -- "$cur"))
	elif ((i == COMP_CWORD)); then
		((COMP_CWORD == 1)) && COMPREPLY=($(compgen -W '`+strings.Join(commandNames(), " ")+`' -- "$cur"))
		COMPREPLY+=($(compgen -c -f -- "$cur"))
		compopt -o filenames 2>/dev/null
`+bashTail)
}

// bashArguments writes the cases of flags' arguments.
func bashArguments(w io.Writer) {
	names := map[int][]string{}
	var words []flagRow
	for _, r := range slices.Concat(flagTable, suiteTable) {
		switch k := r.argKind(); {
		case k == argWords:
			words = append(words, r)
		case k == argDir, k == argFile:
			if n := "-" + r.name; !slices.Contains(slices.Concat(names[argDir], names[argFile]), n) {
				names[k] = append(names[k], n)
			}
		}
	}
	for _, r := range words {
		fmt.Fprintf(w, "\t\t-%s) COMPREPLY=($(compgen -W '%s' -- \"$cur\")) ;;\n", r.name, strings.Join(flagWords[r.name](), " "))
	}
	fmt.Fprintf(w, "\t\t%s)\n\t\t\tCOMPREPLY=($(compgen -d -- \"$cur\"))\n\t\t\tcompopt -o filenames 2>/dev/null ;;\n", strings.Join(names[argDir], "|"))
	fmt.Fprintf(w, "\t\t%s)\n\t\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n\t\t\tcompopt -o filenames 2>/dev/null ;;\n", strings.Join(names[argFile], "|"))
}

// shellQuote is s in single quotes, for bash and zsh.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// zshCompletion writes a function of zsh's completion system.
func zshCompletion(w io.Writer) {
	fmt.Fprint(w, "#compdef nbemu\n# nbemu's command line for zsh, by \"nbemu completion zsh\".\n_nbemu() {\n\tlocal word=run\n\tlocal -a specs commands\n\tcommands=(\n")
	for _, c := range commands {
		fmt.Fprintf(w, "\t\t%s\n", shellQuote(c.name+":"+zshText(c.what)))
	}
	fmt.Fprintf(w, "\t)\n\tif ((CURRENT > 2)); then\n\t\tcase $words[2] in\n\t\t%s)\n\t\t\tword=$words[2]\n\t\t\tshift words\n\t\t\t((CURRENT--)) ;;\n\t\tesac\n\tfi\n\tcase $word in\n", strings.Join(commandNames(), "|"))
	for _, same := range flagCommands {
		fmt.Fprintf(w, "\t%s)\n\t\tspecs=(\n", strings.Join(same, "|"))
		for _, r := range commandRows(same[0]) {
			fmt.Fprintf(w, "\t\t\t%s\n", shellQuote(zshSpec(&r)))
		}
		fmt.Fprint(w, "\t\t) ;;\n")
	}
	for _, c := range commands {
		if words := commandWords(c.name); words != nil {
			fmt.Fprintf(w, "\t%s)\n\t\t((CURRENT == 2)) && compadd -- %s\n\t\treturn ;;\n", c.name, strings.Join(words, " "))
		}
	}
	fmt.Fprint(w, `	esac
	if ((CURRENT == 2)) && [[ $word == run && $words[2] != -* ]]; then
		_describe command commands
	fi
	_arguments -S -A '-*' "$specs[@]" '(-):program:_command_names -e' '*::arguments:_normal'
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
	_nbemu "$@"
else
	compdef _nbemu nbemu
fi
`)
}

// zshText is s where colons and brackets mean something.
func zshText(s string) string {
	return strings.NewReplacer(`\`, `\\`, ":", `\:`, "[", `\[`, "]", `\]`).Replace(s)
}

// zshSpec is one flag as _arguments takes it.
func zshSpec(r *flagRow) string {
	s := "*-" + r.name + "[" + zshText(r.help) + "]"
	arg := ":" + zshText(r.arg) + ":"
	switch r.argKind() {
	case argNone:
		return s
	case argDir:
		return s + arg + "_files -/"
	case argFile:
		return s + arg + "_files"
	case argWords:
		return s + arg + "(" + strings.Join(flagWords[r.name](), " ") + ")"
	}
	return s + arg
}

// fishQuote is s in single quotes, for fish.
func fishQuote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}

// fishFunction tells how far the command line is: "nbemu", a command perhaps, then flags with their arguments.
const fishFunction = `function __nbemu_in --description 'before the program, with one of these commands'
	set -l words (commandline -opc)
	set -e words[1]
	set -l word run
	if set -q words[1]; and contains -- $words[1] %s
		set word $words[1]
		set -e words[1]
	end
	contains -- $word $argv; or return 1
	while set -q words[1]
		if not string match -q -- '-*' $words[1]
			return 1
		end
		if contains -- (string replace -r -- '^--' - $words[1]) %s
			set -e words[1]
		end
		set -e words[1]
	end
end
`

// fishCompletion writes commands of fish's.
func fishCompletion(w io.Writer) {
	var takes []string
	for _, r := range slices.Concat(flagTable, suiteTable) {
		if r.arg != "" {
			takes = append(takes, "-"+r.name)
		}
	}
	fmt.Fprint(w, "# nbemu's command line for fish, by \"nbemu completion fish\".\n")
	fmt.Fprintf(w, fishFunction, strings.Join(commandNames(), " "), strings.Join(takes, " "))
	for _, c := range commands {
		fmt.Fprintf(w, "complete -c nbemu -n __fish_is_first_arg -xa %s -d %s\n", c.name, fishQuote(c.what))
		if words := commandWords(c.name); words != nil {
			fmt.Fprintf(w, "complete -c nbemu -n '__nbemu_in %s' -xa %s\n", c.name, fishQuote(strings.Join(words, " ")))
		}
	}
	for _, set := range []struct {
		commands string
		rows     []flagRow
	}{{"run gdb lldb exec suite", flagTable}, {"exec", execFlags}, {"suite", suiteTable}} {
		for _, r := range set.rows {
			fmt.Fprintln(w, fishFlag(&r, "__nbemu_in "+set.commands))
		}
	}
}

// fishFlag is one flag, where the condition says that it is one.
func fishFlag(r *flagRow, condition string) string {
	s := "complete -c nbemu -n " + fishQuote(condition)
	if len(r.name) == 1 {
		s += " -s " + r.name
	} else {
		s += " -o " + r.name
	}
	switch r.argKind() {
	case argDir:
		s += " -xa '(__fish_complete_directories)'"
	case argFile:
		s += " -rF"
	case argWords:
		s += " -xa " + fishQuote(strings.Join(flagWords[r.name](), " "))
	case argOther:
		s += " -x"
	}
	return s + " -d " + fishQuote(r.help)
}
