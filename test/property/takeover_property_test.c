/* A writer of two halves and the images that crashes leave: what the judge takes over is what
 * survived, and what was acknowledged and is gone is damage. */
#include "core/takeover.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "harness.h"

enum {
    HALF_BYTES = 8 * TW_FRAME_BLOCK_BYTES,
    SECTORS = TW_INTAKE_HALVES * HALF_BYTES / TW_FRAME_SECTOR_BYTES,
    MOST_FRAMES = 4096,
    DAYS = 300,
    STEPS = 120
};

struct written {
    size_t offset, bytes; /* in the image */
    uint64_t first_seq, last_seq, durable_seq, use;
};

/* The intake and the day file of one writer, what they are and what is on the disk of it. */
struct writer {
    struct random random;
    uint8_t now[TW_INTAKE_HALVES * HALF_BYTES];
    uint8_t disk[TW_INTAKE_HALVES * HALF_BYTES];
    uint8_t dirty[SECTORS]; /* 2: since before the flush that runs */
    struct written frames[MOST_FRAMES];
    size_t count, taken_count;
    uint64_t end, sealed, filled[TW_INTAKE_HALVES], epochs[TW_INTAKE_HALVES];
    int flushing;
    uint64_t flushing_seq;
    uint64_t durable_seq, flushed_seq, last_seq;
    struct takeover_day day;
    struct frame_session session;
};

static struct writer writer;
static uint8_t image[TW_INTAKE_HALVES * HALF_BYTES];
static struct buffer bytes;

static void reach(uint64_t seq) {
    if (seq > writer.durable_seq)
        writer.durable_seq = seq;
}

/* ---- the disk ------------------------------------------------------------------------------ */

static void store_sector(uint8_t *to, size_t sector) {
    size_t at = sector * TW_FRAME_SECTOR_BYTES;
    memcpy(to + at, writer.now + at, TW_FRAME_SECTOR_BYTES);
}

static void write_back(uint64_t one_in) {
    for (size_t i = 0; i < SECTORS; i++)
        if (writer.dirty[i] && random_below(&writer.random, one_in) == 0)
            store_sector(writer.disk, i);
}

static void write_bytes(size_t offset, const void *data, size_t size) {
    if (random_below(&writer.random, 8) == 0)
        write_back(3);
    memcpy(writer.now + offset, data, size);
    for (size_t i = offset / TW_FRAME_SECTOR_BYTES; i * TW_FRAME_SECTOR_BYTES < offset + size; i++)
        writer.dirty[i] = 1;
}

static void begin_flush(void) {
    for (size_t i = 0; i < SECTORS; i++)
        writer.dirty[i] = writer.dirty[i] ? 2 : 0;
    writer.sealed = writer.end;
    writer.flushing_seq = writer.last_seq;
    writer.flushing = 1;
}

static void end_flush(void) {
    for (size_t i = 0; i < SECTORS; i++)
        if (writer.dirty[i] == 2) {
            store_sector(writer.disk, i);
            writer.dirty[i] = 0;
        }
    writer.flushing = 0;
    writer.flushed_seq = writer.flushing_seq;
    reach(writer.flushed_seq);
}

/* ---- the writer ---------------------------------------------------------------------------- */

static void take_over(size_t count) {
    if (count <= writer.taken_count)
        return;
    writer.taken_count = count;
    writer.day.last_seq = writer.frames[count - 1].last_seq;
    writer.day.transaction++;
    reach(writer.day.last_seq);
}

static int half_waits(uint64_t half) {
    for (size_t i = writer.taken_count; i < writer.count; i++)
        if (writer.frames[i].use % TW_INTAKE_HALVES == half)
            return 1;
    return 0;
}

static uint64_t choose_place(size_t size) {
    uint64_t block = writer.end / TW_FRAME_BLOCK_BYTES * TW_FRAME_BLOCK_BYTES;
    uint64_t place = writer.sealed > block ? block + TW_FRAME_BLOCK_BYTES : writer.end;
    uint64_t next = (place / HALF_BYTES + 1) * HALF_BYTES;
    return place + size > next ? next : place;
}

static void append(void) {
    struct frame frame = {.first_seq = writer.last_seq + 1,
                          .count = 1 + random_below(&writer.random, 3),
                          .date = writer.day.date,
                          .durable_seq = writer.durable_seq};
    size_t most = random_below(&writer.random, 6) ? 200 : 6000;
    frame_make(&bytes, &frame, random_below(&writer.random, most));
    uint64_t place = choose_place(bytes.size);
    uint64_t use = place / HALF_BYTES, half = use % TW_INTAKE_HALVES;
    if (place % HALF_BYTES == 0) {
        if (half_waits(half))
            take_over(writer.count);
        writer.epochs[half] = writer.day.transaction;
    }
    frame.epoch = writer.epochs[half];
    tw_frame_seal((uint8_t *)bytes.data, bytes.size, &writer.session, &frame);
    size_t offset = (size_t)(place % sizeof writer.now);
    write_bytes(offset, bytes.data, bytes.size);
    writer.end = writer.filled[half] = place + bytes.size;
    writer.last_seq = frame.first_seq + frame.count - 1;
    ck_assert_uint_lt(writer.count, MOST_FRAMES);
    writer.frames[writer.count++] = (struct written){
        offset, bytes.size, frame.first_seq, writer.last_seq, frame.durable_seq, use};
}

/* A start, or a new day: the day file has all, and what the intake has is of another session. */
static void start(void) {
    static const uint8_t uuid[16] = {1};
    writer.day.transaction++;
    writer.session = tw_frame_session(uuid, random_next(&writer.random), writer.day.transaction);
    begin_flush();
    end_flush();
    writer.count = writer.taken_count = 0;
    writer.end = writer.sealed = 0;
    writer.last_seq = writer.flushed_seq = writer.durable_seq = writer.day.last_seq;
}

static void begin(uint64_t seed) {
    memset(&writer, 0, sizeof writer);
    writer.random.state = seed;
    writer.day = (struct takeover_day){20251006, random_below(&writer.random, 100),
                                       1 + random_below(&writer.random, 5)};
    start();
}

/* ---- what a crash leaves ------------------------------------------------------------------- */

static void make_image(void) {
    uint64_t one_in = 1 + random_below(&writer.random, 4);
    memcpy(image, writer.disk, sizeof image);
    for (size_t i = 0; i < SECTORS; i++)
        if (writer.dirty[i] && random_below(&writer.random, one_in) == 0)
            store_sector(image, i);
}

static int survived(const struct written *frame) {
    return memcmp(image + frame->offset, writer.now + frame->offset, frame->bytes) == 0;
}

/* Is it still there, or has a later use of its half begun? */
static int is_current(const struct written *frame) {
    uint64_t newest = writer.frames[writer.count - 1].use;
    return newest - frame->use < TW_INTAKE_HALVES;
}

/* Frames are found from the start of their half up to the first that is not there. */
static uint64_t expected_seq(void) {
    uint64_t seq = writer.day.last_seq, lost_use = UINT64_MAX;
    for (size_t i = 0; i < writer.count; i++) {
        const struct written *frame = &writer.frames[i];
        if (!is_current(frame))
            continue;
        if (!survived(frame))
            lost_use = frame->use;
        if (frame->use != lost_use && frame->first_seq == seq + 1)
            seq = frame->last_seq;
    }
    return seq;
}

static int judge(struct takeover *ret, tw_error *why) {
    struct intake_image held = {.session = writer.session};
    for (size_t i = 0; i < TW_INTAKE_HALVES; i++)
        held.halves[i] = (struct intake_half){image + i * HALF_BYTES, HALF_BYTES};
    return tw_takeover_judge(&held, &writer.day, ret, why);
}

static void check_image(void) {
    struct takeover found;
    tw_error why = {0};
    make_image();
    int status = judge(&found, &why);
    ck_assert_msg(status == 0, "%s", why.text);
    uint64_t seq = writer.day.last_seq;
    for (size_t i = 0; i < found.count; i++) {
        ck_assert_uint_eq(found.frames[i].first_seq, seq + 1);
        seq = seq + found.frames[i].count;
        size_t at = 0;
        while (writer.frames[at].first_seq != found.frames[i].first_seq)
            ck_assert_uint_lt(++at, writer.count);
        ck_assert_ptr_eq(found.frames[i].payload,
                         image + writer.frames[at].offset + TW_FRAME_HEADER_BYTES);
        ck_assert(survived(&writer.frames[at]));
    }
    ck_assert_uint_eq(found.last_seq, seq);
    ck_assert_uint_eq(seq, expected_seq());
    ck_assert_uint_ge(seq, writer.durable_seq);
    free(found.frames);
}

static int damages, neighbours;

static void is_damaged(const char *how, const struct written *frame) {
    struct takeover found;
    tw_error why = {0};
    int status = judge(&found, &why);
    ck_assert_msg(status == TW_E_DAMAGED, "%s: records %llu to %llu, at %zu: %d", how,
                  (unsigned long long)frame->first_seq, (unsigned long long)frame->last_seq,
                  frame->offset, status);
    damages++;
}

/* One frame that a flush has made durable and that only the intake has. */
static const struct written *choose_flushed(void) {
    if (writer.flushed_seq <= writer.day.last_seq)
        return NULL;
    size_t most = writer.count;
    while (writer.frames[most - 1].last_seq > writer.flushed_seq)
        most--;
    size_t least = writer.taken_count;
    return &writer.frames[least + random_below(&writer.random, most - least)];
}

static int is_covered(const struct written *frame) {
    for (size_t i = 0; i < writer.count; i++)
        if (is_current(&writer.frames[i]) && writer.frames[i].durable_seq >= frame->last_seq &&
            survived(&writer.frames[i]))
            return 1;
    return 0;
}

/* Whatever is wrong with a frame, also with its header: one that ends in the sector where the next
 * begins was written with it. */
static void check_neighbour(void) {
    for (size_t i = writer.taken_count; i + 1 < writer.count; i++) {
        const struct written *frame = &writer.frames[i], *next = frame + 1;
        size_t place = frame->offset % HALF_BYTES;
        /* Where a block begins, a frame that is longer may have begun in the one before. */
        if (frame->use != next->use || !is_current(frame) ||
            (place && place % TW_FRAME_BLOCK_BYTES == 0) ||
            frame->offset / TW_FRAME_SECTOR_BYTES !=
                (next->offset + TW_FRAME_CHECKSUM_END - 1) / TW_FRAME_SECTOR_BYTES)
            continue;
        make_image();
        if (!survived(frame) || !survived(next) || expected_seq() < next->last_seq)
            continue;
        image[frame->offset + random_below(&writer.random, frame->bytes)] ^= 1;
        is_damaged("a whole neighbour", frame);
        neighbours++;
        return;
    }
}

static void check_damage(void) {
    const struct written *frame = choose_flushed();
    if (!frame)
        return;
    make_image();
    size_t last = frame->offset + frame->bytes - 1;
    if (frame->offset / TW_FRAME_SECTOR_BYTES == last / TW_FRAME_SECTOR_BYTES) {
        size_t at = frame->offset + TW_FRAME_HEADER_BYTES +
                    random_below(&writer.random, frame->bytes - TW_FRAME_HEADER_BYTES);
        image[at] ^= (uint8_t)(1 << random_below(&writer.random, 8));
        is_damaged("a bit flipped", frame);
    }
    make_image();
    if (is_covered(frame)) {
        memset(image + frame->offset, 0, frame->bytes);
        is_damaged("zeroed", frame);
    }
    make_image();
    if (writer.count && survived(&writer.frames[writer.count - 1]) &&
        expected_seq() == writer.last_seq) {
        uint64_t transaction = writer.day.transaction;
        uint64_t half = writer.frames[writer.count - 1].use % TW_INTAKE_HALVES;
        writer.day.transaction = writer.epochs[half] - 1;
        is_damaged("an older day file", &writer.frames[writer.count - 1]);
        writer.day.transaction = transaction;
    }
}

/* ---- days ---------------------------------------------------------------------------------- */

/* The process or the machine dies, and a new session starts from what is left. */
static void crash(void) {
    struct takeover found;
    tw_error why = {0};
    if (random_below(&writer.random, 2))
        make_image();
    else
        memcpy(image, writer.now, sizeof image);
    ck_assert_msg(judge(&found, &why) == 0, "%s", why.text);
    if (found.count) {
        writer.day.last_seq = found.last_seq;
        writer.day.transaction++;
    }
    free(found.frames);
    memcpy(writer.now, image, sizeof image);
    memset(writer.dirty, 1, sizeof writer.dirty);
    writer.flushing = 0;
    start();
}

static void roll(void) {
    take_over(writer.count);
    writer.flushing = 0;
    writer.day.date++;
    writer.day.transaction = 1 + random_below(&writer.random, 4);
    start();
}

static void step(void) {
    uint64_t waiting = writer.count - writer.taken_count;
    switch (random_below(&writer.random, 40)) {
    case 0:
        crash();
        break;
    case 1:
        if (random_below(&writer.random, 5) == 0)
            roll();
        break;
    case 2:
    case 3:
        take_over(writer.taken_count + (size_t)random_below(&writer.random, waiting + 1));
        break;
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
    case 9:
        if (writer.flushing)
            end_flush();
        else
            begin_flush();
        break;
    default:
        append();
    }
}

START_TEST(what_survived_a_crash_without_a_gap_is_taken_over) {
    struct random random = {seed_from_environment("takeover")};
    for (int day = 0; day < DAYS; day++) {
        begin(random_next(&random));
        for (int i = 0; i < STEPS; i++) {
            step();
            check_image();
        }
    }
    tw_buffer_free(&bytes);
}
END_TEST

START_TEST(what_was_flushed_and_is_gone_is_damage) {
    struct random random = {seed_from_environment("takeover damage")};
    for (int day = 0; day < DAYS; day++) {
        begin(random_next(&random));
        for (int i = 0; i < STEPS; i++) {
            step();
            check_damage();
            check_neighbour();
        }
    }
    ck_assert_int_gt(damages, DAYS * STEPS / 4);
    ck_assert_int_gt(neighbours, DAYS);
    tw_buffer_free(&bytes);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("takeover_property");
    TCase *cases = tcase_create("takeover_property");
    tcase_set_timeout(cases, 300);
    tcase_add_test(cases, what_survived_a_crash_without_a_gap_is_taken_over);
    tcase_add_test(cases, what_was_flushed_and_is_gone_is_damage);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
