/* Links and addresses by netlink, and what of it is refused: prints what is so on any host. */
#include "say.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <mqueue.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

static int told[2];

static void thread(union sigval v)
{
	char c = v.sival_int;

	write(told[1], &c, 1);
}

static void queues(void)
{
	struct mq_attr a = { 0, 3, 10 };
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD, .sigev_notify_function = thread, .sigev_value.sival_int = 7 };
	mqd_t q = mq_open("/links", O_CREAT | O_RDWR, 0600, &a);
	char c = 0;

	pipe(told);
	mq_unlink("/links");
	say("notify", mq_notify(q, &ev));
	say("again", mq_notify(q, &ev));
	say("taken back", mq_notify(q, NULL));
	say("notify", mq_notify(q, &ev));
	mq_send(q, "x", 1, 0);
	read(told[0], &c, 1);
	printf("told %d\n", c);
	mq_close(q);
}

static int answer(int fd, unsigned type, unsigned flags, const void *body, unsigned n)
{
	struct {
		struct nlmsghdr h;
		char body[64];
	} q = { { NLMSG_LENGTH(n), type, NLM_F_REQUEST | flags, 5, 0 } };
	char buf[16384] __attribute__((aligned(8)));
	struct nlmsghdr *h = (void *)buf;
	int got;

	memcpy(q.body, body, n);
	if (send(fd, &q, q.h.nlmsg_len, 0) < 0)
		return -1;
	if ((got = recv(fd, buf, sizeof buf, 0)) < 0)
		return -1;
	printf("type %d seq %d port %d ", h->nlmsg_type, h->nlmsg_seq, h->nlmsg_pid != 0);
	return h->nlmsg_type == NLMSG_ERROR ? ((struct nlmsgerr *)NLMSG_DATA(h))->error : 0;
}

int main(int argc, char **argv)
{
	struct ifaddrs *all, *i;
	struct if_nameindex *names = if_nameindex(), *n;
	struct sockaddr_nl sa = { AF_NETLINK }, got;
	struct ifinfomsg link = { 0 };
	struct rtgenmsg gen = { AF_PACKET };
	socklen_t len = sizeof got;
	char small[20], name[IF_NAMESIZE];
	struct pollfd p;
	int fd, lo = 0;

	for (n = names; n && n->if_index; n++)
		if (strcmp(n->if_name, "lo") == 0)
			lo = n->if_index;
	printf("index %d name %s\n", lo == (int)if_nametoindex("lo"), if_indextoname(lo, name));
	say("interfaces", getifaddrs(&all));
	for (i = all; i; i = i->ifa_next) {
		if (strcmp(i->ifa_name, "lo") || !i->ifa_addr || i->ifa_addr->sa_family != AF_INET)
			continue;
		printf("%s flags %x ", inet_ntoa(((struct sockaddr_in *)i->ifa_addr)->sin_addr), i->ifa_flags & (IFF_UP | IFF_LOOPBACK));
		printf("mask %s\n", inet_ntoa(((struct sockaddr_in *)i->ifa_netmask)->sin_addr));
	}
	freeifaddrs(all);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	say("socket", fd > 2);
	say("stream", socket(AF_NETLINK, SOCK_STREAM, 0));
	say("bind", bind(fd, (void *)&sa, sizeof sa));
	say("too short", bind(fd, (void *)&sa, 8));
	say("name", getsockname(fd, (void *)&got, &len));
	printf("family %d port %d length %d\n", got.nl_family, got.nl_pid != 0, len);
	p = (struct pollfd){ fd, POLLIN | POLLOUT, 0 };
	say("nothing yet", poll(&p, 1, 0));
	printf("events %x\n", p.revents);
	say("nothing", recv(fd, small, sizeof small, MSG_DONTWAIT));
	link.ifi_index = lo;
	say("one link", answer(fd, RTM_GETLINK, 0, &link, sizeof link));
	link.ifi_index = 1 << 30;
	say("no such link", answer(fd, RTM_GETLINK, 0, &link, sizeof link) == -ENODEV);
	say("too short", answer(fd, RTM_GETLINK, 0, &link, 4) == -EINVAL);
	say("dump", answer(fd, RTM_GETLINK, NLM_F_DUMP, &gen, sizeof gen));
	while (recv(fd, small, sizeof small, MSG_DONTWAIT) > 0)
		;
	send(fd, &(struct nlmsghdr){ 16, NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK, 9, 0 }, 16, 0);
	say("peek", recv(fd, small, sizeof small, MSG_PEEK | MSG_TRUNC));
	say("cut", recv(fd, small, sizeof small, 0));
	say("gone", recv(fd, small, sizeof small, MSG_DONTWAIT));
	say("accept", accept(fd, NULL, NULL));
	close(fd);
	queues();
	return 0;
}
