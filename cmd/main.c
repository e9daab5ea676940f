/* tradewal: one binary, one table of commands. Finds the command and runs it. */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "command.h"
#include "out.h"

/* With 0, 1 or 2 closed, the first file opened would get that number, and a stray message would
 * land in a journal. */
static void fill_standard_descriptors(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            continue;
        /* The wrong direction on purpose: using it must stay an error. */
        int opened = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        if (opened >= 0 && opened != fd)
            close(opened);
    }
}

/* --help and --version are what people type first. */
static const char *command_word(const char *word) {
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return "help";
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
        return "version";
    return word;
}

static int run(int argc, char **argv) {
    if (argc < 2)
        return tw_out_wrong("no command, expected one; tradewal help lists them");
    const char *word = command_word(argv[1]);
    const struct command *command = tw_command_named(word);
    if (!command)
        return tw_command_unknown(word);
    struct arguments arguments;
    int status = tw_arguments_read(command, argc - 1, argv + 1, &arguments);
    return status >= 0 ? status : command->run(&arguments);
}

int main(int argc, char **argv) {
    fill_standard_descriptors();
    /* Only the characters: numbers and messages stay the same everywhere. */
    setlocale(LC_CTYPE, "");
    /* A reader that goes away must not end a session without its last record. */
    signal(SIGPIPE, SIG_IGN);
    tw_out_start();
    return tw_out_finish(run(argc, argv));
}
