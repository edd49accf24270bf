package main

import (
	_ "embed"
	"fmt"
	"io"
	"strings"
	"unicode"
)

//go:embed nbemu.1
var manTemplate string

// manPage writes nbemu(1), in mdoc(7): the page beside this file with its lists from the tables.
func manPage(w io.Writer) error {
	var b strings.Builder
	for line := range strings.Lines(manTemplate) {
		switch strings.TrimSpace(line) {
		case `.\" COMMANDS`:
			manCommands(&b)
		case `.\" FLAGS`:
			manFlags(&b, flagTable)
		case `.\" EXEC FLAGS`:
			manFlags(&b, execFlags)
		case `.\" SUITE FLAGS`:
			manFlags(&b, suiteTable)
		default:
			b.WriteString(line)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func manCommands(b *strings.Builder) {
	b.WriteString(".Bl -tag -width Ds\n")
	for _, c := range commands {
		fmt.Fprintf(b, ".It Cm %s", c.name)
		if c.args != "" {
			b.WriteString(" Ar " + manEscape(strings.Join(strings.Fields(c.args), `\ `)))
		}
		b.WriteString("\n")
		manText(b, sentence(c.what))
	}
	b.WriteString(".El\n")
}

func manFlags(b *strings.Builder, rows []flagRow) {
	b.WriteString(".Bl -tag -width Ds\n")
	for _, r := range rows {
		fmt.Fprintf(b, ".It Fl %s", manEscape(r.name))
		if r.arg != "" {
			b.WriteString(" Ar " + manEscape(r.arg))
		}
		b.WriteString("\n")
		manText(b, sentence(r.help))
		if r.env != "" {
			fmt.Fprintf(b, ".Bq Ev %s\n", r.env)
		}
	}
	b.WriteString(".El\n")
}

// sentence gives a phrase of the tables a capital letter and a full stop. Names stay as they are.
func sentence(s string) string {
	first, _, _ := strings.Cut(s, " ")
	if first == strings.ToLower(first) && !strings.ContainsAny(first, "[]-") {
		r := []rune(s)
		s = string(unicode.ToUpper(r[0])) + string(r[1:])
	}
	if strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

// manEscape makes s an argument of a macro or a word of a line of text.
func manEscape(s string) string {
	const quoteMacros = `\ `
	out := strings.ReplaceAll(s, quoteMacros, "\x00")
	out = strings.ReplaceAll(out, `\`, `\e`)
	out = strings.ReplaceAll(out, "\x00", quoteMacros)
	if len(out) > 0 && strings.ContainsRune(".'", rune(out[0])) {
		out = `\&` + out
	}
	return out
}

// manSystem is the line for the word NetBSD with what stands right after it.
func manSystem(rest string) string {
	switch rest {
	case "":
		return ".Nx\n"
	case ",", ".", ":", ";", ")":
		return ".Nx " + rest + "\n"
	}
	return ".Nx Ns " + manEscape(rest) + "\n"
}

// manText writes text in lines of no more than 78 characters, each sentence on a new one.
func manText(b *strings.Builder, s string) {
	const width = 78
	line := ""
	flush := func() {
		if line != "" {
			b.WriteString(line + "\n")
		}
		line = ""
	}
	for _, word := range strings.Fields(s) {
		if rest, ok := strings.CutPrefix(word, "NetBSD"); ok {
			flush()
			b.WriteString(manSystem(rest))
			continue
		}
		word = manEscape(word)
		if line != "" && len(line)+1+len(word) > width {
			flush()
		}
		if line != "" {
			line += " "
		}
		line += word
		if strings.HasSuffix(word, ".") && !strings.HasSuffix(word, "..") {
			flush()
		}
	}
	flush()
}
