package execve

import (
	"bytes"
	"testing"

	"nbemu/abi"
	"nbemu/kern"
)

// traceFile is a file that a trace is written to.
type traceFile struct {
	nullOps
	text   bytes.Buffer
	closed bool
}

func (f *traceFile) Write(_ *kern.LWP, _ *kern.File, u *kern.Uio) abi.Errno {
	for u.Resid > 0 {
		v, err := u.Views(0)
		if err != abi.OK {
			return err
		}
		n := uint64(0)
		for _, b := range v {
			f.text.Write(b)
			n += uint64(len(b))
		}
		u.Advance(n)
	}
	return abi.OK
}

func (f *traceFile) Close(*kern.LWP, *kern.File) abi.Errno {
	f.closed = true
	return abi.OK
}

// What exec does for those who look on: restartable sequences and profiling end, and so does a trace of a set-id
// program unless root wanted it.
func TestExecTrace(t *testing.T) {
	f64 := prog(testAMD64)
	f64.sh = []ElfShdr{{}, {Type: shtNote, Offset: 0x800, Size: 24}} // for the older kernels
	prog64 := f64.bytes()
	for _, k := range []*Profile{NetBSD20, NetBSD599, NetBSD10} {
		old := tsw.Profile
		tsw.Profile = k
		t.Cleanup(func() { tsw.Profile = old })
		t.Run(k.Name, func(t *testing.T) {
			l, _ := boot(t, newMemFile("/a", prog64), newMemFile("/suid", prog64).setID(abi.S_ISUID, 30, 0))
			if herr := ExecFirst(l, "/a", []string{"a"}, nil); herr != nil {
				t.Fatal(herr)
			}
			p := l.Proc
			exec := func(path string) {
				t.Helper()
				if err := Execve(l, path, -1, HostStrings{"marked"}, nil); err != abi.EJUSTRETURN {
					t.Fatal(err)
				}
			}
			if err := l.RasInstall(0x401000, 16); err != abi.OK {
				t.Fatal(err)
			}
			if err := l.RasInstall(0x401008, 16); err != abi.EEXIST {
				t.Error(err)
			}
			if err := p.Profil(0x402000, 64, 0x401000, 1<<16); err != abi.OK || !p.Profiling() {
				t.Fatal(err)
			}
			exec("/a")
			if p.Profiling() {
				t.Error("profiled after exec")
			}
			if err := l.RasInstall(0x401008, 16); err != abi.OK {
				t.Error("the old program's sequences are still there:", err)
			}

			ops := &traceFile{}
			trace := func() *kern.File {
				*ops = traceFile{}
				f := kern.NewFile(l, ops, abi.FWRITE)
				if err := l.Ktrace(abi.KTROP_SET|2<<abi.KTRFAC_VER_SHIFT, abi.KTRFAC_EXEC_ARG, p.PID, f); err != abi.OK {
					t.Fatal(err)
				}
				f.Unref(l)
				return f
			}
			trace()
			exec("/a")
			if !tsw.K.Ktracing() {
				t.Error("exec ended the trace")
			}
			exec("/suid")
			if tsw.K.Ktracing() || !ops.closed || bytes.Count(ops.text.Bytes(), []byte("marked")) != 2 {
				t.Errorf("closed %v %q", ops.closed, ops.text.Bytes())
			}
			// Who may not be sure of being the only one that this process obeys may not trace it.
			f := kern.NewFile(l, &traceFile{}, abi.FWRITE)
			if err := l.Ktrace(abi.KTROP_SET, abi.KTRFAC_EXEC_ARG, p.PID, f); err != abi.EPERM || tsw.K.Ktracing() {
				t.Error(err)
			}

			// Asked for by root it goes on.
			p.Flags &^= kern.PFSugid
			user := p.Cred
			p.Cred = &kern.Cred{}
			trace()
			p.Cred = &kern.Cred{Ruid: 10, Euid: 10, Svuid: 10}
			exec("/suid")
			exec("/a")
			if !tsw.K.Ktracing() || ops.closed {
				t.Error("exec of a set-id program ended root's trace")
			}
			p.Cred = user
			if err := l.Ktrace(abi.KTROP_CLEARFILE, 0, 0, kern.NewFile(l, ops, abi.FWRITE)); err != abi.EPERM {
				t.Error(err)
			}
			p.Cred = &kern.Cred{}
			if err := l.Ktrace(abi.KTROP_CLEARFILE, 0, 0, kern.NewFile(l, ops, abi.FWRITE)); err != abi.OK || tsw.K.Ktracing() || !ops.closed {
				t.Error(err, ops.closed)
			}
			if n := bytes.Count(ops.text.Bytes(), []byte("marked")); n != 2 {
				t.Errorf("%d programs traced", n)
			}
		})
	}
}
