/* An indirect call through a record, made 100 M times. */
#include <stdio.h>
#include <stdlib.h>

struct counter {
    void (*add)(struct counter *, long);
    long *total;
};

static void add(struct counter *self, long x) { *self->total += x; }

static __attribute__((noinline)) void run(struct counter *counter, long n) {
    for (long i = 0; i < n; i++) counter->add(counter, i);
}

int main(int argc, char **argv) {
    long n = argc > 1 ? atol(argv[1]) : 100000000;
    long total = 0;
    struct counter counter = {add, &total};
    run(&counter, n);
    printf("%ld", total);
    return 0;
}
