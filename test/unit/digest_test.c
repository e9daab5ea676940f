/* CRC32C against RFC 3720, SHA-256 against FIPS 180-2, and the chain. */
#include "base/digest.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "tradewal.h"

START_TEST(crc32c_gives_the_values_of_rfc_3720) {
    uint8_t zeros[32] = {0}, ones[32], rising[32], falling[32];
    memset(ones, 0xFF, sizeof ones);
    for (int i = 0; i < 32; i++) {
        rising[i] = (uint8_t)i;
        falling[i] = (uint8_t)(31 - i);
    }
    static const uint8_t command[48] = {0x01, 0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00,
                                        0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00,
                                        0x00, 0x18, 0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                        0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
    uint32_t (*const ways[])(uint32_t, const void *, size_t) = {tw_crc32c, tw_crc32c_table};
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_eq(ways[i](0, zeros, 32), 0x8A9136AAu);
        ck_assert_uint_eq(ways[i](0, ones, 32), 0x62A8AB43u);
        ck_assert_uint_eq(ways[i](0, rising, 32), 0x46DD794Eu);
        ck_assert_uint_eq(ways[i](0, falling, 32), 0x113FDB5Cu);
        ck_assert_uint_eq(ways[i](0, command, 48), 0xD9963A56u);
        ck_assert_uint_eq(ways[i](0, "123456789", 9), 0xE3069283u);
        ck_assert_uint_eq(ways[i](0, NULL, 0), 0);
    }
}
END_TEST

/* Any address, any length, any split: hardware and table, and bit by bit as the third. */
START_TEST(hardware_table_and_the_long_way_agree) {
    struct random random = {seed_from_environment("hardware_table_and_the_long_way_agree")};
    uint8_t bytes[512];
    for (int i = 0; i < 5000; i++) {
        for (size_t k = 0; k < sizeof bytes; k += 8) {
            uint64_t word = random_next(&random);
            memcpy(bytes + k, &word, 8);
        }
        size_t at = random_below(&random, 16), size = random_below(&random, sizeof bytes - at + 1);
        uint32_t before = (uint32_t)random_next(&random), slow = ~before;
        for (size_t k = at; k < at + size; k++) {
            slow ^= bytes[k];
            for (int bit = 0; bit < 8; bit++)
                slow = slow >> 1 ^ (slow & 1 ? 0x82F63B78u : 0);
        }
        slow = ~slow;
        ck_assert_uint_eq(tw_crc32c(before, bytes + at, size), slow);
        ck_assert_uint_eq(tw_crc32c_table(before, bytes + at, size), slow);
        size_t split = random_below(&random, size + 1);
        uint32_t half = tw_crc32c(before, bytes + at, split);
        ck_assert_uint_eq(tw_crc32c(half, bytes + at + split, size - split), slow);
    }
}
END_TEST

static void *digest_in_a_thread(void *unused) {
    (void)unused;
    for (int i = 0; i < 1000; i++)
        if (tw_crc32c(0, "123456789", 9) != 0xE3069283u)
            return "wrong";
    return NULL;
}

/* For the thread sanitizer: the first calls of the process, at the same time. */
START_TEST(threads_may_begin_at_the_same_time) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, digest_in_a_thread, NULL), 0);
    for (int i = 0; i < 4; i++) {
        void *wrong = NULL;
        ck_assert_int_eq(pthread_join(threads[i], &wrong), 0);
        ck_assert_ptr_null(wrong);
    }
}
END_TEST

static void expect_sha256(const char *text, size_t size, const char *expected) {
    uint8_t digest[TW_DIGEST_BYTES];
    char shown[TW_DIGEST_TEXT_BYTES];
    tw_sha256(text, size, digest);
    tw_digest_text(digest, shown);
    ck_assert_str_eq(shown, expected);
}

START_TEST(sha256_gives_the_values_of_fips_180) {
    expect_sha256("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect_sha256("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect_sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    char *million = malloc(1000000);
    memset(million, 'a', 1000000);
    expect_sha256(million, 1000000,
                  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(million);
}
END_TEST

START_TEST(a_link_of_the_chain_is_the_digest_before_and_the_data) {
    uint8_t joined[TW_DIGEST_BYTES + 5], before[TW_DIGEST_BYTES], expected[TW_DIGEST_BYTES];
    uint8_t link[TW_DIGEST_BYTES];
    tw_sha256("genesis", 7, before);
    memcpy(joined, before, sizeof before);
    memcpy(joined + sizeof before, "event", 5);
    tw_sha256(joined, sizeof joined, expected);
    tw_chain(before, "event", 5, link);
    ck_assert_mem_eq(link, expected, sizeof link);
    tw_chain(before, "event", 5, before);
    ck_assert_mem_eq(before, expected, sizeof before);
    tw_chain(before, "Event", 5, link);
    ck_assert_mem_ne(link, expected, sizeof link);
}
END_TEST

START_TEST(a_digest_reads_back_from_its_text) {
    struct random random = {seed_from_environment("a_digest_reads_back_from_its_text")};
    for (int i = 0; i < 1000; i++) {
        uint8_t digest[TW_DIGEST_BYTES], back[TW_DIGEST_BYTES];
        for (size_t k = 0; k < sizeof digest; k++)
            digest[k] = (uint8_t)random_next(&random);
        char text[TW_DIGEST_TEXT_BYTES];
        tw_digest_text(digest, text);
        ck_assert_uint_eq(strlen(text), 64);
        ck_assert_uint_eq(strspn(text, "0123456789abcdef"), 64);
        ck_assert_int_eq(tw_digest_parse(text, back), 0);
        ck_assert_mem_eq(back, digest, sizeof back);
        for (size_t k = 0; k < 64; k++)
            if (text[k] >= 'a')
                text[k] = (char)(text[k] - 'a' + 'A');
        ck_assert_int_eq(tw_digest_parse(text, back), 0);
        ck_assert_mem_eq(back, digest, sizeof back);
    }
}
END_TEST

START_TEST(a_text_that_is_no_digest_changes_nothing) {
    char text[80];
    uint8_t digest[TW_DIGEST_BYTES], untouched[TW_DIGEST_BYTES];
    memset(digest, 7, sizeof digest);
    memset(untouched, 7, sizeof untouched);
    static const char wrong[] = "g/:@G`x -\n\x80";
    for (size_t at = 0; at < 64; at++)
        for (const char *c = wrong; *c; c++) {
            memset(text, 'a', 64);
            text[64] = '\0';
            text[at] = *c;
            ck_assert_int_eq(tw_digest_parse(text, digest), TW_E_PARSE);
        }
    memset(text, 'a', 65);
    text[65] = '\0';
    ck_assert_int_eq(tw_digest_parse(text, digest), TW_E_PARSE);
    text[63] = '\0';
    ck_assert_int_eq(tw_digest_parse(text, digest), TW_E_PARSE);
    ck_assert_int_eq(tw_digest_parse("", digest), TW_E_PARSE);
    ck_assert_mem_eq(digest, untouched, sizeof digest);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("digest");
    TCase *cases = tcase_create("digest");
    tcase_add_test(cases, threads_may_begin_at_the_same_time);
    tcase_add_test(cases, crc32c_gives_the_values_of_rfc_3720);
    tcase_add_test(cases, hardware_table_and_the_long_way_agree);
    tcase_add_test(cases, sha256_gives_the_values_of_fips_180);
    tcase_add_test(cases, a_link_of_the_chain_is_the_digest_before_and_the_data);
    tcase_add_test(cases, a_digest_reads_back_from_its_text);
    tcase_add_test(cases, a_text_that_is_no_digest_changes_nothing);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
