/* What is left of the old chain, asked about the records that were found: heads, origins, sessions
 * and snapshots say where it stood. Where a seq has several records, the ones that lead from one of
 * these places to the next are the ones that were written. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "io/salvage.h"

enum { MOST_CHOICES = 6, MOST_BRANCHES = 64 };

/* One way from the last place that is known to here. */
struct branch {
    uint8_t digest[TW_DIGEST_BYTES];
    uint32_t picks[MOST_CHOICES]; /* index in its group, per choice */
};

struct judge {
    struct salvage *salvage;
    struct branch *branches, *next;
    size_t branch_count; /* 0: where the chain stands is not known */
    size_t groups[MOST_CHOICES], ends[MOST_CHOICES];
    size_t choices;
    uint64_t records; /* since the last place that is known */
    struct buffer bytes;
    struct decoder decoder;
};

static int compare_witnesses(const void *left, const void *right) {
    const struct salvage_witness *a = left, *b = right;
    if (a->seq != b->seq)
        return a->seq < b->seq ? -1 : 1;
    return b->strong - a->strong;
}

static void start_at(struct judge *judge, const uint8_t digest[TW_DIGEST_BYTES]) {
    memcpy(judge->branches[0].digest, digest, TW_DIGEST_BYTES);
    judge->branch_count = 1;
    judge->choices = 0;
    judge->records = 0;
}

static void forget(struct judge *judge) {
    judge->branch_count = judge->choices = 0;
    judge->records = 0;
}

static void settle(struct judge *judge, const struct branch *branch) {
    struct salvage_entry *entries = judge->salvage->entries;
    for (size_t i = 0; i < judge->choices; i++)
        for (size_t at = judge->groups[i]; at < judge->ends[i]; at++)
            entries[at].chosen = at == judge->groups[i] + branch->picks[i];
}

/* 1 when a branch leads here. */
static int hear(struct judge *judge, const uint8_t digest[TW_DIGEST_BYTES]) {
    for (size_t i = 0; i < judge->branch_count; i++) {
        if (memcmp(judge->branches[i].digest, digest, TW_DIGEST_BYTES) != 0)
            continue;
        settle(judge, &judge->branches[i]);
        judge->salvage->proven += judge->records;
        start_at(judge, digest);
        return 1;
    }
    return 0;
}

/* All that is said about the chain after one record. The first strong one that nothing leads to
 * tells of a record that is not the one that was written. */
static void hear_all(struct judge *judge, uint64_t seq, size_t *at) {
    const struct salvage_witness *witnesses = judge->salvage->witnesses;
    size_t count = judge->salvage->witness_count;
    const struct salvage_witness *strong = NULL;
    int fits = 0;
    while (*at < count && witnesses[*at].seq < seq)
        ++*at;
    for (; *at < count && witnesses[*at].seq == seq; ++*at) {
        if (!fits)
            fits = hear(judge, witnesses[*at].digest);
        if (witnesses[*at].strong && !strong)
            strong = &witnesses[*at];
    }
    if (fits || !strong)
        return;
    judge->salvage->unproven += judge->branch_count > 0;
    start_at(judge, strong->digest);
}

/* A session says where the chain stood before it. */
static void hear_session(struct judge *judge) {
    uint8_t digest[TW_DIGEST_BYTES];
    tw_event event;
    if (tw_record_decode_checked(&judge->decoder, judge->bytes.data, judge->bytes.size, &event,
                                 NULL) ||
        event.type != TW_TYPE_session_opened ||
        tw_digest_parse(event.as.session_opened.previous_digest, digest))
        return;
    if (hear(judge, digest))
        return;
    judge->salvage->unproven += judge->branch_count > 0;
    start_at(judge, digest);
}

/* Every branch goes on with every record of the seq. */
static int extend(struct judge *judge, size_t from, size_t to, tw_error *why) {
    struct salvage *salvage = judge->salvage;
    size_t made = 0;
    int is_choice = to - from > 1;
    if (is_choice &&
        (judge->choices == MOST_CHOICES || judge->branch_count * (to - from) > MOST_BRANCHES)) {
        forget(judge);
        return 0;
    }
    for (size_t at = from; at < to; at++) {
        int status = tw_salvage_fetch(salvage, &salvage->entries[at], &judge->bytes, why);
        if (status)
            return status;
        for (size_t i = 0; i < judge->branch_count; i++) {
            struct branch *branch = &judge->next[made++];
            *branch = judge->branches[i];
            tw_chain(branch->digest, judge->bytes.data, judge->bytes.size, branch->digest);
            if (is_choice)
                branch->picks[judge->choices] = (uint32_t)(at - from);
        }
    }
    if (is_choice) {
        judge->groups[judge->choices] = from;
        judge->ends[judge->choices++] = to;
    }
    struct branch *spent = judge->branches;
    judge->branches = judge->next;
    judge->next = spent;
    judge->branch_count = made;
    judge->records++;
    return 0;
}

static int walk(struct judge *judge, tw_error *why) {
    struct salvage *salvage = judge->salvage;
    static const uint8_t none[TW_DIGEST_BYTES];
    uint64_t expected = 1;
    size_t witness = 0;
    int status = 0;
    start_at(judge, none);
    for (size_t at = 0, end; status == 0 && at < salvage->entry_count; at = end) {
        uint64_t seq = salvage->entries[at].seq;
        for (end = at + 1; end < salvage->entry_count && salvage->entries[end].seq == seq; end++)
            ;
        if (seq != expected)
            forget(judge);
        hear_all(judge, seq - 1, &witness);
        if (end - at == 1) {
            status = tw_salvage_fetch(salvage, &salvage->entries[at], &judge->bytes, why);
            if (!status &&
                tw_get_u16((const uint8_t *)judge->bytes.data + 6) == TW_TYPE_session_opened)
                hear_session(judge);
        }
        if (!status && judge->branch_count)
            status = extend(judge, at, end, why);
        expected = seq + 1;
    }
    if (!status)
        hear_all(judge, expected - 1, &witness);
    return status;
}

int tw_salvage_judge(struct salvage *salvage, tw_error *why) {
    struct judge judge = {.salvage = salvage,
                          .branches = calloc(MOST_BRANCHES, sizeof(struct branch)),
                          .next = calloc(MOST_BRANCHES, sizeof(struct branch))};
    int status = judge.branches && judge.next
                     ? 0
                     : tw_fail(why, TW_E_NOMEM, "no memory to follow the chain");
    if (salvage->witness_count)
        qsort(salvage->witnesses, salvage->witness_count, sizeof *salvage->witnesses,
              compare_witnesses);
    if (!status)
        status = walk(&judge, why);
    free(judge.branches);
    free(judge.next);
    tw_buffer_free(&judge.bytes);
    tw_decoder_free(&judge.decoder);
    return status;
}
