package rootset

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

// sumLine is a line of a release's SHA512 file, as cksum(1) writes it; sha512sum's form is known too.
var sumLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^SHA512 \((.+)\) = ([0-9a-fA-F]{128})$`) })

// readSums reads the SHA512 file beside a set. Without one the result is nil.
func readSums(dir string) (map[string]string, error) {
	b, err := os.ReadFile(filepath.Join(dir, "SHA512"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	sums := map[string]string{}
	for in := bufio.NewScanner(bytes.NewReader(b)); in.Scan(); {
		line := strings.TrimSpace(in.Text())
		if m := sumLine().FindStringSubmatch(line); m != nil {
			sums[filepath.Base(m[1])] = strings.ToLower(m[2])
		} else if sum, name, ok := strings.Cut(line, "  "); ok && len(sum) == 128 {
			sums[filepath.Base(strings.TrimPrefix(name, "*"))] = strings.ToLower(sum)
		}
	}
	return sums, nil
}

// Sum is the SHA512 of a file. It stops when ctx ends.
func Sum(ctx context.Context, path string, progress func(read int64)) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha512.New()
	if _, err := io.CopyBuffer(h, &countReader{ctx: ctx, r: f, report: progress}, make([]byte, 256<<10)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// ErrSum says that a set is not what the release's SHA512 file names.
type ErrSum struct{ File, Want, Got string }

func (e *ErrSum) Error() string {
	return fmt.Sprintf("%s: not the file that SHA512 beside it names (%.12s…, not %.12s…)", e.File, e.Got, e.Want)
}
