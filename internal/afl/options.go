package afl

import (
	"fmt"
	"strconv"
	"strings"
)

// Options are what the environment says, in the words of AFL++'s QEMU mode. Each variable AFL_QEMU_NAME is also known as
// NBEMU_AFL_NAME, and addresses may be names of symbols.
type Options struct {
	Entry      string   // where the first snapshot is taken: AFL_ENTRYPOINT
	Start      string   // persistent mode: where each run begins
	Return     string   // and ends; "" is where the function of Start returns to
	RetOffset  uint64   // of the return address from the stack pointer
	InputAt    string   // persistent mode: where test cases go, a register or an address
	InputLen   string   // the register that gets their length
	Everything bool     // libraries too: AFL_INST_LIBS
	In, Out    []string // ranges of addresses, or files, that are counted or not
	Newer      bool     // the newer handshake
}

// notHere are variables of QEMU mode that have no meaning here, and why.
var notHere = map[string]string{
	"PERSISTENT_HOOK": "hooks are shared objects for QEMU; NBEMU_AFL_PERSISTENT_INPUT stores test cases",
}

// ReadOptions reads them. Error: what is no number, or needs another variable. Notes tell of what is ignored.
func ReadOptions(getenv func(string) string) (o Options, notes []string, err error) {
	get := func(name string) string {
		if v := getenv("NBEMU_AFL_" + name); v != "" {
			return v
		}
		return getenv("AFL_QEMU_" + name)
	}
	o.Entry = getenv("AFL_ENTRYPOINT")
	if v := getenv("NBEMU_AFL_ENTRYPOINT"); v != "" {
		o.Entry = v
	}
	o.Start, o.Return = get("PERSISTENT_ADDR"), get("PERSISTENT_RET")
	if o.Start == "" {
		o.Start = get("SNAPSHOT")
	}
	o.InputAt, o.InputLen, _ = strings.Cut(get("PERSISTENT_INPUT"), ",")
	if v := get("PERSISTENT_RETADDR_OFFSET"); v != "" {
		if o.RetOffset, err = strconv.ParseUint(v, 0, 64); err != nil {
			return o, nil, fmt.Errorf("PERSISTENT_RETADDR_OFFSET: %w", err)
		}
	}
	if o.Start == "" && (o.Return != "" || o.InputAt != "") {
		return o, nil, fmt.Errorf("PERSISTENT_RET and PERSISTENT_INPUT say nothing without PERSISTENT_ADDR")
	}
	o.Everything = getenv("AFL_INST_LIBS") != ""
	split := func(s string) []string { return strings.FieldsFunc(s, func(r rune) bool { return r == ',' }) }
	o.In, o.Out = split(get("INST_RANGES")), split(get("EXCLUDE_RANGES"))
	o.Newer = getenv("NBEMU_AFL_NEW_FORKSERVER") != ""
	for name, why := range notHere {
		if get(name) != "" {
			notes = append(notes, fmt.Sprintf("AFL_QEMU_%s is ignored: %s", name, why))
		}
	}
	return o, notes, nil
}
