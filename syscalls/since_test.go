package syscalls

import (
	"slices"
	"testing"
)

// TestSince: the first release with each call, as the manual's pages say it ("first appeared in"), as the calls that
// replaced others are named (__stat30 came after 3.0), and as tables of the releases show.
func TestSince(t *testing.T) {
	releases := []string{
		"11", "10", "9", "8", "7", "6", "5.99", "5", "4", "3", "2.0", "1.6", "1.5", "1.4", "1.3", "1.2", "1.1", "1.0", "0.9", "0.8",
	}
	for _, c := range []struct {
		first string
		calls []int
	}{
		{"0.8", []int{SYS_fork, SYS_compat_10_oshmsys, SYS_fchdir, SYS_compat_13_sigaltstack13}},
		{"0.9", []int{SYS_compat_09_ouname}},
		{"1.0", []int{SYS_sysarch, SYS_compat_10_osemsys, SYS_pathconf, SYS___sysctl}},
		{"1.1", []int{SYS_semget, SYS_shmget}},
		{"1.2", []int{SYS_compat_50_futimes, SYS_ntp_adjtime}},
		{"1.3", []int{SYS_getpgid, SYS_reboot, SYS_poll, SYS_swapctl, SYS_compat_30_getdents, SYS_lchmod, SYS___msync13}},
		{"1.4", []int{SYS_preadv, SYS_fchroot, SYS___vfork14, SYS_compat_16___sigaction14}},
		{"1.5", []int{SYS_mlockall, SYS_compat_30_fhopen, SYS_lchflags, SYS_issetugid}},
		{"1.6", []int{SYS___clone, SYS_utrace}},
		{"2.0", []int{SYS__lwp_create, SYS__ksem_init, SYS_rasctl, SYS_kqueue, SYS_uuidgen, SYS_fsync_range, SYS_timer_create}},
		{"3", []int{SYS_compat_90_statvfs1, SYS_extattrctl, SYS_compat_50_pollts, SYS_compat_50_pselect}},
		{"4", []int{SYS_setxattr, SYS_compat_50___stat30, SYS___fhopen40}},
		{"5", []int{SYS_modctl, SYS__lwp_kill, SYS_compat_50__lwp_park, SYS_mq_open, SYS_mremap, SYS_aio_read, SYS_pset_create}},
		{"5.99", []int{SYS___stat50, SYS_compat_60__lwp_park, SYS___fhstat50}},
		{"6", []int{SYS_pipe2, SYS_compat_100_dup3, SYS_kqueue1, SYS_paccept, SYS_fexecve, SYS___quotactl, SYS_posix_spawn, SYS_sigqueueinfo}},
		{"7", []int{SYS_recvmmsg, SYS_fdiscard, SYS__ksem_timedwait, SYS____lwp_park60}},
		{"8", []int{SYS_wait6, SYS_clock_getcpuclockid2, SYS__sched_protect}},
		{"9", []int{SYS_getsockopt2}},
		{"10", []int{SYS___statvfs190, SYS_getrandom, SYS_eventfd, SYS_lpathconf}},
		{"11", []int{SYS_memfd_create, SYS_epoll_create1}},
	} {
		i := slices.Index(releases, c.first)
		for _, n := range c.calls {
			if m := Missing(c.first, releases); m != nil && m[n] {
				t.Errorf("%s lacks call %d %s", c.first, n, Sysent[n].Name)
			}
			if i+1 < len(releases) && !Missing(releases[i+1], releases)[n] {
				t.Errorf("%s has call %d %s, which came with %s", releases[i+1], n, Sysent[n].Name, c.first)
			}
		}
	}
}
