# What Debian's packages do in a root of their own. All machines print the same, but for the first line.
set -e
export LC_ALL=C
cd /tmp; rm -rf job; mkdir job; cd job
uname -m

echo "bash $BASH_VERSION"
for i in 5 4 3 2 1; do echo $i; done | sort -n | tr '\n' ' '; echo
(exit 7) || echo "status $?"
sleep 0.1 & wait
trap 'echo trapped' USR1; kill -USR1 $$
diff <(echo a) <(echo b) || echo differ

echo coreutils
printf 'b\na\nc\n' >f; sort f | md5sum; stat -c '%s %a %F' f; du -b f | cut -f1; id -u; date -u -d @0 +%FT%T
dd if=/dev/zero bs=1k count=64 2>/dev/null | sha1sum; factor 1234567890; expr 3 + 4; head -c 5 /dev/urandom | wc -c
mkdir -p d/e; ln -s f l; ln f h; cp -a l h d; ls -RF d; mv d/h d/e; rm -r d; mkfifo p; (echo through >p &) ; cat p
timeout 0.2 sleep 5 || echo "timeout $?"

echo busybox
busybox sh -c 'echo $(( 6 * 7 )); busybox seq 3 | busybox tail -n 1; echo abc | busybox gzip | busybox gunzip | busybox sha256sum'
busybox find / -maxdepth 1 -name 'us*'; busybox awk 'BEGIN { printf "%d %s\n", 6 * 7, toupper("awk") }'

echo python
python3 -c '
import ctypes, decimal, hashlib, json, multiprocessing, os, select, signal, socket, sqlite3, struct, subprocess, threading
r = []
ts = [threading.Thread(target=lambda i=i: r.append(i * i)) for i in range(8)]
[t.start() for t in ts]; [t.join() for t in ts]
print(sorted(r), json.dumps({"a": [1, 2.5, None]}), subprocess.check_output(["echo", "sub"]), hashlib.sha256(b"x").hexdigest()[:8])
a, b = socket.socketpair(); a.sendall(b"hi")
print(select.select([b], [], [], 5)[0] == [b], b.recv(9), struct.pack(">d", 1.5), ctypes.CDLL(None).abs(-3), decimal.Decimal(1) / 3)
s = socket.create_server(("127.0.0.1", 0)); c = socket.create_connection(s.getsockname()); c.send(b"tcp"); print(s.accept()[0].recv(9))
with multiprocessing.get_context("fork").Pool(2) as p: print(p.map(abs, [-1, -2, -3]))
signal.signal(signal.SIGALRM, lambda *a: print("alarm")); signal.setitimer(signal.ITIMER_REAL, 0.05); signal.pause()
print(sqlite3.connect(":memory:").execute("select 6 * 7").fetchall(), os.stat("f").st_size, 2 ** 100)
'

echo perl
perl -e '
my @a = map { $_ * $_ } 1 .. 5;
print "@a ", join(",", sort { $b <=> $a } @a), " ", `echo pipe`;
printf "%.6f %s %s\n", atan2(1, 1) * 4, 2 ** 40, unpack("H*", pack("N", 258));
my $p = fork; if (!$p) { exit 3 } waitpid($p, 0); print $? >> 8, "\n";
$SIG{ALRM} = sub { print "alarm\n" }; alarm 1; sleep 5;
open(my $f, "<", "f"); print reverse <$f>;
'

echo sqlite
sqlite3 t.db "pragma journal_mode=wal; create table t(a integer primary key, b text);
with recursive c(x) as (select 1 union all select x + 1 from c where x < 1000) insert into t select x, hex(x) from c;
select count(*), sum(a), max(b) from t; pragma integrity_check; select round(1.0 / 3, 10), sqlite_version();"
echo done
