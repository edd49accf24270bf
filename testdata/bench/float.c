/* Floating point: the points of a Mandelbrot set, and a series with division. */
#include "bench.h"

static u64 work(int argc, char **argv, char **envp)
{
	u64 inside = 0;

	for (int py = 0; py < 300; py++) {
		for (int px = 0; px < 300; px++) {
			double cx = px / 150.0 - 1.5, cy = py / 150.0 - 1.0;
			double x = 0, y = 0;
			int n = 0;

			while (n < 250 && x * x + y * y < 4.0) {
				double t = x * x - y * y + cx;
				y = 2 * x * y + cy;
				x = t;
				n++;
			}
			inside += (u64)n;
		}
	}

	double pi = 0, sign = 4;
	for (int i = 0; i < 10000000; i++) {
		pi += sign / (2 * i + argc);
		sign = -sign;
	}
	return inside * 1000000 + (u64)(pi * 100000);
}
