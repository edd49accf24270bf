package strace

import (
	"slices"
	"strings"
)

// classes are strace's classes of system calls. %file and %desc are told by a call's arguments, the others by names
// without version and compat_NN_.
var classes = map[string][]string{
	"file": nil,
	"desc": {"pipe", "pipe2", "sendfile", "kqueue", "kqueue1", "epoll_create", "epoll_create1", "eventfd",
		"eventfd2", "timerfd_create", "memfd_create", "inotify_init", "inotify_init1", "select", "pselect", "pselect6", "poll",
		"pollts", "ppoll", "mq_open"},
	"process": {"exit", "exit_group", "fork", "vfork", "clone", "clone3", "execve", "fexecve", "execveat", "wait4", "wait6",
		"waitid", "posix_spawn", "_lwp_create", "_lwp_exit", "kill", "tkill", "tgkill", "_lwp_kill"},
	"network": {"socket", "socketpair", "bind", "connect", "listen", "accept", "accept4", "paccept", "getsockname",
		"getpeername", "sendto", "recvfrom", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg", "setsockopt", "getsockopt",
		"getsockopt2", "shutdown", "send", "recv", "sendfile"},
	"signal": {"sigaction", "sigaction_sigtramp", "sigprocmask", "sigsuspend", "sigpending", "sigaltstack", "sigreturn",
		"sigtimedwait", "sigqueueinfo", "kill", "_lwp_kill", "setcontext", "rt_sigaction", "rt_sigprocmask",
		"rt_sigreturn", "rt_sigsuspend", "rt_sigpending", "rt_sigtimedwait", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
		"tkill", "tgkill", "pause", "signalfd", "signalfd4", "sigvec", "sigblock", "sigsetmask", "sigstack"},
	"ipc": {"msgget", "msgsnd", "msgrcv", "msgctl", "semget", "semop", "semtimedop", "semctl", "semconfig", "shmget", "shmat",
		"shmdt", "shmctl"},
	"memory": {"mmap", "munmap", "mprotect", "madvise", "mlock", "mlock2", "munlock", "mlockall", "munlockall", "mincore",
		"minherit", "mremap", "msync", "brk", "break", "obreak", "shmat", "shmdt", "mbind", "set_mempolicy",
		"get_mempolicy", "remap_file_pages"},
	"stat":    {"stat", "stat64"},
	"lstat":   {"lstat", "lstat64"},
	"fstat":   {"fstat", "fstat64", "fstatat", "newfstatat", "fstatat64"},
	"statfs":  {"statfs", "statfs64", "statvfs", "statvfs1"},
	"fstatfs": {"fstatfs", "fstatfs64", "fstatvfs", "fstatvfs1"},
	"%stat": {"stat", "stat64", "lstat", "lstat64", "fstat", "fstat64", "fstatat", "newfstatat", "fstatat64", "statx",
		"oldstat", "oldlstat", "oldfstat"},
	"%statfs": {"statfs", "statfs64", "statvfs", "statvfs1", "fstatfs", "fstatfs64", "fstatvfs", "fstatvfs1", "fhstatfs", "fhstatvfs1",
		"getfsstat", "getvfsstat", "ustat"},
	"pure": {"getpid", "getppid", "gettid", "getuid", "geteuid", "getgid", "getegid", "getuid32", "geteuid32", "getgid32", "getegid32",
		"getpid_with_ppid", "getuid_with_euid", "getgid_with_egid", "getpgrp", "getdtablesize", "getpagesize", "_lwp_self",
		"_lwp_getprivate", "issetugid"},
	"clock": {"clock_gettime", "clock_settime", "clock_getres", "clock_nanosleep", "gettimeofday", "settimeofday", "adjtime", "clock_adjtime"},
	"creds": {"getuid", "geteuid", "getgid", "getegid", "setuid", "seteuid", "setgid", "setegid", "setreuid", "setregid",
		"setresuid", "setresgid", "getresuid", "getresgid", "getgroups", "setgroups", "setfsuid", "setfsgid", "capget", "capset"},
}

func isClass(name string) bool { _, ok := classes[name]; return ok }

func classNames() string {
	var names []string
	for c := range classes {
		names = append(names, "%"+c)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// baseName takes the release off a call's name: compat_50___stat30 and __stat50 are stat.
func baseName(name string) string {
	if rest, ok := strings.CutPrefix(name, "compat_"); ok {
		if _, after, ok := strings.Cut(rest, "_"); ok {
			name = after
		}
	}
	if rest, ok := strings.CutPrefix(name, "__"); ok {
		name = strings.TrimRight(strings.TrimLeft(rest, "_"), "0123456789")
	}
	return name
}

// inClass reports whether a call belongs to a class; base is its name without a release.
func inClass(class, base string, s *Sig) bool {
	if slices.Contains(classes[class], base) {
		return true
	}
	if class == "desc" && slices.Contains(classes["network"], base) { // strace has sockets' calls there alone
		return false
	}
	for i := range s.Args {
		switch t := s.Args[i].Type; {
		case class == "file" && t == Path, class == "desc" && (t == Fd || t == Atfd):
			return true
		}
	}
	return false
}
