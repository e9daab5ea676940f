/* Where TWS is, as a URL: any text is read or refused in words that say what to write instead. */
#include "broker/tws_url.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "harness.h"

#define SECOND_NS INT64_C(1000000000)

static struct tws_url url;
static tw_error why;

static void parse(const char *text) {
    int status = tw_tws_url_parse(text, &url, &why);
    ck_assert_msg(status == 0, "%s: %s", text, why.text);
}

START_TEST(a_short_url_takes_what_is_usual) {
    parse("//localhost:7497?client=2010");
    ck_assert_str_eq(url.host, "localhost");
    ck_assert_str_eq(url.port, "7497");
    ck_assert_int_eq(url.client_count, 1);
    ck_assert_int_eq(url.clients[0], 2010);
    ck_assert_int_eq(url.trader, 0);
    ck_assert_str_eq(url.account, "");
    ck_assert_str_eq(url.zone, "America/New_York");
    ck_assert_int_eq(url.timeout_ns, 10 * SECOND_NS);
    ck_assert_int_eq(url.settle_ns, SECOND_NS);
}
END_TEST

START_TEST(every_setting_is_taken_in_any_order) {
    parse("//[::1]:1?settle=0&zone=Europe/Berlin&timeout=0.25&account=DU1&trader=1&client=9,2,30");
    ck_assert_str_eq(url.host, "::1");
    ck_assert_str_eq(url.port, "1");
    ck_assert_int_eq(url.client_count, 3);
    ck_assert_int_eq(url.clients[0], 9);
    ck_assert_int_eq(url.clients[1], 2);
    ck_assert_int_eq(url.clients[2], 30);
    ck_assert_int_eq(url.trader, 1);
    ck_assert_str_eq(url.account, "DU1");
    ck_assert_str_eq(url.zone, "Europe/Berlin");
    ck_assert_int_eq(url.timeout_ns, SECOND_NS / 4);
    ck_assert_int_eq(url.settle_ns, 0);
}
END_TEST

START_TEST(each_setting_reaches_its_limit_and_no_further) {
    static const struct {
        const char *text;
        int is_good;
    } cases[] = {
        {"//h:65535?client=1", 1},
        {"//h:65536?client=1", 0},
        {"//h:0?client=1", 0},
        {"//h:1?client=2147483646", 1},
        {"//h:1?client=2147483647", 0},
        {"//h:1?client=1&trader=2147483646", 1},
        {"//h:1?client=1&trader=0", 1},
        {"//h:1?client=1&trader=2147483647", 0},
        {"//h:1?client=1&timeout=600", 1},
        {"//h:1?client=1&timeout=600.00000001", 0},
        {"//h:1?client=1&settle=600", 1},
        {"//h:1?client=1&settle=-1", 0},
        {"//h:1?client=1,2,3,4,5,6,7,8", 1},
        {"//h:1?client=1,2,3,4,5,6,7,8,9", 0},
        {"//h:00001?client=1", 1},
        {"//h:000001?client=1", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg((tw_tws_url_parse(cases[i].text, &url, &why) == 0) == cases[i].is_good, "%s",
                      cases[i].text);
}
END_TEST

static void check_length(const char *before, size_t length, const char *after, int is_good) {
    struct buffer text = {0};
    tw_buffer_text(&text, before);
    for (size_t i = 0; i < length; i++)
        tw_buffer_char(&text, 'n');
    tw_buffer_text(&text, after);
    int status = tw_tws_url_parse(tw_buffer_string(&text), &url, &why);
    ck_assert_msg((status == 0) == is_good, "%s: %s", text.data, why.text);
    tw_buffer_free(&text);
}

START_TEST(names_are_as_long_as_they_may_be_and_not_longer) {
    check_length("//", 255, ":1?client=1", 1);
    check_length("//", 256, ":1?client=1", 0);
    check_length("//", 0, ":1?client=1", 0);
    check_length("//h:1?client=1&account=", 64, "", 1);
    check_length("//h:1?client=1&account=", 65, "", 0);
    check_length("//h:1?client=1&zone=", 64, "", 1);
    check_length("//h:1?client=1&zone=", 65, "", 0);
    check_length("//h:1?client=1&zone=", 0, "", 0);
}
END_TEST

START_TEST(each_bad_url_is_told_what_to_write_instead) {
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "is \"\", expected //HOST:PORT?client=N"},
        {"/h:1", "the rest of the broker's URL is \"/h:1\", expected //HOST:PORT?client=N"},
        {"//h", "the address of the broker's URL is \"h\", expected HOST:PORT"},
        {"//h:", "expected 7497 or 7496 of TWS, 4002 or 4001 of IB Gateway"},
        {"//h:1x?client=1", "the port of the broker's URL is \"1x\""},
        {"//h:-1?client=1", "the port of the broker's URL is \"-1\""},
        {"//:1?client=1", "the host of the broker's URL is \"\", expected a name or an address"},
        {"//\x1b[2J:1?client=1", "the host of the broker's URL is \"\\x1b[2J\""},
        {"//h:1", "has no client id, expected tws://HOST:PORT?client=N"},
        {"//h:1?", "has no client id"},
        {"//h:1?client=", "client of the broker's URL is \"\", expected up to eight ids"},
        {"//h:1?client=1,", "expected up to eight ids, such as 2010,2011"},
        {"//h:1?client=+1", "client of the broker's URL is \"+1\""},
        {"//h:1?client=5,0", "expected an id of its own, such as 2010"},
        {"//h:1?client=5&trader=x", "expected the client id of the trading process"},
        {"//h:1?trader=5&client=4,5", "client id 5 is that of the trader"},
        {"//h:1?client=5&timeout=soon", "expected seconds, 0 to 600"},
        {"//h:1?client=5&settle=", "settle of the broker's URL is \"\""},
        {"//h:1?client=5&account=", "account of the broker's URL is \"\", expected a name"},
        {"//h:1?client=5&account=\xff", "account of the broker's URL is \"\\xff\""},
        {"//h:1?client=5&colour=red", "expected client, trader, account, zone, timeout or settle"},
        {"//h:1?client=5&&", "a setting of the broker's URL is \"\", expected NAME=VALUE"},
        {"//h:1?client", "a setting of the broker's URL is \"client\", expected NAME=VALUE"},
        {"//h:1?Client=5", "is \"Client\", expected client"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        why = (tw_error){0};
        ck_assert_int_eq(tw_tws_url_parse(bad[i].text, &url, &why), TW_E_INVALID);
        ck_assert_msg(strstr(why.text, bad[i].says), "%s: \"%s\", expected \"%s\" in it",
                      bad[i].text, why.text, bad[i].says);
    }
}
END_TEST

START_TEST(a_url_that_is_refused_leaves_what_was_there) {
    parse("//h:1?client=5");
    ck_assert_int_eq(tw_tws_url_parse("//other:2?client=0", &url, &why), TW_E_INVALID);
    ck_assert_str_eq(url.host, "h");
    ck_assert_int_eq(url.clients[0], 5);
}
END_TEST

/* ---- any text ------------------------------------------------------------------------------ */

/* The same in other words: what is read from it has to be the same. */
static void write_again(struct buffer *out) {
    char seconds[2][32];
    const int64_t spans[] = {url.timeout_ns, url.settle_ns};
    for (int i = 0; i < 2; i++)
        snprintf(seconds[i], sizeof seconds[i], "%lld.%08lld", (long long)(spans[i] / SECOND_NS),
                 (long long)(spans[i] % SECOND_NS / 10));
    tw_buffer_format(out, "//[%s]:%s?zone=%s&timeout=%s&settle=%s&trader=%d", url.host, url.port,
                     url.zone, seconds[0], seconds[1], (int)url.trader);
    if (*url.account)
        tw_buffer_format(out, "&account=%s", url.account);
    for (int32_t i = 0; i < url.client_count; i++)
        tw_buffer_format(out, "%s%d", i ? "," : "&client=", (int)url.clients[i]);
}

static int is_same(const struct tws_url *a, const struct tws_url *b) {
    int same = strcmp(a->host, b->host) == 0 && strcmp(a->port, b->port) == 0 &&
               strcmp(a->account, b->account) == 0 && strcmp(a->zone, b->zone) == 0 &&
               a->trader == b->trader && a->timeout_ns == b->timeout_ns &&
               a->settle_ns == b->settle_ns && a->client_count == b->client_count;
    for (int32_t i = 0; same && i < a->client_count; i++)
        same = a->clients[i] == b->clients[i];
    return same;
}

static int read_twice(const char *text) {
    struct buffer again = {0};
    why = (tw_error){0};
    int status = tw_tws_url_parse(text, &url, &why);
    if (status) {
        ck_assert_int_eq(status, TW_E_INVALID);
        ck_assert_int_eq(why.code, status);
        ck_assert_ptr_nonnull(strstr(why.text, "expected"));
        ck_assert(tw_text_is_clean(why.text, strlen(why.text)));
        return 0;
    }
    struct tws_url first = url;
    write_again(&again);
    parse(tw_buffer_string(&again));
    ck_assert_msg(is_same(&first, &url), "%s, again as %s", text, again.data);
    tw_buffer_free(&again);
    return 1;
}

static const char *const pieces[] = {
    "//",    "h",       "127.0.0.1", ":",      "7497",  "?",        "client=", "2010", ",",  "&",
    "zone=", "trader=", "account=",  "settle", "=",     "timeout=", "0",       "1",    ".5", "DU1",
    "[",     "]",       "\xff",      "/",      "65536", "-",        "UTC",     " ",    "8",  "::1",
};

START_TEST(any_text_is_read_the_same_twice_or_refused_in_words) {
    struct random random = {seed_from_environment("tws url")};
    int good = 0, rounds = 200000;
    for (int i = 0; i < rounds; i++) {
        char text[200] = "";
        if (random_below(&random, 4))
            snprintf(text, sizeof text, "//h:7497?client=2010");
        for (uint64_t more = random_below(&random, 7); more > 0; more--) {
            const char *piece = pieces[random_below(&random, sizeof pieces / sizeof pieces[0])];
            strncat(text, piece, sizeof text - strlen(text) - 1);
        }
        if (random_below(&random, 3) == 0 && *text)
            text[random_below(&random, strlen(text))] = (char)random_between(&random, 1, 255);
        good += read_twice(text);
    }
    ck_assert_int_gt(good, rounds / 20);
    ck_assert_int_lt(good, rounds / 2);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("tws_url");
    TCase *cases = tcase_create("tws_url");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, a_short_url_takes_what_is_usual);
    tcase_add_test(cases, every_setting_is_taken_in_any_order);
    tcase_add_test(cases, each_setting_reaches_its_limit_and_no_further);
    tcase_add_test(cases, names_are_as_long_as_they_may_be_and_not_longer);
    tcase_add_test(cases, each_bad_url_is_told_what_to_write_instead);
    tcase_add_test(cases, a_url_that_is_refused_leaves_what_was_there);
    tcase_add_test(cases, any_text_is_read_the_same_twice_or_refused_in_words);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
