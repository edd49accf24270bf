package gdbstub

import (
	"cmp"
	"slices"

	"nbemu/abi"
	"nbemu/vfs"
)

// What a process's machine can be asked.

// CallNames lists the names of the system calls of the program's emulation by their numbers, the first of which is returned.
func (d *process) CallNames() (first int, names []string) {
	return d.p.Emul.FirstCall, locked(d, func() (names []string) {
		table := d.p.Emul.Sysent
		for i := range table {
			names = append(names, table[i].Name)
		}
		return names
	})
}

// OSProcesses lists all processes of the machine.
func (d *process) OSProcesses() []OSProcess {
	return locked(d, func() (list []OSProcess) {
		for _, p := range d.p.K.Procs() {
			o := OSProcess{PID: int(p.PID), PPID: int(p.Getppid()), UID: int(p.Cred.Euid), Command: p.Comm}
			for _, l := range p.LWPs {
				o.Threads = append(o.Threads, int(l.ID))
			}
			slices.Sort(o.Threads)
			list = append(list, o)
		}
		slices.SortFunc(list, func(a, b OSProcess) int { return cmp.Compare(a.PID, b.PID) })
		return list
	})
}

// Readlink reads a symbolic link as the process would find it: "info proc" asks for /proc/PID/cwd.
func (d *process) Readlink(path string) (string, error) {
	d.p.K.Lock()
	defer d.p.K.Unlock()
	l := d.p.FirstLWP()
	if l == nil {
		return "", abi.ESRCH
	}
	text, err := vfs.Readlink(l, abi.AT_FDCWD, path, 4096)
	if err != abi.OK {
		return "", err
	}
	return text, nil
}
