package main

import (
	"fmt"
	"os"
	"strings"

	"nbemu/abi"
	"nbemu/execve"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/vfs"
)

// setGuards sets up what may refuse programs: veriexec and PaX Segvguard. l is the first LWP, whose view of the
// file system the paths of the fingerprint file are in. Preconditions: kernel lock.
func setGuards(l *kern.LWP, o *options) error {
	if o.segvguard != "" {
		g := &kern.GuardConf
		n, t, _ := strings.Cut(o.segvguard, "/")
		if _, err := fmt.Sscan(n, &g.MaxCrashes); err != nil || g.MaxCrashes < 1 {
			return fmt.Errorf("-segvguard %s: not of the form crashes/seconds", o.segvguard)
		}
		if t != "" {
			if _, err := fmt.Sscan(t, &g.Expiry); err != nil || g.Expiry < 0 {
				return fmt.Errorf("-segvguard %s: not of the form crashes/seconds", o.segvguard)
			}
		}
		kern.PaxConf.Guard = kern.PaxFeature{Enabled: true, Global: true}
	}
	if err := setPax(o.pax); err != nil {
		return err
	}
	if o.veriexec == "" {
		return nil
	}
	f, err := os.Open(o.veriexec)
	if err != nil {
		return fmt.Errorf("-veriexec: %w", err)
	}
	defer f.Close()
	lines, err := execve.ParseVeriexec(f)
	if err != nil {
		return fmt.Errorf("-veriexec: %s: %w", o.veriexec, err)
	}
	v := &execve.Veriexec{Strict: o.strict, Report: func(msg string) { kern.Log("%s", msg) }}
	for _, line := range lines {
		vp, error := vfs.Lookup(l, line.Path, l.Proc.Cwdi.Edir)
		if error != abi.OK {
			kern.Log("-veriexec: %s: %v", line.Path, error)
			continue
		}
		if vp.Mode&abi.S_IFMT == abi.S_IFREG {
			v.Add(vp.Key(), line)
		} else {
			kern.Log("-veriexec: %s: not a regular file", line.Path)
		}
		vp.Unref()
	}
	execve.Exec.Verify = func(_ execve.Env, f execve.File, path string, indirect bool) abi.Errno {
		how := execve.VeriexecDirect
		if indirect {
			how = execve.VeriexecIndirect
		}
		return v.Verify(f, path, how)
	}
	vfs.OpenCheck = func(_ *kern.LWP, vp *vfs.Vnode, path string, write bool) abi.Errno {
		if vp == nil {
			return v.OpenCheck(nil, path, write)
		}
		return v.OpenCheck(vp, path, write)
	}
	vfs.RemoveCheck = v.RemoveCheck
	vfs.RenameCheck = func(from mem.FileKey, to *mem.FileKey) abi.Errno { return v.RenameCheck(from, to) }
	return nil
}

// setPax turns on what a list of features says; ":global" gives one to programs that do not ask.
func setPax(list string) error {
	if list == "" {
		return nil
	}
	for word := range strings.SplitSeq(list, ",") {
		name, global, more := strings.Cut(word, ":")
		f := map[string]*kern.PaxFeature{"aslr": &kern.PaxConf.ASLR, "mprotect": &kern.PaxConf.Mprotect, "segvguard": &kern.PaxConf.Guard}[name]
		if f == nil || more && global != "global" {
			return fmt.Errorf("-pax %s: not aslr, mprotect or segvguard, or one of them with \":global\"", word)
		}
		*f = kern.PaxFeature{Enabled: true, Global: more}
	}
	return nil
}
