package kern

import (
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// polled is a file that notes what it was told.
type polled struct {
	BadOps
	fd    int
	known bool
	re    int16
}

func (*polled) Type() string { return "test" }

func (p *polled) HostPoll() (int, int16) { return p.fd, unix.POLLIN | unix.POLLOUT }

func (p *polled) HostAnswer(re int16, known bool) { p.re, p.known = re, known }

type plain struct{ BadOps }

func (plain) Type() string { return "test" }

// The host's answers reach the files that they are of, and only while these are asked.
func TestPollerAsksAtOnce(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	full, empty := &polled{fd: int(r.Fd())}, &polled{fd: int(w.Fd())}
	alone := &polled{fd: -1}
	if _, err := w.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	fr, fw, fa, other := &File{Ops: full}, &File{Ops: empty}, &File{Ops: alone}, &File{Ops: plain{}}
	var p Poller
	files := []*File{fr, nil, other, fa, fw, fr}
	p.Ask(files)
	var got []int16
	for _, f := range files {
		if f == nil {
			continue
		}
		got = append(got, p.Ready(f, func() int16 {
			if o, ok := f.Ops.(*polled); ok && o.known {
				return o.re
			}
			return -1
		}))
	}
	if want := []int16{unix.POLLIN, -1, -1, unix.POLLOUT, unix.POLLIN}; !slices.Equal(got, want) {
		t.Errorf("answers %v, want %v", got, want)
	}
	if full.known || empty.known {
		t.Error("an answer is kept for later")
	}
	p.Ask([]*File{fr, nil})
	if got := p.Ready(fr, func() int16 { return full.re }); got != 0 || full.known {
		t.Errorf("a file by itself was asked: %d", got)
	}
}
