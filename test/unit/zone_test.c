/* Time zones from the bytes of TZif files. With TW_ZONE_TABLE in the
 * environment the program checks the lines of that file instead (zone_oracle_test.py writes it). */
#include "base/zone.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "harness.h"
#include "zone_check.h"

enum { MOST_CHANGES = 2000 };

/* ---- a zone file, written by the test ------------------------------------------------------ */

struct sketch {
    size_t changes, types;
    int64_t at[MOST_CHANGES + 1];
    uint8_t type[MOST_CHANGES + 1];
    int32_t offsets[256];
    const char *footer; /* NULL: version 1, one block */
};

static void put_big(struct buffer *out, uint64_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        tw_buffer_char(out, (char)(value >> shift));
}

static void put_block(struct buffer *out, const struct sketch *sketch, int time_bytes) {
    tw_buffer_put(out, "TZif", 4);
    tw_buffer_char(out, sketch->footer ? '2' : '\0');
    put_big(out, 0, 8);
    put_big(out, 0, 7);
    put_big(out, 0, 4);
    put_big(out, sketch->types, 4);
    put_big(out, 0, 4);
    put_big(out, sketch->changes, 4);
    put_big(out, sketch->types, 4);
    put_big(out, 4, 4);
    for (size_t i = 0; i < sketch->changes; i++)
        put_big(out, (uint64_t)sketch->at[i], time_bytes);
    tw_buffer_put(out, sketch->type, sketch->changes);
    for (size_t i = 0; i < sketch->types; i++) {
        put_big(out, (uint32_t)sketch->offsets[i], 4);
        put_big(out, i % 2, 1);
        put_big(out, 0, 1);
    }
    tw_buffer_put(out, "ABC", 4);
    for (size_t i = 0; i < sketch->types; i++)
        put_big(out, 1, 1);
}

static void put_file(struct buffer *out, const struct sketch *sketch) {
    put_block(out, sketch, 4);
    if (!sketch->footer)
        return;
    put_block(out, sketch, 8);
    tw_buffer_format(out, "\n%s\n", sketch->footer);
}

static int read_file(const struct buffer *file, struct zone **ret, tw_error *why) {
    /* A copy of exactly its size, so that a sanitizer sees a read beyond the end. */
    char *copy = malloc(file->size > 0 ? file->size : 1);
    if (file->size > 0)
        memcpy(copy, file->data, file->size);
    int code = tw_zone_from_tzif(copy, file->size, ret, why);
    free(copy);
    return code;
}

static struct zone *zone_of_sketch(const struct sketch *sketch) {
    struct buffer file = {0};
    put_file(&file, sketch);
    struct zone *zone = NULL;
    tw_error why = {0};
    int code = read_file(&file, &zone, &why);
    ck_assert_msg(code == 0, "%s", why.text);
    tw_buffer_free(&file);
    return zone;
}

/* Changes of every distance, from seconds to years. */
static struct sketch any_sketch(struct random *random, int wide) {
    struct sketch sketch = {.changes = random_below(random, 40),
                            .types = 1 + random_below(random, 8),
                            .footer = wide ? "" : NULL};
    int64_t at = wide ? random_between(random, -20000000000, 1000000000) : -2000000000;
    for (size_t i = 0; i < sketch.changes; i++) {
        at += 1 + (int64_t)random_below(random, UINT64_C(1) << random_below(random, 27));
        sketch.at[i] = at;
        sketch.type[i] = (uint8_t)random_below(random, sketch.types);
    }
    for (size_t i = 0; i < sketch.types; i++)
        sketch.offsets[i] = (int32_t)random_between(random, -26 * HOUR, 26 * HOUR);
    return sketch;
}

static int32_t sketched_offset(const struct sketch *sketch, int64_t at) {
    int32_t offset = sketch->offsets[0];
    for (size_t i = 0; i < sketch->changes && sketch->at[i] <= at; i++)
        offset = sketch->offsets[sketch->type[i]];
    return offset;
}

START_TEST(a_zone_file_of_either_version_gives_its_offsets) {
    struct random random = {seed_from_environment("a_zone_file_gives_its_offsets")};
    for (int round = 0; round < 400; round++) {
        struct sketch sketch = any_sketch(&random, round % 2);
        struct zone *zone = zone_of_sketch(&sketch);
        for (size_t i = 0; i < sketch.changes; i++)
            for (int64_t at = sketch.at[i] - 1; at <= sketch.at[i] + 1; at++)
                ck_assert_int_eq(tw_zone_offset(zone, at), sketched_offset(&sketch, at));
        ck_assert_int_eq(tw_zone_offset(zone, INT64_MIN), sketched_offset(&sketch, INT64_MIN));
        ck_assert_int_eq(tw_zone_offset(zone, INT64_MAX), sketched_offset(&sketch, INT64_MAX));
        tw_zone_free(zone);
    }
    tw_zone_free(NULL);
}
END_TEST

START_TEST(after_the_last_change_the_footer_rules) {
    struct sketch sketch = {.changes = 1,
                            .types = 2,
                            .at = {1173596400 /* 2007-03-11 07:00 */},
                            .type = {1},
                            .offsets = {-17762, -4 * HOUR},
                            .footer = NEW_YORK};
    struct zone *zone = zone_of_sketch(&sketch);
    ck_assert_int_eq(tw_zone_offset(zone, sketch.at[0] - 1), -17762);
    ck_assert_int_eq(tw_zone_offset(zone, sketch.at[0]), -4 * HOUR);
    ck_assert_int_eq(tw_zone_offset(zone, 1736164800), -5 * HOUR);
    ck_assert_int_eq(tw_zone_offset(zone, 4907476800), -4 * HOUR);
    tw_zone_free(zone);
    sketch.changes = 0;
    zone = zone_of_sketch(&sketch);
    ck_assert_int_eq(tw_zone_offset(zone, -3786825600), -5 * HOUR);
    tw_zone_free(zone);
}
END_TEST

START_TEST(a_file_that_is_cut_anywhere_is_refused) {
    struct random random = {seed_from_environment("a_file_that_is_cut_anywhere_is_refused")};
    for (int wide = 0; wide < 2; wide++) {
        struct sketch sketch = any_sketch(&random, wide);
        if (wide)
            sketch.footer = NEW_YORK;
        struct buffer file = {0};
        put_file(&file, &sketch);
        size_t whole = file.size;
        for (file.size = 0; file.size < whole; file.size++) {
            struct zone *zone = NULL;
            tw_error why = {0};
            ck_assert_int_eq(read_file(&file, &zone, &why), TW_E_DAMAGED);
            ck_assert_int_eq(why.code, TW_E_DAMAGED);
            ck_assert_ptr_null(zone);
        }
        tw_buffer_char(&file, '\n');
        struct zone *zone = NULL;
        ck_assert_int_eq(read_file(&file, &zone, NULL), TW_E_DAMAGED);
        tw_buffer_free(&file);
    }
}
END_TEST

static void expect_damage(const struct buffer *file, const char *words) {
    struct zone *zone = NULL;
    tw_error why = {0};
    ck_assert_int_eq(read_file(file, &zone, &why), TW_E_DAMAGED);
    ck_assert_ptr_null(zone);
    ck_assert_msg(strstr(why.text, words) != NULL, "\"%s\" does not say \"%s\"", why.text, words);
}

/* One byte of a good file of one change and two types is set to another value. */
START_TEST(a_file_that_contradicts_itself_is_refused) {
    enum { HEADER = 44, DATA = 44 };
    static const struct {
        size_t at;
        uint8_t value;
        const char *words;
    } faults[] = {
        {0, 't', "TZif"},
        {4, '1', "version"},
        {4, 'x', "version"},
        {23, 1, "contradict"}, /* UTC flags of one type */
        {27, 1, "contradict"},
        /* standard flags of one type */ {27, 200, "promises"},
        {28, 0x7F, "promises"}, /* leap seconds beyond the end */
        {35, 200, "promises"},  /* changes beyond the end */
        {39, 0, "types"},
        {43, 0, "contradict"},       /* no names */
        {DATA + 8, 2, "has type 2"}, /* a type there is not */
        {DATA + 7, 0, "not after"},  /* times do not ascend: 100 and 0 */
        {DATA + 7, 100, "not after"},
        {DATA + 10, 0x7F, "offset"}, /* seconds east beyond a day */
        {DATA + 14, 2, "flag 2"},
        {DATA + 15, 4, "name at 4"},
    };
    struct sketch sketch = {.changes = 2, .types = 2, .at = {100, 200}, .type = {1, 0}};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct buffer file = {0};
        put_file(&file, &sketch);
        struct zone *zone = NULL;
        ck_assert_int_eq(read_file(&file, &zone, NULL), 0);
        tw_zone_free(zone);
        file.data[faults[i].at] = (char)faults[i].value;
        if (faults[i].at == 39 || faults[i].at == 43 || faults[i].at == 23)
            tw_buffer_format(&file, "%16s", ""); /* so that only the count is wrong */
        expect_damage(&file, faults[i].words);
        tw_buffer_free(&file);
    }
}
END_TEST

START_TEST(a_zone_that_counts_leap_seconds_is_refused) {
    struct sketch sketch = {.types = 1};
    struct buffer file = {0};
    put_file(&file, &sketch);
    file.data[31] = 1;
    tw_buffer_put(&file, "\0\0\0\0\0\0\0", 8);
    expect_damage(&file, "leap seconds");
    tw_buffer_free(&file);
}
END_TEST

START_TEST(two_thousand_changes_are_read_and_one_more_is_refused) {
    struct sketch *sketch = calloc(1, sizeof *sketch);
    sketch->types = 256;
    sketch->footer = "";
    for (int i = 0; i <= MOST_CHANGES; i++) {
        sketch->at[i] = i;
        sketch->type[i] = (uint8_t)i;
    }
    sketch->changes = MOST_CHANGES;
    tw_zone_free(zone_of_sketch(sketch));
    sketch->changes++;
    struct buffer file = {0};
    put_file(&file, sketch);
    expect_damage(&file, "2001 changes");
    tw_buffer_free(&file);
    free(sketch);
}
END_TEST

START_TEST(a_footer_that_is_no_rule_is_refused) {
    static const char *const footers[] = {"EST5EDT",        "EST",    "EST5\nEST5", "\n", "EST5 ",
                                          "EST5EDT,M3.2.0", "E\x01T5"};
    for (size_t i = 0; i < sizeof footers / sizeof footers[0]; i++) {
        struct sketch sketch = {.types = 1, .footer = footers[i]};
        struct buffer file = {0};
        put_file(&file, &sketch);
        expect_damage(&file, "zone file");
        tw_buffer_free(&file);
    }
}
END_TEST

START_TEST(a_footer_that_does_not_begin_a_line_is_refused) {
    struct sketch sketch = {.types = 1, .footer = NEW_YORK};
    struct buffer file = {0};
    put_file(&file, &sketch);
    file.data[file.size - strlen("\n" NEW_YORK "\n")] = ' ';
    expect_damage(&file, "are not one line");
    tw_buffer_free(&file);
}
END_TEST

START_TEST(damaged_files_are_refused_or_harmless) {
    struct random random = {seed_from_environment("damaged_files_are_refused_or_harmless")};
    static const char *const footers[] = {NEW_YORK, "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "",
                                          "IST-2IDT,M3.4.4/26,M10.5.0", NULL};
    int accepted = 0, refused = 0;
    for (int round = 0; round < 8000; round++) {
        struct sketch sketch = any_sketch(&random, 1);
        sketch.footer = footers[random_below(&random, 5)];
        struct buffer file = {0};
        put_file(&file, &sketch);
        for (uint64_t hits = 1 + random_below(&random, 4); hits > 0; hits--) {
            size_t at = random_below(&random, file.size);
            /* Half of the hits go where the counts and the rule are. */
            if (hits % 2)
                at = at % 2 ? at % 44 : file.size - 1 - at % 30;
            uint64_t flip = UINT64_C(1) << random_below(&random, 8);
            uint64_t any = random_below(&random, 2) ? random_next(&random) : flip;
            file.data[at] = (char)((uint64_t)file.data[at] ^ any);
        }
        struct zone *zone = NULL;
        tw_error why = {0};
        int code = read_file(&file, &zone, &why);
        tw_buffer_free(&file);
        ck_assert(code == 0 || code == TW_E_DAMAGED);
        ck_assert((code == 0) == (zone != NULL) && why.code == code);
        if (zone)
            ask_everything(zone, &random);
        tw_zone_free(zone);
        accepted += code == 0;
        refused += code != 0;
    }
    ck_assert_int_gt(accepted, 200);
    ck_assert_int_gt(refused, 200);
}
END_TEST

/* ---- local times --------------------------------------------------------------------------- */

START_TEST(a_local_time_is_the_earliest_instant_that_shows_it) {
    struct random random = {seed_from_environment("a_local_time_is_the_earliest_instant")};
    for (int round = 0; round < 300; round++) {
        struct sketch sketch = any_sketch(&random, round % 2);
        struct zone *zone = zone_of_sketch(&sketch);
        for (int i = 0; i < 60; i++) {
            int64_t near = sketch.changes ? sketch.at[random_below(&random, sketch.changes)] : 0;
            int64_t local = near + random_between(&random, -2 * DAY, 2 * DAY);
            if (i % 2)
                local = near + sketch.offsets[random_below(&random, sketch.types)] -
                        (int64_t)random_below(&random, 2);
            expect_local(zone, local, sketch.offsets, sketch.types);
        }
        tw_zone_free(zone);
    }
}
END_TEST

/* ---- the table of the oracle --------------------------------------------------------------- */

static struct zone *zone_of_file(const char *path) {
    FILE *stream = fopen(path, "rb");
    struct buffer file = {0};
    char piece[4096];
    for (size_t size; stream && (size = fread(piece, 1, sizeof piece, stream)) > 0;)
        tw_buffer_put(&file, piece, size);
    if (stream)
        fclose(stream);
    struct zone *zone = NULL;
    tw_error why = {0};
    if (read_file(&file, &zone, &why) != 0)
        fprintf(stderr, "%s: %s\n", path, why.text);
    tw_buffer_free(&file);
    return zone;
}

/* Lines: "zone <path>" or "rule <rule>", then for it "utc <instant> <offset>" and
 * "local <local time> <instant>". */
static int check_table(const char *path) {
    FILE *table = fopen(path, "r");
    struct zone *zone = NULL;
    char line[512], word[8], name[480] = "";
    long compared = 0, wrong = 0;
    int64_t at, expected;
    while (table && fgets(line, sizeof line, table)) {
        if (sscanf(line, "zone %479s", name) == 1 || sscanf(line, "rule %479s", name) == 1) {
            tw_zone_free(zone);
            zone = NULL;
            if (line[0] == 'z')
                zone = zone_of_file(name);
            else if (tw_zone_from_rule(name, &zone, NULL) != 0)
                fprintf(stderr, "%s was refused\n", name);
            wrong += !zone;
        } else if (sscanf(line, "%7s %" SCNd64 " %" SCNd64, word, &at, &expected) == 3 && zone) {
            int64_t got = word[0] == 'u' ? tw_zone_offset(zone, at) : tw_zone_to_utc(zone, at);
            compared++;
            if (got != expected && wrong++ < 20)
                fprintf(stderr, "%s: %s %" PRId64 " gave %" PRId64 ", expected %" PRId64 "\n", name,
                        word, at, got, expected);
        }
    }
    tw_zone_free(zone);
    if (table)
        fclose(table);
    printf("compared %ld, wrong %ld\n", compared, wrong);
    return compared == 0 || wrong > 0;
}

int main(void) {
    const char *table = getenv("TW_ZONE_TABLE");
    if (table)
        return check_table(table);
    Suite *suite = suite_create("zone");
    TCase *cases = tcase_create("zone");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, a_zone_file_of_either_version_gives_its_offsets);
    tcase_add_test(cases, after_the_last_change_the_footer_rules);
    tcase_add_test(cases, a_file_that_is_cut_anywhere_is_refused);
    tcase_add_test(cases, a_file_that_contradicts_itself_is_refused);
    tcase_add_test(cases, a_zone_that_counts_leap_seconds_is_refused);
    tcase_add_test(cases, two_thousand_changes_are_read_and_one_more_is_refused);
    tcase_add_test(cases, a_footer_that_is_no_rule_is_refused);
    tcase_add_test(cases, a_footer_that_does_not_begin_a_line_is_refused);
    tcase_add_test(cases, damaged_files_are_refused_or_harmless);
    tcase_add_test(cases, a_local_time_is_the_earliest_instant_that_shows_it);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
