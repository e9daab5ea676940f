/* A connection to TWS, or the tape of one. */
#include "broker/tws_link.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/date.h"
#include "base/error.h"
#include "base/text.h"
#include "broker/tws_frame.h"
#include "io/clock.h"

enum { PORTION_BYTES = 65536, SHOWN_BYTES = 80, SHOWN_MAX = 400, NS_PER_MS = 1000000 };

struct tws_link {
    int fd; /* -1: a tape is played */
    int64_t timeout_ns;
    struct tws_frames frames;
    struct tws_tape *played, *recorded;
    struct buffer line; /* of the tape that is played */
};

/* Milliseconds for poll, at least 0, rounded up so that it does not wake up early. */
static int milliseconds_until(int64_t until_ns) {
    int64_t left = until_ns - tw_clock_monotonic_ns();
    if (left <= 0)
        return 0;
    left = (left + NS_PER_MS - 1) / NS_PER_MS;
    return left > 3600000 ? 3600000 : (int)left;
}

/* 1 when the descriptor is ready, 0 when it is not in time. */
static int wait_ready(int fd, short events, int64_t until_ns) {
    struct pollfd waiting = {.fd = fd, .events = events};
    for (;;) {
        int ready = poll(&waiting, 1, milliseconds_until(until_ns));
        if (ready > 0)
            return 1;
        if (ready == 0 && tw_clock_monotonic_ns() >= until_ns)
            return 0;
        if (ready < 0 && errno != EINTR)
            return 1; /* what is wrong shows at the next call */
    }
}

/* ---- connecting ---------------------------------------------------------------------------- */

/* errno of the attempt; ETIMEDOUT when nobody answered. */
static int connect_to(const struct addrinfo *address, int64_t until_ns, int *ret_fd) {
    int error = 0, one = 1;
    socklen_t size = sizeof error;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    if (connect(fd, address->ai_addr, address->ai_addrlen) != 0) {
        error = errno;
        if (error == EINPROGRESS)
            error = wait_ready(fd, POLLOUT, until_ns) ? 0 : ETIMEDOUT;
        if (!error && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
            error = errno;
    }
    if (error) {
        close(fd);
        return error;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    *ret_fd = fd;
    return 0;
}

static int cannot_connect(const char *host, const char *port, int error, tw_error *why) {
    char shown[SHOWN_BYTES];
    tw_text_show(host, strlen(host), shown, sizeof shown);
    if (error == ECONNREFUSED)
        return tw_fail(why, TW_E_BROKER,
                       "port %s of %s refused: is TWS running with API access enabled (7497 and "
                       "7496 are TWS, 4002 and 4001 IB Gateway, paper and live)?",
                       port, shown);
    if (error == ETIMEDOUT)
        return tw_fail(why, TW_E_BROKER,
                       "port %s of %s does not answer: is the machine up, and does its firewall "
                       "let this one in?",
                       port, shown);
    return tw_fail(why, TW_E_BROKER, "%s, port %s cannot be reached: %s", shown, port,
                   strerror(error));
}

static int connect_anywhere(struct tws_link *link, const char *host, const char *port,
                            tw_error *why) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *found;
    char shown[SHOWN_BYTES];
    int64_t until_ns = tw_clock_monotonic_ns() + link->timeout_ns;
    int failed = getaddrinfo(host, port, &hints, &found), error = 0;
    if (failed)
        return tw_fail(why, TW_E_BROKER, "the host %s is not known: %s",
                       tw_text_show(host, strlen(host), shown, sizeof shown), gai_strerror(failed));
    for (const struct addrinfo *address = found; address && link->fd < 0;
         address = address->ai_next)
        error = connect_to(address, until_ns, &link->fd);
    freeaddrinfo(found);
    return link->fd >= 0 ? 0 : cannot_connect(host, port, error, why);
}

/* ---- playing a tape ------------------------------------------------------------------------ */

static int out_of_step(tw_error *why) {
    return tw_fail(why, TW_E_PARSE,
                   "the tape ends here: it was made with other settings or another release");
}

/* Up to the line that tells how connecting went. */
static int play_connect(struct tws_link *link, tw_error *why) {
    enum tws_mark mark;
    char shown[SHOWN_MAX];
    for (;;) {
        int status = tw_tws_tape_next(link->played, &mark, &link->line, why);
        if (status)
            return status;
        if (mark == TWS_MARK_CONNECTED)
            return 0;
        if (mark == TWS_MARK_REFUSED)
            return tw_fail(why, TW_E_BROKER, "%s",
                           tw_text_show(link->line.data, link->line.size, shown, sizeof shown));
        if (mark == TWS_MARK_END)
            return out_of_step(why);
    }
}

static int closed(tw_error *why) {
    return tw_fail(why, TW_E_BROKER,
                   "TWS closed the connection: it restarts, the client id is in use, or this "
                   "machine is not among its trusted IPs (API settings)");
}

static int play_next(struct tws_link *link, const char **ret, size_t *ret_size, tw_error *why) {
    enum tws_mark mark;
    for (;;) {
        int status = tw_tws_tape_next(link->played, &mark, &link->line, why);
        if (status)
            return status;
        if (mark == TWS_MARK_HEARD) {
            *ret = tw_buffer_string(&link->line);
            *ret_size = link->line.size;
            return 1;
        }
        if (mark == TWS_MARK_SILENCE)
            return 0;
        if (mark == TWS_MARK_CLOSED)
            return closed(why);
        if (mark != TWS_MARK_SENT)
            return out_of_step(why);
    }
}

/* ---- the link ------------------------------------------------------------------------------ */

int tw_tws_link_open(const char *host, const char *port, int64_t timeout_ns,
                     struct tws_tape *played, struct tws_tape *recorded, struct tws_link **ret,
                     tw_error *why) {
    tw_error reason = {0};
    struct tws_link *link = calloc(1, sizeof *link);
    if (!link)
        return tw_fail(why, TW_E_NOMEM, "no memory for a connection");
    *link = (struct tws_link){
        .fd = -1, .timeout_ns = timeout_ns, .played = played, .recorded = recorded};
    int status = played ? play_connect(link, &reason) : connect_anywhere(link, host, port, &reason);
    if (status == 0) {
        tw_tws_tape_add(recorded, TWS_MARK_CONNECTED, NULL, 0);
        *ret = link;
        return 0;
    }
    tw_tws_tape_add(recorded, TWS_MARK_REFUSED, reason.text, strlen(reason.text));
    tw_tws_link_close(link);
    if (why)
        *why = reason;
    return status;
}

void tw_tws_link_close(struct tws_link *link) {
    if (!link)
        return;
    if (link->fd >= 0)
        close(link->fd);
    tw_tws_frames_free(&link->frames);
    tw_buffer_free(&link->line);
    free(link);
}

int tw_tws_link_send(struct tws_link *link, const struct buffer *bytes, tw_error *why) {
    int64_t until_ns = tw_clock_monotonic_ns() + link->timeout_ns;
    size_t done = 0;
    if (bytes->failed)
        return tw_fail(why, TW_E_NOMEM, "no memory for a question to TWS");
    tw_tws_tape_add(link->recorded, TWS_MARK_SENT, bytes->data, bytes->size);
    while (link->fd >= 0 && done < bytes->size) {
        ssize_t some = send(link->fd, bytes->data + done, bytes->size - done, MSG_NOSIGNAL);
        if (some >= 0) {
            done += (size_t)some;
            continue;
        }
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN || !wait_ready(link->fd, POLLOUT, until_ns)) {
            tw_tws_tape_add(link->recorded, TWS_MARK_CLOSED, NULL, 0);
            return closed(why);
        }
    }
    return 0;
}

/* Takes what has come: 1; 0 when nothing has. */
static int receive(struct tws_link *link, tw_error *why) {
    char portion[PORTION_BYTES];
    ssize_t got = recv(link->fd, portion, sizeof portion, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (got <= 0) {
        tw_tws_tape_add(link->recorded, TWS_MARK_CLOSED, NULL, 0);
        return closed(why);
    }
    int status = tw_tws_frames_feed(&link->frames, portion, (size_t)got, why);
    return status ? status : 1;
}

int tw_tws_link_next(struct tws_link *link, int64_t until_ns, const char **ret, size_t *ret_size,
                     tw_error *why) {
    if (link->fd < 0)
        return play_next(link, ret, ret_size, why);
    for (;;) {
        int found = tw_tws_frames_next(&link->frames, ret, ret_size, why);
        if (found > 0)
            tw_tws_tape_add(link->recorded, TWS_MARK_HEARD, *ret, *ret_size);
        if (found)
            return found;
        if (!wait_ready(link->fd, POLLIN, until_ns)) {
            tw_tws_tape_add(link->recorded, TWS_MARK_SILENCE, NULL, 0);
            return 0;
        }
        int status = receive(link, why);
        if (status < 0)
            return status;
        /* A peer that sends a byte now and then must not stretch the time. */
        if (tw_clock_monotonic_ns() >= until_ns) {
            found = tw_tws_frames_next(&link->frames, ret, ret_size, why);
            if (found > 0)
                tw_tws_tape_add(link->recorded, TWS_MARK_HEARD, *ret, *ret_size);
            else if (found == 0)
                tw_tws_tape_add(link->recorded, TWS_MARK_SILENCE, NULL, 0);
            return found;
        }
    }
}
