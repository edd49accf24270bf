package abi

import "testing"

// The sizes are those a C compiler gives the structures of the headers.
func TestKinfoSizes(t *testing.T) {
	for _, tt := range []struct {
		v          any
		lp64, i386 int
	}{
		{KinfoProc2{}, 680, 680},
		{KinfoLwp{}, 128, 128},
		{KinfoFile{}, 120, 120},
		{KinfoPcb{}, 640, 640},
		{KinfoVmentry{}, 1128, 1128},
		{RtMsghdr{}, 120, 120},
		{IfData{}, 136, 132},
		{IfMsghdr{}, 152, 152},
		{IfaMsghdr{}, 32, 32},
		{IfaMsghdr70{}, 24, 24},
		{SockaddrDlHead{}, 8, 8},
		{Vmtotal{}, 48, 48},
	} {
		if a, b := LP64LE.Sizeof(tt.v), ILP32LEi386.Sizeof(tt.v); a != tt.lp64 || b != tt.i386 {
			t.Errorf("sizeof %T = %d, %d; want %d, %d", tt.v, a, b, tt.lp64, tt.i386)
		}
	}
}
