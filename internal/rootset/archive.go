package rootset

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/ulikunitz/xz"
)

// Limits of one set. The largest of NetBSD 10, debug, has some 2 GiB in 10,000 files.
const (
	DefaultMaxBytes = 16 << 30
	maxEntries      = 1 << 20
)

// archive is an open set.
type archive struct {
	*tar.Reader
	file *os.File
	raw  *countReader // what was read of the file
	data *limitReader // what came out of the decompressor
}

// openArchive opens a tar archive, compressed by gzip, xz or bzip2 or not at all; what the file begins with decides.
// More than max bytes will not come out of it. Errors: the host's; no such archive.
func openArchive(ctx context.Context, path string, max int64, read func(n int64)) (*archive, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	raw := &countReader{ctx: ctx, r: f, report: read}
	in := bufio.NewReaderSize(raw, 256<<10)
	var data io.Reader
	head, _ := in.Peek(262)
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		data, err = gzip.NewReader(in)
	case bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		data, err = xz.NewReader(in)
	case bytes.HasPrefix(head, []byte("BZh")):
		data = bzip2.NewReader(in)
	case len(head) == 262 && string(head[257:]) == "ustar":
		data = in
	default:
		err = fmt.Errorf("neither gzip nor xz nor tar")
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	a := &archive{file: f, raw: raw, data: &limitReader{r: data, left: max, max: max}}
	a.Reader = tar.NewReader(a.data)
	return a, nil
}

func (a *archive) Close() { _ = a.file.Close() }

// finish reads what follows the archive's end, so that the checksum of the compressed file is looked at. Error: the
// file is cut off or was changed.
func (a *archive) finish() error {
	if _, err := io.Copy(io.Discard, a.data); err != nil {
		return err
	}
	// tar ends in two blocks of zeros. What was cut off between two members lacks them.
	if a.data.zeros < 1024 {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// countReader reads until its context ends and reports how far it is.
type countReader struct {
	ctx    context.Context
	r      io.Reader
	n      int64
	report func(n int64)
}

func (c *countReader) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(b)
	c.n += int64(n)
	if c.report != nil {
		c.report(c.n)
	}
	return n, err
}

// limitReader fails, and does not just end, where too much comes.
type limitReader struct {
	r         io.Reader
	left, max int64
	zeros     int64 // how many the data ended in so far
}

func (l *limitReader) Read(b []byte) (int, error) {
	if l.left <= 0 {
		if n, err := l.r.Read(b[:min(1, len(b))]); n == 0 {
			return 0, err
		}
		return 0, fmt.Errorf("more than %s in one set (-max-size allows more)", Bytes(l.max))
	}
	if int64(len(b)) > l.left {
		b = b[:l.left]
	}
	n, err := l.r.Read(b)
	l.left -= int64(n)
	end := n
	for end > 0 && b[end-1] == 0 {
		end--
	}
	if end > 0 {
		l.zeros = 0
	}
	l.zeros += int64(n - end)
	return n, err
}

// Bytes writes a size for people.
func Bytes(n int64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 10<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 10<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
