package abi

// Aiocb is struct aiocb; the kernel keeps its state in the last three.
type Aiocb struct {
	Offset    int64
	Buf       Ptr
	Nbytes    Size
	Fildes    int32
	LioOpcode int32
	Reqprio   int32
	Sigevent  Sigevent
	State     int32
	Errno     int32
	Retval    SSize
}
