/* What a peer says, as the tape that a conversation with it would leave. */
#include "peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "broker/tws_frame.h"

void peer_first_line(struct buffer *out) {
    tw_buffer_text(out, "tradewal-tws-tape-1 "
                        "tws://127.0.0.1:7497?client=2010,2011&trader=2001&settle=0\n");
}

static void put_heard(struct buffer *out, const char *payload, size_t size) {
    tw_buffer_text(out, "heard ");
    for (size_t i = 0; i < size; i++)
        if (payload[i])
            tw_buffer_format(out, "\\x%02x", (unsigned char)payload[i]);
        else
            tw_buffer_char(out, '|');
    tw_buffer_char(out, '\n');
}

static void put_payload(struct buffer *out, const char *payload, size_t size) {
    if (size == 1 && *payload == PEER_SILENT)
        tw_buffer_text(out, "silence\n");
    else if (size == 1 && *payload == PEER_GONE)
        tw_buffer_text(out, "closed\nconnected\n");
    else
        put_heard(out, payload, size);
}

void peer_tape(struct buffer *out, const char *bytes, size_t size, size_t piece) {
    struct tws_frames frames = {0};
    const char *payload;
    size_t payload_bytes;
    int status = 0;
    tw_buffer_text(out, "connected\n");
    for (size_t at = 0; at < size && status == 0; at += piece) {
        if (tw_tws_frames_feed(&frames, bytes + at, piece < size - at ? piece : size - at, NULL))
            abort();
        while ((status = tw_tws_frames_next(&frames, &payload, &payload_bytes, NULL)) > 0)
            put_payload(out, payload, payload_bytes);
    }
    tw_buffer_text(out, "closed\n");
    tw_tws_frames_free(&frames);
}

const char *peer_path(const struct buffer *tape) {
    static char path[48];
    static int fd = -1;
    if (fd >= 0)
        close(fd);
    fd = memfd_create("tape", MFD_CLOEXEC);
    if (fd < 0 || write(fd, tape->data, tape->size) != (ssize_t)tape->size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return path;
}
