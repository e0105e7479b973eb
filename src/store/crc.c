/* CRC-32C, reflected polynomial 0x82F63B78 (RFC 3720, appendix B.4), a byte at a time:
 * it finds every burst of up to 32 damaged bits. */
#include "store/codec.h"

#include <pthread.h>

static uint32_t table[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_table(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (crc & 1 ? 0x82F63B78u : 0);
        table[i] = crc;
    }
}

uint32_t fid__crc32c(const char *bytes, size_t n)
{
    (void)pthread_once(&once, make_table);
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < n; i++)
        crc = (crc >> 8) ^ table[(crc ^ (unsigned char)bytes[i]) & 0xFF];
    return ~crc;
}
