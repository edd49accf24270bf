//go:build linux

package main

import (
	"bytes"
	_ "embed"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"nbemu/internal/testprog"
)

//go:embed job.sh
var job []byte

var (
	dirFlag  = flag.String("dir", "", "where packages and roots are kept; a temporary directory if none is named")
	archFlag = flag.String("arch", "arm64,armhf,i386,mips64el,mipsel", "machines, by Debian's names")
)

// packages are what is run; apt adds what they need.
var packages = []string{"bash", "coreutils", "busybox", "python3", "perl", "sqlite3", "diffutils", "libc-bin"}

// native is the host's machine.
const native = "amd64"

func main() {
	log.SetFlags(0)
	log.SetPrefix("debian: ")
	flag.Parse()
	bad, err := runAll()
	if err != nil {
		log.Fatal(err)
	}
	if bad > 0 {
		log.Fatalf("%d machines differ", bad)
	}
}

// runAll returns on how many machines the job went otherwise than on the host.
func runAll() (bad int, err error) {
	nbemu, err := testprog.Nbemu()
	if err != nil {
		return 0, err
	}
	dir := *dirFlag
	if dir == "" {
		if dir, err = os.MkdirTemp("", "debian-"); err != nil {
			return 0, err
		}
		defer os.RemoveAll(dir)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return 0, err
	}
	if err := update(dir); err != nil {
		return 0, err
	}
	root, err := makeRoot(dir, native)
	if err != nil {
		return 0, err
	}
	want, err := exec.Command("unshare", "--mount", "sh", "-c", `mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" && exec chroot "$0" /bin/bash /job.sh`, root).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("on the host: %w\n%s", err, want)
	}
	for _, arch := range strings.Split(*archFlag, ",") {
		if root, err = makeRoot(dir, arch); err != nil {
			return 0, err
		}
		got, err := exec.Command(nbemu, "-chroot", root, "/bin/bash", "/job.sh").CombinedOutput()
		machine, _, _ := bytes.Cut(got, []byte("\n"))
		if diff := firstDiff(want, got); err != nil || diff != "" {
			bad++
			fmt.Printf("%s (%s): %v %s\n", arch, machine, err, diff)
			continue
		}
		fmt.Printf("%s (%s): %d lines, as on the host\n", arch, machine, bytes.Count(got, []byte("\n")))
	}
	return bad, nil
}

// firstDiff returns the first line, after the machine's name, in which what was printed differs.
func firstDiff(want, got []byte) string {
	w, g := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := 1; i < max(len(w), len(g)); i++ {
		var a, b string
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			return fmt.Sprintf("line %d: %q, on the host %q", i+1, b, a)
		}
	}
	return ""
}

// apt runs apt-get with lists and packages below dir, for a machine that has nothing installed.
func apt(dir, arch string, args ...string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Dir::State %q;\nDir::State::status %q;\nDir::Cache %q;\n", dir+"/state", dir+"/status", dir+"/cache")
	fmt.Fprintf(&b, "APT::Architecture %q;\nAPT::Architectures { ", arch)
	if args[0] == "update" {
		for _, a := range append(strings.Split(*archFlag, ","), native) {
			fmt.Fprintf(&b, "%q; ", a)
		}
	} else {
		fmt.Fprintf(&b, "%q; ", arch)
	}
	fmt.Fprintf(&b, "};\nDir::Cache::archives %q;\nAcquire::Languages \"none\";\n", filepath.Join(dir, "debs-"+arch))
	conf := filepath.Join(dir, "apt.conf")
	if err := os.WriteFile(conf, []byte(b.String()), 0o666); err != nil {
		return err
	}
	cmd := exec.Command("apt-get", args...)
	cmd.Env = append(os.Environ(), "APT_CONFIG="+conf)
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("apt-get %s: %w\n%s", strings.Join(args, " "), err, text)
	}
	return nil
}

// update fetches the lists of packages, once. Lists that a mirror is about to replace do not matter.
func update(dir string) error {
	for _, d := range []string{"state/lists/partial", "cache"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o777); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "status"), nil, 0o666); err != nil {
		return err
	}
	if lists, _ := filepath.Glob(filepath.Join(dir, "state", "lists", "*_Packages*")); len(lists) > 0 {
		return nil
	}
	err := apt(dir, native, "update")
	if lists, _ := filepath.Glob(filepath.Join(dir, "state", "lists", "*_Packages*")); len(lists) == 0 {
		return err
	}
	return nil
}

// makeRoot returns a directory with the packages of a machine unpacked, which is made once.
func makeRoot(dir, arch string) (string, error) {
	root, debs := filepath.Join(dir, "root-"+arch), filepath.Join(dir, "debs-"+arch)
	if _, err := os.Stat(filepath.Join(root, "job.sh")); err != nil {
		if err := os.MkdirAll(filepath.Join(debs, "partial"), 0o777); err != nil {
			return "", err
		}
		args := append([]string{"install", "--yes", "--no-install-recommends", "--download-only"}, packages...)
		if err := apt(dir, arch, args...); err != nil {
			return "", err
		}
		list, err := filepath.Glob(filepath.Join(debs, "*.deb"))
		if err != nil {
			return "", err
		}
		for _, deb := range list {
			if text, err := exec.Command("dpkg-deb", "-x", deb, root).CombinedOutput(); err != nil {
				return "", fmt.Errorf("%s: %w\n%s", deb, err, text)
			}
		}
		for _, d := range []string{"tmp", "proc", "dev/shm"} {
			if err := os.MkdirAll(filepath.Join(root, d), 0o777); err != nil {
				return "", err
			}
		}
	}
	return root, os.WriteFile(filepath.Join(root, "job.sh"), job, 0o666)
}
