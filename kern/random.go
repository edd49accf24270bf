package kern

import "crypto/rand"

// Random fills b with random bytes. All randomness that programs can see comes from here, so that a seeded
// source can stand behind it.
func (k *Kernel) Random(b []byte) {
	if k.RandomSource != nil {
		k.RandomSource(b)
		return
	}
	// crypto/rand ends the program itself should the host have no randomness.
	_, _ = rand.Read(b)
}
