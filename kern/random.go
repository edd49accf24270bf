package kern

import "crypto/rand"

// Random fills b with random bytes. All randomness that programs can see comes from here, so that a seeded
// source can stand behind it.
func Random(b []byte) {
	if RandomSource != nil {
		RandomSource(b)
		return
	}
	// crypto/rand ends the program itself should the host have no randomness.
	_, _ = rand.Read(b)
}

// RandomSource, if set, takes the place of the host's randomness. It is called with the kernel lock held.
var RandomSource func(b []byte)
