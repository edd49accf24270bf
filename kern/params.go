package kern

// Parameters of a GENERIC kernel that several calls and sysctl nodes tell of.
const (
	ClockHz  = 100       // ticks of the clock per second (hz)
	FScale   = 2048      // FSCALE: 1.0 as a fixed-point number
	ArgMax   = 256 << 10 // ARG_MAX
	MaxFiles = 3404      // kern.maxfiles
)
