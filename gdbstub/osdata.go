package gdbstub

import (
	"fmt"
	"strings"
)

// OSProcess is a process of the machine's, for "info os processes".
type OSProcess struct {
	PID, PPID, UID int
	Command        string
	Threads        []int
}

// osLister is a Target whose machine can be asked for all of its processes.
type osLister interface{ OSProcesses() []OSProcess }

// osdata is the table of a name, as gdb's "info os" shows it; "" is the table of tables. ok: there is such a table.
func (s *Server) osdata(name string) (xml string, ok bool) {
	var rows [][2][]string // names of columns, and what is in them
	add := func(names string, values ...any) {
		row := [2][]string{strings.Fields(names)}
		for _, v := range values {
			row[1] = append(row[1], fmt.Sprint(v))
		}
		rows = append(rows, row)
	}
	t, ok := s.t.(osLister)
	switch {
	case name == "":
		name = "types"
		if ok {
			add("Type Description Title", "processes", "Listing of all processes", "Processes")
			add("Type Description Title", "threads", "Listing of all threads", "Threads")
		}
	case !ok:
		return "", false
	case name == "processes":
		for _, p := range t.OSProcesses() {
			add("pid ppid user command", p.PID, p.PPID, p.UID, p.Command)
		}
	case name == "threads":
		for _, p := range t.OSProcesses() {
			for _, tid := range p.Threads {
				add("pid command tid", p.PID, p.Command, tid)
			}
		}
	default:
		return "", false
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<?xml version="1.0"?><!DOCTYPE target SYSTEM "osdata.dtd"><osdata type="%s">`, name)
	for _, row := range rows {
		b.WriteString("<item>")
		for i, v := range row[1] {
			fmt.Fprintf(&b, `<column name="%s">%s</column>`, row[0][i], escapeXML(v))
		}
		b.WriteString("</item>")
	}
	b.WriteString("</osdata>")
	return b.String(), true
}

// processList is "monitor ps".
func (s *Server) processList() string {
	t, ok := s.t.(osLister)
	if !ok {
		return "there are no processes: this is a core file\n"
	}
	var b strings.Builder
	b.WriteString("  PID  PPID   UID  COMMAND\n")
	for _, p := range t.OSProcesses() {
		fmt.Fprintf(&b, "%5d %5d %5d  %s\n", p.PID, p.PPID, p.UID, p.Command)
	}
	return b.String()
}
