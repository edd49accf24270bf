package kvm

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// KVM's interface, as include/uapi/linux/kvm.h and arch/x86/include/uapi/asm/kvm.h have it.

const (
	apiVersion = 12

	ioGetAPIVersion       = 0xae00
	ioCreateVM            = 0xae01
	ioCheckExtension      = 0xae03
	ioGetVCPUMmapSize     = 0xae04
	ioGetSupportedCPUID   = 0xc008ae05
	ioCreateVCPU          = 0xae41
	ioSetUserMemoryRegion = 0x4020ae46
	ioRun                 = 0xae80
	ioGetRegs             = 0x8090ae81
	ioSetRegs             = 0x4090ae82
	ioGetSregs            = 0x8138ae83
	ioSetSregs            = 0x4138ae84
	ioSetMSRs             = 0x4008ae89
	ioSetCPUID2           = 0x4008ae90
	ioSetVCPUEvents       = 0x4040aea0
	ioGetDebugRegs        = 0x8080aea1
	ioSetDebugRegs        = 0x4080aea2
	ioGetXSave            = 0x9000aea4
	ioSetXSave            = 0x5000aea5
	ioSetXCRs             = 0x4188aea7
	ioSetDeviceAttr       = 0x4018aee1

	capImmediateExit = 136
	capSyncRegs      = 74
	capXSave         = 55
	capXCRs          = 56
	capMaxVCPUs      = 66

	syncRegs  = 1
	syncSregs = 2

	exitIO            = 2
	exitDebug         = 4
	exitHLT           = 5
	exitMMIO          = 6
	exitShutdown      = 8
	exitFailEntry     = 9
	exitIntr          = 10
	exitInternalError = 17
	exitMemoryFault   = 39
)

// exitNames are those that end a program.
var exitNames = map[uint32]string{
	exitIO: "an access to an I/O port", exitDebug: "a debug exit", exitMMIO: "an access to memory that is none",
	exitShutdown: "a triple fault", exitFailEntry: "an entry that the processor refused",
	exitInternalError: "an instruction that KVM cannot carry out", exitMemoryFault: "host memory that is gone",
}

// regs is struct kvm_regs.
type regs struct {
	rax, rbx, rcx, rdx, rsi, rdi, rsp, rbp, r8, r9, r10, r11, r12, r13, r14, r15, rip, rflags uint64
}

// segment is struct kvm_segment.
type segment struct {
	base                           uint64
	limit                          uint32
	selector                       uint16
	typ                            uint8
	present, dpl, db, s, l, g, avl uint8
	unusable                       uint8
	_                              uint8
}

// dtable is struct kvm_dtable.
type dtable struct {
	base  uint64
	limit uint16
	_     [3]uint16
}

// sregs is struct kvm_sregs.
type sregs struct {
	cs, ds, es, fs, gs, ss, tr, ldt         segment
	gdt, idt                                dtable
	cr0, cr2, cr3, cr4, cr8, efer, apicBase uint64
	interruptBitmap                         [4]uint64
}

// runPage is struct kvm_run, as far as it is used here.
type runPage struct {
	requestInterruptWindow uint8
	immediateExit          uint8
	_                      [6]uint8
	exitReason             uint32
	readyForInterrupt      uint8
	ifFlag                 uint8
	flags                  uint16
	cr8, apicBase          uint64
	exit                   [32]uint64
	validRegs, dirtyRegs   uint64
	regs                   regs
	sregs                  sregs
}

type memoryRegion struct {
	slot, _             uint32 // flags
	gpa, size, hostAddr uint64
}

type cpuidEntry struct {
	function, index, _ uint32 // flags
	eax, ebx, ecx, edx uint32
	_                  [3]uint32
}

type cpuid2 struct {
	nent, _ uint32
	entries [256]cpuidEntry
}

type msrEntry struct {
	index, _ uint32
	data     uint64
}

type msrs struct {
	n, _    uint32
	entries [16]msrEntry
}

type xcrs struct {
	n, _ uint32 // flags
	xcrs [16]struct {
		xcr, _ uint32
		value  uint64
	}
	_ [16]uint64
}

type vcpuEvents [64]byte

type deviceAttr struct {
	_, group   uint32 // flags
	attr, addr uint64
}

// xsaveArea is struct kvm_xsave.
type xsaveArea [4096]byte

func ioctl(fd int, op, arg uintptr) (int, error) {
	for {
		r, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), op, arg)
		if e == unix.EINTR {
			continue
		}
		if e != 0 {
			return 0, e
		}
		return int(r), nil
	}
}

// ioctlp passes a pointer to KVM.
func ioctlp[T any](fd int, op uintptr, p *T) error {
	_, err := ioctlpn(fd, op, p)
	return err
}

// ioctlpn is ioctlp for calls that return a number.
func ioctlpn[T any](fd int, op uintptr, p *T) (int, error) {
	for {
		r, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), op, uintptr(unsafe.Pointer(p)))
		if e == 0 {
			return int(r), nil
		}
		if e != unix.EINTR {
			return 0, e
		}
	}
}
