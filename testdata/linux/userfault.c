/* userfaultfd: missing pages that another thread makes. */
#include "say.h"
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

static int u;
static long size;
static char *area, *from;

static int mode_copy;  /* what the thread answers with */
static char done[32]; /* what became of that */

static void *answers(void *arg)
{
	struct uffd_msg m;
	struct pollfd p = { u, POLLIN, 0 };

	for (int i = *(int *)arg; i > 0; i--) {
		poll(&p, 1, -1);
		if (read(u, &m, sizeof(m)) != sizeof(m))
			return 0;
		printf("event %d, write %d, page %ld\n", m.event == UFFD_EVENT_PAGEFAULT, (int)m.arg.pagefault.flags & 1,
			(long)(((char *)(uintptr_t)m.arg.pagefault.address - area) / size));
		if (mode_copy) {
			struct uffdio_copy c = { .dst = m.arg.pagefault.address, .src = (uintptr_t)from, .len = size };
			int r = ioctl(u, UFFDIO_COPY, &c);
			sprintf(done, "copy %d %d", r, c.copy == size);
		} else {
			struct uffdio_zeropage z = { .range = { m.arg.pagefault.address, size } };
			int r = ioctl(u, UFFDIO_ZEROPAGE, &z);
			sprintf(done, "zeropage %d %d", r, z.zeropage == size);
		}
	}
	return 0;
}

static void finish(pthread_t t)
{
	pthread_join(t, 0);
	puts(done);
}

static long reg(void *at, long n, unsigned long mode)
{
	struct uffdio_register r = { .range = { (uintptr_t)at, n }, .mode = mode };
	long ret = ioctl(u, UFFDIO_REGISTER, &r);

	if (ret == 0)
		printf("may %d\n", (r.ioctls & 0x1c) == 0x1c);
	return ret;
}

static long copy(void *to, long n, unsigned long mode)
{
	struct uffdio_copy c = { .dst = (uintptr_t)to, .src = (uintptr_t)from, .len = n, .mode = mode };
	long r = ioctl(u, UFFDIO_COPY, &c);

	printf("[%ld] ", (long)(c.copy > 0 ? c.copy / size : c.copy == -EEXIST ? -1 : c.copy == -ENOENT ? -2 : 0));
	return r;
}

int main(void)
{
	struct uffdio_api api = { .api = UFFD_API, .features = 1ull << 62 };
	struct uffdio_range range;
	pthread_t t;
	int n, status;
	char *p;

	setvbuf(stdout, 0, _IONBF, 0);
	size = sysconf(_SC_PAGESIZE);
	say("flags", syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY | 2));
	u = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
	say("open", u > 2);
	area = mmap(0, 8 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(area, 8 * size, MADV_NOHUGEPAGE);
	from = mmap(0, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(from, 'X', 2 * size);
	say("before the version", reg(area, size, UFFDIO_REGISTER_MODE_MISSING));
	say("read", read(u, from, 64));
	say("features", ioctl(u, UFFDIO_API, &api));
	printf("%d %d\n", (int)api.api, (int)api.features);
	api = (struct uffdio_api){ .api = UFFD_API };
	say("version", ioctl(u, UFFDIO_API, &api));
	printf("%d\n", (api.ioctls & 3) == 3);
	api = (struct uffdio_api){ .api = UFFD_API };
	say("again", ioctl(u, UFFDIO_API, &api));
	say("nothing to read", read(u, from, 64));
	say("too little room", read(u, from, 16));
	say("no mode", reg(area, size, 0));
	say("half a page", reg(area, size / 2, UFFDIO_REGISTER_MODE_MISSING));
	say("nothing", reg(area, 0, UFFDIO_REGISTER_MODE_MISSING));
	munmap(area + 7 * size, size);
	say("nothing mapped", reg(area + 7 * size, size, UFFDIO_REGISTER_MODE_MISSING));
	say("register", reg(area, 8 * size, UFFDIO_REGISTER_MODE_MISSING));

	n = mode_copy = 1;
	pthread_create(&t, 0, answers, &n);
	printf("read %c\n", area[3]);
	finish(t);
	pthread_create(&t, 0, answers, &n);
	area[size] = 'w';
	printf("written %c %c\n", area[size], area[size + 1]);
	finish(t);
	mode_copy = 0;
	pthread_create(&t, 0, answers, &n);
	printf("zero %d\n", area[2 * size]);
	finish(t);

	say("ahead", copy(area + 4 * size, 2 * size, 0));
	printf("%c %c\n", area[4 * size], area[6 * size - 1]);
	say("there already", copy(area + 4 * size, size, 0));
	say("in part", copy(area + 3 * size, 2 * size, 0));
	say("not mapped", copy(area + 7 * size, size, 0));
	say("not registered", copy(from, size, 0));
	say("mode", copy(area + 6 * size, size, 128));
	{
		int fds[2];

		n = pipe(fds);
		say("the kernel's own", write(fds[1], area + 6 * size, 1));
	}

	/* The child's pages are its own. */
	if (fork() == 0)
		_exit(area[6 * size] == 0 ? 5 : 6);
	wait(&status);
	say("child", WEXITSTATUS(status));

	/* A page that was thrown away is missing again. */
	madvise(area, size, MADV_DONTNEED);
	n = mode_copy = 1;
	pthread_create(&t, 0, answers, &n);
	printf("read %c\n", area[0]);
	finish(t);
	/* And one that was moved away. */
	p = mremap(area, size, size, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
	pthread_create(&t, 0, answers, &n);
	printf("moved %c, read %c\n", p[0], area[0]);
	finish(t);

	range = (struct uffdio_range){ (uintptr_t)area + 6 * size, size };
	say("unregister", ioctl(u, UFFDIO_UNREGISTER, &range));
	printf("zero %d\n", area[6 * size]);
	madvise(area, size, MADV_DONTNEED);
	say("close", close(u));
	printf("zero %d\n", area[0]);
	return 0;
}
