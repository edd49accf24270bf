/* Loops that compilers turn into vector instructions; built for x86-64-v3. What is printed is the same on every processor. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { N = 1003 };
static double a[N], b[N], c[N];
static float f[N], g[N];
static int32_t x[N], y[N];
static int64_t l[N];
static uint16_t h[N];
static uint8_t s[N + 1], t[N + 1];
static const double table[64];

static uint32_t seed = 1;
static uint32_t next(void) { return seed = seed * 1664525 + 1013904223; }

/* sum prints a number that depends on each byte. */
static void sum(const char *name, const void *p, size_t n)
{
	uint64_t v = 14695981039346656037ull;
	for (size_t i = 0; i < n; i++)
		v = (v ^ ((const uint8_t *)p)[i]) * 1099511628211ull;
	printf("%s %016llx\n", name, (unsigned long long)v);
}

static void fill(void)
{
	for (int i = 0; i < N; i++) {
		a[i] = (int32_t)next() / 65536.0;
		b[i] = (int32_t)next() / 1024.0 + 1;
		f[i] = (int32_t)next() / 3e7f;
		g[i] = next() / 1e9f + 0.5f;
		x[i] = next();
		y[i] = next();
		l[i] = (int64_t)next() << 20 ^ next();
		h[i] = next() >> 16;
		s[i] = next() >> 24;
		t[i] = next() >> 24;
	}
}

static void floats(void)
{
	float top = 0;
	double dot = 0;
	for (int i = 0; i < N; i++)
		c[i] = fma(a[i], b[i], -c[i]) / (b[i] * b[i] + 3);
	sum("fma", c, sizeof c);
	for (int i = 0; i < N; i++)
		c[i] = sqrt(fabs(a[i])) + floor(b[i]) - (a[i] < b[i] ? a[i] : b[i]);
	sum("sqrt", c, sizeof c);
	for (int i = 0; i < N; i++)
		g[i] = f[i] > 0 ? f[i] * g[i] + 1.25f : g[i] - f[i];
	sum("select", g, sizeof g);
	for (int i = 0; i < N; i++) {
		x[i] ^= (int32_t)f[i];
		c[i] = f[i] + (double)y[i];
		f[i] = (float)c[i];
	}
	sum("convert", x, sizeof x);
	sum("narrow", f, sizeof f);
	for (int i = 0; i < N; i++) {
		top = fmaxf(top, g[i]);
		dot += a[i] * b[i];
	}
	printf("top %a dot %a\n", top, dot);
}

static void integers(void)
{
	int64_t total = 0;
	for (int i = 0; i < N; i++)
		y[i] = (x[i] << (y[i] & 31)) + (uint32_t)x[i] / 8 * 3 - (y[i] >> 5);
	sum("shift", y, sizeof y);
	for (int i = 0; i < N; i++)
		l[i] = l[i] * 5 + ((uint64_t)l[i] >> (x[i] & 63)) + (int64_t)x[i] * y[i];
	sum("wide", l, sizeof l);
	for (int i = 0; i < N; i++)
		h[i] = (uint16_t)((uint32_t)h[i] * 40503 >> 16) + (s[i] > t[i] ? s[i] - t[i] : 0);
	sum("words", h, sizeof h);
	for (int i = 0; i < N; i++)
		t[i] = (s[i] + t[i] + 1) / 2;
	sum("average", t, sizeof t);
	for (int i = 0; i < N; i++)
		total += x[s[i]] + (int64_t)l[h[i] & 511]; /* elements by index */
	for (int i = 0; i < N; i++)
		if (x[i] > 0)
			y[i] = x[i] >> 3; /* elements by mask */
	sum("masked", y, sizeof y);
	printf("gathered %lld\n", (long long)total);
}

static void strings(void)
{
	for (int i = 0; i < N; i++)
		s[i] |= 1;
	s[N] = 0;
	memcpy(t, s, sizeof t);
	printf("length %zu same %d", strlen((char *)s), strcmp((char *)s, (char *)t));
	s[777] ^= 2;
	printf(" differs %d at %d", strcmp((char *)s, (char *)t) != 0, (int)((uint8_t *)memchr(s + 700, s[777], 300) - s));
	memmove(s + 3, s, 900);
	memset(t + 100, 7, 333);
	printf(" last %d\n", (int)((uint8_t *)strrchr((char *)s, s[500]) - s));
	sum("moved", s, sizeof s);
	sum("set", t, sizeof t);
}

int main(void)
{
	if (!__builtin_cpu_supports("x86-64-v3")) {
		printf("not x86-64-v3\n");
		return 0;
	}
	for (int i = 0; i < 3; i++) {
		fill();
		floats();
		integers();
		strings();
	}
	return table[0] != 0;
}
