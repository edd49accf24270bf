package syscalls

import (
	"strings"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Modules of the kernel: modctl(2) (sys_module.c).

// maxProps is how long the properties are that a module may be given.
const maxProps = 4096

// sysModctl is modctl(cmd, arg). Errors: EINVAL, no command; EPERM, to load and unload is for root; EFAULT; those of
// kern.Modules.
func sysModctl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	switch int32(a[0]) {
	case abi.MODCTL_LOAD:
		return retErr(modload(l, a[1]))
	case abi.MODCTL_UNLOAD:
		name, err := l.CopyinStr(a[1], abi.MAXMODNAME)
		switch {
		case err != abi.OK:
			return retErr(err)
		case !l.Proc.Cred.IsRoot():
			return retErr(abi.EPERM)
		}
		return retErr(l.K.Modules.Unload(name))
	case abi.MODCTL_OSTAT:
		return retErr(modstat(l, a[1], modstat80(l)))
	case abi.MODCTL_STAT:
		return retErr(modstat(l, a[1], modstatNow(l)))
	case abi.MODCTL_EXISTS:
		switch {
		case l.K.Modules.NoLoader:
			return retErr(abi.ENOSYS)
		case a[1] > 1:
			return retErr(abi.EINVAL)
		case a[1] == 0 && !l.Proc.Cred.IsRoot():
			return retErr(abi.EPERM)
		}
		return retErr(abi.OK)
	}
	return retErr(abi.EINVAL)
}

// modload is modctl(MODCTL_LOAD). A name with a slash is a file, which is code of another kernel: ENOEXEC.
func modload(l *kern.LWP, va uint64) abi.Errno {
	var ml abi.ModctlLoad
	if err := l.CopyinStruct(va, &ml); err != abi.OK {
		return err
	}
	if (ml.Props != 0) != (ml.Propslen > 0) {
		return abi.EINVAL
	}
	name, err := copyinPath(l, uint64(ml.Filename))
	if err != abi.OK {
		return err
	}
	if ml.Props != 0 {
		if ml.Propslen > maxProps {
			return abi.ENOMEM
		}
		props, err := l.CopyinStr(uint64(ml.Props), int(ml.Propslen)+1)
		if err != abi.OK {
			return err
		}
		if !isDictionary(props) {
			return abi.EINVAL
		}
	}
	if l.K.Modules.Has(name) {
		return abi.EEXIST // before the user is looked at
	}
	if !l.Proc.Cred.IsRoot() {
		return abi.EPERM
	}
	if strings.Contains(name, "/") {
		var st abi.Stat
		if err := vfs.Stat(l, abi.AT_FDCWD, name, true, &st); err != abi.OK {
			return err
		}
		l.K.LogOnce("modctl: %s: modules of files are not for this kernel; its own are loaded by their names", name)
		return abi.ENOEXEC
	}
	return l.K.Modules.Load(name, uint32(ml.Flags))
}

// modstat stores what there is to know of all modules in the iovec at va, as much as has room, and its length there.
func modstat(l *kern.LWP, va uint64, all []byte) abi.Errno {
	var iov abi.Iovec
	if err := l.CopyinStruct(va, &iov); err != abi.OK {
		return err
	}
	if err := l.Copyout(all[:min(uint64(iov.Len), uint64(len(all)))], uint64(iov.Base)); err != abi.OK {
		return err
	}
	iov.Len = abi.Size(len(all))
	return l.CopyoutStruct(va, &iov)
}

// eachModule calls f with the modules in use and then with those that are not, whose count of references is -1.
func eachModule(m *kern.Modules, f func(mod *kern.Module, refs int32)) {
	for _, mod := range m.Loaded() {
		f(mod, mod.Refs)
	}
	for _, mod := range m.Builtins() {
		f(mod, -1)
	}
}

// modstat80 is an array of the old form.
func modstat80(l *kern.LWP) (all []byte) {
	eachModule(&l.K.Modules, func(mod *kern.Module, refs int32) {
		ms := abi.Modstat80{Source: int32(mod.Source), Class: int32(mod.Class), Refcnt: refs, Flags: mod.Flags}
		copy(ms.Name[:abi.MAXMODNAME-1], mod.Name)
		copy(ms.Required[:len(ms.Required)-1], strings.Join(mod.Required, ","))
		all = l.Model().Append(all, &ms)
	})
	return all
}

// modstatNow is the number of modules, an array of today's form, and the names of modules that others need, to which
// the array has offsets; 0 is none.
func modstatNow(l *kern.LWP) []byte {
	m := l.Model()
	names := []byte{0}
	var list []abi.Modstat
	eachModule(&l.K.Modules, func(mod *kern.Module, refs int32) {
		ms := abi.Modstat{Source: int32(mod.Source), Class: int32(mod.Class), Refcnt: refs, Flags: mod.Flags}
		copy(ms.Name[:abi.MAXMODNAME-1], mod.Name)
		if mod.Required != nil {
			ms.Reqoffset = uint32(len(names))
			names = append(append(names, strings.Join(mod.Required, ",")...), 0)
		}
		list = append(list, ms)
	})
	all := m.Append(nil, int32(len(list)))
	for i := range list {
		all = m.Append(all, &list[i])
	}
	return append(all, names...)
}
