/* The digits of a double by exact integer arithmetic: what printf's %.*g and strtod
 * agree on, a tenth of their time. A double is m 2^e; times 10^k that is m 5^k 2^(e+k),
 * which fits in 128 bits for the sizes that studies are made of. */
#include "base/number.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

enum { FEWEST = 15, MOST = 17, FIVES = 32 };

typedef struct {
    uint64_t m; /* the double is m 2^e, 2^52 < m < 2^53 */
    int e;
    int ten; /* and 10^ten <= it < 10^(ten + 1) */
} parts;

static wide power_of_five(int k)
{
    wide five = 1;
    for (wide base = 5; k; k >>= 1, base *= base)
        if (k & 1)
            five *= base;
    return five;
}

static uint64_t power_of_ten(int k)
{
    uint64_t ten = 1;
    while (k-- > 0)
        ten *= 10;
    return ten;
}

/* x rounded to n digits, half to even, as an integer of n digits (or 10^n); false: not
 * by this arithmetic. *same: it reads back as x. */
static bool round_to(const parts *x, int n, uint64_t *digits, bool *same)
{
    int k = n - 1 - x->ten, shift = -(x->e + k);
    if (k < 0 || k > FIVES || shift < 1 || shift > 120)
        return false;
    wide five = power_of_five(k), exact = five * x->m;
    wide whole = exact >> shift, rest = exact - (whole << shift),
         half = (wide)1 << (shift - 1);
    if (rest > half || (rest == half && (whole & 1)))
        whole++;
    *digits = (uint64_t)whole;
    wide there = whole << shift, miss = there > exact ? there - exact : exact - there;
    *same = 2 * miss < five || (2 * miss == five && x->m % 2 == 0);
    return true;
}

static size_t write_integer(char *out, uint64_t value)
{
    char back[20];
    size_t n = 0;
    do
        back[n++] = (char)('0' + value % 10);
    while (value /= 10);
    for (size_t i = 0; i < n; i++)
        out[i] = back[n - 1 - i];
    return n;
}

/* As %g: d.dde-05 below 1e-4, else without an exponent (ten is small here). */
static size_t write_digits(char *out, uint64_t digits, int n, int ten)
{
    char word[20], *at = out;
    for (; digits % 10 == 0; n--)
        digits /= 10;
    (void)write_integer(word, digits);
    if (ten < -4) {
        *at++ = word[0];
        if (n > 1)
            *at++ = '.';
        memcpy(at, word + 1, (size_t)n - 1);
        at += n - 1;
        *at++ = 'e', *at++ = '-';
        if (ten > -10)
            *at++ = '0';
        at += write_integer(at, (uint64_t)-ten);
    } else if (ten < 0) {
        *at++ = '0', *at++ = '.';
        for (int i = -1; i > ten; i--)
            *at++ = '0';
        memcpy(at, word, (size_t)n);
        at += n;
    } else {
        for (int i = 0; i < n || i <= ten; i++) {
            if (i == ten + 1)
                *at++ = '.';
            *at++ = i < n ? word[i] : '0';
        }
    }
    return (size_t)(at - out);
}

/* false: x is zero, subnormal, a power of two (whose neighbours are not equally far), or
 * far from one. */
static bool take_apart(double x, parts *out)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    out->e = (int)(bits >> 52 & 0x7FF) - 1075;
    out->m = (bits & 0xFFFFFFFFFFFFF) | (uint64_t)1 << 52;
    if (!(x >= 1e-15 && x < 1e15) || out->m == (uint64_t)1 << 52)
        return false;
    /* 78913 / 2^18 is log10(2) from below: at most one too small */
    out->ten = (int)floor((out->e + 52) * (78913.0 / 262144.0));
    uint64_t digits;
    bool same;
    if (!round_to(out, FEWEST, &digits, &same))
        return false;
    if (digits >= power_of_ten(FEWEST))
        out->ten++;
    return true;
}

size_t fid__format_exactly(char out[32], double x)
{
    parts p;
    uint64_t digits;
    bool same = false;
    size_t sign = signbit(x) != 0;
    if (!take_apart(fabs(x), &p))
        return 0;
    out[0] = '-';
    for (int n = FEWEST; n <= MOST; n++) {
        if (!round_to(&p, n, &digits, &same) || digits >= power_of_ten(n) ||
            digits < power_of_ten(n - 1))
            return 0;
        if (same) {
            size_t len = sign + write_digits(out + sign, digits, n, p.ten);
            out[len] = '\0';
            return len;
        }
    }
    return 0;
}
