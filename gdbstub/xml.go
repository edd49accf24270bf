package gdbstub

import (
	"fmt"
	"strings"

	"nbemu/arch/gdb"
)

// vec128 is the type of 128-bit vector registers; gdb shows each member.
const vec128 = `<vector id="v16i8" type="int8" count="16"/><vector id="v8i16" type="int16" count="8"/>` +
	`<vector id="v4i32" type="int32" count="4"/><vector id="v2i64" type="int64" count="2"/>` +
	`<vector id="v4f" type="ieee_single" count="4"/><vector id="v2d" type="ieee_double" count="2"/>` +
	`<union id="vec128"><field name="v4_float" type="v4f"/><field name="v2_double" type="v2d"/>` +
	`<field name="v16_int8" type="v16i8"/><field name="v8_int16" type="v8i16"/>` +
	`<field name="v4_int32" type="v4i32"/><field name="v2_int64" type="v2i64"/>` +
	`<field name="uint128" type="uint128"/></union>`

// eflags names the bits of the x86 flag register (i386_eflags).
const eflags = `<flags id="i386_eflags" size="4"><field name="CF" start="0" end="0"/><field name="" start="1" end="1"/>` +
	`<field name="PF" start="2" end="2"/><field name="AF" start="4" end="4"/><field name="ZF" start="6" end="6"/>` +
	`<field name="SF" start="7" end="7"/><field name="TF" start="8" end="8"/><field name="IF" start="9" end="9"/>` +
	`<field name="DF" start="10" end="10"/><field name="OF" start="11" end="11"/></flags>`

// generic are LLDB's words for registers by what they are for.
var generic = map[string]string{"pc": "pc", "rip": "pc", "eip": "pc", "sp": "sp", "rsp": "sp", "esp": "sp", "ra": "ra", "lr": "ra"}

// dwarf is the number of a register in the tables by which callers are found, on machines that LLDB has no such numbers of
// itself. Numbers of whole ones are gdb's.
func dwarf(machine, name string, num int) (n int, ok bool) {
	switch {
	case strings.HasPrefix(machine, "powerpc") && name == "lr":
		return 65, true
	case strings.HasPrefix(machine, "riscv"), strings.HasPrefix(machine, "powerpc"):
		return num, num < 32
	}
	return 0, false
}

// targetXML is the target description: which registers there are, their sizes and gdb's numbers; for LLDB what some are for
// besides, of those machines that it does not know that of.
func targetXML(m *gdb.Machine, lldb bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target version="1.0">`+
		`<architecture>%s</architecture>`, m.Arch)
	for _, f := range m.Features {
		fmt.Fprintf(&b, `<feature name="%s">`, f.Name)
		types := ""
		for _, r := range f.Regs {
			switch r.Type {
			case "vec128":
				types = vec128
			case "i386_eflags":
				types = eflags
			}
		}
		b.WriteString(types)
		for _, r := range f.Regs {
			fmt.Fprintf(&b, `<reg name="%s" bitsize="%d" regnum="%d"`, r.Name, r.Bits, r.Num)
			if r.Type != "" {
				fmt.Fprintf(&b, ` type="%s"`, r.Type)
			}
			if g := generic[r.Name]; lldb && g != "" {
				fmt.Fprintf(&b, ` generic="%s"`, g)
			}
			if n, ok := dwarf(m.Arch, r.Name, r.Num); lldb && ok {
				fmt.Fprintf(&b, ` dwarf_regnum="%[1]d" ehframe_regnum="%[1]d"`, n)
			}
			b.WriteString("/>")
		}
		b.WriteString("</feature>")
	}
	b.WriteString("</target>")
	return b.String()
}
