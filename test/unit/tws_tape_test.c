/* The tape of a conversation: what was added is read again byte for byte; one that ends early or
 * holds anything else is refused at its line. */
#include "broker/tws_tape.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "harness.h"
#include "peer.h"

#define URL        "tws://127.0.0.1:7497?client=2010"
#define FIRST_LINE "tradewal-tws-tape-1 " URL "\n"

static tw_error why;

static struct tws_tape *write_tape(const char *path) {
    struct tws_tape *tape;
    int status = tw_tws_tape_write(path, URL, &tape, &why);
    ck_assert_msg(status == 0, "%s", why.text);
    return tape;
}

static struct tws_tape *read_tape(const char *path) {
    struct tws_tape *tape;
    const char *url;
    int status = tw_tws_tape_read(path, &tape, &url, &why);
    ck_assert_msg(status == 0, "%s", why.text);
    ck_assert_str_eq(url, URL);
    return tape;
}

static void expect_line(struct tws_tape *tape, enum tws_mark mark, const char *bytes, size_t size) {
    static struct buffer line;
    enum tws_mark found;
    int status = tw_tws_tape_next(tape, &found, &line, &why);
    ck_assert_msg(status == 0, "%s", why.text);
    ck_assert_int_eq(found, mark);
    ck_assert_uint_eq(line.size, size);
    ck_assert(size == 0 || memcmp(line.data, bytes, size) == 0);
}

START_TEST(every_byte_and_every_mark_comes_back) {
    char bytes[256];
    const char *path = scratch_path("tape");
    struct tws_tape *tape = write_tape(path);
    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    tw_tws_tape_add(tape, TWS_MARK_REFUSED, "no | \\x41\n", 10);
    tw_tws_tape_add(tape, TWS_MARK_CONNECTED, NULL, 0);
    tw_tws_tape_add(tape, TWS_MARK_SENT, bytes, sizeof bytes);
    tw_tws_tape_add(tape, TWS_MARK_HEARD, " heard ", 7);
    tw_tws_tape_add(tape, TWS_MARK_HEARD, "", 0);
    tw_tws_tape_add(tape, TWS_MARK_SILENCE, NULL, 0);
    tw_tws_tape_add(tape, TWS_MARK_CLOSED, NULL, 0);
    ck_assert_int_eq(tw_tws_tape_close(tape, &why), 0);
    tape = read_tape(path);
    expect_line(tape, TWS_MARK_REFUSED, "no | \\x41\n", 10);
    expect_line(tape, TWS_MARK_CONNECTED, NULL, 0);
    expect_line(tape, TWS_MARK_SENT, bytes, sizeof bytes);
    expect_line(tape, TWS_MARK_HEARD, " heard ", 7);
    expect_line(tape, TWS_MARK_HEARD, NULL, 0);
    expect_line(tape, TWS_MARK_SILENCE, NULL, 0);
    expect_line(tape, TWS_MARK_CLOSED, NULL, 0);
    expect_line(tape, TWS_MARK_END, NULL, 0);
    expect_line(tape, TWS_MARK_END, NULL, 0);
    tw_tws_tape_close(tape, NULL);
}
END_TEST

START_TEST(any_lines_come_back_in_their_order) {
    struct random random = {seed_from_environment("tws tape")};
    for (int round = 0; round < 100; round++) {
        struct buffer lines[20] = {{0}};
        enum tws_mark marks[20];
        const char *path = scratch_path("tape");
        unlink(path);
        struct tws_tape *tape = write_tape(path);
        for (int i = 0; i < 20; i++) {
            marks[i] = (enum tws_mark)random_between(&random, TWS_MARK_CONNECTED, TWS_MARK_CLOSED);
            for (uint64_t size = random_below(&random, 40); size > 0; size--)
                tw_buffer_char(&lines[i], (char)random_next(&random));
            tw_tws_tape_add(tape, marks[i], lines[i].data, lines[i].size);
        }
        ck_assert_int_eq(tw_tws_tape_close(tape, &why), 0);
        tape = read_tape(path);
        for (int i = 0; i < 20; i++) {
            expect_line(tape, marks[i], lines[i].data, lines[i].size);
            tw_buffer_free(&lines[i]);
        }
        expect_line(tape, TWS_MARK_END, NULL, 0);
        tw_tws_tape_close(tape, NULL);
    }
}
END_TEST

START_TEST(a_tape_is_for_its_owner_and_never_written_over) {
    struct stat about;
    struct tws_tape *tape;
    const char *path = scratch_path("tape"), *link = scratch_path("link");
    mode_t mask = umask(0);
    tw_tws_tape_close(write_tape(path), NULL);
    umask(mask);
    ck_assert_int_eq(stat(path, &about), 0);
    ck_assert_int_eq(about.st_mode & 0777, 0600);
    ck_assert_int_eq(tw_tws_tape_write(path, URL, &tape, &why), TW_E_IO);
    ck_assert_ptr_nonnull(strstr(why.text, "File exists"));
    ck_assert_int_eq(symlink("nowhere", link), 0);
    ck_assert_int_eq(tw_tws_tape_write(link, URL, &tape, &why), TW_E_IO);
}
END_TEST

START_TEST(a_tape_that_finds_no_room_says_so_when_it_is_closed) {
    struct rlimit limit;
    struct tws_tape *tape = write_tape(scratch_path("full"));
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = 64;
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (int i = 0; i < 5; i++)
        tw_tws_tape_add(tape, TWS_MARK_CONNECTED, NULL, 0);
    limit.rlim_cur = limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(tw_tws_tape_close(tape, &why), TW_E_IO);
    ck_assert_ptr_nonnull(strstr(why.text, "File too large"));
    ck_assert_int_eq(tw_tws_tape_close(NULL, &why), 0);
}
END_TEST

/* ---- what is none -------------------------------------------------------------------------- */

/* Reads all of it: how that ended, and in *ret_lines how many lines came before. */
static int read_all(const struct buffer *bytes, size_t *ret_lines) {
    static struct buffer line;
    struct tws_tape *tape;
    const char *url;
    enum tws_mark mark = TWS_MARK_CONNECTED;
    *ret_lines = 0;
    why = (tw_error){0};
    int status = tw_tws_tape_read(peer_path(bytes), &tape, &url, &why);
    if (status)
        return status;
    while ((status = tw_tws_tape_next(tape, &mark, &line, &why)) == 0 && mark != TWS_MARK_END)
        ++*ret_lines;
    tw_tws_tape_close(tape, NULL);
    return status;
}

START_TEST(a_tape_that_is_cut_ends_at_a_line_or_is_refused) {
    struct buffer whole = {0};
    size_t lines, ends = 0;
    tw_buffer_text(&whole, FIRST_LINE "connected\nsent a|\\x00\nheard b\nsilence\nclosed\n");
    size_t first = strlen(FIRST_LINE), size = whole.size;
    for (whole.size = 0; whole.size <= size; whole.size++) {
        int at_line = whole.size >= first && whole.data[whole.size - 1] == '\n';
        int status = read_all(&whole, &lines);
        ck_assert_msg((status == 0) == at_line, "cut at %zu: %d", whole.size, status);
        ck_assert(status == 0 || (status == TW_E_PARSE && why.code == status));
        ends += status == 0;
        ck_assert(status != 0 || lines == ends - 1);
    }
    ck_assert_uint_eq(ends, 6);
    tw_buffer_free(&whole);
}
END_TEST

START_TEST(what_is_no_tape_is_refused_at_its_line) {
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "not the tape"},
        {"tradewal-tws-tape-2 " URL "\n", "not the tape"},
        {"tradewal-tws-tape-1 \n", "not the tape"},
        {"tradewal-tws-tape-1 a\x01z\n", "not the tape"},
        {FIRST_LINE "connected\nheard \\x4\n", "line 3 of the tape is not well escaped"},
        {FIRST_LINE "heard \\x4G\n", "line 2 of the tape is not well escaped"},
        {FIRST_LINE "heard \\xAB\n", "line 2 of the tape is not well escaped"},
        {FIRST_LINE "heard \\y41\n", "line 2 of the tape is not well escaped"},
        {FIRST_LINE "heard a\\\n", "line 2 of the tape is not well escaped"},
        {FIRST_LINE "\n", "line 2 of the tape is not connected, refused, sent, heard"},
        {FIRST_LINE "hear a\n", "line 2 of the tape is not connected"},
        {FIRST_LINE "heardx a\n", "line 2 of the tape is not connected"},
        {FIRST_LINE "closed", "line 2 of the tape is not whole"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct buffer bytes = {0};
        size_t lines;
        tw_buffer_text(&bytes, bad[i].text);
        ck_assert_int_eq(read_all(&bytes, &lines), TW_E_PARSE);
        ck_assert_msg(strstr(why.text, bad[i].says), "%s: %s", bad[i].text, why.text);
        tw_buffer_free(&bytes);
    }
}
END_TEST

START_TEST(any_bytes_are_read_or_refused_with_a_reason) {
    struct random random = {seed_from_environment("tws tape, any bytes")};
    int good = 0, rounds = 20000;
    for (int i = 0; i < rounds; i++) {
        struct buffer bytes = {0};
        size_t lines;
        tw_buffer_text(&bytes, FIRST_LINE "connected\nsent a|\\x00\nheard b|c\nclosed\n");
        for (uint64_t changes = 1 + random_below(&random, 3); changes > 0; changes--)
            bytes.data[random_below(&random, bytes.size)] =
                random_below(&random, 3) ? (char)random_next(&random) : "\\|x\n 0"[i % 6];
        int status = read_all(&bytes, &lines);
        good += status == 0;
        ck_assert(status == 0 || status == TW_E_PARSE);
        ck_assert(status == 0 || tw_text_is_clean(why.text, strlen(why.text)));
        tw_buffer_free(&bytes);
    }
    ck_assert_int_gt(good, rounds / 10);
    ck_assert_int_lt(good, rounds - rounds / 10);
}
END_TEST

START_TEST(what_is_too_long_is_no_tape) {
    struct buffer bytes = {0};
    struct tws_tape *tape;
    const char *url, *path = scratch_path("long");
    size_t lines;
    tw_buffer_text(&bytes, "tradewal-tws-tape-1 ");
    while (bytes.size < 1024)
        tw_buffer_char(&bytes, 'u');
    tw_buffer_text(&bytes, "\n");
    ck_assert_int_eq(read_all(&bytes, &lines), 0);
    bytes.size--;
    tw_buffer_text(&bytes, "u\n");
    ck_assert_int_eq(read_all(&bytes, &lines), TW_E_PARSE);
    tw_buffer_free(&bytes);
    tw_tws_tape_close(write_tape(path), NULL);
    ck_assert_int_eq(truncate(path, (256 << 20) + 1), 0);
    ck_assert_int_eq(tw_tws_tape_read(path, &tape, &url, &why), TW_E_PARSE);
    ck_assert_ptr_nonnull(strstr(why.text, "at most 256 MiB"));
}
END_TEST

START_TEST(a_folder_or_nothing_is_no_tape) {
    struct tws_tape *tape;
    const char *url;
    ck_assert_int_eq(tw_tws_tape_read("/dev/null", &tape, &url, &why), TW_E_PARSE);
    ck_assert_ptr_nonnull(strstr(why.text, "not a regular file"));
    ck_assert_int_eq(tw_tws_tape_read(scratch_folder(), &tape, &url, &why), TW_E_PARSE);
    ck_assert_int_eq(tw_tws_tape_read(scratch_path("none"), &tape, &url, &why), TW_E_BROKER);
    ck_assert_ptr_nonnull(strstr(why.text, "No such file"));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("tws_tape");
    TCase *cases = tcase_create("tws_tape");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, every_byte_and_every_mark_comes_back);
    tcase_add_test(cases, any_lines_come_back_in_their_order);
    tcase_add_test(cases, a_tape_is_for_its_owner_and_never_written_over);
    tcase_add_test(cases, a_tape_that_finds_no_room_says_so_when_it_is_closed);
    tcase_add_test(cases, a_tape_that_is_cut_ends_at_a_line_or_is_refused);
    tcase_add_test(cases, what_is_no_tape_is_refused_at_its_line);
    tcase_add_test(cases, any_bytes_are_read_or_refused_with_a_reason);
    tcase_add_test(cases, what_is_too_long_is_no_tape);
    tcase_add_test(cases, a_folder_or_nothing_is_no_tape);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
