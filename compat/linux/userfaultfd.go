package linux

import (
	"slices"
	"time"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// userfaultfd (fs/userfaultfd.c): a program makes missing pages of its memory itself, when it hears of a fault there. It is
// what Linux gives to users without CAP_SYS_PTRACE: faults of the program alone (UFFD_USER_MODE_ONLY); where the kernel
// itself meets a missing page its call is EFAULT. Only pages of private memory that shows no file can be missing, and
// there is no protection against stores.

const (
	uffdUserModeOnly = 1 // flag

	uffdRegister   = 0xc020aa00 // requests
	uffdUnregister = 0x8010aa01
	uffdWake       = 0x8010aa02
	uffdCopy       = 0xc028aa03
	uffdZeropage   = 0xc020aa04
	uffdAPI        = 0xc018aa3f

	uffdVersion      = 0xaa
	uffdAPICalls     = 1<<63 | 1<<1 | 1<<0             // what there is: API, UNREGISTER, REGISTER
	uffdRangeCalls   = 1<<4 | 1<<3 | 1<<2              // on a range: ZEROPAGE, COPY, WAKE
	uffdThreadID     = 1 << 8                          // features
	uffdExactAddress = 1 << 11                         //
	uffdFeatures     = uffdThreadID | uffdExactAddress //
	uffdReady        = 1 << 63                         // in userFaults.features: the version was agreed on

	uffdMissing  = 1 // mode of a range
	uffdDontWake = 1 // mode of COPY and ZEROPAGE

	uffdPagefault = 0x12 // event
	uffdMsgSize   = 32
)

// userFaults is an open userfaultfd.
type userFaults struct {
	kern.BadOps
	file     *kern.File
	vm       *mem.Space // whose faults it hears of
	features uint64
	waits    []*userFault
}

// userFault is a thread that waits for a page.
type userFault struct {
	task       *kern.LWP
	va         uint64
	write      bool
	read, done bool
	q          kern.SleepQ
}

// sysUserfaultfd is userfaultfd(flags). Errors: EPERM without UFFD_USER_MODE_ONLY; EINVAL; EMFILE.
func sysUserfaultfd(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	flags := int32(a[0])
	if flags&uffdUserModeOnly == 0 {
		return ret(abi.EPERM)
	}
	o := flags &^ uffdUserModeOnly
	if o&^(oCloexec|oNonblock) != 0 {
		return ret(abi.EINVAL)
	}
	u := &userFaults{vm: l.Proc.VM}
	u.file = kern.NewFile(l, u, abi.FREAD|abi.FWRITE|oflagsIn(o&oNonblock)&abi.O_NONBLOCK)
	return retFd(l.Install(u.file, o&oCloexec != 0))
}

func (*userFaults) Type() string { return "userfaultfd" }

func (*userFaults) Write(*kern.LWP, *kern.File, *kern.Uio) abi.Errno { return abi.EINVAL }

func (*userFaults) Stat(_ *kern.LWP, _ *kern.File, st *abi.Stat) abi.Errno {
	*st = abi.Stat{Mode: 0600, Blksize: 4096}
	return abi.OK
}

// Close: pages are the kernel's to make again.
func (u *userFaults) Close(*kern.LWP, *kern.File) abi.Errno {
	u.vm.Unwatch(u)
	u.wake(0, ^uint64(0))
	return abi.OK
}

// UserFault is kern.FaultWatcher's.
func (u *userFaults) UserFault(l *kern.LWP, va uint64, write bool) {
	w := &userFault{task: l, va: va, write: write}
	u.waits = append(u.waits, w)
	u.file.Sel.Notify(0)
	for err := abi.OK; err == abi.OK && !w.done; {
		err = l.Sleep(&w.q, "userfault", true, time.Time{})
	}
	i := slices.Index(u.waits, w)
	u.waits = slices.Delete(u.waits, i, i+1)
}

// wake lets those go on that wait for a page of a range.
func (u *userFaults) wake(start, n uint64) {
	for _, w := range u.waits {
		if w.va-start < n {
			w.done = true
			w.q.WakeAll()
		}
	}
}

// next returns who waits and nobody has heard of; nil for nobody.
func (u *userFaults) next() *userFault {
	for _, w := range u.waits {
		if !w.read && !w.done {
			return w
		}
	}
	return nil
}

// Read gives as many events as there are and fit. Errors: EINVAL before the version was agreed on, and for too little room.
func (u *userFaults) Read(l *kern.LWP, f *kern.File, io *kern.Uio) abi.Errno {
	if u.features == 0 || io.Resid < uffdMsgSize {
		return abi.EINVAL
	}
	for u.next() == nil {
		if f.Nonblock() {
			return abi.EAGAIN
		}
		if err := f.Sleep(l, &f.Sel.Q, "userfaultfd", time.Time{}); err != abi.OK {
			return err
		}
	}
	for w := u.next(); w != nil && io.Resid >= uffdMsgSize; w = u.next() {
		var b [uffdMsgSize]byte
		m := l.Model()
		va := w.va
		if u.features&uffdExactAddress == 0 {
			va &^= machineOf(l).Arch.PageSize - 1
		}
		b[0] = uffdPagefault
		m.PutUint(b[8:], 8, uint64(boolInt(w.write)))
		m.PutUint(b[16:], 8, va)
		if u.features&uffdThreadID != 0 {
			m.PutUint(b[24:], 4, uint64(tidIn(l, w.task)))
		}
		if _, err := io.Move(b[:]); err != abi.OK {
			return err
		}
		w.read = true
	}
	return abi.OK
}

func (u *userFaults) ready(f *kern.File) int16 {
	switch {
	case u.features == 0 || !f.Nonblock(): // as nobody could read without waiting
		return abi.POLLERR
	case u.next() != nil:
		return abi.POLLIN | abi.POLLRDNORM
	}
	return 0
}

func (u *userFaults) Poll(_ *kern.LWP, f *kern.File, events int16, sr *kern.SelRecord) int16 {
	r := u.ready(f) & (events | abi.POLLERR)
	if r == 0 {
		sr.Record(&f.Sel)
	}
	return r
}

func (u *userFaults) Kqfilter(f *kern.File, kn *kern.Knote) abi.Errno {
	if kn.Kev.Filter != abi.EVFILT_READ {
		return abi.EINVAL
	}
	kn.Attach(&f.Sel.Klist, func(*kern.Knote, int64) bool { return u.ready(f) != 0 })
	return abi.OK
}

// alive reports whether somebody still has the memory.
func (u *userFaults) alive() bool {
	return slices.ContainsFunc(u.file.K.Procs(), func(p *kern.Proc) bool { return p.VM == u.vm && !p.Zombie })
}

// uffdRange is struct uffdio_range.
type uffdRange struct{ Start, Len uint64 }

// ok reports whether it is whole pages of the machine's.
func (r uffdRange) ok(l *kern.LWP, vm *mem.Space) bool {
	page := machineOf(l).Arch.PageSize - 1
	return (r.Start|r.Len)&page == 0 && r.Len != 0 && r.Start >= vm.Min && r.Start+r.Len > r.Start && r.Start+r.Len <= vm.Max
}

// ioctl is a request. Errors: EINVAL, EFAULT, ESRCH once the memory is gone, those of the request.
func (u *userFaults) ioctl(l *kern.LWP, cmd uint32, va uint64) (kern.Retval, abi.Errno) {
	if cmd == uffdAPI {
		return ret(u.agree(l, va))
	}
	if u.features == 0 {
		return ret(abi.EINVAL)
	}
	switch cmd {
	case uffdRegister:
		return ret(u.register(l, va))
	case uffdUnregister, uffdWake:
		var r uffdRange
		if err := l.CopyinStruct(va, &r); err != abi.OK {
			return ret(err)
		}
		if !r.ok(l, u.vm) {
			return ret(abi.EINVAL)
		}
		if cmd == uffdUnregister {
			if err := u.vm.Watch(r.Start, r.Len, nil); err != abi.OK {
				return ret(err)
			}
		}
		u.wake(r.Start, r.Len)
		return ret(abi.OK)
	case uffdCopy:
		return ret(u.copy(l, va))
	case uffdZeropage:
		return ret(u.zeropage(l, va))
	}
	return ret(abi.EINVAL)
}

// agree is UFFDIO_API.
func (u *userFaults) agree(l *kern.LWP, va uint64) abi.Errno {
	var api struct{ API, Features, Ioctls uint64 }
	if err := l.CopyinStruct(va, &api); err != abi.OK {
		return err
	}
	if api.API != uffdVersion || api.Features&^uint64(uffdFeatures) != 0 || u.features != 0 {
		api.API, api.Features, api.Ioctls = 0, 0, 0
		if err := l.CopyoutStruct(va, &api); err != abi.OK {
			return err
		}
		return abi.EINVAL
	}
	u.features = api.Features | uffdReady
	api.Features, api.Ioctls = uffdFeatures, uffdAPICalls
	return l.CopyoutStruct(va, &api)
}

// register is UFFDIO_REGISTER.
func (u *userFaults) register(l *kern.LWP, va uint64) abi.Errno {
	var r struct {
		Range        uffdRange
		Mode, Ioctls uint64
	}
	if err := l.CopyinStruct(va, &r); err != abi.OK {
		return err
	}
	switch {
	case r.Mode != uffdMissing || !r.Range.ok(l, u.vm):
		return abi.EINVAL
	case !u.alive():
		return abi.ENOMEM
	}
	if err := u.vm.Watch(r.Range.Start, r.Range.Len, u); err != abi.OK {
		return err
	}
	r.Ioctls = uffdRangeCalls
	return l.CopyoutStruct(va, &r)
}

// copy is UFFDIO_COPY.
func (u *userFaults) copy(l *kern.LWP, va uint64) abi.Errno {
	var c struct{ Dst, Src, Len, Mode, Copy uint64 }
	if err := l.CopyinStruct(va, &c); err != abi.OK {
		return err
	}
	r := uffdRange{c.Dst, c.Len}
	if !r.ok(l, u.vm) || c.Src+c.Len < c.Src || c.Mode&^uffdDontWake != 0 {
		return abi.EINVAL
	}
	return u.fill(l, r, c.Mode, va+32, func(b []byte, done uint64) abi.Errno { return l.Copyin(b, c.Src+done) })
}

// zeropage is UFFDIO_ZEROPAGE.
func (u *userFaults) zeropage(l *kern.LWP, va uint64) abi.Errno {
	var z struct {
		Range      uffdRange
		Mode, Zero uint64
	}
	if err := l.CopyinStruct(va, &z); err != abi.OK {
		return err
	}
	if !z.Range.ok(l, u.vm) || z.Mode&^uffdDontWake != 0 {
		return abi.EINVAL
	}
	return u.fill(l, z.Range, z.Mode, va+24, func([]byte, uint64) abi.Errno { return abi.OK })
}

// fill makes the pages of a range of what from gives, stores at result how many bytes that were, or the error, and wakes
// who waits for them. Error: EAGAIN if not all could be made.
func (u *userFaults) fill(l *kern.LWP, r uffdRange, mode, result uint64, from func(b []byte, done uint64) abi.Errno) abi.Errno {
	if !u.alive() {
		return abi.ESRCH
	}
	err, done := abi.OK, uint64(0)
	for page := make([]byte, machineOf(l).Arch.PageSize); done < r.Len; done += uint64(len(page)) {
		if err = from(page, done); err != abi.OK {
			break
		}
		if err = u.vm.Fill(r.Start+done, page, u); err != abi.OK {
			break
		}
	}
	if done != 0 && mode&uffdDontWake == 0 {
		u.wake(r.Start, done)
	}
	out := done
	if done == 0 {
		out = -uint64(machineOf(l).errnoOut(err))
	}
	switch e := l.CopyoutStruct(result, out); {
	case e != abi.OK:
		return e
	case done == 0:
		return err
	case done != r.Len:
		return abi.EAGAIN
	}
	return abi.OK
}
