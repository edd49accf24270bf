// Command programs has what Go programs spend their time with, by the first argument: one thing of the standard
// library each. It prints a checksum, which is the same everywhere.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"math/rand"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
)

var programs = map[string]func() any{
	"start":   func() any { return "started" },
	"gzip":    gzipped,
	"sha256":  func() any { return sha256.Sum256(data(32 << 20)) },
	"aesgcm":  sealed,
	"crc32":   checked,
	"ed25519": signed,
	"json":    marshalled,
	"regexp":  matched,
	"sort":    sorted,
	"gc":      collected,
	"nbody":   bodies,
	"http":    served,
	"threads": summed,
}

func main() {
	if len(os.Args) != 2 || programs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "programs: which?")
		os.Exit(2)
	}
	sum := sha256.Sum256(fmt.Append(nil, programs[os.Args[1]]()))
	fmt.Printf("%x\n", sum[:8])
}

// data are n bytes that look like text with numbers: some of it repeats.
func data(n int) []byte {
	r := rand.New(rand.NewSource(1))
	words := make([]string, 500)
	for i := range words {
		words[i] = strings.Repeat(string(rune('a'+r.Intn(26))), 1+r.Intn(3)) + fmt.Sprint(r.Intn(1000))
	}
	var piece []byte
	for len(piece) < min(n, 1<<20) {
		piece = append(append(piece, words[r.Intn(len(words))]...), ' ')
	}
	out := make([]byte, 0, n+len(piece))
	for len(out) < n {
		out = append(out, piece...)
	}
	return out[:n]
}

func gzipped() any {
	in := data(2 << 20)
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(in)
	w.Close()
	size := b.Len()
	r, err := gzip.NewReader(&b)
	if err != nil {
		return err
	}
	out, err := io.ReadAll(r)
	return fmt.Sprint(size, err, bytes.Equal(in, out))
}

func sealed() any {
	block, err := aes.NewCipher(data(16))
	if err != nil {
		return err
	}
	g, err := cipher.NewGCM(block)
	if err != nil {
		return err
	}
	in, nonce := data(1<<20), make([]byte, g.NonceSize())
	h := sha256.New()
	var out []byte
	for i := range 16 {
		nonce[0] = byte(i)
		out = g.Seal(out[:0], nonce, in, nil)
		h.Write(out[len(in):])
	}
	return h.Sum(nil)
}

func checked() any {
	in, sum := data(1<<20), uint32(0)
	other := crc32.MakeTable(crc32.Castagnoli)
	for range 32 {
		sum = crc32.Update(sum, crc32.IEEETable, in)
		sum = crc32.Update(sum, other, in)
	}
	return sum
}

func signed() any {
	key := ed25519.NewKeyFromSeed(data(ed25519.SeedSize))
	var sig []byte
	for i := range 200 {
		msg := fmt.Append(sig, i)
		sig = ed25519.Sign(key, msg)
		if !ed25519.Verify(key.Public().(ed25519.PublicKey), msg, sig) {
			return "not verified"
		}
	}
	return sig
}

type record struct {
	Name   string            `json:"name"`
	Values []float64         `json:"values"`
	Tags   map[string]string `json:"tags,omitempty"`
	Next   *record           `json:"next,omitempty"`
}

func marshalled() any {
	var list []record
	for i := range 500 {
		list = append(list, record{fmt.Sprint("record ", i), []float64{float64(i) / 3, math.Sqrt(float64(i))}, map[string]string{"a": "b", "c": fmt.Sprint(i)},
			&record{Name: "next"}})
	}
	var b []byte
	for range 10 {
		var err error
		if b, err = json.Marshal(list); err != nil {
			return err
		}
		list = nil
		if err = json.Unmarshal(b, &list); err != nil {
			return err
		}
	}
	return b
}

func matched() any {
	in, n := data(1<<19), 0
	for _, e := range []string{`a+[0-9]{2} b`, `(\w)\w*9 `, `(?i)(foo|bar|zzz\d+) .*?7`, `[^ ]*5[^ ]* [c-f]+`} {
		n += len(regexp.MustCompile(e).FindAllIndex(in, -1))
	}
	return n
}

func sorted() any {
	words := strings.Fields(string(data(1 << 19)))
	slices.Sort(words)
	r := rand.New(rand.NewSource(2))
	numbers := r.Perm(400000)
	slices.Sort(numbers)
	sort.SliceStable(words, func(i, j int) bool { return len(words[i]) < len(words[j]) })
	return fmt.Sprint(numbers[1000], words[len(words)/2], words[0])
}

// summed is the same work by as many goroutines as there are processors for them.
func summed() any {
	const pieces = 4
	var sums [pieces]uint64
	var wg sync.WaitGroup
	next := make(chan int, pieces)
	for i := range pieces {
		next <- i
	}
	close(next)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				x := uint64(i + 1)
				for range 400_000_000 {
					x ^= x << 13
					x ^= x >> 7
					x ^= x << 17
				}
				sums[i] = x
			}
		})
	}
	wg.Wait()
	return sums
}

type tree struct{ left, right *tree }

func grow(depth int) *tree {
	if depth == 0 {
		return &tree{}
	}
	return &tree{grow(depth - 1), grow(depth - 1)}
}

func (t *tree) count() int {
	if t.left == nil {
		return 1
	}
	return 1 + t.left.count() + t.right.count()
}

func collected() any {
	kept, n := grow(16), 0
	for range 24 {
		n += grow(14).count()
	}
	return n + kept.count()
}

type body struct{ at, speed [3]float64 }

func bodies() any {
	var all [5]body
	r := rand.New(rand.NewSource(3))
	for i := range all {
		for k := range 3 {
			all[i].at[k], all[i].speed[k] = r.Float64()*10, r.Float64()/10
		}
	}
	for range 200000 {
		for i := range all {
			for j := i + 1; j < len(all); j++ {
				var d [3]float64
				dist := 0.01
				for k := range 3 {
					d[k] = all[i].at[k] - all[j].at[k]
					dist += float64(d[k] * d[k])
				}
				pull := 0.001 / float64(dist*math.Sqrt(dist))
				for k := range 3 {
					all[i].speed[k] -= float64(d[k] * pull)
					all[j].speed[k] += float64(d[k] * pull)
				}
			}
		}
		for i := range all {
			for k := range 3 {
				all[i].at[k] += float64(0.001 * all[i].speed[k])
			}
		}
	}
	return binary.LittleEndian.AppendUint64(nil, math.Float64bits(all[0].at[0]))
}

func served() any {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "you asked for", r.URL.Path) }))
	defer s.Close()
	n := 0
	for i := range 3000 {
		r, err := http.Get(fmt.Sprint(s.URL, "/", i))
		if err != nil {
			return err
		}
		b, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil {
			return err
		}
		n += len(b)
	}
	return n
}
