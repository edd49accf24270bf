package cpu

// Vectors is what the tests of a processor need of one machine: small programs in its own code, as hexadecimal bytes
// in the order of memory, assembled at 0x400000. Each ends in a system call; Reg is the register that then holds the
// result.
type Vectors struct {
	Name string
	Init func(c *Context) // what must be in a context for user mode; nil: zeros will do
	Reg  int
	// Call sets Reg to 20 and makes a system call, after which the pc is at CallPC, then a nop and another call, after
	// which it is at Call2PC. The pc of both is relative to the code's start.
	Call            string
	CallPC, Call2PC uint64
	// Store stores to StoreAddr, where nothing is, with the instruction at StorePC.
	Store     string
	StoreAddr uint64
	StorePC   uint64
	StoreReg  int // what it stores, four bytes
	// Incr adds one to the word at 0x500000 and leaves it in Reg.
	Incr string
	// Call21 is Call's first half with 21.
	Call21 string
	Nop    string
	// Loop is an endless loop at its first instruction.
	Loop string
	// Exceptions are instructions that raise one.
	Exceptions []VectorException
}

// VectorException is code that raises an exception; afterwards the pc is at the code's start plus PC.
type VectorException struct {
	Name   string
	Code   string
	Vector uint32
	PC     uint64
}

// Exc makes a VectorException.
func Exc(name, code string, vector uint32, pc uint64) VectorException {
	return VectorException{name, code, vector, pc}
}
