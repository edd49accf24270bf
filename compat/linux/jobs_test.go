package linux

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// installed finds a program of the host's, which daemons are in other places of than PATH says.
func installed(t *testing.T, names ...string) (paths []string) {
	t.Helper()
	if !linuxHost() {
		t.Skip("the host has no programs for Linux on amd64")
	}
	for _, name := range names {
		path, err := exec.LookPath(name)
		for _, dir := range []string{"/usr/sbin", "/sbin", "/usr/lib/postgresql/15/bin"} {
			if err != nil {
				path, err = exec.LookPath(filepath.Join(dir, name))
			}
		}
		if err != nil {
			t.Skip(err)
		}
		paths = append(paths, path)
	}
	return paths
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// server starts a program under nbemu and waits until there is its socket; the test's end is its, too.
func server(t *testing.T, socket, nbemu string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	cmd := exec.CommandContext(ctx, nbemu, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		<-done
		cancel()
	})
	for {
		if _, err := os.Stat(socket); err == nil {
			return cmd
		}
		select {
		case err := <-done:
			done <- err
			t.Fatalf("%s: %v\n%s", args[0], err, out.String())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

const javaJob = `import java.util.*; import java.util.concurrent.*;
public class W { public static void main(String[] a) throws Exception {
 ExecutorService e = Executors.newFixedThreadPool(4); List<Future<Long>> f = new ArrayList<>();
 for (int t = 0; t < 4; t++) { final int n = t; f.add(e.submit(() -> { long s = 0; List<byte[]> k = new ArrayList<>();
  for (int i = 0; i < 200000; i++) { s += (i * 31L) ^ n; if (i % 100 == 0) { k.add(new byte[10000]); if (k.size() > 50) k.clear(); } } return s; })); }
 long s = 0; for (Future<Long> x : f) s += x.get(); e.shutdown(); System.gc(); System.out.println("sum " + s); } }
`

// TestJava has threads that compute long enough to be compiled, and allocate enough to be collected.
func TestJava(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	paths := installed(t, "java", "javac")
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "W.java"), javaJob)
	if text, err := exec.Command(paths[1], "-d", dir, filepath.Join(dir, "W.java")).CombinedOutput(); err != nil {
		t.Skipf("%v\n%s", err, text)
	}
	if got := output(t, nbemu, paths[0], "-Xmx256m", "-cp", dir, "W"); got != "sum 2479987600000\n" {
		t.Errorf("%q", got)
	}
}

const nodeJob = `const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
if (isMainThread) {
  let n = 0, sum = 0;
  for (let i = 0; i < 3; i++)
    new Worker(__filename, { workerData: i }).on('message', m => { sum += m; if (++n == 3) console.log(sum, typeof require('os').networkInterfaces().lo); });
} else { let s = 0; for (let i = 0; i < 1e6; i++) s += i % (workerData + 2); parentPort.postMessage(s); }
`

// TestNode has threads of node's compute, and asks for the network's interfaces.
func TestNode(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	node := installed(t, "node")[0]
	script := filepath.Join(t.TempDir(), "w.js")
	writeFile(t, script, nodeJob)
	if got := output(t, nbemu, node, script); got != "2999999 object\n" {
		t.Errorf("%q", got)
	}
}

// TestCxx builds a program of C++ with exceptions and threads, and runs it.
func TestCxx(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	cxx := installed(t, "g++")[0]
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "p.cc"), "#include <iostream>\n#include <map>\n#include <stdexcept>\n#include <string>\n#include <thread>\n"+
		"int main() { std::map<std::string, int> m; std::thread t([&] { m[\"a\"] = 4; }); t.join();\n"+
		"try { throw std::runtime_error(\"thrown\"); } catch (std::exception &e) { std::cout << e.what() << m[\"a\"] << std::endl; } }\n")
	prog := filepath.Join(dir, "p")
	if got := output(t, nbemu, cxx, "-O1", "-o", prog, filepath.Join(dir, "p.cc"), "-pthread"); got != "" {
		t.Fatal(got)
	}
	if got := output(t, nbemu, prog); got != "thrown4\n" {
		t.Errorf("%q", got)
	}
}

// TestRsync copies a tree, by two processes and a pair of sockets.
func TestRsync(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	rsync := installed(t, "rsync")[0]
	from, to := t.TempDir(), t.TempDir()
	if err := os.Mkdir(filepath.Join(from, "dir"), 0o750); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(from, "dir", "file"), strings.Repeat("text\n", 30000))
	if err := os.Symlink("file", filepath.Join(from, "dir", "link")); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(to, "old"), "")
	if got := output(t, nbemu, rsync, "-a", "--delete", from+"/", to+"/"); got != "" {
		t.Error(got)
	}
	if text, err := exec.Command("diff", "-r", from, to).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}

// TestRedis asks a server by a socket of the local domain.
func TestRedis(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	paths := installed(t, "redis-server", "redis-cli")
	socket := filepath.Join(t.TempDir(), "s")
	server(t, socket, nbemu, paths[0], "--port", "0", "--unixsocket", socket, "--save", "", "--dir", filepath.Dir(socket))
	var got string
	for _, args := range [][]string{{"set", "a", "1"}, {"incr", "a"}, {"lpush", "l", "x", "y"}} {
		got += output(t, nbemu, append([]string{paths[1], "-s", socket}, args...)...)
	}
	if want := "OK\n2\n2\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestNginx has two workers serve a page.
func TestNginx(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	paths := installed(t, "nginx", "curl")
	dir := t.TempDir()
	conf := "daemon off; worker_processes 2; pid DIR/pid; error_log DIR/log; events {} http { access_log off; client_body_temp_path DIR/1; " +
		"proxy_temp_path DIR/2; fastcgi_temp_path DIR/3; uwsgi_temp_path DIR/4; scgi_temp_path DIR/5; server { listen unix:DIR/s; root DIR/www; } }\n"
	writeFile(t, filepath.Join(dir, "conf"), strings.ReplaceAll(conf, "DIR", dir))
	if err := os.Mkdir(filepath.Join(dir, "www"), 0o755); err != nil {
		t.Fatal(err)
	}
	for d := dir; len(d) > len(os.TempDir()); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil { // its workers are another user
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "www", "page"), []byte("a page\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	server(t, filepath.Join(dir, "s"), nbemu, paths[0], "-p", dir, "-c", "conf")
	if got := output(t, nbemu, paths[1], "-s", "--retry", "5", "--unix-socket", filepath.Join(dir, "s"), "http://host/page"); got != "a page\n" {
		t.Errorf("%q", got)
	}
}

// TestSsh has ssh and sshd talk to each other by a pipe: keys, sandboxes, another user, a shell.
func TestSsh(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	paths := installed(t, "ssh", "sshd", "ssh-keygen")
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, key := range []string{"host", "user"} {
		output(t, nbemu, paths[2], "-q", "-t", "ed25519", "-N", "", "-f", at(key))
	}
	writeFile(t, at("conf"), "HostKey "+at("host")+"\nAuthorizedKeysFile "+at("user.pub")+"\nStrictModes no\nUsePAM no\nPidFile none\n")
	for _, d := range []string{"root/etc", "root/run/sshd"} {
		if err := os.MkdirAll(at(d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	writeFile(t, at("root/etc/passwd"), "root:x:0:0:root:/:/bin/sh\nsshd:x:105:65534::/run/sshd:/usr/sbin/nologin\n")
	if err := os.Chmod(at("root/etc/passwd"), 0o644); err != nil {
		t.Fatal(err)
	}
	proxy := strings.Join([]string{nbemu, "-root-user", "-L", at("root"), paths[1], "-i", "-f", at("conf"), "-E", at("log")}, " ")
	cmd := exec.Command(nbemu, paths[0], "-F", "none", "-o", "ProxyCommand="+proxy, "-o", "StrictHostKeyChecking=no", "-o",
		"UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-i", at("user"), "root@host", "echo from $((6*7)); exit 3")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, _ := cmd.Output()
	if string(out) != "from 42\n" || cmd.ProcessState.ExitCode() != 3 {
		log, _ := os.ReadFile(at("log"))
		t.Errorf("%q, status %d\n%s%s", out, cmd.ProcessState.ExitCode(), errs.String(), log)
	}
}
