package linux

import (
	"bytes"
	"testing"

	"nbemu/abi"
	"nbemu/arch/x86"
	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/kern/kerntest"
)

// TestVectorsI386: a frame of i386 has the state that FXSAVE does not know after the 112 bytes of FSAVE's, at a multiple
// of 64, and gives it back (arch/x86/kernel/fpu/signal.c). testdata/linux/vectors.c sees it with a processor that has it.
func TestVectorsI386(t *testing.T) {
	k := kern.New()
	k.Lock()
	t.Cleanup(k.Unlock)
	l := kerntest.LWP(t, k, 0)
	l.Proc.Emul = machI386.Emul()
	image := l.Ctx.XSave()
	le.PutUint64(image[xstateAt:], fxComponent|1<<cpu.XStateAVX)
	ymm := image[xstateEnd:]
	for i := range 256 {
		ymm[i] = byte(i)
	}
	const stack, x87, mxcsr = kerntest.Base + kerntest.Size - 100, 0x27f, 0x1f80
	le.PutUint16(image[0:], x87)
	le.PutUint32(image[24:], mxcsr)
	l.Ctx.R[x86.RSP] = stack
	act := &kern.Sigaction{Tramp: 0x3000}
	act.Handler, act.Flags = 0x2000, abi.SA_SIGINFO
	if !sendsigI386(l, act, &kern.Ksiginfo{Signo: abi.SIGUSR1}, &abi.Sigset{}) {
		t.Fatal("no frame")
	}
	frame := l.Ctx.R[x86.RSP]
	uc := make([]byte, ucSizeI386)
	if l.Copyin(uc, frame+16+siginfoLen) != abi.OK {
		t.Fatal("no ucontext")
	}
	if le.Uint32(uc)&ucFPXState == 0 {
		t.Error("uc_flags does not say that there is XSAVE's image")
	}
	var sc sigcontextI386
	l.Model().Unmarshal(uc[ucI386:], &sc)
	fp := make([]byte, fsaveI386+cpu.XSaveSize+4)
	if l.Copyin(fp, uint64(sc.Fpstate)) != abi.OK {
		t.Fatal("no floating-point state")
	}
	fx := fp[fsaveI386:]
	if (sc.Fpstate+fsaveI386)%64 != 0 || le.Uint16(fp) != x87 || le.Uint16(fp[fsaveI386-2:]) != 0 || le.Uint32(fx[fpSoftware:]) != fpMagic1 ||
		le.Uint32(fx[fpSoftware+4:]) != uint32(len(fp)) || le.Uint32(fx[cpu.XSaveSize:]) != fpMagic2 {
		t.Errorf("at %#x: %x", sc.Fpstate, fx[fpSoftware:fpSizeAMD64])
	}
	if !bytes.Equal(fx[xstateEnd:][:256], ymm[:256]) {
		t.Errorf("halves of vectors: %x", fx[xstateEnd:][:256])
	}

	// The handler changes one, and uses the registers itself.
	fx[xstateEnd+48] = 0xaa
	if l.Copyout(fp, uint64(sc.Fpstate)) != abi.OK {
		t.Fatal("the frame cannot be written")
	}
	clear(l.Ctx.XSave()[:])
	l.Ctx.R[x86.RSP] = frame + 4 // the return address is gone
	if !sigreturnI386(l, true) {
		t.Fatal("no return")
	}
	if c := le.Uint64(image[xstateAt:]); c != fxComponent|1<<cpu.XStateAVX || ymm[48] != 0xaa || ymm[49] != 49 || ymm[255] != 255 {
		t.Errorf("after the handler: components %#x, %x", c, ymm[:256])
	}
	if le.Uint16(image[0:]) != x87 || le.Uint32(image[24:]) != mxcsr || l.Ctx.R[x86.RSP] != stack {
		t.Errorf("control %#x, mxcsr %#x, stack %#x", le.Uint16(image[0:]), le.Uint32(image[24:]), l.Ctx.R[x86.RSP])
	}

	// An image without its mark at the end is FXSAVE's.
	le.PutUint32(fx[cpu.XSaveSize:], 0)
	if l.Copyout(fp, uint64(sc.Fpstate)) != abi.OK || !setFPImage(l, uint64(sc.Fpstate)+fsaveI386, nil) {
		t.Fatal("no state")
	}
	if c := le.Uint64(image[xstateAt:]); c != 0 {
		t.Errorf("without the mark: components %#x", c)
	}
}
