/* A mail server for measuring: it takes every message and keeps none.
 *
 * It listens on a free port of 127.0.0.1 and writes the number to standard output. When standard input ends, it
 * writes how many messages came and how many bytes they had, without the dot that ends each, and stops. So it
 * never outlives whoever started it. One thread; a sender meets its own limit before it meets this one's.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PARENT, DOOR, FIRST, MOST = 1024, ROOM = 1 << 17, LONGEST_ANSWERS = 1 << 16 };

static const char END[] = "\r\n.\r\n";
enum { END_LENGTH = sizeof END - 1 };

struct session {
    char unread[ROOM];
    size_t length;
    char answers[LONGEST_ANSWERS];
    size_t answered;
    int in_body, is_over;
};

static struct pollfd lines[MOST];
static struct session *sessions[MOST];
static int count = FIRST;
static long long messages, bytes;

static void answer(struct session *with, const char *words)
{
    size_t length = strlen(words);
    if (with->answered + length > LONGEST_ANSWERS) {
        with->is_over = 1;
        return;
    }
    memcpy(with->answers + with->answered, words, length);
    with->answered += length;
}

/* Answers one command; whether a body follows it. */
static int obey(struct session *from, const char *command)
{
    if (!strncasecmp(command, "DATA", 4)) {
        answer(from, "354 go ahead\r\n");
        return 1;
    }
    if (!strncasecmp(command, "EHLO", 4))
        answer(from, "250-fastsink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n");
    else if (!strncasecmp(command, "QUIT", 4)) {
        answer(from, "221 2.0.0 bye\r\n");
        from->is_over = 1;
    } else
        answer(from, "250 2.0.0 fine\r\n");
    return 0;
}

/* How much of the body's bytes is done with: up to its end, or all that cannot be part of the end. */
static size_t swallow(struct session *from, const char *body, size_t length)
{
    const char *end = memmem(body, length, END, END_LENGTH);
    size_t kept = length < END_LENGTH - 1 ? length : END_LENGTH - 1;
    if (!end) {
        bytes += length - kept;
        return length - kept;
    }
    /* The line break before the body stands for the last one of the message, which is part of the end. */
    bytes += end - body;
    messages++;
    from->in_body = 0;
    answer(from, "250 2.0.0 taken\r\n");
    return end - body + END_LENGTH;
}

static void understand(struct session *from)
{
    size_t at = 0;
    while (at < from->length && !from->is_over) {
        const char *rest = from->unread + at;
        if (from->in_body) {
            at += swallow(from, rest, from->length - at);
            if (from->in_body)
                break;
            continue;
        }
        const char *newline = memchr(rest, '\n', from->length - at);
        if (!newline)
            break;
        from->in_body = obey(from, rest);
        /* The line break before the body is left to be read with it: a dot may follow at once. */
        at = newline + 1 - from->unread - (from->in_body && newline > rest ? 2 : 0);
    }
    from->length -= at;
    memmove(from->unread, from->unread + at, from->length);
}

static void hang_up(int place)
{
    close(lines[place].fd);
    free(sessions[place]);
    count--;
    lines[place] = lines[count];
    sessions[place] = sessions[count];
}

static void say(int line, const char *words, size_t length)
{
    while (length > 0) {
        ssize_t said = send(line, words, length, 0);
        if (said <= 0)
            return;
        words += said;
        length -= said;
    }
}

static void welcome(int door)
{
    int on = 1, line = accept(door, NULL, NULL);
    if (line < 0)
        return;
    struct session *made = count < MOST ? calloc(1, sizeof *made) : NULL;
    if (!made) {
        close(line);
        return;
    }
    setsockopt(line, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    lines[count] = (struct pollfd){.fd = line, .events = POLLIN};
    sessions[count++] = made;
    say(line, "220 fastsink.test ESMTP\r\n", 25);
}

static void listen_to(int place)
{
    struct session *with = sessions[place];
    ssize_t got = recv(lines[place].fd, with->unread + with->length, ROOM - with->length, 0);
    if (got <= 0) {
        hang_up(place);
        return;
    }
    with->length += got;
    understand(with);
    say(lines[place].fd, with->answers, with->answered);
    with->answered = 0;
    if (with->is_over || with->length == ROOM)
        hang_up(place);
}

static int open_door(void)
{
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof place;
    int door = socket(AF_INET, SOCK_STREAM, 0);
    if (door < 0 || bind(door, (struct sockaddr *)&place, length) || listen(door, MOST)
        || getsockname(door, (struct sockaddr *)&place, &length)) {
        perror("fastsink");
        exit(1);
    }
    printf("%d\n", ntohs(place.sin_port));
    fflush(stdout);
    return door;
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    lines[PARENT] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
    lines[DOOR] = (struct pollfd){.fd = open_door(), .events = POLLIN};
    while (poll(lines, count, -1) >= 0 && !lines[PARENT].revents) {
        if (lines[DOOR].revents)
            welcome(lines[DOOR].fd);
        /* From the end, because a session that ends is replaced by the last one. */
        for (int place = count - 1; place >= FIRST; place--)
            if (lines[place].revents)
                listen_to(place);
    }
    printf("%lld %lld\n", messages, bytes);
    return 0;
}
