package syscalls

import (
	"math"
	"strings"
	"testing"

	"nbemu/kern"
)

// TestShapeOutside: machines that do not cut the number of a call down may have any there is no call for.
func TestShapeOutside(t *testing.T) {
	for _, code := range []int{-1, math.MinInt32, 512, math.MaxInt32} {
		a := kern.Args{1 << 40, ^uint64(0)}
		was := a
		if Narrow(code, &a); a != was || Wide(code) {
			t.Errorf("%d has a shape", code)
		}
	}
}

// intTypes are the types of arguments that are an int or shorter, or a long with a sign.
const intTypes = `access_mode acl_type addr_family atfd atflags attr_ns clockid dev32 epoll_op eventfd_flags fadvise fcntl_cmd fd fd_flags
	file_flags flock_op fsync_flags futex_op gid grnd_flags id idtype inherit int ipc_cmd ipc_flags itimer ktr_facs ktr_ops lio_mode long
	lwp_flags lwpid madvice map_flags memfd_flags mlockall_flags mnt_wait modctl_cmd mode mount_flags msg_flags msgop_flags msync_flags
	oflags open_mode pathconf_name pid prio_which prot ptrace_req ras_op reboot_how rest rlimit_which rusage_who sched_policy sem_cmd
	shm_cmd shmat_flags shut_how sighow signo sigset_old sock_flags sock_level sock_proto sock_type sockopt_name ssize swap_cmd timer_flags
	timerfd_flags timerfd_time_flags uid wait_options whence xattr_flags`

// TestTypesHaveWidths: a type that is new to the table is an address or not, which a machine of 32 bits must know. modctl's
// argument lost its upper half's zeros when it got a type of its own.
func TestTypesHaveWidths(t *testing.T) {
	ints := map[string]bool{}
	for _, name := range strings.Fields(intTypes) {
		ints[name] = true
	}
	for i := range Sysent {
		for _, a := range Sysent[i].Sig.Args {
			if !a.Size64 && !a.Type.Is64() && !a.Type.IsPtr() && !unsignedTypes[a.Type] && !ints[a.Type.String()] {
				t.Errorf("%s: is %v an address, or as wide as one? unsignedTypes has those that are, intTypes the others", Sysent[i].Name, a.Type)
			}
		}
	}
}
