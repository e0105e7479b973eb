/* Reading a CSV file of numbers, splitting and scaling it. */
#include "mlp.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t count_columns(const char *line)
{
    size_t n = 1;
    for (; *line; line++)
        n += *line == ',';
    return n;
}

static bool is_number(const char *line)
{
    char *end;
    (void)strtod(line, &end);
    return end != line;
}

static void parse_row(const char *path, size_t number, char *line, size_t d, float *x,
                      int *y)
{
    for (size_t j = 0; j <= d; j++) {
        char *end;
        double value = strtod(line, &end);
        bool last = j == d;
        if (end == line || *end != (last ? '\0' : ','))
            die("%s:%zu: column %zu is not a number", path, number, j + 1);
        if (last && (value < 0 || value > 9999 || value != floor(value)))
            die("%s:%zu: the last column must be a class 0, 1, ...", path, number);
        if (last)
            *y = (int)value;
        else
            x[j] = (float)value;
        line = end + 1;
    }
}

table table_read(const char *path)
{
    table t = {0};
    FILE *file = fopen(path, "r");
    if (!file)
        die("cannot read %s", path);
    char *line = NULL;
    size_t cap = 0, room_for = 0, number = 0;
    while (getline(&line, &cap, file) > 0) {
        line[strcspn(line, "\r\n")] = '\0';
        if (++number == 1) {
            t.d = count_columns(line) - 1;
            if (!is_number(line))
                continue;
        }
        if (t.n == room_for) {
            room_for = room_for ? 2 * room_for : 1024;
            t.x = realloc(t.x, room_for * t.d * sizeof *t.x);
            t.y = realloc(t.y, room_for * sizeof *t.y);
            if (!t.x || !t.y)
                die("out of memory");
        }
        parse_row(path, number, line, t.d, t.x + t.n * t.d, t.y + t.n);
        if ((size_t)t.y[t.n] + 1 > t.n_classes)
            t.n_classes = (size_t)t.y[t.n] + 1;
        t.n++;
    }
    free(line);
    (void)fclose(file);
    if (t.n < 10 || t.d == 0 || t.n_classes < 2)
        die("%s: needs at least 10 rows, 2 columns and 2 classes", path);
    return t;
}

void table_free(table *t)
{
    free(t->x);
    free(t->y);
}

static table take_rows(const table *all, const size_t *rows, size_t n)
{
    table part = {n, all->d, all->n_classes, room(n * all->d, sizeof(float)),
                  room(n, sizeof(int))};
    for (size_t i = 0; i < n; i++) {
        memcpy(part.x + i * all->d, all->x + rows[i] * all->d, all->d * sizeof(float));
        part.y[i] = all->y[rows[i]];
    }
    return part;
}

static void scale_column(table *t, size_t j, double mean, double sd)
{
    for (size_t i = 0; i < t->n; i++) {
        float *x = &t->x[i * t->d + j];
        *x = sd > 0 ? (float)((*x - mean) / sd) : 0;
    }
}

static void standardise(table *train, table *valid)
{
    for (size_t j = 0; j < train->d; j++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < train->n; i++)
            sum += train->x[i * train->d + j];
        double mean = sum / (double)train->n;
        for (size_t i = 0; i < train->n; i++) {
            double r = train->x[i * train->d + j] - mean;
            squares += r * r;
        }
        double sd = sqrt(squares / (double)train->n);
        scale_column(train, j, mean, sd);
        scale_column(valid, j, mean, sd);
    }
}

void table_split(const table *all, double fraction, uint64_t seed, table *train,
                 table *valid)
{
    size_t *rows = room(all->n, sizeof *rows);
    stream s = stream_of(seed, FOR_SPLIT, 0);
    for (size_t i = 0; i < all->n; i++)
        rows[i] = i;
    for (size_t i = all->n; i > 1; i--) {
        size_t j = (size_t)(stream_u64(&s) % i), keep = rows[i - 1];
        rows[i - 1] = rows[j];
        rows[j] = keep;
    }
    size_t n_valid = (size_t)((double)all->n * fraction);
    if (n_valid == 0 || n_valid >= all->n)
        die("--valid-fraction leaves no rows");
    *valid = take_rows(all, rows, n_valid);
    *train = take_rows(all, rows + n_valid, all->n - n_valid);
    standardise(train, valid);
    free(rows);
}
