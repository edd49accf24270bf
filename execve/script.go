package execve

import (
	"bytes"
	"fmt"

	"nbemu/abi"
)

// scriptHdrSize is how much of a script is looked at for its first line: "#!", a name of PATH_MAX, a newline.
const scriptHdrSize = 2 + abi.PATH_MAX + 2

// Script is the format of "#!" scripts.
var Script = &Format{Name: "script", HdrSize: scriptHdrSize, Makecmds: scriptMakecmds}

var notScript = mismatch{depthNone, "no script"}

// ScriptLine is the first line of a script: the interpreter and, if HasArg, everything after it as one
// argument.
type ScriptLine struct {
	Interp, Arg string
	HasArg      bool
}

// ParseScript reads the first line of a script by NetBSD's rules. hdr is the file's beginning. ok is false if
// it does not begin with "#!" or the line does not end within scriptHdrSize bytes. Blanks around the
// interpreter's name are spaces and tabs only; the argument keeps blanks at its end, and a carriage return. A
// NUL ends the line for all purposes.
func ParseScript(hdr []byte) (line ScriptLine, ok bool) {
	hdr = hdr[:min(len(hdr), scriptHdrSize)]
	if !bytes.HasPrefix(hdr, []byte("#!")) {
		return line, false
	}
	end := bytes.IndexByte(hdr, '\n')
	if end < 0 {
		return line, false
	}
	b := hdr[2:end]
	b = b[:indexNUL(b)]
	b = bytes.TrimLeft(b, " \t")
	n := bytes.IndexAny(b, " \t")
	if n < 0 {
		line.Interp = string(b)
		return line, true
	}
	line.Interp = string(b[:n])
	if arg := bytes.TrimLeft(b[n:], " \t"); len(arg) > 0 {
		line.Arg, line.HasArg = string(arg), true
	}
	return line, true
}

// scriptMakecmds runs a script's interpreter instead (exec_script_makecmds): it tries the interpreter as a
// program and leaves its name, argument and the script's name as arguments before the caller's. Errors: ENOEXEC
// for what is no script, or the interpreter of another script; those of checkExec for the interpreter, after
// which the package is spent; EMFILE.
func scriptMakecmds(epp *Package) (err abi.Errno) {
	if !bytes.HasPrefix(epp.Hdr, []byte("#!")) {
		return epp.mismatch(abi.ENOEXEC, notScript)
	}
	if epp.Flags&Indir != 0 {
		return epp.fail(abi.ENOEXEC, depthHeader, "%s is itself a script", quote(epp.ResolvedName))
	}
	line, ok := ParseScript(epp.Hdr)
	if !ok || line.Interp == "" && !epp.prof.EmptyInterp {
		return epp.fail(abi.ENOEXEC, depthHeader, "%s", describe(epp.Kname, epp.Hdr))
	}
	script := quote(epp.Kname)

	// checkExec has dropped the bits already where the file system is mounted nosuid. Whether the process is
	// traced is seen when credentials change.
	scriptAttr := epp.Attr
	sbits := epp.Attr.Mode & (abi.S_ISUID | abi.S_ISGID)
	if !epp.sw.SetuidScripts {
		sbits = 0
	}
	// The interpreter cannot, or must not, open the script by its name: the name may mean another file by then.
	if sbits != 0 || epp.sw.FDScripts && epp.env.Access(epp.Vp, vread) == abi.EACCES {
		fd, err := epp.env.FdAlloc(epp.Vp)
		if err != abi.OK {
			return epp.fail(err, depthInterp, "%s: no descriptor for the script", script)
		}
		epp.Fd = fd
		epp.Flags |= HasFD
	}

	fake := make([]string, 0, 3)
	fake = append(fake, line.Interp)
	if line.HasArg {
		fake = append(fake, line.Arg)
	}
	if epp.Flags&HasFD != 0 {
		fake = append(fake, fmt.Sprintf("/dev/fd/%d", epp.Fd))
	} else {
		fake = append(fake, epp.Kname)
	}

	scriptVp := epp.Vp
	epp.Vp = nil
	epp.Flags |= Indir
	epp.Hdr = epp.Hdr[:0]
	why := ""
	path, err := epp.makePath(line.Interp)
	if err == abi.OK {
		first := len(epp.Record.Probes)
		err = epp.checkExec(path)
		if err != abi.OK {
			why = epp.explain(first, err)
		}
	}
	epp.Flags |= Destr
	// A descriptor has a reference of its own.
	scriptVp.Unref()
	if err != abi.OK {
		if epp.Flags&HasFD != 0 {
			epp.Flags &^= HasFD
			epp.env.FdClose(epp.Fd)
		}
		epp.VMCmds.kill()
		if why == "" {
			why = fmt.Sprintf("%s: %v", quote(line.Interp), err)
			if err == abi.ENOENT {
				why += "; give a NetBSD root with -L (nbemu root create makes one)"
			}
		}
		return epp.fail(err, depthInterp, "%s: its interpreter cannot be used: %s", script, why)
	}

	epp.Flags |= HasArgl | SkipArg
	epp.FakeArgs = fake
	if sbits != 0 {
		epp.Attr.Mode |= sbits
		if sbits&abi.S_ISUID != 0 {
			epp.Attr.Uid = scriptAttr.Uid
		}
		if sbits&abi.S_ISGID != 0 {
			epp.Attr.Gid = scriptAttr.Gid
		}
	}
	return abi.OK
}
