package linux

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const postgresJob = `set -e
bin=$1 dir=$2
$bin/initdb -D $dir/data -U me -A trust >$dir/initdb
$bin/pg_ctl -w -D $dir/data -l $dir/log -o "-c listen_addresses= -c shared_buffers=4MB -k $dir" start >$dir/start
ask() { $bin/psql -X -h $dir -U me -Atc "$1" postgres; }
ask 'create table t(a int primary key, b text)'
ask 'insert into t select i, i::text from generate_series(1, 1000) i'
ask 'begin; delete from t; rollback' | tail -1
{ for i in 1 2 3; do ask "update t set b = b || 'x' where a % 3 = $i - 1" & done; wait; } | sort
ask 'select count(*), sum(a), max(length(b)), min(right(b, 1)) from t'
$bin/pg_ctl -w -D $dir/data stop -m fast >$dir/stop
tail -1 $dir/log | sed 's/.*LOG: *//'
`

// TestPostgres makes a cluster, has its server answer several clients at a time, and stops it. Its programs refuse to be
// root's.
func TestPostgres(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	postgres := installed(t, "postgres")[0]
	postgres, err := filepath.EvalSymlinks(postgres) // its other programs are beside it
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "pg") // the name of a socket is not long
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	args := []string{nbemu}
	if os.Geteuid() == 0 {
		args = append(args, "-uid", "1000")
		if err := os.Chown(dir, 1000, os.Getegid()); err != nil {
			t.Fatal(err)
		}
	}
	args = append(args, "/bin/bash", "-c", postgresJob, "job", filepath.Dir(postgres), dir)
	want := "CREATE TABLE\nINSERT 0 1000\nROLLBACK\n" + "UPDATE 333\nUPDATE 333\nUPDATE 334\n" + "1000|500500|5|x\ndatabase system is shut down\n"
	if got := output(t, args[0], args[1:]...); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

const tmuxJob = `unset TMUX
dir=$1
t() { tmux -S $dir/sock -f /dev/null "$@"; }
t new-session -d -x 80 -y 24 sh
t send-keys 'echo $((6*7)) answer; stty size' Enter
until t capture-pane -p | grep -q '^24 80'; do sleep .1; done
t capture-pane -p | grep -o -e '42 answer' -e '^24 80' # the first may come after a prompt
t split-window -d cat
until t list-panes -F '#{pane_current_command}' | grep -q cat; do sleep .1; done
t list-panes -F '#{pane_index} #{pane_current_command}'
t kill-server
`

// TestTmux has a server with a terminal of its own that keys are sent to.
func TestTmux(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	installed(t, "tmux")
	dir, err := os.MkdirTemp("", "tmux")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if got, want := output(t, nbemu, "/bin/sh", "-c", tmuxJob, "job", dir), "42 answer\n24 80\n0 sh\n1 cat\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestScript runs a command on a terminal, writes down what it says, and ends as it does.
func TestScript(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	script := installed(t, "script")[0]
	file := filepath.Join(t.TempDir(), "typescript")
	cmd := exec.Command(nbemu, script, "-qec", "test -t 1 && stty cols 100 && stty size; exit 3", file)
	out, _ := cmd.Output()
	if string(out) != "0 100\r\n" || cmd.ProcessState.ExitCode() != 3 {
		t.Errorf("%q, status %d", out, cmd.ProcessState.ExitCode())
	}
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), "0 100\r\n") {
		t.Errorf("%q, %v", text, err)
	}
}

const erlangJob = `-module(job).
-export([main/0]).
main() ->
  S = self(),
  [spawn(fun() -> S ! {N, lists:sum([X rem (N+1) || X <- lists:seq(1, 100000)])} end) || N <- lists:seq(1, 8)],
  Sum = lists:sum([receive {N, V} -> V end || N <- lists:seq(1, 8)]),
  {ok, L} = gen_tcp:listen(0, [binary, {packet, 4}, {active, false}, {ip, {127,0,0,1}}]),
  {ok, Port} = inet:port(L),
  spawn(fun() ->
    {ok, C} = gen_tcp:connect({127,0,0,1}, Port, [binary, {packet, 4}]),
    ok = gen_tcp:send(C, term_to_binary({sum, Sum})),
    receive {tcp, C, B} -> S ! {back, B} end end),
  {ok, A} = gen_tcp:accept(L),
  {ok, Got} = gen_tcp:recv(A, 0),
  {sum, There} = binary_to_term(Got),
  ok = gen_tcp:send(A, <<"thanks">>),
  receive {back, T} -> io:format("~p ~s~n", [There, T]) end,
  halt(0).
`

// TestErlang compiles a module and runs it: processes on all schedulers, and two that talk by TCP.
func TestErlang(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	paths := installed(t, "erl", "erlc")
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "job.erl"), erlangJob)
	if got := output(t, nbemu, paths[1], "-o", dir, filepath.Join(dir, "job.erl")); got != "" {
		t.Fatal(got)
	}
	if got := output(t, nbemu, paths[0], "-noshell", "-pa", dir, "-s", "job", "main"); got != "1799997 thanks\n" {
		t.Errorf("%q", got)
	}
}

const treeJob = `set -e
cd $1
umask 22
mkdir -p from/a/b from/closed to
echo one >from/a/one; echo two >from/a/b/two; : >from/empty
ln -s ../a/one from/a/link; ln from/a/one from/hard; mkfifo from/fifo
chmod 2750 from/a/b; chmod 0500 from/closed; chmod 4711 from/empty
touch -d '2001-02-03 04:05:06 UTC' from/a/b from/a/one from/closed
tar -cf all.tar -C from .
tar -xpf all.tar -C to
tar -df all.tar -C to
for d in from to; do
	(cd $d; find . -printf '%p %y %m %n %s %TY-%Tm-%Td %l\n' | grep -v ' d 755' | sort | sed 's/ 2[0-9]*-[0-9-]* $/ now/;s/\(closed.*\) [0-9]* 20/\1 20/')
done
tar -czf - from | tar -tzf - | wc -l
`

// TestTar packs a tree and unpacks it: modes and times of directories, links of both kinds, a FIFO.
func TestTar(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	installed(t, "tar", "gzip", "find")
	lines := func(command ...string) []string {
		args := append(command, "/bin/bash", "-c", treeJob, "job", t.TempDir())
		return strings.Split(output(t, args[0], args[1:]...), "\n")
	}
	want, got := lines("env"), lines(nbemu)
	if len(want) < 14 || strings.Join(want, "\n") != strings.Join(got, "\n") {
		t.Errorf("%q, on the host %q", got, want)
	}
}

const gitJob = `set -e
cd $1
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@a HOME=$1 GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_DATE='1000000000 +0000' GIT_COMMITTER_DATE='1000000000 +0000'
git init -q -b main r; cd r
for i in $(seq 50); do echo line $i >f$i; done
git add .; git commit -qm first
git checkout -qb side; sed -i s/line/LINE/ f7; git commit -qam second
git checkout -q main; git mv f9 nine; git commit -qm third
git merge -q --no-edit side
git gc -q --prune=now; git fsck --full
git clone -q . ../copy; cd ../copy
git log --format='%h %s' | cat
git diff --stat HEAD~1 | cat
git status --short | wc -l
`

// TestGit works in a repository, packs and copies it: the same objects as on the host.
func TestGit(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	installed(t, "git")
	run := func(command ...string) string {
		args := append(command, "/bin/bash", "-c", gitJob, "job", t.TempDir())
		return output(t, args[0], args[1:]...)
	}
	if want, got := run("env"), run(nbemu); strings.Count(want, "\n") < 5 || got != want {
		t.Errorf("%q, on the host %q", got, want)
	}
}

const sqliteJob = `pragma journal_mode = wal;
create table t(a integer primary key, b text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000) insert into t select i, 'text ' || i from n;
create index u on t(b);
begin; delete from t; rollback;
select count(*), sum(a), max(b) from t where b like 'text 1%';
pragma wal_checkpoint(truncate);
vacuum;
pragma integrity_check;
`

// TestSqlite has two processes write to a database with a write-ahead log.
func TestSqlite(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	sqlite := installed(t, "sqlite3")[0]
	db := filepath.Join(t.TempDir(), "db")
	if got, want := output(t, nbemu, sqlite, db, sqliteJob), "wal\n1111|1514596|text 1999\n0|0|0\nok\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	const job = `for i in 1 2 3; do $1 -cmd '.timeout 60000' $2 "update t set b = b || '!' where a % 3 = $i - 1" & done; wait; $1 $2 "select count(*) from t where b like '%!'"`
	if got := output(t, nbemu, "/bin/sh", "-c", job, "job", sqlite, db); got != "2000\n" {
		t.Errorf("%q", got)
	}
}

// TestPythonSuite runs those modules of Python's own tests that look at no clock; docs/LINUX.md has the others.
func TestPythonSuite(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	python := installed(t, "python3")[0]
	for _, name := range []string{"test_posix", "test_mmap"} {
		t.Run(name, func(t *testing.T) {
			run := func(command ...string) string {
				cmd := exec.Command(command[0], append(command[1:], python, "-m", "test", name)...)
				cmd.Dir = t.TempDir()
				text, err := cmd.CombinedOutput()
				if err != nil {
					return string(text)
				}
				return "passes"
			}
			if text := run("env"); text != "passes" {
				t.Skip("not on the host either: ", text)
			}
			if text := run(nbemu); text != "passes" {
				t.Error(text)
			}
		})
	}
}
