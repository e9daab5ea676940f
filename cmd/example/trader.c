/* An example trader: a process of its own that embeds the library through tradewal.h and nothing
 * else. It trades a scripted day against a pretend broker, and may be killed at any instruction:
 * the next run finds out from the journal where it was, finishes the step that was half done
 * without doing anything twice, and goes on. Its script is script.c, its decisions are decide.c. */
#include "trader.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct arguments {
    const char *journal;
    const char *acks;
    int64_t pace_ms;
    int64_t checkpoint_ms;
    int64_t stop_after;
    int64_t die_after;
    int64_t mode;
    int quiet;
};

struct text show_e8(int64_t value_e8) {
    struct text out;
    tw_e8_format(value_e8, out.text, sizeof out.text);
    return out;
}

struct text show_money(int64_t value_e8) {
    struct text out = show_e8(value_e8);
    const char *point = strchr(out.text, '.');
    if (!point)
        strcat(out.text, ".00");
    else if (!point[2])
        strcat(out.text, "0");
    return out;
}

void say(const struct trader *trader, const char *format, ...) {
    if (trader->quiet)
        return;
    int32_t at = script[trader->step].at;
    printf("%02d:%02d:%02d  ", at / 3600, at / 60 % 60, at % 60);
    va_list list;
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    putchar('\n');
    fflush(stdout);
}

void pause_for(const struct trader *trader) {
    struct timespec pause = {trader->pace_ms / 1000, trader->pace_ms % 1000 * 1000000};
    while (nanosleep(&pause, &pause) && errno == EINTR)
        continue;
}

/* Says what happened and what to do, and ends the run as a crash would: nothing more is written. */
static void give_up(struct trader *trader, const char *doing, const tw_error *why) {
    fprintf(stderr, "example_trader: %s: %s (%s); %s\n", doing, why->text,
            tw_error_name((int)why->code), tw_error_remedy((int)why->code));
    tw_abandon(trader->store);
    exit(1);
}

/* For tests: every line of the file stands for an event that must never be lost. */
static void acknowledge(struct trader *trader, uint64_t seq) {
    if (trader->acks >= 0 && dprintf(trader->acks, "ack %" PRIu64 "\n", seq) < 0)
        perror("example_trader: acks");
    if (++trader->acknowledged == trader->die_after)
        raise(SIGKILL);
}

/* A limit or a gate may stop an entry, and an execution may be told twice. Anything else that the
 * journal refuses means that we and the journal see different days. */
static int may_be_refused(int64_t type, int code) {
    if (type == TW_TYPE_fill)
        return code == TW_E_DUPLICATE;
    if (type == TW_TYPE_attempt)
        return code == TW_E_REFUSED || code == TW_E_GATED;
    return type == TW_TYPE_order_submitted && code == TW_E_GATED;
}

int log_event(struct trader *trader, int64_t type, tw_event *event) {
    char corr[16];
    snprintf(corr, sizeof corr, "step-%02" PRIu32, trader->step + 1);
    event->size = sizeof *event;
    event->type = type;
    event->time_ns = step_time_ns(&script[trader->step]) + trader->events++ * INT64_C(1000000);
    event->source = type == TW_TYPE_fill ? TW_SOURCE_STREAM : TW_SOURCE_HOST;
    event->corr = corr;
    uint32_t nth = trader->seen[type]++;
    int again = trader->step == trader->progress.step && nth < trader->progress.logged[type];
    if (again && type != TW_TYPE_fill)
        return 0;
    uint64_t seq = 0;
    tw_error why = {0};
    int failed = tw_append(trader->store, event, &seq, &why);
    if (failed == 0)
        acknowledge(trader, seq);
    else if (!may_be_refused(type, failed))
        give_up(trader, tw_type_name(type), &why);
    return failed;
}

static void note_progress(struct progress *progress, const tw_event *event) {
    unsigned number = 0;
    progress->last_seq = event->seq;
    if (!event->corr || sscanf(event->corr, "step-%u", &number) != 1 || number == 0 ||
        number > script_steps)
        return;
    if (number - 1 != progress->step)
        *progress = (struct progress){.step = number - 1, .last_seq = event->seq};
    if (event->type > 0 && event->type < 64)
        progress->logged[event->type]++;
    if (progress->qty_e8 == 0 && event->type == TW_TYPE_order_submitted)
        progress->qty_e8 = event->as.order_submitted.qty_e8;
    if (progress->qty_e8 == 0 && event->type == TW_TYPE_fill)
        progress->qty_e8 = event->as.fill.qty_e8;
}

/* Where was the script? Every event of a step carries the step's name, so one walk over the day
 * tells. Returns 0, or an error with `why` filled. */
static int read_progress(const char *path, struct progress *ret, tw_error *why) {
    tw_journal *journal = NULL;
    tw_cursor *cursor = NULL;
    tw_event event = {.size = sizeof event};
    int code = tw_journal_open(path, &journal, why);
    if (code)
        return code;
    code = tw_cursor_open(journal, TRADING_DATE, 0, &cursor, why);
    while (code == 0 && (code = tw_cursor_next(cursor, &event, why)) == 1) {
        note_progress(ret, &event);
        code = 0;
    }
    tw_cursor_close(cursor);
    tw_journal_close(journal);
    return code == TW_E_NOT_FOUND ? 0 : code;
}

static void show_positions(struct trader *trader) {
    tw_state *state = NULL;
    tw_error why = {0};
    if (tw_store_state(trader->store, &state, &why))
        give_up(trader, "state", &why);
    tw_position position = {.size = sizeof position};
    for (uint64_t i = 0; tw_state_position_at(state, i, &position) == 0; i++) {
        struct text price = {"?"}, stop = {"none"};
        if (position.entry_price_e8.known)
            price = show_money(position.entry_price_e8.value);
        if (position.stop_e8.known)
            stop = show_money(position.stop_e8.value);
        printf("           %-5s %s %s of %s @ %s, stop %s%s\n", position.symbol,
               position.side == TW_SIDE_LONG ? "LONG" : "SHORT", show_e8(position.qty_e8).text,
               show_e8(position.shares_e8).text, price.text, stop.text,
               position.gated ? ", entries locked" : "");
    }
    tw_state_free(state);
}

static void show_attempts(struct trader *trader, uint32_t until) {
    for (uint32_t i = 0; i < until; i++) {
        const struct step *step = &script[i];
        int64_t level_e8 = 0;
        if (step->act != ACT_ENTRY || tw_e8_parse(step->level, &level_e8))
            continue;
        int again = 0;
        for (uint32_t k = i + 1; k < until && !again; k++)
            again = script[k].act == ACT_ENTRY && !strcmp(script[k].symbol, step->symbol) &&
                    !strcmp(script[k].level, step->level);
        int64_t taken = 0;
        if (!again && tw_store_attempts(trader->store, step->symbol, step->side, tw_known(level_e8),
                                        &taken) == 0)
            printf("           %-5s %" PRId64 " of %d attempts used at %s\n", step->symbol, taken,
                   ATTEMPTS_PER_LEVEL, step->level);
    }
}

/* What an operator wants to read before this process trades again. */
static void show_recovery(struct trader *trader) {
    tw_recovery recovery = {.size = sizeof recovery};
    tw_store_recovery(trader->store, &recovery);
    int64_t day_e8 = 0, complete = 0;
    tw_store_pnl(trader->store, &day_e8, &complete);
    printf("recovered  the run before %s; ",
           recovery.ended == TW_RESUMED_CLEAN ? "ended cleanly" : "crashed");
    if (recovery.snapshot_seq)
        printf("from the state saved after record %" PRIu64 " and %" PRIu64 " record%s behind it",
               recovery.snapshot_seq, recovery.replayed, recovery.replayed == 1 ? "" : "s");
    else
        printf("from %" PRIu64 " records, no state saved yet", recovery.replayed);
    printf(", %" PRId64 ".%" PRId64 " ms\n", recovery.took_ns / 1000000,
           recovery.took_ns / 100000 % 10);
    show_positions(trader);
    show_attempts(trader, trader->progress.step + 1);
    printf("           P&L of the day %s%s\n", show_money(day_e8).text,
           complete ? "" : " (some of it not known)");
    printf("           going on in step %" PRIu32 " of %" PRIu32 "\n", trader->progress.step + 1,
           script_steps);
    fflush(stdout);
}

static int start(struct trader *trader, const struct arguments *arguments) {
    tw_error why = {0};
    int code = read_progress(arguments->journal, &trader->progress, &why);
    if (code == 0) {
        tw_options options = {.size = sizeof options,
                              .environment = TW_ENVIRONMENT_PAPER,
                              .trading_date = TRADING_DATE,
                              .mode = arguments->mode,
                              .checkpoint_ns = arguments->checkpoint_ms * INT64_C(1000000)};
        code = tw_open(arguments->journal, &options, &trader->store, &why);
    }
    if (code) {
        fprintf(stderr, "example_trader: %s: %s (%s); %s\n", arguments->journal, why.text,
                tw_error_name(code), tw_error_remedy(code));
        return code == TW_E_BUSY ? 3 : 1;
    }
    tw_recovery recovery = {.size = sizeof recovery};
    tw_store_recovery(trader->store, &recovery);
    if (recovery.last_seq != trader->progress.last_seq) {
        fprintf(stderr, "example_trader: %s: another process wrote while this one started\n",
                arguments->journal);
        tw_abandon(trader->store);
        return 1;
    }
    if (recovery.last_seq && !trader->quiet)
        show_recovery(trader);
    return 0;
}

static void trade(struct trader *trader, uint32_t stop_after) {
    for (trader->step = trader->progress.step; trader->step < stop_after; trader->step++) {
        do_step(trader);
        pause_for(trader);
    }
}

static const char usage[] =
    "usage: example_trader --journal PATH [OPTIONS]\n"
    "Trades the scripted day 2025-10-06 into a paper journal; start it again after any death.\n"
    "  --pace MS           pause after each step and between order and answer [5]\n"
    "  --stop-after N      end cleanly when step N of the day is done\n"
    "  --die-after N       SIGKILL itself after the Nth append of this run\n"
    "  --checkpoint-ms MS  time between checkpoints [10000]\n"
    "  --acks FILE         append a line 'ack SEQ' for each event that is durable\n"
    "  --mode each|group   what an event survives when its append returns: loss of power, or\n"
    "                      the death of the process [each]\n"
    "  --quiet             say nothing\n";

/* 0, or -1 when it is not a whole number from 0 on. */
static int read_number(const char *text, int64_t *ret) {
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || end == text || *end || value < 0 || value > INT32_MAX)
        return -1;
    *ret = value;
    return 0;
}

static int read_arguments(int count, char **words, struct arguments *ret) {
    static const struct option options[] = {{"journal", required_argument, NULL, 'j'},
                                            {"pace", required_argument, NULL, 'p'},
                                            {"stop-after", required_argument, NULL, 's'},
                                            {"die-after", required_argument, NULL, 'd'},
                                            {"checkpoint-ms", required_argument, NULL, 'c'},
                                            {"acks", required_argument, NULL, 'a'},
                                            {"mode", required_argument, NULL, 'm'},
                                            {"quiet", no_argument, NULL, 'q'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    *ret = (struct arguments){.pace_ms = 5, .stop_after = INT32_MAX};
    int bad = 0, option;
    while (!bad && (option = getopt_long(count, words, "", options, NULL)) != -1) {
        if (option == 'j')
            ret->journal = optarg;
        else if (option == 'a')
            ret->acks = optarg;
        else if (option == 'q')
            ret->quiet = 1;
        else if (option == 'm' && strcmp(optarg, "group") == 0)
            ret->mode = TW_MODE_GROUP;
        else if (option == 'm')
            bad = strcmp(optarg, "each") ? -1 : 0;
        else if (option == 'p')
            bad = read_number(optarg, &ret->pace_ms);
        else if (option == 's')
            bad = read_number(optarg, &ret->stop_after);
        else if (option == 'd')
            bad = read_number(optarg, &ret->die_after);
        else if (option == 'c')
            bad = read_number(optarg, &ret->checkpoint_ms);
        else
            bad = option == 'h' ? 1 : -1;
    }
    if (bad == 0 && (optind < count || !ret->journal))
        bad = -1;
    if (bad)
        fputs(usage, bad > 0 ? stdout : stderr);
    return bad;
}

int main(int count, char **words) {
    struct arguments arguments;
    int bad = read_arguments(count, words, &arguments);
    if (bad)
        return bad > 0 ? 0 : 2;
    struct trader trader = {.acks = -1,
                            .pace_ms = arguments.pace_ms,
                            .die_after = (uint64_t)arguments.die_after,
                            .quiet = arguments.quiet};
    if (arguments.acks) {
        trader.acks = open(arguments.acks, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (trader.acks < 0) {
            perror(arguments.acks);
            return 2;
        }
    }
    int status = start(&trader, &arguments);
    if (status)
        return status;
    uint32_t stop_after =
        arguments.stop_after < script_steps ? (uint32_t)arguments.stop_after : script_steps;
    trade(&trader, stop_after);
    tw_error why = {0};
    if (tw_close(trader.store, stop_after < script_steps ? "stopped by --stop-after" : "day over",
                 &why)) {
        fprintf(stderr, "example_trader: close: %s\n", why.text);
        return 1;
    }
    return 0;
}
