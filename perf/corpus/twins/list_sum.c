/* A list of 10 M cells built, summed and dropped 5 times; cells come from a free list and return to it. */
#include <stdio.h>
#include <stdlib.h>

struct cell {
    long count;
    long head;
    struct cell *tail;
};

static struct cell *free_cells;

static struct cell *refill(void) {
    enum { BATCH = 170 };
    static struct cell *chunk;
    static long left;
    if (left < BATCH) {
        left = 1 << 16;
        chunk = malloc(left * sizeof(struct cell));
        if (!chunk) exit(1);
    }
    for (int i = 0; i < BATCH; i++) chunk[i].tail = i + 1 < BATCH ? &chunk[i + 1] : NULL;
    struct cell *first = chunk;
    chunk += BATCH;
    left -= BATCH;
    return first;
}

static inline struct cell *allocate(void) {
    struct cell *cell = free_cells;
    if (!cell) cell = refill();
    free_cells = cell->tail;
    return cell;
}

static __attribute__((noinline)) struct cell *build(long n) {
    struct cell *list = NULL;
    for (long i = 0; i < n; i++) {
        struct cell *cell = allocate();
        cell->count = 1;
        cell->head = i;
        cell->tail = list;
        list = cell;
    }
    return list;
}

static __attribute__((noinline)) long sum(const struct cell *list, long total) {
    for (; list; list = list->tail) total += list->head;
    return total;
}

static __attribute__((noinline)) void drop(struct cell *list) {
    while (list && --list->count == 0) {
        struct cell *tail = list->tail;
        list->tail = free_cells;
        free_cells = list;
        list = tail;
    }
}

int main(int argc, char **argv) {
    long n = argc > 1 ? atol(argv[1]) : 10000000;
    long total = 0;
    for (int round = 0; round < 5; round++) {
        struct cell *list = build(n);
        total = sum(list, total);
        drop(list);
    }
    printf("%ld", total);
    return 0;
}
