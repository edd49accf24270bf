package sysctl

import (
	"fmt"
	"strings"

	"nbemu/kern"
	"nbemu/mem"
	"nbemu/vfs"
)

// What NetBSD's procfs says of the machine with its option linux (sys/miscfs/procfs/procfs_linux.c). It stands here
// because it is what sysctl(3) says too, in other words.

func init() {
	files := map[string]func(l *kern.LWP) string{"cpuinfo": procCpuinfo, "devices": func(*kern.LWP) string { return vfs.DeviceMajors() },
		"loadavg": procLoadavg, "meminfo": procMeminfo, "stat": procStat, "uptime": procUptime, "version": procVersion}
	for _, emul := range []string{"netbsd", "netbsd32"} {
		vfs.EmulFiles[emul] = files
	}
}

// procMeminfo is procfs_domeminfo.
func procMeminfo(l *kern.LWP) string {
	total := kern.PhysMem() / mem.PageSize * mem.PageSize
	used := min(uint64(pagesUsed(l.K))*mem.PageSize, total)
	var b strings.Builder
	fmt.Fprintf(&b, "        total:    used:    free:  shared: buffers: cached:\nMem:  %8d %8d %8d %8d %8d %8d\nSwap: %8d %8d %8d\n",
		total, used, total-used, 0, 0, used, 0, 0, 0)
	for _, f := range [...]struct {
		name string
		n    uint64
	}{{"MemTotal: ", total}, {"MemFree:  ", total - used}, {"MemShared:", 0}, {"Buffers:  ", 0}, {"Cached:   ", used}, {"SwapTotal:", 0}, {"SwapFree: ", 0}} {
		fmt.Fprintf(&b, "%s %8d kB\n", f.name, f.n/1024)
	}
	return b.String()
}

// procUptime is procfs_douptime: the idle time is one processor's.
func procUptime(l *kern.LWP) string {
	idle := cpTime(l.K)[cpIdle] / uint64(l.K.NCPU())
	up := l.K.Uptime()
	return fmt.Sprintf("%d.%02d %d.%02d\n", int64(up.Seconds()), up.Milliseconds()/10%100, idle/kern.ClockHz, idle%kern.ClockHz*100/kern.ClockHz)
}

// procLoadavg is procfs_doloadavg, which knows neither how many processes run nor the last one's number.
func procLoadavg(l *kern.LWP) string {
	var b strings.Builder
	for _, a := range kern.HostLoad() {
		fmt.Fprintf(&b, "%d.%02d ", int(a), int(a*100)%100)
	}
	fmt.Fprintf(&b, "1/%d 30000\n", len(l.K.Procs()))
	return b.String()
}

// procVersion is procfs_doversion.
func procVersion(l *kern.LWP) string {
	return "NetBSD version " + l.K.Release() + " (nbemu) " + strings.ReplaceAll(strings.TrimRight(l.K.OSVersion(), "\n"), "\n", " ") + "\n"
}

// procStat is procfs_docpustat.
func procStat(l *kern.LWP) string {
	t := cpTime(l.K)
	n := uint64(l.K.NCPU())
	var b strings.Builder
	line := func(name string, by uint64) {
		fmt.Fprintf(&b, "%s %d %d %d %d\n", name, t[cpUser]/by, t[cpNice]/by, t[cpSys]/by, t[cpIdle]/by)
	}
	line("cpu", 1)
	for i := range n {
		line(fmt.Sprintf("cpu%d", i), n)
	}
	var switches int64
	for _, p := range l.K.AllProcs() {
		switches += p.Switches()
	}
	fmt.Fprintf(&b, "disk 0 0 0 0\npage 0 0\nswap 0 0\nintr 0\nctxt %d\nbtime %d\n", switches, l.K.Boottime().Unix())
	return b.String()
}

// procCpuinfo is procfs_docpuinfo, which is empty on all machines but x86's.
func procCpuinfo(l *kern.LWP) string {
	var b strings.Builder
	if c := l.Proc.Native().Name; c == "amd64" || c == "i386" {
		for i := range l.K.NCPU() {
			b.WriteString(x86Cpuinfo(l, i))
		}
	}
	return b.String()
}
