//go:build linux

package main

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// test is one line of LTP's runtest/syscalls.
type test struct {
	name string
	args []string // program and arguments
	path string   // of the program, built
	src  string   // of its source
}

// findTests reads runtest/syscalls. Programs that are not built for the machine have path "".
func findTests(dir string) ([]*test, error) {
	base := filepath.Join(dir, "testcases", "kernel", "syscalls")
	programs, sources := map[string]string{}, map[string]string{}
	err := filepath.WalkDir(base, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		name := d.Name()
		if c, isC := strings.CutSuffix(name, ".c"); isC {
			sources[c] = path
			return nil
		}
		if i, err := d.Info(); err == nil && i.Mode()&0o111 != 0 && filepath.Ext(name) != ".o" {
			programs[name] = path
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(dir, "runtest", "syscalls"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list []*test
	for s := bufio.NewScanner(f); s.Scan(); {
		words := strings.Fields(s.Text())
		if len(words) < 2 || strings.HasPrefix(words[0], "#") {
			continue
		}
		t := &test{name: words[0], args: words[1:], path: programs[words[1]]}
		t.src = sources[strings.TrimSuffix(strings.TrimSuffix(words[1], "_16"), "_64")]
		list = append(list, t)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s names no tests", f.Name())
	}
	return list, nil
}

// needs are members of LTP's struct tst_test that ask for what neither a machine of nbemu's nor a guest of ours on the
// host is to have.
var needs = []struct{ why, members string }{
	{"a block device", "needs_device|format_device|all_filesystems|filesystems|needs_rofs"},
	{"mounts", "mount_device|needs_hugetlbfs|needs_overlay|mntpoint"},
	{"huge pages", "hugepages"},
	{"control groups", "needs_cgroup_ver|needs_cgroup_ctrls"},
	{"kernel modules", "needs_drivers|modprobe_module"},
	{"setting the host's clock", "restore_wallclock"},
	{"changing the host's settings", "save_restore"},
}

// calls are functions that do by hand what members of struct tst_test ask for elsewhere.
var calls = []struct{ why, functions string }{
	{"a block device", "tst_acquire_device|tst_mkfs|SAFE_MKFS"},
	{"mounts", "SAFE_MOUNT|mount"},
	{"setting the host's clock", "SAFE_CLOCK_SETTIME|clock_settime|settimeofday|adjtimex"},
}

// harmful are directories of tests that are about devices, mounts or modules, or about the host as a whole.
var harmful = []struct{ why, dirs string }{
	{"mounts", "mount|mount_setattr|umount|umount2|pivot_root|fsconfig|fsmount|fsopen|fspick|move_mount|open_tree|open_tree_attr|statmount|listmount|fanotify|quotactl"},
	{"kernel modules", "create_module|delete_module|init_module|finit_module|bpf"},
	{"setting the host's clock", "adjtimex|clock_adjtime|clock_settime|settimeofday|stime"},
	{"the host as a whole", "acct|swapon|swapoff|reboot|syslog|kexec|ioperm|iopl|perf_event_open|vhangup"},
}

// leaveOut returns the rule by which a test is not run, "" if it is.
func (t *test) leaveOut() string {
	if t.src == "" || t.path == "" {
		return "not built for the machine"
	}
	text, err := os.ReadFile(t.src)
	if err != nil {
		return err.Error()
	}
	for _, n := range needs {
		if regexp.MustCompile(`(?m)^\s*\.(` + n.members + `)\s*=`).Match(text) {
			return n.why
		}
	}
	for _, c := range calls {
		if regexp.MustCompile(`(^|\W)(` + c.functions + `)\(`).Match(text) {
			return c.why
		}
	}
	dir := filepath.Base(filepath.Dir(t.src))
	for _, h := range harmful {
		for _, d := range strings.Split(h.dirs, "|") {
			if d == dir {
				return h.why
			}
		}
	}
	if strings.HasPrefix(t.name, "ioctl_loop") {
		return "a block device"
	}
	return ""
}
