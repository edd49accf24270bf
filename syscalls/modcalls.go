package syscalls

import (
	"strconv"
	"strings"

	"nbemu/abi"
	"nbemu/kern"
)

// Calls that modules bring (syscall_establish), and take with them when they are unloaded.

// modularCalls are the calls of the modules by number; those of the module compat are what their names say.
var modularCalls = map[kern.ModuleCalls][]int{
	kern.CallsSysvIPC: {SYS_____semctl50, SYS_semget, SYS_semop, SYS_semconfig, SYS___msgctl50, SYS_msgget, SYS_msgsnd, SYS_msgrcv,
		SYS_shmat, SYS___shmctl50, SYS_shmdt, SYS_shmget},
	kern.CallsKsem: {SYS__ksem_init, SYS__ksem_open, SYS__ksem_unlink, SYS__ksem_close, SYS__ksem_post, SYS__ksem_wait,
		SYS__ksem_trywait, SYS__ksem_getvalue, SYS__ksem_destroy, SYS__ksem_timedwait},
}

// sysvipc32 are those of System V's IPC that are netbsd32's own, for their structures.
var sysvipc32 = map[int]bool{SYS_____semctl50: true, SYS___msgctl50: true, SYS___shmctl50: true, SYS_semop: true, SYS_msgsnd: true,
	SYS_msgrcv: true}

// youngestCompat is the last release whose calls are the module compat's.
const youngestCompat = 50

func init() {
	for bit, nums := range modularCalls {
		for _, n := range nums {
			gone := bit
			if sysvipc32[n] {
				gone |= kern.CallsSysvIPC32
			}
			Sysent[n].Call = modular(gone, Sysent[n].Call)
		}
	}
	for i := range Sysent {
		if release := releaseOf(Sysent[i].Name); release != 0 && release <= youngestCompat && Sysent[i].Call != nil {
			Sysent[i].Call = modular(kern.CallsCompat, Sysent[i].Call)
		}
	}
}

// releaseOf is the last release that had the call of that name, 0 for what is no old call: 50 for compat_50_wait4.
func releaseOf(name string) int {
	rest, ok := strings.CutPrefix(name, "compat_")
	if !ok {
		return 0
	}
	number, _, _ := strings.Cut(rest, "_")
	n, err := strconv.Atoi(number)
	if err != nil {
		return 0
	}
	return n
}

// modular is a call that is ENOSYS while its module is not there.
func modular(bits kern.ModuleCalls, h kern.Handler) kern.Handler {
	if h == nil {
		return nil
	}
	return func(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
		if gone := l.K.Modules.Gone & bits; gone != 0 && (gone != kern.CallsSysvIPC32 || l.Proc.Emul.Kernel64) {
			return kern.Retval{}, abi.ENOSYS
		}
		return h(l, a)
	}
}
