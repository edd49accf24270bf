package strace

import (
	"testing"

	"nbemu/abi"
)

// What NetBSD alone has is shown on machines of both sizes and byte orders.
func TestNetBSDOnly(t *testing.T) {
	for _, m := range []*abi.Model{abi.LP64LE, abi.LP64BE, abi.ILP32BE} {
		f := newMemory(m)
		p := Printer{Model: m, Align: -1}
		text := func(s string) abi.Ptr { return abi.Ptr(f.put(s)) }
		load := f.put(abi.ModctlLoad{Filename: text("compat_linux"), Flags: 1})
		timex := f.put(abi.Timex{Modes: 0x12, Freq: -3, Status: 0x2001, Constant: 6})
		ntp := f.put(abi.Ntptimeval{Time: abi.Timespec{Sec: 5, Nsec: 6}, Maxerror: 7, Esterror: 8, TimeState: 5})
		quota := f.put([2]uint32{3, 0})
		actions := f.put([2]abi.PosixSpawnFae{{Action: abi.FAE_OPEN, Fildes: 1, Path: text("out"), Oflag: abi.O_WRONLY | abi.O_CREAT, Mode: 0o644}, {Action: abi.FAE_CLOSE, Fildes: 5}})
		spawn := f.put(abi.PosixSpawnFileActions{Size: 2, Len: 2, Fae: abi.Ptr(actions)})
		attr := f.put(abi.PosixSpawnattr{Flags: abi.POSIX_SPAWN_SETPGROUP | abi.POSIX_SPAWN_SETSIGMASK, Pgroup: 9, Sigmask: abi.Sigset{2}})
		null := f.put(text("/below"))
		one := f.put(abi.Aiocb{Fildes: 4, Nbytes: 10})
		list := f.put([2]abi.Ptr{abi.Ptr(one), 0})
		acl := f.put(struct {
			Maxcnt, Cnt uint32
			Spare       [4]int32
			Entries     [2]struct {
				Tag, Id, Perm uint32
				Type, Flags   uint16
			}
		}{Maxcnt: 254, Cnt: 2, Entries: [2]struct {
			Tag, Id, Perm uint32
			Type, Flags   uint16
		}{{Tag: 1, Id: 1<<32 - 1, Perm: 6}, {Tag: 2, Id: 100, Perm: 4}}})
		uuid := f.put(abi.UUID{TimeLow: 0x12345678, TimeMid: 0x9abc, TimeHiAndVersion: 0x1def, ClockSeqHi: 0x80, ClockSeqLow: 1, Node: [6]byte{1, 2, 3, 4, 5, 6}})
		modctl := []Arg{{Type: ModctlCmd}, {Type: ModctlArg}}
		for _, tt := range []struct {
			sig  *Sig
			args []uint64
			want string
		}{
			{sig("modctl", RetInt, modctl...), []uint64{abi.MODCTL_LOAD, load}, `modctl(MODCTL_LOAD, {ml_filename="compat_linux", ml_flags=0x1, ml_props=NULL, ml_propslen=0}) = 0`},
			{sig("modctl", RetInt, modctl...), []uint64{abi.MODCTL_UNLOAD, uint64(text("tmpfs"))}, `modctl(MODCTL_UNLOAD, "tmpfs") = 0`},
			{sig("modctl", RetInt, modctl...), []uint64{abi.MODCTL_EXISTS, 1}, `modctl(MODCTL_EXISTS, 1) = 0`},
			{sig("ntp_adjtime", RetInt, Arg{Type: Timex, Dir: InOut}), []uint64{timex}, `ntp_adjtime({modes=MOD_FREQUENCY|MOD_STATUS, offset=0, freq=-3, maxerror=0, esterror=0, status=STA_PLL|STA_NANO, constant=6, precision=0, tolerance=0, ...}) = 0`},
			{sig("__ntp_gettime50", RetInt, Arg{Type: Ntptimeval, Dir: Out}), []uint64{ntp}, `__ntp_gettime50({time={tv_sec=5, tv_nsec=6}, maxerror=7, esterror=8, tai=0, time_state=TIME_ERROR}) = 0`},
			{sig("swapctl", RetInt, Arg{Type: SwapCmd}, Arg{Type: Ptr}, Arg{Type: Int}), []uint64{3, 0, 0}, `swapctl(SWAP_NSWAP, NULL, 0) = 0`},
			{sig("__quotactl", RetInt, Arg{Type: Path}, Arg{Type: QuotactlArgs}), []uint64{uint64(text("/")), quota}, `__quotactl("/", {qc_op=QUOTACTL_GET, ...}) = 0`},
			{sig("posix_spawn", RetErrno, Arg{Type: SpawnActions}, Arg{Type: SpawnAttr}), []uint64{spawn, attr},
				`posix_spawn([{fae_action=FAE_OPEN, fae_fildes=1, path="out", oflag=O_WRONLY|O_CREAT, mode=0644}, {fae_action=FAE_CLOSE, fae_fildes=5}], ` +
					`{sa_flags=POSIX_SPAWN_SETPGROUP|POSIX_SPAWN_SETSIGMASK, sa_pgroup=9, sa_sigmask=[INT]}) = 0`},
			{sig("__mount50", RetInt, Arg{Type: Str}, Arg{Type: Path}, Arg{Type: MountData}), []uint64{uint64(text("null")), uint64(text("/mnt")), null}, `__mount50("null", "/mnt", {target="/below"}) = 0`},
			{sig("__mount50", RetInt, Arg{Type: Str}, Arg{Type: Path}, Arg{Type: MountData}), []uint64{uint64(text("ffs")), uint64(text("/mnt")), 0x18}, `__mount50("ffs", "/mnt", 0x18) = 0`},
			{sig("lio_listio", RetInt, Arg{Type: LioMode}, Arg{Type: AiocbList, Len: 3}, Arg{Type: Int}), []uint64{1, list, 2},
				`lio_listio(LIO_WAIT, [{aio_fildes=4, aio_offset=0, aio_buf=NULL, aio_nbytes=10, ...}, NULL], 2) = 0`},
			{sig("__acl_set_file", RetInt, Arg{Type: Path}, Arg{Type: AclType}, Arg{Type: Acl}), []uint64{uint64(text("f")), 2, acl},
				`__acl_set_file("f", ACL_TYPE_ACCESS, {acl_maxcnt=254, acl_cnt=2, acl_entry=[{ae_tag=ACL_USER_OBJ, ae_id=-1, ae_perm=ACL_READ|ACL_WRITE}, {ae_tag=ACL_USER, ae_id=100, ae_perm=ACL_READ}]}) = 0`},
			{sig("uuidgen", RetInt, Arg{Type: Uuids, Dir: Out, Len: 2}, Arg{Type: Int}), []uint64{uuid, 1}, `uuidgen([12345678-9abc-1def-8001-010203040506], 1) = 0`},
		} {
			if got := p.Call(f, tt.sig, tt.args, Result{}); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		}
	}
}
