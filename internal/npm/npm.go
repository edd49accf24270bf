// Package npm fetches what this repository's commands run from npm, pinned.
package npm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"nbemu/internal/hosttools"
	"nbemu/internal/testprog"
)

// EsbuildVersion is that of Esbuild's programs.
const EsbuildVersion = "0.28.2"

const threeVersion = "0.187.0"

// ErrNone (wrapped) tells that the packages can't be had here.
var ErrNone = errors.New("cannot fetch packages from npm")

// archOf is npm's name of an architecture, by Go's.
var archOf = map[string]string{"amd64": "x64", "arm64": "arm64"}

// Esbuild gets a build of esbuild, a JavaScript bundler written in Go, and returns its program.
func Esbuild(goos, goarch string) (string, error) {
	arch, ok := archOf[goarch]
	if !ok {
		return "", fmt.Errorf("%w: no esbuild for %s", ErrNone, goarch)
	}
	dir, err := fetch("@esbuild/"+goos+"-"+arch, EsbuildVersion)
	return filepath.Join(dir, "package", "bin", "esbuild"), err
}

// Three gets the source of a 3D library, some 400 modules, 1.5 MB to bundle, and returns its directory.
func Three() (string, error) { return fetch("three", threeVersion) }

// fetch gets a package from npm, once, and returns the directory that it is
// unpacked in. Nothing in the package is run.
func fetch(name, version string) (string, error) {
	base := strings.NewReplacer("@", "", "/", "-").Replace(name) + "-" + version
	dir, err := testprog.BuildDir("npm", base)
	if err != nil {
		return "", err
	}
	stamp := filepath.Join(dir, "complete")
	if _, err := os.Stat(stamp); err == nil {
		return dir, nil
	}
	if _, err := exec.LookPath("npm"); err != nil {
		return "", fmt.Errorf("%w: npm not found", ErrNone)
	}
	var stderr bytes.Buffer
	cmd := exec.Command("npm", "pack", "--silent", name+"@"+version)
	cmd.Dir = dir
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%w: npm pack %s@%s: %v %s", ErrNone, name, version, err, hosttools.Tail(stderr.String(), 3))
	}
	archive := filepath.Join(dir, strings.TrimSpace(hosttools.Tail(string(out), 1)))
	if err := unpack(dir, archive); err != nil {
		return "", fmt.Errorf("%s: %w", archive, err)
	}
	os.Remove(archive)
	return dir, os.WriteFile(stamp, nil, 0o666)
}

func unpack(dir, archive string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir) // no entry can lead out of it
	if err != nil {
		return err
	}
	defer root.Close()
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if err := root.MkdirAll(filepath.Dir(h.Name), 0o777); err != nil {
			return err
		}
		out, err := root.OpenFile(h.Name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, fs.FileMode(h.Mode)&0o777|0o600)
		if err != nil {
			return err
		}
		if _, err := io.Copy(out, r); err != nil {
			out.Close()
			return err
		}
		if err := out.Close(); err != nil {
			return err
		}
	}
}
